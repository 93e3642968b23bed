#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/rules.hpp"
#include "varve/diff/scratch.hpp"

namespace varve::detail {

using json = nlohmann::json;

[[nodiscard]] inline const json& null_json() {
  static const json null;
  return null;
}

[[nodiscard]] inline const json& member_or_null(const json& object, std::string_view name) {
  if (!object.is_object()) return null_json();
  const auto found = object.find(name);
  return found == object.end() ? null_json() : *found;
}

[[nodiscard]] inline bool is_blank(const json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

/// Calls `visit(name, from, to)` for each member of either object, names sorted; the side without it gets null.
template <class Visit>
void each_member(const json& from, const json& to, Visit&& visit) {
  static const json::object_t empty;
  const auto& left = from.is_object() ? from.get_ref<const json::object_t&>() : empty;
  const auto& right = to.is_object() ? to.get_ref<const json::object_t&>() : empty;
  auto a = left.begin();
  auto b = right.begin();
  while (a != left.end() || b != right.end()) {
    if (b == right.end() || (a != left.end() && a->first < b->first)) {
      visit(a->first, &a->second, nullptr);
      ++a;
    } else if (a == left.end() || b->first < a->first) {
      visit(b->first, nullptr, &b->second);
      ++b;
    } else {
      visit(a->first, &a->second, &b->second);
      ++a;
      ++b;
    }
  }
}

/// Steps of a path that is being walked.
using step_stack = std::vector<path_step>;

/// The uuids of layout nodes that were added or removed: their links need no record of their own.
using told_links = std::vector<std::pair<operation, std::string>>;

/// What the comparison of one document works with.
struct document_job {
  const document_rules& rules;
  diff_scratch& scratch;
  told_links& told;
  std::string_view field{};
};

/// Adds the record of what a path leads to; a side that is missing is null.
inline void tell_value(const document_job& job, std::string_view kind, const step_stack& path, const json* from,
                       const json* to) {
  const auto op = from == nullptr ? operation::add : to == nullptr ? operation::remove : operation::edit;
  job.scratch.add(kind, op, path, from == nullptr ? value_view{} : value_view::of_json(*from),
                  to == nullptr ? value_view{} : value_view::of_json(*to));
}

/// Compares two values whole, as a member's.
inline void compare_whole(const document_job& job, std::string_view kind, const step_stack& path, const json* from,
                          const json* to) {
  if (job.rules.lenient) {
    if (from != nullptr && from->is_null()) from = nullptr;
    if (to != nullptr && to->is_null()) to = nullptr;
    if ((from == nullptr || is_blank(*from)) && (to == nullptr || is_blank(*to))) return;
  }
  if (from == nullptr && to == nullptr) return;
  if (from != nullptr && to != nullptr && same_json(*from, *to)) return;
  tell_value(job, kind, path, from, to);
}

}  // namespace varve::detail
