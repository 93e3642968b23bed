#pragma once

#include <span>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/diff/detail/apply.hpp"
#include "varve/diff/detail/squash.hpp"
#include "varve/diff/diff.hpp"

namespace varve {

/// Applies change records to the state that they view: `apply(before, diff(before, after))` makes it equivalent to
/// `after`. Additions go to the end of a collection that is not ordered.
///
/// Left out is what summarising rules cover: layouts, ignored members. Records that storage has cut (`update`, markers)
/// are refused; the versions themselves have the values.
/// Errors: `input_error` naming the path of a record that does not fit the state; the state is then as it was.
template <entity_type Entity>
void apply(Entity& state, std::span<const change_record> records, const rule_set& rules) {
  Entity next = state;
  detail::record_applier{info_of<Entity>(), rules}.apply(&next, records);
  state = std::move(next);
}
template <entity_type Entity>
void apply(Entity& state, std::span<const change_record> records) {
  apply(state, records, rules_of(info_of<Entity>()));
}

/// The records that lead back: applied to the later state they make the earlier one.
[[nodiscard]] inline std::vector<change_record> invert(std::span<const change_record> records) {
  std::vector<change_record> inverted(records.begin(), records.end());
  for (auto& record : inverted) {
    std::swap(record.from, record.to);
    if (record.operation == operation::add)
      record.operation = operation::remove;
    else if (record.operation == operation::remove)
      record.operation = operation::add;
  }
  return inverted;
}

/// The records of several steps in a row as those of one: what came and went again is gone.
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> squash(std::span<const std::vector<change_record>> steps,
                                                const rule_set& rules) {
  return detail::record_squasher{info_of<Entity>(), rules}.squash(steps);
}
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> squash(std::span<const std::vector<change_record>> steps) {
  return squash<Entity>(steps, rules_of(info_of<Entity>()));
}

}  // namespace varve
