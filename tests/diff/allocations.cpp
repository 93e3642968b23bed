// What a comparison allocates, counted: nothing while nothing differs and the scratch has been used before.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "diff/document_check.hpp"
#include "varve/diff/diff.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

// Not inlined: g++ would take what is inlined in part for a pair that does not match.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* made = std::malloc(size)) return made;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

struct Row {
  std::int64_t id{};
  std::string name{};
  std::optional<std::string> note{};
};
struct Table {
  std::int64_t id{};
  std::string name{};
  std::string document{};
  std::vector<Row> rows{};
};

}  // namespace

template <>
struct varve::entity<Table>
    : varve::describe<varve::document<&Table::document>, varve::children<&Table::rows, varve::by<&Row::name>>> {};

namespace {

Table make_table() {
  Table made{1, "a table with a name of some length", {}, {}};
  made.document = document_check::json{{"a", 1}, {"b", {{"c", std::string(1000, 'x')}}}}.dump();
  for (int i = 0; i < 100; ++i)
    made.rows.push_back({i, "a row with a name of some length " + std::to_string(i), "a note"});
  return made;
}

}  // namespace

TEST_CASE("nothing is allocated while nothing differs", "[diff][allocations]") {
  const auto before = make_table();
  auto after = make_table();
  varve::diff_scratch scratch;
  after.rows[5].note = "another";
  after.document.replace(after.document.find("\"a\":1"), 5, "\"a\":2");
  REQUIRE(varve::diff(before, after, scratch).size() == 2);
  const auto same = make_table();
  const auto counted = allocations;
  REQUIRE(varve::diff(before, same, scratch).empty());
  const auto used = allocations - counted;
  CHECK(used == 0);
}
