// Connections that break, and statements that have become stale.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "support/postgres_program.hpp"
#include "varve/history/activity.hpp"
#include "varve/session/transact.hpp"

using namespace test;

namespace {

/// Ends server processes of an application again and again, while they are in a state; in a thread of its own.
class killer {
 public:
  killer(const std::string& connection, const std::string& application, const std::string& state)
      : thread_{[=, this] {
          PGconn* handle = PQconnectdb(connection.c_str());
          const std::string text =
              "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
              "application_name = '" +
              application + "' AND " + state;
          while (!done_) {
            PGresult* killed = PQexec(handle, text.c_str());
            if (PQntuples(killed) == 1) killed_ += std::atoi(PQgetvalue(killed, 0, 0));
            PQclear(killed);
            std::this_thread::sleep_for(5ms);
          }
          PQfinish(handle);
        }} {}
  killer(const killer&) = delete;
  killer& operator=(const killer&) = delete;
  ~killer() {
    done_ = true;
    thread_.join();
  }
  [[nodiscard]] int killed() const { return killed_; }

 private:
  std::atomic<bool> done_ = false;
  std::atomic<int> killed_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a commit that the server never answered has the transaction that its token names, and the session goes on",
          "[server][postgres]") {
  const auto connection = temporary_schema();
  const auto id = add_note(varve::postgres::open<Note>(*connection));
  // With this setting a commit takes effect and waits for a standby that does not exist.
  const std::string application = to_string(varve::random_uuid());
  const varve::postgres::store store{with_setting(*connection, "synchronous_commit=on") +
                                     " application_name=" + application};
  varve::session session{store, varve::actor{"bob"}};
  auto& note = session.get<Note>(id);
  const killer ends{*connection, application, "wait_event = 'SyncRep'"};
  for (const char* text : {"c", "d"}) {
    note.text = text;
    const auto done = session.commit();
    const auto versions = varve::history<Note>{store}.versions(id).all();
    REQUIRE(done.transaction.has_value());
    CHECK(versions.back().transaction() == *done.transaction);
    CHECK(versions.back().issued_at() == done.issued_at);
  }
  CHECK(ends.killed() >= 2);
  CHECK(varve::history<Note>{store}.versions(id).count() == 4);
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("connections that are idle for too long end no program's work", "[server][postgres]") {
  const auto connection = temporary_schema();
  const auto id = add_note(varve::postgres::open<Note>(*connection));
  SECTION("idle ones, which are made anew") {
    const varve::postgres::store store{with_setting(*connection, "idle_session_timeout=400")};
    save_text(store, id, "c");
    std::this_thread::sleep_for(800ms);
    save_text(store, id, "d");
    std::this_thread::sleep_for(800ms);
    CHECK(varve::history<Note>{store}.versions(id).count() == 4);
  }
  SECTION("those within a transaction, whose unit is run again") {
    const varve::postgres::store store{with_setting(*connection, "idle_in_transaction_session_timeout=400")};
    int runs = 0;
    varve::transact(store, varve::actor{"ada"}, [&](varve::session& unit) {
      unit.get<Note>(id).text = "c";
      unit.flush();
      if (++runs == 1) std::this_thread::sleep_for(800ms);
      unit.get<Note>(id).text = "d";
    });
    CHECK(runs == 2);
    CHECK(varve::history<Note>{store}.versions(id).count() == 3);
  }
}

TEST_CASE("statements that were prepared before tables changed are prepared anew", "[server][postgres]") {
  const auto connection = temporary_schema();
  const varve::postgres::store store = varve::postgres::open<Note>(*connection);
  const auto id = add_note(store);
  const varve::history<Note> history{store};
  const auto records = [&] { return lines_of(history.versions(id).all()[1].changes()); };
  const lines edited{R"(field edit ["text"] "a" -> "b")"};
  const auto again = [](auto&& work) {  // an error of kind retry says that it is worth another time
    try {
      return work();
    } catch (const varve::error& failure) {
      REQUIRE(failure.kind() == varve::error_kind::retry);
      return work();
    }
  };
  for (int i = 0; i < 8; ++i) CHECK(records() == edited);
  SECTION("by another program, that widens the records' keys") {
    static_cast<void>(varve::postgres::open<Note, Country>(*connection));
    CHECK(again(records) == edited);
    CHECK(records() == edited);
    again([&] {
      save_text(store, id, "c");
      return true;
    });
    CHECK(history.versions(id).count() == 3);
  }
  SECTION("by the application, that throws away what its connection has prepared") {
    postgres_program program{*connection};
    const varve::postgres::store borrowed{varve::borrow(program.handle())};
    save_text(borrowed, id, "c");
    program.run("DISCARD ALL");
    program.run("SET search_path = '" +
                program.ask("SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid "
                            "= (SELECT max(oid) FROM pg_class WHERE relname = 'notes_past')")[0] +
                "'");
    program.run("SET TimeZone = 'UTC'");
    again([&] {
      save_text(borrowed, id, "d");
      return true;
    });
    CHECK(history.versions(id).count() == 4);
  }
  SECTION("also those of reads within the application's transactions") {
    postgres_program program{*connection};
    const varve::postgres::store borrowed{varve::borrow(program.handle())};
    const auto read = [&] {
      program.run("BEGIN");
      lines found;
      try {
        found = lines_of(varve::history<Note>{borrowed}.versions(id).all()[1].changes());
      } catch (const varve::error& failure) {
        CHECK(failure.kind() == varve::error_kind::retry);
      }
      program.run("ROLLBACK");
      return found;
    };
    for (int i = 0; i < 8; ++i) CHECK(read() == edited);
    static_cast<void>(varve::postgres::open<Note, Country>(*connection));
    static_cast<void>(read());
    CHECK(read() == edited);
  }
  CHECK(found_by_doctor(varve::postgres::open<Note, Country>(*connection)) == lines{});
}

TEST_CASE("a connection that the application works on in pipeline mode is left alone", "[server][postgres]") {
  const auto connection = temporary_schema();
  const varve::postgres::store own = varve::postgres::open<Note>(*connection);
  const auto id = add_note(own);
  postgres_program program{*connection};
  const varve::postgres::store borrowed{varve::borrow(program.handle())};
  borrowed.base().use(varve::info_of<Note>());
  REQUIRE(PQenterPipelineMode(program.handle()) == 1);
  REQUIRE(PQsendQueryParams(program.handle(), "SELECT 7", 0, nullptr, nullptr, nullptr, nullptr, 0) == 1);
  CHECK_THROWS_AS(save_text(borrowed, id, "c"), varve::error);
  REQUIRE(PQpipelineSync(program.handle()) == 1);
  PGresult* answer = PQgetResult(program.handle());
  REQUIRE(PQntuples(answer) == 1);
  CHECK(std::string{PQgetvalue(answer, 0, 0)} == "7");
  PQclear(answer);
  CHECK(PQgetResult(program.handle()) == nullptr);
  PQclear(PQgetResult(program.handle()));
  REQUIRE(PQexitPipelineMode(program.handle()) == 1);
  save_text(borrowed, id, "c");
  CHECK(varve::history<Note>{own}.versions(id).count() == 3);
}
