#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "varve/core/bytes.hpp"

namespace varve {

/// A universally unique identifier (RFC 4122), 16 bytes in network order. Stored and shown as
/// 36 lower-case characters with hyphens. Value-initialised it is nil, which means "not given yet".
struct uuid {
  std::array<std::uint8_t, 16> octets{};

  [[nodiscard]] constexpr bool is_nil() const {
    for (const auto octet : octets)
      if (octet != 0) return false;
    return true;
  }

  friend constexpr bool operator==(const uuid&, const uuid&) = default;
  friend constexpr auto operator<=>(const uuid&, const uuid&) = default;
};

/// Appends the 36-character form.
inline void append_text(std::string& out, const uuid& id) {
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    constexpr char digits[] = "0123456789abcdef";
    out.push_back(digits[id.octets[i] >> 4U]);
    out.push_back(digits[id.octets[i] & 15U]);
  }
}

[[nodiscard]] inline std::string to_string(const uuid& id) {
  std::string text;
  text.reserve(36);
  append_text(text, id);
  return text;
}

/// Reads the hyphenated form, either case; nothing when the text is not one.
[[nodiscard]] constexpr std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (text[at++] != '-') return std::nullopt;
    }
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.octets[i] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return id;
}

/// A random (version 4) uuid from the system's random device.
[[nodiscard]] inline uuid random_uuid() {
  thread_local std::random_device device;
  uuid id;
  for (std::size_t i = 0; i < 16; i += 4) {
    const std::uint32_t word = device();
    for (std::size_t k = 0; k < 4; ++k) id.octets[i + k] = static_cast<std::uint8_t>(word >> (8 * k));
  }
  id.octets[6] = static_cast<std::uint8_t>((id.octets[6] & 0x0FU) | 0x40U);
  id.octets[8] = static_cast<std::uint8_t>((id.octets[8] & 0x3FU) | 0x80U);
  return id;
}

}  // namespace varve
