#pragma once

/// Makes a failing history short.

#include <algorithm>
#include <cstddef>
#include <utility>

#include "support/history_steps.hpp"

namespace test {

/// The shortest history with the smallest numbers that still fails, as far as leaving out and lessening lead: runs of
/// steps, single steps, then each number.
/// \param fails     says whether a history fails; called for nothing that is as long as `steps` but has other steps.
/// \param attempts  at most so many calls.
template <class Fails>
history_steps shrink(history_steps steps, Fails&& fails, std::size_t attempts = 5000) {
  const auto try_it = [&](history_steps&& candidate) {
    if (attempts == 0 || candidate == steps) return false;
    --attempts;
    if (!fails(std::as_const(candidate))) return false;
    steps = std::move(candidate);
    return true;
  };
  for (std::size_t run = std::max<std::size_t>(steps.size() / 2, 1); run > 0; run /= 2) {
    for (bool again = true; again;) {
      again = false;
      for (std::size_t end = steps.size(); end > 0;) {  // from the end, so that what leads up to a failure stays longer
        const std::size_t begin = end > run ? end - run : 0;
        auto less = steps;
        less.erase(less.begin() + static_cast<std::ptrdiff_t>(begin), less.begin() + static_cast<std::ptrdiff_t>(end));
        if (try_it(std::move(less))) again = run == 1;
        end = std::min(begin, steps.size());
      }
    }
  }
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (std::size_t n = 0; n < steps[i].with.size(); ++n) {
      const auto lessen = [&](unsigned to) {
        auto less = steps;
        less[i].with[n] = to;
        return try_it(std::move(less));
      };
      if (steps[i].with[n] == 0 || lessen(0)) continue;
      while (steps[i].with[n] > 1 && lessen(steps[i].with[n] / 2)) {
      }
      while (steps[i].with[n] > 1 && lessen(steps[i].with[n] - 1)) {
      }
    }
  return steps;
}

}  // namespace test
