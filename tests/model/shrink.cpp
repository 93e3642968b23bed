#include "support/shrink.hpp"

#include <catch2/catch.hpp>

using namespace test;

TEST_CASE("a failing history is left with the steps and numbers that it needs", "[model]") {
  const auto fails = [](const history_steps& steps) {  // an erase behind an add whose value is 5 or more
    bool added = false;
    for (const auto& one : steps) {
      if (added && one.what == act::erase) return true;
      added = added || (one.what == act::add && one.with[3] >= 5);
    }
    return false;
  };
  int tried = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    const auto steps = random_steps(seed, 100);
    if (!fails(steps)) continue;
    ++tried;
    CHECK(shrink(steps, fails) == history_steps{{act::add, {0, 0, 0, 5}}, {act::erase}});
  }
  CHECK(tried > 20);
}

TEST_CASE("a history that always fails becomes empty", "[model]") {
  CHECK(shrink(random_steps(1, 100), [](const history_steps&) { return true; }).empty());
}

TEST_CASE("a history is told as a program", "[model]") {
  CHECK(program_of({{act::add, {1, 2, 3, 4}}, {act::commit}}, "follow_everywhere") ==
        "TEST_CASE(\"a history that failed\", \"[model]\") {\n  follow_everywhere({\n      {act::add, {1, 2, 3, 4}},\n"
        "      {act::commit, {0, 0, 0, 0}},\n  });\n}\n");
}

TEST_CASE("random histories have every kind of step, and the same for the same seed", "[model]") {
  std::size_t kinds_of_steps = 0;
  for (int what = 0; what <= static_cast<int>(act::prune); ++what)
    for (const auto& one : random_steps(3, 2000))
      if (one.what == static_cast<act>(what)) {
        ++kinds_of_steps;
        break;
      }
  CHECK(kinds_of_steps == static_cast<std::size_t>(act::prune) + 1);
  CHECK(random_steps(5, 100) == random_steps(5, 100));
  CHECK(random_steps(5, 100) != random_steps(6, 100));
}
