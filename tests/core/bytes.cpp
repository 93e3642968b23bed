#include "varve/core/bytes.hpp"

#include <catch2/catch.hpp>

TEST_CASE("bytes are written as lower-case hexadecimal text", "[core][bytes]") {
  std::string text = "x";
  varve::append_hex(text, std::string_view{"\x00\x7F\x80\xFF\x0A", 5});
  CHECK(text == "x007f80ff0a");
  varve::append_hex(text, "");
  CHECK(text == "x007f80ff0a");
}

TEST_CASE("hexadecimal text is read in either case", "[core][bytes]") {
  std::string raw = "old";
  CHECK(varve::parse_hex("007f80FFaA", raw));
  CHECK(raw == std::string("\x00\x7F\x80\xFF\xAA", 5));
  CHECK(varve::parse_hex("", raw));
  CHECK(raw.empty());
}

TEST_CASE("text that is not hexadecimal is refused", "[core][bytes]") {
  const auto* text = GENERATE("0", "123", "0g", "g0", " 0", "0x", "--");
  std::string raw;
  INFO(text);
  CHECK_FALSE(varve::parse_hex(text, raw));
}

TEST_CASE("a hexadecimal digit has a value", "[core][bytes]") {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int c = 0; c < 128; ++c) {
    const auto found = digits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
    INFO(c);
    CHECK(varve::hex_digit(static_cast<char>(c)) == (found == std::string_view::npos ? -1 : static_cast<int>(found)));
  }
}
