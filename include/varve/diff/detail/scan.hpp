#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace varve::detail {

/// Which of 64 characters are of a kind that structure is made of; the lowest bit is the first one.
struct character_masks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t opening = 0;  ///< `{` and `[`
  std::uint64_t closing = 0;
};

inline constexpr std::size_t block_bytes = 64;

/// Looks at characters one by one.
struct plain_characters {
  [[nodiscard]] static character_masks masks(const char* block) {
    character_masks made;
    for (std::size_t i = 0; i < block_bytes; ++i) {
      const char c = block[i];
      const std::uint64_t bit = std::uint64_t{1} << i;
      if (c == '"') made.quotes |= bit;
      if (c == '\\') made.backslashes |= bit;
      if (c == '{' || c == '[') made.opening |= bit;
      if (c == '}' || c == ']') made.closing |= bit;
    }
    return made;
  }
  /// The first quote or backslash; `end` when there is none.
  [[nodiscard]] static const char* find_quote(const char* at, const char* end) {
    while (at != end && *at != '"' && *at != '\\') ++at;
    return at;
  }
  /// How many of `size` characters are the same from the beginning on.
  [[nodiscard]] static std::size_t same_prefix(const char* a, const char* b, std::size_t size) {
    std::size_t i = 0;
    while (i < size && a[i] == b[i]) ++i;
    return i;
  }
};

#if defined(__SSE2__)
/// Looks at 16 characters at once.
struct sse2_characters {
  [[nodiscard]] static character_masks masks(const char* block) {
    character_masks made;
    for (unsigned shift = 0; shift < block_bytes; shift += 16) {
      const __m128i text = load(block + shift);
      const __m128i folded = _mm_or_si128(text, _mm_set1_epi8(0x20));  // [ and { are one bit apart, as ] and } are
      made.quotes |= std::uint64_t{where(text, '"')} << shift;
      made.backslashes |= std::uint64_t{where(text, '\\')} << shift;
      made.opening |= std::uint64_t{where(folded, '{')} << shift;
      made.closing |= std::uint64_t{where(folded, '}')} << shift;
    }
    return made;
  }
  [[nodiscard]] static const char* find_quote(const char* at, const char* end) {
    for (; end - at >= 16; at += 16) {
      const __m128i text = load(at);
      const unsigned found = where(text, '"') | where(text, '\\');
      if (found != 0) return at + std::countr_zero(found);
    }
    return plain_characters::find_quote(at, end);
  }
  [[nodiscard]] static std::size_t same_prefix(const char* a, const char* b, std::size_t size) {
    std::size_t i = 0;
    for (; i + 64 <= size; i += 64) {
      const __m128i first = _mm_and_si128(same(a + i, b + i), same(a + i + 16, b + i + 16));
      const __m128i second = _mm_and_si128(same(a + i + 32, b + i + 32), same(a + i + 48, b + i + 48));
      if (_mm_movemask_epi8(_mm_and_si128(first, second)) != 0xFFFF) break;
    }
    for (; i + 16 <= size; i += 16) {
      const auto differ = static_cast<unsigned>(_mm_movemask_epi8(same(a + i, b + i))) ^ 0xFFFFU;
      if (differ != 0) return i + static_cast<std::size_t>(std::countr_zero(differ));
    }
    return i + plain_characters::same_prefix(a + i, b + i, size - i);
  }

 private:
  [[nodiscard]] static __m128i load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
  [[nodiscard]] static __m128i same(const char* a, const char* b) { return _mm_cmpeq_epi8(load(a), load(b)); }
  [[nodiscard]] static unsigned where(__m128i text, char c) {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(c))));
  }
};
using fast_characters = sse2_characters;
#else
using fast_characters = plain_characters;
#endif

/// The characters of a block that a backslash stands before.
/// \param carry  bit 0: the backslash before the first character is the last one of the block before; updated.
[[nodiscard]] inline std::uint64_t escaped_characters(std::uint64_t backslashes, std::uint64_t& carry) {
  std::uint64_t escaped = carry;
  backslashes &= ~carry;
  carry = 0;
  while (backslashes != 0) {
    const std::uint64_t first = backslashes & (~backslashes + 1);
    const std::uint64_t next = first << 1;
    if (next == 0) carry = 1;
    escaped |= next;
    backslashes &= ~(first | next);
  }
  return escaped;
}

/// For each bit whether an odd number of bits is set up to it.
[[nodiscard]] inline std::uint64_t odd_so_far(std::uint64_t bits) {
  for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// The end of the string whose opening quote is at `at`; null when it has none.
template <class Characters = fast_characters>
[[nodiscard]] const char* skip_string(const char* at, const char* end) {
  for (++at; (at = Characters::find_quote(at, end)) != end; at += 2) {
    if (*at == '"') return at + 1;
    if (end - at < 2) break;
  }
  return nullptr;
}

/// The end of the object or array that begins at `at`; null when it has none. Only brackets outside of strings are
/// counted, and of both kinds alike.
template <class Characters = fast_characters>
[[nodiscard]] const char* skip_container(const char* at, const char* end) {
  std::uint64_t in_string = 0, carry = 0;
  std::size_t depth = 0;
  char last[block_bytes];
  for (; at < end; at += block_bytes) {
    const char* block = at;
    if (end - at < static_cast<std::ptrdiff_t>(block_bytes)) {
      std::memset(last, ' ', block_bytes);
      std::memcpy(last, at, static_cast<std::size_t>(end - at));
      block = last;
    }
    const character_masks found = Characters::masks(block);
    std::uint64_t quotes = found.quotes;
    if ((found.backslashes | carry) != 0) quotes &= ~escaped_characters(found.backslashes, carry);
    const std::uint64_t inside = odd_so_far(quotes) ^ in_string;
    in_string = std::uint64_t{0} - (inside >> 63U);
    const std::uint64_t opening = found.opening & ~inside;
    const std::uint64_t closing = found.closing & ~inside;
    const auto closed = static_cast<std::size_t>(std::popcount(closing));
    if (closed < depth) {
      depth += static_cast<std::size_t>(std::popcount(opening)) - closed;
      continue;
    }
    for (std::uint64_t bits = opening | closing; bits != 0; bits &= bits - 1) {
      const std::uint64_t bit = bits & (~bits + 1);
      if ((opening & bit) != 0)
        ++depth;
      else if (--depth == 0)
        return at + std::countr_zero(bit) + 1;
    }
  }
  return nullptr;
}

[[nodiscard]] inline const char* skip_blanks(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

/// The end of the value that begins at `at`; null when none begins there or it has no end.
template <class Characters = fast_characters>
[[nodiscard]] const char* skip_value(const char* at, const char* end) {
  if (at == end) return nullptr;
  if (*at == '"') return skip_string<Characters>(at, end);
  if (*at == '{' || *at == '[') return skip_container<Characters>(at, end);
  const char* const begin = at;
  const auto is_of_token = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' ||
           c == '.';
  };
  while (at != end && is_of_token(*at)) ++at;
  return at == begin ? nullptr : at;
}

/// Whether a text is the inside of a JSON string that stands for itself: no escapes, no control characters, ASCII.
[[nodiscard]] inline bool is_plain_inside(std::string_view text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7E || c == '\\' || c == '"') return false;
  return true;
}

}  // namespace varve::detail
