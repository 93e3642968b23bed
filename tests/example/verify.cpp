#include "verify.hpp"

#include <sqlite3.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "replay.hpp"
#include "support.hpp"
#include "varve/history/doctor.hpp"

using namespace dashboards;

namespace {

/// A small history in a file, damaged by SQL; what the doctor then finds.
std::vector<std::string> found_after(const std::string& damage) {
  const auto lines = corpus_of(
      line_of("chart", id('1'), 0, 1, R"({"slice_name":"a"})") +
      line_of("dataset", id('2'), 0, 1, R"({"table_name":"t","metrics":[{"metric_name":"m"},{"metric_name":"n"}]})") +
      line_of("dashboard", id('3'), 0, 1, R"({"slices":[")" + id('1') + "\"]}") +
      line_of("chart", id('1'), 1, 2, R"({"slice_name":"b"})") +
      line_of("dataset", id('2'), 1, 2, R"({"table_name":"u","metrics":[{"metric_name":"m","d3format":"x"}]})") +
      line_of("chart", id('4'), 0, 3, "{}") + line_of("chart", id('4'), 1, 4, "null"));
  const auto file = temporary_file("varve-test");
  std::vector<std::string> found;
  {
    expected_histories histories;
    const auto replayed = replay(lines, file.string(), false, histories);
    sqlite3* handle = nullptr;
    sqlite3_open(file.c_str(), &handle);
    const int code = sqlite3_exec(handle, damage.c_str(), nullptr, nullptr, nullptr);
    sqlite3_close(handle);
    REQUIRE(code == SQLITE_OK);
    for (const auto& violation : varve::check_history(replayed.store.handle).violations)
      found.push_back(violation.text());
  }
  remove_database(file);
  return found;
}

}  // namespace

TEST_CASE("a sound history has no violations", "[invariants]") { CHECK(found_after("").empty()); }

TEST_CASE("every kind of damage is found", "[invariants]") {
  const auto [damage, place] = GENERATE(table<std::string, std::string>({
      {"UPDATE slices SET slice_name = 'c'", "L3 slices_version 1 at 2"},
      {"DELETE FROM sql_metrics", "L2 sql_metrics_version 1 at 2"},
      {"INSERT INTO slices SELECT * FROM (SELECT 2 AS id, uuid, slice_name, viz_type, params, description, "
       "cache_timeout,"
       " certified_by, certification_details, external_url, is_managed_externally, datasource_id, datasource_type,"
       " dataset_uuid, NULL AS query_context, last_saved_at, last_saved_by_fk, created_on, changed_on, created_by_fk,"
       " changed_by_fk FROM slices_version WHERE operation_type = 2)",
       "L1 slices_version 2 at"},
      {"UPDATE slices_version SET slice_name = 'c' WHERE operation_type = 2", "R3 slices_version 2 at"},
      {"UPDATE slices_version SET end_transaction_id = 3 WHERE transaction_id = 1", "S7 slices_version 1 at 1"},
      {"UPDATE slices_version SET end_transaction_id = 1 WHERE transaction_id = 1", "S3 slices_version 1 at 1"},
      {"UPDATE slices_version SET end_transaction_id = 9 WHERE operation_type = 2", "S4 slices_version 2 at"},
      {"UPDATE slices_version SET operation_type = 0 WHERE transaction_id = 2", "S8 slices_version 1 at 2"},
      {"DELETE FROM version_transaction WHERE id = 1", "S1 slices_version 1 at 1"},
      {"INSERT INTO version_transaction (id, issued_at, actor) VALUES (77, '2026-01-01 00:00:00.000000', 'x')",
       "T3 version_transaction at 77"},
      {"UPDATE version_changes SET sequence = sequence + 100", "C7 version_changes 1 at"},
      {"UPDATE version_changes SET to_value = from_value", "C5 version_changes 1 at"},
      {"UPDATE version_changes SET transaction_id = 1 WHERE entity_kind = 'chart'", "C8 version_changes 1 at 1"},
      {"UPDATE version_changes SET entity_id = 99", "C9 version_changes 99 at"},
      {"DELETE FROM tables_version", "L4 tables_version 1"},
      {"DELETE FROM tables_version WHERE transaction_id = 2; UPDATE tables_version SET end_transaction_id = NULL",
       "K2 sql_metrics_version 1 at 2"},
      {"DELETE FROM sql_metrics_version", "L4 sql_metrics_version 1"},
      {"UPDATE version_transaction SET issued_at = '2020-01-01 00:00:00.000000' WHERE id = 2",
       "T5 version_transaction at 2"},
  }));
  CAPTURE(damage);
  CHECK_THAT(nlohmann::json(found_after(damage)).dump(), Catch::Contains(place));
}
