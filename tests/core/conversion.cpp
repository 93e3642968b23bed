#include "varve/core/conversion.hpp"

#include <catch2/catch.hpp>

namespace {

using varve::column_meaning;
using varve::value;
using varve::detail::as_meant;

value meant(column_meaning meaning, const value& v) {
  static std::string room;
  return as_meant(meaning, v, room);
}

TEST_CASE("a value of another type is converted where nothing is lost", "[core][conversion]") {
  const auto integer = [](std::int64_t n) { return value::of(n); };
  CHECK(meant(column_meaning::integer, value::text("-12")) == integer(-12));
  CHECK(meant(column_meaning::integer, value::of(3.0)) == integer(3));
  CHECK(meant(column_meaning::boolean, value::text("1")) == integer(1));
  CHECK(meant(column_meaning::real, integer(3)) == value::of(3.0));
  CHECK(meant(column_meaning::real, value::text("2.5")) == value::of(2.5));
  CHECK(meant(column_meaning::text, integer(-7)) == value::text("-7"));
  CHECK(meant(column_meaning::text, value::of(0.1)) == value::text("0.1"));
  CHECK(meant(column_meaning::time, value::text("2026-01-01 00:00:00.000000")) ==
        value::text("2026-01-01 00:00:00.000000"));
  CHECK(meant(column_meaning::real, value::null()).is_null());
}

TEST_CASE("a value that would lose something stays what it is", "[core][conversion]") {
  const auto large = value::of((std::int64_t{1} << 53) + 1);
  CHECK(meant(column_meaning::real, large) == large);
  for (const char* text : {"", "12x", " 12", "1.5", "99999999999999999999", "abc"})
    CHECK(meant(column_meaning::integer, value::text(text)) == value::text(text));
  for (const char* text : {"", "1,5", "nan", "inf", "1e999"})
    CHECK(meant(column_meaning::real, value::text(text)) == value::text(text));
  CHECK(meant(column_meaning::integer, value::of(1.5)) == value::of(1.5));
  CHECK(meant(column_meaning::integer, value::of(1e300)) == value::of(1e300));
  CHECK(meant(column_meaning::text, value::blob("abc")) == value::blob("abc"));
  CHECK(meant(column_meaning::blob, value::text("abc")) == value::text("abc"));
  CHECK(meant(column_meaning::blob, large) == large);
}

TEST_CASE("a record's value is converted as a column's is", "[core][conversion]") {
  using nlohmann::json;
  using varve::detail::converted_json;
  CHECK(converted_json(column_meaning::real, 3) == json(3.0));
  CHECK(converted_json(column_meaning::integer, "12") == json(12));
  CHECK(converted_json(column_meaning::text, 1.5) == json("1.5"));
  CHECK(converted_json(column_meaning::boolean, 1) == json(true));
  CHECK(converted_json(column_meaning::boolean, 7) == json(7));
  CHECK(converted_json(column_meaning::boolean, "0") == json(false));
  CHECK(converted_json(column_meaning::integer, true) == json(1));
  CHECK(converted_json(column_meaning::json, R"({"a":1})") == json{{"a", 1}});
  for (const json& kept : {json{}, json{{"a", 1}}, json("x"), json(1.5), json(18446744073709551615U)})
    CHECK(converted_json(column_meaning::integer, kept) == kept);
  CHECK(converted_json(column_meaning::json, "{") == json("{"));
}

}  // namespace
