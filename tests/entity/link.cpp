#include "varve/entity/link.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace {

struct Person {};
using to_user = varve::link<Person>;
using to_team = varve::link<Person, std::string>;

varve::uuid number(std::uint8_t last) {
  varve::uuid id;
  id.octets[15] = last;
  return id;
}

}  // namespace

TEST_CASE("a link has a key and a uuid, both empty at first", "[entity][link]") {
  const to_user link;
  CHECK(link.key == 0);
  CHECK(link.uuid.is_nil());
  CHECK(to_team{}.key.empty());
  CHECK(link == to_user{});
  CHECK_FALSE(link == to_user{1, {}});
  STATIC_REQUIRE(std::is_same_v<to_user::target, Person>);
}

TEST_CASE("links name the same target by uuid where both have one", "[entity][link]") {
  using varve::detail::same_target;
  CHECK(same_target(to_user{1, number(1)}, to_user{2, number(1)}));
  CHECK_FALSE(same_target(to_user{1, number(1)}, to_user{1, number(2)}));
}

TEST_CASE("links name the same target by key where one has no uuid", "[entity][link]") {
  using varve::detail::same_target;
  CHECK(same_target(to_user{1, {}}, to_user{1, number(2)}));
  CHECK_FALSE(same_target(to_user{1, {}}, to_user{2, number(2)}));
  CHECK(same_target(to_team{"a", {}}, to_team{"a", {}}));
  CHECK_FALSE(same_target(to_team{"a", {}}, to_team{"b", {}}));
}

TEST_CASE("links are told from other types", "[entity][link]") {
  STATIC_REQUIRE(varve::detail::is_link<to_user>);
  STATIC_REQUIRE(varve::detail::is_link<to_team>);
  STATIC_REQUIRE_FALSE(varve::detail::is_link<Person>);
  STATIC_REQUIRE_FALSE(varve::detail::is_link<std::vector<to_user>>);
}
