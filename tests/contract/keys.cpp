/// Keys that an application changes, or gives late.

#include "support/entities.hpp"
#include "support/stores.hpp"

namespace {

struct Cup {
  std::int8_t id{};
  std::string name{};
};
struct Shelf {
  std::int16_t id{};
  std::string name{};
  std::vector<Cup> cups{};
};

}  // namespace

template <>
struct varve::entity<Shelf>
    : varve::describe<varve::table<"shelves">,
                      varve::children<&Shelf::cups, varve::table<"cups">, varve::by<&Cup::name>>> {};

using namespace test;

namespace {

using shelf_stores = on_every_store<Shelf>;
using keys_stores = on_every_store<Note, Country, Chart, Dashboard, Dataset>;

}  // namespace

TEST_CASE_METHOD(keys_stores, "a key that changes in an object that lives is refused, and nothing is written",
                 "[keys]") {
  const auto first = save(Note{.text = "first"});
  const auto second = save(Note{.text = "second"});
  auto session = by("ada");
  auto& note = session.get<Note>(first.id);
  note.id = second.id;
  SECTION("with other values") { note.text = "other"; }
  SECTION("alone") {}
  SECTION("to one that is free") { note.id = 77; }
  SECTION("to none") { note.id = 0; }
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("its key changed"));
  CHECK_THROWS_AS(session.commit(), varve::input_error);
  CHECK(live<Note>(first.id).text == "first");
  CHECK(live<Note>(second.id).text == "second");
  note.id = first.id;
  note.text = "changed";
  commit(session);
  CHECK(live<Note>(first.id).text == "changed");
  CHECK(versions<Note>(second.id).size() == 1);
}

TEST_CASE_METHOD(keys_stores, "a key may be given to a new object until it is written", "[keys]") {
  auto session = by("ada");
  auto& country = session.add(Country{.name = "Germany"});
  country.code = "DE";
  commit(session);
  CHECK(&session.get<Country>(std::string{"DE"}) == &country);
  country.name = "Deutschland";
  commit(session);
  CHECK(live<Country>(std::string{"DE"}).name == "Deutschland");

  auto& one = session.add(Country{.code = "FR", .name = "France"});
  auto& other = session.add(Country{.name = "Spain"});
  other.code = "FR";
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("the session manages another under this key"));
  other.code = "ES";
  commit(session);
  CHECK(live<Country>(std::string{"FR"}).name == one.name);
  CHECK(live<Country>(std::string{"ES"}).name == "Spain");
}

TEST_CASE_METHOD(keys_stores, "a new object with the key of one that is erased in the same save takes its place",
                 "[keys]") {
  const auto saved = save(Note{.text = "old"});
  auto session = by("ada");
  const auto& old = session.get<Note>(saved.id);
  session.erase<Note>(saved.id);
  auto& note = session.add(Note{.text = "new"});
  note.id = saved.id;
  commit(session);
  CHECK(live<Note>(saved.id).text == "new");
  CHECK(old.text == "old");
  CHECK(&session.get<Note>(saved.id) == &note);
  note.text = "newer";
  commit(session);
  CHECK(versions<Note>(saved.id).size() == 3);
}

TEST_CASE_METHOD(keys_stores, "a value that is found by the uuid of a new object is saved under its key", "[keys]") {
  const auto id = varve::random_uuid();
  auto session = by("ada");
  session.add(Chart{.id = 50, .uuid = id, .slice_name = "a"});
  auto& chart = session.save(Chart{.uuid = id, .slice_name = "b"});
  commit(session);
  CHECK(chart.id == 50);
  chart.slice_name = "c";
  commit(session);
  CHECK(live<Chart>(50).slice_name == "c");
}

TEST_CASE_METHOD(keys_stores, "a link whose key is changed beside its uuid is not overlooked", "[keys]") {
  const auto a = save(Chart{.slice_name = "a"});
  const auto b = save(Chart{.slice_name = "b"});
  const auto board = save(Dashboard{.title = "board", .slices = {{.key = a.id}}});
  auto session = by("ada");
  auto& held = session.get<Dashboard>(board.id);
  held.slices[0].key = b.id;
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("names two"));
  held.slices[0].uuid = {};
  commit(session);
  const auto after = live<Dashboard>(board.id);
  REQUIRE(after.slices.size() == 1);
  CHECK(after.slices[0].key == b.id);
  CHECK(after.slices[0].uuid == b.uuid);
}

TEST_CASE_METHOD(shelf_stores, "a key that is given beyond what its field holds is refused before the commit",
                 "[keys]") {
  const auto save_refused = [&](auto&& change) {
    auto session = by("ada");
    change(session);
    try {
      session.commit();
      FAIL("it was stored");
    } catch (const varve::input_error& refusal) {
      CHECK_THAT(refusal.what(), Catch::Contains("larger than the field id can hold"));
    }
  };
  auto session = by("ada");
  session.add(Shelf{.id = 1, .name = "first", .cups = {{.id = 127, .name = "last"}}});
  commit(session);
  const auto before = transactions();
  save_refused([](varve::session& unit) { unit.get<Shelf>(1).cups.push_back({.name = "one more"}); });
  CHECK(live<Shelf>(1).cups.size() == 1);
  session.add(Shelf{.id = 32767, .name = "last"});
  commit(session);
  save_refused([](varve::session& unit) { unit.add(Shelf{.name = "one more"}); });
  CHECK(transactions() == before + 1);
  session.get<Shelf>(1).name = "and life goes on";
  commit(session);
  CHECK(live<Shelf>(1).name == "and life goes on");
}
