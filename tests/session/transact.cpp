#include "varve/session/transact.hpp"

#include <thread>

#include "support/entities.hpp"
#include "support/failing_connection.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using transact_stores = on_every_store<Dataset, Note>;

}  // namespace

TEST_CASE_METHOD(transact_stores, "a unit of work is run again when somebody saved what it loaded", "[conflict]") {
  const auto saved = save(Note{.text = "0"});
  int runs = 0;
  const auto done = varve::transact(store, varve::actor{"ada"}, [&](varve::session& unit) {
    auto& note = unit.get<Note>(saved.id);
    if (++runs == 1) {
      auto theirs = by("bob");
      theirs.get<Note>(saved.id).text += "+bob";
      commit(theirs);
    }
    note.text += "+ada";
  });
  CHECK(runs == 2);
  CHECK(done.transaction == versions<Note>(saved.id).back().transaction());
  CHECK(live<Note>(saved.id).text == "0+bob+ada");
}

TEST_CASE_METHOD(transact_stores,
                 "a unit of work is not run again over an expected version, an input error, or without end",
                 "[conflict]") {
  const auto saved = save(Note{.text = "0"});
  int runs = 0;
  CHECK_THROWS_AS(varve::transact(store, varve::actor{"ada"},
                                  [&](varve::session& unit) {
                                    ++runs;
                                    unit.expect<Note>(saved.id, {99});
                                  }),
                  varve::conflict_error);
  CHECK(runs == 1);
  runs = 0;
  CHECK_THROWS_AS(varve::transact(store, varve::actor{"ada"},
                                  [&](varve::session& unit) {
                                    ++runs;
                                    unit.get<Note>(9999);
                                  }),
                  varve::input_error);
  CHECK(runs == 1);
  runs = 0;
  CHECK_THROWS_AS(varve::transact(
                      store, varve::actor{"ada"},
                      [&](varve::session& unit) {
                        unit.get<Note>(saved.id).text = "never";
                        auto theirs = by("bob");
                        theirs.get<Note>(saved.id).text = std::to_string(++runs);
                        commit(theirs);
                      },
                      varve::retry_policy{.attempts = 3, .first_pause = 0ms, .longest_pause = 1ms}),
                  varve::conflict_error);
  CHECK(runs == 3);
  CHECK(live<Note>(saved.id).text == "3");
}

TEST_CASE("a unit of work whose outcome is unknown is not run again, whether it took effect or not",
          "[conflict][sqlite][database]") {
  const bool took_effect = GENERATE(true, false);
  const auto path = temporary_database();
  const auto healthy = varve::sqlite::open<Note>(*path);
  const auto until = std::make_shared<fuse>(fuse{1'000'000, took_effect, varve::error_kind::unknown});
  const failing_store store{*path, until};
  {
    varve::session session{healthy, varve::actor{"ada"}};
    session.add(Note{.text = "0"});
    session.commit();
  }
  // What fails ahead of the commit is an error as any; which statement is the commit is found by trying.
  std::optional<varve::uuid> token;
  int runs = 0;
  for (long statements = 0; !token && statements < 50; ++statements) {
    runs = 0;
    try {
      varve::transact(store, varve::actor{"ada"}, [&](varve::session& unit) {
        until->left = 1'000'000;
        unit.get<Note>(1).text += "+ada";
        ++runs;
        until->left = statements;
      });
    } catch (const varve::outcome_unknown& lost) {
      token = lost.token();
    } catch (const varve::backend_error&) {
    }
  }
  REQUIRE(token);
  CHECK(runs == 1);
  CHECK(healthy.outcome_of(*token) == (took_effect ? varve::outcome::committed : varve::outcome::not_committed));
  varve::session reader{healthy};
  CHECK(reader.get<Note>(1).text == (took_effect ? "0+ada" : "0"));
  CHECK(varve::history<Note>{healthy}.versions(std::int64_t{1}).count() == (took_effect ? 2 : 1));
}

TEST_CASE_METHOD(transact_stores, "PJ-35 threads that save the same and different entities lose nothing",
                 "[conflict]") {
  const int threads = which == backend::sqlite_memory ? 1 : 4;  // one connection: one thread at a time
  constexpr int rounds = 15;
  const auto shared = save(Note{.text = ""});
  std::vector<std::thread> running;
  std::vector<std::string> failures(static_cast<std::size_t>(threads));
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      try {
        for (int i = 0; i < rounds; ++i) {
          const std::string mark{static_cast<char>('a' + t)};
          varve::transact(
              store, varve::actor{mark},
              [&](varve::session& unit) {
                unit.get<Note>(shared.id).text += mark;
                unit.add(Note{.text = mark + std::to_string(i)});
              },
              varve::retry_policy{.attempts = 1000, .first_pause = 0ms, .longest_pause = 2ms});
        }
      } catch (const std::exception& failure) {
        failures[static_cast<std::size_t>(t)] = failure.what();
      }
    });
  for (auto& thread : running) thread.join();
  CHECK(failures == std::vector<std::string>(static_cast<std::size_t>(threads)));

  const varve::history<Note> history{store};
  const auto list = history.versions(shared.id).all();
  REQUIRE(list.size() == static_cast<std::size_t>(1 + threads * rounds));
  for (std::size_t i = 1; i < list.size(); ++i)  // each version is one thread's letter more than the one before
    REQUIRE(history.state(list[i]).text == history.state(list[i - 1]).text + list[i].actor());
  std::map<std::string, int> found;
  for (const auto& table : everything_in(store).tables)
    if (table.info->name == "notes") CHECK(table.live.size() == static_cast<std::size_t>(1 + threads * rounds));
  for (const char mark : live<Note>(shared.id).text) ++found[std::string{mark}];
  for (const auto& [mark, times] : found) CHECK(times == rounds);
}

TEST_CASE_METHOD(transact_stores, "MTH-01 PJ-34 each thread finds what it inserted and changed, once", "[conflict]") {
  const auto [many, each] = GENERATE(std::pair{4, 100}, std::pair{20, 5});
  const int threads = which == backend::sqlite_memory ? 1 : many;  // one connection: one thread at a time
  CAPTURE(threads);
  side_by_side_ = wanted_server().has_value();
  std::vector<std::vector<std::int64_t>> made(static_cast<std::size_t>(threads));
  std::vector<std::string> failures(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t, times = each] {
      const auto own = static_cast<std::size_t>(t);
      try {
        varve::session session{store, varve::actor{std::to_string(t)}};
        for (int i = 0; i < times; ++i) {
          auto& note = session.add(Note{.text = std::to_string(t)});
          session.commit();
          note.text += " " + std::to_string(i);
          session.commit();
          made[own].push_back(note.id);
        }
      } catch (const std::exception& failure) {
        failures[own] = failure.what();
      }
    });
  for (auto& thread : running) thread.join();
  CHECK(failures == std::vector<std::string>(static_cast<std::size_t>(threads)));

  std::size_t right = 0;
  for (int t = 0; t < threads; ++t)
    for (int i = 0; i < each; ++i) {
      const auto id = made[static_cast<std::size_t>(t)].at(static_cast<std::size_t>(i));
      const auto list = versions<Note>(id);
      if (live<Note>(id).text == std::to_string(t) + " " + std::to_string(i) && list.size() == 2 &&
          list[0].actor() == std::to_string(t) && list[1].actor() == std::to_string(t) &&
          list[0].issued_at() < list[1].issued_at())
        ++right;
    }
  CHECK(right == static_cast<std::size_t>(threads * each));
  for (const auto& table : everything_in(store).tables)
    if (table.info->name == "notes") CHECK(table.live.size() == right);
}
