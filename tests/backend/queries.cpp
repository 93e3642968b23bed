/// What questions over many versions cost on SQLite: how many statements, and by which plans.

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "support/application.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/history/activity.hpp"

using namespace test;

namespace {

/// Datasets with as many versions each, every other one with a change of a metric, in a database of the application's.
class many_versions {
 public:
  /// \param analysed  whether the planner has statistics.
  many_versions(int datasets, int versions, bool analysed) : store(varve::sqlite::store{varve::borrow(db.handle())}) {
    varve::schema{store}.add<Dataset>().add<Chart>().add<Dashboard>().add<Cell>().add<Recipe>().add<Page>().apply();
    for (const auto* info : {&varve::info_of<Dataset>(), &varve::info_of<Dashboard>()}) store.base().use(*info);
    const auto n = std::to_string(datasets), v = std::to_string(versions);
    db.run("BEGIN");
    db.run("CREATE TEMP TABLE k AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < " + n +
           " * " + v + ") SELECT i / " + n + " AS version, i % " + n + " + 1 AS id, i + 1 AS at FROM c");
    db.run(
        "INSERT INTO version_transaction (id, issued_at, actor, meta) SELECT at, strftime('%Y-%m-%d %H:%M:%S', "
        "'2020-01-01', '+' || at || ' seconds') || '.000000', iif(at % 100 = 0, 'eve', 'ada'), "
        "iif(at % 100 = 50, '{\"ticket\":\"X-1\"}', NULL) FROM k");
    db.run(
        "INSERT INTO tables_version (id, uuid, table_name, sql, transaction_id, end_transaction_id, operation_type) "
        "SELECT id, printf('%08x-0000-4000-8000-000000000000', id), 'v' || version, iif(version % 10 = 3, 'rare', "
        "'often'), at, iif(version = " +
        v + " - 1, NULL, at + " + n + "), iif(version = 0, 0, 1) FROM k");
    db.run(
        "INSERT INTO tables (id, uuid, table_name, sql, opened, hits, created_on, created_by, changed_on) SELECT id, "
        "uuid, table_name, sql, 0, 0, '2020-01-01 00:00:00.000000', 'ada', '2020-01-01 00:00:00.000000' FROM "
        "tables_version WHERE end_transaction_id IS NULL");
    db.run(
        "INSERT INTO sql_metrics_version (id, metric_name, expression, dataset_id, transaction_id, "
        "end_transaction_id, operation_type) SELECT id, 'm', version, id, at, iif(version + 2 >= " +
        v + ", NULL, at + 2 * " + n + "), iif(version = 0, 0, 1) FROM k WHERE version % 2 = 0");
    db.run(
        "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
        "from_value, to_value) SELECT at, 'dataset', id, 0, 'field', 'edit', '[\"table_name\"]', '\"v' || (version - "
        "1) || '\"', '\"v' || version || '\"' FROM k WHERE version > 0");
    db.run("COMMIT");
    if (analysed) db.run("ANALYZE");
  }

  /// One second before the first transaction; each is a second later than the one before.
  [[nodiscard]] static varve::time_point begin() { return std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}; }
  /// The statements that some work runs, each text once for each run.
  template <class Work>
  lines statements(Work&& work) {
    lines ran;
    sqlite3_trace_v2(
        db.handle(), SQLITE_TRACE_STMT,
        [](unsigned, void* to, void* statement, void*) {
          std::string text = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
          if (text.rfind("BEGIN", 0) != 0 && text.rfind("COMMIT", 0) != 0 && text.rfind("ROLLBACK", 0) != 0)
            static_cast<lines*>(to)->push_back(std::move(text));
          return 0;
        },
        &ran);
    work();
    sqlite3_trace_v2(db.handle(), 0, nullptr, nullptr);
    return ran;
  }
  /// Checks the plan of each statement that some work runs: tables are looked up by an index or the key, `walked` aside,
  /// which is read in the order of an index from where the page begins.
  /// \param sorts  the items of one entity may be sorted, else nothing is.
  template <class Work>
  void check_plans(const std::set<std::string>& walked, Work&& work, bool sorts = false) {
    const auto ran = statements(work);
    CHECK(!ran.empty());
    for (const auto& text : std::set<std::string>{ran.begin(), ran.end()})
      for (const auto& line : db.ask("EXPLAIN QUERY PLAN " + text)) {
        INFO(text << "\n" << line);
        const auto step = line.substr(line.rfind('|') + 1);
        if (step.find("VIRTUAL TABLE") != std::string::npos) continue;                // a JSON list that was bound
        const bool is_of_one = step == "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY";  // the records of a transaction
        CHECK((sorts || is_of_one || step.find("TEMP B-TREE") == std::string::npos));
        if (step.rfind("SCAN", 0) != 0) continue;
        // Rows that the statement itself makes: a halving search, the keys of one entity's items.
        const bool is_own = step == "SCAN CONSTANT ROW" || step == "SCAN s" || step == "SCAN k";
        CHECK((is_own || walked.contains(step)));
      }
  }

  /// Twenty entities of each other kind, with two items in each of their collections.
  /// \return  the newest transaction.
  std::int64_t fill_other_kinds() {
    varve::session session{store, varve::actor{"ada"}};
    std::vector<varve::link<Chart>> charts;
    for (const auto* name : {"x", "y"}) {
      const auto& chart = session.add(Chart{.slice_name = name});
      session.flush();
      charts.push_back({.key = chart.id});
    }
    for (int i = 0; i < 20; ++i) {
      const auto name = std::to_string(i);
      session.add(Cell{.row = i / 3, .col = name, .remarks = {{.author = "ada"}, {.author = "bob"}}, .charts = charts});
      session.add(Recipe{.name = name,
                         .steps = {{.name = "cut"}, {.name = "cook"}},
                         .ingredients = {{.name = "salt"}, {.name = "leek"}}});
      session.add(Page{.title = name,
                       .tags = {"a", "b"},
                       .colors = {Color::red, Color::blue},
                       .marks = {1, 2},
                       .labels = {{"a", "1"}, {"b", "2"}},
                       .limits = {{1, {}}, {2, {}}},
                       .rates = {{"a", {}}, {"b", {}}}});
      session.add(Dashboard{.title = name, .slices = charts, .places = {{.chart = charts[0]}, {.chart = charts[1]}}});
    }
    return session.commit().transaction.value().value;
  }

  application db{};
  varve::store_handle store;
};

void ask_everything(int datasets, int versions) {
  const bool analysed = GENERATE(false, true);
  INFO("with statistics: " << analysed);
  many_versions many{datasets, versions, analysed};
  const varve::history<Dataset> history{many.store};
  const varve::version_search all{many.store};
  const varve::activity activity{many.store};
  const std::int64_t last = datasets;
  const auto few = static_cast<std::size_t>(20);

  SECTION("of one entity") {
    const auto ask = [&](std::size_t size) {
      return [&, size] { CHECK(all.of<Dataset>(last).where<&Dataset::sql>("rare").page(size).size() <= size); };
    };
    CHECK(many.statements(ask(5)).size() == 4);
    CHECK(many.statements(ask(500)).size() == 4);
    many.check_plans({}, ask(5));
    many.check_plans({}, [&] {
      const auto page = all.of<Dataset>(last).by("eve").page(2);
      CHECK(all.of<Dataset>(last).behind(all.of<Dataset>(last).page(1)[0]).page(few).size() <= few);
    });
  }
  // No value of the past has an index, which each save would pay for: a kind's versions are walked over in the order of
  // the key's index, from where the page begins to where it is full.
  const std::set<std::string> by_key{"SCAN r USING INDEX sqlite_autoindex_tables_version_1"};
  SECTION("of a kind: its versions are walked over in the order of their keys, and nothing is sorted") {
    const auto page = all.of<Dataset>().page(1);
    const auto asked = [&](const varve::version_search& list) {
      for (const std::size_t size : {few, static_cast<std::size_t>(500)}) {
        const auto ask = [&] { CHECK(list.page(size).size() >= few); };
        CHECK(many.statements(ask).size() == 3);
        many.check_plans(by_key, ask);
      }
      many.check_plans({}, [&] { CHECK(list.behind(page[0]).page(few).size() == few); });
    };
    asked(all.of<Dataset>());
    asked(all.of<Dataset>().with_deletions());
    asked(all.of<Dataset>().by("eve"));
    asked(all.of<Dataset>().with_meta("ticket", "X-1"));
    asked(all.where<&Dataset::sql>("rare"));
    asked(all.where<&Dataset::sql>("rare").with_deletions());
    asked(all.where_any<&Dataset::sql>({"rare", "never"}));
    asked(all.where_between<&Dataset::sql>("p", "s"));
    asked(all.where_between<&Dataset::sql>("p", std::nullopt));
  }
  SECTION("over everything: one statement more for each kind without any") {
    auto walked = by_key;
    for (const auto* table : {"slices", "dashboards"})
      walked.insert("SCAN r USING INDEX sqlite_autoindex_" + std::string{table} + "_version_1");
    for (const auto& list : {all, all.with_deletions(), all.by("eve"), all.action("")}) {
      const auto ask = [&] { CHECK(list.page(few).size() == few); };
      CHECK(many.statements(ask).size() == 1 + 1 + 3);
      many.check_plans(walked, ask);
    }
  }
  SECTION("the transaction of a time: one statement, by halves") {
    const auto ask = [&] {
      CHECK(varve::transaction_at(many.store, many.begin() + std::chrono::seconds{last})->id.value == last);
    };
    CHECK(many.statements(ask).size() == 1);
    many.check_plans({}, ask);
  }
  SECTION("a timeline: one statement for each collection, and one for the horizon") {
    const auto versions_now = history.versions(last).newest_first().page(few);
    const auto ask = [&] { CHECK(history.timeline(versions_now).size() == versions_now.size()); };
    CHECK(many.statements(ask).size() == 3);
    many.check_plans({}, ask);
  }
  SECTION("activity: one statement a page, along the transactions") {
    const auto ask = [&](const varve::activity& list) { return [=] { CHECK(!list.page(20).empty()); }; };
    for (const auto& list : {activity, activity.newest_first(), activity.by_prefix("ev"), activity.by_part("VE"),
                             activity.with_meta("ticket", {"X-1", "X-2"}), activity.of_records("field").by("eve")}) {
      CHECK(many.statements(ask(list)).size() == 1);
      many.check_plans({}, ask(list));
    }
    many.check_plans({}, ask(activity.between({last + 100}, {last + 200})));
  }
  SECTION("activity by each question alone: one statement a page, one more for each end of a time") {
    const auto moment = many_versions::begin() + std::chrono::seconds{2 * last};
    const auto asked = [&](const varve::activity& list, std::size_t times = 0) {
      for (const auto& one : {list, list.newest_first()}) {
        const auto entries = one.page(few);
        REQUIRE(!entries.empty());
        for (const auto& question : {one, one.behind(entries.front().place)}) {
          const auto ask = [&] { CHECK(question.page(few).size() <= few); };
          CHECK(many.statements(ask).size() == 1 + times);
          many.check_plans({}, ask);
        }
      }
    };
    asked(activity);
    asked(activity.of<Dataset>());
    asked(activity.of<Dataset>().of_records("field"));
    asked(activity.of<Dataset>().within("table_name"));
    asked(activity.within("table_name"));
    asked(activity.of_operation(varve::operation::edit));
    asked(activity.action(""));
    asked(activity.by("eve"));
    asked(activity.at({last + 1}));
    asked(activity.since(moment), 1);
    asked(activity.until(moment), 1);
    asked(activity.since(moment).until(moment + std::chrono::minutes{1}), 2);
  }
  SECTION("what one transaction touched: one statement a kind, along the keys") {
    const auto ask = [&] { CHECK(varve::touched_by(many.store, {last + 1}).size() == 1); };
    CHECK(many.statements(ask).size() == 3);
    many.check_plans({}, ask);
  }
  SECTION("versions, states and blame of one entity: as many statements as docs/reading.md says") {
    const varve::transaction_id second{last + datasets};
    const auto counts = [&](std::size_t statements, auto&& ask) {
      const auto ran = many.statements(ask);
      CAPTURE(ran);
      CHECK(ran.size() == statements);
      many.check_plans({}, ask, true);
    };
    const std::size_t collections = 2, older = static_cast<std::size_t>(versions - 1);
    const auto pages = [](std::size_t rows) { return rows / 100 + 1; };  // a full one does not tell that it is the last
    const auto version = history.version(last, second).value();
    const auto newest = history.latest(last, second).value();
    const auto id = varve::parse_uuid(fmt::format("{:08x}-0000-4000-8000-000000000000", last)).value();
    counts(4, [&] { CHECK(history.versions(id).page(few).size() == few); });
    counts(4, [&] { CHECK(history.versions(last).page(few).size() == few); });
    counts(4, [&] { CHECK(history.versions(last).newest_first().page(2).size() == 2); });
    counts(2, [&] { CHECK(history.versions(last).count() == static_cast<std::size_t>(versions)); });
    counts(4, [&] { CHECK(history.version(last, second)); });
    counts(4, [&] { CHECK(history.latest(last, second)); });
    counts(3, [&] { CHECK(history.next(version)); });
    counts(3, [&] { CHECK(history.previous(version)); });
    counts(1 + 1 + collections, [&] { CHECK(history.as_of(last, second).has_value()); });
    counts(collections, [&] { CHECK(history.state(version).id == last); });
    counts(2 * collections, [&] { CHECK(history.diff(version, newest).records.empty()); });
    counts(1 + 1 + pages(older) + collections + 1, [&] { CHECK(!history.blame(last).empty()); });
    counts(1 + 2 + pages(older + 1), [&] { CHECK(history.that_changed<&Dataset::table_name>(last).size() >= few); });
    counts(1 + 2 + pages(older + 1) + 1, [&] { CHECK(!history.that_changed<&Dataset::metrics>(last).empty()); });
  }
  SECTION("all entities of a kind as of an instant: along their keys, and along the items of each") {
    const varve::transaction_id middle{static_cast<std::int64_t>(datasets) * versions / 2};
    const auto time = many.begin() + std::chrono::seconds{middle.value};
    for (const std::size_t size : {few, static_cast<std::size_t>(100)}) {
      const auto ask = [&] { CHECK(history.all_as_of(middle, size).size() == size); };
      CHECK(many.statements(ask).size() == 1 + 2);
      many.check_plans({}, ask, true);
      CHECK(many.statements([&] { CHECK(history.all_as_of(time, size).size() == size); }).size() == 1 + 1 + 2);
    }
  }
  SECTION("items of every shape as of an instant") {
    const varve::transaction_id now{many.fill_other_kinds()};
    if (analysed) many.db.run("ANALYZE");
    const auto asks = [&](std::size_t collections, auto&& ask, const std::set<std::string>& walked = {}) {
      CHECK(many.statements(ask).size() == 1 + collections);
      many.check_plans(walked, ask, true);
    };
    // Keys of several columns are read in their order, in all of their versions, until the page is full.
    asks(2, [&] { CHECK(varve::history<Cell>{many.store}.all_as_of(now).size() == few); },
         {"SCAN w USING COVERING INDEX sqlite_autoindex_cell_version_1"});
    asks(2, [&] { CHECK(varve::history<Recipe>{many.store}.all_as_of(now).size() == few); });
    asks(6, [&] { CHECK(varve::history<Page>{many.store}.all_as_of(now).size() == few); });
    asks(2, [&] { CHECK(varve::history<Dashboard>{many.store}.all_as_of(now).size() == few); });
  }
}

}  // namespace

TEST_CASE("all entities as of an instant: a statement for each 100, and for each of these and each collection one",
          "[sqlite][reading]") {
  const bool analysed = GENERATE(false, true);
  const int datasets = GENERATE(1, 100, 101, 250);
  many_versions many{datasets, 3, analysed};
  const varve::history<Dataset> history{many.store};
  const auto all = static_cast<std::size_t>(datasets);
  const varve::transaction_id last{3 * datasets};
  const std::size_t collections = 2;
  const auto ask = [&] { CHECK(history.all_as_of(last).size() == all); };
  // A full page does not tell that it is the last; one without entities has no items.
  const std::size_t pages = all / 100 + 1, filled = (all + 99) / 100;
  CHECK(many.statements(ask).size() == pages + filled * collections);
  many.check_plans({}, ask, true);
  CHECK(many.statements([&] { CHECK(history.all_as_of(last, all).size() == all); }).size() ==
        filled * (1 + collections));
  const auto time = many.begin() + std::chrono::seconds{last.value};
  CHECK(many.statements([&] { CHECK(history.all_as_of(time).size() == all); }).size() ==
        1 + pages + filled * collections);
  CHECK(many.statements([&] { CHECK(history.all_as_of(varve::transaction_id{0}).empty()); }).size() == 1);
  CHECK(many.statements([&] { CHECK(history.all_as_of(many.begin()).empty()); }).size() == 1);
}
TEST_CASE("questions over 4,000 versions run a fixed number of statements, by their indexes", "[sqlite][reading]") {
  ask_everything(100, 40);
}
TEST_CASE("questions over 100,000 versions run a fixed number of statements, by their indexes",
          "[.long][sqlite][reading]") {
  ask_everything(1000, 100);
}
