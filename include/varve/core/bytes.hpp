#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "varve/core/text_writer.hpp"

namespace varve {

/// A value of any bytes, stored as it is. In change records it is lower-case hexadecimal text.
using bytes = std::vector<std::byte>;

/// Appends two lower-case hexadecimal digits for each byte of `raw`.
inline void append_hex(text_writer& out, std::string_view raw) {
  constexpr char digits[] = "0123456789abcdef";
  char* at = out.room(2 * raw.size());
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    *at++ = digits[byte >> 4U];
    *at++ = digits[byte & 15U];
  }
  out.wrote(2 * raw.size());
}
inline void append_hex(std::string& out, std::string_view raw) {
  text_writer writer{out};
  append_hex(writer, raw);
}

/// The value of one hexadecimal digit; -1 when it is none.
[[nodiscard]] constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Reads hexadecimal text; false when its length is odd or a character is no digit.
[[nodiscard]] inline bool parse_hex(std::string_view text, std::string& raw) {
  if (text.size() % 2 != 0) return false;
  raw.clear();
  raw.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    raw.push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

}  // namespace varve
