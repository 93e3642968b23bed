#include "varve/capture/detail/positions.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace {

using varve::detail::assign_positions;
using varve::detail::no_position;
using numbers = std::vector<std::int64_t>;

bool rises(const numbers& positions) {
  for (std::size_t i = 1; i < positions.size(); ++i)
    if (positions[i] <= positions[i - 1]) return false;
  return true;
}

/// The longest rising run, the slow and certain way.
std::size_t longest_run(const numbers& known) {
  std::vector<std::size_t> best(known.size(), 0);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == no_position) continue;
    best[i] = 1;
    for (std::size_t k = 0; k < i; ++k)
      if (known[k] != no_position && known[k] < known[i]) best[i] = std::max(best[i], best[k] + 1);
    longest = std::max(longest, best[i]);
  }
  return longest;
}

}  // namespace

TEST_CASE("new collections have gaps between their positions", "[capture][positions]") {
  const auto made = assign_positions({no_position, no_position, no_position});
  CHECK(rises(made));
  CHECK(made[1] - made[0] == varve::detail::position_gap);
  CHECK(assign_positions({}).empty());
}

TEST_CASE("what keeps its order keeps its position", "[capture][positions]") {
  CHECK(assign_positions({10, 20, 30}) == numbers{10, 20, 30});
  CHECK(assign_positions({10, no_position, 20}) == numbers{10, 15, 20});
  CHECK(assign_positions({-5, 20}) == numbers{-5, 20});
  const auto moved = assign_positions({10, 40, 20, 30});
  CHECK(moved[0] == 10);
  CHECK(moved[2] == 20);
  CHECK(moved[3] == 30);
  CHECK(rises(moved));
  const auto front = assign_positions({no_position, 10});
  CHECK(front[1] == 10);
  CHECK(front[0] < 10);
  const auto back = assign_positions({10, no_position, no_position});
  CHECK(back[0] == 10);
  CHECK(rises(back));
}

TEST_CASE("where a gap has no room, all are numbered afresh", "[capture][positions]") {
  const auto made = assign_positions({1, no_position, 2});
  CHECK(rises(made));
  CHECK(made[2] - made[1] == varve::detail::position_gap);
}

TEST_CASE("positions always rise, and as many as can be are kept", "[capture][positions]") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    numbers known(random() % 12);
    const auto spread = seed % 2 == 0 ? 15U : 1000000U;
    for (auto& position : known)
      position = random() % 4 == 0 ? no_position : static_cast<std::int64_t>(random() % spread) - 5;
    const auto made = assign_positions(known);
    REQUIRE(made.size() == known.size());
    REQUIRE(rises(made));
    if (spread == 15U) continue;  // may have had no room
    std::size_t kept = 0;
    for (std::size_t i = 0; i < known.size(); ++i) kept += known[i] == made[i] ? 1 : 0;
    REQUIRE(kept >= longest_run(known));
  }
}
