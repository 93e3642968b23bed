#pragma once

#include <cstddef>

namespace test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = false;
#endif
#else
inline constexpr bool under_sanitizer = false;
#endif

/// How many of so many random cases are tried, or how large a case is: a quarter under a sanitizer, which takes about ten
/// times as long.
[[nodiscard]] constexpr std::size_t rounds(std::size_t count) { return under_sanitizer ? count / 4 : count; }

}  // namespace test
