#include "varve/capture/live_rows.hpp"

#include <catch2/catch.hpp>

#include "support/entities.hpp"

using namespace test;

namespace {

varve::detail::saved_entity saved(const Recipe& before, const Recipe& after, const varve::detail::item_positions& positions) {
  varve::detail::saved_entity made;
  made.entity = &varve::info_of<Recipe>();
  made.key = varve::row_key::of(varve::value::of(before.id));
  made.base = made.flushed = &before;
  made.base_positions = made.flushed_positions = &positions;
  made.now = &after;
  return made;
}

}  // namespace

TEST_CASE("positions are net of the transaction, whatever earlier flushes gave", "[capture][live_rows]") {
  const Recipe before{.id = 1, .steps = {{.id = 1, .name = "a"}, {.id = 2, .name = "b"}, {.id = 3, .name = "c"}}};
  const varve::detail::item_positions at_start{{10, 20, 30}, {}};
  Recipe flushed{.id = 1, .steps = {{.id = 3, .name = "c"}, {.id = 2, .name = "b"}, {.id = 4, .name = "d"}}};
  const varve::detail::item_positions at_flush{{5, 20, 40}, {}};
  Recipe now{.id = 1, .steps = {{.id = 1, .name = "a"}, {.id = 2, .name = "b"}, {.id = 3, .name = "c"}, {.id = 4, .name = "d"}}};
  auto one = saved(before, now, at_start);
  one.flushed = &flushed;
  one.flushed_positions = &at_flush;
  varve::detail::place_items(one);
  CHECK(one.now_positions == varve::detail::item_positions{{10, 20, 30, 40}, {}});
}

TEST_CASE("rows that come and go under one key are one update", "[capture][live_rows]") {
  const Recipe before{.id = 1, .ingredients = {{.name = "salt", .amount = 1}}};
  const Recipe other{.id = 2};
  Recipe after = before, other_after = other;
  after.ingredients.clear();
  other_after.ingredients = {{.name = "salt", .amount = 1}};  // the key holds the parent: another row
  const varve::detail::item_positions none{{}, {}};
  std::vector<varve::detail::saved_entity> entities{saved(before, after, none), saved(other, other_after, none)};
  varve::write_set set;
  varve::detail::plan_live_rows(set, entities);
  REQUIRE(set.live.size() == 2);
  CHECK(set.live[0].operation == varve::row_operation::remove);
  CHECK(set.live[1].operation == varve::row_operation::insert);
}

TEST_CASE("an entity whose live rows the application writes has none planned", "[capture][live_rows]") {
  const Recipe before{.id = 1, .name = "a"}, after{.id = 1, .name = "b"};
  const varve::detail::item_positions none{{}, {}};
  std::vector<varve::detail::saved_entity> entities{saved(before, after, none)};
  entities[0].write_live = false;
  varve::write_set set;
  varve::detail::plan_live_rows(set, entities);
  CHECK(set.live.empty());
  CHECK(entities[0].items.size() == 2);
}

TEST_CASE("inserts are known by their place among the planned rows", "[capture][live_rows]") {
  const Recipe before{.id = 1, .name = "a", .steps = {{.id = 5, .name = "x"}}};
  Recipe after{.id = 1, .name = "b", .steps = {{.name = "y"}, {.name = "z"}}};
  const varve::detail::item_positions positions{{10}, {}};
  std::vector<varve::detail::saved_entity> entities{saved(before, after, positions)};
  varve::write_set set;
  varve::detail::plan_live_rows(set, entities);
  REQUIRE(set.live.size() == 4);  // delete x, update the recipe, insert y and z
  const auto& places = entities[0].items[0];
  REQUIRE(places.size() == 2);
  CHECK(set.live[places[0]].row[set.live[places[0]].table->natural[0]].view() == "y");
  CHECK(set.live[places[1]].row[set.live[places[1]].table->natural[0]].view() == "z");
  CHECK(set.live[places[1]].operation == varve::row_operation::insert);
}
