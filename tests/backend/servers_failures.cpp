// Connections that break, and memory that runs out.
#include <optional>
#include <thread>

#include "support/allocations.hpp"
#include "support/rounds.hpp"
#include "support/server.hpp"
#include "varve/session/transact.hpp"

using namespace test;

TEST_CASE("whichever allocation of a save on a server fails, it says so or the save is whole, and the next one works",
          "[server]") {
  const auto connection = place_on_server();
  const auto own = open_on_server<Note, Country>(*connection);
  const auto id = add_note(own);
  {
    varve::session session{own, varve::actor{"ada"}};
    session.add(Country{.code = "DE", .name = "Germany"});
    session.commit();
  }
  const auto program = the_server().program(*connection), application = the_server().program(*connection);
  const bool joined = GENERATE(false, true);  // within the application's transaction
  const bool adds = GENERATE(true, false);    // else all goes in one round trip, the commit too
  const bool fail_on = GENERATE(false, true);
  INFO((joined ? "joined" : "alone") << (adds ? ", with keys to be given" : "")
                                     << (fail_on ? ", and from then on" : ""));
  const auto store = joined ? application->borrowed() : own;
  store.base().use(varve::info_of<Note>());
  store.base().use(varve::info_of<Country>());
  const auto transactions = [&] { return program->ask("SELECT count(*) FROM version_transaction"); };
  const auto saved = [&](const std::string& text) {
    if (joined) application->run("BEGIN");
    save_text(store, id, text);
    if (joined) application->run("COMMIT");
  };
  std::size_t failed = 0;  // and nothing was saved
  for (std::size_t n = 1;; n += (under_sanitizer ? 3U : 1U) * (fail_on ? 4U : 1U)) {
    INFO("allocation " << n);
    bool threw = false;
    std::optional<varve::uuid> unknown;
    std::string told;
    const auto before = transactions();
    if (joined) application->run("BEGIN");
    {
      varve::session session{store, varve::actor{"ada"}};
      session.get<Note>(id).text = "x" + std::to_string(n);
      session.get<Country>(std::string{"DE"}).name = "y" + std::to_string(n);
      if (adds) {
        session.add(Note{.text = "new"});
        session.add(Note{.id = static_cast<std::int64_t>(100000 + n + (joined ? 5000 : 0)), .text = "brought"});
      }
      allocations::fails_in = n;
      allocations::fail_on = fail_on;
      try {
        session.commit();
      } catch (const varve::outcome_unknown& failure) {
        allocations::fail_no_more();
        threw = true;
        unknown = failure.token();
        told = failure.what();
      } catch (const std::exception& failure) {
        allocations::fail_no_more();
        threw = true;
        told = failure.what();
      }
      allocations::fail_no_more();
    }
    INFO(told);
    if (joined) {
      CHECK(application->in_transaction());
      application->run("COMMIT");
    }
    const bool is_committed = unknown ? store.outcome_of(*unknown) == varve::outcome::committed
                                      : !threw || told.find("is committed") != std::string::npos;
    CHECK((transactions() == before) != is_committed);
    CHECK((!unknown || fail_on));  // with memory for it the database is asked
    saved("after " + std::to_string(n));
    CHECK(program->ask("SELECT body FROM notes WHERE id = " + std::to_string(id)) ==
          lines{"after " + std::to_string(n)});
    if (!threw) break;
    if (!is_committed) ++failed;
  }
  CHECK(failed > (fail_on ? 5U : 20U));
  CHECK(found_by_doctor(own) == lines{});
}

TEST_CASE("what became of a save is told when its transaction has ended", "[server]") {
  const auto connection = place_on_server();
  const auto store = open_on_server<Note>(*connection);
  const auto program = the_server().program(*connection);
  const auto token = varve::random_uuid();
  program->run("BEGIN");
  program->run("INSERT INTO version_transaction (issued_at, token) VALUES ('2026-01-01 00:00:00', '" +
               varve::to_string(token) + "')");
  SECTION("which takes long") {
    const auto hasty = open_on_server<Note>(*connection, {.lock_timeout = 1s});
    CHECK(hasty.outcome_of(token) == varve::outcome::cannot_be_asked);
    program->run("COMMIT");
    CHECK(store.outcome_of(token) == varve::outcome::committed);
  }
  SECTION("soon") {
    const bool commits = GENERATE(true, false);
    std::thread ending{[&] {
      std::this_thread::sleep_for(200ms);
      program->run(commits ? "COMMIT" : "ROLLBACK");
    }};
    const auto found = store.outcome_of(token);
    ending.join();
    CHECK(found == (commits ? varve::outcome::committed : varve::outcome::not_committed));
  }
}

TEST_CASE("a server that ends connections ends no program's work", "[server]") {
  const auto connection = place_on_server();
  const auto store = open_on_server<Note>(*connection);
  const auto id = add_note(store);
  const auto program = the_server().program(*connection);
  SECTION("idle ones, which are made anew") {
    program->end_others();
    save_text(store, id, "c");
    program->end_others();
    CHECK(varve::history<Note>{store}.versions(id).count() == 3);
  }
  SECTION("those within a transaction, whose unit is run again") {
    int runs = 0;
    varve::transact(store, varve::actor{"ada"}, [&](varve::session& unit) {
      unit.get<Note>(id).text = "c";
      unit.flush();
      if (++runs == 1) program->end_others();
      unit.get<Note>(id).text = "d";
    });
    CHECK(runs == 2);
    CHECK(varve::history<Note>{store}.versions(id).count() == 3);
  }
  SECTION("those of whom nothing but the schema is asked") {
    varve::schema schema{store};
    schema.add<Note>();
    CHECK(schema.check() == lines{});
    program->end_others();
    CHECK(schema.check() == lines{});
  }
  CHECK(found_by_doctor(store) == lines{});
}
