#include "varve/core/value.hpp"

#include <catch2/catch.hpp>

using varve::value;
using varve::value_kind;

TEST_CASE("a value knows its kind and what it holds", "[core][value]") {
  STATIC_REQUIRE(value{}.kind() == value_kind::null);
  CHECK(value::null().is_null());
  CHECK(value::of(std::int64_t{-7}).kind() == value_kind::integer);
  CHECK(value::of(std::int64_t{-7}).integer() == -7);
  CHECK(value::of(0.5).kind() == value_kind::real);
  CHECK(value::of(0.5).real() == 0.5);
  CHECK(value::text("a").kind() == value_kind::text);
  CHECK(value::blob("a").kind() == value_kind::blob);
  CHECK(value::text("ab").view() == "ab");
  CHECK_FALSE(value::text("").is_null());
  CHECK(value::of(std::int64_t{1}).view().empty());
}

TEST_CASE("values are equal when kind and content are", "[core][value]") {
  const value values[] = {value::null(),
                          value::of(std::int64_t{0}),
                          value::of(std::int64_t{1}),
                          value::of(0.0),
                          value::of(1.0),
                          value::text(""),
                          value::text("a"),
                          value::blob(""),
                          value::blob("a")};
  for (std::size_t i = 0; i < std::size(values); ++i)
    for (std::size_t k = 0; k < std::size(values); ++k) {
      INFO(i << " and " << k);
      CHECK((values[i] == values[k]) == (i == k));
    }
}

TEST_CASE("a text is a view of its owner", "[core][value]") {
  std::string owner = "abc";
  const auto view = value::text(owner);
  owner[0] = 'x';
  CHECK(view.view() == "xbc");
}
