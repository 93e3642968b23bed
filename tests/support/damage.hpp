#pragma once

/// Damage of a history, past everything that varve offers.

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>

#include "support/stores.hpp"
#include "varve/store/detail/memory_engine.hpp"

#if VARVE_TEST_SQLITE
#include <sqlite3.h>
#endif

namespace test {

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
