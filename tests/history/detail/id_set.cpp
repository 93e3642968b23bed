#include "varve/history/detail/id_set.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <set>

TEST_CASE("a set of ids has what was put into it, wherever that stands", "[doctor]") {
  varve::detail::id_set ids;
  std::set<std::int64_t> expected;
  const std::int64_t smallest = std::numeric_limits<std::int64_t>::min(), largest = std::numeric_limits<std::int64_t>::max();
  const std::int64_t places[] = {0, 1, 62, 63, 64, 65, 4094, 4095, 4096, 4097, -1, -4096, smallest, largest};
  for (const auto place : places) {
    CHECK_FALSE(ids.contains(place));
    CHECK(ids.insert(place));
    CHECK_FALSE(ids.insert(place));
    expected.insert(place);
    for (const auto other : places) CHECK(ids.contains(other) == expected.contains(other));
  }
}
