#pragma once

/// Damage of a history, past everything that varve offers.

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/store/detail/memory_engine.hpp"

#if VARVE_TEST_SQLITE
#include <sqlite3.h>
#endif

namespace test {

/// Dataset, chart, dashboard and recipe 1: created at 1, changed at 2, 3, 5 and 6; the recipe is deleted at 4.
inline void make_history(varve::session& session) {
  auto& dataset = session.add(Dataset{.table_name = "sales",
                                      .sql = "select 1",
                                      .metrics = {{.metric_name = "revenue"}, {.metric_name = "count"}}});
  auto& chart = session.add(Chart{.slice_name = "c", .color = Color::red, .frame = Frame{.width = 1}});
  session.flush();
  auto& board = session.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  auto& gone = session.add(
      Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}}, .ingredients = {{.name = "salt"}}});
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

#if VARVE_TEST_SQLITE

/// Runs statements in a database file as another program, without foreign keys.
inline void damage_file(const std::string& path, const std::string& statements) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  char* why = nullptr;
  const int code =
      sqlite3_exec(database, ("PRAGMA foreign_keys = OFF; " + statements).c_str(), nullptr, nullptr, &why);
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
