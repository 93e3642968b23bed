#include "varve/schema/schema.hpp"

#include <catch2/catch.hpp>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

#include "schema/database.hpp"

namespace {

struct Line {
  std::int64_t id{};
  std::string name{};
  std::int64_t amount{};
};

struct Order {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string customer{};
  std::vector<Line> lines{};
};

/// The same order a release later: one column and one collection more.
struct LaterLine {
  std::int64_t id{};
  std::string name{};
  std::int64_t amount{};
  std::optional<std::string> unit{};
};

struct LaterOrder {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string customer{};
  std::optional<std::string> remark{};
  std::int64_t priority{};
  std::vector<LaterLine> lines{};
};

/// A column of it is computed by the application's own table.
struct Priced {
  std::int64_t id{};
  std::int64_t amount{};
  std::int64_t total{};
};

struct Other {
  std::int64_t id{};
  std::string name{};
};

/// A child whose note is versioned a release later than the rest.
struct Kid {
  std::int64_t id{};
  std::string name{};
  std::optional<std::string> note{};
};
struct Family {
  std::int64_t id{};
  std::string name{};
  std::vector<Kid> kids{};
};
struct LaterFamily {
  std::int64_t id{};
  std::string name{};
  std::vector<Kid> kids{};
};

}  // namespace

template <>
struct varve::entity<Other> : varve::describe<> {};
template <>
struct varve::entity<Priced> : varve::describe<varve::filled<&Priced::total>> {};
template <>
struct varve::entity<Family>
    : varve::describe<varve::children<&Family::kids, varve::by<&Kid::name>, varve::exclude<&Kid::note>>> {};
template <>
struct varve::entity<LaterFamily>
    : varve::describe<varve::kind<"family">, varve::table<"family">,
                      varve::children<&LaterFamily::kids, varve::by<&Kid::name>, varve::parent_column<"family_id">>> {};
template <>
struct varve::entity<Order>
    : varve::describe<varve::table<"orders">, varve::public_id<&Order::uuid>,
                      varve::children<&Order::lines, varve::by<&Line::name>, varve::table<"order_lines">>> {};

template <>
struct varve::entity<LaterOrder>
    : varve::describe<varve::kind<"order">, varve::table<"orders">, varve::public_id<&LaterOrder::uuid>,
                      varve::children<&LaterOrder::lines, varve::by<&LaterLine::name>, varve::kind<"line">,
                                      varve::table<"order_lines">>> {};

namespace {

using test::database;
using test::names;

TEST_CASE("the plan has three named migrations and runs none of them", "[schema]") {
  database data;
  varve::schema schema{data.store()};
  schema.add<Order>();
  const auto steps = schema.plan();
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].name == "1_parents_and_transactions");
  CHECK(steps[1].name == "2_changes");
  CHECK(steps[2].name == "3_children_and_links");
  for (const auto& step : steps) CHECK_FALSE(step.statements.empty());
  CHECK(data.tables().empty());
}

TEST_CASE("applying creates the tables, and a second time changes nothing", "[schema]") {
  database data;
  varve::schema schema{data.store()};
  schema.add<Order>().apply();
  CHECK(data.tables() == names{"order_lines", "order_lines_version", "orders", "orders_version", "version_catalog",
                               "version_changes", "version_transaction"});
  CHECK(schema.check().empty());
  for (const auto& step : schema.plan()) CHECK(step.statements.empty());
  const auto before = data.column("SELECT sql FROM sqlite_master");
  const auto catalog = data.column("SELECT section || name || content FROM version_catalog");
  schema.apply();
  CHECK(data.column("SELECT sql FROM sqlite_master") == before);
  CHECK(data.column("SELECT section || name || content FROM version_catalog") == catalog);
}

TEST_CASE("a downgrade takes away what was created and leaves the live tables as they were", "[schema]") {
  database data;
  data.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT, customer TEXT, more TEXT)");
  data.run("CREATE TABLE order_lines (id INTEGER PRIMARY KEY, order_id INTEGER, name TEXT, amount INTEGER)");
  data.run("INSERT INTO orders VALUES (1, '7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10', 'ada', 'x')");
  const auto before = data.column("SELECT name || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
  varve::schema schema{data.store()};
  schema.add<Order>().apply();
  schema.downgrade();
  CHECK(data.tables() == names{"order_lines", "orders"});
  CHECK(data.column(
            "SELECT name || sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name") ==
        before);
  CHECK(data.column("SELECT customer || more FROM orders") == names{"adax"});
  schema.apply();
  CHECK(data.tables().size() == 7);
}

TEST_CASE("live tables that exist already and are full are adopted as they are", "[schema]") {
  database data;
  data.run(
      "CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT UNIQUE, customer TEXT NOT NULL, more TEXT DEFAULT 'm')");
  data.run("CREATE TABLE order_lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, name TEXT, amount INTEGER)");
  data.run("INSERT INTO orders VALUES (5, '7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10', 'ada', 'x')");
  data.run("INSERT INTO order_lines VALUES (8, 5, 'pen', 3)");
  auto store = data.store();
  varve::schema schema{store};
  schema.add<Order>().apply();

  varve::session session{store, varve::actor{"bob"}};
  session.get<Order>(5).lines.at(0).amount = 4;
  session.commit();
  const auto versions = varve::history<Order>{store}.versions(5).all();
  REQUIRE(versions.size() == 2);
  CHECK(versions[0].is_baseline());
  CHECK(varve::history<Order>{store}.state(versions[0]).lines.at(0).amount == 3);
  CHECK(varve::history<Order>{store}.state(versions[1]).lines.at(0).amount == 4);
  CHECK(data.column("SELECT more FROM orders") == names{"x"});
  const auto found = schema.check();
  CHECK(found == names{"column orders.more is known to no descriptor"});
}

TEST_CASE("a generated column of the application's own table is a column", "[schema]") {
  database data;
  data.run(
      "CREATE TABLE priced (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, total INTEGER GENERATED ALWAYS AS (amount "
      "* "
      "2) VIRTUAL)");
  auto store = data.store();
  varve::schema schema{store};
  schema.add<Priced>().apply();
  CHECK(schema.check().empty());
  varve::session session{store, varve::actor{"ada"}};
  auto& priced = session.add(Priced{.amount = 4});
  session.commit();
  CHECK(priced.total == 8);
  priced.amount = 5;
  session.commit();
  CHECK(priced.total == 10);
  CHECK(data.column("SELECT total FROM priced_version ORDER BY transaction_id") == names{"8", "10"});
}

TEST_CASE("a missing column of the application's own table is an error that changes nothing", "[schema]") {
  database data;
  data.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT)");
  varve::schema schema{data.store()};
  schema.add<Order>();
  CHECK_THROWS_WITH(schema.apply(), Catch::Contains("orders has no column customer"));
  CHECK(data.tables() == names{"orders"});
}

TEST_CASE("a table that is no shadow table is not taken for one", "[schema]") {
  database data;
  data.run("CREATE TABLE orders_version (id INTEGER PRIMARY KEY, uuid TEXT)");
  varve::schema schema{data.store()};
  schema.add<Order>();
  CHECK_THROWS_WITH(schema.apply(), Catch::Contains("orders_version") && Catch::Contains("shadow_table<>"));
}

TEST_CASE("a field that a struct gained is added, nullable, and absent in versions before it", "[schema]") {
  database data;
  auto store = data.store();
  varve::schema{store}.add<Order>().apply();
  {
    varve::session session{store, varve::actor{"ada"}};
    session.add(Order{.customer = "ada", .lines = {{.name = "pen", .amount = 1}}});
    session.commit();
  }
  auto later = data.store();
  varve::schema schema{later};
  schema.add<LaterOrder>();
  REQUIRE_FALSE(schema.check().empty());
  test::evolve(data, schema);
  CHECK(schema.check().empty());

  varve::session session{later, varve::actor{"bob"}};
  auto& order = session.get<LaterOrder>(1);
  CHECK(order.remark == std::nullopt);
  CHECK(order.priority == 0);
  order.remark = "urgent";
  order.customer = "bob";
  order.lines.at(0).unit = "box";
  session.commit();
  const varve::history<LaterOrder> history{later};
  const auto versions = history.versions(1).all();
  REQUIRE(versions.size() == 2);
  CHECK(history.state(versions[0]).remark == std::nullopt);
  CHECK(history.state(versions[1]).remark == "urgent");

  // What was not versioned then is left alone by a restore.
  varve::reverter revert{session, versions[0]};
  revert.all();
  session.commit();
  CHECK(order.customer == "ada");
  CHECK(order.remark == "urgent");
  CHECK(order.lines.at(0).unit == "box");

  // The laws do not reach it either, and it is no drift.
  CHECK(varve::check_history(later).text() ==
        "2 live rows, 5 rows of history, 3 transactions, 4 records, 2 versions replayed: nothing found");
  CHECK(varve::find_drift(later).rows.empty());
}

TEST_CASE("the catalog says what the descriptors say, for tools without the types", "[schema]") {
  database data;
  varve::schema{data.store()}.add<Order>().apply();
  const auto content = data.column("SELECT content FROM version_catalog WHERE section = 'entity' AND name = 'order'");
  REQUIRE(content.size() == 1);
  const auto order = nlohmann::json::parse(content[0]);
  CHECK(order["table"] == "orders");
  CHECK(order["shadow"] == "orders_version");
  CHECK(order["key"] == nlohmann::json{"id"});
  CHECK(order["public_id"] == "uuid");
  CHECK(order["relations"][0]["table"] == "order_lines");
  CHECK(order["relations"][0]["natural_key"] == nlohmann::json{"name"});
  CHECK(order["relations"][0]["parent"] == nlohmann::json{"order_id"});
  CHECK(data.column("SELECT content FROM version_catalog WHERE section = 'schema' ORDER BY name") == names{"0", "1"});
}

TEST_CASE("a memory store has no tables to plan", "[schema]") {
  varve::memory_store store;
  CHECK_THROWS_WITH(varve::schema{store}, Catch::Contains("only SQL stores have a schema"));
}

TEST_CASE("a column of a child that was not versioned yet is left alone by a restore", "[schema][restore]") {
  database data;
  {
    const auto store = data.store();
    varve::schema{store}.add<Family>().apply();
    varve::session session{store, varve::actor{"ada"}};
    session.add(Family{.name = "a", .kids = {{.name = "k", .note = "precious"}}});
    session.commit();
  }
  const auto store = data.store();
  test::evolve(data, varve::schema{store}.add<LaterFamily>());
  varve::session session{store, varve::actor{"ada"}};
  auto& family = session.get<LaterFamily>(1);
  for (const char* name : {"b", "c"}) {
    family.name = name;
    session.commit();
  }
  const auto versions = varve::history<LaterFamily>{store}.versions(1).all();
  REQUIRE(versions.size() == 3);
  varve::reverter revert{session, versions[1]};
  revert.all();
  session.commit();
  CHECK(family.name == "b");
  CHECK(family.kids.at(0).note == "precious");
  CHECK(data.column("SELECT note FROM kid") == names{"precious"});
  CHECK(varve::check_history(store).count() == 0);
  CHECK(varve::find_drift(store).rows.empty());
}

TEST_CASE("a downgrade leaves what it did not create, and kinds that it was not told of", "[schema]") {
  database data;
  SECTION("tables with the names of shadow tables") {
    data.run(
        "CREATE TABLE order_lines_version (id INTEGER, transaction_id INTEGER, end_transaction_id INTEGER, "
        "operation_type INTEGER)");
    varve::schema schema{data.store()};
    schema.add<Order>().apply();
    schema.downgrade();
    CHECK(data.tables() == names{"order_lines", "order_lines_version", "orders"});
  }
  SECTION("kinds") {
    varve::schema{data.store()}.add<Order>().add<Other>().apply();
    varve::schema part{data.store()};
    part.add<Order>();
    CHECK_THROWS_WITH(part.downgrade(), Catch::Contains("other"));
    CHECK(data.tables().size() == 9);
    part.add<Other>().downgrade();
    CHECK(data.tables() == names{"order_lines", "orders", "other"});
  }
}

TEST_CASE("a database that is not varve's, or a newer varve's, is refused before anything is written", "[schema]") {
  database data;
  const auto store = data.store();
  SECTION("a table of varve's name with other columns") {
    const auto table = GENERATE("version_transaction", "version_changes", "version_catalog");
    data.run(std::string{"CREATE TABLE "} + table + " (x INTEGER)");
    const auto before = data.tables();
    CHECK_THROWS_WITH(varve::schema{store}.add<Order>().apply(),
                      Catch::Contains("are not varve's") && Catch::Contains(table));
    CHECK(data.tables() == before);
    CHECK_FALSE(varve::schema{store}.add<Order>().check().empty());
  }
  SECTION("a schema version from the future") {
    varve::schema{store}.add<Order>().apply();
    data.run("UPDATE version_catalog SET content = '99' WHERE section = 'schema' AND name = 'version'");
    CHECK_THROWS_WITH(varve::schema{store}.add<Order>().apply(), Catch::Contains("schema version 99"));
    CHECK_THROWS_WITH(varve::history<Order>{store}, Catch::Contains("schema version 99"));
  }
}

}  // namespace
