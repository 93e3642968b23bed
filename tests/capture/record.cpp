#include "varve/capture/record.hpp"

#include <catch2/catch.hpp>

#include <varve/store/memory_store.hpp>

namespace {

struct Item {
  std::int64_t id{};
  std::string name{};
};

}  // namespace

template <>
struct varve::entity<Item> : varve::describe<> {};

namespace {

TEST_CASE("a store without the application's own connection has nothing to record on", "[capture][record]") {
  varve::memory_store store;
  const Item item{.id = 1, .name = "one"};
  CHECK_THROWS_WITH(varve::record(store, varve::actor{"ada"}, nullptr, &item),
                    Catch::Contains("the application's own transaction"));
}

TEST_CASE("a record without states or without an actor is refused", "[capture][record]") {
  varve::memory_store store;
  const Item item{.id = 1, .name = "one"};
  const Item* nothing = nullptr;
  CHECK_THROWS_WITH(varve::record(store, varve::actor{"ada"}, nothing, nothing), Catch::Contains("neither the state before"));
  CHECK_THROWS_WITH(varve::record(store, varve::actor{""}, nullptr, &item), Catch::Contains("nobody is named"));
}

}  // namespace
