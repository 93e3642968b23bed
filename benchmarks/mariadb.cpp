// Saving on MariaDB (M1): rows of 18 fields of which 1, 3 or 10 change, each save a transaction.
//
// Beside varve's session: one text of many statements by hand that writes the same rows in one round trip with the same
// checks (the floor), and one that checks nothing; a trigger that writes the same shadow rows and records, system
// versioning (no records), and the live write alone, as one text. The server is the one of --server, whose user makes
// databases.

#include <mysql.h>

#include <stdexcept>

#include "server_saves.hpp"
#include "varve/backend/detail/mariadb_address.hpp"
#include "varve/backend/detail/mariadb_connection.hpp"
#include "varve/backend/mariadb.hpp"

namespace {

using namespace bench;

/// A connection by hand.
class client {
 public:
  explicit client(const std::string& uri) {
    const auto at = varve::mariadb::detail::address::of(uri);
    mysql_options(handle_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(handle_, at.host.c_str(), at.user.c_str(), at.password.c_str(), at.database.c_str(), at.port,
                           at.socket.empty() ? nullptr : at.socket.c_str(), CLIENT_MULTI_STATEMENTS) == nullptr)
      throw std::runtime_error(mysql_error(handle_));
    run("SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { mysql_close(handle_); }

  /// Runs a text, of one statement or many, and waits once.
  std::vector<std::string> ask(const std::string& text) {
    ++trips_;
    std::vector<std::string> rows;
    int more = mysql_real_query(handle_, text.data(), text.size());
    for (; more == 0; more = mysql_next_result(handle_)) {
      MYSQL_RES* answer = mysql_store_result(handle_);
      if (answer == nullptr) continue;
      while (const MYSQL_ROW found = mysql_fetch_row(answer)) {
        auto& row = rows.emplace_back();
        for (unsigned c = 0; c < mysql_num_fields(answer); ++c)
          row.append(c > 0 ? "|" : "").append(found[c] == nullptr ? "NULL" : found[c]);
      }
      mysql_free_result(answer);
    }
    if (more > 0) throw std::runtime_error(text + ": " + mysql_error(handle_));
    return rows;
  }
  void run(const std::string& text) { ask(text); }
  [[nodiscard]] std::uint64_t trips() const { return trips_; }

 private:
  MYSQL* handle_ = mysql_init(nullptr);
  std::uint64_t trips_ = 0;
};

int places = 0;

/// A database of its own, with varve's tables and the rows.
class place : public server_place<client> {
 public:
  place() {
    const std::string name = "bench" + std::to_string(++places);
    client{server}.run("DROP DATABASE IF EXISTS " + name + "; CREATE DATABASE " + name);
    where_ = server;
    const auto from = where_.find('/', std::string{"mariadb://"}.size()) + 1;
    where_.replace(from, where_.find('?') - from, name);
    fill(varve::mariadb::store{where_});
    hand_ = std::make_unique<client>(where_);
  }
};

using by_varve =
    saved_by_varve<place, varve::mariadb::detail::dialect, varve::mariadb::detail::connection, varve::mariadb::options>;

/// What all ways by hand send; no text of theirs has a quote.
class by_hand : public place {
 protected:
  /// Changes the row; its update.
  std::string edited(std::size_t round, std::size_t fields) {
    auto& row = hand.rows[round % server_rows];
    edit_wide(row, fields, static_cast<std::int64_t>(round));
    std::string text = "UPDATE wides SET ";
    for (std::size_t f = 0; f < fields; ++f)
      text.append(f > 0 ? ", " : "").append(wide_names[f]).append(" = '").append(row.*wide_texts[f]).append("'");
    return text + " WHERE id = " + key_of(round);
  }
  static std::string key_of(std::size_t round) { return std::to_string(round % server_rows + 1); }

  hand_rows hand{};
  static constexpr const char* transaction =
      "INSERT INTO version_transaction (issued_at, actor, token) VALUES (utc_timestamp(6), 'benchmark', uuid())";
};

/// All of a save in one text: the lock, the transaction, the rows and the records. Nothing is checked.
class by_text : public by_hand {
 public:
  void save(std::size_t round, std::size_t fields) override {
    const auto before = hand.rows[round % server_rows];
    const auto update = edited(round, fields);
    const auto& after = hand.rows[round % server_rows];
    const std::string key = key_of(round);
    std::string text =
        "BEGIN; SELECT 1 FROM wides WHERE id = " + key + " FOR UPDATE; " + transaction +
        "; SET @self = last_insert_id(); " + update +
        "; UPDATE wides_version SET end_transaction_id = @self WHERE id = " + key +
        " AND open_mark = 0; INSERT INTO wides_version (" + columns_ + ", transaction_id, operation_type) SELECT " +
        columns_ + ", @self, 1 FROM wides WHERE id = " + key +
        "; INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, "
        "path, from_value, to_value) VALUES ";
    for (std::size_t f = 0; f < fields; ++f)
      text.append(f > 0 ? ", " : "")
          .append("(@self, 'wide', " + key + ", " + std::to_string(f) + ", 'field', 'edit', '[\"")
          .append(wide_names[f])
          .append("\"]', '\"" + before.*wide_texts[f] + "\"', '\"" + after.*wide_texts[f] + "\"')");
    hand_->run(text + "; COMMIT");
  }

 private:
  std::string columns_ = wide_columns('"');
};

/// The same with what a history must be able to rely on: the time is later than the newest transaction's and than that of
/// the version that ends, which must be the one that was read; what writes no row fails. The program knows its token and
/// learns of its version. As a compound statement, which is answered once.
class by_checked_text : public by_hand {
 public:
  by_checked_text() {
    for (auto& row :
         hand_->ask("SELECT transaction_id FROM wides_version WHERE end_transaction_id IS NULL ORDER BY id"))
      opened_.push_back(std::move(row));
  }
  void save(std::size_t round, std::size_t fields) override {
    const auto before = hand.rows[round % server_rows];
    const auto update = edited(round, fields);
    const auto& after = hand.rows[round % server_rows];
    auto& opened = opened_[round % server_rows];
    const std::string key = key_of(round), time = "'" + varve::to_string(varve::now()) + "'";
    std::string text =
        "BEGIN NOT ATOMIC START TRANSACTION; SELECT 1 FROM wides WHERE id = " + key +
        " FOR UPDATE; INSERT INTO version_transaction (issued_at, actor, token) SELECT greatest(" + time +
        ", coalesce((SELECT issued_at FROM version_transaction ORDER BY id DESC LIMIT 1) + INTERVAL 1 MICROSECOND, " +
        time + "), coalesce((SELECT issued_at FROM version_transaction WHERE id = " + opened +
        ") + INTERVAL 1 MICROSECOND, " + time + ")), 'benchmark', '" + varve::to_string(varve::random_uuid()) +
        "' RETURNING (@self := id), issued_at; UPDATE wides_version SET end_transaction_id = @self WHERE id = " + key +
        " AND transaction_id = " + opened + " AND end_transaction_id IS NULL; " + written_ + update +
        "; INSERT INTO wides_version (" + columns_ + ", transaction_id, operation_type) SELECT " + columns_ +
        ", @self, 1 FROM wides WHERE id = " + key + "; " + written_ +
        "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
        "from_value, to_value) VALUES ";
    for (std::size_t f = 0; f < fields; ++f)
      text.append(f > 0 ? ", " : "")
          .append("(@self, 'wide', " + key + ", " + std::to_string(f) + ", 'field', 'edit', '[\"")
          .append(wide_names[f])
          .append("\"]', '\"" + before.*wide_texts[f] + "\"', '\"" + after.*wide_texts[f] + "\"')");
    const auto told = hand_->ask(text + "; COMMIT; END").at(1);  // behind the row of the lock
    opened = told.substr(0, told.find('|'));
  }
  /// Whether a save fails when another version than the one that was read is open.
  [[nodiscard]] bool refuses_stale() {
    opened_[0] = "0";
    return fails_to_save(*this);
  }

 private:
  /// Fails when the statement before it wrote no row.
  std::string written_ = "SET @written = 9223372036854775807 + (row_count() = 0); ";
  std::string columns_ = wide_columns('"');
  std::vector<std::string> opened_{};  ///< of each row the transaction of its open version
};

/// The live write and a trigger, as a program sends them: one statement after the other.
class by_trigger : public by_hand {
 public:
  by_trigger() {
    std::string records;
    for (const char* name : wide_names)
      records +=
          std::string{"IF NOT OLD."} + name + " <=> NEW." + name +
          " THEN INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, "
          "path, from_value, to_value) VALUES (@self, 'wide', NEW.id, n, 'field', 'edit', '[\"" +
          name + "\"]', json_quote(OLD." + name + "), json_quote(NEW." + name + ")); SET n = n + 1; END IF; ";
    hand_->run(
        "CREATE TRIGGER keep_history AFTER UPDATE ON wides FOR EACH ROW BEGIN DECLARE n integer DEFAULT 0; UPDATE "
        "wides_version SET end_transaction_id = @self WHERE id = NEW.id AND open_mark = 0; INSERT INTO "
        "wides_version (" +
        wide_columns('"') + ", transaction_id, operation_type) VALUES (" + wide_columns('"', "NEW.") + ", @self, 1); " +
        records + "END");
  }
  void save(std::size_t round, std::size_t fields) override {
    const auto update = edited(round, fields);
    hand_->run("BEGIN");
    hand_->run(std::string{transaction} + " RETURNING (@self := id)");
    hand_->run(update);
    hand_->run("COMMIT");
  }
};

/// The server's own system versioning.
class by_system_versioning : public by_hand {
 public:
  by_system_versioning() { hand_->run("ALTER TABLE wides ADD SYSTEM VERSIONING"); }
  void save(std::size_t round, std::size_t fields) override {
    const auto update = edited(round, fields);
    hand_->run("BEGIN");
    hand_->run(update);
    hand_->run("COMMIT");
  }
};

class live_alone : public by_hand {
 public:
  void save(std::size_t round, std::size_t fields) override {
    hand_->run("BEGIN; " + edited(round, fields) + "; COMMIT");
  }
};

void register_all() {
  named_ways ways{{"varve", a<by_varve>()},
                  {"text", a<by_checked_text>()},
                  {"bare text", a<by_text>()},
                  {"trigger", a<by_trigger>()}};
  check_ways("MariaDB", ways);
  require(by_checked_text{}.refuses_stale(), "a stale save is refused on MariaDB by the text");
  ways.emplace_back("system versioning", a<by_system_versioning>());
  ways.emplace_back("live", a<live_alone>());
  register_ways("mariadb", ways);
}

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, register_all); }
