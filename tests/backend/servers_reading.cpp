// How many rows a server reads for questions about a long history.
#include <optional>
#include <string>
#include <vector>

#include "backend/counters.hpp"
#include "support/server.hpp"
#include "varve/history/activity.hpp"
#include "varve/history/history.hpp"
#include "varve/restore/reverter.hpp"

using namespace test;
using counting::Counter;
using counting::Part;

namespace {

/// Rows and entries of indexes that were read on this connection so far.
[[nodiscard]] std::int64_t rows_read(server_program& program) {
  if (which_server() == backend::mariadb)
    return std::stoll(program
                          .ask("SELECT sum(variable_value) FROM information_schema.session_status WHERE variable_name "
                               "LIKE 'Handler_read%'")
                          .front());
  program.run("SELECT pg_stat_force_next_flush()");
  return std::stoll(program
                        .ask("SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = "
                             "current_schema()) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE "
                             "schemaname = current_schema())")
                        .front());
}
template <class Question>
void check_reads(server_program& program, const std::string& what, std::int64_t most, Question&& question) {
  const auto none = rows_read(program);
  const auto before = rows_read(program);
  question();
  const auto rows = rows_read(program) - before - (before - none);  // what asking for it reads
  INFO(what << " reads " << rows << " rows");
  CHECK(rows > 0);
  CHECK(rows <= most);
}

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
    check_reads(*program, what, most, question);
  };
  const auto id = (middle.value - 1) % 4 + 1;
  const auto version = history.version(id, middle).value();
  reads("a state as of a transaction", 100, [&] { CHECK(history.as_of(id, middle)->parts.size() == 3); });
  reads("a state as of a time", 100, [&] { CHECK(history.as_of(id, version.issued_at())->parts.size() == 3); });
  reads("a version's state", 100, [&] { CHECK(history.state(version).parts.size() == 3); });
  const auto& parts = *varve::info_of<Counter>().relations[0].table;
  reads("the items of all entities", 200, [&] {
    const auto key = [](std::int64_t number) { return varve::row_key::of(varve::value::of(number)); };
    CHECK(store.base().snapshot()->of_parents(parts, key(1), key(4), middle).size() == 12);
  });
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
  // MariaDB reads of an index all versions of what it restores, 25,000, or half of them: its statistics change meanwhile.
  reads("a restore", which_server() == backend::mariadb ? 30'000 : 200, [&] {
    varve::session session{store, varve::actor{"ada"}};
    CHECK_FALSE(varve::reverter{session, version}.plan().changes_nothing());
  });
}

TEST_CASE("the items of entities with keys of several columns are read key by key, not version by version",
          "[server][reading]") {
  const auto place = place_on_server();
  static_cast<void>(open_on_server<Cell, Chart>(*place));
  const auto program = the_server().program(*place);
  const auto store = program->borrowed();
  const auto& info = varve::info_of<Cell>();
  store.base().use(info);
  // Twenty cells of four rows, with two remarks and two links each, of a thousand versions.
  const auto s = by_server<std::string>{"s.at", "s.seq"}.here();
  const auto div = by_server<std::string>{" / ", " DIV "}.here();
  const auto numbers = by_server<std::string>{"generate_series(0, 39999) s(at)", "seq_0_to_39999 s"}.here();
  const auto cell = s + " % 20", item = s + div + "20 % 2";
  for (const auto& relation : info.relations) {
    const auto& table = *relation.table;
    const auto name = [&](std::size_t column) { return std::string{table.columns[column].name} + ", "; };
    const auto first = table.own_key ? name(table.key[0]) : std::string{};
    const auto first_value = table.own_key ? "(" + cell + ") * 2 + " + item + " + 1, " : std::string{};
    const auto natural = table.own_key ? "concat('a', " + item + ")" : item + " + 1";
    program->run("INSERT INTO " + std::string{table.shadow} + " (" + first + name(table.parent[0]) +
                 name(table.parent[1]) + name(table.natural[0]) +
                 "transaction_id, end_transaction_id, operation_type) SELECT " + first_value + "(" + cell + ")" + div +
                 "5, concat('c', " + cell + " % 5), " + natural + ", " + s + " + 1, CASE WHEN " + s + " < 39960 THEN " +
                 s + " + 41 END, 1 FROM " + numbers);
    const auto key = [](std::int64_t row, const char* column) {
      auto made = varve::row_key::of(varve::value::of(row));
      made.add(varve::value::text(column));
      return made;
    };
    const auto items = [&](const varve::row_key& begin, const varve::row_key& end) {
      return store.base().snapshot()->of_parents(table, begin, end, {20'000}).size();
    };
    check_reads(*program, std::string{table.name}, 600, [&] { CHECK(items(key(0, "c2"), key(3, "c2")) == 32); });
    check_reads(*program, std::string{table.name}, 120, [&] { CHECK(items(key(1, "c1"), key(1, "c3")) == 6); });
  }
}

TEST_CASE("all entities as of an instant take round trips for each 100, however many children they have",
          "[server][reading]") {
  const server_place<Counter> data;
  const counted_store store{*data.connection};
  varve::session session{data.store, varve::actor{"ada"}};
  std::vector<Counter*> counters;
  for (int i = 0; i < 250; ++i) counters.push_back(&session.add(Counter{.parts = {{.name = "a"}, {.name = "b"}}}));
  session.commit();
  for (auto* counter : counters) ++counter->parts[0].count;
  const auto saved = session.commit();
  const varve::history<Counter> history{store};
  const auto trips = [&](const auto& when, std::size_t limit, std::size_t found) {
    const auto ask = [&] { CHECK(history.all_as_of(when, limit).size() == found); };
    for (int i = 0; i < 2; ++i) ask();  // statements are prepared, on MariaDB when they are asked again
    return store.trips_of(ask);
  };
  const auto at = saved.transaction.value();
  const auto to_begin_and_end = trips(varve::transaction_id{0}, 1, 0) - 1;
  const std::size_t collections = 1;
  for (const std::size_t limit : {1U, 100U, 101U, 250U}) {
    INFO(limit << " entities");
    const std::size_t pages = (limit + 99) / 100;
    CHECK(trips(at, limit, limit) == to_begin_and_end + pages * (1 + collections));
    CHECK(trips(saved.issued_at, limit, limit) == to_begin_and_end + 1 + pages * (1 + 1 + collections));
  }
  CHECK(trips(saved.issued_at - std::chrono::hours{1}, 1, 0) == to_begin_and_end + 1);
}

TEST_CASE("all entities as of a time have their children of then where times do not rise with the ids",
          "[server][reading]") {
  const server_place<Counter> data;
  const auto program = data.program();
  varve::session session{data.store, varve::actor{"ada"}};
  std::vector<varve::transaction_id> made;
  const auto commit = [&] { made.push_back(session.commit().transaction.value()); };
  const auto counter = [](std::int64_t total) {
    return Counter{.total = total, .parts = {{.name = "x"}, {.name = "y"}}};
  };
  auto& a = session.add(counter(100));
  auto& b = session.add(counter(200));
  auto& c = session.add(counter(300));
  commit();  // 1
  a.parts[0].count = 2;
  commit();  // 2
  b.parts[0].count = 3;
  commit();  // 3
  c.parts.push_back(a.parts[0]);
  c.parts.back().name = "from a";
  a.parts.erase(a.parts.begin());
  commit();  // 4
  b.parts.pop_back();
  commit();  // 5
  c.parts[0].count = 6;
  commit();  // 6
  a.parts[0].count = 7;
  commit();  // 7
  const auto third = c.id;
  session.erase<Counter>(third);
  commit();  // 8
  session.add(counter(400));
  commit();  // 9
  // Along each counter they rise: 1 2 4 7, 1 3 5, 1 4 6 8 and 9.
  const std::vector<int> minutes{0, 10, 60, 20, 61, 30, 40, 35, 5};
  for (std::size_t i = 0; i < made.size(); ++i)
    program->run("UPDATE version_transaction SET issued_at = '" +
                 varve::to_string(clock_at(1min * minutes[i])).substr(0, 19) +
                 "' WHERE id = " + std::to_string(made[i].value));
  const varve::history<Counter> history{data.store};
  REQUIRE(varve::find_transaction(data.store, made[2])->issued_at == clock_at(60min));
  const auto told = [](const Counter& one) {
    auto text = std::to_string(one.total);
    for (const auto& part : one.parts) text += " " + part.name + std::to_string(part.count);
    return text;
  };
  const auto all = [&](varve::time_point time) {
    lines found;
    for (const auto& one : history.all_as_of(time)) found.push_back(told(one.state));
    return found;
  };
  CHECK(all(clock_at(0min) - 1us) == lines{});
  CHECK(all(clock_at(4min)) == lines{"100 x0 y0", "200 x0 y0", "300 x0 y0"});
  CHECK(all(clock_at(5min)) == lines{"100 x0 y0", "200 x0 y0", "300 x0 y0", "400 x0 y0"});
  CHECK(all(clock_at(10min)) == lines{"100 x2 y0", "200 x0 y0", "300 x0 y0", "400 x0 y0"});
  CHECK(all(clock_at(25min)) == lines{"100 y0", "200 x0 y0", "300 from a2 x0 y0", "400 x0 y0"});
  CHECK(all(clock_at(34min)) == lines{"100 y0", "200 x0 y0", "300 from a2 x6 y0", "400 x0 y0"});
  CHECK(all(clock_at(39min)) == lines{"100 y0", "200 x0 y0", "400 x0 y0"});
  CHECK(all(clock_at(59min)) == lines{"100 y7", "200 x0 y0", "400 x0 y0"});
  CHECK(all(clock_at(60min)) == lines{"100 y7", "200 x3 y0", "400 x0 y0"});
  CHECK(all(clock_at(61min)) == lines{"100 y7", "200 x3", "400 x0 y0"});
  for (int minute = 0; minute <= 62; ++minute) {
    const auto time = clock_at(1min * minute);
    INFO("minute " << minute);
    lines each;
    for (std::int64_t id = a.id; id <= third + 1; ++id)
      if (const auto one = history.as_of(id, time)) each.push_back(told(*one));
    CHECK(all(time) == each);
    lines living, in_pages;
    for (const auto& one : history.all_as_of_with_deleted(time))
      if (!one.is_deleted) living.push_back(told(one.state));
    CHECK(living == each);
    std::optional<varve::version_id> behind;
    do {
      const auto page = history.all_as_of(time, 1, behind);
      for (const auto& one : page) in_pages.push_back(told(one.state));
      behind = page.empty() ? std::nullopt : std::optional{page[0].id};
    } while (behind);
    CHECK(in_pages == each);
  }
}
