// Connections that break, and memory that runs out.
#include "support/allocations.hpp"
#include "support/entities.hpp"
#include "support/mariadb_program.hpp"
#include "varve/session/transact.hpp"

using namespace test;

namespace {

/// A note with two versions.
std::int64_t add_note(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();
  note.text = "b";
  session.commit();
  return note.id;
}
void save_text(const varve::store_handle& store, std::int64_t id, const std::string& text) {
  varve::session session{store, varve::actor{"ada"}};
  session.get<Note>(id).text = text;
  session.commit();
}

}  // namespace

TEST_CASE("MariaDB: whichever allocation of a save on a server fails, it says so or the save is whole, and the next one works",
          "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::store_handle own = varve::mariadb::open<Note, Country>(*connection);
  const auto id = add_note(own);
  {
    varve::session session{own, varve::actor{"ada"}};
    session.add(Country{.code = "DE", .name = "Germany"});
    session.commit();
  }
  mariadb_program program{*connection}, application{*connection};
  const bool joined = GENERATE(false, true);  // within the application's transaction
  INFO((joined ? "joined" : "alone"));
  const varve::store_handle store = joined ? varve::mariadb::store{varve::borrow(application.handle())} : own;
  store.base().use(varve::info_of<Note>());
  store.base().use(varve::info_of<Country>());
  const auto transactions = [&] { return program.ask("SELECT count(*) FROM version_transaction"); };
  const auto saved = [&](const std::string& text) {
    if (joined) application.run("BEGIN");
    save_text(store, id, text);
    if (joined) application.run("COMMIT");
  };
  std::size_t failed = 0;  // and nothing was saved
  for (std::size_t n = 1;; ++n) {
    INFO("allocation " << n);
    bool threw = false;
    std::string told;
    const auto before = transactions();
    if (joined) application.run("BEGIN");
    {
      varve::session session{store, varve::actor{"ada"}};
      session.get<Note>(id).text = "x" + std::to_string(n);
      session.get<Country>(std::string{"DE"}).name = "y" + std::to_string(n);
      session.add(Note{.text = "new"});
      session.add(Note{.id = static_cast<std::int64_t>(100000 + n + (joined ? 5000 : 0)), .text = "brought"});
      allocations::fails_in = n;
      try {
        session.commit();
      } catch (const std::exception& failure) {
        allocations::fails_in = 0;
        threw = true;
        told = failure.what();
      }
      allocations::fails_in = 0;
    }
    INFO(told);
    if (joined) {
      CHECK((application.handle()->server_status & SERVER_STATUS_IN_TRANS) != 0);
      application.run("COMMIT");
    }
    const bool is_committed = !threw || told.find("is committed") != std::string::npos;
    CHECK((transactions() == before) != is_committed);
    saved("after " + std::to_string(n));
    CHECK(program.ask("SELECT body FROM notes WHERE id = " + std::to_string(id)) == lines{"after " + std::to_string(n)});
    if (!threw) break;
    if (!is_committed) ++failed;
  }
  CHECK(failed > 20);
  CHECK(found_by_doctor(own) == lines{});
}

TEST_CASE("MariaDB: a server that ends connections ends no program's work", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Note>(*connection);
  const auto id = add_note(store);
  mariadb_program program{*connection};
  SECTION("idle ones, which are made anew") {
    program.kill_others();
    save_text(store, id, "c");
    program.kill_others();
    CHECK(varve::history<Note>{store}.versions(id).count() == 3);
  }
  SECTION("those within a transaction, whose unit is run again") {
    int runs = 0;
    varve::transact(store, varve::actor{"ada"}, [&](varve::session& unit) {
      unit.get<Note>(id).text = "c";
      unit.flush();
      if (++runs == 1) program.kill_others();
      unit.get<Note>(id).text = "d";
    });
    CHECK(runs == 2);
    CHECK(varve::history<Note>{store}.versions(id).count() == 3);
  }
  SECTION("those of whom nothing but the schema is asked") {
    varve::schema schema{store};
    schema.add<Note>();
    CHECK(schema.check() == lines{});
    program.kill_others();
    CHECK(schema.check() == lines{});
  }
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: apply goes on where one ended in between", "[server][mariadb][schema]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store{*connection};
  mariadb_program program{*connection};
  varve::schema schema{store};
  schema.add<Dataset>();
  std::vector<std::string> all;
  for (const auto& step : schema.plan())
    for (const auto& statement : step.statements) all.push_back(statement);
  REQUIRE(all.size() > 4);
  // What it had done by then: the first tables, what the catalog notes before, and some of the others.
  program.run("SET sql_mode = 'STRICT_TRANS_TABLES,ANSI_QUOTES'");
  const auto done = GENERATE(1U, 2U, 3U, 4U);
  for (std::size_t i = 0; i < done; ++i) program.run(all[i]);
  if (done >= 2)
    program.run("INSERT INTO version_catalog (section, name, content) VALUES ('created', 'tables', 'true'), ('created', "
                "'tables_version', 'true')");
  schema.apply();
  CHECK(schema.check() == lines{});
  CHECK(program.ask("SELECT content FROM version_catalog WHERE section = 'schema' ORDER BY name") == lines{"0", "1"});
  store.base().use(varve::info_of<Dataset>());
  varve::session session{store, varve::actor{"ada"}};
  session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "sum"}}});
  session.commit();
  CHECK(found_by_doctor(store) == lines{});
}
