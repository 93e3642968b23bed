#include "corpus.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support.hpp"

using namespace dashboards;

namespace {

std::string chart(const std::string& name) { return R"({"slice_name":")" + name + R"("})"; }

/// Two good saves around one that has `bad` in it.
corpus with_bad_line(const std::string& bad) {
  return corpus_of(line_of("chart", id('1'), 0, 1, chart("one")) + line_of("chart", id('2'), 0, 2, chart("two")) + bad +
                   line_of("chart", id('3'), 0, 2, chart("three")) + line_of("chart", id('4'), 0, 3, chart("four")));
}

}  // namespace

TEST_CASE("a document becomes its struct", "[corpus]") {
  const auto read =
      corpus_of(line_of("chart", id('1'), 0, 1, R"({"uuid":")" + id('1') + R"(","slice_name":"Sales","cache_timeout":60,
                                      "params":{"b":[1],"a":null},"description":null,"is_managed_externally":true,
                                      "last_saved_at":"2024-01-01T10:00:00Z","query_context":{"x":1},"owners":[4,5]})") +
                line_of("dataset", id('2'), 0, 1,
                        R"({"table_name":"t","extra":{"a":1},"template_params":null,
                                      "columns":[{"column_name":"x","extra":"{}"},{"column_name":"x"}],
                                      "metrics":[{"metric_name":"m","currency":{"symbol":"EUR"}}]})") +
                line_of("dashboard", id('3'), 0, 1,
                        R"({"dashboard_title":"D","position_json":"no JSON","json_metadata":{},
                                      "slices":[")" +
                            id('1') + R"(",")" + id('9') + R"("]})"));
  REQUIRE(read.bad.empty());
  REQUIRE(read.saves.size() == 1);
  const auto& lines = read.saves[0].lines;
  const auto& one = std::get<Chart>(*lines[0].document);
  CHECK(one.slice_name == "Sales");
  CHECK(one.cache_timeout == 60);
  CHECK(one.params == R"({"a":null,"b":[1]})");
  CHECK(!one.description);
  CHECK(one.is_managed_externally == true);
  CHECK(one.last_saved_at == varve::parse_time("2024-01-01 10:00:00"));
  CHECK(one.query_context == R"({"x":1})");
  CHECK(one.owners == std::vector<std::int64_t>{4, 5});
  const auto& two = std::get<Dataset>(*lines[1].document);
  CHECK(two.extra == nlohmann::json{{"a", 1}});
  CHECK(!two.template_params);
  REQUIRE(two.columns.size() == 2);
  CHECK(two.columns[0].extra == nlohmann::json("{}"));
  CHECK(two.metrics[0].currency == nlohmann::json{{"symbol", "EUR"}});
  const auto& three = std::get<Dashboard>(*lines[2].document);
  CHECK(three.position_json == "no JSON");
  CHECK(three.json_metadata == "{}");
  CHECK(three.slices.size() == 2);
}

TEST_CASE("members that no field takes are named and counted", "[corpus]") {
  const auto read = corpus_of(line_of("chart", id('1'), 0, 1, R"({"slice_name":"a","color":1,"id":7})") +
                              line_of("dataset", id('2'), 0, 2,
                                      R"({"columns":[{"column_name":"x","shape":1},{"column_name":"y","shape":2}]})"));
  CHECK(read.bad.empty());
  CHECK(read.ignored == std::map<std::string, std::size_t>{{"chart.color", 1}, {"chart.id", 1}, {"column.shape", 2}});
}

TEST_CASE("a bad line is told with its number and reason, and nothing of its save is kept", "[corpus]") {
  const auto [line, reason] = GENERATE(table<std::string, std::string>({
      {"{\"entity\":\"chart\",\"key\":\"x\",\"seq\":0,\"tx\":2,\"at\":\"2024\n", "is no JSON"},
      {"[2]\n", "is a list, not an object"},
      {line_of("chart", id('5'), 0, 2, R"({"slice_name":7})"), "slice_name is a number, not a text"},
      {line_of("chart", id('5'), 0, 2, R"({"cache_timeout":1.5})"), "cache_timeout is a number, not a whole number"},
      {line_of("chart", id('5'), 0, 2, R"({"slice_name":"a\u0000b"})"), "slice_name holds a NUL character"},
      {line_of("chart", id('5'), 0, 2, "7"), "doc is a number, neither an object nor null"},
      {line_of("chart", id('5'), 0, 2, R"({"uuid":")" + id('6') + "\"}"), "uuid is not the line's key"},
      {line_of("widget", id('5'), 0, 2, "{}"), "entity is \"widget\", neither dashboard, chart nor dataset"},
      {line_of("chart", "", 0, 2, "{}"), "key is empty"},
      {line_of("chart", id('2'), 0, 2, "{}"), "stands twice in save 2"},
      {line_of("dataset", id('5'), 0, 2, R"({"columns":7})"), "columns is a number, not a list"},
      {line_of("dataset", id('5'), 0, 2, R"({"columns":[{}]})"), "columns[0] has no name"},
      {line_of("dataset", id('5'), 0, 2, R"({"metrics":[{"metric_name":"m"},{"metric_name":"m"}]})"),
       "metrics has two items with the name m"},
      {R"({"entity":"chart","key":"k","seq":0,"tx":2,"at":"yesterday","doc":null})"
       "\n",
       "at is no time"},
      {R"({"entity":"chart","key":"k","seq":0,"tx":2,"at":"2024-01-01T00:00:00Z"})"
       "\n",
       "has no member doc"},
      {R"({"entity":"chart","key":"k","tx":2,"at":"2024-01-01T00:00:00Z","doc":null})"
       "\n",
       "has no member seq"},
  }));
  CAPTURE(line);
  const auto read = with_bad_line(line);
  REQUIRE(read.bad.size() == 1);
  CHECK(read.bad[0].number == 3);
  CHECK_THAT(read.bad[0].reason, Catch::Contains(reason));
  REQUIRE(read.saves.size() == 2);
  CHECK(read.saves[0].tx == 1);
  CHECK(read.saves[1].tx == 3);
}

TEST_CASE("a line whose save cannot be told spoils the saves at both sides of it", "[corpus]") {
  const auto read =
      corpus_of(line_of("chart", id('1'), 0, 1, "{}") + line_of("chart", id('2'), 0, 2, "{}") + "garbage\n" +
                line_of("chart", id('3'), 0, 3, "{}") + line_of("chart", id('4'), 0, 4, "{}"));
  REQUIRE(read.bad.size() == 1);
  CHECK(read.bad[0].number == 3);
  REQUIRE(read.saves.size() == 2);
  CHECK(read.saves[0].tx == 1);
  CHECK(read.saves[1].tx == 4);
}

TEST_CASE("blank lines are no lines, and a last line needs no end", "[corpus]") {
  auto text = line_of("chart", id('1'), 0, 1, "{}") + "\n  \r\n" + line_of("chart", id('2'), 0, 2, "null");
  text.pop_back();
  const auto read = corpus_of(text);
  CHECK(read.bad.empty());
  CHECK(read.lines() == 2);
  CHECK(!read.saves[1].lines[0].document);
}

TEST_CASE("saves of several files follow each other in time, those of one file in their order", "[corpus]") {
  const temporary_text a{line_of("chart", id('1'), 0, 1, "{}") + line_of("chart", id('1'), 1, 5, "{}")};
  const temporary_text b{line_of("chart", id('2'), 0, 3, "{}") + line_of("chart", id('2'), 1, 7, "{}")};
  const auto read = read_corpus({a.path(), b.path()});
  REQUIRE(read.saves.size() == 4);
  CHECK(read.saves[0].file == 0);
  CHECK(read.saves[1].file == 1);
  CHECK(read.saves[2].file == 0);
  CHECK(read.saves[3].file == 1);
}

TEST_CASE("a key that is no uuid always stands for the same one", "[corpus]") {
  const auto key = uuid_of_key("charts/sales.yaml");
  CHECK(key == uuid_of_key("charts/sales.yaml"));
  CHECK(key != uuid_of_key("charts/other.yaml"));
  CHECK(varve::to_string(uuid_of_key(id('a'))) == id('a'));
}
