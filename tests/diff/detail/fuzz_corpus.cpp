#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/input.hpp"

TEST_CASE("the laws hold for the fuzzer's corpus", "[diff][documents]") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{VARVE_FUZZ_CORPUS}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string input{std::istreambuf_iterator<char>{file}, {}};
    INFO(entry.path());
    const char* broken = fuzz::broken_law(input);
    CHECK(std::string{broken == nullptr ? "" : broken}.empty());
    ++files;
  }
  CHECK(files > 10);
}
