#include "varve/backend/detail/mariadb_text.hpp"

#include <catch2/catch.hpp>

#include <limits>

#include "support/fixture.hpp"
#include "varve/backend/detail/mariadb_connection.hpp"

using namespace test;

namespace {

lines written(std::string_view text, const std::vector<varve::value>& values, bool plain_backslashes = true) {
  lines made;
  varve::mariadb::detail::template_text{text, {plain_backslashes}}.statements(
      values, [&](std::string one, bool) { made.push_back(std::move(one)); });
  return made;
}
std::string literal(const varve::value& v, bool plain_backslashes = true) {
  return written("?", {v}, plain_backslashes).at(0);
}

}  // namespace

TEST_CASE("what gives rows is known by what stands outside of quotes", "[backend][mariadb_text]") {
  std::vector<bool> found;
  varve::mariadb::detail::template_text{
      "SELECT 1; INSERT INTO t VALUES (?) RETURNING id; UPDATE \"a RETURNING b\" SET x = ' RETURNING '; WITH a AS "
      "(SELECT 1) "
      "SELECT 2; SET @a = 1",
      {true}}
      .statements(std::vector{varve::value::text(" RETURNING ")},
                  [&](const std::string&, bool has_rows) { found.push_back(has_rows); });
  CHECK(found == std::vector{true, true, false, true, false});
}

TEST_CASE("values are written so that nothing in them ends them", "[backend][mariadb_text]") {
  using varve::value;
  CHECK(literal(value::null()) == "NULL");
  CHECK(literal(value::of(std::int64_t{-7})) == "-7");
  CHECK(literal(value::of(std::numeric_limits<std::int64_t>::min())) == "-9223372036854775808");
  CHECK(literal(value::of(1.5)) == "1.5e0");
  CHECK(literal(value::of(1e300)) == "1e+300");
  CHECK(literal(value::text("")) == "''");
  CHECK(literal(value::text("it's ? \"so\"; ''")) == "'it''s ? \"so\"; '''''");
  CHECK(literal(value::text("\\'")) == "'\\'''");
  CHECK(literal(value::text("\\'"), false) == "_utf8mb4 X'5c27'");
  CHECK(literal(value::text({"a\0b", 3})) == "_utf8mb4 X'610062'");
  CHECK(literal(value::blob({"\0\xff", 2})) == "X'00ff'");
}

TEST_CASE("marks are found outside of quotes, and names get the quotes of the server", "[backend][mariadb_text]") {
  const auto a = varve::value::text("a"), b = varve::value::text("b");
  CHECK(written(R"(SELECT "x?", '?''' FROM "t""`" WHERE c = ? AND d = ?)", {a, b}) ==
        lines{"SELECT `x?`, '?''' FROM `t\"``` WHERE c = 'a' AND d = 'b'"});
  CHECK(written("?2 ?1 ?2 ?", {a, b}) == lines{"'b' 'a' 'b' NULL"});
  CHECK(written("UPDATE t SET a = ?; SELECT ';'", {a}) == lines{"UPDATE t SET a = 'a'", "SELECT ';'"});
}

TEST_CASE("what a message cites of a value is cut out", "[backend][mariadb_text]") {
  using varve::mariadb::detail::without_value;
  CHECK(without_value(1062, "Duplicate entry 'a' for key 'b' for key 'slug'") ==
        "Duplicate entry '...' for key 'slug'");
  CHECK(without_value(1366, "Incorrect string value: '\\xFF' for column `d`.`t`.`c` at row 1") ==
        "Incorrect string value: '...' for column `d`.`t`.`c` at row 1");
  CHECK(without_value(1048, "Column 'c' cannot be null") == "Column 'c' cannot be null");
}

TEST_CASE("a URI says where a MariaDB database is", "[backend][mariadb_text]") {
  using varve::mariadb::detail::address;
  const auto whole = address::of("mariadb://ada:p%40ss@db.example:3307/app?socket=%2Frun%2Fs&connect_timeout=3");
  CHECK(whole.user == "ada");
  CHECK(whole.password == "p@ss");
  CHECK(whole.host == "db.example");
  CHECK(whole.port == 3307);
  CHECK(whole.database == "app");
  CHECK(whole.socket == "/run/s");
  CHECK(whole.connect_timeout == 3);
  CHECK(address::of("mariadb://[::1]:3307/app").host == "::1");
  CHECK(address::of("mariadb:///app").host.empty());
  for (const char* wrong : {"postgres://a/b", "mariadb://host", "mariadb://host:x/app", "mariadb:///app?color=red"})
    CHECK_THROWS_AS(address::of(wrong), varve::input_error);
}

TEST_CASE("an error's number says what to do", "[backend][mariadb_text]") {
  using varve::error_kind;
  using varve::mariadb::detail::kind_of_code;
  CHECK(kind_of_code(1213) == error_kind::retry);
  CHECK(kind_of_code(2013) == error_kind::retry);
  CHECK(kind_of_code(1290) == error_kind::elsewhere);
  CHECK(kind_of_code(1114) == error_kind::full);
  CHECK(kind_of_code(1366) == error_kind::input);
  CHECK(kind_of_code(145) == error_kind::damaged);
  CHECK(kind_of_code(1064) == error_kind::other);
}
