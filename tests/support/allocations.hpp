#pragma once

#include <cstddef>

namespace test {

/// Counts what a thread allocates, in the programs whose sources replace `operator new` (session, backend), and makes one of
/// the allocations fail.
struct allocations {
  static thread_local std::size_t made;
  static thread_local std::size_t fails_in;  ///< this one from now on throws; 0: none
  static thread_local bool fail_on;          ///< and each behind it

  static void fail_no_more() {
    fails_in = 0;
    fail_on = false;
  }
};

}  // namespace test
