#include "varve/core/text.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

bool is_good(std::string_view text) { return varve::text_defect(text) == nullptr; }

/// Encodes a code point without any check.
std::string encoded(unsigned point) {
  std::string text;
  const auto put = [&](unsigned byte) { text.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6U), put(0x80 | (point & 63U));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12U), put(0x80 | (point >> 6U & 63U)), put(0x80 | (point & 63U));
  } else {
    put(0xF0 | point >> 18U), put(0x80 | (point >> 12U & 63U)), put(0x80 | (point >> 6U & 63U)),
        put(0x80 | (point & 63U));
  }
  return text;
}

}  // namespace

TEST_CASE("every code point but NUL and the surrogates is text", "[core][text]") {
  std::string wrong;
  for (unsigned point = 0; point <= 0x110400; ++point) {
    const bool expected = point != 0 && (point < 0xD800 || point > 0xDFFF) && point <= 0x10FFFF;
    if (is_good("a" + encoded(point) + "z") != expected) wrong += std::to_string(point) + " ";
  }
  CHECK(wrong == "");
}

TEST_CASE("text with a NUL says so", "[core][text]") {
  CHECK(varve::text_defect(std::string_view{"a\0b", 3}) == std::string{"holds a NUL character"});
  CHECK(varve::text_defect("") == nullptr);
}

TEST_CASE("what is no text is found at every place of a long one", "[core][text]") {
  std::string missed;
  for (std::size_t size = 1; size <= 40; ++size)
    for (std::size_t place = 0; place < size; ++place)
      for (const char one : {'\0', '\x80', '\xC2'}) {
        std::string text(size, 'x');
        text[place] = one;
        if (is_good(text)) missed += std::to_string(place) + " of " + std::to_string(size) + " ";
      }
  CHECK(missed == "");
}

TEST_CASE("what is not the shortest form of UTF-8 is no text", "[core][text]") {
  const auto* text =
      GENERATE("\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82",
               "\xE2\x28\xA1", "\xE2\x82\x28", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x8C",
               "\xF0\x9F\x8Cz", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF");
  CHECK(varve::text_defect(text) == std::string{"is not valid UTF-8"});
  CHECK(varve::text_defect(std::string{"fine "} + text) == std::string{"is not valid UTF-8"});
}
