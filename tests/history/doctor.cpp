#include "varve/history/doctor.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/damage.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using doctor_stores = on_every_store<Dataset, Chart, Dashboard, Recipe, Note, Cell, Country>;

}  // namespace

TEST_CASE_METHOD(doctor_stores, "a member of a document that comes or goes with null says something", "[doctor]") {
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "chart", .params = {{"a", 1}}});
  commit(session);
  chart.params["b"] = nullptr;
  commit(session);
  chart.params.erase("b");
  commit(session);
  CHECK(records<Chart>(chart.id).at(1) == lines{R"(field add ["params","b"] null -> null)"});
  CHECK(records<Chart>(chart.id).at(2) == lines{R"(field remove ["params","b"] null -> null)"});
  CHECK(places_of(varve::check_history(store)) == lines{});
}

TEST_CASE_METHOD(doctor_stores, "the doctor finds nothing in a sound history, and says how much it looked at",
                 "[doctor]") {
  auto session = by("ada");
  make_history(session);
  session.rollback();
  const auto report = varve::check_history(store);
  CHECK(report.is_sound());
  CHECK(report.count() == 0);
  CHECK(report.violations.empty());
  CHECK(report.left_out.empty());
  CHECK(report.transactions == 6);
  CHECK(report.live_rows == 4);     // dataset, metric, chart, dashboard
  CHECK(report.shadow_rows == 23);  // 4 datasets, 4 metrics, 3 charts, 2 dashboards, 2 links, 2 recipes with 4 and 2
  CHECK(report.replayed == 6);
  CHECK(report.records == 11);
  CHECK(fmt::format("{}", report) ==
        "4 live rows, 23 rows of history, 6 transactions, 11 records, 6 versions replayed: nothing found");
}

TEST_CASE_METHOD(doctor_stores, "an empty history is sound", "[doctor]") {
  CHECK(varve::check_history(store).is_sound());
  CHECK(varve::check_history(varve::memory_store{}).is_sound());
}

TEST_CASE_METHOD(doctor_stores, "a check of pages of one row finds the same", "[doctor]") {
  auto session = by("ada");
  make_history(session);
  session.rollback();
  varve::check_options options;
  for (const std::size_t rows : {0U, 1U, 2U, 1000U}) {
    options.page_rows = rows;
    const auto report = varve::check_history(store, options);
    CHECK(report.count() == 0);
    CHECK(report.records == 11);
    CHECK(report.shadow_rows == 23);
  }
}

TEST_CASE_METHOD(doctor_stores, "entities that were never saved are no violation, their children neither", "[doctor]") {
  adopt(Dataset{.table_name = "old", .metrics = {{.metric_name = "m"}}});
  const auto report = varve::check_history(store);
  CHECK(report.count() == 0);
  CHECK(report.live_rows == 2);
}

TEST_CASE_METHOD(doctor_stores, "keys of several columns and of text are looked at like others", "[doctor]") {
  auto session = by("ada");
  auto& cell = session.add(Cell{.row = 1, .col = "b", .content = "x", .remarks = {{.author = "ada", .text = "?"}}});
  auto& country = session.add(Country{.code = "de", .name = "Germany", .cities = {{.name = "Bonn"}}});
  session.commit();
  cell.content = "y";
  cell.remarks[0].text = "!";
  country.cities[0].people = 3;
  session.commit();
  const auto report = varve::check_history(store);
  CHECK(report.count() == 0);
  CHECK(report.records == 3);
  CHECK(report.replayed == 2);
}

TEST_CASE_METHOD(doctor_stores, "what storage cut from records is beyond replay, the rest of a version is not",
                 "[doctor]") {
  auto session = by("ada");
  session.limits().records_per_field = 2;
  session.limits().value_bytes = 40;
  auto& dataset = session.add(Dataset{.table_name = "d", .metrics = {{.metric_name = "a"}, {.metric_name = "b"}}});
  auto& chart = session.add(Chart{.slice_name = "c"});
  session.commit();
  dataset.sql = std::string(100, 'x');
  dataset.cache_timeout = 1;
  dataset.metrics[0].expression = std::string(100, 'y');
  chart.params["long"] = std::string(100, 'z');
  chart.params["short"] = 1;
  session.commit();
  for (int i = 0; i < 5; ++i) dataset.metrics.push_back({.metric_name = "m" + std::to_string(i)});
  for (int i = 0; i < 5; ++i) dataset.columns.push_back({.column_name = "c", .type = std::to_string(i)});
  for (int i = 0; i < 5; ++i) chart.params["k" + std::to_string(i)] = i;
  session.commit();
  const auto report = varve::check_history(store);
  CHECK(report.count() == 0);
  CHECK(report.replayed == 4);
}

TEST_CASE_METHOD(doctor_stores, "drift is found, and so is the save that took it in without a record",
                 "[doctor][drift]") {
  drifted_ = true;
  auto session = by("ada");
  auto& dataset = session.add(Dataset{.table_name = "d", .metrics = {{.metric_name = "a"}}});
  commit(session);
  {
    store.versioning(false);
    auto around = by("eve");
    auto& same = around.get<Dataset>(dataset.id);
    same.table_name = "drifted";
    around.commit();
    store.versioning(true);
  }
  CHECK(places_of(varve::check_history(store)) == lines{"L3 tables_version 1 1"});
  {
    auto other = by("bob");
    other.get<Dataset>(dataset.id).sql = "select 1";
    commit(other);
  }
  CHECK(places_of(varve::check_history(store)) == lines{"R3 tables_version 1 2", "replay tables_version 1 2"});
}

TEST_CASE_METHOD(doctor_stores, "a report keeps as many violations as asked, and counts the rest", "[doctor][drift]") {
  drifted_ = true;
  for (int i = 0; i < 5; ++i) save(Note{.text = "a"});
  store.versioning(false);
  for (int i = 1; i <= 5; ++i) {
    auto around = by("eve");
    around.get<Note>(i).text = "drifted";
    around.commit();
  }
  store.versioning(true);
  varve::check_options options;
  options.limit = 2;
  const auto report = varve::check_history(store, options);
  CHECK_FALSE(report.is_sound());
  CHECK(report.count() == 5);
  CHECK(report.by_rule.at("L3") == 5);
  CHECK(report.violations.size() == 2);
  CHECK(fmt::format("{}", report.violations[0]) ==
        "L3 notes_past 1 at 1: column body of its newest version is not as it lives");
  CHECK_THAT(fmt::format("{}", report), Catch::EndsWith("\nand 3 more"));
  store.versioning(false);
  for (int i = 1; i <= 5; ++i) {
    auto back = by("eve");
    back.get<Note>(i).text = "a";
    back.commit();
  }
  store.versioning(true);
}

TEST_CASE("damage of a memory store is found", "[doctor]") {
  varve::memory_store store;
  store.base().use(varve::info_of<Dataset>());
  store.base().use(varve::info_of<Dashboard>());
  store.base().use(varve::info_of<Recipe>());
  {
    varve::session session{store, varve::actor{"ada"}};
    make_history(session);
  }
  REQUIRE(varve::check_history(store).count() == 0);
  const auto row_of = [&](const varve::table_info& table, std::size_t version) -> auto& {
    return damaged_row(store, table, varve::row_key::of(varve::value::of(std::int64_t{1})), version);
  };
  const auto& tables = *varve::info_of<Dataset>().table;
  const auto& metrics = *varve::info_of<Dataset>().relations[0].table;
  const auto& charts = *varve::info_of<Chart>().table;
  const auto find = [&](const std::string& place) {
    const auto found = places_of(varve::check_history(store));
    CAPTURE(found, place);
    CHECK(has(found, place));
  };
  SECTION("an end that is none") {
    row_of(tables, 0).end = 77;
    find("S7 tables_version 1 1");
  }
  SECTION("an operation") {
    row_of(tables, 1).operation = varve::row_operation::remove;
    find("S8 tables_version 1 3");
  }
  SECTION("records") {
    row_of(tables, 1).records = {};
    find("R3 tables_version 1 2");
    find("replay tables_version 1 2");
  }
  SECTION("records of a document") {
    row_of(charts, 2).records = {};
    find("replay slices_version 1 6");
  }
  SECTION("a version that changed nothing") {
    row_of(tables, 3).row = row_of(tables, 2).row;
    row_of(tables, 3).records = {};
    find("V2 tables_version 1 5");
  }
  SECTION("a value") {
    row_of(metrics, 0).row = row_of(metrics, 1).row;
    find("replay tables_version 1 2");
  }
}

#if VARVE_TEST_SQLITE

namespace {

/// The history, damaged by SQL.
varve::history_report report_after(const std::string& statements, const std::string& loose = {}) {
  const auto path = temporary_database();
  {
    const auto store = open_store<Dataset, Chart, Dashboard, Recipe>(backend::sqlite_file, path);
    varve::session session{store, varve::actor{"ada"}};
    make_history(session);
  }
  damage_file(*path, (loose.empty() ? loose : without_constraints(loose) + "; ") + statements);
  varve::check_options options;
  options.page_rows = 2;
  return varve::check_history(open_store<Dataset, Chart, Dashboard, Recipe>(backend::sqlite_file, path), options);
}

}  // namespace

TEST_CASE("every kind of damage is found, with its rule, table, key and transaction", "[doctor][database]") {
  const auto [statements, place, loose, where] = GENERATE(from_range(every_damage()));
  static_cast<void>(where);
  CAPTURE(statements);
  const auto report = report_after(statements, loose);
  const auto found = places_of(report);
  CAPTURE(found, place);
  CHECK(has(found, place));
  const auto rule = std::string_view{place}.substr(0, 2);
  CHECK(report.is_sound() == (rule == "T5" || rule == "P1"));
}

TEST_CASE("records of a baseline are found", "[doctor][database]") {
  const auto path = temporary_database();
  make_baseline(open_store<Dataset>(backend::sqlite_file, path));
  damage_file(*path, damage_of_baseline);
  CHECK(
      has(places_of(varve::check_history(open_store<Dataset>(backend::sqlite_file, path))), "C8 version_changes 1 1"));
}

TEST_CASE("a version that changed a child or a link alone changed something", "[doctor][database]") {
  for (const char* statements : {"DELETE FROM version_changes WHERE path LIKE '[\"slices\"%'",
                                 "DELETE FROM version_changes WHERE kind = 'metric'; UPDATE tables_version SET sql = "
                                 "'select 1' WHERE transaction_id = 2"}) {
    const auto report = report_after(statements);
    CAPTURE(statements, report.text());
    CHECK(report.by_rule.at("replay") > 0);
    CHECK_FALSE(report.by_rule.contains("V2"));
  }
}

TEST_CASE("a clock that went back alone is a warning", "[doctor][database]") {
  const auto report =
      report_after("UPDATE version_transaction SET issued_at = '2020-01-01 00:00:00.000000' WHERE id = 4");
  CHECK(places_of(report) == lines{"T5 version_transaction - 4"});
  CHECK(report.is_sound());
  CHECK(report.violations[0].is_warning());
}

TEST_CASE("kinds of the database that are not in use are named, and nothing of theirs is told", "[doctor][database]") {
  const auto path = temporary_database();
  {
    const auto store = open_store<Dataset, Chart, Dashboard, Recipe>(backend::sqlite_file, path);
    varve::session session{store, varve::actor{"ada"}};
    make_history(session);
  }
  const varve::sqlite::store store{*path};
  store.base().use(varve::info_of<Recipe>());
  const auto report = varve::check_history(store);
  CHECK(report.left_out == lines{"chart", "dashboard", "dataset"});
  CHECK(report.violations.empty());
  CHECK(report.records == 11);
  CHECK_THAT(fmt::format("{}", report), Catch::Contains("\nnot looked at: kind chart\n"));
}

TEST_CASE("a history that was pruned is sound, and what a prune left over is a warning", "[doctor][database]") {
  // The horizon, entities' rows with their records, children and links, then transactions that no row begins or ends with.
  std::string done = "UPDATE version_catalog SET content = '6' WHERE name = 'horizon'";
  const auto pruned = [](const std::string& table) {
    return " FROM " + table +
           " WHERE end_transaction_id < 6 OR (operation_type = 2 AND end_transaction_id IS NULL AND transaction_id < "
           "6)";
  };
  std::vector<std::string> steps;
  for (const auto& [table, kind] : std::vector<std::pair<std::string, std::string>>{{"tables_version", "dataset"},
                                                                                    {"slices_version", "chart"},
                                                                                    {"dashboards_version", "dashboard"},
                                                                                    {"recipe_version", "recipe"}})
    steps.push_back("DELETE FROM version_changes WHERE entity_kind = '" + kind +
                    "' AND transaction_id IN (SELECT transaction_id" + pruned(table) + "); DELETE" + pruned(table));
  for (const char* table : {"sql_metrics_version", "step_version", "ingredient_version", "dashboard_slices_version"})
    steps.push_back("DELETE" + pruned(table));
  steps.push_back("DELETE FROM version_transaction WHERE id IN (1, 4)");
  const auto before = report_after(done);
  CAPTURE(before.text());
  CHECK(before.is_sound());
  CHECK(before.by_rule.at("P1") == 18);
  CHECK(has(places_of(before), "P1 tables_version 1 1"));
  for (const auto& step : steps) {
    done += "; " + step;
    const auto report = report_after(done);
    CAPTURE(done, report.text());
    CHECK(report.is_sound());
    CHECK((report.count() == 0) == (step == steps.back()));
  }
  // More than a prune takes is damage.
  CHECK(has(places_of(report_after(done + "; DELETE FROM slices_version WHERE transaction_id = 3")),
            "S5 slices_version 1 6"));
  CHECK(has(places_of(report_after(done + "; DELETE FROM sql_metrics_version")), "L4 sql_metrics_version 1 0"));
  CHECK(has(places_of(report_after(done + "; DELETE FROM version_transaction WHERE id = 3")), "S1 slices_version 1 3"));
}

#endif
