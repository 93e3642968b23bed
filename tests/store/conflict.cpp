#include "varve/store/conflict.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a conflict tells both versions, the fields, and whether running again can help", "[store]") {
  const varve::conflict_error stale{"dataset 7 was saved", {"dataset", "7", "save"}, varve::transaction_id{3},
                                    varve::transaction_id{5}, {"sql", "metrics"}, false};
  CHECK(stale.kind() == varve::error_kind::conflict);
  CHECK(stale.where().key == "7");
  CHECK(stale.expected()->value == 3);
  CHECK(stale.found()->value == 5);
  CHECK(stale.fields() == std::vector<std::string>{"sql", "metrics"});
  CHECK_FALSE(stale.is_final());
  const varve::conflict_error named{"dataset 7 was deleted", {}, varve::transaction_id{3}, std::nullopt, {}, true};
  CHECK(named.is_final());
  CHECK_FALSE(named.found().has_value());
}

TEST_CASE("an outcome that nobody knows is an error of its own kind, with the database's code", "[store]") {
  const auto token = varve::random_uuid();
  const varve::outcome_unknown lost{"COMMIT was sent", {"", "", "commit"}, 10, token};
  CHECK(lost.token() == token);
  CHECK(varve::outcome_unknown{"no mark", {}}.token().is_nil());
  CHECK(lost.kind() == varve::error_kind::unknown);
  CHECK(lost.native_code() == 10);
}
