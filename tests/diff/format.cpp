#include "varve/diff/format.hpp"

#include "diff/dataset.hpp"

using namespace small;
using varve::to_text;

TEST_CASE("a record of a field is a phrase", "[diff][format]") {
  CHECK(to_text(edited({"table_name"}, "sales", "sales_2026")) == R"(changed table_name "sales" -> "sales_2026")");
  CHECK(to_text(added({"sql"}, "select 1")) == R"(set sql "select 1")");
  CHECK(to_text(removed({"sql"}, "select 1")) == "cleared sql");
  CHECK(to_text(edited({"params", "limits", 2}, 1, nullptr)) == "changed params.limits.2 1 -> null");
}

TEST_CASE("a record of an item names its kind", "[diff][format]") {
  CHECK(to_text(added({"metrics", "revenue"}, metric_value("revenue"), "metric")) == "added metric revenue");
  CHECK(to_text(removed({"metrics", "revenue"}, metric_value("revenue"), "metric")) == "removed metric revenue");
  CHECK(to_text(edited({"metrics", "revenue"}, metric_value("revenue"), metric_value("revenue", "1"), "metric")) ==
        "edited metric revenue");
  CHECK(to_text(edited({"params", "time_range"}, "day", "week", "time_range")) ==
        R"(edited time_range time_range "day" -> "week")");
  CHECK(to_text(record(operation::move, {"CHART-1"}, {{"id", "CHART-1"}}, {{"id", "CHART-1"}, {"name", "Sales"}},
                       "chart")) == R"(moved chart "Sales")");
  CHECK(to_text(added({"items", "d"}, {{"name", ""}, {"n", 1}}, "item")) == "added item d");  // its key is its name
}

TEST_CASE("a new order and a collapse are phrases", "[diff][format]") {
  CHECK(to_text(record(operation::move, {"steps"}, {"a", "b"}, {"b", "a"}, "step")) == "reordered steps");
  CHECK(to_text(record(operation::update, {"metrics"}, nullptr, 120, "metric")) == "metrics: 120 changes");
}

TEST_CASE("a long value is cut between characters", "[diff][format]") {
  CHECK(varve::brief("short") == R"("short")");
  CHECK(varve::brief(std::string(58, 'x')).size() == 60);
  CHECK(varve::brief(std::string(59, 'x')) == "\"" + std::string(59, 'x') + "...");
  CHECK(varve::brief("aa\xC3\xA9z", 4) == "\"aa...");
  CHECK(varve::brief("aa\xC3\xA9z", 5) == "\"aa\xC3\xA9...");
}

TEST_CASE("the records of a version print as one line", "[diff][format]") {
  const varve::change_list changes{"", {edited({"a"}, 1, 2), added({"metrics", "m"}, {}, "metric")}};
  CHECK(fmt::format("{}", changes) == "changed a 1 -> 2; added metric m");
  CHECK(fmt::format("{:>6}|", varve::change_list{"new", {}}) == "   new|");
  CHECK(fmt::format("{}", varve::change_list{"restored", {added({"a"}, 1)}}) == "restored; set a 1");
  CHECK(fmt::format("{}", varve::change_list{}) == "");
  CHECK(fmt::format("{:<12}|", added({"a"}, 1)) == "set a 1     |");
}

TEST_CASE("a list of changes is a range of its records", "[diff][format]") {
  const varve::change_list changes{"created", {edited({"a"}, 1, 2)}};
  CHECK(changes.headline() == "created");
  CHECK(changes.size() == 1);
  CHECK_FALSE(changes.empty());
  CHECK(varve::change_list{}.empty());
  CHECK(records(changes.begin(), changes.end()) == changes.records());
}
