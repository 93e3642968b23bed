#include "varve/diff/detail/plain_value.hpp"

#include <catch2/catch.hpp>

#include <string>

using varve::detail::are_plain_and_differ;
using varve::detail::is_plain_value;

TEST_CASE("plain values are recognised", "[diff][documents]") {
  for (const char* text :
       {"0", "-1", "1.5", "123456789012345", "null", "true", "false", "\"\"", "\"a b\"", "\"\xC3\xA9\"", "\"\\n \"",
        "\"\\u00e9.\"", "[]", "{}", "[1, [2], {}]", R"( {"a" : 1, "b": {"a": [true]}} )"}) {
    INFO(text);
    // An escape needs some text behind it to be looked at without a bound for each character.
    const bool has_short_escape = std::string{text}.find('\\') != std::string::npos;
    CHECK((is_plain_value(text) || has_short_escape));
  }
}

TEST_CASE("what is not plain or malformed is left to the parser", "[diff][documents]") {
  for (const char* text : {"",
                           "01",
                           "-0",
                           "1.0",
                           "1.",
                           "1e2",
                           "1234567890123456",
                           "tru",
                           "nullx",
                           "1 2",
                           "\"",
                           "\"\\q......\"",
                           "\"\\ud83d\\udf0d\"",
                           "\"\x01\"",
                           "\"\x80\"",
                           "[",
                           "]",
                           "[1,]",
                           "[,1]",
                           "[1}",
                           "{\"a\"}",
                           "{\"a\":1,}",
                           "{1:2}",
                           R"({"a":1,"a":2})",
                           R"({"a......\u0061":1})",
                           "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"}) {
    INFO(text);
    CHECK_FALSE(is_plain_value(text));
  }
}

TEST_CASE("plain values differ for certain where one token alone comes first", "[diff][documents]") {
  CHECK(are_plain_and_differ("1", "2"));
  CHECK(are_plain_and_differ("1", "12"));
  CHECK(are_plain_and_differ("\"a\"", "null"));
  CHECK(are_plain_and_differ(R"({"a":[1,2],"b":0})", R"({"a":[1,3],"b":1})"));
  CHECK_FALSE(are_plain_and_differ("[1]", "[ 1]"));
  CHECK_FALSE(are_plain_and_differ(R"({"a":1,"b":2})", R"({"b":2,"a":1})"));
  CHECK_FALSE(are_plain_and_differ("1", "1.0"));
  CHECK_FALSE(are_plain_and_differ("[1,2]", "[1"));
}
