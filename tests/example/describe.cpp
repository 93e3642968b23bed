#include "describe.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "entities.hpp"

#include "varve/diff/diff.hpp"

using namespace dashboards;

namespace {

template <class Entity>
std::vector<std::string> lines(const Entity& before, const Entity& after) {
  return describe(varve::diff(before, after));
}

Dataset dataset(std::vector<TableColumn> columns) {
  Dataset made;
  made.table_name = "sales";
  made.columns = std::move(columns);
  return made;
}

}  // namespace

TEST_CASE("change records read as lines", "[describe]") {
  using texts = std::vector<std::string>;
  auto sales = dataset({{.column_name = "price", .type = "INT"}});
  SECTION("columns") {
    CHECK(lines(sales, dataset({{.column_name = "price", .type = "INT"}, {.column_name = "country"}})) ==
          texts{"added column country"});
    CHECK(lines(sales, dataset({})) == texts{"removed column price"});
    CHECK(lines(sales, dataset({{.column_name = "price", .type = "TEXT", .verbose_name = "Price"}})) ==
          texts{"edited column price (type, verbose_name)"});
    CHECK(lines(sales, dataset({{.column_name = "Price", .type = "INT"}})) == texts{"renamed column price to Price"});
    CHECK(lines(sales, dataset({{.column_name = "tax", .type = "INT"}})) ==
          texts{"removed column price", "added column tax"});
  }
  SECTION("titles and texts") {
    auto next = sales;
    next.table_name = "sales_2026";
    next.sql = "select 1";
    CHECK(lines(sales, next) == texts{"set sql \"select 1\"", "renamed \"sales\" to \"sales_2026\""});
  }
  SECTION("filters and nodes") {
    Chart chart, other;
    chart.params = R"({"adhoc_filters":[{"subject":"gender","operator":"=="}],"metrics":["count"]})";
    other.params = R"({"adhoc_filters":[{"subject":"gender","operator":"!="}],"metrics":["sum"]})";
    CHECK(lines(chart, other) == texts{"edited filter gender", "edited metric \"count\" -> \"sum\""});
    Dashboard board, next;
    board.position_json = R"({"CHART-1":{"id":"CHART-1","type":"CHART","meta":{"height":1,"sliceName":"Sales"}}})";
    next.position_json = R"({"CHART-1":{"id":"CHART-1","type":"CHART","meta":{"height":2,"sliceName":"Sales"}}})";
    CHECK(lines(board, next) == texts{"edited chart CHART-1: height 1 -> 2"});
    CHECK(lines(Dashboard{}, board) == texts{"added chart \"Sales\""});
  }
}
