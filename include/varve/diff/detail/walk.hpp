#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "varve/diff/detail/keyed_list.hpp"
#include "varve/diff/detail/layout.hpp"
#include "varve/diff/detail/teller.hpp"

namespace varve::detail {

/// Compares two objects of a document that are there as values.
class document_walk {
 public:
  explicit document_walk(const document_job& job) : job_(job) {}

  void run(const json& from, const json& to) {
    path_.assign(1, path_step{job_.field});
    if (job_.rules.layout)
      each_member(from, to, [&](const std::string& id, const json* a, const json* b) { layout_node(job_, id, a, b); });
    else
      members(from, to, job_.rules.depth, true);
  }

 private:
  void members(const json& from, const json& to, std::size_t depth, bool top) {
    const auto& rules = job_.rules;
    each_member(from, to, [&](const std::string& name, const json* a, const json* b) {
      if (top && rules.ignored.contains(name)) return;
      path_.push_back({name});
      const auto promoted = top ? rules.promoted.find(name) : rules.promoted.end();
      if (promoted == rules.promoted.end())
        member(a, b, depth - 1);
      else if (promoted->second.items && a != nullptr && b != nullptr && a->is_array() && b->is_array())
        compare_lists(job_, promoted->second, path_, *a, *b);
      else
        compare_whole(job_, promoted->second.kind, path_, a, b);
      path_.pop_back();
    });
  }

  void member(const json* a, const json* b, std::size_t depth) {
    if (depth == 0 || a == nullptr || b == nullptr || !a->is_object() || !b->is_object())
      compare_whole(job_, "field", path_, a, b);
    else if (!same_json(*a, *b))
      members(*a, *b, depth, false);
  }

  const document_job& job_;
  step_stack path_{};
};

/// Compares two documents held as values, null where a field is; false when they are to be told whole.
[[nodiscard]] inline bool walk_values(const document_job& job, const json* from, const json* to) {
  static const json empty = json::object();
  const json* otherwise = job.rules.lenient ? &empty : nullptr;
  if (from == nullptr || !from->is_object()) from = otherwise;
  if (to == nullptr || !to->is_object()) to = otherwise;
  if (from == nullptr || to == nullptr) return false;
  document_walk{job}.run(*from, *to);
  return true;
}

}  // namespace varve::detail
