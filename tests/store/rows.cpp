#include "varve/store/rows.hpp"

#include <catch2/catch.hpp>

#include "support/entities.hpp"

using namespace test;
using varve::row_key;
using varve::value;

namespace {

const varve::table_info& table_of(const varve::entity_info& info, std::string_view collection) {
  for (const auto& relation : info.relations)
    if (relation.field == collection) return *relation.table;
  return *info.table;
}

std::size_t column_of(const varve::table_info& table, std::string_view name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].name == name) return i;
  throw std::logic_error{"no such column"};
}

}  // namespace

TEST_CASE("a struct is packed by the columns of its table, and filled from them again", "[store][rows]") {
  const auto& table = *varve::info_of<Chart>().table;
  varve::row_packer packer;
  const Chart chart{.id = 7, .slice_name = "c", .color = Color::blue, .dataset_id = 3, .frame = Frame{.width = 4, .caption = "f"}};
  const auto row = varve::detail::pack_row(table, &chart, {}, "chart", packer);
  CHECK(row.columns() == table.stored);
  CHECK(row[column_of(table, "id")].integer() == 7);
  CHECK(row[column_of(table, "color")].view() == "blue");
  CHECK(row[column_of(table, "frame_width")].integer() == 4);
  Chart filled{.slice_name = "before", .frame = Frame{.width = 99}};
  varve::detail::unpack_row(table, row, &filled);
  CHECK(filled.id == 7);
  CHECK(filled.slice_name == "c");
  CHECK(filled.dataset_id == 3);
  REQUIRE(filled.frame);
  CHECK(filled.frame->width == 4);
  CHECK(filled.frame->caption == "f");
}

TEST_CASE("an embedded struct that is absent has null columns, and null columns make it absent", "[store][rows]") {
  const auto& table = *varve::info_of<Chart>().table;
  varve::row_packer packer;
  const Chart chart{.id = 7};
  const auto row = varve::detail::pack_row(table, &chart, {}, "chart", packer);
  CHECK(row[column_of(table, "frame_width")].is_null());
  Chart filled{.frame = Frame{.width = 99}};
  varve::detail::unpack_row(table, row, &filled);
  CHECK_FALSE(filled.frame.has_value());
}

TEST_CASE("what no member holds comes from the context", "[store][rows]") {
  const auto& steps = table_of(varve::info_of<Recipe>(), "steps");
  varve::row_packer packer;
  const Step step{.id = 5, .name = "a"};
  const auto parent = row_key::of(value::of(std::int64_t{12}));
  const auto row = varve::detail::pack_row(steps, &step, {&parent, 1024}, "step", packer);
  CHECK(row[column_of(steps, "recipe_id")].integer() == 12);
  CHECK(row[column_of(steps, "position")].integer() == 1024);
  CHECK(varve::detail::pack_row(steps, &step, {}, "step", packer)[column_of(steps, "recipe_id")].is_null());
  // A parent's key of several columns has each in its place.
  const auto& remarks = table_of(varve::info_of<Cell>(), "remarks");
  row_key cell;
  cell.add(value::of(std::int64_t{3}));
  cell.add(value::text("B"));
  const Remark remark{.author = "ada"};
  const auto of_cell = varve::detail::pack_row(remarks, &remark, {&cell, 0}, "remark", packer);
  CHECK(of_cell[column_of(remarks, "cell_row")].integer() == 3);
  CHECK(of_cell[column_of(remarks, "cell_col")].view() == "B");
}

TEST_CASE("a key that the store is to give is null in the row", "[store][rows]") {
  const auto& table = *varve::info_of<Note>().table;
  varve::row_packer packer;
  const Note fresh{.text = "a"};
  CHECK(varve::detail::lacks_key(table, &fresh));
  CHECK(varve::detail::pack_row(table, &fresh, {}, "memo", packer)[0].is_null());
  const Note known{.id = 3};
  CHECK_FALSE(varve::detail::lacks_key(table, &known));
  const Country country{};  // a text key is the application's to give
  CHECK_FALSE(varve::detail::lacks_key(*varve::info_of<Country>().table, &country));
}

TEST_CASE("the key of a row is its own, or its parent's with its name", "[store][rows]") {
  const auto parent = row_key::of(value::of(std::int64_t{12}));
  const Step step{.id = 5, .name = "a"};
  CHECK(varve::detail::key_of_row(table_of(varve::info_of<Recipe>(), "steps"), &step, {&parent, 0}).text() == "5");
  const Ingredient salt{.name = "salt"};
  CHECK(varve::detail::key_of_row(table_of(varve::info_of<Recipe>(), "ingredients"), &salt, {&parent, 0}).text() ==
        R"([12,"salt"])");
  const Cell cell{.row = 3, .col = "B"};
  CHECK(varve::detail::key_of_row(*varve::info_of<Cell>().table, &cell, {}).text() == R"([3,"B"])");
}

TEST_CASE("a value that cannot be stored is refused by its field, and the packer can go on", "[store][rows]") {
  const auto& table = *varve::info_of<Sample>().table;
  varve::row_packer packer;
  Sample sample{.work = Address{.street = "\xff secret", .town = {}}};
  try {
    static_cast<void>(varve::detail::pack_row(table, &sample, {}, "sample", packer));
    FAIL("it was packed");
  } catch (const varve::input_error& refused) {
    CHECK(std::string{refused.what()} == "cannot save sample: field work.street is not valid UTF-8");
    CHECK(refused.where().entity == "sample");
  }
  sample.work.reset();
  CHECK(varve::detail::pack_row(table, &sample, {}, "sample", packer).columns() == table.stored);
}

TEST_CASE("a stored value that its field's type cannot hold is damage, named by table and column", "[store][rows]") {
  const auto& table = *varve::info_of<Sample>().table;
  varve::row_packer packer;
  const Sample sample{};
  const auto row = varve::detail::pack_row(table, &sample, {}, "sample", packer);
  const auto refused = [&](std::string_view column, const value& wrong) {
    const auto damaged = varve::with_values(row, [&](std::size_t i, value& v) {
      if (table.columns[i].name == column) v = wrong;
    });
    Sample filled;
    try {
      varve::detail::unpack_row(table, damaged, &filled);
      FAIL("it was filled");
    } catch (const varve::backend_error& error) {
      CHECK(error.kind() == varve::error_kind::damaged);
      CHECK_THAT(error.what(), Catch::Contains(std::string{column}) && Catch::Contains("sample"));
    }
  };
  refused("tiny", value::of(std::int64_t{128}));
  refused("utiny", value::of(std::int64_t{-1}));
  refused("color", value::text("purple"));
  refused("at", value::text("yesterday"));
  refused("other", value::text("no uuid"));
  refused("json", value::text("{"));
  refused("text", value::of(std::int64_t{1}));
  refused("raw", value::text("x"));
}
