#include "varve/capture/live_rows.hpp"

#include <catch2/catch.hpp>

#include "support/entities.hpp"
#include "varve/capture/detail/changes.hpp"

using namespace test;

namespace {

varve::detail::saved_entity saved_recipe(const Recipe& before, const Recipe& after,
                                         const varve::detail::item_positions& positions) {
  varve::detail::saved_entity made;
  made.entity = &varve::info_of<Recipe>();
  made.key = varve::row_key::of(varve::value::of(before.id));
  made.base = made.flushed = &before;
  made.base_positions = made.flushed_positions = &positions;
  made.now = &after;
  return made;
}

}  // namespace

TEST_CASE("rows that come and go under one key are one update", "[capture][live_rows]") {
  const Recipe before{.id = 1, .ingredients = {{.name = "salt", .amount = 1}}};
  const Recipe other{.id = 2};
  Recipe after = before, other_after = other;
  after.ingredients.clear();
  other_after.ingredients = {{.name = "salt", .amount = 1}};  // the key holds the parent: another row
  const varve::detail::item_positions none{{}, {}};
  std::vector<varve::detail::saved_entity> entities{saved_recipe(before, after, none),
                                                    saved_recipe(other, other_after, none)};
  varve::write_set set;
  for (auto& one : entities) varve::detail::find_changes(one);
  varve::detail::plan_live_rows(set, entities);
  REQUIRE(set.live.size() == 2);
  CHECK(set.live[0].operation == varve::row_operation::remove);
  CHECK(set.live[1].operation == varve::row_operation::insert);
}

TEST_CASE("an entity whose live rows the application writes has none planned", "[capture][live_rows]") {
  const Recipe before{.id = 1, .name = "a"}, after{.id = 1, .name = "b"};
  const varve::detail::item_positions none{{}, {}};
  std::vector<varve::detail::saved_entity> entities{saved_recipe(before, after, none)};
  entities[0].write_live = false;
  varve::write_set set;
  for (auto& one : entities) varve::detail::find_changes(one);
  varve::detail::plan_live_rows(set, entities);
  CHECK(set.live.empty());
  CHECK(entities[0].items.size() == 2);
}

TEST_CASE("inserts are known by their place among the planned rows", "[capture][live_rows]") {
  const Recipe before{.id = 1, .name = "a", .steps = {{.id = 5, .name = "x"}}};
  Recipe after{.id = 1, .name = "b", .steps = {{.name = "y"}, {.name = "z"}}};
  const varve::detail::item_positions positions{{10}, {}};
  std::vector<varve::detail::saved_entity> entities{saved_recipe(before, after, positions)};
  varve::write_set set;
  for (auto& one : entities) varve::detail::find_changes(one);
  varve::detail::plan_live_rows(set, entities);
  REQUIRE(set.live.size() == 4);  // delete x, update the recipe, insert y and z
  const auto& places = entities[0].items[0];
  REQUIRE(places.size() == 2);
  CHECK(set.live[places[0]].row[set.live[places[0]].table->natural[0]].view() == "y");
  CHECK(set.live[places[1]].row[set.live[places[1]].table->natural[0]].view() == "z");
  CHECK(set.live[places[1]].operation == varve::row_operation::insert);
}
