// The documents of the carried corpora, as they really changed: texts in step give the records of parsing both.
#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "corpus.hpp"
#include "options.hpp"
#include "rules.hpp"
#include "varve/diff/detail/lock_step.hpp"
#include "varve/diff/diff.hpp"

using namespace dashboards;

namespace {

varve::detail::document_text text_of(const std::optional<std::string>& field) {
  return field ? varve::detail::document_text{*field} : std::nullopt;
}

struct counts {
  std::size_t pairs = 0;    ///< of texts that differ
  std::size_t in_step = 0;  ///< of them compared without parsing both
};

void compare(const varve::rule_set& rules, std::string_view field, const std::optional<std::string>& before,
             const std::optional<std::string>& after, counts& seen) {
  using namespace varve::detail;
  if (before == after) return;
  varve::diff_scratch scratch, scratch_of_parsing, scratch_of_step;
  told_links told, told_by_parsing, told_in_step;
  const document_job job{rules.of(field), scratch, told, field};
  const document_job parsing{rules.of(field), scratch_of_parsing, told_by_parsing, field};
  const document_job step{rules.of(field), scratch_of_step, told_in_step, field};
  const auto from = text_of(before);
  const auto to = text_of(after);
  CHECK(compare_texts(job, from, to) == compare_parsed(parsing, from, to));
  CHECK(owned_records(scratch) == owned_records(scratch_of_parsing));
  CHECK(told == told_by_parsing);
  ++seen.pairs;
  if (from && to && lock_step_walk{step}.run(*from, *to)) ++seen.in_step;
}

}  // namespace

TEST_CASE("texts in step give the records of parsing both, for all pairs of the corpora", "[documents]") {
  const auto read = read_corpus(carried_corpora());
  const int choice = GENERATE(0, 1, 2);
  const auto rules = [&](std::string_view kind) -> const varve::rule_set& {
    if (choice == 0) return varve::default_rules();
    return rules_for(kind, choice == 1 ? rule_name::sip : rule_name::deep);
  };
  std::map<std::string, state> last;
  counts seen;
  for (const auto& save : read.saves)
    for (const auto& line : save.lines) {
      if (!line.document) continue;
      const auto found = last.find(line.key);
      if (found != last.end() && found->second.index() == line.document->index()) {
        if (const auto* chart = std::get_if<Chart>(&*line.document))
          compare(rules("chart"), "params", std::get<Chart>(found->second).params, chart->params, seen);
        if (const auto* board = std::get_if<Dashboard>(&*line.document)) {
          const auto& before = std::get<Dashboard>(found->second);
          compare(rules("dashboard"), "json_metadata", before.json_metadata, board->json_metadata, seen);
          compare(rules("dashboard"), "position_json", before.position_json, board->position_json, seen);
        }
      }
      last.insert_or_assign(line.key, *line.document);
    }
  CHECK(seen.pairs > 50);
  CHECK(seen.in_step == seen.pairs);
}
