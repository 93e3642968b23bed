// Tables of the application's own, with types that varve would not have chosen, and settings that change how values look.
#include <cmath>

#include "support/entities.hpp"
#include "support/mariadb_program.hpp"
#include "varve/history/activity.hpp"

namespace mariadb_columns {

struct Person {
  varve::uuid id{};
  std::string name{};
};
struct Place {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};
struct Trip {
  std::int64_t id{};
  std::string title{};
  std::vector<varve::link<Place>> places{};
};
/// Values whose text depends on settings, and columns of other types than varve's own.
struct Reading {
  std::int64_t id{};
  std::int64_t whole{};
  double real{};
  float small{};
  std::string code{};
  varve::bytes raw{};
  varve::time_point at{};
  std::string settings{};
  std::int32_t rank{};
};
struct Item {
  std::int64_t id{};
  std::string name{};
};
struct Walk {  // to people, whose key is their uuid
  std::int64_t id{};
  std::vector<varve::link<Person>> people{};
};
struct Slot {
  std::int64_t id{};
  varve::time_point at{};
};
struct Longish {
  std::int64_t id{};
  varve::uuid uuid{};
  std::vector<Item> items{};
};

}  // namespace mariadb_columns

template <>
struct varve::entity<mariadb_columns::Person> : varve::describe<varve::key<&mariadb_columns::Person::id>> {};
template <>
struct varve::entity<mariadb_columns::Place> : varve::describe<varve::public_id<&mariadb_columns::Place::uuid>> {};
template <>
struct varve::entity<mariadb_columns::Trip>
    : varve::describe<varve::links<&mariadb_columns::Trip::places, varve::table<"trip_place">>> {};
template <>
struct varve::entity<mariadb_columns::Reading>
    : varve::describe<varve::document<&mariadb_columns::Reading::settings>, varve::unique<&mariadb_columns::Reading::rank>> {};
template <>
struct varve::entity<mariadb_columns::Longish>
    : varve::describe<varve::table<"a_table_whose_name_has_fifty_bytes_which_is_long__">,
                      varve::public_id<&mariadb_columns::Longish::uuid>, varve::children<&mariadb_columns::Longish::items, varve::by<&mariadb_columns::Item::name>>> {};

template <>
struct varve::entity<mariadb_columns::Walk>
    : varve::describe<varve::links<&mariadb_columns::Walk::people, varve::table<"walk_person">>> {};
template <>
struct varve::entity<mariadb_columns::Slot> : varve::describe<varve::unique<&mariadb_columns::Slot::at>> {};

using namespace test;
using namespace mariadb_columns;

namespace {

Reading reading() {
  varve::bytes raw;
  for (const int byte : {0, 255, 65, 92, 10}) raw.push_back(static_cast<varve::bytes::value_type>(byte));
  return {.whole = 9007199254740993,
          .real = 0.1 + 0.2,
          .small = 0.1F,
          .code = "DE",
          .raw = raw,
          .at = start + 1us,
          .settings = R"({"a":1})",
          .rank = 1};
}
bool same(const Reading& a, const Reading& b) {
  return a.whole == b.whole && a.real == b.real && a.small == b.small && a.code == b.code && a.raw == b.raw &&
         a.at == b.at && a.settings == b.settings && a.rank == b.rank;
}
constexpr const char* reading_table =
    "CREATE TABLE reading (id int AUTO_INCREMENT PRIMARY KEY, whole decimal(20) NOT NULL, `real` double NOT NULL, small "
    "float NOT NULL, code char(5) NOT NULL, raw varbinary(20) NOT NULL, `at` timestamp(6) NOT NULL, "
    "settings longtext NOT NULL, `rank` int NOT NULL UNIQUE)";

}  // namespace

TEST_CASE("MariaDB: uuid columns of the application's own are keys, public ids and what links lead to", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  program.run("CREATE TABLE person (id uuid PRIMARY KEY, name text NOT NULL)");
  program.run(
      "CREATE TABLE place (id bigint AUTO_INCREMENT PRIMARY KEY, uuid uuid UNIQUE NOT NULL, name text "
      "NOT NULL)");
  const varve::mariadb::store store = varve::mariadb::open<Person, Place, Trip>(*connection);
  const auto id = varve::random_uuid();
  varve::session session{store, varve::actor{"ada"}};
  session.add(Person{.id = id, .name = "a"});
  session.commit();
  session.get<Person>(id).name = "b";
  session.commit();
  session.get<Person>(id).name = "c";
  session.flush();
  session.commit();
  CHECK(varve::history<Person>{store}.versions(id).count() == 3);

  auto& place = session.add(Place{.name = "here"});
  session.commit();
  auto& trip = session.add(Trip{.title = "t", .places = {{.key = place.id}}});
  session.commit();
  const varve::history<Trip> history{store};
  const auto state = history.state(history.versions(trip.id).all().back());
  REQUIRE(state.places.size() == 1);
  CHECK(state.places[0].uuid == place.uuid);
  varve::session other{store, varve::actor{"bob"}};
  CHECK(other.get<Trip>(trip.id).places.at(0).uuid == place.uuid);
  CHECK(other.find<Place>(place.uuid) != nullptr);
  other.erase<Person>(id);
  other.commit();
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: times that are unique are exchanged", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Slot>(*connection);
  varve::session session{store, varve::actor{"ada"}};
  auto& one = session.add(Slot{.at = start});
  auto& two = session.add(Slot{.at = start + 1us});
  session.commit();
  std::swap(one.at, two.at);
  session.commit();
  varve::session other{store, varve::actor{"bob"}};
  CHECK(other.get<Slot>(one.id).at == start + 1us);
  CHECK(other.get<Slot>(two.id).at == start);
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: columns of other types than varve's own keep each value", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  program.run(reading_table);
  const varve::mariadb::store store = varve::mariadb::open<Reading>(*connection);
  varve::session session{store, varve::actor{"ada"}};
  auto& one = session.add(reading());
  auto& two = session.add(reading());
  two.rank = 2;
  session.commit();
  std::swap(one.rank, two.rank);
  session.commit();
  varve::session other{store, varve::actor{"bob"}};
  auto expected = reading();
  expected.rank = 2;
  CHECK(same(other.get<Reading>(one.id), expected));
  const varve::history<Reading> history{store};
  CHECK(same(history.state(history.versions(one.id).all().back()), expected));
  CHECK(same(history.state(history.versions(one.id).all().front()), reading()));
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: a column of the application's own that does not compare by bytes is named", "[server][mariadb][schema]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Dataset>(*connection);
  varve::schema schema{store};
  schema.add<Dataset>();
  CHECK(schema.check() == lines{});
  mariadb_program program{*connection};
  program.run("ALTER TABLE tables MODIFY slug VARCHAR(100) COLLATE utf8mb4_bin NULL");  // pads texts with spaces
  const auto found = schema.check();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("tables.slug has the collation utf8mb4_bin"));
}

TEST_CASE("MariaDB: names of actors are found in either case of ASCII letters, and of no others", "[server][mariadb][activity]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Note>(*connection);
  varve::session session{store, varve::actor{"\xC3\x84" "da"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();
  note.text = "b";
  session.commit();
  CHECK(varve::activity{store}.by_part("\xC3\x84" "DA").page(10).size() == 1);
  CHECK(varve::activity{store}.by_part("\xC3\xA4" "da").page(10).empty());
}
