#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace varve::detail {

/// The distance between neighbours of a new ordered collection: room for 20 insertions into one gap.
inline constexpr std::int64_t position_gap = std::int64_t{1} << 20U;

inline constexpr std::int64_t no_position = std::numeric_limits<std::int64_t>::min();

/// Gives each item a position so that as few as possible change: `known` has the old position of an item that was
/// there before, else `no_position`. Items of the longest rising run keep theirs, the others go between.
[[nodiscard]] inline std::vector<std::int64_t> assign_positions(const std::vector<std::int64_t>& known) {
  const std::size_t size = known.size();
  std::vector<std::size_t> tails, previous(size, size);
  for (std::size_t i = 0; i < size; ++i) {
    if (known[i] == no_position) continue;
    const auto place = std::lower_bound(tails.begin(), tails.end(), known[i],
                                        [&](std::size_t t, std::int64_t value) { return known[t] < value; });
    if (place != tails.begin()) previous[i] = *(place - 1);
    if (place == tails.end())
      tails.push_back(i);
    else
      *place = i;
  }
  std::vector<bool> kept(size, false);
  for (std::size_t i = tails.empty() ? size : tails.back(); i < size; i = previous[i]) kept[i] = true;

  std::vector<std::int64_t> positions(size, 0);
  for (std::size_t i = 0; i < size;) {
    if (kept[i]) {
      positions[i] = known[i];
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < size && !kept[end]) ++end;
    const auto count = static_cast<std::int64_t>(end - i);
    const bool open_left = i == 0;
    const bool open_right = end == size;
    const std::int64_t low = open_left ? (open_right ? 0 : known[end] - position_gap * (count + 1)) : positions[i - 1];
    const std::int64_t high = open_right ? low + position_gap * (count + 1) : known[end];
    const std::int64_t step = (high - low) / (count + 1);
    if (step < 1) {  // no room: everything is numbered afresh
      for (std::size_t k = 0; k < size; ++k) positions[k] = position_gap * static_cast<std::int64_t>(k + 1);
      return positions;
    }
    for (std::int64_t k = 1; i < end; ++i, ++k) positions[i] = low + step * k;
  }
  return positions;
}

}  // namespace varve::detail
