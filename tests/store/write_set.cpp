#include "varve/store/write_set.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a record's texts are cut out of the write set's", "[store][write_set]") {
  varve::write_set set;
  set.texts = R"(["a"]1["b"]"x""y")";
  set.records.push_back({.path = 0, .from = 5, .to = 5, .end = 6});
  set.records.push_back({.path = 6, .from = 11, .to = 14, .end = 17});
  CHECK(set.path_of(set.records[0]) == R"(["a"])");
  CHECK(set.from_of(set.records[0]).empty());
  CHECK(set.to_of(set.records[0]) == "1");
  CHECK(set.path_of(set.records[1]) == R"(["b"])");
  CHECK(set.from_of(set.records[1]) == R"("x")");
  CHECK(set.to_of(set.records[1]) == R"("y")");
}

TEST_CASE("a write set is empty until it has rows to write", "[store][write_set]") {
  varve::write_set set;
  set.locks.emplace_back();
  CHECK(set.empty());
  SECTION("live") { set.live.emplace_back(); }
  SECTION("shadow") { set.shadow.emplace_back(); }
  SECTION("baseline") { set.baselines.emplace_back(); }
  CHECK_FALSE(set.empty());
}

TEST_CASE("an attribution names an actor, or says that there is none", "[store][write_set]") {
  const varve::attribution named = varve::actor{"ada", 7};
  REQUIRE(named.who);
  CHECK(named.who->name == "ada");
  CHECK(named.who->id == 7);
  CHECK_FALSE(varve::actor{"ada"}.id.has_value());
  const varve::attribution nobody = varve::anonymous;
  CHECK_FALSE(nobody.who.has_value());
  CHECK(named.action_kind.empty());
  CHECK(named.token.is_nil());
}

TEST_CASE("transaction ids have the order of their numbers", "[store][write_set]") {
  CHECK(varve::transaction_id{2} < varve::transaction_id{10});
  CHECK(varve::transaction_id{2} == varve::transaction_id{2});
  CHECK(varve::transaction_id{}.value == 0);
}
