#include "support/application.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"

#include "varve/capture/record.hpp"
#include "varve/restore/reverter.hpp"

#if VARVE_TEST_SQLITE

using namespace test;

/// What only a database can show: tables as other programs see them, values that the database fills in, and the
/// application's own statements beside varve's.

namespace {

struct Invoice {
  std::int64_t id{};
  std::string customer{};
  std::int64_t net{};
  std::int64_t gross{};     // from triggers of the database
  std::string currency{};   // a default of the database
};

}  // namespace

template <>
struct varve::entity<Invoice> : varve::describe<varve::filled<&Invoice::gross, &Invoice::currency>> {};

namespace {

/// Column names with their part of the primary key, of a table.
lines key_columns(application& app, const std::string& table) {
  return app.ask("SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY pk");
}

}  // namespace

TEST_CASE("VAL-01 BLD-05 BLD-07 BLD-08 EXC-01 CPK-01 CPK-03 a shadow table is its live table with the interval", "[database]") {
  const auto path = temporary_database();
  const auto store = open_store<Dataset, Cell, Chart, Note>(backend::sqlite_file, path);
  application app{*path};
  CHECK(app.ask("SELECT name FROM pragma_table_info('tables_version')") ==
        lines{"id", "uuid", "table_name", "sql", "cache_timeout", "slug", "opened", "created_on", "created_by", "changed_on",
              "changed_by", "transaction_id", "end_transaction_id", "operation_type", "end_filler"});
  // The key refuses null, the rest allows it, whatever the live table says.
  CHECK(app.ask("SELECT name FROM pragma_table_info('tables_version') WHERE \"notnull\" = 1 AND name NOT IN "
                "('transaction_id', 'operation_type')") == lines{"id"});
  CHECK(app.ask("SELECT \"notnull\" FROM pragma_table_info('tables_version') WHERE name = 'end_transaction_id'") == lines{"0"});
  CHECK(app.ask("SELECT \"notnull\" FROM pragma_table_info('tables') WHERE name = 'table_name'") == lines{"1"});
  CHECK(key_columns(app, "tables_version") == lines{"id", "transaction_id"});
  CHECK(key_columns(app, "cell_version") == lines{"row", "col", "transaction_id"});
  CHECK(app.ask("SELECT name FROM pragma_table_info('cell_version') WHERE \"notnull\" = 1 AND pk > 0 ORDER BY pk") ==
        lines{"row", "col", "transaction_id"});
  // Another column's and shadow's name.
  CHECK(app.ask("SELECT name FROM pragma_table_info('notes_past') LIMIT 2") == lines{"id", "body"});
}

TEST_CASE("PJ-37 opening a database again changes nothing of it", "[database]") {
  const auto path = temporary_database();
  {
    const auto store = open_store<Dataset, Note>(backend::sqlite_file, path);
    varve::session session{store, varve::actor{"ada"}};
    session.add(Dataset{.table_name = "d", .metrics = {{.metric_name = "m"}}});
    session.commit();
  }
  application app{*path};
  const auto schema = app.ask("SELECT type, name, sql FROM sqlite_master ORDER BY name");
  for (int i = 0; i < 2; ++i) {
    const auto store = open_store<Dataset, Note>(backend::sqlite_file, path);
    CHECK(varve::history<Dataset>{store}.versions(1).count() == 1);
    CHECK(violations(everything_in(store)) == lines{});
  }
  CHECK(app.ask("SELECT type, name, sql FROM sqlite_master ORDER BY name") == schema);
}

TEST_CASE("PE-15 columns that the database fills are read back and kept in the version", "[database]") {
  application app;
  app.run("CREATE TABLE invoice (id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, net INTEGER NOT NULL, "
          "gross INTEGER, currency TEXT NOT NULL DEFAULT 'EUR')");
  for (const std::string when : {"INSERT", "UPDATE OF net"})
    app.run("CREATE TRIGGER gross_" + when.substr(0, 6) + " AFTER " + when + " ON invoice BEGIN "
            "UPDATE invoice SET gross = new.net + new.net / 5 WHERE id = new.id; END");
  varve::sqlite::store store{varve::borrow(app.handle())};
  varve::schema{store}.add<Invoice>().apply();
  varve::session session{store, varve::actor{"ada"}};
  auto& invoice = session.add(Invoice{.customer = "c", .net = 100, .gross = 1, .currency = "USD"});
  session.commit();
  CHECK(invoice.gross == 120);
  CHECK(invoice.currency == "EUR");
  invoice.net = 200;
  session.commit();
  CHECK(invoice.gross == 240);
  invoice.gross = 7;  // not the application's to change
  CHECK_FALSE(session.commit().transaction.has_value());
  const varve::history<Invoice> history{store};
  const auto list = history.versions(invoice.id).all();
  REQUIRE(list.size() == 2);
  CHECK(history.state(list[0]).gross == 120);
  CHECK(history.state(list[1]).gross == 240);
  CHECK(history.state(list[1]).currency == "EUR");
  CHECK(lines_of(list[1].changes()) == lines{R"(field edit ["net"] 100 -> 200)"});
  const auto id = invoice.id;
  session.erase<Invoice>(id);
  session.commit();
  CHECK(history.state(history.versions(id).all().back()).gross == 240);
  varve::reverter{session, list[0]}.all();
  session.commit();
  CHECK(app.ask("SELECT net, gross, currency FROM invoice") == lines{"100|120|EUR"});
  CHECK(violations(everything_in(store)) == lines{});
}

TEST_CASE("PE-16 recording outside a transaction is refused before anything reaches a table", "[database]") {
  application app;
  varve::sqlite::store store{varve::borrow(app.handle())};
  varve::schema{store}.add<Note>().apply();
  app.run("INSERT INTO notes (id, body) VALUES (1, 'a')");
  const Note note{.id = 1, .text = "a"};
  CHECK_THROWS_WITH(varve::record(store, varve::actor{"ada"}, nullptr, &note), Catch::Contains("transaction"));
  CHECK(app.ask("SELECT COUNT(*) FROM notes_past") == lines{"0"});
  CHECK(app.ask("SELECT COUNT(*) FROM version_transaction") == lines{"0"});
  CHECK_FALSE(app.in_transaction());
}

TEST_CASE("PJ-39 CMP-01 the application's transaction and statements are its own", "[database]") {
  application app;
  app.run("CREATE TABLE elsewhere (x INTEGER)");
  varve::sqlite::store store{varve::borrow(app.handle())};
  varve::schema{store}.add<Note>().apply();
  app.run("BEGIN");
  app.run("INSERT INTO elsewhere VALUES (1)");
  {
    varve::session session{store, varve::actor{"ada"}};
    session.add(Note{.text = "a"});
    session.commit();
    CHECK(app.in_transaction());
    session.add(Note{.text = "never"});
    session.flush();
    session.rollback();
    CHECK(app.in_transaction());
    CHECK(app.ask("SELECT body FROM notes") == lines{"a"});
  }
  CHECK(app.in_transaction());
  SECTION("committed by the application") {
    app.run("COMMIT");
    CHECK(app.ask("SELECT COUNT(*) FROM elsewhere") == lines{"1"});
    CHECK(varve::history<Note>{store}.versions(1).count() == 1);
    CHECK(violations(everything_in(store)) == lines{});
  }
  SECTION("rolled back by the application") {
    app.run("ROLLBACK");
    CHECK(app.ask("SELECT COUNT(*) FROM elsewhere") == lines{"0"});
    CHECK(app.ask("SELECT COUNT(*) FROM version_transaction") == lines{"0"});
    varve::session session{store, varve::actor{"ada"}};  // and varve goes on
    session.add(Note{.text = "b"});
    session.commit();
    CHECK(violations(everything_in(store)) == lines{});
  }
}

TEST_CASE("RAW-01 a live write of the application and its record are one transaction", "[database]") {
  application app;
  varve::sqlite::store store{varve::borrow(app.handle())};
  varve::schema{store}.add<Note>().apply();
  app.run("BEGIN");
  app.run("INSERT INTO notes (id, body) VALUES (1, 'a')");
  const Note note{.id = 1, .text = "a"};
  const auto done = varve::record(store, varve::actor{"ada"}, nullptr, &note);
  REQUIRE(done.self);
  app.run("COMMIT");
  app.run("BEGIN");
  app.run("UPDATE notes SET body = 'b'");
  const Note changed{.id = 1, .text = "b"};
  varve::record(store, varve::actor{"bob"}, &note, &changed);
  app.run("COMMIT");
  app.run("BEGIN");
  app.run("DELETE FROM notes");
  varve::record(store, varve::actor{"eve"}, &changed, nullptr);
  app.run("COMMIT");
  CHECK(app.ask("SELECT operation_type, body FROM notes_past ORDER BY transaction_id") == lines{"0|a", "1|b", "2|b"});
  CHECK(app.ask("SELECT actor FROM version_transaction ORDER BY id") == lines{"ada", "bob", "eve"});
  CHECK(app.ask("SELECT kind, operation, path, from_value, to_value FROM version_changes") ==
        lines{R"(field|edit|["text"]|"a"|"b")"});
  CHECK(violations(everything_in(store)) == lines{});
}

TEST_CASE("PE-46 when transaction ids run out, the save is rolled back and none is used again", "[database]") {
  const auto path = temporary_database();
  const auto store = open_store<Note>(backend::sqlite_file, path);
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();
  application app{*path};
  app.run("UPDATE sqlite_sequence SET seq = 9223372036854775806 WHERE name = 'version_transaction'");
  note.text = "the last";
  CHECK(session.commit().transaction->value == 9223372036854775807);
  note.text = "one too many";
  CHECK_THROWS_AS(session.commit(), varve::error);
  session.rollback();
  CHECK(note.text == "the last");
  CHECK(app.ask("SELECT body FROM notes") == lines{"the last"});
  CHECK(app.ask("SELECT COUNT(*) FROM version_transaction") == lines{"2"});
  CHECK(violations(everything_in(store)) == lines{});
}

TEST_CASE("a transaction's id is not used again after its rows are gone", "[database]") {
  const auto path = temporary_database();
  varve::transaction_id last{};
  {
    const auto store = open_store<Note>(backend::sqlite_file, path);
    varve::session session{store, varve::actor{"ada"}};
    session.add(Note{.text = "a"});
    last = *session.commit().transaction;
  }
  application app{*path};
  app.run("DELETE FROM notes_past");
  app.run("DELETE FROM version_transaction");
  app.run("DELETE FROM notes");
  const auto store = open_store<Note>(backend::sqlite_file, path);
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "b"});
  CHECK(*session.commit().transaction > last);
  CHECK(note.id == 2);
}

TEST_CASE("a version with holes is refused before any write, with kinds and counts", "[database]") {
  const auto path = temporary_database();
  const auto store = open_store<Dataset>(backend::sqlite_file, path);
  varve::session session{store, varve::actor{"ada"}};
  auto& dataset = session.add(Dataset{.table_name = "1", .metrics = {{.metric_name = "m", .expression = "1"}}});
  session.commit();
  for (const auto* value : {"2", "3"}) {
    dataset.table_name = value;
    dataset.metrics[0].expression = value;
    session.commit();
  }
  application app{*path};
  const auto first = varve::history<Dataset>{store}.versions(dataset.id).all().at(0);
  SECTION("of the entity") { app.run("DELETE FROM tables_version WHERE transaction_id = 2"); }
  SECTION("of a child") { app.run("DELETE FROM sql_metrics_version WHERE transaction_id = 2"); }
  SECTION("of a child's beginning") { app.run("DELETE FROM sql_metrics_version WHERE transaction_id = 1"); }
  const auto before = app.ask("SELECT COUNT(*) FROM tables_version");
  try {
    varve::reverter{session, first}.all();
    FAIL("it was restored");
  } catch (const varve::error& refused) {
    CHECK(refused.kind() == varve::error_kind::damaged);
    CHECK_THAT(refused.what(), Catch::Contains("holes") && (Catch::Contains("1 dataset") || Catch::Contains("1 metric")));
  }
  CHECK(app.ask("SELECT COUNT(*) FROM tables_version") == before);
  CHECK(dataset.table_name == "3");
  // A version behind the hole is whole.
  const auto last = varve::history<Dataset>{store}.versions(dataset.id).newest_first().page(1).at(0);
  varve::reverter{session, last}.all();
  CHECK_FALSE(session.commit().transaction.has_value());
}

#endif
