#include "varve/history/drift.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "support/damage.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

lines texts_of(const std::vector<varve::drift>& rows) {
  lines texts;
  for (const auto& row : rows) texts.push_back(fmt::format("{}", row));
  return texts;
}
lines drift_in(const varve::store_handle& store, bool no_history = false) {
  varve::drift_query query;
  query.no_history = no_history;
  query.page_rows = 2;
  const auto page = varve::find_drift(store, query);
  CHECK_FALSE(page.next.has_value());
  return texts_of(page.rows);
}

class drift_stores : public on_every_store<Dataset, Chart, Dashboard, Recipe, Note, Cell> {
 protected:
  /// Changes entities past their history, in one save.
  template <class Change>
  void drift_by(Change&& change) {
    store.versioning(false);
    auto around = by("eve");
    change(around);
    around.commit();
    store.versioning(true);
  }
  varve::adopted_drift adopt_all(varve::adopt_options options = {}) {
    options.clock = start + 24h;
    return varve::adopt_drift(store, varve::actor{"olga"}, options);
  }
  /// After an adoption nothing is left to find, and another one does nothing.
  void check_settled() {
    CHECK(drift_in(store) == lines{});
    CHECK(found_by_doctor(store) == lines{});
    const auto before = transactions();
    const auto again = adopt_all();
    CHECK(again.versions == 0);
    CHECK(again.transactions.empty());
    CHECK(again.skipped.empty());
    CHECK(transactions() == before);
  }
};

const Dataset with_columns{.table_name = "sales",
                           .sql = "select 1",
                           .metrics = {{.metric_name = "revenue"}, {.metric_name = "count"}},
                           .columns = {{.column_name = "a"}, {.column_name = "a"}, {.column_name = "b"}}};

}  // namespace

TEST_CASE_METHOD(drift_stores, "without drift nothing is found and nothing adopted", "[drift]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.opened = 7;  // noise
  dataset.hits = 8;    // excluded
  session.commit();
  CHECK(drift_in(store) == lines{});
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "a changed row, child and stamp are found and adopted with records", "[drift]") {
  const auto saved = save(with_columns);
  drift_by([&](varve::session& around) {
    auto& dataset = around.get<Dataset>(saved.id);
    dataset.table_name = "drifted";
    dataset.metrics[1].expression = "changed";
  });
  CHECK(drift_in(store) ==
        lines{"dataset 1: tables 1 changed in table_name", "dataset 1: sql_metrics 2 changed in expression"});
  const auto done = adopt_all();
  CHECK(done.versions == 1);
  CHECK(done.baselines == 0);
  CHECK(done.transactions.size() == 1);
  const auto found = versions<Dataset>(saved.id);
  REQUIRE(found.size() == 2);
  CHECK(found[1].actor() == "olga");
  CHECK(found[1].action_kind() == "external");
  CHECK(found[1].transaction() == done.transactions[0]);
  CHECK(found[1].issued_at() == start + 24h);
  CHECK(lines_of(found[1].changes()) ==
        lines{R"(field edit ["table_name"] "sales" -> "drifted")",
              R"(metric edit ["metrics","count"] {"expression":"","metric_name":"count","warning":null} -> )"
              R"({"expression":"changed","metric_name":"count","warning":null})"});
  CHECK(written_at(done.transactions[0]) ==
        std::map<std::string, std::size_t>{{"tables_version", 1}, {"sql_metrics_version", 1}});
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "rows that came and went are found and adopted", "[drift]") {
  const auto saved = save(with_columns);
  drift_by([&](varve::session& around) {
    auto& dataset = around.get<Dataset>(saved.id);
    dataset.metrics.erase(dataset.metrics.begin());
    dataset.metrics.push_back({.metric_name = "new"});
    dataset.columns.erase(dataset.columns.begin());
  });
  CHECK(drift_in(store) == lines{"dataset 1: sql_metrics 1 is gone", "dataset 1: sql_metrics 3 has no version",
                                 "dataset 1: table_columns 2 is gone"});
  CHECK(adopt_all().versions == 1);
  CHECK(records<Dataset>(saved.id)[1].size() == 3);
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "an entity that is gone gets its deletion, one that is back a creation", "[drift]") {
  const auto first = save(Recipe{.name = "soup", .steps = {{.name = "a"}}, .ingredients = {{.name = "salt"}}});
  drift_by([&](varve::session& around) { around.erase<Recipe>(first.id); });
  CHECK(drift_in(store) ==
        lines{"recipe 1: recipe 1 is gone", "recipe 1: step 1 is gone", R"(recipe 1: ingredient [1,"salt"] is gone)"});
  CHECK(adopt_all().versions == 1);
  CHECK(operations<Recipe>(first.id) == lines{"insert", "delete"});
  check_settled();
  drift_by([&](varve::session& around) { around.add(first); });
  CHECK(drift_in(store).size() == 3);
  CHECK(adopt_all().versions == 1);
  CHECK(operations<Recipe>(first.id) == lines{"insert", "delete", "insert"});
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "links that came and went are adopted, their targets get a first version", "[drift]") {
  const auto chart = save(Chart{.slice_name = "one"});
  const auto board = save(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  Chart unknown;
  drift_by([&](varve::session& around) {
    auto& other = around.add(Chart{.slice_name = "unknown"});
    around.flush();
    auto& same = around.get<Dashboard>(board.id);
    same.slices = {{.key = other.id}};
    same.places = {{.chart = {.key = chart.id}, .role = "r"}};
    unknown = other;
  });
  adopted_ = true;
  CHECK(drift_in(store) == lines{"dashboard 1: dashboard_slices [1,1] is gone",
                                 "dashboard 1: dashboard_slices [1,2] has no version",
                                 "dashboard 1: dashboard_places [1,1] has no version"});
  CHECK(adopt_all().versions == 1);
  CHECK(versions<Chart>(unknown.id).size() == 1);
  CHECK(versions<Chart>(unknown.id)[0].is_baseline());
  CHECK(records<Dashboard>(board.id)[1].size() == 3);
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "an order that drifted is adopted", "[drift]") {
  const auto saved = save(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
  drift_by([&](varve::session& around) {
    auto& recipe = around.get<Recipe>(saved.id);
    std::swap(recipe.steps[0], recipe.steps[2]);
  });
  CHECK_FALSE(drift_in(store).empty());
  CHECK(adopt_all().versions == 1);
  CHECK(records<Recipe>(saved.id)[1] == lines{R"(step move ["steps"] ["a","b","c"] -> ["c","b","a"])"});
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "a child that moved is a version of both owners, in one transaction", "[drift]") {
  const auto from = save(with_columns);
  const auto to = save(Dataset{.table_name = "other"});
  drift_by([&](varve::session& around) {
    auto& old = around.get<Dataset>(from.id);
    around.get<Dataset>(to.id).metrics.push_back(old.metrics[0]);
    old.metrics.erase(old.metrics.begin());
  });
  CHECK(drift_in(store) == lines{"dataset 2: sql_metrics 1 changed in dataset_id"});
  varve::adopt_options options;
  options.batch_rows = 1;
  const auto done = adopt_all(options);
  CHECK(done.versions == 2);
  CHECK(done.transactions.size() == 1);
  CHECK(records<Dataset>(from.id)[1].size() == 1);
  CHECK(records<Dataset>(to.id)[1].size() == 1);
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "a child that moved to an entity without history makes that a creation", "[drift]") {
  const auto from = save(with_columns);
  const auto to = adopt(Dataset{.table_name = "unknown", .metrics = {{.metric_name = "own"}}});
  drift_by([&](varve::session& around) {
    auto& old = around.get<Dataset>(from.id);
    around.get<Dataset>(to.id).metrics.push_back(old.metrics[0]);
    old.metrics.erase(old.metrics.begin());
  });
  CHECK(adopt_all().versions == 2);
  CHECK(operations<Dataset>(to.id) == lines{"insert"});
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "entities without any history are no drift, and get a baseline on request", "[drift]") {
  const auto known = save(with_columns);
  const auto old = adopt(Dataset{.table_name = "old", .metrics = {{.metric_name = "m"}}});
  CHECK(drift_in(store) == lines{});
  CHECK(drift_in(store, true) == lines{"dataset 2: tables 2 has no history"});
  CHECK(adopt_all().versions == 0);
  CHECK(versions<Dataset>(old.id).empty());
  drift_by([&](varve::session& around) { around.get<Dataset>(known.id).sql = "drifted"; });
  varve::adopt_options options;
  options.baselines = true;
  const auto done = adopt_all(options);
  CHECK(done.versions == 1);
  CHECK(done.baselines == 1);
  CHECK(done.transactions.size() == 2);
  REQUIRE(versions<Dataset>(old.id).size() == 1);
  CHECK(versions<Dataset>(old.id)[0].is_baseline());
  CHECK(versions<Dataset>(old.id)[0].actor() == "olga");
  CHECK(drift_in(store, true) == lines{});
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "drift is found in pages and adopted in batches, each a transaction", "[drift]") {
  std::vector<std::int64_t> keys;
  for (int i = 0; i < 7; ++i) keys.push_back(save(Dataset{.table_name = "t", .metrics = {{.metric_name = "m"}}}).id);
  const auto note = save(Note{.text = "a"});
  drift_by([&](varve::session& around) {
    for (const auto key : keys) {
      around.get<Dataset>(key).table_name = "drifted";
      around.get<Dataset>(key).metrics[0].expression = "drifted";
    }
    around.get<Note>(note.id).text = "drifted";
  });
  lines found;
  varve::drift_query query;
  query.limit = 4;
  query.page_rows = 3;
  std::size_t pages = 0;
  do {
    auto page = varve::find_drift(store, query);
    CHECK(page.rows.size() <= 4);
    for (auto& text : texts_of(page.rows)) found.push_back(std::move(text));
    query.after = page.next;
    ++pages;
  } while (query.after);
  CHECK(pages >= 4);
  CHECK(found.size() == 15);
  CHECK(found == drift_in(store));
  varve::adopt_options options;
  options.batch_rows = 3;
  const auto done = adopt_all(options);
  CHECK(done.versions == 8);
  CHECK(done.transactions.size() == 3);  // of 3 datasets, of 3, of the last one and the note
  check_settled();
}

TEST_CASE_METHOD(drift_stores, "an adoption needs somebody who signs, and versions to be made", "[drift]") {
  drifted_ = true;
  const auto saved = save(with_columns);
  drift_by([&](varve::session& around) { around.get<Dataset>(saved.id).sql = "drifted"; });
  CHECK_THROWS_WITH(varve::adopt_drift(store, varve::actor{""}), Catch::Contains("nobody is named"));
  store.versioning(false);
  CHECK_THROWS_WITH(varve::adopt_drift(store, varve::actor{"olga"}), Catch::Contains("switched off"));
  store.versioning(true);
  CHECK(versions<Dataset>(saved.id).size() == 1);
  varve::attribution who = varve::anonymous;
  who.action_kind = "import";
  CHECK(varve::adopt_drift(store, who).versions == 1);
  CHECK(versions<Dataset>(saved.id)[1].action_kind() == "import");
  CHECK(versions<Dataset>(saved.id)[1].actor().empty());
}

TEST_CASE_METHOD(drift_stores, "a save after an adoption goes on from it, one from before is a conflict", "[drift]") {
  const auto saved = save(with_columns);
  auto stale = by("bob");
  stale.get<Dataset>(saved.id);
  drift_by([&](varve::session& around) { around.get<Dataset>(saved.id).table_name = "drifted"; });
  adopt_all();
  stale.get<Dataset>(saved.id).cache_timeout = 1;
  CHECK_THROWS_AS(stale.commit(), varve::conflict_error);
  stale.rollback();
  auto session = by("ada");
  session.get<Dataset>(saved.id).cache_timeout = 2;
  commit(session);
  CHECK(records<Dataset>(saved.id)[2] == lines{R"(field add ["cache_timeout"] null -> 2)"});
}

TEST_CASE_METHOD(drift_stores, "keys of several columns drift like others", "[drift]") {
  const auto saved = save(Cell{.row = 1, .col = "b", .content = "x", .remarks = {{.author = "ada", .text = "?"}}});
  drift_by([&](varve::session& around) {
    auto& cell = around.get<Cell>(1, "b");
    cell.content = "y";
    cell.remarks.clear();
  });
  CHECK(drift_in(store) ==
        lines{R"(cell [1,"b"]: cell [1,"b"] changed in content)", R"(cell [1,"b"]: remark 1 is gone)"});
  CHECK(adopt_all().versions == 1);
  check_settled();
}

#if VARVE_TEST_SQLITE

namespace {

/// A file with a dataset, a chart on a dashboard and a note, then written to by another program.
class drifted_file {
 public:
  explicit drifted_file(const std::string& statements) {
    {
      const auto store = opened();
      varve::session session{store, varve::actor{"ada"}};
      session.add(Dataset{.table_name = "a",
                          .sql = "b",
                          .metrics = {{.metric_name = "m"}, {.metric_name = "n"}},
                          .columns = {{.column_name = "x", .type = "1"}, {.column_name = "x", .type = "2"}}});
      auto& chart = session.add(Chart{.slice_name = "c", .params = {{"a", 1}}});
      session.flush();
      session.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
      session.add(Note{.text = "x"});
      session.commit();
    }
    damage_file(*path, statements);
  }
  [[nodiscard]] varve::store_handle opened() const {
    return open_store<Dataset, Chart, Dashboard, Note>(backend::sqlite_file, path);
  }
  std::shared_ptr<std::string> path = temporary_database();
};

}  // namespace

TEST_CASE("whatever another program wrote is found, and adopted so that the doctor finds nothing",
          "[drift][database]") {
  struct written {
    const char* statements;
    lines found;
  };
  const auto [statements, expected] = GENERATE(values<written>({
      {"UPDATE tables SET table_name = 'z'", {"dataset 1: tables 1 changed in table_name"}},
      {"UPDATE tables SET sql = NULL", {"dataset 1: tables 1 changed in sql"}},
      {"UPDATE tables SET sql = ''", {"dataset 1: tables 1 changed in sql"}},
      {"UPDATE tables SET changed_by = 'eve'", {"dataset 1: tables 1 changed in changed_by"}},
      {"UPDATE tables SET changed_by = 'eve', opened = 5, hits = 6", {"dataset 1: tables 1 changed in changed_by"}},
      {"UPDATE slices SET params = ' {\"a\": 1} '", {"chart 1: slices 1 changed in params"}},
      {"UPDATE slices SET params = '{\"a\": 2}'", {"chart 1: slices 1 changed in params"}},
      {"UPDATE sql_metrics SET warning = '' WHERE id = 2", {"dataset 1: sql_metrics 2 changed in warning"}},
      {"UPDATE sql_metrics SET id = 9 WHERE id = 1",
       {"dataset 1: sql_metrics 1 is gone", "dataset 1: sql_metrics 9 has no version"}},
      {"UPDATE sql_metrics SET metric_name = 'p' WHERE id = 1", {"dataset 1: sql_metrics 1 changed in metric_name"}},
      {"UPDATE sql_metrics SET metric_name = CASE id WHEN 1 THEN 'n2' ELSE 'm' END; UPDATE sql_metrics SET metric_name "
       "= "
       "'n' WHERE id = 1",
       {"dataset 1: sql_metrics 1 changed in metric_name", "dataset 1: sql_metrics 2 changed in metric_name"}},
      {"DELETE FROM dashboard_slices", {"dashboard 1: dashboard_slices [1,1] is gone"}},
      {"DELETE FROM dashboard_slices; DELETE FROM slices",
       {"chart 1: slices 1 is gone", "dashboard 1: dashboard_slices [1,1] is gone"}},
      {"DELETE FROM notes; INSERT INTO notes (id, body) VALUES (1, 'y')", {"memo 1: notes 1 changed in body"}},
      {"DELETE FROM table_columns WHERE id = 1", {"dataset 1: table_columns 1 is gone"}},
      {"DELETE FROM sql_metrics; DELETE FROM table_columns; DELETE FROM tables",
       {"dataset 1: tables 1 is gone", "dataset 1: sql_metrics 1 is gone", "dataset 1: sql_metrics 2 is gone",
        "dataset 1: table_columns 1 is gone", "dataset 1: table_columns 2 is gone"}},
  }));
  const drifted_file file{statements};
  const auto store = file.opened();
  CAPTURE(statements);
  auto sorted = drift_in(store);
  auto wanted = expected;
  std::sort(sorted.begin(), sorted.end());
  std::sort(wanted.begin(), wanted.end());
  CHECK(sorted == wanted);
  const auto done = varve::adopt_drift(store, varve::actor{"olga"});
  CHECK(done.versions > 0);
  CHECK(done.skipped.empty());
  CHECK(drift_in(store) == lines{});
  CHECK(found_by_doctor(store) == lines{});
  CHECK(violations(everything_in(store)) == lines{});
  CHECK(broken_laws(store) == lines{});
  CHECK(varve::adopt_drift(store, varve::actor{"olga"}).transactions.empty());
}

TEST_CASE("an entity that cannot be adopted is skipped and named, the others are adopted", "[drift][database]") {
  const auto [statements, skipped, why] = GENERATE(table<std::string, std::string, std::string>({
      {"UPDATE tables SET table_name = CAST(x'FF' AS TEXT)", "dataset", "table_name"},
      {"UPDATE tables SET cache_timeout = 'soon'", "dataset", "cache_timeout"},
      {"CREATE TABLE other AS SELECT * FROM sql_metrics; DROP TABLE sql_metrics; ALTER TABLE other RENAME TO "
       "sql_metrics; "
       "UPDATE sql_metrics SET metric_name = 'm'",
       "dataset", "two metrics of one natural key"},
      {"UPDATE slices_version SET end_transaction_id = 7; UPDATE slices SET slice_name = 'z'", "chart",
       "without an open version"},
  }));
  const drifted_file file{statements + "; UPDATE notes SET body = 'drifted'"};
  const auto store = file.opened();
  CAPTURE(statements);
  const auto done = varve::adopt_drift(store, varve::actor{"olga"});
  CHECK(done.versions == 1);
  REQUIRE(done.skipped.size() == 1);
  CHECK(done.skipped[0].kind == skipped);
  CHECK(done.skipped[0].entity.text() == "1");
  CHECK_THAT(done.skipped[0].why, Catch::Contains(why));
  CHECK(varve::history<Note>{store}.versions(std::int64_t{1}).count() == 2);
}

TEST_CASE("two adoptions and a writer side by side: each drift becomes one version", "[drift][database]") {
  const int notes = 40;
  const auto path = temporary_database();
  {
    const auto store = open_store<Dataset, Note>(backend::sqlite_file, path);
    varve::session session{store, varve::actor{"ada"}};
    session.add(Dataset{.table_name = "saved"});
    for (int i = 0; i < notes; ++i) session.add(Note{.text = "x"});
    session.commit();
  }
  damage_file(*path, "UPDATE notes SET body = 'drifted'");
  const auto store = open_store<Dataset, Note>(backend::sqlite_file, path);
  std::atomic<std::size_t> adopted = 0, saved = 0, failed = 0;
  const auto run = [&](auto&& work) {
    return std::thread{[&failed, work] {
      try {
        work();
      } catch (const std::exception&) {
        ++failed;
      }
    }};
  };
  const auto adopt = [&] {
    varve::adopt_options options;
    options.batch_rows = 3;
    adopted += varve::adopt_drift(store, varve::actor{"olga"}, options).versions;
  };
  std::thread threads[] = {run(adopt), run(adopt), run([&] {
                             for (int i = 0; i < 30; ++i) {
                               varve::session session{store, varve::actor{"bob"}};
                               session.get<Dataset>(1).cache_timeout = i;
                               session.commit();
                               ++saved;
                             }
                           })};
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(adopted == notes);
  CHECK(saved == 30);
  CHECK(drift_in(store) == lines{});
  CHECK(found_by_doctor(store) == lines{});
  CHECK(violations(everything_in(store)) == lines{});
}

TEST_CASE("an adoption within the application's transaction goes with it", "[drift][database]") {
  const drifted_file file{"UPDATE notes SET body = 'drifted'"};
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.path->c_str(), &handle) == SQLITE_OK);
  {
    const varve::sqlite::store store{varve::borrow(handle)};
    store.base().use(varve::info_of<Note>());
    REQUIRE(sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(varve::adopt_drift(store, varve::actor{"olga"}).versions == 1);
    CHECK(drift_in(store) == lines{});
    REQUIRE(sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(drift_in(store).size() == 1);
  }
  sqlite3_close(handle);
}

#endif
