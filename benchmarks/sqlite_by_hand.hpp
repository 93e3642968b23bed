#pragma once

// A SQLite database that counts what is written, and hand-written code that saves and keeps history in varve's own
// tables with the C API alone: the floor for a save.

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// A database in memory, or in a file that goes with it (write-ahead log, synchronous NORMAL).
class database {
 public:
  explicit database(bool file) {
    if (file)
      path_ = (std::filesystem::temp_directory_path() / ("varve-bench-" + std::to_string(std::random_device{}()) + ".db"))
                  .string();
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    if (sqlite3_open_v2(file ? path_.c_str() : ":memory:", &handle_, flags, nullptr) != SQLITE_OK)
      throw std::runtime_error("cannot open a database for the benchmark");
    run("PRAGMA foreign_keys = ON");
    if (file) run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    sqlite3_trace_v2(
        handle_, SQLITE_TRACE_STMT,
        [](unsigned, void* self, void*, void* text) {
          if (!std::string_view{static_cast<const char*>(text)}.starts_with("--"))  // a trigger's
            ++static_cast<database*>(self)->statements_;
          return 0;
        },
        this);
  }
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database() {
    for (const auto& [text, statement] : prepared_) sqlite3_finalize(statement);
    sqlite3_close(handle_);
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"})
      if (!path_.empty()) std::filesystem::remove(path_ + suffix, ignored);
  }

  [[nodiscard]] sqlite3* handle() const { return handle_; }

  void run(const std::string& text) { check(sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr), text); }

  /// The statement of a text, prepared once and kept.
  sqlite3_stmt* prepared(const std::string& text) {
    auto& statement = prepared_[text];
    if (statement == nullptr)
      check(sqlite3_prepare_v3(handle_, text.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), text);
    return statement;
  }
  /// Runs a bound statement that gives no rows, for the next run.
  void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) check(SQLITE_ERROR, sqlite3_sql(statement));
    sqlite3_reset(statement);
  }

  /// All rows of a query, columns joined by a bar.
  [[nodiscard]] std::vector<std::string> ask(const std::string& query) {
    std::vector<std::string> rows;
    auto* statement = prepared(query);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      auto& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.append(i > 0 ? "|" : "").append(text != nullptr ? text : "NULL");
      }
    }
    sqlite3_reset(statement);
    return rows;
  }

  struct counts {
    double statements = 0, pages = 0, bytes = 0;
  };
  /// Statements run, pages written, and bytes by which the database has grown, since it was opened.
  [[nodiscard]] counts counted() {
    int pages = 0, ignored = 0;
    sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &ignored, 0);
    const auto statements = static_cast<double>(statements_);
    return {statements, static_cast<double>(pages), std::stod(ask("PRAGMA page_count")[0]) * 4096};
  }
  /// What `times` calls of `save(i)` did, each on average.
  template <class Save>
  counts count(std::size_t times, Save&& save) {
    const auto before = counted();
    for (std::size_t i = 0; i < times; ++i) save(i);
    auto after = counted();
    const auto each = static_cast<double>(times);
    return {(after.statements - before.statements - 1) / each, (after.pages - before.pages) / each,
            (after.bytes - before.bytes) / each};  // one statement less: the first question for the size
  }

 private:
  void check(int code, const std::string& text) const {
    if (code != SQLITE_OK) throw std::runtime_error(text + ": " + sqlite3_errmsg(handle_));
  }

  std::string path_{};
  sqlite3* handle_ = nullptr;
  std::map<std::string, sqlite3_stmt*> prepared_{};
  std::size_t statements_ = 0;
};

/// A uuid's text, all different.
inline std::string token_text(std::mt19937_64& random) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012llx", static_cast<unsigned>(random()),
                static_cast<unsigned long long>(random() & 0xFFFFFFFFFFFFULL));
  return text;
}

/// The columns that a shadow table shares with its live table.
inline std::string shared_columns(database& in, const std::string& table) {
  std::string list;
  for (const auto& name :
       in.ask("SELECT s.name FROM pragma_table_info('" + table + "_version') s JOIN pragma_table_info('" + table +
              "') USING (name) ORDER BY s.cid"))
    list += (list.empty() ? "\"" : ", \"") + name + "\"";
  return list;
}

/// Saves by the C API: one row changes and gets its next version.
class hand_table {
 public:
  hand_table(database& in, const std::string& table) : in_(in) {
    const std::string shadow = "\"" + table + "_version\"";
    filler_ = in.ask("SELECT 1 FROM pragma_table_info('" + table + "_version') WHERE name = 'end_filler'").size() == 1;
    const std::string columns = shared_columns(in, table);
    close_ = in.prepared("UPDATE " + shadow + " SET end_transaction_id = ?1" +
                         (filler_ ? ", end_filler = zeroblob(?4)" : "") +
                         " WHERE id = ?2 AND transaction_id = ?3 AND end_transaction_id IS NULL");
    open_ = in.prepared("INSERT INTO " + shadow + " (" + columns + ", transaction_id, operation_type" +
                        (filler_ ? ", end_filler" : "") + ") SELECT " + columns + ", ?1, 1" +
                        (filler_ ? ", zeroblob(8)" : "") + " FROM \"" + table + "\" WHERE id = ?2");
    for (const auto& row :
         in.ask("SELECT id, transaction_id FROM " + shadow + " WHERE end_transaction_id IS NULL")) {
      const auto bar = row.find('|');
      opened_[std::stoll(row.substr(0, bar))] = std::stoll(row.substr(bar + 1));
    }
  }

  /// The next version of a row that has been written already. Refuses when somebody else made one.
  void version(std::int64_t id, std::int64_t transaction, bool closes = true) {
    if (closes) {
      sqlite3_bind_int64(close_, 1, transaction);
      sqlite3_bind_int64(close_, 2, id);
      sqlite3_bind_int64(close_, 3, opened_.at(id));
      if (filler_) sqlite3_bind_int64(close_, 4, 8 - bytes_of(transaction));
      in_.step(close_);
      if (sqlite3_changes(in_.handle()) != 1) throw std::runtime_error("a version was made by somebody else");
    }
    sqlite3_bind_int64(open_, 1, transaction);
    sqlite3_bind_int64(open_, 2, id);
    in_.step(open_);
    opened_[id] = transaction;
  }

 private:
  /// How many bytes a record of SQLite has for a positive number.
  static std::int64_t bytes_of(std::int64_t number) {
    return number <= 1 ? 0 : number < 1 << 7 ? 1 : number < 1 << 15 ? 2 : number < 1 << 23 ? 3 : 4;
  }

  database& in_;
  bool filler_ = false;
  sqlite3_stmt* close_ = nullptr;
  sqlite3_stmt* open_ = nullptr;
  std::map<std::int64_t, std::int64_t> opened_{};
};

/// The transaction's row and the change records, by the C API.
class hand_transaction {
 public:
  explicit hand_transaction(database& in)
      : in_(in),
        has_token_(in.ask("SELECT 1 FROM pragma_table_info('version_transaction') WHERE name = 'token'").size() == 1),
        begin_(in.prepared("BEGIN IMMEDIATE")),
        commit_(in.prepared("COMMIT")),
        insert_(in.prepared(has_token_ ? "INSERT INTO version_transaction (issued_at, actor, token) VALUES (?1, ?2, ?3)"
                                       : "INSERT INTO version_transaction (issued_at, actor) VALUES (?1, ?2)")),
        record_(in.prepared("INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, "
                            "operation, path, from_value, to_value) VALUES (?1, ?2, ?3, ?4, ?5, 'edit', ?6, ?7, ?8)")) {}

  /// \return  the transaction's id.
  std::int64_t begin() {
    in_.step(begin_);
    text(insert_, 1, "2026-11-26 12:00:00.000000");
    text(insert_, 2, "benchmark");
    const std::string token = token_text(random_);
    if (has_token_) text(insert_, 3, token);
    in_.step(insert_);
    return sqlite3_last_insert_rowid(in_.handle());
  }
  void record(std::int64_t transaction, std::string_view entity_kind, std::int64_t entity, std::int64_t sequence,
              std::string_view kind, std::string_view path, std::string_view from, std::string_view to) {
    sqlite3_bind_int64(record_, 1, transaction);
    text(record_, 2, entity_kind);
    sqlite3_bind_int64(record_, 3, entity);
    sqlite3_bind_int64(record_, 4, sequence);
    text(record_, 5, kind);
    text(record_, 6, path);
    text(record_, 7, from);
    text(record_, 8, to);
    in_.step(record_);
  }
  void commit() { in_.step(commit_); }

 private:
  static void text(sqlite3_stmt* statement, int place, std::string_view value) {
    sqlite3_bind_text(statement, place, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }

  database& in_;
  bool has_token_;
  sqlite3_stmt* begin_;
  sqlite3_stmt* commit_;
  sqlite3_stmt* insert_;
  sqlite3_stmt* record_;
  std::mt19937_64 random_{std::random_device{}()};
};

/// Turns varve's tables into leaner ones with the same rows: no token, no filler, no index but the primary keys and that
/// of the records of an entity.
inline void make_lean(database& in, const std::string& table) {
  const std::string columns = shared_columns(in, table);
  in.run("PRAGMA foreign_keys = OFF; BEGIN;"
         "CREATE TABLE lean_shadow AS SELECT * FROM \"" + table + "_version\";"
         "CREATE TABLE lean_transactions AS SELECT * FROM version_transaction;"
         "DROP TABLE \"" + table + "_version\"; DROP TABLE version_changes; DROP TABLE version_transaction;"
         "CREATE TABLE version_transaction (id INTEGER PRIMARY KEY AUTOINCREMENT, issued_at TEXT NOT NULL, actor TEXT,"
         " action_kind TEXT, message TEXT, meta TEXT);"
         "INSERT INTO version_transaction SELECT id, issued_at, actor, action_kind, message, meta FROM lean_transactions;"
         "CREATE TABLE version_changes (transaction_id INTEGER NOT NULL, entity_kind TEXT NOT NULL, entity_id NOT NULL,"
         " sequence INTEGER NOT NULL, kind TEXT NOT NULL, operation TEXT NOT NULL, path TEXT NOT NULL, from_value TEXT,"
         " to_value TEXT, PRIMARY KEY (transaction_id, entity_kind, entity_id, sequence)) WITHOUT ROWID;"
         "CREATE INDEX version_changes_by_entity ON version_changes (entity_kind, entity_id, transaction_id);"
         "CREATE TABLE \"" + table + "_version\" (" + columns + ", transaction_id INTEGER NOT NULL,"
         " end_transaction_id INTEGER, operation_type SMALLINT NOT NULL, PRIMARY KEY (id, transaction_id));"
         "INSERT INTO \"" + table + "_version\" (" + columns + ", transaction_id, end_transaction_id, operation_type)"
         " SELECT " + columns + ", transaction_id, end_transaction_id, operation_type FROM lean_shadow;"
         "DROP TABLE lean_shadow; DROP TABLE lean_transactions; COMMIT; VACUUM; PRAGMA foreign_keys = ON");
}

}  // namespace bench
