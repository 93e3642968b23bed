// How many rows a server reads for questions about a long history.
#include <string>

#include "backend/counters.hpp"
#include "support/server.hpp"
#include "varve/history/activity.hpp"
#include "varve/history/history.hpp"
#include "varve/restore/reverter.hpp"

using namespace test;
using counting::Counter;
using counting::Part;

namespace {

/// Four counters with three parts each, of which a transaction changes one.
class long_history {
 public:
  static constexpr std::int64_t versions = 100'000;

  explicit long_history(server_program& program) : program_(program) {
    const auto n = std::to_string(versions);
    const auto numbers = by_server<std::string>{"generate_series(1, " + n + ")", "seq_1_to_" + n}.here();
    const auto at = by_server<std::string>{"s.at", "s.seq"}.here();
    const auto from = " FROM " + numbers + by_server<std::string>{" s(at)", " s"}.here();
    const auto entity = "(" + at + " - 1) % 4 + 1",
               turn = "(" + at + " - 1) " + by_server<std::string>{"/", "DIV"}.here() + " 4";
    const auto end = [&](const std::string& step) {
      return "CASE WHEN " + at + " + " + step + " <= " + n + " THEN " + at + " + " + step + " END";
    };
    const auto operation = [&](const std::string& firsts) {
      return "CASE WHEN " + at + " <= " + firsts + " THEN 0 ELSE 1 END";
    };
    const auto time = by_server<std::string>{"TIMESTAMP '2026-01-01' + s.at * INTERVAL '1 second'",
                                             "TIMESTAMP '2026-01-01 00:00:00' + INTERVAL s.seq SECOND"}
                          .here();
    const auto name = "substr('abc', " + turn + " % 3 + 1, 1)";
    program.run("INSERT INTO version_transaction (id, issued_at, actor) SELECT " + at + ", " + time + ", 'ada'" + from);
    program.run("INSERT INTO counters_version (id, total, transaction_id, end_transaction_id, operation_type) SELECT " +
                entity + ", " + turn + ", " + at + ", " + end("4") + ", " + operation("4") + from);
    program.run(
        "INSERT INTO parts_version (id, counter_id, name, count, transaction_id, end_transaction_id, "
        "operation_type) SELECT (" +
        entity + ") * 3 + " + turn + " % 3, " + entity + ", " + name + ", " + turn + ", " + at + ", " + end("12") +
        ", " + operation("12") + from);
    program.run(
        "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
        "from_value, to_value) SELECT " +
        at + ", 'counter', " + entity + ", 0, 'field', 'edit', '[\"total\"]', '0', '1'" + from);
    program.run(
        "INSERT INTO counters (id, total) SELECT id, total FROM counters_version WHERE end_transaction_id IS NULL");
    program.run(
        "INSERT INTO parts (id, counter_id, name, count) SELECT id, counter_id, name, count FROM parts_version "
        "WHERE end_transaction_id IS NULL");
  }
  void analyse() const {
    for (const auto* table :
         {"version_transaction", "version_changes", "counters", "parts", "counters_version", "parts_version"})
      program_.run(by_server<std::string>{"ANALYZE ", "ANALYZE TABLE "}.here() + table);
  }
  /// Rows and entries of indexes that were read on this connection so far.
  [[nodiscard]] std::int64_t read() const {
    if (which_server() == backend::mariadb)
      return std::stoll(
          program_
              .ask("SELECT sum(variable_value) FROM information_schema.session_status WHERE variable_name "
                   "LIKE 'Handler_read%'")
              .front());
    program_.run("SELECT pg_stat_force_next_flush()");
    return std::stoll(program_
                          .ask("SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = "
                               "current_schema()) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE "
                               "schemaname = current_schema())")
                          .front());
  }

 private:
  server_program& program_;
};

}  // namespace

TEST_CASE("of a long history a server reads what a question is about", "[server][reading]") {
  const auto place = place_on_server();
  static_cast<void>(open_on_server<Counter>(*place));
  const auto program = the_server().program(*place);
  const auto store = program->borrowed();
  store.base().use(varve::info_of<Counter>());
  const long_history long_one{*program};
  // PostgreSQL needs statistics for such plans, and takes them by itself soon after rows came.
  const bool analysed = which_server() == backend::postgres || GENERATE(false, true);
  CAPTURE(analysed);
  if (analysed) long_one.analyse();
  const varve::history<Counter> history{store};
  const varve::transaction_id middle{long_history::versions / 2};
  const auto reads = [&](const std::string& what, std::int64_t most, auto&& question) {
    const auto none = long_one.read();
    const auto before = long_one.read();
    question();
    const auto rows = long_one.read() - before - (before - none);  // what asking for it reads
    INFO(what << " reads " << rows << " rows");
    CHECK(rows > 0);
    CHECK(rows <= most);
  };
  const auto id = (middle.value - 1) % 4 + 1;
  const auto version = history.version(id, middle).value();
  reads("a state as of a transaction", 100, [&] { CHECK(history.as_of(id, middle)->parts.size() == 3); });
  reads("a state as of a time", 100, [&] { CHECK(history.as_of(id, version.issued_at())->parts.size() == 3); });
  reads("a version's state", 100, [&] { CHECK(history.state(version).parts.size() == 3); });
  reads("a version", 20, [&] { CHECK(history.version(id, middle)); });
  reads("the latest version at a transaction", 20, [&] { CHECK(history.latest(id, middle)); });
  reads("the next version", 20, [&] { CHECK(history.next(version)); });
  reads("the previous version", 20, [&] { CHECK(history.previous(version)); });
  reads("a page", 200, [&] { CHECK(history.versions(id).page(20).size() == 20); });
  reads("the newest page", 200, [&] { CHECK(history.versions(id).newest_first().page(20).size() == 20); });
  reads("what a transaction touched", 50, [&] { CHECK(varve::touched_by(store, middle).size() == 1); });
  // Up to 204 rows, but PostgreSQL may read all of a range that is given, here 1,000 transactions.
  const varve::activity activity{store};
  for (const auto& [what, list] : {std::pair{"activity", activity},
                                   {"the newest activity", activity.newest_first()},
                                   {"activity of a kind", activity.of<Counter>().newest_first()},
                                   {"activity of an actor", activity.by("ada").newest_first()},
                                   {"activity of fields", activity.of_records("field").newest_first()},
                                   {"activity within a path", activity.within("total").newest_first()},
                                   {"activity since a time", activity.since(version.issued_at()).newest_first()},
                                   {"a page behind", activity.behind({middle, 0})},
                                   {"a newest page behind", activity.newest_first().behind({middle, 0})},
                                   {"activity of some transactions", activity.between(middle, {middle.value + 1000})}})
    reads(what, 2500, [&, page = list] { CHECK(page.page(20).size() == 20); });
  // MariaDB reads of an index all versions of what it restores.
  reads("a restore", which_server() == backend::mariadb ? 15'000 : 200, [&] {
    varve::session session{store, varve::actor{"ada"}};
    CHECK_FALSE(varve::reverter{session, version}.plan().changes_nothing());
  });
}
