#include "varve/store/column_list.hpp"

#include <catch2/catch.hpp>

#include <span>
#include <vector>

TEST_CASE("a list of columns keeps them in order, however many they are", "[store][column_list]") {
  const std::uint16_t count = GENERATE(as<std::uint16_t>{}, 0, 1, 8, 9, 100);
  varve::column_list list;
  std::vector<std::uint16_t> wanted;
  for (std::uint16_t i = 0; i < count; ++i) {
    list.push_back(static_cast<std::uint16_t>(3 * i));
    wanted.push_back(static_cast<std::uint16_t>(3 * i));
  }
  CHECK(list.size() == count);
  CHECK(list.empty() == (count == 0));
  CHECK(std::vector<std::uint16_t>(list.begin(), list.end()) == wanted);
  const varve::column_list copy = list;
  const std::span<const std::uint16_t> view{copy};
  CHECK(std::vector<std::uint16_t>(view.begin(), view.end()) == wanted);
  if (count > 0) CHECK(copy[count - 1U] == wanted.back());
}
