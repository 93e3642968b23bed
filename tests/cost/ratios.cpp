// How long a comparison takes beside hand-written code, with half as much again as the published goals allow.
//
// Best of three attempts; in each the two are timed in turn, CPU time, and the least of each counts.

#include <catch2/catch.hpp>

#include <simdjson.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include "benchmarks/collection_data.hpp"
#include "benchmarks/document_data.hpp"

namespace {

using namespace bench;

double seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

volatile std::size_t kept = 0;  ///< what was found, so that nothing is left out as unused

template <class Run>
void time(double& least, Run&& run) {
  const double begin = seconds();
  kept = kept + run();
  least = std::min(least, seconds() - begin);
}

/// The time of `run` to that of `reference`; each returns a number and takes about a millisecond.
template <class Run, class Reference>
double ratio(Run&& run, Reference&& reference) {
  double figure = std::numeric_limits<double>::max(), other = figure;
  for (int round = 0; round < 30; ++round) {
    time(other, reference);
    time(figure, run);
  }
  return figure / other;
}

template <class Run, class Reference>
double best_of_three(double limit, Run&& run, Reference&& reference) {
  double best = std::numeric_limits<double>::max();
  for (int attempt = 0; attempt < 3 && best > limit; ++attempt) best = std::min(best, ratio(run, reference));
  return best;
}

}  // namespace

TEST_CASE("a diff of children takes little more than ==", "[cost]") {
  constexpr double limit = 1.3 * 1.5;
  for (const auto what : {edit::nothing, edit::one_changed})
    for (const std::size_t size : {100U, 1000U}) {
      const auto data = tables_of(size, what);
      varve::diff_scratch scratch;
      const double found = best_of_three(
          limit,
          [&] {
            std::size_t records = 0;
            for (const auto& one : data) records += varve::diff(one.before, one.after, scratch).size();
            return records;
          },
          [&] {
            std::size_t equal = 0;
            for (const auto& one : data) equal += one.before.columns == one.twin.columns ? 1U : 0U;
            return equal;
          });
      INFO(edit_names[static_cast<int>(what)] << ", " << size << " children");
      CHECK(found <= limit);
    }
}
