// Saving: managed objects, values, savepoints, a unit of work that is retried, an expected version, hooks, a token, a
// save without versions, and an application's own connection.

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <vector>

#include "dataset.hpp"
#include "varve/backend/sqlite.hpp"
#include "varve/varve.hpp"

/// What another part of the application wrote, with its own statements in its own transaction.
void record_what_was_written(sqlite3* sqlite3_handle, const Dataset& before, const Dataset& after) {
  varve::sqlite::store store{varve::borrow(sqlite3_handle)};
  varve::record(store, varve::actor{"ada"}, &before, &after);      // nullptr before: created; nullptr after: deleted
}

/// \return whether it was saved: somebody else may have been first.
bool change_what_was_shown(const varve::store_handle& store, std::int64_t id, varve::transaction_id shown) {
  varve::session session{store, varve::actor{"bob"}};
  try {
    session.expect<Dataset>(id, shown);                            // the version that was on the page
    session.get<Dataset>(id).sql = "select 3";
    session.commit();
    return true;
  } catch (const varve::conflict_error& conflict) {                // another version is there: conflict.found()
    return false;
  }
}

/// What ran around a save.
struct listener {
  std::size_t records = 0;
  std::vector<varve::transaction_id> saved{};

  void save(const varve::store_handle& store) {
    varve::session session{store, varve::actor{"ada"}};
    session.hooks().before_commit.push_back([](varve::session& s) { s.attributed()->message = "by hand"; });
    session.hooks().after_capture.push_back([&](const varve::write_set& set) { records += set.records.size(); });
    session.hooks().after_commit.push_back([&](varve::session&, const varve::commit_result& done) {
      if (done.transaction) saved.push_back(*done.transaction);
    });
    session.get<Dataset>(7).sql = "select 4";
    session.commit();
  }
};

/// \return whether it is saved, also where the answer to the commit was lost.
varve::outcome save_with_a_token(varve::store_handle store, const varve::uuid& token) {
  varve::session session{store, varve::actor{"ada"}};
  session.attributed()->token = token;                             // kept by the application, too
  session.get<Dataset>(7).sql = "select 5";
  try {
    session.commit();
  } catch (const varve::outcome_unknown&) {}
  return store.outcome_of(token);                                  // committed, not_committed or cannot_be_asked
}

void load_in_bulk(varve::store_handle store, const std::vector<Dataset>& datasets) {
  store.versioning(false);                                         // for all copies of the handle, and all threads
  varve::session session{store, varve::actor{"ada"}};
  for (const auto& dataset : datasets) session.add(dataset);
  session.commit();                                                // live rows alone
  store.versioning(true);
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

  const auto done = varve::transact(store, varve::actor{"eve"}, [](varve::session& s) {
    s.get<Dataset>(7).sql = "select 2";                            // loaded here, so that each attempt sees what is there
  });
  const bool expects = change_what_was_shown(store, 7, *done.transaction) &&   // and once more, from what is stale now
                       !change_what_was_shown(store, 7, *done.transaction);
  listener hooks;
  hooks.save(store);
  const auto token = varve::random_uuid();
  const bool is_told = save_with_a_token(store, token) == varve::outcome::committed &&
                       store.outcome_of(varve::random_uuid()) == varve::outcome::not_committed;
  load_in_bulk(store, {Dataset{.id = 20, .table_name = "bulk"}});

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
  const auto seven = history.versions(7).all();
  const bool heard = hooks.records == 1 && hooks.saved == std::vector{seven[4].transaction()} &&
                     seven[4].message() == "by hand" && seven[3].actor() == "bob" && seven[2].actor() == "eve";
  const bool right = expects && heard && is_told && history.versions(20).count() == 0 && !sales.sql &&
                     seven.size() == 6 && history.versions(8).count() == 2 &&
                     history.versions(9).count() == 2 && history.versions(sales.id).count() == 2 &&
                     varve::check_history(store).count() == 0;
  return right ? 0 : 1;
}
