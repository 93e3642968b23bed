#include "varve/diff/visitor.hpp"

#include "diff/dataset.hpp"

using namespace small;

namespace {

Dataset before_state() {
  Dataset made;
  made.table_name = "sales";
  made.params = R"({"a":1})";
  made.metrics = {metric("gone"), metric("edited", "1")};
  made.steps = {{"a", false}, {"b", false}};
  made.owners = {{1, {}}};
  return made;
}
Dataset after_state() {
  Dataset made;
  made.table_name = "sales_2026";
  made.sql = "select 1";
  made.params = R"({"a":2,"b":3})";
  made.address = {"Main", "Oslo"};
  made.billing.emplace();
  made.metrics = {metric("edited", "2"), metric("new")};
  made.steps = {{"b", false}, {"a", false}};
  made.owners = {{2, {}}};
  return made;
}

}  // namespace

TEST_CASE("a visitor gets what it asks for, by member", "[diff][visitor]") {
  const auto before = before_state();
  const auto after = after_state();
  std::vector<std::string> seen;
  varve::diff(before, after,
              varve::overloaded{
                  [&](varve::changed<&Dataset::table_name> c) {
                    CHECK(&c.from == &before.table_name);
                    CHECK(&c.to == &after.table_name);
                    seen.push_back("changed " + std::string{c.name});
                  },
                  [&](varve::changed<&Dataset::sql> c) {
                    CHECK_FALSE(c.from.has_value());
                    CHECK(c.to == "select 1");
                    seen.push_back("changed " + std::string{c.name});
                  },
                  [&](varve::added<&Dataset::metrics> c) {
                    CHECK(&c.item == &after.metrics[1]);
                    seen.push_back("added " + std::string{c.name} + " " + c.item.metric_name);
                  },
                  [&](varve::removed<&Dataset::metrics> c) {
                    CHECK(&c.item == &before.metrics[0]);
                    seen.push_back("removed " + std::string{c.name} + " " + c.item.metric_name);
                  },
                  [&](varve::edited<&Dataset::metrics> c) {
                    CHECK(&c.from == &before.metrics[1]);
                    CHECK(&c.to == &after.metrics[0]);
                    seen.push_back("edited " + std::string{c.name} + " " + c.from.metric_name);
                  },
                  [&](varve::reordered<&Dataset::steps> c) {
                    CHECK(&c.from == &before.steps);
                    CHECK(&c.to == &after.steps);
                    seen.push_back("reordered " + std::string{c.name});
                  },
                  [&](varve::added<&Dataset::owners> c) { seen.push_back("owner " + std::to_string(c.item.key)); },
                  [](const auto&) {}});
  CHECK(seen == std::vector<std::string>{"changed sql", "changed table_name", "removed metrics gone",
                                         "edited metrics edited", "added metrics new", "reordered steps", "owner 2"});
}

TEST_CASE("a document and an embedded struct count as one field", "[diff][visitor]") {
  const auto before = before_state();
  const auto after = after_state();
  std::vector<std::string> seen;
  varve::diff(
      before, after,
      varve::overloaded{[&](varve::changed<&Dataset::params> c) { seen.push_back(std::string{c.name} + " " + c.to); },
                        [&](varve::changed<&Dataset::address> c) {
                          CHECK(c.to.city == "Oslo");
                          seen.emplace_back(c.name);
                        },
                        [&](varve::changed<&Dataset::billing> c) {
                          CHECK_FALSE(c.from.has_value());
                          CHECK(c.to.has_value());
                          seen.emplace_back(c.name);
                        },
                        [](const auto&) {}});
  CHECK(seen == std::vector<std::string>{"address", "billing", R"(params {"a":2,"b":3})"});
}

TEST_CASE("two embedded structs that differ are both told", "[diff][visitor]") {
  Dataset before, after;
  before.billing = Address{"a", "b"};
  after.billing = Address{"c", "d"};
  after.address = {"e", "f"};
  std::vector<std::string> seen;
  varve::diff(before, after, [&](const auto& c) { seen.emplace_back(c.name); });
  CHECK(seen == std::vector<std::string>{"address", "billing"});
}

TEST_CASE("a visitor that takes everything sees each difference once", "[diff][visitor]") {
  const auto before = before_state();
  const auto after = after_state();
  std::vector<std::string> seen;
  varve::diff(before, after,
              [&](const auto& c) { seen.push_back(std::string{c.name} + " " + std::to_string(c.index)); });
  CHECK(seen.size() == 11);
  varve::diff(before, before, [&](const auto&) { FAIL("nothing differs"); });
}

TEST_CASE("a visitor is told of what equivalence passes over as little as records are", "[diff][visitor]") {
  Dataset before, after;
  after.sql = "";
  after.views = 3;
  after.hidden = "x";
  varve::diff(before, after, [&](const auto& c) { FAIL(c.name); });
}

TEST_CASE("a difference knows its field's place", "[diff][visitor]") {
  STATIC_REQUIRE(varve::changed<&Dataset::uuid>::index == 1);
  STATIC_REQUIRE(varve::added<&Dataset::metrics>::index == varve::removed<&Dataset::metrics>::index);
}
