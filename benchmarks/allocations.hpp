#pragma once

// Counts allocations by replacing operator new: to be included by one source file of a program.

#include <cstddef>
#include <cstdlib>
#include <new>

namespace bench {

/// All allocations of the program so far, of all threads that allocate one after the other.
inline std::size_t allocations = 0;

}  // namespace bench

// GCC takes the free of a replaced delete for one of another kind of memory.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t bytes) {
  ++bench::allocations;
  if (void* room = std::malloc(bytes == 0 ? 1 : bytes)) return room;
  throw std::bad_alloc{};
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++bench::allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  ++bench::allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* room = std::aligned_alloc(step, (bytes + step - 1) / step * step)) return room;
  throw std::bad_alloc{};
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }
void operator delete(void* room, std::align_val_t) noexcept { std::free(room); }
void operator delete(void* room, std::size_t, std::align_val_t) noexcept { std::free(room); }
