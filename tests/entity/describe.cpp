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
struct Spot {
  std::string road{};
};
struct Mark {
  std::string name{};
  std::int64_t points{};
};
struct Sheet {
  std::int64_t id{};
  std::string title{};
  Spot spot{};
  std::vector<Mark> marks{};
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

template <>
struct varve::entity<Spot> : varve::describe<varve::formerly<&Spot::road, "street">> {};
template <>
struct varve::entity<Sheet>
    : varve::describe<varve::formerly_kind<"page", "leaf">, varve::formerly<&Sheet::title, "name", "label">,
                      varve::embedded<&Sheet::spot>, varve::formerly<&Sheet::marks, "grades">,
                      varve::children<&Sheet::marks, varve::by<&Mark::name>, varve::formerly_table<"grade">,
                                      varve::formerly<&Mark::points, "score">>> {};

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

TEST_CASE("names of before are constant data beside the table", "[entity][describe]") {
  const auto& sheet = varve::info_of<Sheet>();
  REQUIRE(sheet.table->former != nullptr);
  std::vector<std::string> names;
  for (const auto& one : sheet.table->former->fields)
    names.push_back(std::string{one.group} + "." + std::string{one.field} + " " + std::string{one.name});
  CHECK(names == std::vector<std::string>{".title name", ".title label", ".marks grades", "spot.road street"});
  REQUIRE(sheet.table->former->kinds.size() == 2);
  CHECK(sheet.table->former->kinds[1] == "leaf");
  CHECK(sheet.table->former->tables.empty());
  const auto& marks = *sheet.relations[0].table;
  REQUIRE(marks.former != nullptr);
  CHECK(marks.former->tables[0] == "grade");
  CHECK(marks.former->fields[0].name == "score");
  CHECK(varve::info_of<Page>().table->former == nullptr);
}
