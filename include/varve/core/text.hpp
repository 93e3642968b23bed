#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace varve {

namespace detail {

/// Eight bytes that are all ASCII and not NUL.
[[nodiscard]] inline bool is_plain_word(const char* at) {
  constexpr std::uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return ((word | ((word - ones) & ~word)) & high) == 0;
}

/// How many bytes a text begins with that are ASCII and not NUL, counted in eights, or all of them.
[[nodiscard]] inline std::size_t plain_prefix(std::string_view text) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::size_t i = 0;
  for (; i + word <= text.size(); i += word)
    if (!is_plain_word(text.data() + i)) return i;
  // The last eight overlap those before them.
  return i > 0 && is_plain_word(text.data() + text.size() - word) ? text.size() : i;
}

}  // namespace detail

/// Why a text cannot be stored on every backend, as a part of a sentence; null when it can.
///
/// Text is UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF) without NUL.
/// Cost: one pass.
[[nodiscard]] constexpr const char* text_defect(std::string_view text) {
  constexpr const char* nul = "holds a NUL character";
  constexpr const char* invalid = "is not valid UTF-8";
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto follows = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xBF) {
    return at < text.size() && byte(at) >= low && byte(at) <= high;
  };
  while (i < text.size()) {
    if (!std::is_constant_evaluated()) i += detail::plain_prefix(text.substr(i));
    if (i == text.size()) break;
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      if (lead == 0) return nul;
      ++i;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      if (!follows(i + 1)) return invalid;
      i += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (!follows(i + 1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) || !follows(i + 2)) return invalid;
      i += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (!follows(i + 1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) || !follows(i + 2) || !follows(i + 3))
        return invalid;
      i += 4;
    } else {
      return invalid;
    }
  }
  return nullptr;
}

}  // namespace varve
