#pragma once

#include <sqlite3.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <varve/backend/sqlite.hpp>

#include "schema/losses.hpp"

namespace test {

/// A database that the test looks into beside varve.
class database {
 public:
  explicit database(const std::string& path = ":memory:") {
    REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK);
  }
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database() { sqlite3_close(handle_); }

  void run(const std::string& text) {
    char* why = nullptr;
    const int code = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, &why);
    INFO(text << ": " << (why != nullptr ? why : ""));
    sqlite3_free(why);
    REQUIRE(code == SQLITE_OK);
  }
  std::vector<std::string> column(const std::string& text) {
    std::vector<std::string> rows;
    const auto add = [](void* to, int, char** values, char**) {
      static_cast<std::vector<std::string>*>(to)->push_back(values[0] != nullptr ? values[0] : "null");
      return 0;
    };
    REQUIRE(sqlite3_exec(handle_, text.c_str(), add, &rows, nullptr) == SQLITE_OK);
    return rows;
  }
  std::vector<std::string> tables() {
    return column("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
  }
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  varve::sqlite::store store() { return varve::sqlite::store{varve::borrow(handle_)}; }

 private:
  sqlite3* handle_ = nullptr;
};

/// What each column of a database holds, sorted, whatever it is called; kinds within records are names too.
inline names held(database& data) {
  names all;
  for (const auto& table : data.tables())
    if (table != "version_catalog")
      for (const auto& column : data.column("SELECT name FROM pragma_table_info('" + table + "')"))
        if (column != "entity_kind")
          for (auto& values : data.column("SELECT group_concat(v) FROM (SELECT quote(\"" + column + "\") AS v FROM \"" +
                                          table + "\" ORDER BY 1)"))
            all.push_back(std::move(values));
  std::sort(all.begin(), all.end());
  return all;
}
/// Applies a step of an evolution: its plan takes nothing away, and what each column held before one holds after.
inline void evolve(database& data, const varve::schema& schema) {
  const auto before = held(data);
  CHECK(losses(schema.plan()) == names{});
  schema.apply();
  const auto after = held(data);
  CHECK(std::includes(after.begin(), after.end(), before.begin(), before.end()));
}

}  // namespace test
