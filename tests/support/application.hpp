#pragma once

/// A program beside varve that uses SQLite by itself.

#include <catch2/catch.hpp>

#include <sqlite3.h>

#include <string>
#include <utility>
#include <vector>

#include "support/fixture.hpp"

namespace test {

/// A connection of the application.
class application {
 public:
  explicit application(const std::string& path = ":memory:") {
    REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK);
    run("PRAGMA foreign_keys = ON");
  }
  application(const application&) = delete;
  application& operator=(const application&) = delete;
  ~application() { sqlite3_close(handle_); }

  void run(const std::string& statement) {
    char* why = nullptr;
    const int code = sqlite3_exec(handle_, statement.c_str(), nullptr, nullptr, &why);
    const std::string message = why != nullptr ? why : "";
    sqlite3_free(why);
    INFO(statement << ": " << message);
    REQUIRE(code == SQLITE_OK);
  }
  /// The rows of a query, each as its columns joined by a bar.
  lines ask(const std::string& query) {
    lines rows;
    sqlite3_stmt* statement = nullptr;
    INFO(query);
    REQUIRE(sqlite3_prepare_v2(handle_, query.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row += (i > 0 ? "|" : "") + std::string{text != nullptr ? text : "NULL"};
      }
      rows.push_back(std::move(row));
    }
    sqlite3_finalize(statement);
    return rows;
  }
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace test
