#include "varve/core/json.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace {

std::string json_string(std::string_view text) {
  std::string out;
  varve::append_json_string(out, text);
  return out;
}
template <class Number>
std::string number(Number value) {
  std::string out;
  varve::append_number(out, value);
  return out;
}
std::string json_of(varve::column_meaning meaning, const varve::value& value) {
  std::string out;
  varve::append_json(out, meaning, value);
  return out;
}

}  // namespace

TEST_CASE("a JSON string escapes what it must and nothing else", "[core][json]") {
  CHECK(json_string("") == R"("")");
  CHECK(json_string("plain /text/") == R"("plain /text/")");
  CHECK(json_string("\"\\") == R"("\"\\")");
  CHECK(json_string("a\nb\rc\td\be\ff") == R"("a\nb\rc\td\be\ff")");
  CHECK(json_string(std::string_view{"\x00\x01\x1F", 3}) == R"("\u0000\u0001\u001f")");
  CHECK(json_string("\x7F\xC3\xA9\xF0\x9F\x8C\x8D") == "\"\x7F\xC3\xA9\xF0\x9F\x8C\x8D\"");
}

TEST_CASE("a JSON string escapes what it must at every place of a long text", "[core][json]") {
  for (const char c : {'"', '\\', '\n', '\x01', '\x1F', '\x7F', ' '})
    for (std::size_t size = 1; size < 40; ++size)
      for (std::size_t place = 0; place < size; ++place) {
        std::string text(size, 'a');
        text[place] = c;
        text[size / 2] = '\xC3';  // bytes above 0x7F stand for themselves
        if (size / 2 + 1 < size) text[size / 2 + 1] = '\xA9';
        std::string wanted = "\"";
        for (const char one : text) {
          const auto escaped = json_string(std::string_view{&one, 1});
          wanted += escaped.substr(1, escaped.size() - 2);
        }
        REQUIRE(json_string(text) == wanted + "\"");
      }
}

TEST_CASE("a JSON string of any ASCII reads back the same", "[core][json]") {
  for (int first = 0; first < 128; ++first) {
    const std::string text{static_cast<char>(first), 'x', static_cast<char>(127 - first)};
    CHECK(nlohmann::json::parse(json_string(text)) == nlohmann::json(text));
  }
}

TEST_CASE("a real number is shortest, reads back the same and stays a real", "[core][json]") {
  CHECK(number(0.0) == "0.0");
  CHECK(number(1.0) == "1.0");
  CHECK(number(0.1) == "0.1");
  CHECK(number(-2.5) == "-2.5");
  for (const double value : {1.0 / 3, 1e300, 5e-324, -1.7976931348623157e308, 1e15, 1e16, 123456789012345680.0}) {
    INFO(number(value));
    const auto read = nlohmann::json::parse(number(value));
    CHECK(read.is_number_float());
    CHECK(read.get<double>() == value);
  }
}

TEST_CASE("an integer is written whole", "[core][json]") {
  CHECK(number(std::int64_t{0}) == "0");
  CHECK(number(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(number(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
}

TEST_CASE("a column's value in JSON follows its meaning", "[core][json]") {
  using varve::column_meaning;
  using varve::value;
  CHECK(json_of(column_meaning::text, value::null()) == "null");
  CHECK(json_of(column_meaning::boolean, value::of(std::int64_t{1})) == "true");
  CHECK(json_of(column_meaning::boolean, value::of(std::int64_t{0})) == "false");
  CHECK(json_of(column_meaning::integer, value::of(std::int64_t{1})) == "1");
  CHECK(json_of(column_meaning::real, value::of(1.5)) == "1.5");
  CHECK(json_of(column_meaning::text, value::text("a\"b")) == R"("a\"b")");
  CHECK(json_of(column_meaning::blob, value::blob(std::string_view{"\x00\xFF", 2})) == R"("00ff")");
  CHECK(json_of(column_meaning::json, value::text(R"({"a":1})")) == R"({"a":1})");
  CHECK(json_of(column_meaning::identifier, value::text("7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10")) ==
        R"("7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10")");
  CHECK(json_of(column_meaning::time, value::text("2026-11-21 09:30:00.000000")) == R"("2026-11-21T09:30:00.000000Z")");
}
