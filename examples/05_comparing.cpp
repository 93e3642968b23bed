// Comparing two states without any store: typed, and as change records.

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataset.hpp"
#include "varve/varve.hpp"

struct Chart {
  std::int64_t id{};
  std::string params{};  // JSON
};
template <>
struct varve::entity<Chart> : varve::describe<varve::document<&Chart::params>> {};

/// How many records there are of two charts under rules that pass over what a person need not see.
std::size_t told_to_people() {
  const Chart drawn{.id = 1, .params = R"({"zoom": 1, "color": null, "filters": [{"column": "year", "from": 2020}]})"};
  const Chart later{.id = 1, .params = R"({"zoom": 3, "filters": [{"column": "year", "from": 2021}, {"column": "place"}]})"};

  varve::rule_set rules;
  rules.document<&Chart::params>({
      .lenient = true,                                             // null, "" and not there are the same
      .ignored = {"zoom"},
      .promoted = {{"filters", {.kind = "filter", .items = varve::keyed_list{{varve::key_of_member("column")}}}}}});
  for (const auto& record : varve::diff(drawn, later, rules)) fmt::print("{}\n", varve::to_text(record));
  // edited filter year
  // added filter place

  return varve::equivalent(drawn, later) ? 0 : varve::diff(drawn, later, rules).size();
}

/// Without an allocation while nothing differs.
std::size_t how_many_differ(const std::vector<Dataset>& was, const std::vector<Dataset>& is) {
  std::size_t count = 0;
  varve::diff_scratch scratch;                                     // one a thread
  for (std::size_t i = 0; i < was.size(); ++i)
    count += varve::diff(was[i], is[i], scratch).empty() ? 0 : 1;  // records that view both states
  return count;
}

int main() {
  Dataset before{.id = 1, .table_name = "sales", .metrics = {{.metric_name = "rows"}}};
  Dataset after = before;
  after.table_name = "sales_2026";
  after.metrics.push_back({.metric_name = "revenue"});

  varve::diff(before, after, varve::overloaded{
      [](varve::changed<&Dataset::table_name> c) { fmt::print("{}: {} -> {}\n", c.name, c.from, c.to); },
      [](varve::added<&Dataset::metrics> c) { fmt::print("new metric {}\n", c.item.metric_name); },
      [](const auto&) {}});

  std::vector<varve::change_record> records = varve::diff(before, after);
  varve::apply(before, records);                                   // now equivalent to after
  for (const auto& record : records) fmt::print("{}\n", record);
  return records.size() == 2 && varve::diff(before, after).empty() && told_to_people() == 2 &&
                 how_many_differ({before, after}, {after, Dataset{}}) == 1
             ? 0
             : 1;
}
