#include "varve/store/detail/token_table.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using varve::detail::token_table;

TEST_CASE("a table of tokens gives the transaction of each", "[store]") {
  token_table table;
  const auto one = varve::random_uuid(), other = varve::random_uuid();
  CHECK_FALSE(table.find(one));
  table.erase(one);
  CHECK(table.add(one, 7));
  CHECK_FALSE(table.add(one, 8));
  CHECK(table.add(other, 9));
  CHECK(table.find(one) == 7);
  CHECK(table.find(other) == 9);
  table.erase(one);
  CHECK_FALSE(table.find(one));
  CHECK(table.find(other) == 9);
  CHECK(table.size() == 1);
}

TEST_CASE("a table of tokens says what a map says, whatever comes and goes", "[store]") {
  std::mt19937_64 random{20261126};
  token_table table;
  std::map<varve::uuid, std::int64_t> expected;
  std::vector<varve::uuid> known;
  for (int i = 0; i < 200; ++i) {  // few, so that they come and go, and many that differ in one octet alone
    varve::uuid id;
    if (i % 2 == 0) id = varve::random_uuid();
    id.octets[15] = static_cast<std::uint8_t>(i);
    known.push_back(id);
  }
  for (std::int64_t step = 1; step <= 20'000; ++step) {
    const auto& token = known[random() % known.size()];
    if (random() % 2 == 0) {
      CHECK(table.add(token, step) == expected.emplace(token, step).second);
    } else {
      table.erase(token);
      expected.erase(token);
    }
    if (step % 100 != 0) continue;
    REQUIRE(table.size() == expected.size());
    for (const auto& one : known) {
      const auto found = expected.find(one);
      REQUIRE(table.find(one) == (found == expected.end() ? std::nullopt : std::optional{found->second}));
    }
  }
}
