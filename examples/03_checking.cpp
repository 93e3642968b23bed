/// Looks after a history: checks it, adopts what another program wrote past varve, repairs what can be derived, and has
/// it pruned every night.

#include <fmt/format.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <string>
#include <utility>

#include "dataset.hpp"
#include "varve/backend/sqlite.hpp"
#include "varve/varve.hpp"

void log(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    fmt::print("the nightly prune failed: {}\n", error.what());
  }
}

void serve_with_a_nightly_prune(const varve::store_handle& store, void (*serve)(const varve::store_handle&)) {
  varve::retention_schedule schedule;                               // keep: VARVE_RETENTION_DAYS, at: 03:00 UTC
  schedule.on_failure = [](const std::exception_ptr& failure) { log(failure); };
  varve::retention_worker worker{store, std::move(schedule)};       // its end stops the run behind its batch, and waits
  serve(store);
}

void prune_once(const varve::store_handle& store) {
  if (const auto keep = varve::retention_from_environment())        // nothing: for ever
    varve::prune(store, *keep);
}

/// \return whether a worker prunes once its clock says that the night has come.
bool prune_when_the_clock_is_set(const varve::store_handle& store) {
  std::atomic<varve::time_point> time = varve::now();
  std::promise<varve::prune_report> done;
  varve::retention_schedule schedule;
  schedule.options.clock = [&] { return time.load(); };
  schedule.on_done = [&](const varve::prune_report& report) { done.set_value(report); };
  varve::retention_worker worker{store, std::move(schedule)};
  time = time.load() + std::chrono::days{1};
  worker.wake();                                                    // it reads the clock now, and not in a minute
  return done.get_future().get().finished;
}

void look_after(const varve::store_handle& store) {
  fmt::print("{}\n", varve::check_history(store));                  // what was looked at, a line for each violation

  for (const auto& row : varve::find_drift(store).rows)             // what was written past varve
    fmt::print("{}\n", row);                                        // dataset 1: metric 1 changed in expression
  varve::adopt_drift(store, varve::actor{"olga"});                  // becomes versions of the kind `external`

  const auto repair = varve::repair_history(store, varve::actor{"olga"});
  fmt::print("{} ends, {} records\n", repair.ends(), repair.records());
  fmt::print("{}\n", repair.left);                                  // what nothing can be derived for
}

int main() {
  const std::string file = "checking.db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix);
  const auto store = varve::sqlite::open<Dataset>(file);
  varve::session session{store, varve::actor{"ada"}};
  auto& sales = session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "revenue"}}});
  session.commit();
  sales.table_name = "sales_2026";
  session.commit();

  sqlite3* other = nullptr;  // another program, and an accident
  sqlite3_open(file.c_str(), &other);
  sqlite3_exec(other, "UPDATE metric SET expression = 'sum(price)'", nullptr, nullptr, nullptr);
  sqlite3_exec(other, "DELETE FROM version_changes", nullptr, nullptr, nullptr);
  sqlite3_close(other);

  serve_with_a_nightly_prune(store, [](const varve::store_handle& served) { look_after(served); });
  prune_once(store);
  const bool pruned = prune_when_the_clock_is_set(store);
  const auto versions = varve::history<Dataset>{store}.versions(sales.uuid).all();
  for (const auto& version : versions) fmt::print("{} {} {}\n", version.number(), version.actor(), version.changes());
  return pruned && versions.size() == 3 && varve::check_history(store).count() == 0 ? 0 : 1;
}
