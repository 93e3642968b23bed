// Saving on PostgreSQL (P1, P2): rows of 18 fields of which 1, 3 or 10 change, each save a transaction.
//
// Beside varve's session: libpq's pipeline mode by hand that writes the same rows in one round trip with the same checks
// (the floor), and one that checks nothing; a PL/pgSQL trigger that writes the same shadow rows and records, the system
// versioning of the extension periods (no records), and the live write alone, in a pipeline. The server is the one of
// --server, whose role makes schemas.

#include <libpq-fe.h>

#include <stdexcept>

#include "server_saves.hpp"
#include "varve/backend/detail/postgres_connection.hpp"
#include "varve/backend/postgres.hpp"

namespace {

using namespace bench;

/// A connection by hand.
class client {
 public:
  explicit client(const std::string& where) : handle_(PQconnectdb(where.c_str())) {
    if (PQstatus(handle_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle_));
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { PQfinish(handle_); }

  /// Runs a text and waits; the rows, columns joined by a bar.
  std::vector<std::string> ask(const std::string& text) { return taken(PQexec(handle_, text.c_str()), text); }
  void prepare(const std::string& name, const std::string& text) {
    taken(PQprepare(handle_, name.c_str(), text.c_str(), 0, nullptr), text);
  }
  /// Runs a prepared statement and waits.
  void run(const std::string& name, const std::vector<std::string>& values) {
    const auto pointers = pointers_of(values);
    taken(PQexecPrepared(handle_, name.c_str(), static_cast<int>(values.size()), pointers.data(), nullptr, nullptr, 0),
          name);
  }
  /// Sends a prepared statement, in a pipeline.
  void send(const std::string& name, const std::vector<std::string>& values = {}) {
    if (sent_++ == 0) PQenterPipelineMode(handle_);
    const auto pointers = pointers_of(values);
    if (PQsendQueryPrepared(handle_, name.c_str(), static_cast<int>(values.size()), pointers.data(), nullptr, nullptr,
                            0) != 1)
      throw std::runtime_error(PQerrorMessage(handle_));
  }
  /// Waits for all that was sent.
  /// \return the first value that the wanted statement gave, counted from 0.
  std::int64_t finish(int wanted = -1) {
    PQpipelineSync(handle_);
    ++trips_;
    std::int64_t given = 0;
    for (int at = 0; at < sent_; ++at) {
      PGresult* done = PQgetResult(handle_);
      if (at == wanted && PQntuples(done) == 1) given = std::strtoll(PQgetvalue(done, 0, 0), nullptr, 10);
      taken_of_pipeline(done);
      PQclear(PQgetResult(handle_));  // null: the end of the statement
    }
    sent_ = 0;
    PQclear(PQgetResult(handle_));  // the sync
    PQexitPipelineMode(handle_);
    return given;
  }
  [[nodiscard]] std::uint64_t trips() const { return trips_; }

 private:
  static std::vector<const char*> pointers_of(const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    pointers.reserve(values.size());
    for (const auto& value : values) pointers.push_back(value.c_str());
    return pointers;
  }
  void taken_of_pipeline(PGresult* done) {
    const auto status = PQresultStatus(done);
    const std::string why = PQresultErrorMessage(done);
    PQclear(done);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error("in a pipeline: " + why);
  }
  std::vector<std::string> taken(PGresult* done, const std::string& text) {
    ++trips_;
    const auto status = PQresultStatus(done);
    const std::string why = PQresultErrorMessage(done);
    std::vector<std::string> rows;
    for (int i = 0; i < PQntuples(done); ++i) {
      auto& row = rows.emplace_back();
      for (int c = 0; c < PQnfields(done); ++c)
        row.append(c > 0 ? "|" : "").append(PQgetisnull(done, i, c) != 0 ? "NULL" : PQgetvalue(done, i, c));
    }
    PQclear(done);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(text + ": " + why);
    return rows;
  }

  PGconn* handle_;
  int sent_ = 0;
  std::uint64_t trips_ = 0;
};

int places = 0;

/// A schema of its own, with varve's tables and the rows.
class place : public server_place<client> {
 public:
  place() {
    const std::string name = "bench" + std::to_string(++places);
    client{server}.ask("DROP SCHEMA IF EXISTS " + name + " CASCADE; CREATE SCHEMA " + name);
    where_ = server + " options='-c search_path=" + name + "'";
    fill(varve::postgres::store{where_});
    hand_ = std::make_unique<client>(where_);
  }
};

using by_varve = saved_by_varve<place, varve::postgres::detail::dialect, varve::postgres::detail::connection,
                                varve::postgres::options>;

/// What all ways by hand send: the live write.
class by_hand : public place {
 public:
  by_hand() {
    hand_->prepare("begin", "BEGIN");
    hand_->prepare("commit", "COMMIT");
    for (std::size_t fields = 1; fields <= wide_count; ++fields) {
      std::string text = "UPDATE wides SET ";
      for (std::size_t k = 0; k < fields; ++k)
        text += std::string{k > 0 ? ", " : ""} + wide_names[k] + " = $" + std::to_string(k + 2);
      hand_->prepare("update " + std::to_string(fields), text + " WHERE id = $1");
    }
    hand_->prepare("transaction",
                   "INSERT INTO version_transaction (issued_at, actor, token) VALUES (now() AT TIME ZONE 'UTC', "
                   "'benchmark', gen_random_uuid()::text)");
  }

 protected:
  /// Changes the row; the values of its update.
  std::vector<std::string> edited(std::size_t round, std::size_t fields) {
    auto& row = hand.rows[round % server_rows];
    edit_wide(row, fields, static_cast<std::int64_t>(round));
    std::vector<std::string> values{std::to_string(round % server_rows + 1)};
    for (std::size_t f = 0; f < fields; ++f) values.push_back(row.*wide_texts[f]);
    return values;
  }

  hand_rows hand{};
  static constexpr const char* self = "currval('version_transaction_id_seq')";
};

/// All of a save in one round trip: the lock, the transaction, the rows and the records. Nothing is checked.
class by_pipeline : public by_hand {
 public:
  by_pipeline() {
    hand_->prepare("lock", "SELECT 1 FROM wides WHERE id = $1 FOR UPDATE");
    hand_->prepare("close", std::string{"UPDATE wides_version SET end_transaction_id = "} + self +
                                " WHERE id = $1 AND end_transaction_id IS NULL");
    hand_->prepare("version", "INSERT INTO wides_version (" + wide_columns('"') +
                                  ", transaction_id, operation_type) SELECT " + wide_columns('"') + ", " + self +
                                  ", 1 FROM wides WHERE id = $1");
    hand_->prepare("record",
                   std::string{"INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, "
                               "kind, operation, path, from_value, to_value) VALUES ("} +
                       self + ", 'wide', $1, $2, 'field', 'edit', $3, $4, $5)");
  }
  void save(std::size_t round, std::size_t fields) override {
    const auto before = hand.rows[round % server_rows];
    const auto values = edited(round, fields);
    const auto& after = hand.rows[round % server_rows];
    hand_->send("begin");
    hand_->send("lock", {values[0]});
    hand_->send("transaction");
    hand_->send("update " + std::to_string(fields), values);
    hand_->send("close", {values[0]});
    hand_->send("version", {values[0]});
    for (std::size_t f = 0; f < fields; ++f)
      hand_->send("record", {values[0], std::to_string(f), std::string{"[\""} + wide_names[f] + "\"]",
                             '"' + before.*wide_texts[f] + '"', '"' + after.*wide_texts[f] + '"'});
    hand_->send("commit");
    hand_->finish();
  }
};

/// The same with what a history must be able to rely on: the time is later than the newest transaction's and than that of
/// the version that ends, which must be the one that was read; what writes no row fails. The program knows its token and
/// learns of its version.
class by_checked_pipeline : public by_hand {
 public:
  by_checked_pipeline() {
    hand_->prepare("lock", "SELECT 1 FROM wides WHERE id = $1 FOR UPDATE");
    hand_->prepare(
        "later transaction",
        "INSERT INTO version_transaction (issued_at, actor, token) SELECT greatest(CAST($1 AS TIMESTAMP), "
        "(SELECT issued_at FROM version_transaction ORDER BY id DESC LIMIT 1) + INTERVAL '1 microsecond', "
        "(SELECT issued_at FROM version_transaction WHERE id = $2) + INTERVAL '1 microsecond'), 'benchmark', "
        "$3 RETURNING id, issued_at");
    const std::string end = " RETURNING 1) SELECT 1 / count(*) FROM written";
    hand_->prepare("close", std::string{"WITH written AS (UPDATE wides_version SET end_transaction_id = "} + self +
                                " WHERE id = $1 AND transaction_id = $2 AND end_transaction_id IS NULL" + end);
    hand_->prepare("version", "WITH written AS (INSERT INTO wides_version (" + wide_columns('"') +
                                  ", transaction_id, operation_type) SELECT " + wide_columns('"') + ", " + self +
                                  ", 1 FROM wides WHERE id = $1" + end);
    std::string text =
        "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
        "from_value, to_value) VALUES ";
    for (std::size_t row = 0; row < wide_count; ++row) {
      text += std::string{row > 0 ? ", (" : "("} + self + ", 'wide', $1, " + std::to_string(row) +
              ", 'field', 'edit', $" + std::to_string(3 * row + 2) + ", $" + std::to_string(3 * row + 3) + ", $" +
              std::to_string(3 * row + 4) + ")";
      hand_->prepare("records " + std::to_string(row + 1), text);
    }
    for (const auto& row : hand_->ask("SELECT transaction_id FROM wides_version WHERE end_transaction_id IS NULL "
                                      "ORDER BY id"))
      opened_.push_back(row);
  }
  void save(std::size_t round, std::size_t fields) override {
    const auto before = hand.rows[round % server_rows];
    const auto values = edited(round, fields);
    const auto& after = hand.rows[round % server_rows];
    auto& opened = opened_[round % server_rows];
    hand_->send("begin");
    hand_->send("lock", {values[0]});
    hand_->send("later transaction", {varve::to_string(varve::now()), opened, varve::to_string(varve::random_uuid())});
    hand_->send("close", {values[0], opened});
    hand_->send("update " + std::to_string(fields), values);
    hand_->send("version", {values[0]});
    std::vector<std::string> records{values[0]};
    for (std::size_t f = 0; f < fields; ++f) {
      records.push_back(std::string{"[\""} + wide_names[f] + "\"]");
      records.push_back('"' + before.*wide_texts[f] + '"');
      records.push_back('"' + after.*wide_texts[f] + '"');
    }
    hand_->send("records " + std::to_string(fields), records);
    hand_->send("commit");
    opened = std::to_string(hand_->finish(2));
  }
  /// Whether a save fails when another version than the one that was read is open.
  [[nodiscard]] bool refuses_stale() {
    opened_[0] = "0";
    return fails_to_save(*this);
  }

 private:
  std::vector<std::string> opened_{};  ///< of each row the transaction of its open version
};

/// The live write and a trigger, as a program sends them: one statement after the other.
class by_trigger : public by_hand {
 public:
  by_trigger() {
    std::string records;
    for (const char* name : wide_names)
      records +=
          std::string{"IF OLD."} + name + " IS DISTINCT FROM NEW." + name +
          " THEN INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, "
          "path, from_value, to_value) VALUES (self, 'wide', NEW.id, n, 'field', 'edit', '[\"" +
          name + "\"]', to_json(OLD." + name + ")::text, to_json(NEW." + name + ")::text); n := n + 1; END IF; ";
    hand_->ask("CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE self bigint := " +
               std::string{self} +
               "; n integer := 0; BEGIN UPDATE wides_version SET end_transaction_id = self WHERE id = "
               "NEW.id AND end_transaction_id IS NULL; INSERT INTO wides_version (" +
               wide_columns('"') + ", transaction_id, operation_type) VALUES (" + wide_columns('"', "NEW.") +
               ", self, 1); " + records + "RETURN NULL; END $$");
    hand_->ask("CREATE TRIGGER keep_history AFTER UPDATE ON wides FOR EACH ROW EXECUTE FUNCTION keep_history()");
  }
  void save(std::size_t round, std::size_t fields) override {
    const auto values = edited(round, fields);
    hand_->run("begin", {});
    hand_->run("transaction", {});
    hand_->run("update " + std::to_string(fields), values);
    hand_->run("commit", {});
  }
};

/// System versioning by the extension periods, which has to be there.
class by_periods : public by_hand {
 public:
  by_periods() {
    hand_->ask("SELECT periods.add_system_time_period('wides')");
    hand_->ask("SELECT periods.add_system_versioning('wides')");
  }
  void save(std::size_t round, std::size_t fields) override {
    const auto values = edited(round, fields);
    hand_->run("begin", {});
    hand_->run("update " + std::to_string(fields), values);
    hand_->run("commit", {});
  }
};

class live_alone : public by_hand {
 public:
  void save(std::size_t round, std::size_t fields) override {
    hand_->send("begin");
    hand_->send("update " + std::to_string(fields), edited(round, fields));
    hand_->send("commit");
    hand_->finish();
  }
};

void register_all() {
  const named_ways same{{"varve", a<by_varve>()},
                        {"pipeline", a<by_checked_pipeline>()},
                        {"bare pipeline", a<by_pipeline>()},
                        {"trigger", a<by_trigger>()}};
  check_ways("PostgreSQL", same);
  require(by_checked_pipeline{}.refuses_stale(), "a stale save is refused on PostgreSQL by the pipeline");
  auto ways = same;
  try {
    client{server}.ask("CREATE EXTENSION IF NOT EXISTS periods CASCADE");
    ways.emplace_back("periods", a<by_periods>());
  } catch (const std::runtime_error& missing) {
    std::fprintf(stderr, "not measured: periods (%s)\n", missing.what());
  }
  ways.emplace_back("live", a<live_alone>());
  register_ways("postgres", ways);
}

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, register_all); }
