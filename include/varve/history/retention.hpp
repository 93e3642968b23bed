#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include "varve/core/inline.hpp"
#include "varve/store/retry.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// What a run of a prune did so far.
struct prune_report {
  transaction_id horizon{};      ///< history is complete from here on
  std::size_t rows = 0;          ///< shadow rows deleted
  std::size_t records = 0;       ///< change records deleted
  std::size_t transactions = 0;  ///< transactions deleted
  bool finished = false;         ///< nothing before the horizon is left to delete

  [[nodiscard]] std::size_t deleted() const { return rows + records + transactions; }
};

/// How a prune goes about its work.
struct prune_options {
  /// Shadow rows, records and transactions that one write transaction deletes; the records of one version are not torn
  /// apart, and may exceed it.
  std::size_t batch_rows = 500;
  /// After each batch, so that writers get their turn.
  std::chrono::milliseconds pause{10};
  /// What the database asks to run again (deadlock, serialization failure, busy) is, a batch with half its rows each time.
  retry_policy retry{};
  /// The run ends, unfinished, when as many rows, records and transactions are deleted.
  std::size_t most_rows = std::numeric_limits<std::size_t>::max();
  /// Called after each batch, each page that was read and before each further attempt; the run ends, unfinished, when it
  /// returns false (by the error of the attempt, where that failed).
  std::function<bool(const prune_report&)> progress{};
  std::function<time_point()> clock = &now;
};

/// Deletes the versions that ended longer ago than `older_than`, and what only they needed.
///
/// What lives keeps its newest version, however old, and every version that was valid within that time is kept whole.
/// First the horizon is stored: the oldest transaction that is young enough (behind the newest one, when all are too
/// old); it never moves back. Then rows of entities go with their records, then those of children and links, then
/// transactions that no row begins or ends with. Kinds that the store does not use keep their rows, and the transactions
/// that these name.
///
/// A run that ended early, by an error or a dead process too, leaves a history in which every version that is listed is
/// whole; the next one goes on. Savers may work beside it, and so may a second prune.
/// \param older_than  not negative; 0 keeps only what is open.
/// Errors:   `input_error` for options that cannot be; those of the store, after which earlier batches stay done: of kind
///           retry when all attempts of `retry` are used up, and at once within a transaction of the application's own.
/// Cost:     reads an index of every shadow table and the transactions before the horizon, in pages, each a read of its
///           own; then deletes in batches, each a write transaction of its own, in the order of time. Memory:
///           the places of 262,144 rows at most, and one bit for each transaction before the horizon, 2 MiB at most; for
///           each 131,072 rows to delete the indexes are read once more.
/// Threads:  any, beside sessions; on a store with a single connection (see there) the thread of its sessions.
VARVE_INLINE prune_report prune(const store_handle& store, std::chrono::microseconds older_than,
                                const prune_options& options = {});

/// How long the environment wants versions kept: `VARVE_RETENTION_DAYS`, 30 when it is not set; nothing for 0, which is
/// "for ever". Errors: `input_error` when it is no whole number from 0 to 36500.
[[nodiscard]] VARVE_INLINE std::optional<std::chrono::days> retention_from_environment();

/// What a worker does, and when.
struct retention_schedule {
  std::optional<std::chrono::days> keep = retention_from_environment();  ///< nothing: the worker does nothing
  std::chrono::minutes at = std::chrono::hours{3};                       ///< of each day, UTC
  prune_options options{};                                               ///< its clock is the worker's too
  std::function<void(const prune_report&)> on_done{};  ///< called in the worker's thread, as is the next
  std::function<void(const std::exception_ptr&)> on_failure{};
};

/// Prunes once a day, in a thread of its own. A run that fails is reported; the next one starts afresh a day later.
///
/// The end of the worker ends a run behind its batch and waits for that.
/// Errors: `input_error` for a time that is not within a day. What the callbacks throw is dropped.
class retention_worker {
 public:
  VARVE_INLINE explicit retention_worker(store_handle store, retention_schedule schedule = {});
  retention_worker(const retention_worker&) = delete;
  retention_worker& operator=(const retention_worker&) = delete;
  VARVE_INLINE ~retention_worker();

  /// Reads the clock now. Without this it is read when the time has come, and once a minute, should somebody set it.
  VARVE_INLINE void wake();

 private:
  VARVE_INLINE void work();
  VARVE_INLINE void run() noexcept;
  [[nodiscard]] VARVE_INLINE time_point next_after(time_point time) const;

  store_handle store_;
  retention_schedule schedule_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  time_point next_{};
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_{};
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/retention_impl.hpp"
#endif
