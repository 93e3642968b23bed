#pragma once

/// Damage of a history, past everything that varve offers.

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/history/doctor.hpp"
#include "varve/store/detail/memory_engine.hpp"

#if VARVE_TEST_SQLITE
#include <sqlite3.h>
#endif

namespace test {

/// Dataset, chart, dashboard and recipe 1: created at 1, changed at 2, 3, 5 and 6; the recipe is deleted at 4.
inline void make_history(varve::session& session) {
  auto& dataset = session.add(Dataset{
      .table_name = "sales", .sql = "select 1", .metrics = {{.metric_name = "revenue"}, {.metric_name = "count"}}});
  auto& chart = session.add(Chart{.slice_name = "c", .color = Color::red, .frame = Frame{.width = 1}});
  session.flush();
  auto& board = session.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  auto& gone =
      session.add(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}}, .ingredients = {{.name = "salt"}}});
  session.commit();  // 1
  dataset.sql = "select 2";
  dataset.metrics[0].expression = "sum";
  session.commit();  // 2
  dataset.table_name = "renamed";
  dataset.metrics.pop_back();
  chart.color = Color::blue;
  chart.frame->width = 2;
  chart.params["a"] = 1;
  session.commit();  // 3
  session.erase<Recipe>(gone.id);
  session.commit();  // 4
  dataset.sql.reset();
  board.slices.clear();
  session.commit();  // 5
  chart.frame.reset();
  chart.params["a"] = 2;
  session.commit();  // 6
}

/// The nth version of a key in a memory store, to be written to.
[[nodiscard]] inline varve::detail::memory_version& damaged_row(const varve::store_handle& store,
                                                                const varve::table_info& table,
                                                                const varve::row_key& key, std::size_t version) {
  auto& engine = dynamic_cast<varve::detail::memory_engine&>(store.base());
  return engine.data()->table(table).place(key).second.versions.at(version);
}

/// What was found, each as `rule table key at`.
[[nodiscard]] inline lines places_of(const varve::history_report& report) {
  lines places;
  for (const auto& found : report.violations)
    places.push_back(std::string{found.rule} + " " + found.table + " " + (found.key.empty() ? "-" : found.key.text()) +
                     " " + std::to_string(found.transaction.value));
  return places;
}
[[nodiscard]] inline bool has(const lines& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Where a damage can be done: SQLite keeps what has not its column's type, servers refuse it.
enum class damaged { anywhere, sqlite };

/// Damage of what `make_history` makes.
struct damage {
  const char* statements;  ///< a semicolon and a blank between them
  const char* place;       ///< rule, table, key, transaction
  const char* loose = "";  ///< the table that would not let it happen, if there is one
  damaged where = damaged::anywhere;
};

/// Every kind of damage, each rule by one at least.
inline std::vector<damage> every_damage() {
  return {
      // one shadow table
      {"DELETE FROM version_transaction WHERE id = 2", "S1 tables_version 1 2"},
      {"UPDATE tables_version SET operation_type = 3 WHERE transaction_id = 2", "S2 tables_version 1 2"},
      {"UPDATE tables_version SET operation_type = 258 WHERE transaction_id = 2", "S2 tables_version 1 2"},
      {"UPDATE tables_version SET operation_type = NULL WHERE transaction_id = 2", "S2 tables_version 1 2",
       "tables_version"},
      {"UPDATE tables_version SET end_transaction_id = 2 WHERE transaction_id = 2", "S3 tables_version 1 2"},
      {"UPDATE tables_version SET end_transaction_id = 1 WHERE transaction_id = 2", "S3 tables_version 1 2"},
      {"UPDATE tables_version SET end_transaction_id = 6 WHERE transaction_id = 5", "S4 tables_version 1 5"},
      {"UPDATE tables_version SET end_transaction_id = NULL WHERE transaction_id = 3", "S4 tables_version 1 5",
       "tables_version"},
      {"UPDATE sql_metrics_version SET end_transaction_id = NULL", "S4 sql_metrics_version 1 2", "sql_metrics_version"},
      {"UPDATE tables_version SET operation_type = 1 WHERE transaction_id = 1", "S5 tables_version 1 1"},
      {"DELETE FROM tables_version WHERE transaction_id = 1", "S5 tables_version 1 2"},
      {"INSERT INTO tables_version SELECT * FROM tables_version WHERE transaction_id = 2", "S6 tables_version 1 2",
       "tables_version"},
      {"UPDATE tables_version SET end_transaction_id = 3 WHERE transaction_id = 1", "S7 tables_version 1 1"},
      {"DELETE FROM tables_version WHERE transaction_id = 2", "S7 tables_version 1 1"},
      {"UPDATE dashboard_slices_version SET end_transaction_id = 4 WHERE transaction_id = 1",
       "S7 dashboard_slices_version [1,1] 1"},
      {"UPDATE tables_version SET operation_type = 0 WHERE transaction_id = 3", "S8 tables_version 1 3"},
      {"UPDATE tables_version SET operation_type = 2 WHERE transaction_id = 2", "S8 tables_version 1 3"},
      {"UPDATE tables_version SET uuid = '00000000-0000-4000-8000-000000000001' WHERE transaction_id = 3",
       "S8 tables_version 1 3"},
      {"UPDATE sql_metrics_version SET metric_name = 'same'", "S9 sql_metrics_version 2 1"},
      {"UPDATE version_transaction SET id = 99 WHERE id = 3", "T4 tables_version 1 2"},
      // the live tables
      {"UPDATE tables_version SET operation_type = 2 WHERE transaction_id = 5", "L1 tables_version 1 5"},
      {"INSERT INTO recipe (id, name) VALUES (1, 'again')", "L1 recipe_version 1 4"},
      {"DELETE FROM tables", "L2 tables_version 1 5"},
      {"DELETE FROM sql_metrics", "L2 sql_metrics_version 1 2"},
      {"UPDATE tables SET table_name = 'drifted'", "L3 tables_version 1 5"},
      {"UPDATE tables SET table_name = CAST('renamed' AS BLOB)", "L3 tables_version 1 5", "", damaged::sqlite},
      {"UPDATE tables SET changed_by = 'eve'", "L3 tables_version 1 5"},
      {"UPDATE tables_version SET \"sql\" = 'forged' WHERE transaction_id = 5", "L3 tables_version 1 5"},
      {"UPDATE sql_metrics SET warning = 'drifted'", "L3 sql_metrics_version 1 2"},
      {"INSERT INTO sql_metrics (id, metric_name, expression, touched_by, dataset_id) VALUES (7, 'x', '', '', 1)",
       "L4 sql_metrics_version 7 0"},
      {"INSERT INTO dashboard_slices (dashboard_id, chart_id) VALUES (1, 1); DELETE FROM dashboard_slices_version",
       "L4 dashboard_slices_version [1,1] 0"},
      {"DELETE FROM tables_version", "L4 tables_version 1 0"},
      // records
      {"UPDATE version_changes SET transaction_id = 99 WHERE transaction_id = 5", "C1 version_changes 1 99"},
      {"DELETE FROM version_transaction WHERE id = 2", "C1 version_changes 1 2"},
      {"UPDATE version_changes SET to_value = from_value WHERE path = '[\"table_name\"]'", "C5 version_changes 1 3"},
      {"UPDATE version_changes SET from_value = NULL, to_value = 'null' WHERE path = '[\"table_name\"]'",
       "C5 version_changes 1 3"},
      {"UPDATE version_changes SET sequence = sequence + 100 WHERE transaction_id = 2", "C7 version_changes 1 2"},
      {"DELETE FROM version_changes WHERE transaction_id = 2 AND sequence = 0", "C7 version_changes 1 2"},
      {"UPDATE version_changes SET transaction_id = 1 WHERE transaction_id = 2", "C8 version_changes 1 1"},
      {"UPDATE version_changes SET transaction_id = 4, entity_kind = 'recipe' WHERE transaction_id = 2",
       "C8 version_changes 1 4"},
      {"UPDATE version_changes SET transaction_id = 4 WHERE transaction_id = 2", "C9 version_changes 1 4"},
      {"UPDATE version_changes SET entity_id = 99 WHERE transaction_id = 2", "C9 version_changes 99 2"},
      {"UPDATE version_changes SET entity_kind = 'memo' WHERE transaction_id = 2", "C9 version_changes 1 2"},
      // what records say
      {"DELETE FROM version_changes WHERE path = '[\"table_name\"]'", "R3 tables_version 1 3"},
      {"DELETE FROM version_changes WHERE path = '[\"frame\"]'", "R3 slices_version 1 6"},
      {"UPDATE tables_version SET \"sql\" = 'forged' WHERE transaction_id = 3", "R3 tables_version 1 3"},
      {"UPDATE recipe_version SET name = 'forged' WHERE operation_type = 2", "R3 recipe_version 1 4"},
      {"UPDATE step_version SET text = 'forged' WHERE operation_type = 2 AND id = 2", "R3 step_version 2 4"},
      {"UPDATE version_changes SET to_value = '\"x\"' WHERE path = '[\"table_name\"]'", "R6 tables_version 1 3"},
      {"UPDATE version_changes SET from_value = '\"x\"' WHERE path = '[\"sql\"]' AND transaction_id = 2",
       "R6 tables_version 1 2"},
      {"UPDATE version_changes SET from_value = '7' WHERE path = '[\"frame\",\"width\"]'", "R6 slices_version 1 3"},
      // what only replay tells
      {"DELETE FROM version_changes WHERE kind = 'metric' AND transaction_id = 2", "replay tables_version 1 2"},
      {"UPDATE version_changes SET to_value = '{\"metric_name\":\"revenue\",\"expression\":\"9\",\"warning\":null}' "
       "WHERE kind = 'metric' AND transaction_id = 2",
       "replay tables_version 1 2"},
      {"UPDATE version_changes SET from_value = '{\"metric_name\":\"revenue\",\"expression\":\"9\",\"warning\":null}' "
       "WHERE kind = 'metric' AND transaction_id = 2",
       "replay tables_version 1 2"},
      {"DELETE FROM version_changes WHERE path = '[\"params\",\"a\"]' AND transaction_id = 6",
       "replay slices_version 1 6"},
      {"UPDATE version_changes SET to_value = '3' WHERE path = '[\"params\",\"a\"]'", "replay slices_version 1 6"},
      {"DELETE FROM version_changes WHERE path LIKE '[\"slices\"%'", "replay dashboards_version 1 5"},
      {"UPDATE version_changes SET path = '[\"nothing\"]' WHERE transaction_id = 5 AND entity_kind = 'dataset'",
       "replay tables_version 1 5"},
      {"UPDATE version_changes SET path = '[' WHERE transaction_id = 5 AND entity_kind = 'dataset'",
       "replay version_changes 1 5"},
      {"UPDATE sql_metrics_version SET expression = 'forged' WHERE transaction_id = 1 AND id = 1",
       "replay tables_version 1 2"},
      {"UPDATE sql_metrics_version SET id = 'no number' WHERE id = 2", "V1 sql_metrics_version no number 1", "",
       damaged::sqlite},
      {"DELETE FROM version_changes WHERE transaction_id = 5 AND entity_kind = 'dataset'; CREATE TABLE before_it AS "
       "SELECT "
       "* FROM tables_version WHERE transaction_id = 3; UPDATE tables_version SET \"sql\" = (SELECT \"sql\" FROM "
       "before_it), "
       "changed_on = (SELECT changed_on FROM before_it) WHERE transaction_id = 5; DROP TABLE before_it",
       "V2 tables_version 1 5"},
      // under an owner
      {"DELETE FROM step_version WHERE operation_type = 2; UPDATE step_version SET end_transaction_id = NULL",
       "K1 step_version 1 1"},
      {"UPDATE ingredient_version SET transaction_id = 5 WHERE operation_type = 2; UPDATE ingredient_version SET "
       "end_transaction_id = 5 WHERE operation_type = 0",
       "K1 ingredient_version [1,\"salt\"] 1"},
      {"UPDATE sql_metrics_version SET transaction_id = 6 WHERE transaction_id = 2; UPDATE sql_metrics_version SET "
       "end_transaction_id = 6 WHERE end_transaction_id = 2",
       "K2 sql_metrics_version 1 6"},
      // transactions
      {"INSERT INTO version_transaction (id, issued_at, token) VALUES (7, '2100-01-01 00:00:00.000000', 'x')",
       "T3 version_transaction - 7"},
      {"UPDATE version_transaction SET issued_at = '2020-01-01 00:00:00.000000' WHERE id = 4",
       "T5 version_transaction - 4"},
      // what a prune up to 6 leaves over
      {"UPDATE version_catalog SET content = '6' WHERE name = 'horizon'", "P1 tables_version 1 1"},
      {"UPDATE version_catalog SET content = '6' WHERE name = 'horizon'", "P1 recipe_version 1 4"},
      {"UPDATE version_catalog SET content = '6' WHERE name = 'horizon'; DELETE FROM recipe_version; DELETE FROM "
       "step_version; DELETE FROM ingredient_version",
       "P1 version_transaction - 4"},
  };
}

/// A table as it is, without its constraints.
inline std::string without_constraints(const std::string& table) {
  return "CREATE TABLE loose AS SELECT * FROM " + table + "; DROP TABLE " + table + "; ALTER TABLE loose RENAME TO " +
         table;
}

/// Dataset 1, which lived before it was versioned: a baseline at 1, changed at 2.
inline void make_baseline(varve::store_handle store) {
  {
    store.versioning(false);
    varve::session session{store, varve::actor{"eve"}};
    session.add(Dataset{.table_name = "old", .sql = "select 1"});
    session.commit();
    store.versioning(true);
  }
  varve::session session{store, varve::actor{"ada"}};
  session.get<Dataset>(1).sql = "select 2";
  session.commit();
}
/// Its records as those of the baseline.
inline constexpr const char* damage_of_baseline =
    "UPDATE version_changes SET transaction_id = 1 WHERE transaction_id = 2";

#if VARVE_TEST_SQLITE

/// Runs statements in a database file as another program, without foreign keys.
inline void damage_file(const std::string& path, const std::string& statements) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  char* why = nullptr;
  const int code = sqlite3_exec(database, ("PRAGMA foreign_keys = OFF; " + statements).c_str(), nullptr, nullptr, &why);
  const std::string message = why != nullptr ? why : "";
  sqlite3_free(why);
  const int changes = sqlite3_total_changes(database);
  sqlite3_close(database);
  INFO(statements << ": " << message);
  REQUIRE(code == SQLITE_OK);
  REQUIRE(changes > 0);
}

#endif

}  // namespace test
