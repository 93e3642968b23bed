// What several programs do at once.
#include <thread>

#include "support/server.hpp"
#include "varve/capture/record.hpp"
#include "varve/history/retention.hpp"
#include "varve/session/transact.hpp"

namespace older {
struct Memo {
  std::int64_t id{};
  std::string text{};
};
}  // namespace older
namespace newer {
struct Memo {
  std::int64_t id{};
  std::string text{};
  std::int64_t stars{};
};
}  // namespace newer

template <>
struct varve::entity<older::Memo> : varve::describe<varve::table<"memos">, varve::kind<"memo">> {};
template <>
struct varve::entity<newer::Memo> : varve::describe<varve::table<"memos">, varve::kind<"memo">> {};

using namespace test;

namespace {

/// Adds two entities, and leaves a save of the first on its way in the application's own transaction.
template <class Entity>
struct save_on_its_way {
  std::shared_ptr<std::string> connection = place_on_server();
  varve::store_handle store = open_on_server<Entity>(*connection);
  std::unique_ptr<server_program> program = the_server().program(*connection);
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
    const auto borrowed = program->borrowed();
    program->run("BEGIN");
    program->run("UPDATE " + table + " SET " + (table == "notes" ? "body" : "text") +
                " = '1b' WHERE id = " + std::to_string(first));
    const Entity before{.id = first, .text = "1"}, after{.id = first, .text = "1b"};
    begun = *varve::record(borrowed, varve::actor{"bob"}, &before, &after).self;
  }
};

}  // namespace

TEST_CASE("a prune waits for saves that are on their way, and takes nothing of them", "[server][retention]") {
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
    data.program->try_run("COMMIT");
  }};
  const auto report = varve::prune(data.store, 0us, options);
  ends.join();
  CHECK(report.horizon > data.begun);
  CHECK(data.program->ask("SELECT count(*) FROM version_transaction WHERE id = " + std::to_string(data.begun.value)) ==
        lines{"1"});
  CHECK(varve::history<Note>{data.store}.versions(data.first).all().back().transaction() == data.begun);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("a prune gives up beside a transaction that does not end", "[server][retention]") {
  save_on_its_way<Note> data{"notes"};
  const auto hasty = the_server().store(*data.connection, {.prune_timeout = 50ms});
  hasty.base().use(varve::info_of<Note>());
  try {
    varve::prune(hasty, 0us);
    FAIL("it pruned");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::retry);
  }
  data.program->run("COMMIT");
  varve::prune(hasty, 0us);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("the horizon moves on alone, whoever moves it", "[server][retention]") {
  const auto connection = place_on_server();
  static_cast<void>(open_on_server<Note>(*connection));
  const auto one = the_server().program(*connection);
  const auto ahead = one->borrowed(), behind = the_server().store(*connection);
  one->run("BEGIN");
  CHECK(ahead.base().connect()->move_horizon({20}) == varve::transaction_id{20});
  varve::transaction_id moved;
  std::thread other{[&] { moved = behind.base().connect()->move_horizon({15}); }};
  std::this_thread::sleep_for(200ms);
  one->run("COMMIT");
  other.join();
  CHECK(moved == varve::transaction_id{20});
  CHECK(one->ask("SELECT content FROM version_catalog WHERE name = 'horizon'") == lines{"20"});
}

TEST_CASE("several programs open a new database at once", "[server][schema]") {
  for (int round = 0; round < 3; ++round) {
    const auto connection = place_on_server();
    std::vector<std::string> failures(4);
    std::vector<std::thread> threads;
    for (auto& failure : failures)
      threads.emplace_back([&] {
        try {
          static_cast<void>(open_on_server<Dataset, Country>(*connection));
        } catch (const std::exception& thrown) {
          failure = thrown.what();
        }
      });
    for (auto& one : threads) one.join();
    CHECK(failures == std::vector<std::string>(failures.size()));
  }
}

TEST_CASE("a column that comes while a save is on its way is not part of what is saved", "[server][schema]") {
  save_on_its_way<older::Memo> data{"memos"};
  std::string failure;
  std::thread opens{[&] {
    try {
      static_cast<void>(open_on_server<newer::Memo>(*data.connection, {.lock_timeout = 10s}));
    } catch (const std::exception& thrown) {
      failure = thrown.what();
    }
  }};
  std::this_thread::sleep_for(200ms);
  data.program->run("COMMIT");
  opens.join();
  CHECK(failure.empty());
  const auto since = data.program->ask("SELECT content FROM version_catalog WHERE section = 'since'");
  REQUIRE(since.size() == 1);
  CHECK(std::stoll(since[0]) > data.begun.value);
  const auto store = the_server().store(*data.connection);
  store.base().use(varve::info_of<newer::Memo>());
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("keys that rows bring along are not given to others", "[server]") {
  const auto connection = place_on_server();
  const auto store = open_on_server<Note>(*connection);
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

TEST_CASE("who deletes what another links to meanwhile comes again and sees the link", "[server]") {
  const auto connection = place_on_server();
  const auto store = open_on_server<Dashboard, Chart, Dataset>(*connection);
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

TEST_CASE("a database that is up to date is opened beside a transaction that does not end", "[server][schema]") {
  save_on_its_way<Note> data{"notes"};
  const auto other = open_on_server<Note>(*data.connection, {.lock_timeout = 50ms});
  CHECK(varve::history<Note>{other}.versions(data.first).count() == 1);
  CHECK_THROWS_AS((open_on_server<Note, Country>(*data.connection, {.lock_timeout = 50ms})), varve::error);
  data.program->run("COMMIT");
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("tables are not changed within the application's transaction, which stays as it is",
          "[server][schema]") {
  const auto connection = place_on_server();
  const auto program = the_server().program(*connection);
  program->run("CREATE TABLE kept (id int)");
  const auto borrowed = program->borrowed();
  varve::schema schema{borrowed};
  schema.add<Note>();
  schema.apply();
  program->run("BEGIN");
  program->run("INSERT INTO kept VALUES (1)");
  CHECK_THROWS_AS(schema.apply(), varve::schema_error);
  CHECK_THROWS_AS(schema.downgrade(), varve::schema_error);
  program->run("COMMIT");
  CHECK(program->ask("SELECT count(*) FROM kept") == lines{"1"});
}
