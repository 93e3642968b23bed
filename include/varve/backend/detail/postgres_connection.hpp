#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "varve/backend/detail/postgres_answer.hpp"
#include "varve/backend/detail/postgres_dialect.hpp"
#include "varve/backend/detail/postgres_errors.hpp"
#include "varve/backend/detail/postgres_settings.hpp"
#include "varve/backend/detail/postgres_statement.hpp"
#include "varve/backend/postgres_options.hpp"
#include "varve/sql/sql_store.hpp"

namespace varve::postgres::detail {

/// A connection, own or borrowed, with its prepared statements.
class connection final : public sql::connection {
 public:
  connection(const std::string& text, const options& wanted) : text_(text), wanted_(wanted), owned_(true) { open(); }
  explicit connection(borrowed_connection borrowed) : handle_(borrowed.handle) {
    if (handle_ == nullptr) throw input_error("cannot borrow a null connection", {{}, {}, "open"});
    check_settings();
  }
  ~connection() override {
    forget_statements();
    if (owned_) {
      PQfinish(std::exchange(handle_, nullptr));  // with what it has prepared
      return;
    }
    if (PQpipelineStatus(handle_) != PQ_PIPELINE_OFF || PQtransactionStatus(handle_) != PQTRANS_IDLE) return;
    try {
      for (const auto& name : unused_) PQclear(PQexec(handle_, ("DEALLOCATE " + name).c_str()));
    } catch (...) {  // they stay until the application ends its connection
    }
  }

  void execute(const std::string& text) override {
    send(text);
    finish();
  }
  /// Sends a statement without waiting for its answer.
  void send(const std::string& text) override {
    enter(text, {});
    sent(PQsendQueryParams(handle_, text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
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

  /// Also while answers are on their way, which are of one.
  [[nodiscard]] bool in_transaction() override {
    if (!sent_.empty() || PQpipelineStatus(handle_) != PQ_PIPELINE_OFF) return true;
    const auto status = PQtransactionStatus(handle_);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
  }
  /// Of an own connection it is the default, which costs the server less.
  void begin_write() override { begin(owned_ ? "BEGIN" : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"); }
  void begin_read() override { begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); }
  void commit() override {
    bool done = false, is_sent = false;
    try {
      enter("COMMIT", {});
      is_sent = true;
      sent(PQsendQueryParams(handle_, "COMMIT", 0, nullptr, nullptr, nullptr, nullptr, 0));
      done = std::string_view{PQcmdStatus(finish().get())} == "COMMIT";
    } catch (const backend_error& failure) {
      // Without a state the connection broke, and answers that were on their way are lost with it.
      const bool is_lost =
          is_sent && PQstatus(handle_) == CONNECTION_BAD && (last_failed_ || failure.native_code() == 0);
      if (!is_lost) throw;
      throw backend_error(error_kind::unknown, failure.what(), {{}, {}, "commit"}, failure.native_code());
    }
    if (!done)  // a failed transaction is answered so, without an error
      throw backend_error(error_kind::other, "cannot commit on " + name() + ": a statement before failed",
                          {{}, {}, "commit"});
  }
  void rollback() noexcept override {
    abandon();
    if (in_transaction() && PQpipelineStatus(handle_) == PQ_PIPELINE_OFF) PQclear(PQexec(handle_, "ROLLBACK"));
    if (owned_ && in_transaction()) PQfinish(std::exchange(handle_, nullptr));  // there is another way to its end
  }
  void resume() override {
    if (!owned_) require_parameters(handle_, name());
    if (std::exchange(stale_, false)) forget();
    ++transactions_;
  }
  void abandon() noexcept override {
    for (auto& one : sent_) one.take = {};
    try {
      finish();
    } catch (...) {  // it is to be rolled back
    }
  }
  [[nodiscard]] bool try_execute(const std::string& text) noexcept override {
    abandon();
    if (PQpipelineStatus(handle_) != PQ_PIPELINE_OFF) return false;
    ++trips_;
    PGresult* done = PQexec(handle_, text.c_str());
    const bool worked = PQresultStatus(done) == PGRES_COMMAND_OK;
    PQclear(done);
    return worked;
  }
  void wait_for_writers() override {
    if (!await_writers(wanted_.prune_timeout))
      throw backend_error(error_kind::retry, name() +
                                                 ": a transaction that writes versions has been open for longer than "
                                                 "the prune timeout; prune again when it has ended");
  }
  void lock_schema() override {
    execute("SELECT pg_advisory_xact_lock(hashtext('varve'), hashtext(current_schema()))");
  }
  void lock_tables(std::span<const std::string_view> live_tables) override {
    for (const auto table : live_tables)
      if (!columns(table).empty()) execute("LOCK TABLE " + sql::quote_name(table) + " IN EXCLUSIVE MODE");
    if (!columns("version_transaction").empty()) execute("LOCK TABLE version_transaction IN SHARE ROW EXCLUSIVE MODE");
  }

  [[nodiscard]] std::vector<sql::table_column> columns(std::string_view table) override {
    std::vector<sql::table_column> found;
    sql::query run{*this,
                   std::string{"SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
                               "coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0), coalesce((SELECT CASE "
                               "WHEN c.collprovider = 'd' THEN (SELECT CASE WHEN to_jsonb(d) ->> 'datlocprovider' = "
                               "'i' THEN 'of ICU' ELSE d.datcollate END FROM pg_database d WHERE "
                               "d.datname = current_database()) ELSE c.collname END FROM pg_collation c WHERE "
                               "c.oid = a.attcollation), '') FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = "
                               "a.attrelid AND i.indisprimary WHERE a.attrelid = to_regclass(quote_ident(?)) AND "
                               "a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"}};
    run.bind_text(table);
    while (run.step()) {
      auto collation = run.text(4);
      for (const std::string_view by_bytes : {"C", "POSIX", "ucs_basic", "C.utf8", "C.UTF-8"})
        if (collation == by_bytes) collation.clear();
      found.push_back({run.text(0), run.text(1), run.column(2).integer() != 0,
                       static_cast<int>(run.column(3).integer()), std::move(collation)});
    }
    return found;
  }
  [[nodiscard]] bool has_index(std::string_view index) override {
    sql::query run{*this,
                   std::string{"SELECT 1 FROM pg_class WHERE oid = to_regclass(quote_ident(?)) AND relkind = 'i'"}};
    run.bind_text(index);
    return run.step();
  }
  [[nodiscard]] std::vector<std::string> allow_null(std::string_view table, const sql::table_column& column) override {
    return {"ALTER TABLE " + sql::quote_name(table) + " ALTER COLUMN " + sql::quote_name(column.name) +
            " DROP NOT NULL"};
  }
  void end_allow_null() noexcept override {}
  [[nodiscard]] std::string name() const override {
    const char* database = PQdb(handle_);
    return std::string{"PostgreSQL database "} + (database == nullptr ? "" : database);
  }
  /// Connects again where an own connection was lost, which it learns of without a round trip; no transaction is open
  /// then.
  void revive() override {
    if (!owned_ || !sent_.empty()) return;
    for (int i = 0; i < 2 && PQstatus(handle_) == CONNECTION_OK && PQtransactionStatus(handle_) == PQTRANS_IDLE; ++i)
      PQconsumeInput(handle_);  // first what the server said, then that it is gone
    if (PQstatus(handle_) == CONNECTION_OK) return;
    PQfinish(std::exchange(handle_, nullptr));
    forget();
    open();
  }
  [[nodiscard]] bool settle_lost_commit() noexcept override {
    try {
      if (!owned_) return false;
      const std::string lost = backend_, where = server_;
      revive();
      // Another server of several knows nothing of what this one still does.
      if (lost.empty() || PQstatus(handle_) != CONNECTION_OK || where != server_) return false;
      if (lost == backend_) return true;  // it was not lost, and has answered since
      // The server process that had the commit goes on with it, whether anybody waits for its answer or not.
      const std::string there = std::string{"SELECT count(*) FROM pg_stat_activity WHERE pg_is_in_recovery() OR "} +
                                backend_text + " = '" + lost + "'";
      for (int waited = 0; waited < 100; ++waited) {
        const result found{PQexec(handle_, there.c_str())};
        if (PQresultStatus(found.get()) != PGRES_TUPLES_OK) return false;
        if (std::string_view{PQgetvalue(found.get(), 0, 0)} == "0") return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
      }
      return false;
    } catch (...) {
      return false;
    }
  }
  [[nodiscard]] bool settle_commits(const uuid&) override {
    // A standby may get what it does not have yet. On a primary a commit that waits for its standby is not seen, but
    // holds its locks.
    sql::query standby{*this, std::string{"SELECT pg_is_in_recovery()::int"}};
    return standby.step() && standby.column(0).integer() == 0 && await_writers(wanted_.lock_timeout);
  }
  [[nodiscard]] bool may_be_outrun(const error& failure) const override {
    return failure.native_code() == number_of_state("22012") || failure.native_code() == number_of_state("23505");
  }
  [[nodiscard]] std::string referring_table(const error& failure) const override {
    return failure.native_code() == number_of_state("23503") ? referring_ : std::string{};
  }

  // ---- the pipeline ----

  /// \param made_in  the transaction in which it was prepared.
  void send_prepared(const std::string& name, const std::vector<const char*>& values, const std::string& text,
                     const sql::statement::row_taker& take, std::uint64_t made_in) {
    enter(text, take, made_in);
    sent(PQsendQueryPrepared(handle_, name.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr,
                             0));
  }
  void send_to_prepare(const std::string& name, const std::string& text) {
    enter(text, {});
    sent(PQsendPrepare(handle_, name.c_str(), text.c_str(), 0, nullptr));
  }
  /// Waits for the answers to all that was sent: one round trip.
  /// \return that to the last.
  result finish() {
    if (sent_.empty()) {
      if (handle_ != nullptr && PQpipelineStatus(handle_) != PQ_PIPELINE_OFF) PQexitPipelineMode(handle_);
      return {};
    }
    auto waiting = std::exchange(sent_, {});  // from here on nothing throws until the pipeline has ended
    ++trips_;
    last_failed_ = false;
    std::size_t failed = waiting.size();
    bool lost = PQpipelineSync(handle_) != 1;
    for (std::size_t at = 0; at < waiting.size() && !lost; ++at) {
      result one{PQgetResult(handle_)};
      lost = one == nullptr;
      if (lost) break;
      while (take_more()) {
      }
      const auto status = PQresultStatus(one.get());
      if (failed == waiting.size() && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) failed = at;
      waiting[at].answered = std::move(one);
    }
    if (!lost) PQclear(PQgetResult(handle_));  // the end of the pipeline
    PQexitPipelineMode(handle_);
    if (failed < waiting.size()) {
      last_failed_ = failed + 1 == waiting.size();
      const auto made_in = waiting[failed].made_in;
      fail(waiting[failed].answered.get(), waiting[failed].text, made_in != 0 && made_in < transactions_);
    }
    if (lost) fail(nullptr, waiting.back().text);
    for (auto& one : waiting) {
      keep(one.answered.get());
      if (!one.take) continue;
      answer rows{std::move(one.answered)};
      while (rows.step()) one.take(rows);
    }
    return std::move(waiting.back().answered);
  }
  /// The server keeps a prepared statement as long as the connection: it goes with the next transaction.
  void drop(std::string name) noexcept {
    try {
      unused_.push_back(std::move(name));
    } catch (...) {  // then it goes with the connection
    }
  }
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }
  /// How often the connection has waited for the server.
  [[nodiscard]] std::uint64_t trips() const { return trips_; }

 private:
  /// Takes the rest of an answer; false at its end.
  [[nodiscard]] bool take_more() {
    PGresult* more = PQgetResult(handle_);
    if (more == nullptr) return false;
    PQclear(more);
    return true;
  }
  /// Waits for the end of all transactions that write versions now; false when some take longer.
  [[nodiscard]] bool await_writers(std::chrono::milliseconds longest) {
    const auto until = std::chrono::steady_clock::now() + longest;
    std::set<std::string> writing;
    for (bool first = true;; first = false) {
      std::set<std::string> now;
      sql::query run{*this, std::string{"SELECT l.virtualtransaction FROM pg_locks l JOIN pg_database d ON d.oid = "
                                        "l.database WHERE d.datname = current_database() AND l.relation = "
                                        "to_regclass('version_transaction') AND l.mode = 'RowExclusiveLock' AND "
                                        "l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()"}};
      while (run.step()) now.insert(run.text(0));
      if (first) writing = now;
      std::erase_if(writing, [&](const std::string& one) { return !now.contains(one); });
      if (writing.empty()) return true;
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }
  void begin(const std::string& text) {
    revive();
    if (!owned_) require_parameters(handle_, name());
    if (std::exchange(stale_, false)) forget();
    ++transactions_;
    drop_unused();
    send(text);
    if (!owned_) finish();  // the application may use its connection
  }
  /// Notes a statement that is to be sent next.
  void enter(const std::string& text, const sql::statement::row_taker& take, std::uint64_t made_in = 0) {
    if (sent_.size() >= most_sent) finish();
    sent_.push_back({text.substr(0, 80), take, {}, made_in});
    if (sent_.size() > 1) return;
    const bool is_busy = PQpipelineStatus(handle_) != PQ_PIPELINE_OFF;
    if (!is_busy && PQenterPipelineMode(handle_) == 1) return;
    sent_.pop_back();
    if (PQstatus(handle_) == CONNECTION_BAD) fail(nullptr, "pipeline");
    throw backend_error(error_kind::other, name() +
                                               " cannot be used: the application has something on its way on this "
                                               "connection, which it must end first");
  }
  void sent(int done) {
    if (done == 1) return;
    sent_.back().take = {};
    const std::string why = message_of(handle_, nullptr), text = sent_.back().text;
    sent_.pop_back();
    try {
      finish();
    } catch (const error&) {  // told below
    }
    throw backend_error(PQstatus(handle_) == CONNECTION_BAD ? error_kind::retry : error_kind::input,
                        name() + ": " + why + " (" + text + ")");
  }
  /// Keeps how many rows a statement changed, and the key that it was given.
  void keep(PGresult* done) {
    const char* changed = PQcmdTuples(done);
    changed_ = static_cast<std::size_t>(std::strtoull(changed, nullptr, 10));
    if (PQntuples(done) > 0 && std::string_view{PQcmdStatus(done)}.starts_with("INSERT"))
      last_key_ = std::strtoll(PQgetvalue(done, 0, 0), nullptr, 10);
  }

 protected:
  [[nodiscard]] std::unique_ptr<sql::statement> prepare(const std::string& text) override {
    return std::make_unique<statement>(*this, text);
  }

 private:
  void open() {
    handle_ = PQconnectdb(text_.c_str());
    if (PQstatus(handle_) != CONNECTION_OK) {
      const std::string why = handle_ == nullptr ? "out of memory" : PQerrorMessage(handle_);
      PQfinish(handle_);
      handle_ = nullptr;
      throw backend_error(error_kind::elsewhere, "cannot connect to PostgreSQL: " + why, {{}, {}, "open"});
    }
    try {
      PQsetNoticeProcessor(
          handle_, [](void*, const char*) {}, nullptr);
      set(own_settings(wanted_.lock_timeout));
      check_settings();
      const std::string itself =
          std::string{"SELECT "} + backend_text +
          ", concat(inet_server_addr(), ' ', inet_server_port()) FROM pg_stat_activity WHERE pid "
          "= pg_backend_pid()";
      const result own{PQexec(handle_, itself.c_str())};
      backend_ = PQntuples(own.get()) == 1 ? PQgetvalue(own.get(), 0, 0) : "";
      server_ = std::string{PQhost(handle_)} + " " + PQport(handle_);
      if (!backend_.empty()) server_ += std::string{" "} + PQgetvalue(own.get(), 0, 1);
    } catch (...) {
      PQfinish(std::exchange(handle_, nullptr));
      throw;
    }
  }
  /// Several statements at once, while nothing is sent.
  void set(const std::string& text) {
    const result done{PQexec(handle_, text.c_str())};
    if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) fail(done.get(), text);
  }
  void check_settings() const {
    require_parameters(handle_, name());
    const result digits{PQexec(handle_, "SELECT current_setting('extra_float_digits')::int > 0")};
    if (PQntuples(digits.get()) != 1) fail(digits.get(), "extra_float_digits");
    if (*PQgetvalue(digits.get(), 0, 0) != 't') refuse_setting(name(), "extra_float_digits", "0 or less", "1 or more");
  }
  /// \param kept  it is a statement that was prepared in an earlier transaction: what it was made for may have changed.
  [[noreturn]] void fail(const PGresult* answer, const std::string& text, bool kept = false) const {
    const std::string state = state_of(answer);
    std::string why = message_of(handle_, answer);
    if (!state.empty()) why += " (SQLSTATE " + state + ")";
    if (const char* table = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_TABLE_NAME);
        state == "23503" && table != nullptr)
      referring_ = table;
    if (state == "23503")
      why +=
          "; a row that is referred to does not live, or what is to be deleted is referred to by rows of a kind that "
          "this program does not use";
    auto kind = kind_of_state(state);
    const char* constraint = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_CONSTRAINT_NAME);
    if (state == "23505" && constraint != nullptr && std::string_view{constraint}.ends_with("_open"))
      kind = error_kind::retry;  // another session's save of the same key was first
    if (kept && (state == "26000" || state == "0A000" || state == "42883" || state == "42804")) {
      stale_ = true;
      kind = error_kind::retry;
      why +=
          "; the statement was prepared before the tables were changed, and is prepared anew for the next transaction";
    }
    if (state == "0A000" && text.starts_with("BEGIN")) kind = error_kind::elsewhere;  // a standby takes no writes
    if (PQstatus(handle_) == CONNECTION_BAD && kind == error_kind::other) kind = error_kind::retry;
    throw backend_error(kind, name() + ": " + why + " (" + text.substr(0, 80) + ")", {}, number_of_state(state));
  }

  /// How many statements are on their way at most: the server's answers must find room while nobody reads them.
  static constexpr std::size_t most_sent = 500;
  struct sent_statement {
    std::string text{};
    sql::statement::row_taker take{};
    result answered{};
    std::uint64_t made_in = 0;
  };
  /// Outside of a transaction.
  void drop_unused() {
    if (unused_.empty()) return;
    try {
      for (const auto& name : unused_) send("DEALLOCATE " + name);
      finish();
    } catch (const error&) {  // the application has dropped it, with the others
    }
    unused_.clear();
  }
  /// The statements go, those of a server that still is there with the next transaction.
  void forget() {
    forget_statements();
    if (handle_ == nullptr) unused_.clear();
  }

  /// What names a server process, also when another gets its number.
  static constexpr const char* backend_text = "pid || ' ' || extract(epoch FROM backend_start)";

  std::string text_{};
  options wanted_{};
  std::string backend_{}, server_{};
  PGconn* handle_ = nullptr;
  bool owned_ = false;
  std::int64_t last_key_ = 0;
  std::size_t changed_ = 0;
  std::vector<sent_statement> sent_{};  ///< statements whose answers were not taken yet
  bool last_failed_ = false;            ///< what failed was the last that was sent
  mutable std::string referring_{};     ///< the table whose rows were refused last, as they refer to what is not there
  mutable bool stale_ = false;          ///< prepared statements are to be prepared anew
  std::uint64_t transactions_ = 1;      ///< the one at hand, as they are counted here
  std::vector<std::string> unused_{};   ///< prepared statements that nobody uses any more
  std::uint64_t trips_ = 0;
};

inline statement::statement(connection& on, const std::string& text) : on_(&on), text_(with_dollars(text)) {
  static std::atomic<std::uint64_t> made = 0;  // one name a program: several stores may borrow one connection
  name_ = "varve_" + std::to_string(++made);
  made_in_ = on.transactions();
  on.send_to_prepare(name_, text_);
  on.settle();  // now: one that is skipped behind an error would be missed later
}
inline statement::~statement() { on_->drop(std::move(name_)); }
inline void statement::send(const row_taker& take) {
  std::vector<const char*> pointers(values_.size(), nullptr);
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (values_[i]) pointers[i] = values_[i]->c_str();
  on_->send_prepared(name_, pointers, text_, take, made_in_);
}
inline bool statement::step() {
  if (!rows_.is_there()) {
    send({});
    rows_.put(on_->finish());
  }
  return rows_.step();
}

}  // namespace varve::postgres::detail
