// What holds on each server.
#include <algorithm>
#include <thread>

#include "support/server.hpp"
#include "varve/capture/record.hpp"
#include "varve/history/activity.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/transact.hpp"

namespace before {
struct Mark {
  std::int64_t id{};
  std::string name{};
};
struct Paper {
  std::int64_t id{};
  std::string title{};
  std::int64_t pages{};
  std::vector<Mark> marks{};
};
}  // namespace before

namespace after {
struct Tag {
  std::int64_t id{};
  std::string name{};
};
struct Sheet {
  std::int64_t id{};
  std::string heading{};
  std::optional<std::string> summary{};
  std::optional<std::int64_t> pages{};
  std::vector<Tag> tags{};
};
}  // namespace after

template <>
struct varve::entity<before::Paper>
    : varve::describe<varve::children<&before::Paper::marks, varve::by<&before::Mark::name>>> {};
template <>
struct varve::entity<after::Sheet>
    : varve::describe<varve::formerly_kind<"paper">, varve::formerly<&after::Sheet::heading, "title">,
                      varve::formerly<&after::Sheet::tags, "marks">,
                      varve::children<&after::Sheet::tags, varve::by<&after::Tag::name>>> {};
template <>
struct varve::entity<after::Tag> : varve::describe<varve::formerly_kind<"mark">> {};

using namespace test;

namespace {

/// The tables of a schema or database, by their names' bytes.
lines tables_in(server_program& program, const std::string& place) {
  auto found = program.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = " + place);
  std::sort(found.begin(), found.end());
  return found;
}

/// What one thing that a session does costs, once all statements are prepared.
template <class Work>
std::uint64_t trips_of_second(Work&& work) {
  static_cast<void>(work());
  return work();
}

}  // namespace

TEST_CASE("a save of what was loaded is one round trip, and what costs more is counted", "[server]") {
  server_place<Dataset, Chart, Dashboard> data;
  const counted_store store{*data.connection};
  const auto dataset = [&] {
    varve::session session{store, varve::actor{"ada"}};
    auto& made =
        session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "sum"}, {.metric_name = "mean"}}});
    session.commit();
    return made.id;
  }();
  int round = 0;
  const auto saved = [&](auto&& change) {  // of a loaded dataset, changed so that it differs each time
    return trips_of_second([&] {
      ++round;
      varve::session session{store, varve::actor{"ada"}};
      auto& loaded = session.get<Dataset>(dataset);
      change(loaded);
      return store.trips_of([&] { session.commit(); });
    });
  };
  CHECK(saved([&](Dataset& one) { one.sql = "select " + std::to_string(round); }) == 1);
  CHECK(saved([&](Dataset& one) { one.metrics[0].expression = std::to_string(round); }) == 1);
  CHECK(saved([&](Dataset& one) { one.opened = round; }) == 1);  // noise: checked, and no version
  CHECK(saved([&](Dataset& one) { one.metrics.push_back({.metric_name = std::to_string(round)}); }) == 2);  // its key
  CHECK(saved([&](Dataset& one) {
          for (int i = 0; i < 10; ++i) one.metrics.push_back({.metric_name = std::to_string(round * 100 + i)});
        }) == 2);
  CHECK(saved([&](Dataset& one) { one.metrics.pop_back(); }) == 1);

  const auto added = [&](std::size_t children) {
    return trips_of_second([&] {
      ++round;
      varve::session session{store, varve::actor{"ada"}};
      auto& made = session.add(Dataset{.table_name = "new"});
      for (std::size_t i = 0; i < children; ++i) made.metrics.push_back({.metric_name = std::to_string(i)});
      return store.trips_of([&] { session.commit(); });
    });
  };
  CHECK(added(0) == 2);   // the entity's key
  CHECK(added(10) == 3);  // and those of its children, together

  const auto flushed = trips_of_second([&] {
    varve::session session{store, varve::actor{"ada"}};
    auto& loaded = session.get<Dataset>(dataset);
    return store.trips_of([&] {
      loaded.sql = "select " + std::to_string(++round);
      session.flush();
      session.commit();
    });
  });
  CHECK(flushed == 3);  // the flush, then which version the commit ends, then the commit

  const auto many = trips_of_second([&] {
    varve::session session{store, varve::actor{"ada"}};
    for (const auto id : {dataset, dataset + 1, dataset + 2, dataset + 3})
      session.get<Dataset>(id).sql = "select " + std::to_string(++round);
    return store.trips_of([&] { session.commit(); });
  });
  CHECK(many == 1);

  const auto linked = trips_of_second([&] {
    varve::session session{store, varve::actor{"ada"}};
    auto& chart = session.add(Chart{.slice_name = "c"});
    auto& board = session.add(Dashboard{.title = "b"});
    session.commit();
    board.slices.push_back({.key = chart.id});
    return store.trips_of([&] { session.commit(); });
  });
  CHECK(linked == 2);  // whether the chart has a history

  const auto restored = trips_of_second([&] {
    const auto versions = varve::history<Dataset>{store}.versions(dataset).all();
    varve::session session{store, varve::actor{"ada"}};
    varve::reverter revert{session, versions[versions.size() - 2]};
    return store.trips_of([&] {
      revert.fields();
      session.commit();
    });
  });
  CHECK(restored ==
        by_server<std::uint64_t>{.postgres = 9, .mariadb = 8}.here());  // reading both states, a flush, the commit

  const auto erased = trips_of_second([&] {
    varve::session session{store, varve::actor{"ada"}};
    auto& made = session.add(Dataset{.table_name = "gone", .metrics = {{.metric_name = "sum"}}});
    session.commit();
    session.erase<Dataset>(made.id);
    return store.trips_of([&] { session.commit(); });
  });
  CHECK(erased == 1);

  const auto loaded = trips_of_second([&] {
    varve::session session{store, varve::actor{"ada"}};
    return store.trips_of([&] { session.get<Dataset>(dataset); });
  });
  // The row, two collections, the end of the snapshot, and on MariaDB the newest version.
  CHECK(loaded == by_server<std::uint64_t>{.postgres = 4, .mariadb = 5}.here());
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("who is outrun by another session's save is told so, whatever it is that it finds", "[server][conflict]") {
  server_place<Dataset, Country> data;
  const auto id = [&] {
    varve::session session{data.store, varve::actor{"ada"}};
    auto& made = session.add(Dataset{.table_name = "sales"});
    session.commit();
    return made.id;
  }();
  varve::session late{data.store, varve::actor{"bob"}};
  auto& mine = late.get<Dataset>(id);
  SECTION("another version") {
    change<Dataset>(data.store, id, clock_at(5min), [](Dataset& one) { one.sql = "theirs"; });
    mine.sql = "mine";
    CHECK_THROWS_AS(late.commit(), varve::conflict_error);
  }
  SECTION("another version, by a save of noise alone") {
    change<Dataset>(data.store, id, clock_at(5min), [](Dataset& one) { one.sql = "theirs"; });
    mine.opened = 7;
    CHECK_THROWS_AS(late.commit(), varve::conflict_error);
  }
  SECTION("another version, after a flush that stays") {
    auto& own = late.add(Dataset{.table_name = "own"});
    late.flush();
    CHECK(own.id > 0);
    change<Dataset>(data.store, id, clock_at(5min), [](Dataset& one) { one.sql = "theirs"; });
    mine.sql = "mine";
    CHECK_THROWS_AS(late.commit(), varve::conflict_error);
  }
  SECTION("no row") {
    varve::session session{data.store, varve::actor{"ada"}};
    session.erase<Dataset>(id);
    session.commit();
    mine.sql = "mine";
    CHECK_THROWS_AS(late.commit(), varve::conflict_error);
  }
  SECTION("a row under the key that it gives itself") {
    varve::session session{data.store, varve::actor{"ada"}};
    session.add(Country{.code = "DE", .name = "Germany"});
    session.commit();
    varve::session other{data.store, varve::actor{"bob"}};
    other.add(Country{.code = "DE", .name = "Deutschland"});
    CHECK_THROWS_AS(other.commit(), varve::error);
  }
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("a row that another program deleted is told as such, and a child's leaves its values", "[server]") {
  server_place<Dataset> data;
  const auto program = data.program();
  varve::session session{data.store, varve::actor{"ada"}};
  auto& made = session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "sum", .expression = "1"}}});
  session.commit();
  program->run("DELETE FROM sql_metrics");
  made.metrics[0].expression = "2";
  session.commit();
  CHECK(program->ask("SELECT expression, operation_type FROM sql_metrics_version ORDER BY transaction_id") ==
        lines{"1|0", "2|1"});
  program->run("DELETE FROM tables");
  made.sql = "x";
  CHECK_THROWS_AS(session.commit(), varve::conflict_error);
}

TEST_CASE("an error has the server's state, and its class says what to do", "[server]") {
  server_place<Dataset, Note> data;
  SECTION("a unique value that is taken") {
    varve::session session{data.store, varve::actor{"ada"}};
    session.add(Dataset{.table_name = "a", .slug = "same"});
    session.add(Dataset{.table_name = "b", .slug = "same"});
    try {
      session.commit();
      FAIL("it was stored");
    } catch (const varve::error& failure) {
      CHECK(failure.kind() == varve::error_kind::input);
      CHECK(the_server().code_of(failure) == by_server<const char*>{.postgres = "23505", .mariadb = "1062"}.here());
      CHECK(std::string{failure.what()}.find("same") == std::string::npos);  // a value
    }
  }
  SECTION("a lock that another holds for too long") {
    varve::session session{data.store, varve::actor{"ada"}};
    auto& note = session.add(Note{.text = "a"});
    session.commit();
    const auto program = data.program();
    program->run("BEGIN");
    program->run("SELECT * FROM notes FOR UPDATE");
    const auto hasty = the_server().store(*data.connection, {.lock_timeout = 50ms});
    try {
      change<Note>(hasty, note.id, clock_at(1min), [](Note& one) { one.text = "b"; });
      FAIL("it was stored");
    } catch (const varve::error& failure) {
      CHECK(failure.kind() == varve::error_kind::retry);
      CHECK(the_server().code_of(failure) == by_server<const char*>{.postgres = "55P03", .mariadb = "1205"}.here());
    }
    program->run("ROLLBACK");
  }
  SECTION("no server") {
    try {
      const auto nowhere = the_server().store(by_server<const char*>{
          .postgres = "host=/nowhere dbname=x", .mariadb = "mariadb://root@localhost/x?socket=/nowhere"}
                                                  .here());
      varve::session session{nowhere, varve::actor{"ada"}};
      session.find<Note>(1);
      FAIL("it answered");
    } catch (const varve::error& failure) {
      CHECK(failure.kind() == varve::error_kind::elsewhere);
      CHECK(the_server().code_of(failure) == by_server<const char*>{.postgres = "", .mariadb = "2002"}.here());
    }
  }
}

TEST_CASE("a connection that breaks loses what was not committed, and the next transaction has a new one", "[server]") {
  server_place<Note> data;
  const auto store = the_server().store(*data.connection);
  const auto program = data.program();
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();
  const auto id = note.id;
  note.text = "b";
  session.flush();
  program->end_others();
  note.text = "c";
  try {
    session.commit();
    FAIL("it was stored");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::retry);
  }
  CHECK(varve::history<Note>{store}.versions(id).count() == 1);
  change<Note>(store, id, clock_at(9min), [](Note& one) { one.text = "d"; });
  CHECK(varve::history<Note>{data.store}.versions(id).count() == 2);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("a commit whose answer is lost is known by its token: it took effect, or it did not", "[server]") {
  server_place<Note> data;
  const auto program = data.program();
  varve::attribution who{varve::actor{"ada"}};
  who.token = varve::random_uuid();
  {
    varve::session session{data.store, who};
    session.add(Note{.text = "a"});
    session.flush();
    program->end_others();
    try {
      session.commit();  // the connection ends before the commit is sent
      FAIL("it was committed");
    } catch (const varve::error& failure) {
      CHECK(failure.kind() == varve::error_kind::retry);
    }
  }
  CHECK(data.store.base().connect()->outcome_of(who.token) == varve::outcome::not_committed);
  varve::session session{data.store, who};
  session.add(Note{.text = "a"});
  session.commit();
  CHECK(data.store.base().connect()->outcome_of(who.token) == varve::outcome::committed);

  const losing_store losing{*data.connection};
  who.token = varve::random_uuid();
  varve::session lost{losing, who};
  auto& note = lost.add(Note{.text = "b"});
  CHECK(lost.commit().transaction.has_value());  // it did, and the connection broke then
  CHECK(varve::history<Note>{data.store}.versions(note.id).count() == 1);
  CHECK(data.store.base().connect()->outcome_of(who.token) == varve::outcome::committed);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("four writers of the same entities lose nothing, and each save is a version", "[server][conflict]") {
  server_place<Dataset> data;
  constexpr int writers = 4, saves = 60;
  std::vector<std::int64_t> ids;
  {
    varve::session session{data.store, varve::actor{"ada"}};
    for (int i = 0; i < 3; ++i) {
      auto& made = session.add(
          Dataset{.table_name = "t", .cache_timeout = 0, .metrics = {{.metric_name = "n", .expression = "0"}}});
      session.flush();
      ids.push_back(made.id);
    }
    session.commit();
  }
  std::vector<std::string> failures(writers);
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      try {
        for (std::size_t i = 0; i < saves; ++i)
          varve::transact(
              data.store, varve::actor{"writer"},
              [&](varve::session& unit) {
                auto& one = unit.get<Dataset>(ids[(w + i) % ids.size()]);
                auto& other = unit.get<Dataset>(ids[(w + 2 * i + 1) % ids.size()]);
                ++*one.cache_timeout;
                other.metrics[0].expression = std::to_string(std::stoi(other.metrics[0].expression) + 1);
              },
              varve::retry_policy{.attempts = 1000, .first_pause = 1ms, .longest_pause = 20ms});
      } catch (const std::exception& failure) {
        failures[w] = failure.what();
      }
    });
  for (auto& one : threads) one.join();
  CHECK(failures == std::vector<std::string>(writers));
  const auto program = data.program();
  const auto all = std::to_string(writers * saves);
  CHECK(program->ask("SELECT sum(cache_timeout) FROM tables") == lines{all});
  const std::string whole = by_server<const char*>{.postgres = "bigint", .mariadb = "SIGNED"}.here();
  CHECK(program->ask("SELECT sum(CAST(expression AS " + whole + ")) FROM sql_metrics") == lines{all});
  CHECK(program->ask("SELECT count(*) - 1 FROM version_transaction") == lines{all});
  CHECK(program->ask("SELECT count(*) FROM tables_version a JOIN version_transaction x ON x.id = a.transaction_id JOIN "
                     "tables_version b ON b.id = a.id AND b.transaction_id = a.end_transaction_id JOIN "
                     "version_transaction y ON y.id = b.transaction_id WHERE y.issued_at <= x.issued_at") ==
        lines{"0"});
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("two first saves of one entity at once make one first version", "[server][conflict]") {
  server_place<Note> data;
  std::int64_t id = 0;
  data.store.versioning(false);
  {
    varve::session session{data.store, varve::actor{"ada"}};
    auto& note = session.add(Note{.text = "old"});
    session.commit();
    id = note.id;
  }
  data.store.versioning(true);
  std::vector<std::thread> threads;
  std::vector<std::string> failures(4);
  for (std::size_t w = 0; w < failures.size(); ++w)
    threads.emplace_back([&, w] {
      try {
        varve::transact(
            data.store, varve::actor{"writer"},
            [&](varve::session& unit) { unit.get<Note>(id).text = "by " + std::to_string(w); },
            varve::retry_policy{.attempts = 1000, .first_pause = 1ms, .longest_pause = 20ms});
      } catch (const std::exception& failure) {
        failures[w] = failure.what();
      }
    });
  for (auto& one : threads) one.join();
  CHECK(failures == std::vector<std::string>(failures.size()));
  const auto versions = varve::history<Note>{data.store}.versions(id).all();
  REQUIRE(versions.size() == failures.size() + 1);
  CHECK(versions[0].action_kind() == "baseline");
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("times rise along each entity, and as of a time each is what it was", "[server]") {
  server_place<Dataset, Note> data;
  const auto program = data.program();
  std::int64_t one = 0, other = 0;
  {
    varve::session session{data.store, varve::actor{"ada"}};
    session.clock([] { return start; });
    auto& a = session.add(Note{.text = "one"});
    auto& b = session.add(Note{.text = "other"});
    session.commit();
    one = a.id;
    other = b.id;
  }
  // The first transaction has its number and a time ahead, and is not committed when the second gets both.
  program->run("BEGIN");
  program->run("UPDATE notes SET body = 'one, ahead' WHERE id = " + std::to_string(one));
  const auto borrowed = program->borrowed();
  Note before{.id = one, .text = "one"}, after{.id = one, .text = "one, ahead"};
  varve::record_options options;
  options.clock = clock_at(60min);
  const auto first = varve::record(borrowed, varve::actor{"ada"}, &before, &after, options);
  const auto second = change<Note>(data.store, other, clock_at(10min), [](Note& note) { note.text = "other, later"; });
  program->run("COMMIT");
  REQUIRE(first.self.has_value());
  REQUIRE(second.transaction.has_value());
  REQUIRE(*first.self < *second.transaction);
  CHECK(second.issued_at == clock_at(10min));

  const varve::history<Note> history{data.store};
  const auto texts = [&](varve::time_point time) {
    lines found;
    for (const auto& state : history.all_as_of(time)) found.push_back(state.state.text);
    return found;
  };
  CHECK(texts(clock_at(5min)) == lines{"one", "other"});
  CHECK(texts(clock_at(30min)) == lines{"one", "other, later"});
  CHECK(texts(clock_at(90min)) == lines{"one, ahead", "other, later"});
  CHECK(texts(start - 1us) == lines{});
  CHECK(history.as_of(one, clock_at(30min))->text == "one");
  CHECK(history.as_of(other, clock_at(30min))->text == "other, later");

  const varve::activity activity{data.store};
  const auto entities = [](const varve::activity& asked) {
    lines found;
    for (const auto& told : asked.page(10)) found.push_back(told.entity.text());
    return found;
  };
  CHECK(entities(activity.since(clock_at(30min))) == lines{std::to_string(one)});
  CHECK(entities(activity.until(clock_at(30min))) == lines{std::to_string(other)});
  CHECK(varve::transaction_at(data.store, clock_at(90min))->id == *second.transaction);
  CHECK(varve::transaction_at(data.store, start)->id < *first.self);

  // A clock that is behind what the entity's last version says.
  const auto third = change<Note>(data.store, one, clock_at(20min), [](Note& note) { note.text = "one, back"; });
  CHECK(third.issued_at == clock_at(60min) + 1us);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("on the application's connection history goes with its transaction, and nothing is left on the way",
          "[server]") {
  server_place<Note> data;
  const auto program = data.program();
  const auto borrowed = program->borrowed();
  borrowed.base().use(varve::info_of<Note>());
  const auto save = [&](std::int64_t id, const char* text) {
    varve::session session{borrowed, varve::actor{"ada"}};
    session.get<Note>(id).text = text;
    session.commit();
    return program->try_run("SELECT 1");  // nothing is on its way
  };
  varve::session session{borrowed, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();  // no transaction was open: one of its own
  const auto id = note.id;
  CHECK(program->ask("SELECT count(*) FROM version_transaction") == lines{"1"});

  program->run("BEGIN");
  CHECK(save(id, "b"));
  CHECK(program->ask("SELECT count(*) FROM notes_past") == lines{"2"});
  program->run("ROLLBACK");
  CHECK(program->ask("SELECT count(*) FROM notes_past") == lines{"1"});
  program->run("BEGIN");
  CHECK(save(id, "c"));
  {
    varve::session unfinished{borrowed, varve::actor{"ada"}};
    unfinished.get<Note>(id).text = "never";
    unfinished.flush();
    CHECK(program->try_run("SELECT 1"));
  }
  SECTION("a conflict leaves the application's transaction as it was") {
    varve::session stale{borrowed, varve::actor{"ada"}};
    auto& loaded = stale.get<Note>(id);
    CHECK(save(id, "d"));
    loaded.text = "e";
    CHECK_THROWS_AS(stale.commit(), varve::conflict_error);
    program->run("COMMIT");
    CHECK(program->ask("SELECT body FROM notes") == lines{"d"});
  }
  SECTION("so does a save that is refused") {
    program->run("UPDATE notes SET body = 'z'");
    Note before{.id = id, .text = "c", .edited_by = {}}, after{.id = id, .text = "z"};
    varve::record_options options;
    options.expected = varve::transaction_id{1};
    CHECK_THROWS_AS(varve::record(borrowed, varve::actor{"ada"}, &before, &after, options), varve::conflict_error);
    options.expected.reset();
    varve::record(borrowed, varve::actor{"ada"}, &before, &after, options);
    program->run("COMMIT");
    CHECK(program->ask("SELECT body FROM notes_past ORDER BY transaction_id") == lines{"a", "c", "z"});
  }
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("a struct that changes takes its past along", "[server][schema]") {
  const auto connection = place_on_server();
  std::int64_t id = 0;
  {
    const auto store = open_on_server<before::Paper>(*connection);
    varve::session session{store, varve::actor{"ada"}};
    auto& paper = session.add(before::Paper{.title = "a", .pages = 3, .marks = {{.name = "x"}}});
    session.commit();
    paper.title = "b";
    paper.marks.push_back({.name = "y"});
    session.commit();
    id = paper.id;
  }
  const auto store = open_on_server<after::Sheet>(*connection);
  varve::schema schema{store};
  schema.add<after::Sheet>();
  for (const auto& step : schema.plan()) CHECK(step.statements == lines{});
  CHECK(schema.check() == lines{});
  varve::session session{store, varve::actor{"bob"}};
  auto& sheet = session.get<after::Sheet>(id);
  CHECK(sheet.heading == "b");
  CHECK(sheet.tags.size() == 2);
  sheet.summary = "s";
  sheet.pages.reset();  // its column allows null now
  sheet.tags.erase(sheet.tags.begin());
  session.commit();
  const varve::history<after::Sheet> history{store};
  const auto versions = history.versions(id).all();
  REQUIRE(versions.size() == 3);
  CHECK(lines_of(versions[1].changes()) ==
        lines{R"(field edit ["heading"] "a" -> "b")", R"(tag add ["tags","y"] null -> {"name":"y"})"});
  CHECK(history.state(versions[0]).heading == "a");
  CHECK(history.state(versions[0]).pages == 3);
  CHECK(history.state(versions[0]).tags.size() == 1);
  varve::reverter revert{session, versions[0]};
  revert.all();
  session.commit();
  CHECK(session.get<after::Sheet>(id).heading == "a");
  CHECK(session.get<after::Sheet>(id).summary == "s");  // what the version does not have yet
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("a key that no row can have finds nothing, and not what it begins with", "[server][input]") {
  server_place<Country> data;
  varve::session session{data.store, varve::actor{"ada"}};
  session.add(Country{.code = "DE", .name = "Germany"});
  session.commit();
  const varve::history<Country> history{data.store};
  for (const auto& code : {std::string{"DE\0x", 4}, std::string{"DE\xff"}}) CHECK(history.versions(code).count() == 0);
  CHECK(history.versions(std::string{"DE"}).count() == 1);
}

TEST_CASE("settings of a borrowed connection that would change values are refused", "[server]") {
  const auto connection = place_on_server();
  const auto program = the_server().program(*connection);
  const auto refused = [&](const std::string& set, const std::string& back) {
    program->run(set);
    const auto borrowed = program->borrowed();
    try {
      borrowed.base().snapshot();
      FAIL(set << " was taken");
    } catch (const varve::error& failure) {
      CHECK_THAT(failure.what(), Catch::Contains("cannot be used"));
    }
    program->run(back);
  };
  using settings = std::vector<std::pair<const char*, const char*>>;
  const by_server<settings> spoiled{.postgres = {{"SET client_encoding = 'LATIN1'", "SET client_encoding = 'UTF8'"},
                                                 {"SET TimeZone = 'Asia/Tokyo'", "SET TimeZone = 'UTC'"},
                                                 {"SET DateStyle = 'German'", "SET DateStyle = 'ISO'"}},
                                    .mariadb = {{"SET NAMES latin1", "SET NAMES utf8mb4"},
                                                {"SET time_zone = '+09:00'", "SET time_zone = '+00:00'"},
                                                {"SET sql_mode = ''", "SET sql_mode = 'STRICT_TRANS_TABLES'"}}};
  for (const auto& [set, back] : spoiled.here()) refused(set, back);
  const auto borrowed = program->borrowed();
  borrowed.base().snapshot();
  CHECK_THROWS_AS(the_server().store_on_nothing().base().snapshot(), varve::input_error);
}

TEST_CASE("M2M-14 SCH-01 BLD-11 all tables live in the schema or database that the connection names",
          "[server][schema][links]") {
  const server_place<Category> data;
  const auto program = data.program();
  varve::session session{data.store, varve::actor{"ada"}};
  auto& a = session.add(Category{.name = "a"});
  auto& b = session.add(Category{.name = "b"});
  session.commit();
  const varve::history<Category> history{data.store};
  CHECK(history.state(history.versions(a.id).all().at(0)).related.empty());
  a.related = {{.key = b.id}, {.key = a.id}};
  session.commit();
  CHECK(history.state(history.versions(a.id).all().at(1)).related.size() == 2);
  const lines tables{"category",        "category_related", "category_related_version", "category_version",
                     "version_catalog", "version_changes",  "version_transaction"};
  const std::string usual = by_server<const char*>{.postgres = "public", .mariadb = "mysql"}.here();
  CHECK(program->ask("SELECT " + current_place()) != lines{usual});
  CHECK(tables_in(*program, current_place()) == tables);
  const auto elsewhere = tables_in(*program, "'" + usual + "'");
  for (const auto& table : tables) CHECK(std::find(elsewhere.begin(), elsewhere.end(), table) == elsewhere.end());
}

TEST_CASE("tables are of the server's own types, and go as they came", "[server][schema]") {
  const auto connection = place_on_server();
  const auto program = the_server().program(*connection);
  const auto store = the_server().store(*connection);
  varve::schema schema{store};
  schema.add<Note>();
  schema.apply();
  const auto type_of_entity = [&] {
    return program->ask("SELECT data_type FROM information_schema.columns WHERE table_schema = " + current_place() +
                        " AND table_name = 'version_changes' AND column_name = 'entity_id'");
  };
  CHECK(schema.check() == lines{});
  CHECK(type_of_entity() == lines{"bigint"});
  std::int64_t id = 0;
  {
    varve::session session{store, varve::actor{"ada"}};
    auto& note = session.add(Note{.text = "a"});
    session.commit();
    note.text = "b";
    session.commit();
    id = note.id;
  }
  schema.add<Country>();  // a key that is a text: the column of records' keys is widened
  schema.apply();
  schema.apply();
  CHECK(schema.check() == lines{});
  CHECK(type_of_entity() == lines{by_server<const char*>{.postgres = "text", .mariadb = "varchar"}.here()});
  {
    varve::session session{store, varve::actor{"ada"}};
    auto& country = session.add(Country{.code = "7", .name = "seven"});
    session.commit();
    country.name = "Seven";
    session.commit();
    session.get<Note>(id).text = "c";
    session.commit();
  }
  const varve::history<Note> history{store};
  const auto versions = history.versions(id).all();
  REQUIRE(versions.size() == 3);
  CHECK(lines_of(versions[1].changes()) == lines{R"(field edit ["text"] "a" -> "b")"});
  CHECK(lines_of(versions[2].changes()) == lines{R"(field edit ["text"] "b" -> "c")"});
  CHECK(varve::history<Country>{store}.versions(std::string{"7"}).count() == 2);
  CHECK(found_by_doctor(store) == lines{});
  const auto live = program->ask("SELECT id, body FROM notes");
  schema.downgrade();
  CHECK(program->ask("SELECT id, body FROM notes") == live);
  CHECK(tables_in(*program, current_place()) == lines{"city", "country", "notes"});
  varve::schema again{the_server().store(*connection)};
  again.add<Note>();
  again.add<Country>();
  again.apply();
  CHECK(again.check() == lines{});
}
