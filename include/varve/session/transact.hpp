#pragma once

#include <chrono>
#include <random>
#include <thread>
#include <type_traits>
#include <utility>

#include "varve/session/session.hpp"

namespace varve {

/// How often and with which pauses a unit of work is tried.
struct retry_policy {
  int attempts = 10;
  std::chrono::milliseconds first_pause{5};    ///< doubled for each attempt, then cut by a random half
  std::chrono::milliseconds longest_pause{500};
};

/// Runs a function in a session of its own and commits; the whole of it again when the database says so (deadlock,
/// serialization failure, busy) or when somebody else saved what it loaded. A conflict over an `expect` is final.
///
/// \param function  called as `function(session&)`; must be able to run more than once.
/// \return          what the commit did.
/// Errors:          those of the last attempt.
template <class Function>
commit_result transact(const store_handle& store, attribution who, Function&& function,
                       const retry_policy& policy = {}) {
  auto pause = policy.first_pause;
  for (int attempt = 1;; ++attempt) {
    try {
      session unit{store, who};
      function(unit);
      return unit.commit();
    } catch (const conflict_error& conflict) {
      if (conflict.is_final() || attempt >= policy.attempts) throw;
    } catch (const error& failure) {
      if (failure.kind() != error_kind::retry || attempt >= policy.attempts) throw;
    }
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto half = pause.count() / 2;
    std::this_thread::sleep_for(std::chrono::milliseconds{
        half + std::uniform_int_distribution<std::chrono::milliseconds::rep>{0, half + 1}(random)});
    pause = std::min(pause * 2, policy.longest_pause);
  }
}
template <class Function>
commit_result transact(const store_handle& store, actor who, Function&& function, const retry_policy& policy = {}) {
  return transact(store, attribution{std::move(who)}, std::forward<Function>(function), policy);
}

}  // namespace varve
