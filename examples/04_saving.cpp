// Saving: managed objects, values, savepoints, a unit of work that is retried, and an application's own connection.

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "dataset.hpp"
#include "varve/backend/sqlite.hpp"
#include "varve/varve.hpp"

/// What another part of the application wrote, with its own statements in its own transaction.
void record_what_was_written(sqlite3* sqlite3_handle, const Dataset& before, const Dataset& after) {
  varve::sqlite::store store{varve::borrow(sqlite3_handle)};
  varve::record(store, varve::actor{"ada"}, &before, &after);      // nullptr before: created; nullptr after: deleted
}

int main() {
  const std::string file = "saving.db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix);
  const auto store = varve::sqlite::open<Dataset>(file);
  {
    varve::session earlier{store, varve::actor{"bob"}};
    for (const std::int64_t id : {7, 8, 9}) earlier.add(Dataset{.id = id, .table_name = fmt::format("table {}", id)});
    earlier.commit();
  }
  const Dataset imported_dataset{.id = 8, .table_name = "imported", .metrics = {{.metric_name = "rows"}}};

  varve::session session{store, varve::actor{"ada"}};

  auto& sales = session.add(Dataset{.table_name = "sales"});       // inserted by the next flush
  session.get<Dataset>(7).sql = "select 1";                        // loaded, watched, compared when the session flushes
  session.save(imported_dataset);                                  // a value: compared at once, by key or by uuid
  session.erase<Dataset>(9);
  session.commit();

  auto point = session.savepoint();
  sales.sql = "a guess";
  point.rollback();                                                // objects and rows are as at the savepoint
  session.commit();                                                // ends the transaction, in which nothing is left

  varve::transact(store, varve::actor{"eve"}, [](varve::session& s) { s.get<Dataset>(7).sql = "select 2"; });

  sqlite3* own = nullptr;
  sqlite3_open(file.c_str(), &own);
  sqlite3_exec(own, "BEGIN IMMEDIATE; UPDATE dataset SET table_name = 'sales_2026' WHERE table_name = 'sales'", nullptr,
               nullptr, nullptr);
  Dataset after = sales;
  after.table_name = "sales_2026";
  record_what_was_written(own, sales, after);
  sqlite3_exec(own, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(own);

  const varve::history<Dataset> history{store};
  for (const std::int64_t id : {std::int64_t{7}, std::int64_t{8}, std::int64_t{9}, sales.id})
    for (const auto& version : history.versions(id))
      fmt::print("{} {}  {:4} {}\n", id, version.number(), version.actor(), version.changes());
  const bool right = !sales.sql && history.versions(7).count() == 3 && history.versions(8).count() == 2 &&
                     history.versions(9).count() == 2 && history.versions(sales.id).count() == 2 &&
                     varve::check_history(store).count() == 0;
  return right ? 0 : 1;
}
