// What must hold between any two texts of a document, for the random tests and the fuzz target alike.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/apply.hpp"
#include "varve/diff/diff.hpp"
#include "varve/diff/detail/lock_step.hpp"
#include "varve/diff/detail/splice.hpp"

namespace document_check {

using nlohmann::json;
using varve::change_record;
using records = std::vector<change_record>;

struct Page {
  std::int64_t id{};
  std::string text{};
};

}  // namespace document_check

template <>
struct varve::entity<document_check::Page> : varve::describe<varve::document<&document_check::Page::text>> {};

namespace document_check {

inline std::optional<std::string> text_of_item(const json& item) {
  if (item.is_string()) return item.get<std::string>();
  return varve::key_of_member("label")(item);
}

/// What is asked of a rule set: the laws leave out what rules summarise.
struct choice {
  const char* name;
  varve::rule_set rules;
  bool is_exact;
};

inline const std::vector<choice>& choices() {
  static const std::vector<choice> made = [] {
    const auto set = [](varve::document_rules rules) {
      varve::rule_set all;
      all.document<&Page::text>(std::move(rules));
      return all;
    };
    varve::document_rules deep;
    deep.depth = 6;
    varve::document_rules lists;
    lists.depth = 2;
    lists.promoted = {{"list", {"item", varve::keyed_list{{text_of_item}, false}}}, {"a", {"letter", {}}}};
    varve::document_rules sip = lists;
    sip.lenient = true;
    sip.depth = 1;
    sip.ignored = {"b"};
    sip.promoted["list"].items->last_wins = true;
    varve::document_rules chart = lists;
    chart.lenient = true;
    chart.depth = 6;
    chart.promoted["list"].items->parts.push_back(varve::key_of_member("b"));
    varve::layout_rules layout;
    layout.types = {"CHART", "ROW"};
    layout.suppressed = {"c"};
    layout.names = {"label", "text"};
    layout.verb_in_path = true;
    varve::document_rules layout_sip;
    layout_sip.lenient = true;
    layout_sip.layout = layout;
    layout.verb_in_path = false;
    varve::document_rules layout_deep = layout_sip;
    layout_deep.layout = layout;
    return std::vector<choice>{{"default", {}, true},
                               {"deep", set(deep), true},
                               {"lists", set(lists), false},
                               {"sip", set(sip), false},
                               {"chart", set(chart), false},
                               {"layout, verbs", set(layout_sip), false},
                               {"layout, leaves", set(layout_deep), false}};
  }();
  return made;
}

[[nodiscard]] inline bool is_faithful(std::string_view text) {
  const auto parsed = varve::detail::parse_document(text);
  return parsed.valid && parsed.faithful;
}

/// What a text says, whatever its blanks, escapes and order of members; of what cannot be read the text itself.
[[nodiscard]] inline json meaning_of(std::string_view text) {
  auto parsed = varve::detail::parse_document(text);
  if (parsed.valid && parsed.faithful) return std::move(parsed.value);
  std::string_view object;
  if (!varve::detail::find_object(text, object)) return std::string{text};
  std::deque<std::string> names;
  varve::detail::member_reader reader{object.data(), object.data() + object.size(), names};
  std::multimap<std::string, json> members;  // those of one name in their order
  varve::detail::text_member member;
  while (reader.next(member)) members.emplace(member.name, meaning_of(member.value));
  if (!reader.is_closed()) return std::string{text};
  json made = json::array({"members of a text that is not faithful"});
  for (auto& [name, value] : members) made.push_back({name, std::move(value)});
  return made;
}
/// Also of values that are nested as deep as can be stored.
[[nodiscard]] inline bool same_value(const json& a, const json& b) { return a == b || varve::detail::same_json(a, b); }
[[nodiscard]] inline bool same_meaning(std::string_view a, std::string_view b) {
  return same_value(meaning_of(a), meaning_of(b));
}

[[nodiscard]] inline json comparable(const json& path, const json& value) {
  return path.size() == 1 && value.is_string() ? meaning_of(value.get_ref<const std::string&>()) : value;
}
[[nodiscard]] inline bool same_record(const change_record& a, const change_record& b) {
  return a.kind == b.kind && a.operation == b.operation && a.path == b.path &&
         same_value(comparable(a.path, a.from), comparable(b.path, b.from)) &&
         same_value(comparable(a.path, a.to), comparable(b.path, b.to));
}
[[nodiscard]] inline bool same_set(records a, records b) {
  for (auto* list : {&a, &b})
    std::sort(list->begin(), list->end(), [](const auto& x, const auto& y) { return x.path < y.path; });
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_record);
}

/// The records of comparing two texts, as the library does or by parsing both whole; nothing when told whole.
[[nodiscard]] inline std::optional<records> compared(std::string_view from, std::string_view to,
                                                     const varve::rule_set& rules, bool by_parsing,
                                                     varve::detail::told_links& told) {
  varve::diff_scratch scratch;
  const varve::detail::document_job job{rules.of("text"), scratch, told, "text"};
  const bool done = by_parsing ? varve::detail::compare_parsed(job, from, to) : compare_texts(job, from, to);
  if (!done) return std::nullopt;
  return varve::detail::owned_records(scratch);
}

[[nodiscard]] inline records through_text(const records& list) { return json::parse(json(list).dump()).get<records>(); }

/// Says what does not hold between two texts; null when all does.
[[nodiscard]] inline const char* broken_law(const std::string& from, const std::string& to, const choice& choice) {
  const auto& rules = choice.rules;
  const bool faithful = is_faithful(from) && is_faithful(to);
  varve::detail::told_links told, told_by_parsing;
  const auto found = compared(from, to, rules, false, told);
  if (faithful) {
    const auto expected = compared(from, to, rules, true, told_by_parsing);
    if (found != expected) return "the records are not those of parsing both texts";
    if (told != told_by_parsing) return "the links that are told are not those of parsing both texts";
  }
  if (varve::text_defect(from) != nullptr || varve::text_defect(to) != nullptr) return nullptr;  // no field's text
  const Page before{1, from}, after{1, to};
  const auto forth = varve::diff(before, after, rules);
  if (found && forth != *found) return "the entity's records are not the document's";
  const auto back = varve::invert(forth);
  if (!choice.is_exact) return nullptr;
  if (!same_set(back, varve::diff(after, before, rules))) return "inverted records are not the opposite diff";
  Page replayed = before;
  varve::apply(replayed, through_text(forth), rules);
  if (!same_meaning(replayed.text, to)) return "replay does not lead to the text after";
  if (!varve::diff(replayed, after, rules).empty()) return "replay leaves a difference";
  Page returned = after;
  varve::apply(returned, back, rules);
  if (!same_meaning(returned.text, from)) return "replay backwards does not lead to the text before";
  if (!varve::diff(returned, before, rules).empty()) return "replay backwards leaves a difference";
  return nullptr;
}

/// The same of several texts in a row: their records squashed are the diff of the ends.
[[nodiscard]] inline const char* broken_composition(const std::vector<std::string>& texts, const choice& choice) {
  for (const auto& text : texts)
    if (varve::text_defect(text) != nullptr) return nullptr;  // no field's text
  std::vector<records> steps;
  for (std::size_t i = 1; i < texts.size(); ++i)
    steps.push_back(varve::diff(Page{1, texts[i - 1]}, Page{1, texts[i]}, choice.rules));
  const auto net = varve::squash<Page>(steps, choice.rules);
  const Page first{1, texts.front()}, last{1, texts.back()};
  if (!same_set(net, varve::diff(first, last, choice.rules))) return "squashed records are not the diff of the ends";
  Page replayed = first;
  varve::apply(replayed, net, choice.rules);
  if (!same_meaning(replayed.text, last.text)) return "squashed records do not replay";
  return nullptr;
}

}  // namespace document_check
