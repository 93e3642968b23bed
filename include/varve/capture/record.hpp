#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "varve/capture/record_limits.hpp"
#include "varve/core/inline.hpp"
#include "varve/core/time.hpp"
#include "varve/entity/entity.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// What `record` may be told beside the two states.
struct record_options {
  /// The version that `before` was read at; `conflict_error` when it is not open.
  std::optional<transaction_id> expected{};
  record_limits limits{};
  time_point clock{};  ///< the system's when not given
};

namespace detail {

VARVE_INLINE apply_result record_states(const store_handle& store, attribution who, const entity_info& info,
                                        const void* before, const void* after, const record_options& options);

}  // namespace detail

/// Makes the history of a live write that the application did itself, within its own transaction on its own connection
/// (see `varve::borrow`): after the write, with the states before and after it.
///
/// \param before  null: the entity was created.
/// \param after   null: the entity was deleted.
/// \return        the transactions of the versions made; nothing in `self` when nothing versioned changed.
/// Excluded fields are not looked at, so they may be left unfilled. Keys must be there, those of children too; a link
/// may have its target's key or uuid. Each call is a version of its own. The owners of links to a deleted entity get
/// theirs with it. The application's transaction stays open and usable, also after an error (unless the database has
/// rolled it back by itself, which a full disk may make it do); what was recorded goes with it.
/// Errors:  `input_error` for missing states, keys, actor or transaction, and for a state that is not what the live
///          tables hold; `conflict_error` when `expected` does not hold.
/// Cost:    reads the entity as it lives and its open version; for a deletion also the history of links to its kind.
template <entity_type Entity>
apply_result record(const store_handle& store, attribution who, const Entity* before, const Entity* after,
                    const record_options& options = {}) {
  return detail::record_states(store, std::move(who), info_of<Entity>(), before, after, options);
}
template <entity_type Entity>
apply_result record(const store_handle& store, attribution who, const Entity* before, std::nullptr_t,
                    const record_options& options = {}) {
  return detail::record_states(store, std::move(who), info_of<Entity>(), before, nullptr, options);
}
template <entity_type Entity>
apply_result record(const store_handle& store, attribution who, std::nullptr_t, const Entity* after,
                    const record_options& options = {}) {
  return detail::record_states(store, std::move(who), info_of<Entity>(), nullptr, after, options);
}

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/capture/detail/record_impl.hpp"
#endif
