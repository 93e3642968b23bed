#include "laws.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "fields.hpp"
#include "rules.hpp"

#include "varve/diff/apply.hpp"
#include "varve/diff/diff.hpp"

namespace dashboards {
namespace {

using varve::change_record;

struct rule_choice {
  std::string_view name{};
  const varve::rule_set* rules = nullptr;
  bool narrative = false;
};

std::vector<rule_choice> choices(std::string_view kind) {
  std::vector<rule_choice> made{{"default", &varve::default_rules(), false}};
  if (kind == "dataset") return made;  // it has no documents
  made.push_back({"sip", &rules_for(kind, rule_name::sip), true});
  made.push_back({"deep", &rules_for(kind, rule_name::deep), true});
  return made;
}

// ---- what narrative rules cover ----

/// Of a dashboard takes out the layout and the links whose coming or going the layout's records tell.
void leave_out_layout(Dashboard& board, const Dashboard& other, const std::vector<change_record>& records) {
  board.position_json = other.position_json;
  std::set<std::string> told;
  for (const auto& record : records)
    for (const auto* value : {&record.from, &record.to})
      if (value->is_object() && value->contains("uuid") && (*value)["uuid"].is_string())
        told.insert((*value)["uuid"].get<std::string>());
  const auto is_told = [&](const varve::link<Chart>& link) { return told.contains(varve::to_string(link.uuid)); };
  std::erase_if(board.slices, is_told);
  std::copy_if(other.slices.begin(), other.slices.end(), std::back_inserter(board.slices), is_told);
}
template <class Entity>
void leave_out_layout(Entity&, const Entity&, const std::vector<change_record>&) {}

/// A text that is null says the same as one that is empty.
template <class Entity>
Entity without_blanks(Entity entity) {
  each_field(&entity, [&](std::string_view, auto member, role) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(entity.*member)>, std::optional<std::string>>)
      if (entity.*member == "") (entity.*member).reset();
  });
  return entity;
}

/// Brings documents that are equal as JSON to one text.
template <class Entity>
void same_text(Entity& a, const Entity& b) {
  each_field(&a, [&](std::string_view, auto member, role what) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(a.*member)>, std::optional<std::string>>)
      if (what == role::document && a.*member && b.*member &&
          nlohmann::json::parse(*(a.*member), nullptr, false) == nlohmann::json::parse(*(b.*member), nullptr, false))
        a.*member = b.*member;
  });
}

/// Whether two states are equivalent; else what differs.
template <class Entity>
std::string difference(Entity a, Entity b, const rule_choice& choice, const std::vector<change_record>& records) {
  if (choice.narrative) {
    leave_out_layout(a, b, records);
    // Documents: what the rules find equal is equal.
    const auto rest = varve::diff(a, b, *choice.rules);
    if (!rest.empty()) return fmt::format("{} {}", rest[0].kind, rest[0].path.dump());
    each_field(&a, [&](std::string_view, auto member, role what) {
      if (what == role::document) a.*member = b.*member;
    });
  }
  a = without_blanks(std::move(a));
  b = without_blanks(std::move(b));
  same_text(a, b);
  return differences(a, b);
}

template <class Entity>
void check_step(const Entity& before, const Entity& after, const std::vector<change_record>& records,
                const rule_choice& choice, std::vector<std::string>& found) {
  const auto tell = [&](std::string_view direction, const std::string& what) {
    if (!what.empty())
      found.push_back(fmt::format("{} of {}, {} rules: {}", direction, to_string({kind_of(state{after}), after.uuid}),
                                  choice.name, what));
  };
  try {
    auto forward = before;
    varve::apply(forward, records, *choice.rules);
    tell("replay", difference(std::move(forward), after, choice, records));
    auto backward = after;
    varve::apply(backward, varve::invert(records), *choice.rules);
    tell("backward replay", difference(std::move(backward), before, choice, records));
  } catch (const varve::error& error) {
    tell("replay", error.what());
  }
}

/// A record in which null and "" are one, as they are for the diff; nothing when it says nothing then.
std::optional<change_record> without_blanks(change_record record) {
  if (record.kind != "field") return record;
  if (record.from == "") record.from = nullptr;
  if (record.to == "") record.to = nullptr;
  if (record.from == record.to) return std::nullopt;
  record.operation = record.from.is_null() ? varve::operation::add
                     : record.to.is_null() ? varve::operation::remove
                                           : varve::operation::edit;
  return record;
}

/// Records in an order of their own, without those of layouts and links where the rules summarise them.
template <class Entity>
std::vector<std::string> comparable(const std::vector<change_record>& records, const rule_choice& choice) {
  std::set<std::string, std::less<>> fields;
  each_field(static_cast<const Entity*>(nullptr), [&](const char* name, auto, role) { fields.insert(name); });
  each_collection(static_cast<const Entity*>(nullptr), [&](const char* name, auto) { fields.insert(name); });
  std::vector<std::string> texts;
  for (const auto& record : records) {
    if (choice.narrative && !fields.contains(record.path.at(0).template get<std::string>())) continue;
    auto told = without_blanks(record);
    if (!told) continue;
    if (told->kind != "field")  // the order of a keyed list is not told
      for (auto* value : {&told->from, &told->to})
        if (value->is_array()) std::sort(value->begin(), value->end());
    texts.push_back(nlohmann::json(*told).dump());
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

template <class Entity>
void check_composition(const std::vector<const Entity*>& versions, std::size_t first, std::size_t last,
                       const std::vector<std::vector<change_record>>& steps, const rule_choice& choice,
                       std::vector<std::string>& found) {
  const auto name = fmt::format("composition of steps {} to {} of {}, {} rules", first, last,
                                to_string({kind_of(state{*versions[0]}), versions[0]->uuid}), choice.name);
  try {
    const auto squashed = varve::squash<Entity>(std::span{steps}.subspan(first, last - first), *choice.rules);
    const auto direct = varve::diff(*versions[first], *versions[last], *choice.rules);
    const auto ours = comparable<Entity>(squashed, choice);
    const auto theirs = comparable<Entity>(direct, choice);
    if (ours == theirs) return;
    const auto [a, b] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
    found.push_back(fmt::format("{}: {} where the states give {}", name, a == ours.end() ? "nothing" : *a,
                                b == theirs.end() ? "nothing" : *b));
  } catch (const varve::error& error) {
    found.push_back(fmt::format("{}: {}", name, error.what()));
  }
}

template <class Entity>
void check_versions(const std::vector<const Entity*>& versions, std::vector<std::string>& found) {
  for (const auto& choice : choices(to_string(kind_of(state{*versions[0]})))) {
    std::vector<std::vector<change_record>> steps;
    for (std::size_t i = 1; i < versions.size(); ++i) {
      steps.push_back(varve::diff(*versions[i - 1], *versions[i], *choice.rules));
      check_step(*versions[i - 1], *versions[i], steps.back(), choice, found);
    }
    for (std::size_t i = 2; i < versions.size(); ++i) check_composition(versions, i - 2, i, steps, choice, found);
    if (versions.size() > 3) check_composition(versions, 0, versions.size() - 1, steps, choice, found);
  }
}

}  // namespace

std::vector<std::string> find_breaches(const std::vector<state>& versions) {
  std::vector<std::string> found;
  if (versions.size() < 2) return found;
  std::visit(
      [&](const auto& first) {
        using entity = std::remove_cvref_t<decltype(first)>;
        std::vector<const entity*> typed;
        for (const auto& version : versions) typed.push_back(&std::get<entity>(version));
        check_versions(typed, found);
      },
      versions[0]);
  return found;
}

std::vector<std::string> find_breaches(const state& before, const state& after,
                                       const std::vector<change_record>& stored) {
  std::vector<std::string> found;
  std::visit(
      [&](const auto& from) {
        using entity = std::remove_cvref_t<decltype(from)>;
        const auto& rules = varve::rules_of(varve::info_of<entity>());
        const auto& to = std::get<entity>(after);
        if (stored != varve::diff(from, to, rules))
          found.push_back(
              fmt::format("the records of {} are not those between its states", to_string({kind_of(after), to.uuid})));
        check_step(from, to, stored, {"saving", &rules, &rules != &varve::default_rules()}, found);
      },
      before);
  return found;
}

}  // namespace dashboards
