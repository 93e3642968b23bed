#pragma once

/// Replaces `operator new` by one that counts and can fail (see `allocations`): for one source of a program.

#include <cstdlib>
#include <new>

#include "support/allocations.hpp"

thread_local std::size_t test::allocations::made = 0;
thread_local std::size_t test::allocations::fails_in = 0;
thread_local bool test::allocations::fail_on = false;

// Not inlined: g++ would take what is inlined in part for a pair that does not match.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++test::allocations::made;
  if (test::allocations::fails_in > 0 && --test::allocations::fails_in == 0) {
    if (test::allocations::fail_on) test::allocations::fails_in = 1;
    throw std::bad_alloc{};
  }
  if (void* place = std::malloc(size > 0 ? size : 1)) return place;  // NOLINT: this is what new is made of
  throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++test::allocations::made;
  return std::malloc(size > 0 ? size : 1);  // NOLINT
}
[[gnu::noinline]] void operator delete(void* place) noexcept { std::free(place); }               // NOLINT
[[gnu::noinline]] void operator delete(void* place, std::size_t) noexcept { std::free(place); }  // NOLINT
