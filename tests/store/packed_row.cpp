#include "varve/store/packed_row.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace {

using varve::packed_row;
using varve::row_packer;
using varve::value;

packed_row row_of(std::initializer_list<value> values) {
  row_packer packer;
  for (const auto& v : values) packer.add(v);
  return packer.take();
}

}  // namespace

TEST_CASE("a packed row gives back what was put in", "[store][packed_row]") {
  const std::string bytes{"\0\xff\x01", 3};
  const auto row = row_of({value::of(std::numeric_limits<std::int64_t>::min()), value::null(), value::of(0.1), value::text("ü"),
                           value::text(""), value::blob(bytes), value::blob("")});
  REQUIRE(row.columns() == 7);
  CHECK(row[0] == value::of(std::numeric_limits<std::int64_t>::min()));
  CHECK(row[1].is_null());
  CHECK(row[2] == value::of(0.1));
  CHECK(row[3] == value::text("ü"));
  CHECK(row[4] == value::text(""));
  CHECK(row[5] == value::blob(bytes));
  CHECK(row[6] == value::blob(""));
}

TEST_CASE("a column that a row does not have is null", "[store][packed_row]") {
  CHECK(packed_row{}.empty());
  CHECK(packed_row{}.columns() == 0);
  CHECK(packed_row{}[0].is_null());
  const auto row = row_of({value::text("x")});
  CHECK_FALSE(row.empty());
  CHECK(row[1].is_null());
  CHECK(row[1000].is_null());
  CHECK(row_of({}).columns() == 0);
  CHECK_FALSE(row_of({}).empty());
}

TEST_CASE("rows are equal when kinds and values of all columns are", "[store][packed_row]") {
  const auto one = value::of(std::int64_t{1});
  CHECK(row_of({one, value::text("a")}) == row_of({one, value::text("a")}));
  CHECK_FALSE(row_of({one}) == row_of({value::of(1.0)}));
  CHECK_FALSE(row_of({one}) == row_of({one, value::null()}));
  CHECK_FALSE(row_of({value::text("a")}) == row_of({value::blob("a")}));
  CHECK_FALSE(row_of({value::text("")}) == row_of({value::null()}));
  CHECK_FALSE(row_of({value::text("ab"), value::text("c")}) == row_of({value::text("a"), value::text("bc")}));
  CHECK(packed_row{} == packed_row{});
  CHECK_FALSE(packed_row{} == row_of({}));
}

TEST_CASE("zero is stored without its sign", "[store][packed_row]") {
  const auto row = row_of({value::of(-0.0)});
  CHECK_FALSE(std::signbit(row[0].real()));
  CHECK(row == row_of({value::of(0.0)}));
}

TEST_CASE("copies share the block, which lives as long as one of them", "[store][packed_row]") {
  value seen;
  packed_row kept;
  {
    const auto row = row_of({value::text("shared")});
    kept = row;
    seen = row[0];
  }
  CHECK(seen.view() == "shared");
  CHECK(kept[0].view().data() == seen.view().data());
}

TEST_CASE("a packer starts afresh after each row", "[store][packed_row]") {
  row_packer packer;
  packer.add(value::text("first"));
  const auto first = packer.take();
  packer.add(value::null());
  packer.add(value::of(std::int64_t{2}));
  const auto second = packer.take();
  CHECK(first[0].view() == "first");
  CHECK(second.columns() == 2);
  CHECK(second[1].integer() == 2);
  CHECK(packer.take().columns() == 0);
}

TEST_CASE("a row with some values replaced is another row", "[store][packed_row]") {
  const auto row = row_of({value::of(std::int64_t{1}), value::text("a"), value::null()});
  const auto other = varve::with_values(row, [](std::size_t i, value& v) {
    if (i == 1) v = value::text("longer than before");
    if (i == 2) v = value::of(2.5);
  });
  CHECK(row[1].view() == "a");
  CHECK(other == row_of({value::of(std::int64_t{1}), value::text("longer than before"), value::of(2.5)}));
}
