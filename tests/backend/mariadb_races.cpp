// What several programs do at once.
#include <thread>

#include "support/entities.hpp"
#include "support/mariadb_program.hpp"
#include "varve/capture/record.hpp"
#include "varve/history/retention.hpp"
#include "varve/session/transact.hpp"

namespace mariadb_older {
struct Memo {
  std::int64_t id{};
  std::string text{};
};
}  // namespace mariadb_older
namespace mariadb_newer {
struct Memo {
  std::int64_t id{};
  std::string text{};
  std::int64_t stars{};
};
}  // namespace mariadb_newer

template <>
struct varve::entity<mariadb_older::Memo> : varve::describe<varve::table<"memos">, varve::kind<"memo">> {};
template <>
struct varve::entity<mariadb_newer::Memo> : varve::describe<varve::table<"memos">, varve::kind<"memo">> {};

using namespace test;

namespace {

/// Adds two entities, and leaves a save of the first on its way in the application's own transaction.
template <class Entity>
struct save_on_its_way {
  std::shared_ptr<std::string> connection = temporary_mariadb();
  varve::mariadb::store store = varve::mariadb::open<Entity>(*connection);
  mariadb_program program{*connection};
  std::int64_t first = 0, second = 0;
  varve::transaction_id begun{};

  explicit save_on_its_way(const std::string& table) {
    {
      varve::session session{store, varve::actor{"ada"}};
      auto& one = session.add(Entity{.text = "1"});
      auto& two = session.add(Entity{.text = "2"});
      session.commit();
      first = one.id;
      second = two.id;
    }
    const varve::mariadb::store borrowed{varve::borrow(program.handle())};
    program.run("BEGIN");
    program.run("UPDATE " + table + " SET " + (table == "notes" ? "body" : "text") +
                " = '1b' WHERE id = " + std::to_string(first));
    const Entity before{.id = first, .text = "1"}, after{.id = first, .text = "1b"};
    begun = *varve::record(borrowed, varve::actor{"bob"}, &before, &after).self;
  }
};

}  // namespace

TEST_CASE("MariaDB: a prune waits for saves that are on their way, and takes nothing of them", "[server][mariadb][retention]") {
  save_on_its_way<Note> data{"notes"};
  {
    varve::session session{data.store, varve::actor{"ada"}};
    session.get<Note>(data.second).text = "2b";
    session.commit();
  }
  varve::prune_options options;
  options.clock = [] { return varve::now() + 1h; };
  std::thread ends{[&] {
    std::this_thread::sleep_for(200ms);
    mysql_query(data.program.handle(), "COMMIT");
  }};
  const auto report = varve::prune(data.store, 0us, options);
  ends.join();
  CHECK(report.horizon > data.begun);
  CHECK(data.program.ask("SELECT count(*) FROM version_transaction WHERE id = " + std::to_string(data.begun.value)) ==
        lines{"1"});
  CHECK(varve::history<Note>{data.store}.versions(data.first).all().back().transaction() == data.begun);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("MariaDB: a prune gives up beside a transaction that does not end", "[server][mariadb][retention]") {
  save_on_its_way<Note> data{"notes"};
  const varve::mariadb::store hasty{*data.connection, {.prune_timeout = 50ms}};
  hasty.base().use(varve::info_of<Note>());
  try {
    varve::prune(hasty, 0us);
    FAIL("it pruned");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::retry);
  }
  data.program.run("COMMIT");
  varve::prune(hasty, 0us);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("MariaDB: the horizon moves on alone, whoever moves it", "[server][mariadb][retention]") {
  const auto connection = temporary_mariadb();
  static_cast<void>(varve::mariadb::open<Note>(*connection));
  mariadb_program one{*connection};
  const varve::mariadb::store ahead{varve::borrow(one.handle())}, behind{*connection};
  one.run("BEGIN");
  CHECK(ahead.base().connect()->move_horizon({20}) == varve::transaction_id{20});
  varve::transaction_id moved;
  std::thread other{[&] { moved = behind.base().connect()->move_horizon({15}); }};
  std::this_thread::sleep_for(200ms);
  one.run("COMMIT");
  other.join();
  CHECK(moved == varve::transaction_id{20});
  CHECK(one.ask("SELECT content FROM version_catalog WHERE name = 'horizon'") == lines{"20"});
}

TEST_CASE("MariaDB: several programs open a new database at once", "[server][mariadb][schema]") {
  for (int round = 0; round < 3; ++round) {
    const auto connection = temporary_mariadb();
    std::vector<std::string> failures(4);
    std::vector<std::thread> threads;
    for (auto& failure : failures)
      threads.emplace_back([&] {
        try {
          static_cast<void>(varve::mariadb::open<Dataset, Country>(*connection));
        } catch (const std::exception& thrown) {
          failure = thrown.what();
        }
      });
    for (auto& one : threads) one.join();
    CHECK(failures == std::vector<std::string>(failures.size()));
  }
}

TEST_CASE("MariaDB: a column that comes while a save is on its way is not part of what is saved", "[server][mariadb][schema]") {
  save_on_its_way<mariadb_older::Memo> data{"memos"};
  std::string failure;
  std::thread opens{[&] {
    try {
      static_cast<void>(varve::mariadb::open<mariadb_newer::Memo>(*data.connection, {.lock_timeout = 10s}));
    } catch (const std::exception& thrown) {
      failure = thrown.what();
    }
  }};
  std::this_thread::sleep_for(200ms);
  data.program.run("COMMIT");
  opens.join();
  CHECK(failure.empty());
  CHECK(data.program.ask("SELECT CAST(content AS SIGNED) > " + std::to_string(data.begun.value) +
                         " FROM version_catalog WHERE section = 'since'") == lines{"1"});
  const varve::mariadb::store store{*data.connection};
  store.base().use(varve::info_of<mariadb_newer::Memo>());
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: keys that rows bring along are not given to others", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Note>(*connection);
  varve::session session{store, varve::actor{"ada"}};
  for (std::int64_t id = 1; id <= 5; ++id) session.add(Note{.id = id, .text = "brought"});
  session.commit();
  auto& sixth = session.add(Note{.text = "given"});
  session.commit();
  CHECK(sixth.id == 6);
  session.add(Note{.id = 50, .text = "brought"});
  session.commit();
  session.erase<Note>(50);
  session.commit();
  auto& next = session.add(Note{.text = "given"});
  session.commit();
  CHECK(next.id == 51);
  session.add(Note{.id = 20, .text = "brought"});  // behind what was given: nothing is moved back
  session.commit();
  auto& last = session.add(Note{.text = "given"});
  session.commit();
  CHECK(last.id == 52);
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: who deletes what another links to meanwhile comes again and sees the link", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Dashboard, Chart, Dataset>(*connection);
  std::int64_t chart = 0, board = 0;
  {
    varve::session session{store, varve::actor{"ada"}};
    auto& made = session.add(Chart{.slice_name = "c"});
    auto& on = session.add(Dashboard{.title = "b"});
    session.commit();
    chart = made.id;
    board = on.id;
  }
  int runs = 0;
  varve::transact(store, varve::actor{"ada"}, [&](varve::session& unit) {
    const bool first = ++runs == 1;
    unit.erase<Chart>(chart);
    unit.hooks().after_capture.push_back([&, first](const varve::write_set&) {
      if (!first) return;
      varve::session other{store, varve::actor{"bob"}};
      other.get<Dashboard>(board).slices.push_back({.key = chart});
      other.commit();
    });
  });
  CHECK(runs == 2);
  varve::session session{store, varve::actor{"ada"}};
  CHECK(session.find<Chart>(chart) == nullptr);
  CHECK(session.get<Dashboard>(board).slices.empty());
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: a database that is up to date is opened beside a transaction that does not end", "[server][mariadb][schema]") {
  save_on_its_way<Note> data{"notes"};
  const auto other = varve::mariadb::open<Note>(*data.connection, {.lock_timeout = 50ms});
  CHECK(varve::history<Note>{other}.versions(data.first).count() == 1);
  CHECK_THROWS_AS((varve::mariadb::open<Note, Country>(*data.connection, {.lock_timeout = 50ms})), varve::error);
  data.program.run("COMMIT");
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("MariaDB: tables are not changed within the application's transaction, which stays as it is",
          "[server][mariadb][schema]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  program.run("CREATE TABLE kept (id int)");
  const varve::mariadb::store borrowed{varve::borrow(program.handle())};
  varve::schema schema{borrowed};
  schema.add<Note>();
  schema.apply();
  program.run("BEGIN");
  program.run("INSERT INTO kept VALUES (1)");
  CHECK_THROWS_AS(schema.apply(), varve::schema_error);
  CHECK_THROWS_AS(schema.downgrade(), varve::schema_error);
  program.run("COMMIT");
  CHECK(program.ask("SELECT count(*) FROM kept") == lines{"1"});
}
