#pragma once

#include <mysql.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "varve/backend/detail/mariadb_address.hpp"
#include "varve/backend/detail/mariadb_answer.hpp"
#include "varve/backend/detail/mariadb_dialect.hpp"
#include "varve/backend/detail/mariadb_errors.hpp"
#include "varve/backend/detail/mariadb_prepared.hpp"
#include "varve/backend/detail/mariadb_settings.hpp"
#include "varve/backend/detail/mariadb_statement.hpp"
#include "varve/backend/detail/mariadb_text.hpp"
#include "varve/backend/mariadb_options.hpp"
#include "varve/sql/sql_store.hpp"

namespace varve::mariadb::detail {

/// A connection, own or borrowed.
class connection final : public sql::connection {
 public:
  connection(const std::string& uri, const options& wanted)
      : address_(address::of(uri)), wanted_(wanted), owned_(true), spelled_{true} {
    open();
  }
  explicit connection(borrowed_connection borrowed) : handle_(borrowed.handle) {
    if (handle_ == nullptr) throw input_error("cannot borrow a null connection", {{}, {}, "open"});
    check_settings();
  }
  ~connection() override {
    forget_statements();
    if (owned_) close();
  }

  void execute(const std::string& text) override {
    send(text);
    finish();
  }
  /// Lets a statement wait for others.
  void send(const std::string& text) override {
    template_text{text, spelled_}.statements({}, [&](std::string one, bool has_rows) {
      add({std::move(one), text.substr(0, 80), {}, has_rows});
    });
  }
  void settle() override { finish(); }
  [[nodiscard]] std::int64_t last_key() override {
    finish();
    return last_key_;
  }
  [[nodiscard]] std::size_t changed_rows() override {
    finish();
    return changed_;
  }

  /// Also while statements wait, which are of one.
  [[nodiscard]] bool in_transaction() override {
    if (!waiting_.empty()) return true;
    if (handle_ == nullptr) return false;
    // An error's answer does not tell it, and nor does that to a ping.
    if (std::exchange(is_unsure_, false) && mysql_real_query(handle_, "DO 0", 4) != 0 && is_lost(mysql_errno(handle_)))
      lost_ = true;
    return !lost_ && (handle_->server_status & SERVER_STATUS_IN_TRANS) != 0;
  }
  void begin_write() override {
    begin();
    if (!owned_) send("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    send("START TRANSACTION READ WRITE");
    if (!owned_) finish();  // the application may use its connection
  }
  void begin_read() override {
    begin();
    send("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    send("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    if (!owned_) finish();
  }
  void commit() override {
    bool is_sent = false;
    try {
      send("COMMIT");
      is_sent = true;
      finish(true);
    } catch (const backend_error& failure) {
      release_schema();
      const auto code = static_cast<unsigned>(failure.native_code());
      // A query that is ended (1317, 1969) may have been ended behind its COMMIT.
      const bool may_be_done = code == 1180 || code == 1105 || code == 1317 || code == 1969;
      const bool is_unknown =
          lost_ ? is_sent && was_sent_ : last_failed_ && failure.kind() == error_kind::other && may_be_done;
      if (!is_unknown) throw;
      throw backend_error(error_kind::unknown, failure.what(), {{}, {}, "commit"}, failure.native_code());
    }
    release_schema();
  }
  void rollback() noexcept override {
    abandon();
    if (in_transaction()) static_cast<void>(try_execute("ROLLBACK"));
    release_schema();
    if (owned_ && in_transaction()) close();  // there is another way to its end
  }
  void resume() override {
    if (!owned_) check_settings();
  }
  /// What was not sent is not to be.
  void abandon() noexcept override {
    waiting_.clear();
    waiting_bytes_ = 0;
  }
  [[nodiscard]] bool try_execute(const std::string& text) noexcept override {
    abandon();
    if (handle_ == nullptr || lost_) return false;
    ++trips_;
    const bool worked = mysql_real_query(handle_, text.data(), text.size()) == 0;
    drain();
    is_unsure_ = is_unsure_ || !worked;
    if (is_lost(mysql_errno(handle_))) lost_ = true;
    return worked;
  }
  /// The rows of saves on their way are locked until these end.
  void wait_for_writers() override {
    wait_for_locks(wanted_.prune_timeout);
    try {
      std::int64_t last = 0, end = 0;
      {
        sql::query newest{*this, std::string{"SELECT coalesce(max(id), 0) FROM version_transaction"}};
        if (newest.step()) end = newest.column(0).integer();
        sql::query from{*this, std::string{"SELECT content FROM version_catalog WHERE section = 'schema' AND name = "
                                           "'horizon'"}};
        if (from.step()) last = std::strtoll(from.text(0).c_str(), nullptr, 10) - 1;
      }
      for (bool more = true; more;) {
        sql::query run{*this, std::string{"SELECT max(p.id) FROM (SELECT id FROM version_transaction WHERE id > ? AND "
                                          "id <= ? ORDER BY id LIMIT 1000 LOCK IN SHARE MODE) p"}};
        run.bind(last).bind(end);
        more = run.step() && !run.column(0).is_null();
        if (more) last = run.column(0).integer();
      }
    } catch (const backend_error& failure) {
      wait_for_locks(wanted_.lock_timeout);
      if (failure.native_code() != 1205) throw;
      throw backend_error(error_kind::retry,
                          name() +
                              ": a transaction that writes versions has been open for longer than the prune "
                              "timeout; prune again when it has ended",
                          {}, failure.native_code());
    }
    wait_for_locks(wanted_.lock_timeout);
  }
  void lock_schema() override {
    sql::query run{*this, "SELECT GET_LOCK(concat('varve ', md5(DATABASE())), " +
                              std::to_string(seconds(wanted_.lock_timeout)) + ")"};
    if (!run.step() || run.column(0).integer() != 1)
      throw backend_error(error_kind::retry, name() + ": its tables are being changed by another; try again");
    has_schema_ = true;
  }

  [[nodiscard]] std::vector<sql::table_column> columns(std::string_view table) override {
    std::vector<sql::table_column> found;
    // The key's places are among the statistics. The names are constants in the text: else all tables are read.
    sql::query run{*this, std::string{"SELECT c.COLUMN_NAME, c.COLUMN_TYPE, c.IS_NULLABLE = 'NO', c.COLLATION_NAME, "
                                      "c.TABLE_NAME, c.COLUMN_KEY = 'PRI' FROM information_schema.COLUMNS c WHERE "
                                      "c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION"}};
    run.bind_text(database_).bind_text(table);
    bool has_key = false;
    while (run.step()) {
      if (run.text(4) != table) continue;  // names may be compared whatever their case
      auto collation = run.text(3);
      if (collation.find("_nopad_bin") != collation.npos || collation == "binary") collation.clear();
      found.push_back({run.text(0), run.text(1), run.column(2).integer() != 0,
                       static_cast<int>(run.column(5).integer()), std::move(collation)});
      has_key = has_key || found.back().key_place > 0;
    }
    if (!has_key) return found;
    sql::query keys{*this,
                    std::string{"SELECT s.COLUMN_NAME, s.SEQ_IN_INDEX FROM information_schema.STATISTICS s WHERE "
                                "s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.INDEX_NAME = 'PRIMARY'"}};
    keys.bind_text(database_).bind_text(table);
    while (keys.step())
      for (auto& one : found)
        if (one.name == keys.text(0)) one.key_place = static_cast<int>(keys.column(1).integer());
    return found;
  }
  [[nodiscard]] std::string cannot_roll_back(std::string_view table) override {
    sql::query run{*this, std::string{"SELECT t.ENGINE FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = ? AND "
                                      "t.TABLE_NAME = ? AND t.ENGINE <> 'InnoDB'"}};
    run.bind_text(database_).bind_text(table);
    return run.step() ? "is of the engine " + run.text(0) + ", which cannot roll back: make it one of InnoDB" : "";
  }
  [[nodiscard]] bool is_unique(std::string_view table, std::span<const std::string_view> columns) override {
    std::map<std::string, std::vector<std::string>> indexes;
    sql::query run{*this, std::string{"SELECT s.INDEX_NAME, s.COLUMN_NAME FROM information_schema.STATISTICS s WHERE "
                                      "s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.NON_UNIQUE = 0 ORDER BY "
                                      "s.INDEX_NAME, s.SEQ_IN_INDEX"}};
    run.bind_text(database_).bind_text(table);
    while (run.step()) indexes[run.text(0)].push_back(run.text(1));
    return std::any_of(indexes.begin(), indexes.end(), [&](const auto& one) {
      return std::equal(one.second.begin(), one.second.end(), columns.begin(), columns.end());
    });
  }
  [[nodiscard]] bool refers(std::string_view table, std::string_view column) override {
    sql::query run{*this,
                   std::string{"SELECT 1 FROM information_schema.KEY_COLUMN_USAGE k WHERE k.TABLE_SCHEMA = ? AND "
                               "k.TABLE_NAME = ? AND k.COLUMN_NAME = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL"}};
    run.bind_text(database_).bind_text(table).bind_text(column);
    return run.step();
  }
  /// Indexes have their names within their tables.
  [[nodiscard]] bool has_index(std::string_view) override { return false; }
  [[nodiscard]] std::vector<std::string> allow_null(std::string_view table, const sql::table_column& column) override {
    return {"ALTER TABLE " + sql::quote_name(table) + " MODIFY COLUMN " + sql::quote_name(column.name) + " " +
            column.type + (column.collation.empty() ? text_of_bytes(column.type) : " COLLATE " + column.collation) +
            " NULL"};
  }
  void end_allow_null() noexcept override {}
  [[nodiscard]] std::string name() const override { return "MariaDB database " + database_; }
  /// Connects again where an own connection was lost, which it learns of without a round trip; no transaction is open
  /// then.
  void revive() override {
    if (!owned_ || !waiting_.empty()) return;
    if (handle_ != nullptr && !lost_) {
      // A server that is well says nothing by itself.
      pollfd socket{mysql_get_socket(handle_), POLLIN, 0};
      if (::poll(&socket, 1, 0) == 0 || mysql_ping(handle_) == 0) return;
    }
    close();
    open();
  }
  [[nodiscard]] bool settle_lost_commit() noexcept override {
    try {
      if (!owned_) return false;
      const auto lost = thread_;
      const auto where = server_;
      revive();
      // Another server of several knows nothing of what this one still does.
      if (lost == 0 || handle_ == nullptr || where != server_) return false;
      // The server's thread that had the commit goes on with it, whether anybody waits for its answer or not. After a
      // new start of the server its number may be our own.
      for (int waited = 0; waited < 100; ++waited) {
        sql::query run{*this, std::string{"SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = ? AND ID <> "
                                          "CONNECTION_ID()"}};
        run.bind(static_cast<std::int64_t>(lost));
        if (run.step() && run.column(0).integer() == 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
      }
      return false;
    } catch (...) {
      return false;
    }
  }
  [[nodiscard]] bool settle_commits(const uuid& token) override {
    if (!owned_) return true;
    try {  // who writes that token holds its lock
      sql::query run{*this, std::string{"SELECT 1 FROM version_transaction WHERE token = ? LOCK IN SHARE MODE"}};
      run.bind_text(to_string(token)).step();
      return true;
    } catch (const backend_error& failure) {
      if (failure.native_code() == 1205) return false;
      throw;
    }
  }
  [[nodiscard]] bool may_be_outrun(const error& failure) const override {
    return failure.native_code() == 1690 || failure.native_code() == 1062;
  }
  [[nodiscard]] std::string referring_table(const error& failure) const override {
    return failure.native_code() == 1451 || failure.native_code() == 1452 ? referring_ : std::string{};
  }

  // ---- what waits, and is sent together ----

  struct waiting_statement {
    std::string text{};
    std::string told{};  ///< what errors show of it
    sql::statement::row_taker take{};
    bool has_rows = false;  ///< it is answered by rows
  };

  void add(waiting_statement one) {
    const std::size_t size = one.text.size();
    if (size + 64 > most_bytes_)
      throw input_error(name() + ": a statement of " + std::to_string(size) +
                            " bytes is more than the server takes (its max_allowed_packet is " +
                            std::to_string(most_bytes_) + "; " + one.told + ")",
                        {});
    if (waiting_bytes_ + size + 64 > most_bytes_) finish();
    waiting_bytes_ += size + 1;
    waiting_.push_back(std::move(one));
  }
  /// Sends what waits and takes all answers: one round trip, or one for each statement (see `together`).
  /// \param ends  the last is a commit.
  /// \return that to the last.
  result finish(bool ends = false) {
    if (waiting_.empty()) return {};
    auto sent = std::exchange(waiting_, {});
    waiting_bytes_ = 0;
    was_sent_ = last_failed_ = false;
    if (handle_ == nullptr || lost_) fail(2006, "the connection was lost", sent.front().told);
    std::vector<result> answers;
    answers.reserve(sent.size());  // nothing may fail between what is sent and its answers
    if (!owned_ || is_node_)
      one_by_one(sent, answers);
    else if (ends && sent.size() <= most_as_one)
      as_one(sent, answers);
    else
      together(sent, answers);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (!sent[i].take || answers[i] == nullptr) continue;
      answer rows{std::move(answers[i])};
      while (rows.step()) sent[i].take(rows);
    }
    return std::move(answers.back());
  }

  // ---- what is asked alone ----

  /// Whether a question may be prepared: on a borrowed connection the application may end what is.
  [[nodiscard]] bool may_prepare() const { return owned_ && handle_ != nullptr && !lost_ && waiting_.empty(); }
  /// \return nothing when the server does not take the text so: it has no room, or not for such a statement.
  [[nodiscard]] std::unique_ptr<prepared_question> prepare_question(const std::string& text, const std::string& told) {
    auto made = std::make_unique<prepared_question>(handle_);
    ++trips_;
    if (made->prepare(text)) return made;
    const auto code = made->code();
    const bool is_text_taken = code == 0 || code == 1461 || code == 1295 || code == 1390;
    if (!is_text_taken) fail(code, made->why(), told);  // it may have ended the transaction
    return nullptr;
  }
  /// \return false when its text is to be sent: its columns have become such, or the server knows it no more.
  [[nodiscard]] bool ask(prepared_question& question, std::span<const value> values, const std::string& told) {
    ++trips_;
    if (question.ask(values)) return true;
    const auto code = question.code();
    if (code != 0 && code != 1243 && code != 1615) fail(code, question.why(), told);
    return false;
  }
  [[nodiscard]] std::size_t most_bytes() const { return most_bytes_; }

  [[nodiscard]] literals spelled() const { return spelled_; }
  /// How often the connection has waited for the server.
  [[nodiscard]] std::uint64_t trips() const { return trips_; }

 private:
  /// Not on a node of a cluster: when another node was first, its transaction may end between two statements of a text,
  /// and those that follow are run all the same, each committed by itself.
  void together(const std::vector<waiting_statement>& sent, std::vector<result>& answers) {
    std::string text;
    for (const auto& one : sent) text += (text.empty() ? "" : ";") + one.text;
    int status = ask(text);
    while (status == 0) {
      auto one = taken();
      if (mysql_errno(handle_) != 0) break;
      answers.push_back(std::move(one));
      if (answers.size() == sent.size()) return;
      status = mysql_next_result(handle_);
    }
    failed_at(sent, answers.size());
  }
  /// The server keeps about 30 KiB for each until the end.
  static constexpr std::size_t most_as_one = 256;
  /// As one compound statement: the server answers what gives rows, and once for all of the rest, so that neither side
  /// wakes for each. It does not tell how many rows each changed, which nobody asks behind a commit.
  void as_one(const std::vector<waiting_statement>& sent, std::vector<result>& answers) {
    std::string text = "BEGIN NOT ATOMIC ";
    for (const auto& one : sent) text.append(one.text).append(";");
    text += "END";
    int status = ask(text);
    while (status == 0) {
      auto one = taken();
      if (mysql_errno(handle_) != 0) break;
      if (one == nullptr) {  // the end
        answers.resize(sent.size());
        return;
      }
      while (answers.size() < sent.size() && !sent[answers.size()].has_rows) answers.emplace_back();
      if (answers.size() == sent.size()) fail(2027, "an answer of rows where none was asked for", sent.back().told);
      answers.push_back(std::move(one));
      status = mysql_next_result(handle_);
    }
    // What failed is one of those up to the next that would have been answered; a commit alone fails as one.
    const std::size_t first = std::min(answers.size(), sent.size() - 1);
    std::size_t last = first;
    while (last + 1 < sent.size() && !sent[last].has_rows) ++last;
    failed(sent[first].told + (last > first ? " ... " + sent[last].told : ""), true);
  }
  void one_by_one(const std::vector<waiting_statement>& sent, std::vector<result>& answers) {
    for (const auto& one : sent) {
      if (ask(one.text) != 0) failed_at(sent, answers.size());
      auto rows = taken();
      if (mysql_errno(handle_) != 0) failed_at(sent, answers.size());
      answers.push_back(std::move(rows));
    }
  }
  /// Sends a text and waits for its first answer; 0 when that came.
  [[nodiscard]] int ask(const std::string& text) {
    ++trips_;
    was_sent_ = true;
    return mysql_real_query(handle_, text.data(), text.size());
  }
  /// The answer at hand.
  result taken() {
    result rows{mysql_store_result(handle_)};
    if (mysql_errno(handle_) != 0) return rows;
    changed_ = rows != nullptr ? 0 : static_cast<std::size_t>(mysql_affected_rows(handle_));
    // An update to equal values counts as well.
    if (const char* info = mysql_info(handle_); info != nullptr && std::string_view{info}.starts_with("Rows matched: "))
      changed_ = static_cast<std::size_t>(std::strtoull(info + 14, nullptr, 10));
    if (const auto key = mysql_insert_id(handle_); key != 0) last_key_ = static_cast<std::int64_t>(key);
    return rows;
  }
  [[noreturn]] void failed_at(const std::vector<waiting_statement>& sent, std::size_t at) {
    at = std::min(at, sent.size() - 1);
    failed(sent[at].told, at + 1 == sent.size());
  }
  /// \param last  it may be the last that was sent.
  [[noreturn]] void failed(const std::string& told, bool last) {
    last_failed_ = last;
    const auto code = mysql_errno(handle_);
    const std::string why = mysql_error(handle_);
    drain();
    fail(code, why, told);
  }
  /// Nothing of an answer stays behind.
  void drain() noexcept {
    do {
      if (MYSQL_RES* rest = mysql_use_result(handle_); rest != nullptr) mysql_free_result(rest);
    } while (mysql_more_results(handle_) != 0 && mysql_next_result(handle_) == 0);
  }
  [[noreturn]] void fail(unsigned code, const std::string& message, const std::string& told) {
    is_unsure_ = true;
    if (is_lost(code)) lost_ = true;
    std::string why = without_value(code, message) + " (error " + std::to_string(code) + ")";
    referring_.clear();
    if (code == 1451 || code == 1452) {
      referring_ = name_in(message, 1);
      why +=
          "; a row that is referred to does not live, or what is to be deleted is referred to by rows of a kind that "
          "this program does not use";
    }
    auto kind = kind_of_code(code);
    if (code == 1105 && message.find("writeset size") != message.npos) kind = error_kind::input;  // for a cluster
    if (code == 1062 && message.ends_with("for key 'open'")) kind = error_kind::retry;  // another session was first
    throw backend_error(kind, name() + ": " + why + " (" + told + ")", {}, static_cast<int>(code));
  }
  void begin() {
    revive();
    if (!owned_) check_settings();
  }
  void wait_for_locks(std::chrono::milliseconds time) {
    if (owned_ && !lost_) execute("SET SESSION innodb_lock_wait_timeout = " + std::to_string(seconds(time)));
  }
  [[nodiscard]] static std::string text_of_bytes(std::string_view type) {
    const bool is_text = type.find("text") != type.npos || type.find("char") != type.npos;
    return is_text ? " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin" : "";
  }
  void release_schema() noexcept {
    if (std::exchange(has_schema_, false))
      static_cast<void>(try_execute("DO RELEASE_LOCK(concat('varve ', md5(DATABASE())))"));
  }

  void close() noexcept {
    forget_statements();
    if (handle_ != nullptr) mysql_close(std::exchange(handle_, nullptr));
    lost_ = is_unsure_ = has_schema_ = is_node_ = false;
  }
  void open() {
    static std::once_flag once;
    std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
    handle_ = mysql_init(nullptr);
    if (handle_ == nullptr) throw std::bad_alloc{};
    try {
      mysql_options(handle_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
      mysql_options(handle_, MYSQL_OPT_CONNECT_TIMEOUT, &address_.connect_timeout);
      const unsigned long largest = 1UL << 30U;
      mysql_options(handle_, MYSQL_OPT_MAX_ALLOWED_PACKET, &largest);
      const unsigned no_files = 0;
      mysql_options(handle_, MYSQL_OPT_LOCAL_INFILE, &no_files);
      if (!address_.ssl_ca.empty()) {
        const my_bool wanted = 1;
        mysql_ssl_set(handle_, nullptr, nullptr, address_.ssl_ca.c_str(), nullptr, nullptr);
        mysql_options(handle_, MYSQL_OPT_SSL_ENFORCE, &wanted);
        mysql_options(handle_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &wanted);
      }
      const auto text = [](const std::string& one) { return one.empty() ? nullptr : one.c_str(); };
      if (mysql_real_connect(handle_, text(address_.host), text(address_.user), text(address_.password),
                             address_.database.c_str(), address_.port, text(address_.socket),
                             CLIENT_MULTI_STATEMENTS | CLIENT_FOUND_ROWS) == nullptr) {
        const auto code = mysql_errno(handle_);
        throw backend_error(error_kind::elsewhere, std::string{"cannot connect to MariaDB: "} + mysql_error(handle_),
                            {{}, {}, "open"}, static_cast<int>(code));
      }
      database_ = address_.database;
      for (const auto& one : own_settings(wanted_.lock_timeout)) execute(one);
      check_settings();
      thread_ = mysql_thread_id(handle_);
      {
        sql::query where{
            *this,
            std::string{"SELECT concat(@@hostname, ' ', @@port, ' ', @@server_id, ' ', @@datadir), (SELECT "
                        "VARIABLE_VALUE FROM information_schema.SESSION_VARIABLES WHERE VARIABLE_NAME = 'wsrep_on')"}};
        if (where.step()) server_ = where.text(0);
        is_node_ = where.text(1) == "ON";
      }
      if (is_node_) execute(std::string{"SET SESSION wsrep_sync_wait = "} + (wanted_.sync_wait ? "1" : "0"));
    } catch (...) {
      close();
      throw;
    }
  }
  void check_settings() {
    sql::query run{*this, std::string{asked_settings}};
    run.step();
    database_ = run.text(0);
    require_settings(run, name());
    most_bytes_ = static_cast<std::size_t>(run.column(1).integer());
  }

  address address_{};
  options wanted_{};
  MYSQL* handle_ = nullptr;
  bool owned_ = false;
  literals spelled_{};
  std::string database_{}, server_{};
  unsigned long thread_ = 0;  ///< the server's, of this connection
  std::size_t most_bytes_ = 1U << 20U;
  std::vector<waiting_statement> waiting_{};
  std::size_t waiting_bytes_ = 0;
  std::int64_t last_key_ = 0;
  std::size_t changed_ = 0;
  bool lost_ = false;         ///< the connection is
  bool is_unsure_ = false;    ///< whether a transaction is open is to be asked
  bool was_sent_ = false;     ///< what was last to be sent
  bool last_failed_ = false;  ///< what failed was the last that was sent
  bool has_schema_ = false;   ///< it holds the lock of the schema
  bool is_node_ = false;      ///< an own one to a node of a Galera cluster
  std::string referring_{};   ///< the table whose rows were refused last, as they refer to what is not there
  std::uint64_t trips_ = 0;

 protected:
  [[nodiscard]] std::unique_ptr<sql::statement> prepare(const std::string& text) override {
    return std::make_unique<statement>(*this, text);
  }
};

inline statement::statement(connection& on, const std::string& text)
    : on_(&on), told_(text.substr(0, 80)), text_(text, on.spelled()) {}
inline void statement::send(const row_taker& take) {
  bool first = true;
  text_.statements(values_, [&](std::string one, bool has_rows) {
    on_->add({std::move(one), told_, std::exchange(first, false) ? take : row_taker{}, has_rows});
  });
}
inline bool statement::ask_prepared() {
  if (stage_ == stage::as_text_only || !on_->may_prepare()) return false;
  if (stage_ == stage::not_asked) {
    stage_ = stage::asked;
    return false;
  }
  if (stage_ == stage::asked) {
    marks_.clear();
    const auto text = text_.question(marks_);
    if (!text.empty()) prepared_ = on_->prepare_question(text, told_);
    stage_ = prepared_ == nullptr ? stage::as_text_only : stage::prepared;
    if (prepared_ == nullptr) return false;
  }
  std::vector<value> given;
  std::size_t size = 0;
  for (const auto mark : marks_) {
    given.push_back(mark <= values_.size() ? values_[mark - 1] : value::null());
    if (given.back().kind() == value_kind::text || given.back().kind() == value_kind::blob)
      size += given.back().view().size();
  }
  if (size > on_->most_bytes() / 2) return false;  // the text says what is too long
  is_prepared_ = on_->ask(*prepared_, given, told_);
  if (!is_prepared_) {
    stage_ = stage::as_text_only;
    prepared_.reset();
  }
  return is_prepared_;
}
inline bool statement::step() {
  if (!std::exchange(asked_, true) && !ask_prepared()) {
    send({});
    rows_.put(on_->finish());
  }
  if (is_prepared_) return prepared_->step();
  return rows_.is_there() && rows_.step();
}

}  // namespace varve::mariadb::detail
