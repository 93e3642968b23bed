#pragma once

#include <span>
#include <utility>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/diff/record.hpp"
#include "varve/diff/rules.hpp"
#include "varve/entity/entity.hpp"

namespace varve {

namespace detail {

VARVE_INLINE void apply_records(const entity_info& info, const rule_set& rules, void* state,
                                std::span<const change_record> records);
VARVE_INLINE std::vector<change_record> squash_records(const entity_info& info, const rule_set& rules,
                                                       std::span<const std::vector<change_record>> steps);

}  // namespace detail

/// Applies change records to the state that they view: `apply(before, diff(before, after))` makes it equivalent to
/// `after`. Additions go to the end of a collection that is not ordered.
///
/// Left out is what summarising rules cover: layouts, ignored members. Records that storage has cut (`update`, markers)
/// are refused; the versions themselves have the values.
/// Errors: `input_error` naming the path of a record that does not fit the state; the state is then as it was.
template <entity_type Entity>
void apply(Entity& state, std::span<const change_record> records, const rule_set& rules) {
  Entity next = state;
  detail::apply_records(info_of<Entity>(), rules, &next, records);
  state = std::move(next);
}
template <entity_type Entity>
void apply(Entity& state, std::span<const change_record> records) {
  apply(state, records, rules_of(info_of<Entity>()));
}

/// The records that lead back: applied to the later state they make the earlier one.
[[nodiscard]] VARVE_INLINE std::vector<change_record> invert(std::span<const change_record> records);

/// The records of several steps in a row as those of one: what came and went again is gone.
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> squash(std::span<const std::vector<change_record>> steps,
                                                const rule_set& rules) {
  return detail::squash_records(info_of<Entity>(), rules, steps);
}
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> squash(std::span<const std::vector<change_record>> steps) {
  return squash<Entity>(steps, rules_of(info_of<Entity>()));
}

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/diff/detail/apply_impl.hpp"
#endif
