/// Structs that change more than once, or in ways that what was stored cannot follow.

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

#include "schema/database.hpp"

namespace {

using test::database;

// The kind `doc`, in its years.
struct Ab { std::int64_t id{}; std::string a{}, b{}; };
struct Bc { std::int64_t id{}; std::string b{}, c{}; };            // b was a, c was b
struct A { std::int64_t id{}; std::string a{}; };
struct AWasB { std::int64_t id{}; std::string a{}; };
struct BWasA { std::int64_t id{}; std::string b{}; };
struct CWasB { std::int64_t id{}; std::string c{}; };
struct Plain { std::int64_t id{}; std::string text{}; };
struct StatusWasText { std::int64_t id{}; std::string status{}; };
struct StatusAndText { std::int64_t id{}; std::string status{}, text{}; };
struct UnversionedRename { std::int64_t id{}; std::string title{}; };
struct Count { std::int64_t id{}; std::int64_t n{}; };
struct CountAsText { std::int64_t id{}; std::string n{}; };
struct Nothing { std::int64_t id{}; };
struct Time { std::int64_t id{}; varve::time_point at{}; };
struct TimeAsText { std::int64_t id{}; std::string at{}; };
struct Code { std::string id{}; std::string text{}; };
struct CodeAsNumber { std::int64_t id{}; std::string text{}; };
struct Optional { std::int64_t id{}; std::optional<std::int64_t> n{}; std::string text{}; };
struct NotOptional { std::int64_t id{}; std::int64_t n{}; std::string text{}; };
struct Place { std::string street{}; };
struct Flat { std::int64_t id{}; std::string home_street{}; };
struct Within { std::int64_t id{}; Place home{}; };
struct Item { std::int64_t id{}; std::string key{}; };
struct Items { std::int64_t id{}; std::string text{}; std::vector<Item> items{}; };
struct Counted { std::int64_t id{}; std::string key{}; std::int64_t count{7}; };
struct CountedItems { std::int64_t id{}; std::string text{}; std::vector<Counted> items{}; };
struct Paper { std::int64_t id{}; std::string text{}; };
struct Sheet { std::int64_t id{}; std::string text{}; };
struct PaperWithItems { std::int64_t id{}; std::string text{}; std::vector<Item> items{}; };
struct Slug { std::int64_t id{}; std::string text{}; std::optional<std::string> slug{}; };
struct Tagged { std::int64_t id{}; std::vector<std::string> tags{}; };
struct TagRow { std::int64_t id{}; std::string value{}; };
struct TaggedWithRows { std::int64_t id{}; std::vector<TagRow> tags{}; };
struct Target { std::int64_t id{}; };
struct Other { std::int64_t id{}; };
struct Refers { std::int64_t id{}; std::int64_t of{}; };
struct RefersElsewhere { std::int64_t id{}; std::int64_t of{}; };
struct Columns { std::int64_t id{}; std::string a{}, b{}; };
struct Exchanged { std::int64_t id{}; std::string a{}, b{}; };
struct Gains { std::int64_t id{}; std::int64_t n{}; std::optional<std::int64_t> of{}; };
struct Upper { std::int64_t id{}; std::string text{}; std::string Text{}; };

}  // namespace

template <> struct varve::entity<Ab> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<Bc> : varve::describe<varve::kind<"doc">, varve::formerly<&Bc::b, "a">, varve::formerly<&Bc::c, "b">> {};
template <> struct varve::entity<A> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<AWasB> : varve::describe<varve::kind<"doc">, varve::formerly<&AWasB::a, "b">> {};
template <> struct varve::entity<BWasA> : varve::describe<varve::kind<"doc">, varve::formerly<&BWasA::b, "a">> {};
template <> struct varve::entity<CWasB> : varve::describe<varve::kind<"doc">, varve::formerly<&CWasB::c, "b">> {};
template <> struct varve::entity<Plain> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<StatusWasText> : varve::describe<varve::kind<"doc">, varve::formerly<&StatusWasText::status, "text">> {};
template <> struct varve::entity<StatusAndText> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<UnversionedRename> : varve::describe<varve::kind<"doc">, varve::unversioned, varve::formerly<&UnversionedRename::title, "text">> {};
template <> struct varve::entity<Count> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<CountAsText> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<Nothing> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<Time> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<TimeAsText> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<Code> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<CodeAsNumber> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<Optional> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<NotOptional> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<Flat> : varve::describe<varve::kind<"doc">> {};
template <> struct varve::entity<Within> : varve::describe<varve::kind<"doc">, varve::embedded<&Within::home>> {};
template <> struct varve::entity<Items> : varve::describe<varve::kind<"doc">, varve::children<&Items::items, varve::by<&Item::key>>> {};
template <> struct varve::entity<CountedItems> : varve::describe<varve::kind<"doc">, varve::children<&CountedItems::items, varve::by<&Counted::key>, varve::table<"item">>> {};
template <> struct varve::entity<Paper> : varve::describe<varve::formerly_kind<"doc">> {};
template <> struct varve::entity<Sheet> : varve::describe<varve::formerly_kind<"paper">, varve::formerly_kind<"doc">> {};
template <> struct varve::entity<PaperWithItems> : varve::describe<varve::kind<"paper">, varve::formerly_kind<"doc">, varve::children<&PaperWithItems::items, varve::by<&Item::key>>> {};
template <> struct varve::entity<Slug> : varve::describe<varve::kind<"doc">, varve::unique<&Slug::slug>> {};
template <> struct varve::entity<Tagged> : varve::describe<varve::kind<"doc">, varve::children<&Tagged::tags>> {};
template <> struct varve::entity<TaggedWithRows> : varve::describe<varve::kind<"doc">, varve::children<&TaggedWithRows::tags, varve::by<&TagRow::value>>> {};
template <> struct varve::entity<Target> : varve::describe<> {};
template <> struct varve::entity<Other> : varve::describe<> {};
template <> struct varve::entity<Refers> : varve::describe<varve::kind<"ref">, varve::reference<&Refers::of, Target>> {};
template <> struct varve::entity<RefersElsewhere> : varve::describe<varve::kind<"ref">, varve::reference<&RefersElsewhere::of, Other>> {};
template <> struct varve::entity<Exchanged> : varve::describe<varve::kind<"doc">, varve::column<&Exchanged::a, "y">, varve::column<&Exchanged::b, "x">> {};
template <> struct varve::entity<Columns> : varve::describe<varve::kind<"doc">, varve::column<&Columns::a, "x">, varve::column<&Columns::b, "y">> {};
template <> struct varve::entity<Gains> : varve::describe<varve::kind<"doc">, varve::reference<&Gains::of, Target>> {};
template <> struct varve::entity<Upper> : varve::describe<varve::kind<"doc">> {};

namespace {

/// The store with the tables of the struct as it is in this year.
template <class Entity>
varve::store_handle in_the_year_of(database& data) {
  auto store = data.store();
  test::evolve(data, varve::schema{store}.add<Entity>());
  store.base().use(varve::info_of<Entity>());
  return store;
}
/// A version for each state.
template <class Entity>
void write(database& data, const std::vector<Entity>& states) {
  const auto store = in_the_year_of<Entity>(data);
  varve::session session{store, varve::actor{"ada"}};
  auto& managed = session.add(states.front());
  session.commit();
  for (std::size_t i = 1; i < states.size(); ++i) {
    const auto id = managed.id;
    managed = states[i];
    managed.id = id;
    session.commit();
  }
}
template <class Entity>
void refused(database& data, const std::string& why) {
  const auto before = data.column("SELECT sql FROM sqlite_master");
  auto store = data.store();
  CHECK_THROWS_WITH(varve::schema{store}.add<Entity>().apply(), Catch::Contains(why));
  CHECK(data.column("SELECT sql FROM sqlite_master") == before);
}
/// The records of each version of entity 1 lead from the state before to its own, and the doctor finds nothing.
template <class Entity>
std::vector<Entity> states(const varve::store_handle& store) {
  const varve::history<Entity> history{store};
  std::vector<Entity> found;
  for (const auto& version : history.versions(std::int64_t{1})) {
    found.push_back(history.state(version));
    if (found.size() < 2) continue;
    auto state = found[found.size() - 2];
    varve::apply(state, version.changes().records());
    CHECK(varve::equivalent(state, found.back()));
  }
  const auto report = varve::check_history(store);
  INFO(report.text());
  CHECK(report.count() == 0);
  return found;
}

}  // namespace

TEST_CASE("fields of which one takes the name that another leaves keep their values", "[schema][evolution]") {
  database data;
  write<Ab>(data, {{.a = "a1", .b = "b1"}, {.a = "a2", .b = "b2"}});
  const auto found = states<Bc>(in_the_year_of<Bc>(data));
  REQUIRE(found.size() == 2);
  CHECK(found[0].b == "a1");
  CHECK(found[1].b == "a2");
  CHECK(found[1].c == "b2");
}

TEST_CASE("a field renamed twice without a save in between has its records", "[schema][evolution]") {
  database data;
  write<A>(data, {{.a = "one"}, {.a = "two"}});
  in_the_year_of<BWasA>(data);
  const auto found = states<CWasB>(in_the_year_of<CWasB>(data));
  REQUIRE(found.size() == 2);
  CHECK(found[1].c == "two");
}

TEST_CASE("a store that is in use learns what a kind that comes later was called", "[schema][evolution]") {
  database data;
  write<A>(data, {{.a = "one"}, {.a = "two"}});
  auto store = data.store();
  test::evolve(data, varve::schema{store}.add<BWasA>());
  store.base().use(varve::info_of<BWasA>());
  CHECK(states<BWasA>(store).size() == 2);
}

TEST_CASE("two columns of which one should have become the other are not guessed at", "[schema][evolution]") {
  database data;
  SECTION("a name that came back to a table that still has its column") {
    write<StatusAndText>(data, {{.status = "old", .text = "t"}});
    in_the_year_of<Plain>(data);
    refused<StatusWasText>(data, "has both a column status and a column text");
  }
  SECTION("both are fields of the kind") {
    write<Ab>(data, {{.a = "a1", .b = "b1"}});
    refused<AWasB>(data, "the field a of doc was beside b");
  }
  SECTION("both are kinds") {
    write<Plain>(data, {{.text = "t"}});
    data.run("INSERT INTO version_catalog SELECT section, 'paper', replace(replace(content, '\"doc\"', '\"paper\"'), "
             "'doc_version', 'paper_version') FROM version_catalog WHERE section = 'entity'");
    refused<Paper>(data, "a history of both the kind paper and the kind doc");
  }
}

TEST_CASE("a history is not left behind under old names", "[schema][evolution]") {
  database data;
  write<Plain>(data, {{.text = "t"}});
  refused<UnversionedRename>(data, "has a history and is unversioned");
}

TEST_CASE("a program that knows a kind by the name of before is refused", "[schema][evolution]") {
  database data;
  write<Plain>(data, {{.text = "a"}});
  in_the_year_of<Paper>(data);
  refused<Plain>(data, "renamed in this database");
  in_the_year_of<Sheet>(data);
  refused<Plain>(data, "the kind sheet now");
  refused<Paper>(data, "the kind sheet now");
  const auto store = data.store();  // one that describes both means a new kind
  test::evolve(data, varve::schema{store}.add<Sheet>().add<Plain>());
  in_the_year_of<Plain>(data);
}

TEST_CASE("types that what was stored cannot follow are refused", "[schema][evolution]") {
  database data;
  SECTION("of a column that was away meanwhile") {
    write<Count>(data, {{.n = 7}});
    in_the_year_of<Nothing>(data);
    refused<CountAsText>(data, "is declared INTEGER, which would change text values");
  }
  SECTION("a time as text") {
    write<Time>(data, {Time{}});
    refused<TimeAsText>(data, "the field at of doc was time and is text now");
  }
  SECTION("of a key") {
    const auto store = in_the_year_of<Code>(data);
    varve::session session{store, varve::actor{"ada"}};
    session.add(Code{.id = "7"});
    session.commit();
    refused<CodeAsNumber>(data, "the type of key id of doc was text and is integer now");
  }
  SECTION("a field that moves into an embedded struct") {
    write<Flat>(data, {{.home_street = "quay"}});
    refused<Within>(data, "the field street of doc was the entity's own and is in home now");
  }
}

TEST_CASE("what was absent in an optional is a default where it is none any more", "[schema][evolution]") {
  database data;
  write<Optional>(data, {{.text = "a"}, {.n = 3, .text = "a"}, {.text = "a"}});
  const auto found = states<NotOptional>(in_the_year_of<NotOptional>(data));
  REQUIRE(found.size() == 3);
  CHECK(found[1].n == 3);
  CHECK(found[2].n == 0);
}

TEST_CASE("a child that comes back has the struct's defaults in what it did not have then", "[schema][evolution]") {
  database data;
  write<Items>(data, {{.text = "a", .items = {{.key = "one"}, {.key = "two"}}}});
  const auto store = in_the_year_of<CountedItems>(data);
  varve::session session{store, varve::actor{"ada"}};
  auto& managed = *session.find<CountedItems>(1);
  managed.items.erase(managed.items.begin());
  managed.items.front().count = 3;
  session.commit();
  varve::reverter revert{session, varve::history<CountedItems>{store}.versions(1).page(1).front()};
  revert.all();
  session.commit();
  REQUIRE(managed.items.size() == 2);
  for (const auto& item : managed.items) CHECK(item.count == (item.key == "one" ? 7 : 3));
}

TEST_CASE("a key that compares texts otherwise than by bytes is named", "[schema][evolution]") {
  database data;
  const auto create = [&](const std::string& type) {
    data.run("CREATE TABLE doc (id " + type + " NOT NULL PRIMARY KEY, text TEXT NOT NULL COLLATE NOCASE)");
    auto store = data.store();
    varve::schema tables{store};
    tables.add<Code>().apply();
    return tables.check();
  };
  CHECK(create("TEXT").empty());
  data.run("DROP TABLE doc");
  const auto found = create("TEXT COLLATE NOCASE");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("doc.id") && Catch::Contains("NOCASE"));
}

TEST_CASE("a collection that comes back under another owner's name is not mixed with the one of before", "[schema][evolution]") {
  database data;
  write<Items>(data, {{.text = "t", .items = {{.key = "k"}}}});
  in_the_year_of<Paper>(data);
  refused<PaperWithItems>(data, "without the column paper_id of its owner's key");
}

TEST_CASE("a downgrade takes the history of collections that are gone too", "[schema][evolution]") {
  database data;
  write<Items>(data, {{.text = "t", .items = {{.key = "k"}}}});
  {
    auto store = data.store();
    varve::schema schema{store};
    schema.add<Plain>().apply();
    schema.downgrade();
  }
  CHECK(data.tables() == test::names{"doc", "item"});
  write<Items>(data, {{.text = "again"}});
  CHECK(states<Items>(in_the_year_of<Items>(data)).size() == 0);  // entity 1 is of before varve
}

TEST_CASE("a unique field that comes is enforced", "[schema][evolution]") {
  database data;
  write<Plain>(data, {{.text = "t"}});
  const auto store = in_the_year_of<Slug>(data);
  varve::session session{store, varve::actor{"ada"}};
  session.add(Slug{.text = "a", .slug = "same"});
  session.add(Slug{.text = "b", .slug = "same"});
  CHECK_THROWS_AS(session.commit(), varve::backend_error);
}

TEST_CASE("plain values do not become structs, and a reference does not lead elsewhere", "[schema][evolution]") {
  {
    database data;
    write<Tagged>(data, {{.tags = {"a"}}});
    refused<TaggedWithRows>(data, "the content of doc.tags was plain values and is structs");
  }
  {
    database data;
    in_the_year_of<Refers>(data);
    refused<RefersElsewhere>(data, "the target of of");
  }
}

TEST_CASE("columns that two fields exchange keep what they hold, and their records follow", "[schema][evolution]") {
  database data;
  write<Columns>(data, {{.a = "a", .b = "b"}, {.a = "a", .b = "c"}});
  const auto found = states<Exchanged>(in_the_year_of<Exchanged>(data));
  REQUIRE(found.size() == 2);
  CHECK(found[1].a == "c");
  CHECK(found[1].b == "a");
}

TEST_CASE("a reference that comes is enforced", "[schema][evolution]") {
  database data;
  write<Count>(data, {{.n = 1}});
  const auto store = in_the_year_of<Gains>(data);
  data.run("PRAGMA foreign_keys = ON");
  varve::session session{store, varve::actor{"ada"}};
  auto& managed = *session.find<Gains>(1);
  managed.of = 5;
  CHECK_THROWS_AS(session.commit(), varve::backend_error);
}

TEST_CASE("a field whose name differs from a column's in case alone is refused", "[schema][evolution]") {
  database data;
  write<Plain>(data, {{.text = "t"}});
  refused<Upper>(data, "differs in case alone");
}

TEST_CASE("a column of an optional that cannot be loosened is named", "[schema][evolution]") {
  database data;
  write<Plain>(data, {{.text = "t"}});
  data.run("CREATE TABLE other (id INTEGER PRIMARY KEY AUTOINCREMENT, text text not null); INSERT INTO other SELECT * FROM "
           "doc; DROP TABLE doc; ALTER TABLE other RENAME TO doc");
  refused<Nothing>(data, "the column doc.text must allow null now");
}
