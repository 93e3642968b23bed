#include "invariants.hpp"

#include <sqlite3.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "replay.hpp"
#include "support.hpp"

using namespace dashboards;

namespace {

/// A small history in a file, damaged by SQL; what the check then finds.
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
    found = find_violations(replayed.store.handle);
  }
  remove_database(file);
  return found;
}

}  // namespace

TEST_CASE("a sound history has no violations", "[invariants]") { CHECK(found_after("").empty()); }

TEST_CASE("every kind of damage is found", "[invariants]") {
  const auto [damage, sentence] = GENERATE(table<std::string, std::string>({
      {"UPDATE slices SET slice_name = 'c'", "differ in slice_name"},
      {"DELETE FROM sql_metrics", "does not live, and its newest version is no deletion"},
      {"INSERT INTO slices SELECT * FROM (SELECT 2 AS id, uuid, slice_name, viz_type, params, description, "
       "cache_timeout,"
       " certified_by, certification_details, external_url, is_managed_externally, datasource_id, datasource_type,"
       " dataset_uuid, NULL AS query_context, last_saved_at, last_saved_by_fk, created_on, changed_on, created_by_fk,"
       " changed_by_fk FROM slices_version WHERE operation_type = 2)",
       "lives, and its newest version is a deletion"},
      {"UPDATE slices_version SET slice_name = 'c' WHERE operation_type = 2", "was deleted with other values"},
      {"UPDATE slices_version SET end_transaction_id = 3 WHERE transaction_id = 1",
       "does not end where the next begins"},
      {"UPDATE slices_version SET end_transaction_id = 1 WHERE transaction_id = 1", "ends before it begins"},
      {"UPDATE slices_version SET end_transaction_id = 9 WHERE operation_type = 2", "is the newest and not open"},
      {"UPDATE slices_version SET operation_type = 0 WHERE transaction_id = 2", "has an operation out of turn"},
      {"DELETE FROM version_transaction WHERE id = 1", "begins with a transaction that does not exist"},
      {"INSERT INTO version_transaction (id, issued_at, actor) VALUES (77, '2026-01-01 00:00:00.000000', 'x')",
       "transaction 77 left no row"},
      {"UPDATE version_changes SET sequence = sequence + 100", "is out of sequence"},
      {"UPDATE version_changes SET to_value = from_value", "says nothing"},
      {"UPDATE version_changes SET transaction_id = 1", "belongs to a version that is no change"},
      {"UPDATE version_changes SET entity_id = 99", "belongs to no version"},
      {"DELETE FROM tables_version", "has no history"},
      {"DELETE FROM tables_version WHERE transaction_id = 2; UPDATE tables_version SET end_transaction_id = NULL",
       "is no version of its owner"},
      {"DELETE FROM sql_metrics_version", "lives without a version"},
      {"UPDATE version_transaction SET issued_at = '2020-01-01 00:00:00.000000' WHERE id = 2",
       "was issued before its predecessor"},
  }));
  CAPTURE(damage);
  const auto found = found_after(damage);
  CHECK_THAT(nlohmann::json(found).dump(), Catch::Contains(sentence));
}
