#include "varve/core/fixed_string.hpp"

#include <catch2/catch.hpp>

namespace {

template <varve::fixed_string Name>
struct named {
  static constexpr std::string_view name = Name.view();
};

}  // namespace

TEST_CASE("a string literal is a template argument", "[core][fixed_string]") {
  CHECK(named<"tables">::name == "tables");
  CHECK(named<"">::name.empty());
  STATIC_REQUIRE(std::is_same_v<named<"a">, named<"a">>);
  STATIC_REQUIRE_FALSE(std::is_same_v<named<"a">, named<"b">>);
}

TEST_CASE("texts are joined at compile time", "[core][fixed_string]") {
  constexpr auto two = varve::join<14>("tables", "_version");
  STATIC_REQUIRE(two.view() == "tables_version");
  constexpr auto three = varve::join<9>("parent", "_", "id");
  STATIC_REQUIRE(three.view() == "parent_id");
  STATIC_REQUIRE(varve::join<0>("", "").view().empty());
}
