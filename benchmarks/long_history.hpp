#pragma once

// One table with 100 columns and a long history: each version changes its name and the type of one column.

#include <cstdint>
#include <string>
#include <vector>

#include "collection_data.hpp"
#include "sqlite_by_hand.hpp"
#include "varve/backend/sqlite.hpp"
#include "varve/varve.hpp"

namespace bench {

inline constexpr std::int64_t history_children = 100;

/// The first version; its transaction has the id 1.
class short_history {
 public:
  short_history() : in(false), store(varve::borrow(in.handle())), session(store, varve::actor{"benchmark"}) {
    varve::schema{store}.add<Table>().apply();
    Table table;
    table.name = "name 1";
    table.uuid.octets[8] = 0x80;
    for (std::int64_t i = 1; i <= history_children; ++i)
      table.columns.push_back({.name = "column " + std::to_string(100 + i), .type = "TYPE 1"});
    entity = &session.add(std::move(table));
    session.commit();
  }

  [[nodiscard]] static std::string child_table() {
    return std::string{varve::info_of<Table>().relations[0].table->name};
  }
  /// The shadow rows.
  [[nodiscard]] std::vector<std::string> rows() {
    auto all = in.ask("SELECT * FROM tables_version ORDER BY id, transaction_id");
    for (auto& row : in.ask("SELECT * FROM " + child_table() + "_version ORDER BY id, transaction_id"))
      all.push_back(std::move(row));
    return all;
  }

  database in;
  varve::sqlite::store store;
  varve::session session;
  Table* entity = nullptr;
};

/// Version t has the name "name t", and its change is that column t % 100 + 1 has the type "TYPE t".
class history_by_sessions : public short_history {
 public:
  explicit history_by_sessions(std::int64_t versions) {
    for (std::int64_t t = 2; t <= versions; ++t) {
      entity->name = "name " + std::to_string(t);
      entity->columns[static_cast<std::size_t>(t % history_children)].type = "TYPE " + std::to_string(t);
      session.commit();
    }
  }
};

/// The same made by SQL, in a second or two for 100,000 versions. It has no change records but those of the first.
class long_history : public short_history {
 public:
  explicit long_history(std::int64_t versions) {
    const std::string last = std::to_string(versions);
    const std::string shadow = child_table() + "_version";
    // A closed row's filler is shorter by the bytes of its end id.
    const auto close = [&](const std::string& table, const std::string& key, const std::string& next) {
      const bool filler =
          in.ask("SELECT 1 FROM pragma_table_info('" + table + "') WHERE name = 'end_filler'").size() == 1;
      in.run("UPDATE " + table + " SET end_transaction_id = " + next + " WHERE " + next + " <= " + last + " AND " + key);
      if (filler)
        in.run("UPDATE " + table +
               " SET end_filler = zeroblob(8 - CASE WHEN end_transaction_id < 128 THEN 1 WHEN end_transaction_id < 32768 "
               "THEN 2 ELSE 3 END) WHERE end_transaction_id IS NOT NULL");
    };
    const std::string numbers = "WITH RECURSIVE n(t) AS (SELECT 2 UNION ALL SELECT t + 1 FROM n WHERE t < " + last + ") ";
    in.run("BEGIN");
    in.run(numbers +
           "INSERT INTO version_transaction (id, issued_at, actor, token) SELECT t, strftime('%Y-%m-%d %H:%M:%f000', "
           "'2030-01-01', '+' || t || ' seconds'), 'benchmark', 'token ' || t FROM n");
    copy("tables_version", numbers, "'name ' || t", "name", "r.id = 1");
    copy(shadow, numbers, "'TYPE ' || t", "type", "r.id = t % 100 + 1");
    close("tables_version", "1", "transaction_id + 1");
    close(shadow, "transaction_id > 1", "transaction_id + 100");
    // The first version of each column, whose first change is at the first t > 1 that names it.
    close(shadow, "transaction_id = 1", "(CASE WHEN id <= 2 THEN id + 99 ELSE id - 1 END)");
    in.run("UPDATE tables SET name = 'name ' || " + last);
    in.run("UPDATE " + child_table() + " SET type = coalesce((SELECT s.type FROM " + shadow + " s WHERE s.id = " +
           child_table() + ".id ORDER BY s.transaction_id DESC LIMIT 1), type)");
    in.run("COMMIT");
  }

 private:
  /// Copies the first version of the row that version t changes, for each t.
  void copy(const std::string& table, const std::string& numbers, const std::string& value, const std::string& column,
            const std::string& changed) {
    std::string names, values;
    for (const auto& name : in.ask("SELECT name FROM pragma_table_info('" + table +
                                   "') WHERE name NOT IN ('transaction_id', 'end_transaction_id', 'operation_type')")) {
      names += "\"" + name + "\", ";
      values += (name == column ? value : "r.\"" + name + "\"") + ", ";
    }
    in.run(numbers + "INSERT INTO " + table + " (" + names + "transaction_id, operation_type) SELECT " + values +
           "t, 1 FROM n JOIN " + table + " r ON r.transaction_id = 1 AND " + changed);
  }
};

}  // namespace bench
