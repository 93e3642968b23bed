#include "varve/capture/detail/changes.hpp"

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

TEST_CASE("positions are net of the transaction, whatever earlier flushes gave", "[capture][changes]") {
  const Recipe before{.id = 1, .steps = {{.id = 1, .name = "a"}, {.id = 2, .name = "b"}, {.id = 3, .name = "c"}}};
  const varve::detail::item_positions at_start{{10, 20, 30}, {}};
  Recipe flushed{.id = 1, .steps = {{.id = 3, .name = "c"}, {.id = 2, .name = "b"}, {.id = 4, .name = "d"}}};
  const varve::detail::item_positions at_flush{{5, 20, 40}, {}};
  Recipe now{.id = 1, .steps = {{.id = 1, .name = "a"}, {.id = 2, .name = "b"}, {.id = 3, .name = "c"}, {.id = 4, .name = "d"}}};
  auto one = saved(before, now, at_start);
  one.flushed = &flushed;
  one.flushed_positions = &at_flush;
  varve::detail::find_changes(one);
  CHECK(one.now_positions == varve::detail::item_positions{{10, 20, 30, 40}, {}});
  CHECK(one.changed);
}

TEST_CASE("an order alone makes a version of an ordered collection, and none of another", "[capture][changes]") {
  const Recipe before{.id = 1,
                      .steps = {{.id = 1, .name = "a"}, {.id = 2, .name = "b"}},
                      .ingredients = {{.name = "salt"}, {.name = "leek"}}};
  const varve::detail::item_positions positions{{10, 20}, {}};
  auto after = before;
  std::swap(after.ingredients[0], after.ingredients[1]);
  auto one = saved(before, after, positions);
  varve::detail::find_changes(one);
  CHECK_FALSE(one.changed);
  std::swap(after.steps[0], after.steps[1]);
  auto other = saved(before, after, positions);
  varve::detail::find_changes(other);
  CHECK(other.changed);
  CHECK(varve::detail::is_reordered(other, 0));
  CHECK_FALSE(varve::detail::is_reordered(other, 1));
}

TEST_CASE("a child that has another key now makes a version", "[capture][changes]") {
  const Recipe before{.id = 1, .steps = {{.id = 1, .name = "a"}}};
  const Recipe after{.id = 1, .steps = {{.id = 2, .name = "a"}}};
  const varve::detail::item_positions positions{{10}, {}};
  auto one = saved(before, after, positions);
  varve::detail::find_changes(one);
  CHECK(one.changed);
  CHECK(one.from_base[0].changed.size() == 1);
}
