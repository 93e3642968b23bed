#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace varve {

/// A string literal as a template argument: `varve::table<"tables">`.
template <std::size_t Size>
struct fixed_string {
  char text[Size]{};

  constexpr fixed_string() = default;
  consteval fixed_string(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }  // NOLINT: implicit

  /// The characters without the final zero.
  [[nodiscard]] constexpr std::string_view view() const { return {text, Size - 1}; }
};

/// Joins texts at compile time; `Size` is their length together.
template <std::size_t Size>
[[nodiscard]] consteval fixed_string<Size + 1> join(std::string_view first, std::string_view second,
                                                    std::string_view third = {}) {
  fixed_string<Size + 1> joined;
  std::size_t at = 0;
  for (const auto part : {first, second, third})
    for (const char c : part) joined.text[at++] = c;
  return joined;
}

}  // namespace varve
