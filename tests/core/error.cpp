#include "varve/core/error.hpp"

#include <catch2/catch.hpp>

#include <set>

TEST_CASE("an error says what, where and with which native code", "[core][error]") {
  const varve::error thrown{
      varve::error_kind::full, "cannot save dataset 7: the disk is full", {"dataset", "7", "save"}, 13};
  CHECK(thrown.what() == std::string{"cannot save dataset 7: the disk is full"});
  CHECK(thrown.kind() == varve::error_kind::full);
  CHECK(thrown.where().entity == "dataset");
  CHECK(thrown.where().key == "7");
  CHECK(thrown.where().operation == "save");
  CHECK(thrown.native_code() == 13);
}

TEST_CASE("what is not known of an error is empty", "[core][error]") {
  const varve::error thrown{varve::error_kind::other, "something"};
  CHECK(thrown.where().entity.empty());
  CHECK(thrown.where().key.empty());
  CHECK(thrown.where().operation.empty());
  CHECK(thrown.native_code() == 0);
}

TEST_CASE("every error can be caught as the one base", "[core][error]") {
  CHECK_THROWS_AS(throw varve::input_error("no key"), varve::error);
  CHECK_THROWS_AS(throw varve::schema_error("no table"), varve::error);
  CHECK_THROWS_AS(throw varve::backend_error(varve::error_kind::retry, "busy", {}, 5), varve::error);
  CHECK(varve::input_error{"no key"}.kind() == varve::error_kind::input);
  CHECK(varve::schema_error{"no table"}.kind() == varve::error_kind::schema);
  CHECK(varve::backend_error{varve::error_kind::retry, "busy"}.kind() == varve::error_kind::retry);
}

TEST_CASE("each kind of error has a word of its own", "[core][error]") {
  using varve::error_kind;
  const std::pair<error_kind, std::string> words[] = {
      {error_kind::retry, "retry"},     {error_kind::elsewhere, "elsewhere"}, {error_kind::unknown, "unknown"},
      {error_kind::full, "full"},       {error_kind::input, "input"},         {error_kind::conflict, "conflict"},
      {error_kind::damaged, "damaged"}, {error_kind::schema, "schema"},       {error_kind::other, "other"}};
  for (const auto& [kind, word] : words) CHECK(varve::to_string(kind) == word);
}
