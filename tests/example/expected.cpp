#include "expected.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support.hpp"
#include "verify.hpp"

#include "replay.hpp"

using namespace dashboards;

namespace {

std::string board(const std::string& title, const std::string& charts) {
  return R"({"dashboard_title":")" + title + R"(","slices":[)" + charts + "]}";
}
std::string quoted(char digit) { return fmt::format("\"{}\"", id(digit)); }

/// The model and the store must agree; returns how many versions there are.
std::size_t versions_of(const std::string& text, bool adopt = false) {
  const auto lines = corpus_of(text);
  REQUIRE(lines.bad.empty());
  expected_histories histories;
  const auto replayed = replay(lines, "memory:", adopt, histories);
  CHECK(replayed.bad.empty());
  verify_result verified;
  verify_history(replayed.store.handle, histories, verified);
  CAPTURE(verified.details);
  CHECK(verified.details.empty());
  return histories.count();
}

}  // namespace

TEST_CASE("lines that change nothing versioned make no version", "[expected]") {
  const std::string first = line_of("dataset", id('1'), 0, 1,
                                    R"({"sql":"x","columns":[{"column_name":"a"},{"column_name":"b","type":"INT"}]})");
  SECTION("the order of columns, and null for absent") {
    CHECK(versions_of(first + line_of("dataset", id('1'), 1, 2,
                                      R"({"sql":"x","description":null,"columns":[{"column_name":"b","type":"INT"},
                                      {"column_name":"a","type":null}]})")) == 1);
  }
  SECTION("a query context") {
    CHECK(versions_of(line_of("chart", id('1'), 0, 1, R"({"query_context":{"a":1}})") +
                      line_of("chart", id('1'), 1, 2, R"({"query_context":{"a":2}})")) == 1);
  }
  SECTION("null to an empty text is a change without a record") {
    CHECK(versions_of(first + line_of("dataset", id('1'), 1, 2,
                                      R"({"sql":"x","description":"","columns":[{"column_name":"a"},
                                      {"column_name":"b","type":"INT"}]})")) == 2);
  }
  SECTION("a repeated name, one of which changes") {
    CHECK(versions_of(line_of("dataset", id('1'), 0, 1, R"({"columns":[{"column_name":"a"},{"column_name":"a"}]})") +
                      line_of("dataset", id('1'), 1, 2,
                              R"({"columns":[{"column_name":"a"},{"column_name":"a","type":"T"}]})")) == 2);
  }
}

TEST_CASE("links to charts that do not live after the save are dropped", "[expected]") {
  SECTION("never, not yet, no longer") {
    CHECK(versions_of(line_of("dashboard", id('1'), 0, 1, board("d", quoted('2') + "," + quoted('9'))) +
                      line_of("chart", id('2'), 0, 2, "{}") +
                      line_of("dashboard", id('1'), 1, 3, board("d", quoted('2') + "," + quoted('9'))) +
                      line_of("chart", id('2'), 1, 4, "null") +
                      line_of("dashboard", id('1'), 2, 4, board("d", quoted('2')))) == 5);
  }
  SECTION("created in the same save") {
    CHECK(versions_of(line_of("dashboard", id('1'), 0, 1, board("d", quoted('2'))) +
                      line_of("chart", id('2'), 0, 1, "{}")) == 2);
  }
}

TEST_CASE("a chart that is deleted makes a version of the dashboards that link to it", "[expected]") {
  const std::string text = line_of("chart", id('2'), 0, 1, "{}") + line_of("chart", id('3'), 0, 1, "{}") +
                           line_of("dashboard", id('1'), 0, 1, board("d", quoted('2') + "," + quoted('3'))) +
                           line_of("dashboard", id('4'), 0, 1, board("e", quoted('3'))) +
                           line_of("chart", id('2'), 1, 2, "null") + line_of("chart", id('3'), 1, 2, "null");
  CHECK(versions_of(text) == 8);
  CHECK(versions_of(text, true) == 8);
}

TEST_CASE("a chart that lives on gets its baseline from the dashboard that loses another", "[expected][adopt]") {
  CHECK(versions_of(line_of("chart", id('2'), 0, 1, "{}") + line_of("chart", id('3'), 0, 1, "{}") +
                        line_of("dashboard", id('1'), 0, 1, board("d", quoted('2') + "," + quoted('3'))) +
                        line_of("chart", id('2'), 1, 2, "null"),
                    true) == 5);
}

TEST_CASE("an adopted entity that is deleted and created again has all of its life", "[expected][adopt]") {
  CHECK(versions_of(line_of("chart", id('2'), 0, 1, R"({"slice_name":"a"})") + line_of("chart", id('2'), 1, 2, "null") +
                        line_of("chart", id('2'), 2, 3, R"({"slice_name":"b"})"),
                    true) == 3);
}
