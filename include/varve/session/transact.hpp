#pragma once

#include <chrono>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "varve/session/session.hpp"
#include "varve/store/retry.hpp"

namespace varve {

/// Runs a function in a session of its own and commits; the whole of it again when the database says so (deadlock,
/// serialization failure, busy) or when somebody else saved what it loaded. A conflict over an `expect` is final.
///
/// \param function  called as `function(session&)`; must be able to run more than once.
/// \return          what the commit did.
/// Errors:          those of the last attempt.
template <class Function>
commit_result transact(const store_handle& store, attribution who, Function&& function,
                       const retry_policy& policy = {}) {
  for (detail::retry_pauses pauses{policy};;) {
    std::optional<std::chrono::milliseconds> pause;
    try {
      session unit{store, who};
      function(unit);
      return unit.commit();
    } catch (const conflict_error& conflict) {
      if (conflict.is_final() || !(pause = pauses.next())) throw;
    } catch (const error& failure) {
      if (failure.kind() != error_kind::retry || !(pause = pauses.next())) throw;
    }
    std::this_thread::sleep_for(*pause);
  }
}
template <class Function>
commit_result transact(const store_handle& store, actor who, Function&& function, const retry_policy& policy = {}) {
  return transact(store, attribution{std::move(who)}, std::forward<Function>(function), policy);
}

}  // namespace varve
