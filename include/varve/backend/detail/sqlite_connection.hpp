#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "varve/backend/sqlite_options.hpp"
#include "varve/sql/sql_store.hpp"

namespace varve::sqlite {

namespace detail {

/// What a result code means for a caller.
[[nodiscard]] constexpr error_kind kind_of_code(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return error_kind::retry;
    case SQLITE_FULL: return error_kind::full;
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT: return error_kind::input;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return error_kind::damaged;
    case SQLITE_READONLY: return error_kind::elsewhere;
    default: return error_kind::other;
  }
}

class connection;

class statement final : public sql::statement {
 public:
  statement(connection& on, const std::string& text);
  ~statement() override { sqlite3_finalize(handle_); }

  void bind(int index, const value& value) override;
  bool step() override;
  [[nodiscard]] value column(int index) override;
  void reset() noexcept override {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
  }
  /// Runs a statement without values and rows; its result code, with the connection's message.
  int run_once() noexcept {
    sqlite3_step(handle_);
    return sqlite3_reset(handle_);
  }

 private:
  connection* on_;
  sqlite3_stmt* handle_ = nullptr;
};

/// A connection, own or borrowed, with its prepared statements.
class connection final : public sql::connection {
 public:
  connection(const std::string& path, const options& wanted) : name_(path), busy_timeout_(wanted.busy_timeout) {
    const int code =
        sqlite3_open_v2(path.c_str(), &handle_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_URI, nullptr);
    owned_ = true;
    if (code != SQLITE_OK) {
      const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
      const int native = handle_ != nullptr ? sqlite3_extended_errcode(handle_) : code;
      sqlite3_close(handle_);
      throw backend_error(kind_of_code(code), "cannot open the SQLite database " + path + ": " + why, {{}, {}, "open"},
                          native);
    }
    try {
      sqlite3_extended_result_codes(handle_, 1);
      sqlite3_busy_handler(handle_, &wait, this);
      execute("PRAGMA foreign_keys = ON");
      if (sqlite3_db_readonly(handle_, "main") == 1) return;  // to be read; its settings stay
      if (wanted.wal) execute("PRAGMA journal_mode = WAL");
      execute(wanted.full_sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    } catch (...) {
      sqlite3_close(handle_);
      throw;
    }
  }
  explicit connection(borrowed_handle borrowed) : handle_(borrowed.handle) {
    if (handle_ == nullptr) throw input_error("cannot borrow a null sqlite3 handle", {{}, {}, "open"});
    const char* file = sqlite3_db_filename(handle_, "main");
    name_ = file != nullptr && *file != '\0' ? file : ":memory:";
  }
  ~connection() override {
    for (auto* one : {&begin_write_, &begin_read_, &commit_, &rollback_}) one->reset();
    forget_statements();
    if (owned_) sqlite3_close(handle_);
  }

  void execute(const std::string& text) override {
    const int code = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(text);
  }
  [[nodiscard]] std::int64_t last_key() override { return sqlite3_last_insert_rowid(handle_); }
  [[nodiscard]] std::size_t changed_rows() override { return static_cast<std::size_t>(sqlite3_changes(handle_)); }

  [[nodiscard]] bool in_transaction() override { return sqlite3_get_autocommit(handle_) == 0; }
  void begin_write() override { sql::query{kept(begin_write_, "BEGIN IMMEDIATE")}.run(); }
  void begin_read() override {
    kept(rollback_, "ROLLBACK");  // its end cannot fail for want of memory
    sql::query{kept(begin_read_, "BEGIN")}.run();
  }
  void commit() override {
    auto& prepared = kept(commit_, "COMMIT");
    const int code = prepared.run_once();
    if (code == SQLITE_OK) return;
    const int native = sqlite3_extended_errcode(handle_);
    // A failing write of the log may have left the commit behind it: only the token can tell.
    const auto kind = (code & 0xFF) == SQLITE_IOERR ? error_kind::unknown : kind_of_code(code);
    throw backend_error(kind, "cannot commit on " + name_ + ": " + sqlite3_errmsg(handle_), {{}, {}, "commit"}, native);
  }
  void rollback() noexcept override {
    if (!in_transaction()) return;
    if (rollback_ == nullptr || rollback_->run_once() != SQLITE_OK)
      sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }

  [[nodiscard]] std::vector<sql::table_column> columns(std::string_view table) override {
    std::vector<sql::table_column> found;
    sql::query run{*this,
                   "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid"};
    run.bind_text(table);
    while (run.step())
      found.push_back({run.text(0), run.text(1), run.column(2).integer() != 0,
                       static_cast<int>(run.column(3).integer()), collation(table, run.text(0))});
    return found;
  }
  [[nodiscard]] bool has_index(std::string_view index) override {
    sql::query run{*this, "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?"};
    run.bind_text(index);
    return run.step();
  }
  /// SQLite has no statement for it; what its documentation names for constraints is an edit of the schema's text.
  [[nodiscard]] std::vector<std::string> allow_null(std::string_view table, const sql::table_column& column) override {
    const auto quoted = [](const std::string& text) {
      std::string made{"'"};
      for (const char c : text) made += c == '\'' ? std::string{"''"} : std::string{c};
      return made + "'";
    };
    sql::query run{*this, "PRAGMA schema_version"};
    run.step();
    const std::string declared = sql::quote_name(column.name) + " " + column.type;
    return {"PRAGMA writable_schema = ON",
            "UPDATE sqlite_schema SET sql = replace(sql, " + quoted(declared + " NOT NULL") + ", " + quoted(declared) +
                ") WHERE type = 'table' AND name = " + quoted(std::string{table}),
            "PRAGMA schema_version = " + std::to_string(run.column(0).integer() + 1), "PRAGMA writable_schema = RESET"};
  }
  void end_allow_null() noexcept override {
    sqlite3_exec(handle_, "PRAGMA writable_schema = RESET", nullptr, nullptr, nullptr);
  }
  [[nodiscard]] std::string name() const override { return "SQLite database " + name_; }
  [[nodiscard]] sqlite3* handle() const { return handle_; }

  [[noreturn]] void fail(const std::string& text) const {
    const int native = sqlite3_extended_errcode(handle_);
    std::string why = sqlite3_errmsg(handle_);
    if ((native & 0xFF) == SQLITE_BUSY) why += "; another connection is writing, try again";
    if (native == SQLITE_CONSTRAINT_FOREIGNKEY)
      why +=
          "; a row that is referred to does not live, or what is to be deleted is referred to by rows of a kind that "
          "this program does not use";
    throw backend_error(kind_of_code(native), name() + ": " + why + " (" + text.substr(0, 80) + ")", {}, native);
  }

 protected:
  [[nodiscard]] std::unique_ptr<sql::statement> prepare(const std::string& text) override {
    return std::make_unique<statement>(*this, text);
  }

 private:
  /// Asks again for a lock in short steps, so that a writer comes in between two batches of a prune. SQLite's own handler
  /// sleeps up to 100 ms, which passes over many of them.
  static int wait(void* self, int times) {
    auto& waiting = *static_cast<connection*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (times == 0) waiting.gives_up_at_ = now + waiting.busy_timeout_;
    if (now >= waiting.gives_up_at_) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds{times < 10 ? 1 : 4});
    return 1;
  }
  /// Empty for the collation by bytes.
  [[nodiscard]] std::string collation(std::string_view table, const std::string& column) {
    const char* name = nullptr;
    const int code = sqlite3_table_column_metadata(handle_, nullptr, std::string{table}.c_str(), column.c_str(),
                                                   nullptr, &name, nullptr, nullptr, nullptr);
    return code != SQLITE_OK || name == nullptr || std::string_view{name} == "BINARY" ? "" : name;
  }
  statement& kept(std::unique_ptr<statement>& place, const std::string& text) {
    if (place == nullptr) place = std::make_unique<statement>(*this, text);
    return *place;
  }

  sqlite3* handle_ = nullptr;
  bool owned_ = false;
  std::string name_;
  std::chrono::milliseconds busy_timeout_{};
  std::chrono::steady_clock::time_point gives_up_at_{};
  std::unique_ptr<statement> begin_write_{}, begin_read_{}, commit_{}, rollback_{};
};

inline statement::statement(connection& on, const std::string& text) : on_(&on) {
  if (sqlite3_prepare_v3(on.handle(), text.c_str(), static_cast<int>(text.size()) + 1, SQLITE_PREPARE_PERSISTENT,
                         &handle_, nullptr) != SQLITE_OK)
    on.fail(text);
}
inline void statement::bind(int index, const value& v) {
  int code = SQLITE_OK;
  switch (v.kind()) {
    case value_kind::null: code = sqlite3_bind_null(handle_, index); break;
    case value_kind::integer: code = sqlite3_bind_int64(handle_, index, v.integer()); break;
    case value_kind::real: code = sqlite3_bind_double(handle_, index, v.real()); break;
    case value_kind::text:
      code = sqlite3_bind_text64(handle_, index, v.view().empty() ? "" : v.view().data(), v.view().size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
      break;
    case value_kind::blob:
      code = v.view().empty() ? sqlite3_bind_zeroblob(handle_, index, 0)
                              : sqlite3_bind_blob64(handle_, index, v.view().data(), v.view().size(), SQLITE_STATIC);
      break;
  }
  if (code != SQLITE_OK) on_->fail(sqlite3_sql(handle_));
}
inline bool statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) on_->fail(sqlite3_sql(handle_));
  return false;
}
inline value statement::column(int index) {
  const auto size = [&] { return static_cast<std::size_t>(sqlite3_column_bytes(handle_, index)); };
  switch (sqlite3_column_type(handle_, index)) {
    case SQLITE_INTEGER: return value::of(static_cast<std::int64_t>(sqlite3_column_int64(handle_, index)));
    case SQLITE_FLOAT: return value::of(sqlite3_column_double(handle_, index));
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, index));
      return value::text({text, size()});
    }
    case SQLITE_BLOB: {
      const auto* raw = static_cast<const char*>(sqlite3_column_blob(handle_, index));
      return value::blob(raw == nullptr ? std::string_view{""} : std::string_view{raw, size()});
    }
    default: return value::null();
  }
}

[[nodiscard]] inline std::string_view type_of(const column_info& column, bool) {
  switch (column.ops->meaning) {
    case column_meaning::boolean: return "BOOLEAN";
    case column_meaning::integer: return "INTEGER";
    case column_meaning::real: return "REAL";
    case column_meaning::blob: return "BLOB";
    default: return "TEXT";
  }
}

/// By the affinity of the declared type: one that is numeric makes numbers of texts that look like some, one of text
/// makes texts of numbers, a real one rounds large integers.
[[nodiscard]] inline bool keeps(std::string_view declared, column_meaning meaning) {
  std::string type{declared};
  for (char& c : type)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const auto has = [&](std::string_view part) { return type.find(part) != std::string::npos; };
  const bool is_integer = has("INT");
  const bool is_text = !is_integer && (has("CHAR") || has("CLOB") || has("TEXT"));
  const bool is_blob = !is_integer && !is_text && (has("BLOB") || type.empty());
  const bool is_real = !is_integer && !is_text && !is_blob && (has("REAL") || has("FLOA") || has("DOUB"));
  switch (meaning) {
    case column_meaning::boolean: return true;
    case column_meaning::integer: return !is_real;
    case column_meaning::real: return !is_text;
    case column_meaning::blob: return true;
    default: return is_text || is_blob;
  }
}

/// No pair that is asked for (a key and its values) is without a member of that key and one of the values.
inline constexpr std::string_view meta_fits =
    "CASE WHEN json_valid(x.meta) THEN NOT EXISTS (SELECT 1 FROM json_each(?) k WHERE NOT EXISTS (SELECT 1 FROM "
    "json_each(x.meta) m, json_each(k.value, '$[1]') w WHERE json_type(x.meta) = 'object' AND m.key = "
    "json_extract(k.value, '$[0]') AND (m.type = w.type OR (m.type IN ('integer', 'real') AND w.type IN ('integer', "
    "'real'))) AND m.value IS w.value)) END";
inline constexpr std::string_view insert_later =
    "INSERT OR IGNORE INTO version_transaction (issued_at, actor, action_kind, message, meta, token) VALUES (CASE WHEN "
    "coalesce((SELECT issued_at FROM version_transaction ORDER BY id DESC LIMIT 1) < ?1, 1) THEN ?1 END, ?2, ?3, ?4, "
    "?5, "
    "?6)";

inline constexpr sql::dialect dialect{.name = "sqlite",
                                      .type_of = &type_of,
                                      .generated_key = "INTEGER PRIMARY KEY AUTOINCREMENT",
                                      .record_key = "INTEGER PRIMARY KEY",
                                      .big_integer = "INTEGER",
                                      .text = "TEXT",
                                      .any_key = "",
                                      .json = "TEXT",
                                      .time = "TEXT",
                                      .needs_filler = true,
                                      .row_place = "_rowid_",
                                      .in_list = "IN (SELECT value FROM json_each(?))",
                                      .pairs =
                                          "(SELECT json_extract(value, '$[0]') AS first, json_extract(value, "
                                          "'$[1]') AS second FROM json_each(?))",
                                      .same_entity = "c.entity_id = j.second",
                                      .actor_has_part = "instr(lower(x.actor), lower(?)) > 0",
                                      .meta_fits = meta_fits,
                                      .insert_later = insert_later,
                                      .put_catalog =
                                          "INSERT OR REPLACE INTO version_catalog (section, name, content) "
                                          "VALUES (?1, ?2, ?3)",
                                      .keeps = &keeps};

}  // namespace detail

}  // namespace varve::sqlite
