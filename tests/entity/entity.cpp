#include "varve/entity/entity.hpp"

#include <catch2/catch.hpp>

#include <new>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "entity/entities.hpp"

using namespace described;

namespace {

const varve::column_info& column_of(const varve::table_info& table, std::string_view name) {
  for (const auto& column : table.columns)
    if (column.name == name) return column;
  FAIL("no column " << name);
  throw 0;
}

struct Aligned {
  std::int64_t id{};
  char small{};
  alignas(4) char placed{};
  using varve_entity = varve::describe<varve::exclude<&Aligned::small, &Aligned::placed>>;
};

struct AlignedPart {
  std::string name{};
  std::uint8_t a{};
  alignas(2) std::uint8_t b{};
  std::int32_t c{};
};
struct AlignedChildren {
  std::int64_t id{};
  std::vector<AlignedPart> parts{};
  using varve_entity =
      varve::describe<varve::children<&AlignedChildren::parts, varve::by<&AlignedPart::name>>>;
};
struct AlignedEmbedded {
  std::int64_t id{};
  std::optional<AlignedPart> part{};
  using varve_entity = varve::describe<varve::embedded<&AlignedEmbedded::part>>;
};

struct Shelf {
  std::int64_t id{};
  std::unordered_map<std::int32_t, std::string> books{};
  std::set<std::string> words{};
  using varve_entity = varve::describe<varve::children<&Shelf::books>, varve::children<&Shelf::words>>;
};

}  // namespace

TEST_CASE("columns find their fields in an object", "[entity]") {
  Dataset dataset;
  const auto& table = *varve::info_of<Dataset>().table;
  CHECK(column_of(table, "table_name").in(&dataset) == &dataset.table_name);
  CHECK(column_of(table, "query").in(&dataset) == &dataset.sql);
  CHECK(column_of(table, "changer").in(&dataset) == &dataset.changer);
  CHECK(column_of(table, "address_city").in(&dataset) == &dataset.address.city);
}

TEST_CASE("columns of an absent embedded struct have no field", "[entity]") {
  Dataset dataset;
  const auto& begin = column_of(*varve::info_of<Dataset>().table, "win_begin");
  CHECK(begin.in(&dataset) == nullptr);
  varve::value_buffer buffer;
  CHECK(begin.read(&dataset, buffer).is_null());
  dataset.window.emplace();
  dataset.window->begin = 7;
  CHECK(begin.in(&dataset) == &dataset.window->begin);
  CHECK(begin.read(&dataset, buffer).integer() == 7);

  begin.embedding->reset(begin.outer(&dataset));
  CHECK_FALSE(dataset.window.has_value());
  CHECK(begin.embedding->emplace(begin.outer(&dataset)) == &*dataset.window);
  dataset.window->begin = 9;
  CHECK(begin.embedding->emplace(begin.outer(&dataset)) == &*dataset.window);
  CHECK(dataset.window->begin == 9);
}

TEST_CASE("columns find private and inherited fields that were listed", "[entity]") {
  Account account{12};
  account.name = "ada";
  const auto& info = varve::info_of<Account>();
  varve::value_buffer buffer;
  CHECK(column_of(*info.table, "name").read(&account, buffer).view() == "ada");
  CHECK(column_of(*info.table, "balance_").read(&account, buffer).integer() == 12);
  CHECK(column_of(*info.table, "id").in(&account) == &account.id);
  CHECK(info.relations[0].size(&account) == 0);
}

TEST_CASE("items of a collection are reached by place", "[entity]") {
  Dataset dataset;
  dataset.cells = {{1, "a", 0.5}, {2, "b", 1.5}};
  const auto& cells = varve::info_of<Dataset>().relations[1];
  REQUIRE(cells.size(&dataset) == 2);
  CHECK(varve::item_view{cells, &dataset}.size() == 2);
  CHECK(varve::item_view{cells, &dataset}[1] == &dataset.cells[1]);
  CHECK(varve::item_access{cells, &dataset}[1] == &dataset.cells[1]);
  CHECK(varve::item_view{cells, nullptr}.size() == 0);
  const void* first = cells.items->resize(cells.in(&dataset), 3);
  CHECK(first == dataset.cells.data());
  CHECK(dataset.cells.size() == 3);
  CHECK(dataset.cells[2].column.empty());
}

TEST_CASE("items that do not stand in a row are listed by rising key and built anew", "[entity]") {
  using entry = std::pair<std::int32_t, std::string>;
  Shelf shelf;
  shelf.books = {{30, "c"}, {1, "a"}, {2, "b"}};
  const auto& books = varve::info_of<Shelf>().relations[0];
  const varve::item_view view{books, &shelf};
  REQUIRE(view.size() == 3);
  CHECK_FALSE(view.in_a_row());
  for (const auto& [place, key] : {std::pair{0U, 1}, {1U, 2}, {2U, 30}}) {
    CHECK(*static_cast<const std::int32_t*>(books.table->columns[1].in(view[place])) == key);
    CHECK(books.table->columns[2].in(view[place]) == &shelf.books.at(key));
  }
  varve::build_items(books, &shelf, 2, [](void* item, std::size_t place) {
    *static_cast<entry*>(item) = {static_cast<std::int32_t>(place) + 5, "x"};
  });
  CHECK(shelf.books == decltype(shelf.books){{5, "x"}, {6, "x"}});
  const auto fail = [](void*, std::size_t place) {
    if (place == 1) throw std::bad_alloc{};
  };
  CHECK_THROWS_AS(varve::build_items(books, &shelf, 3, fail), std::bad_alloc);
  CHECK(shelf.books == decltype(shelf.books){{5, "x"}, {6, "x"}});

  shelf.words = {"b", "a"};
  const auto& words = varve::info_of<Shelf>().relations[1];
  CHECK(varve::item_view{words, &shelf}[1] == &*shelf.words.find("b"));
  varve::build_items(words, &shelf, 1, [](void* item, std::size_t) { *static_cast<std::string*>(item) = "z"; });
  CHECK(shelf.words == std::set<std::string>{"z"});
}

TEST_CASE("columns of links find key and uuid of the link", "[entity]") {
  const auto& info = varve::info_of<Dataset>();
  varve::link<User> editor;
  CHECK(column_of(*info.relations[3].table, "editor").in(&editor) == &editor.key);
  CHECK(column_of(*info.relations[3].table, "uuid").in(&editor) == &editor.uuid);
  Member member;
  CHECK(column_of(*info.relations[4].table, "team_id").in(&member) == &member.team.key);
  CHECK(column_of(*info.relations[4].table, "uuid").in(&member) == &member.team.uuid);
  CHECK(column_of(*info.relations[4].table, "rank").in(&member) == &member.rank);
}

TEST_CASE("rows are made, copied, assigned and swapped by address", "[entity]") {
  const auto& row = *varve::info_of<Dataset>().table->row;
  CHECK(row.size == sizeof(Dataset));
  Dataset dataset;
  dataset.table_name = "sales";
  auto* made = static_cast<Dataset*>(row.make());
  auto* copied = static_cast<Dataset*>(row.copy(&dataset));
  CHECK(made->table_name.empty());
  CHECK(copied->table_name == "sales");
  row.swap(made, copied);
  CHECK(made->table_name == "sales");
  CHECK(copied->table_name.empty());
  row.assign(copied, &dataset);
  CHECK(copied->table_name == "sales");
  row.destroy(made);
  row.destroy(copied);
}

TEST_CASE("the first row that differs is found", "[entity]") {
  const auto& row = *varve::info_of<Dataset>().relations[0].table->row;
  const std::vector<TableColumn> before(4);
  auto after = before;
  CHECK(row.mismatch(before.data(), after.data(), 4) == 4);
  after[2].origin.city = "";
  CHECK(row.mismatch(before.data(), after.data(), 4) == 2);
  CHECK(row.mismatch(before.data(), after.data(), 2) == 2);
  after[1].id = 3;
  CHECK(row.mismatch(before.data(), after.data(), 4) == 1);
}

TEST_CASE("each column decides on sameness of a row, collections do not", "[entity]") {
  const auto& row = *varve::info_of<Dataset>().table->row;
  const Dataset before;
  const auto differs = [&](auto change) {
    Dataset after;
    change(after);
    return row.mismatch(&before, &after, 1) == 0;
  };
  CHECK(differs([](Dataset& d) { d.id = 1; }));
  CHECK(differs([](Dataset& d) { d.sql = ""; }));
  CHECK(differs([](Dataset& d) { d.address.street = "a"; }));
  CHECK(differs([](Dataset& d) { d.window.emplace(); }));
  CHECK(differs([](Dataset& d) { d.soft_deleted = "yes"; }));
  CHECK(differs([](Dataset& d) { d.views = 1; }));
  CHECK_FALSE(differs([](Dataset& d) { d.scratch = {1}; }));
  CHECK_FALSE(differs([](Dataset& d) { d.cells.resize(1); }));
}

TEST_CASE("a field that is not where its type puts it is found out", "[entity]") {
  STATIC_REQUIRE(varve::detail::fields_can_be_seen<Aligned>);  // its size is right: only a look at an object tells
  CHECK_THROWS_AS(varve::info_of<Aligned>(), varve::schema_error);
  CHECK_THROWS_WITH(varve::info_of<Aligned>(), Catch::Contains("alignas") && Catch::Contains("fields<"));
  CHECK_THROWS_WITH(varve::info_of<AlignedChildren>(), Catch::Contains("alignas"));
  CHECK_THROWS_WITH(varve::info_of<AlignedEmbedded>(), Catch::Contains("alignas"));
}
