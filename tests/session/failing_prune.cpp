/// A prune for which memory runs out: in this program, as its allocations can be made to fail.

#include "support/allocations.hpp"
#include "support/history_run.hpp"
#include "support/stores.hpp"
#include "varve/history/retention.hpp"

using namespace test;

TEST_CASE("whichever allocation of a prune in memory fails, versions are whole and the next one finishes",
          "[retention]") {
  std::size_t failed = 0;
  for (std::size_t n = 1;; ++n) {
    const varve::memory_store store;
    history_run history{store};
    for (const auto& one : random_steps(5, 50, {act::prune, act::edit_past})) history.take(one);
    history.settle();
    REQUIRE(history.found() == lines{});
    varve::prune_options options;
    options.batch_rows = 4;
    options.pause = 0ms;
    options.clock = [] { return start + std::chrono::days{3650}; };
    bool finished = false;
    allocations::fails_in = n;
    try {
      finished = varve::prune(store, 0s, options).finished;
    } catch (const std::exception&) {  // bad_alloc
    }
    const bool reached = allocations::fails_in == 0;
    allocations::fails_in = 0;
    INFO("allocation " << n);
    REQUIRE(history_check{history.model, store}.disagreements(store.base().snapshot()->horizon(), finished) == lines{});
    REQUIRE(violations(everything_in(store), true) == lines{});
    REQUIRE(reader_disagreements(store) == lines{});
    REQUIRE(varve::prune(store, 0s, options).finished);
    REQUIRE(unpruned(everything_in(store)) == lines{});
    if (!reached) break;
    ++failed;
  }
  CHECK(failed > 50);
}
