// A primary and its synchronous standby: what each says of a save that waits for the other.
#include <thread>

#include "support/own_server.hpp"
#include "support/postgres_program.hpp"

using namespace test;

namespace {

/// A save in a thread of its own.
class save_beside {
 public:
  save_beside(const varve::store_handle& store, std::int64_t id, const std::string& text)
      : thread_{[this, store, id, text] {
          try {
            varve::attribution who{varve::actor{"bob"}};
            who.token = token_;
            varve::session session{store, who};
            session.get<Note>(id).text = text;
            session.commit();
            told_ = "saved";
          } catch (const std::exception& failure) {
            told_ = failure.what();
          }
        }} {}
  save_beside(const save_beside&) = delete;
  save_beside& operator=(const save_beside&) = delete;
  ~save_beside() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] const varve::uuid& token() const { return token_; }
  /// What it was told, once it was.
  [[nodiscard]] const std::string& told() {
    thread_.join();
    return told_;
  }

 private:
  varve::uuid token_ = varve::random_uuid();
  std::string told_;
  std::thread thread_;
};

/// Waits until the server says that something holds.
void await(postgres_program& program, const std::string& condition) {
  bool holds = false;
  for (int i = 0; i < 1000 && !holds; ++i) {
    if (i > 0) std::this_thread::sleep_for(10ms);
    holds = program.ask("SELECT " + condition) == lines{"t"};
  }
  INFO(condition);
  REQUIRE(holds);
}

}  // namespace

TEST_CASE(
    "a standby is read and takes no saves, one that is gone makes them wait, and a token is told when it is final",
    "[server][postgres]") {
  replicated_server server;
  const auto store =
      open_on_server<Note>(server.connection() + " options='-c statement_timeout=300'", {.lock_timeout = 300ms});
  const auto id = add_note(store);
  {
    const varve::postgres::store standby{server.connection_of_standby()};
    postgres_program program{server.connection_of_standby()};
    const auto follow = [&] { await(program, "pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()"); };
    follow();
    CHECK(varve::history<Note>{standby}.versions(id).count() == 2);
    try {
      save_text(standby, id, "c");
      FAIL_CHECK("it was saved");
    } catch (const varve::error& failure) {
      CHECK(failure.kind() == varve::error_kind::elsewhere);
    }
    varve::attribution who{varve::actor{"ada"}};
    who.token = varve::random_uuid();
    CHECK(store.outcome_of(who.token) == varve::outcome::not_committed);
    CHECK(standby.outcome_of(who.token) == varve::outcome::cannot_be_asked);  // it may be on its way
    program.run("SELECT pg_wal_replay_pause()");
    varve::session session{store, who};
    session.get<Note>(id).text = "c";
    session.commit();
    CHECK(standby.outcome_of(who.token) == varve::outcome::cannot_be_asked);
    program.run("SELECT pg_wal_replay_resume()");
    follow();
    CHECK(standby.outcome_of(who.token) == varve::outcome::committed);
    CHECK(found_by_doctor(standby) == lines{});
  }

  server.kill_standby();
  {
    postgres_program program{server.connection_of_primary()};
    const std::string waits = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    for (const std::string way : {"pg_cancel_backend", "pg_terminate_backend"}) {
      INFO(way);
      save_beside save{store, id, way};
      await(program, "count(*) = 1 " + waits);
      std::this_thread::sleep_for(500ms);
      await(program, "count(*) = 1 " + waits);  // no timeout ends it
      CHECK(varve::history<Note>{store}.as_of(id, varve::now() + 1h)->text != way);
      CHECK(store.outcome_of(save.token()) == varve::outcome::cannot_be_asked);
      CHECK_THROWS_AS(save_text(store, id, "another"), varve::error);  // it waits for the entity
      // The server commits it alone, and says so in a warning at most.
      program.run("SELECT " + way + "(pid) " + waits);
      CHECK(save.told() == "saved");
      CHECK(store.outcome_of(save.token()) == varve::outcome::committed);
      CHECK(varve::history<Note>{store}.as_of(id, varve::now() + 1h)->text == way);
    }
  }
  // Which is lost when the standby takes over.
  server.kill();
  server.restart_standby();
  server.promote();
  CHECK(varve::history<Note>{store}.versions(id).count() == 3);
  CHECK(found_by_doctor(store) == lines{});
}
