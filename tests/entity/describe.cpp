#include "varve/entity/describe.hpp"

#include <catch2/catch.hpp>

#include "entity/entities.hpp"
#include "varve/diff/rules.hpp"

namespace {

struct Nobody {
  int id{};
};

/// Both described outside and inside: the specialisation counts.
struct Twice {
  std::int64_t id{};
  using varve_entity = varve::describe<varve::table<"inside">>;
};

struct Page {
  std::int64_t id{};
  std::string body{};
};
const varve::rule_set& page_rules() {
  static const varve::rule_set rules;
  return rules;
}

}  // namespace

template <>
struct varve::entity<Twice> : varve::describe<varve::table<"outside">> {};
template <>
struct varve::entity<Page> : varve::describe<varve::document<&Page::body>, varve::rules<page_rules>> {};

using namespace described;

TEST_CASE("a struct is an entity when it is described", "[entity][describe]") {
  STATIC_REQUIRE(varve::entity_type<Dataset>);
  STATIC_REQUIRE(varve::entity_type<Account>);
  STATIC_REQUIRE(varve::entity_type<HttpEndPoint2>);
  STATIC_REQUIRE_FALSE(varve::entity_type<Nobody>);
  STATIC_REQUIRE_FALSE(varve::entity_type<Cell>);
  STATIC_REQUIRE_FALSE(varve::entity_type<int>);
}

TEST_CASE("a derived struct is not described by its base's specialisation", "[entity][describe]") {
  struct Derived : User {};
  STATIC_REQUIRE_FALSE(varve::entity_type<Derived>);
}

TEST_CASE("a specialisation goes before a description inside the struct", "[entity][describe]") {
  CHECK(varve::info_of<Twice>().table->name == "outside");
}

TEST_CASE("a descriptor may name the rules of its documents", "[entity][describe]") {
  REQUIRE(varve::info_of<Page>().rules != nullptr);
  CHECK(varve::info_of<Page>().rules() == &page_rules());
  CHECK(&varve::rules_of(varve::info_of<Page>()) == &page_rules());
  CHECK(varve::info_of<Dataset>().rules == nullptr);
}
