#include "varve/store/retry.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace std::chrono_literals;
using varve::detail::retry_pauses;

TEST_CASE("each pause is twice the one before, up to the longest, and none follows the last attempt") {
  retry_pauses pauses{{.attempts = 5, .first_pause = 10ms, .longest_pause = 25ms}};
  for (const auto full : {10ms, 20ms, 25ms, 25ms}) {
    const auto pause = pauses.next();
    REQUIRE(pause);
    CHECK(*pause >= full / 2);
    CHECK(*pause <= full);
  }
  CHECK_FALSE(pauses.next());
  CHECK_FALSE(pauses.next());
  CHECK_FALSE(retry_pauses{{.attempts = 1}}.next());
  CHECK_FALSE(retry_pauses{{.attempts = 0}}.next());
  CHECK(retry_pauses{{.first_pause = 0ms}}.next() == 0ms);
}

TEST_CASE("two that begin to wait at once do not wait equally long") {
  std::set<std::chrono::milliseconds> found;
  for (int i = 0; i < 1000; ++i) found.insert(retry_pauses{{.first_pause = 100ms}}.next().value());
  CHECK(found.size() >= 45);  // of 51: that six given ones are never met has a chance of 10^-51
  CHECK(*found.begin() >= 50ms);
  CHECK(*found.rbegin() <= 100ms);
}
