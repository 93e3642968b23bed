#include "states.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "fields.hpp"

namespace dashboards {
namespace {

template <class Child>
bool same_fields(const Child& a, const Child& b) {
  bool equal = true;
  each_field(static_cast<const Child*>(nullptr), [&](std::string_view, auto member, role what) {
    equal = equal && (what == role::unversioned || a.*member == b.*member);
  });
  return equal;
}

template <class Child>
std::vector<const Child*> by_name(const std::vector<Child>& children) {
  std::vector<const Child*> sorted;
  sorted.reserve(children.size());
  for (const auto& child : children) sorted.push_back(&child);
  std::sort(sorted.begin(), sorted.end(), [](const Child* a, const Child* b) {
    const auto left = name_of(*a);
    const auto right = name_of(*b);
    return left != right ? left < right : a < b;  // of one name in the order that they stand in
  });
  return sorted;
}

template <class Child>
bool same_children(const std::vector<Child>& a, const std::vector<Child>& b) {
  const auto left = by_name(a);
  const auto right = by_name(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Child* x, const Child* y) { return same_fields(*x, *y); });
}

std::vector<varve::uuid> targets(const Dashboard& board) {
  std::vector<varve::uuid> found;
  for (const auto& link : board.slices) found.push_back(link.uuid);
  std::sort(found.begin(), found.end());
  return found;
}

/// Calls `tell(name)` for each field or collection that differs.
template <class Entity, class Tell>
void compare(const Entity& a, const Entity& b, Tell&& tell) {
  if (a.uuid != b.uuid) tell("uuid");
  each_field(&a, [&](std::string_view name, auto member, role what) {
    if (what != role::unversioned && a.*member != b.*member) tell(name);
  });
  each_collection(&a, [&](std::string_view name, auto member) {
    if (!same_children(a.*member, b.*member)) tell(name);
  });
  if constexpr (std::is_same_v<Entity, Dashboard>)
    if (targets(a) != targets(b)) tell("slices");
}

template <class Tell>
void compare(const state& a, const state& b, Tell&& tell) {
  if (a.index() != b.index()) return tell("kind");
  std::visit([&](const auto& left) { compare(left, std::get<std::remove_cvref_t<decltype(left)>>(b), tell); }, a);
}

}  // namespace

std::string_view to_string(entity_kind kind) {
  constexpr std::string_view words[] = {"dashboard", "chart", "dataset"};
  return words[static_cast<std::size_t>(kind)];
}

std::optional<entity_kind> parse_kind(std::string_view word) {
  for (const auto kind : kinds)
    if (to_string(kind) == word) return kind;
  return std::nullopt;
}

std::string to_string(const entity_name& name) {
  return std::string{to_string(name.kind)} + " " + varve::to_string(name.uuid);
}

std::string title_of(const state& of) {
  if (const auto* board = std::get_if<Dashboard>(&of)) return board->dashboard_title.value_or("");
  if (const auto* chart = std::get_if<Chart>(&of)) return chart->slice_name.value_or("");
  return std::get<Dataset>(of).table_name.value_or("");
}

bool same(const state& a, const state& b) {
  bool equal = true;
  compare(a, b, [&](std::string_view) { equal = false; });
  return equal;
}

std::string differences(const state& a, const state& b) {
  std::string names;
  compare(a, b, [&](std::string_view name) { (names += names.empty() ? "" : ", ") += name; });
  return names;
}

}  // namespace dashboards
