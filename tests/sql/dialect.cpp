#include "varve/sql/dialect.hpp"

#include <catch2/catch.hpp>

TEST_CASE("names are quoted, and quotes in them doubled", "[sql][dialect]") {
  CHECK(varve::sql::quote_name("tables") == "\"tables\"");
  CHECK(varve::sql::quote_name("a\"b") == "\"a\"\"b\"");
  CHECK(varve::sql::quote_name("order; DROP TABLE x") == "\"order; DROP TABLE x\"");
}
