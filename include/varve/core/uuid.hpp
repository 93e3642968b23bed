#pragma once

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <span>
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

namespace detail {

/// Random bytes of the system, fetched for 16 uuids at once. A forked process fetches its own.
class random_bytes {
 public:
  void take(std::span<std::uint8_t, 16> out) {
    if (used_ == bytes_.size() || generation_ != generation()) fetch();
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
    used_ += out.size();
  }

 private:
#if defined(__unix__) || defined(__APPLE__)
  static unsigned generation() { return forks().load(std::memory_order_relaxed); }
  static std::atomic<unsigned>& forks() {
    static std::atomic<unsigned> count{0};
    [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, [] { ++count; });
    return count;
  }
  void fetch() {
    generation_ = generation();
    if (getentropy(bytes_.data(), bytes_.size()) != 0) fetch_words();
    used_ = 0;
  }
#else
  static unsigned generation() { return 0; }
  void fetch() {
    fetch_words();
    used_ = 0;
  }
#endif
  void fetch_words() {
    std::random_device device;
    for (std::size_t i = 0; i < bytes_.size(); i += 4) {
      const std::uint32_t word = device();
      std::memcpy(bytes_.data() + i, &word, 4);
    }
  }

  std::array<std::uint8_t, 256> bytes_{};
  std::size_t used_ = bytes_.size();
  unsigned generation_ = 0;
};

}  // namespace detail

/// A random (version 4) uuid from the system's random source.
///
/// Cost: a call of the system for every sixteenth of a thread.
[[nodiscard]] inline uuid random_uuid() {
  thread_local detail::random_bytes source;
  uuid id;
  source.take(id.octets);
  id.octets[6] = static_cast<std::uint8_t>((id.octets[6] & 0x0FU) | 0x40U);
  id.octets[8] = static_cast<std::uint8_t>((id.octets[8] & 0x3FU) | 0x80U);
  return id;
}

}  // namespace varve
