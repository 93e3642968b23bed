// A libFuzzer program: compares two texts of a document by all the laws there are.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const char* broken = fuzz::broken_law({reinterpret_cast<const char*>(data), size})) {
    std::fprintf(stderr, "%s\n", broken);
    std::abort();
  }
  return 0;
}
