#include "varve/sql/filler.hpp"

#include <catch2/catch.hpp>

#include <varve/entity/entity.hpp>

namespace {

struct Word {
  std::int64_t id{};
  std::string text{};
};

struct Page {
  std::int64_t id{};
  std::string title{};
  std::vector<Word> words{};
};

std::string_view type_of(const varve::column_info&, bool) { return "T"; }

constexpr varve::sql::dialect plain{.name = "plain",
                                    .type_of = &type_of,
                                    .generated_key = "KEY",
                                    .big_integer = "BIG",
                                    .text = "TEXT",
                                    .any_key = "ANY",
                                    .json = "JSON",
                                    .needs_filler = false};

}  // namespace

template <>
struct varve::entity<Page>
    : varve::describe<varve::table<"pages">, varve::children<&Page::words, varve::by<&Word::text>>> {};

namespace {

const varve::table_info& pages() { return *varve::info_of<Page>().table; }
const varve::table_info& words() { return *varve::info_of<Page>().relations[0].table; }

TEST_CASE("integers take as many bytes as SQLite's record format gives them", "[sql][filler]") {
  using varve::sql::stored_bytes;
  CHECK(stored_bytes(0) == 0);
  CHECK(stored_bytes(1) == 0);
  CHECK(stored_bytes(2) == 1);
  CHECK(stored_bytes(127) == 1);
  CHECK(stored_bytes(128) == 2);
  CHECK(stored_bytes(32767) == 2);
  CHECK(stored_bytes(32768) == 3);
  CHECK(stored_bytes(8388607) == 3);
  CHECK(stored_bytes(8388608) == 4);
  CHECK(stored_bytes(2147483647) == 4);
  CHECK(stored_bytes(2147483648) == 6);
  CHECK(stored_bytes(140737488355327) == 6);
  CHECK(stored_bytes(140737488355328) == 8);
}

TEST_CASE("only tables with columns of unbounded length have a filler", "[sql][filler]") {
  varve::sql::dialect filling = plain;
  filling.needs_filler = true;
  CHECK(varve::sql::has_filler(filling, pages()));
  CHECK_FALSE(varve::sql::has_filler(filling, words()));  // its only text is the natural key
  CHECK_FALSE(varve::sql::has_filler(plain, pages()));
}

}  // namespace
