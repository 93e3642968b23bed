#include "varve/history/repair.hpp"

#include <string>
#include <utility>
#include <vector>

#include "support/damage.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"

#if VARVE_TEST_SQLITE
#include "support/application.hpp"
#endif

using namespace test;

namespace {

lines repaired_in(const varve::repair_report& report) {
  lines places;
  for (const auto& place : report.repaired)
    places.push_back((place.records ? "records " : "end ") + place.table + " " + place.key.text() + " " +
                     std::to_string(place.version.value));
  return places;
}

}  // namespace

TEST_CASE("a sound history is left alone by a repair", "[doctor][repair]") {
  const auto which = each_backend();
  const auto path = place_of(which);
  const auto store = open_store<Dataset, Chart, Dashboard, Recipe>(which, path);
  {
    varve::session session{store, varve::actor{"ada"}};
    make_history(session);
  }
  const auto report = varve::repair_history(store, varve::actor{"rita"});
  CHECK(report.repaired.empty());
  CHECK(report.transactions.empty());
  CHECK(report.left.count() == 0);
  CHECK(report.left.transactions == 6);
}

TEST_CASE("a repair is signed by somebody", "[doctor][repair]") {
  const varve::memory_store store;
  CHECK_THROWS_AS(varve::repair_history(store, varve::anonymous), varve::input_error);
  CHECK_THROWS_WITH(varve::repair_history(store, varve::actor{""}), Catch::Contains("nobody is named"));
}

TEST_CASE("a save that took drift in gets its record", "[doctor][repair][drift]") {
  const auto which = each_backend();
  const auto path = place_of(which);
  auto store = open_store<Dataset>(which, path);
  varve::session session{store, varve::actor{"ada"}};
  auto& dataset = session.add(Dataset{.table_name = "d"});
  session.commit();
  store.versioning(false);
  {
    varve::session around{store, varve::actor{"eve"}};
    around.get<Dataset>(dataset.id).table_name = "drifted";
    around.commit();
  }
  store.versioning(true);
  {
    varve::session other{store, varve::actor{"bob"}};
    other.get<Dataset>(dataset.id).sql = "select 1";
    other.commit();
  }
  REQUIRE_FALSE(varve::check_history(store).is_sound());
  const auto report = varve::repair_history(store, varve::actor{"rita"});
  CHECK(repaired_in(report) == lines{"records tables_version 1 2"});
  CHECK(report.left.count() == 0);
  const auto last = varve::history<Dataset>{store}.versions(dataset.id).all().back();
  CHECK(lines_of(last.changes()) ==
        lines{R"(field add ["sql"] null -> "select 1")", R"(field edit ["table_name"] "d" -> "drifted")"});
  REQUIRE(report.transactions.size() == 1);
  const auto signed_by = varve::find_transaction(store, report.transactions[0]);
  REQUIRE(signed_by);
  CHECK(signed_by->actor == "rita");
  CHECK(signed_by->action_kind == "repair");
  // History goes on from there.
  varve::session next{store, varve::actor{"ada"}};
  next.get<Dataset>(dataset.id).cache_timeout = 3;
  next.commit();
  CHECK(varve::check_history(store).count() == 0);
}

TEST_CASE("ends and records in a memory store are repaired", "[doctor][repair]") {
  varve::memory_store store;
  for (const auto* info : {&varve::info_of<Dataset>(), &varve::info_of<Dashboard>(), &varve::info_of<Recipe>()})
    store.base().use(*info);
  {
    varve::session session{store, varve::actor{"ada"}};
    make_history(session);
  }
  const auto row_of = [&](const varve::table_info& table, std::size_t version) -> auto& {
    return damaged_row(store, table, varve::row_key::of(varve::value::of(std::int64_t{1})), version);
  };
  const auto& tables = *varve::info_of<Dataset>().table;
  row_of(tables, 0).end = 77;
  row_of(tables, 3).end = 5;
  row_of(tables, 2).records = {};
  const auto report = varve::repair_history(store, varve::actor{"rita"});
  CHECK(repaired_in(report) == lines{"end tables_version 1 1", "end tables_version 1 5", "records tables_version 1 3"});
  CHECK(report.ends() == 2);
  CHECK(report.records() == 1);
  CHECK(report.transactions.size() == 2);
  CHECK(report.left.count() == 0);
  CHECK(varve::repair_history(store, varve::actor{"rita"}).transactions.empty());
  // What is not there cannot be amended, and nothing of that attempt stays.
  varve::amendment wrong;
  wrong.told.who = varve::actor{"rita"};
  const auto one = varve::row_key::of(varve::value::of(std::int64_t{1}));
  wrong.intervals = {{&tables, one, {1}, varve::transaction_id{3}}, {&tables, one, {4}, varve::transaction_id{5}}};
  CHECK_THROWS_AS(store.base().connect()->amend(wrong), varve::backend_error);
  CHECK(varve::check_history(store).count() == 0);
}

#if VARVE_TEST_SQLITE

namespace {

/// A history in a file, damaged by SQL, with what its tables held before.
class damaged_file {
 public:
  explicit damaged_file(const std::string& statements) {
    {
      const auto store = opened();
      varve::session session{store, varve::actor{"ada"}};
      make_history(session);
    }
    sound = dump();
    damage_file(*path, statements);
  }
  [[nodiscard]] varve::store_handle opened() const {
    return open_store<Dataset, Chart, Dashboard, Recipe>(backend::sqlite_file, path);
  }
  /// All of the history but the transactions of repairs.
  [[nodiscard]] lines dump() const {
    application reads{*path};
    lines rows = reads.ask("SELECT * FROM version_transaction WHERE action_kind IS NOT 'repair' ORDER BY id");
    const auto add = [&](const std::string& query) {
      for (auto& row : reads.ask(query)) rows.push_back(std::move(row));
    };
    for (const char* table : {"tables_version", "sql_metrics_version", "slices_version", "dashboards_version",
                              "dashboard_slices_version", "recipe_version", "step_version", "ingredient_version"})
      add("SELECT * FROM " + std::string{table} + " ORDER BY 1, 2, transaction_id");
    add("SELECT transaction_id, entity_kind, entity_id, sequence, kind, operation, path, from_value, to_value FROM "
        "version_changes ORDER BY 1, 2, 3, 4");
    return rows;
  }
  std::shared_ptr<std::string> path = temporary_database();
  lines sound{};
};

}  // namespace

TEST_CASE("TOO-01 what can be derived is repaired to what it was, row by row", "[doctor][repair][database]") {
  struct repair_case {
    const char* statements;
    lines repaired;
  };
  const auto [statements, expected] = GENERATE(values<repair_case>({
      {"UPDATE tables_version SET end_transaction_id = 2 WHERE transaction_id = 2", {"end tables_version 1 2"}},
      {"UPDATE tables_version SET end_transaction_id = 77 WHERE transaction_id = 1", {"end tables_version 1 1"}},
      {"UPDATE tables_version SET end_transaction_id = 6, end_filler = zeroblob(7) WHERE transaction_id = 5",
       {"end tables_version 1 5"}},
      {"UPDATE tables_version SET end_transaction_id = NULL, end_filler = zeroblob(8) WHERE transaction_id = 3",
       {"end tables_version 1 3"}},
      {"UPDATE sql_metrics_version SET end_transaction_id = NULL",
       {"end sql_metrics_version 1 1", "end sql_metrics_version 2 1"}},
      {"UPDATE recipe_version SET end_transaction_id = 77 WHERE operation_type = 2", {"end recipe_version 1 4"}},
      {"UPDATE dashboard_slices_version SET end_transaction_id = 1 WHERE transaction_id = 1",
       {"end dashboard_slices_version [1,1] 1"}},
      {"DELETE FROM version_changes",
       {"records tables_version 1 2", "records tables_version 1 3", "records tables_version 1 5",
        "records slices_version 1 3", "records slices_version 1 6", "records dashboards_version 1 5"}},
      {"DELETE FROM version_changes WHERE kind = 'metric'",
       {"records tables_version 1 2", "records tables_version 1 3"}},
      {"UPDATE version_changes SET sequence = sequence + 100 WHERE transaction_id = 2", {"records tables_version 1 2"}},
      {"UPDATE version_changes SET to_value = from_value WHERE path = '[\"table_name\"]'",
       {"records tables_version 1 3"}},
      {"UPDATE version_changes SET path = '[' WHERE transaction_id = 5 AND entity_kind = 'dataset'",
       {"records tables_version 1 5"}},
      {"UPDATE version_changes SET to_value = '7' WHERE path = '[\"params\",\"a\"]' AND transaction_id = 6",
       {"records slices_version 1 6"}},
      {"UPDATE sql_metrics_version SET end_transaction_id = 1 WHERE transaction_id = 1 AND id = 1; DELETE FROM "
       "version_changes WHERE kind = 'metric' AND transaction_id = 2",
       {"end sql_metrics_version 1 1", "records tables_version 1 2"}},
  }));
  const damaged_file file{statements};
  CAPTURE(statements);
  const auto store = file.opened();
  REQUIRE_FALSE(varve::check_history(store).is_sound());
  const auto report = varve::repair_history(store, varve::actor{"rita"});
  CHECK(repaired_in(report) == expected);
  CHECK(report.left.count() == 0);
  CHECK(report.transactions.size() == (report.ends() > 0 ? 1U : 0U) + (report.records() > 0 ? 1U : 0U));
  CHECK(file.dump() == file.sound);
  CHECK(varve::repair_history(store, varve::actor{"rita"}).transactions.empty());
}

TEST_CASE("what cannot be derived is left as it is, and told", "[doctor][repair][database]") {
  const auto [statements, rule] = GENERATE(table<std::string, std::string>({
      {"DELETE FROM tables_version WHERE transaction_id = 2", "S7"},
      {"DELETE FROM tables_version WHERE transaction_id = 5", "S7"},
      {"UPDATE tables_version SET operation_type = 2 WHERE transaction_id = 2", "S8"},
      {"UPDATE tables_version SET end_transaction_id = 6 WHERE transaction_id = 5; UPDATE tables SET sql = 'drifted'",
       "S4"},
      {"UPDATE tables SET sql = 'drifted'", "L3"},
      {"DELETE FROM sql_metrics", "L2"},
      {"UPDATE version_changes SET transaction_id = 4 WHERE transaction_id = 2", "C9"},
      {"UPDATE version_transaction SET issued_at = '2020-01-01 00:00:00.000000' WHERE id = 4", "T5"},
  }));
  const damaged_file file{statements};
  CAPTURE(statements);
  const auto store = file.opened();
  const auto before = varve::check_history(store);
  REQUIRE(before.by_rule.contains(rule));
  const auto report = varve::repair_history(store, varve::actor{"rita"});
  CHECK(report.ends() == 0);
  CHECK(report.left.by_rule.at(rule) == before.by_rule.at(rule));
  const auto again = varve::repair_history(store, varve::actor{"rita"});
  CHECK(again.transactions.empty());
  CHECK(again.left.by_rule == report.left.by_rule);
}

TEST_CASE("a repair that fails half way leaves everything as it was", "[doctor][repair][database]") {
  const damaged_file file{
      "DELETE FROM version_changes; CREATE TRIGGER full BEFORE INSERT ON version_changes WHEN NEW.transaction_id = 5 BEGIN "
      "SELECT RAISE(ABORT, 'no room'); END"};
  const auto damaged = file.dump();
  const auto store = file.opened();
  CHECK_THROWS_AS(varve::repair_history(store, varve::actor{"rita"}), varve::backend_error);
  CHECK(file.dump() == damaged);
  CHECK(varve::check_history(store).transactions == 6);
  damage_file(*file.path, "DROP TRIGGER full; UPDATE version_catalog SET content = content");
  CHECK(varve::repair_history(store, varve::actor{"rita"}).records() == 6);
  CHECK(file.dump() == file.sound);
}

TEST_CASE("a repair goes on where its limit ended the last one", "[doctor][repair][database]") {
  const damaged_file file{"DELETE FROM version_changes"};
  const auto store = file.opened();
  varve::repair_options options;
  options.limit = 4;
  CHECK(varve::repair_history(store, varve::actor{"rita"}, options).records() == 4);
  const auto rest = varve::repair_history(store, varve::actor{"rita"}, options);
  CHECK(rest.records() == 2);
  CHECK(rest.left.count() == 0);
  CHECK(file.dump() == file.sound);
}

#endif
