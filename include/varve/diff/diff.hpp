#pragma once

#include <span>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/diff/rules.hpp"
#include "varve/diff/scratch.hpp"
#include "varve/entity/entity.hpp"

namespace varve {

namespace detail {

/// Compares two states of an entity; the records are in the scratch and view both states.
VARVE_INLINE void diff_into(const entity_info& info, const void* before, const void* after, const rule_set& rules,
                            diff_scratch& scratch);
/// The same where the collections have been compared already.
VARVE_INLINE void diff_into(const entity_info& info, const void* before, const void* after,
                            std::span<const item_changes> collections, const rule_set& rules, diff_scratch& scratch);
[[nodiscard]] VARVE_INLINE std::vector<change_record> owned_records(const diff_scratch& scratch);

}  // namespace detail

/// Change records between two states, owned: fields in the order of their names, documents, then collections.
///
/// \param rules  of documents; the descriptor's when not given. The default rules lose nothing.
/// Cost:         one comparison of both states; memory only for what differs.
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> diff(const Entity& before, const Entity& after, const rule_set& rules) {
  diff_scratch scratch;
  detail::diff_into(info_of<Entity>(), &before, &after, rules, scratch);
  return detail::owned_records(scratch);
}
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> diff(const Entity& before, const Entity& after) {
  return diff(before, after, rules_of(info_of<Entity>()));
}

/// The same as borrowed records, in `scratch`: they view both states and the scratch, so temporaries are refused.
template <entity_type Entity>
std::span<const change_view> diff(const Entity& before, const Entity& after, diff_scratch& scratch,
                                  const rule_set& rules) {
  detail::diff_into(info_of<Entity>(), &before, &after, rules, scratch);
  return scratch.records();
}
template <entity_type Entity>
std::span<const change_view> diff(const Entity& before, const Entity& after, diff_scratch& scratch) {
  return diff(before, after, scratch, rules_of(info_of<Entity>()));
}
template <entity_type Entity>
void diff(const Entity&& before, const Entity& after, diff_scratch& scratch) = delete;
template <entity_type Entity>
void diff(const Entity& before, const Entity&& after, diff_scratch& scratch) = delete;
template <entity_type Entity>
void diff(const Entity&& before, const Entity&& after, diff_scratch& scratch) = delete;

/// Whether two states are equivalent: no record tells them apart.
/// \param rules  of documents; the default ones, not the descriptor's, when not given.
template <entity_type Entity>
[[nodiscard]] bool equivalent(const Entity& before, const Entity& after, const rule_set& rules) {
  diff_scratch scratch;
  return diff(before, after, scratch, rules).empty();
}
template <entity_type Entity>
[[nodiscard]] bool equivalent(const Entity& before, const Entity& after) {
  return equivalent(before, after, default_rules());
}

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/diff/detail/diff_impl.hpp"
#endif
