#include "replay.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report.hpp"
#include "support.hpp"
#include "support/rounds.hpp"
#include "verify.hpp"

#include "varve/history/history.hpp"

using namespace dashboards;

namespace {

/// A name for a database that is gone after the test.
class database {
 public:
  explicit database(bool in_memory) : name_(in_memory ? "memory:" : temporary_file("varve-test").string()) {}
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database() {
    if (name_ != "memory:") remove_database(name_);
  }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
};

run_result run_of(const corpus& lines, const replay_result& replayed, const expected_histories& histories) {
  run_result run;
  run.lines = lines;
  run.saves = replayed.saves;
  run.links_dropped = replayed.links_dropped;
  run.bad = replayed.bad;
  run.expected_versions = histories.count();
  run.counts = count_history(replayed.store.handle);
  return run;
}

}  // namespace

TEST_CASE("a replay of the carried corpus holds what its lines say, and can be restored to each of them", "[replay]") {
  const bool in_memory = GENERATE(true, false);
  const bool adopt = test::under_sanitizer ? in_memory : GENERATE(false, true);
  CAPTURE(in_memory, adopt);
  const auto lines = read_corpus(carried_corpora());
  const database original{in_memory};
  const database second{in_memory};
  expected_histories histories;
  const auto replayed = replay(lines, original.name(), adopt, histories);
  auto run = run_of(lines, replayed, histories);
  verify_history(replayed.store.handle, histories, run.verified);
  if (in_memory) {
    expected_histories again;
    verify_restores(replay(lines, second.name(), adopt, again).store.handle, histories, run.verified);
  } else {
    remove_database(second.name());
    verify_restores(open_copy(replayed.store, second.name()).handle, histories, run.verified);
  }
  CAPTURE(run.verified.details);
  CHECK(run.is_clean());
  CHECK(run.counts.versions == histories.count());
  CHECK(run.counts.versions == (adopt ? 317U : 329U));
  CHECK(run.links_dropped == 97);
  CHECK(run.verified.restores > 250);
  CHECK(run.verified.restore_links_skipped == 7);
}

TEST_CASE("the report has every count", "[report]") {
  const auto lines =
      corpus_of(line_of("chart", id('1'), 0, 1, R"({"slice_name":"a","color":1})") +
                line_of("dashboard", id('2'), 0, 2, R"({"slices":[")" + id('1') + "\",\"" + id('9') + "\"]}"));
  expected_histories histories;
  const auto replayed = replay(lines, "memory:", false, histories);
  const auto run = run_of(lines, replayed, histories);
  CHECK(run.is_clean());
  const auto report = report_of(run);
  const std::map<std::string, int> counts{{"transactions", 2},
                                          {"versions", 2},
                                          {"expected_versions", 2},
                                          {"links_dropped", 1},
                                          {"members_ignored", 1},
                                          {"readback_mismatches", 0},
                                          {"restores", 0},
                                          {"restore_mismatches", 0},
                                          {"invariant_violations", 0},
                                          {"golden_pairs", 0},
                                          {"golden_mismatches", 0},
                                          {"replay_mismatches", 0},
                                          {"versions_without_records", 0},
                                          {"golden_void", 0},
                                          {"golden_excepted", 0},
                                          {"restore_links_skipped", 0}};
  for (const auto& [name, count] : counts) {
    CAPTURE(name);
    CHECK(report.at(name) == count);
  }
  CHECK(report.at("members_ignored_names") == nlohmann::json{{"chart.color", 1}});
  const temporary_text file{""};
  write_report(run, file.path());
  std::ifstream stream{file.path()};
  CHECK(nlohmann::json::parse(stream) == report);
}

TEST_CASE("a save that the store refuses is told, and the rest goes on", "[replay]") {
  // JSON fields are not looked into while reading: the store finds the NUL.
  const auto lines = corpus_of(line_of("dataset", id('1'), 0, 1, R"({"extra":{"a":"\u0000"}})") +
                               line_of("chart", id('2'), 0, 1, "{}") + line_of("chart", id('3'), 0, 2, "{}"));
  expected_histories histories;
  const auto replayed = replay(lines, "memory:", false, histories);
  CHECK(replayed.saves == 1);
  REQUIRE(replayed.bad.size() == 2);
  CHECK(replayed.bad[0].number == 1);
  CHECK_THAT(replayed.bad[0].reason, Catch::Contains("NUL"));
  CHECK(count_history(replayed.store.handle).versions == 1);
  CHECK(!run_of(lines, replayed, histories).is_clean());
}

TEST_CASE("an entity that is created again goes on under its key", "[replay]") {
  const auto lines =
      corpus_of(line_of("chart", id('1'), 0, 1, R"({"slice_name":"a"})") + line_of("chart", id('2'), 0, 2, "{}") +
                line_of("chart", id('1'), 1, 3, "null") + line_of("chart", id('1'), 2, 4, R"({"slice_name":"b"})"));
  expected_histories histories;
  const auto replayed = replay(lines, "memory:", false, histories);
  const varve::history<Chart> history{replayed.store.handle};
  const auto versions = history.versions(chart_name('1').uuid).all();
  REQUIRE(versions.size() == 3);
  CHECK(versions[1].is_deletion());
  CHECK(history.state(versions[0]).id == history.state(versions[2]).id);
  CHECK(history.state(versions[2]).slice_name == "b");
  CHECK(versions[2].issued_at() == varve::parse_time("2024-01-01 00:00:04"));
}

TEST_CASE("what is adopted has no history until it is needed", "[replay][adopt]") {
  const bool in_memory = GENERATE(true, false);
  const database target{in_memory};
  const auto lines = corpus_of(line_of("chart", id('1'), 0, 1, R"({"slice_name":"linked"})") +
                               line_of("chart", id('2'), 0, 1, R"({"slice_name":"alone"})") +
                               line_of("dashboard", id('3'), 0, 1, R"({"slices":[")" + id('1') + "\"]}") +
                               line_of("dashboard", id('3'), 1, 2, R"({"css":"x","slices":[")" + id('1') + "\"]}"));
  expected_histories histories;
  const auto replayed = replay(lines, target.name(), true, histories);
  const auto& store = replayed.store.handle;
  const auto board = varve::history<Dashboard>{store}.versions(dashboard_name('3').uuid).all();
  REQUIRE(board.size() == 2);
  CHECK(board[0].is_baseline());
  const auto linked = varve::history<Chart>{store}.versions(chart_name('1').uuid).all();
  REQUIRE(linked.size() == 1);
  CHECK(linked[0].is_baseline());
  CHECK(varve::history<Chart>{store}.versions(chart_name('2').uuid).count() == 0);
  verify_result verified;
  verify_history(store, histories, verified);
  CAPTURE(verified.details);
  CHECK(verified.details.empty());
}

TEST_CASE("the checks see a history that is not as expected", "[replay][verify]") {
  const auto lines = corpus_of(line_of("chart", id('1'), 0, 1, R"({"slice_name":"a"})") +
                               line_of("chart", id('1'), 1, 2, R"({"slice_name":"b"})"));
  const auto other = corpus_of(line_of("chart", id('1'), 0, 1, R"({"slice_name":"a"})") +
                               line_of("chart", id('1'), 1, 2, R"({"slice_name":"c"})") +
                               line_of("chart", id('1'), 2, 3, R"({"slice_name":"d"})"));
  expected_histories histories, expected;
  const auto replayed = replay(lines, "memory:", false, histories);
  static_cast<void>(replay(other, "memory:", false, expected));
  verify_result verified;
  verify_history(replayed.store.handle, expected, verified);
  CHECK(verified.readback_mismatches == 4);  // the entity's count, version 1, what lives, the count of all
  verify_restores(replayed.store.handle, expected, verified);
  CHECK(verified.restore_mismatches == 1);
}
