#include "varve/capture/change.hpp"

#include <catch2/catch.hpp>

#include "support/entities.hpp"

using namespace test;

TEST_CASE("only compared columns decide on versions", "[capture][change]") {
  const auto& table = *varve::info_of<Dataset>().table;
  const Dataset before{.id = 1, .table_name = "a"};
  const auto differs = [&](auto&& change) {
    Dataset after = before;
    change(after);
    return varve::detail::differs_in_compared(table, &before, &after);
  };
  CHECK(differs([](Dataset& d) { d.table_name = "b"; }));
  CHECK(differs([](Dataset& d) { d.sql = ""; }));  // null and "" are not the same as stored
  CHECK(differs([](Dataset& d) { d.uuid = varve::random_uuid(); }));
  CHECK_FALSE(differs([](Dataset& d) { d.opened = 1; }));
  CHECK_FALSE(differs([](Dataset& d) { d.hits = 1; }));
  CHECK_FALSE(differs([](Dataset& d) { d.changed_by = "x"; }));
  CHECK_FALSE(differs([](Dataset& d) { d.created_on += std::chrono::seconds{1}; }));
  CHECK_FALSE(differs([](Dataset& d) { d.metrics.emplace_back(); }));
  CHECK_FALSE(differs([](Dataset& d) { d.id = 2; }));
}

TEST_CASE("an embedded struct that comes or goes decides, also when it is empty", "[capture][change]") {
  const auto& table = *varve::info_of<Chart>().table;
  const Chart before{.id = 1};
  Chart after = before;
  after.frame = Frame{};
  CHECK(varve::detail::differs_in_compared(table, &before, &after));
  CHECK(varve::detail::differs_in_compared(table, &after, &before));
  CHECK_FALSE(varve::detail::differs_in_compared(table, &after, &after));
}

TEST_CASE("children have one key when all its columns are the same", "[capture][change]") {
  const auto& metrics = *varve::info_of<Dataset>().relations[0].table;
  const Metric a{.id = 1, .metric_name = "a"}, b{.id = 1, .metric_name = "b"}, c{.id = 2, .metric_name = "a"};
  CHECK(varve::detail::same_own_key(metrics, &a, &b));
  CHECK_FALSE(varve::detail::same_own_key(metrics, &a, &c));
  const auto& ingredients = *varve::info_of<Recipe>().relations[1].table;
  const Ingredient salt{.name = "salt"}, leek{.name = "leek"};
  CHECK(varve::detail::same_own_key(ingredients, &salt, &leek));  // they have none of their own
}

TEST_CASE("an item's context is its owner's key and its position", "[capture][change]") {
  const auto& steps = varve::info_of<Recipe>().relations[0];
  const auto owner = varve::row_key::of(varve::value::of(std::int64_t{4}));
  const varve::detail::item_positions positions{{10, 20}, {}};
  const auto second = varve::detail::context_of(owner, steps, 0, &positions, 1);
  CHECK(second.parent == &owner);
  CHECK(second.position == 20);
  CHECK(varve::detail::context_of({}, steps, 0, nullptr, 0).parent == nullptr);
  CHECK(varve::detail::context_of(owner, steps, 0, &positions, 7).position == 0);
}
