#include "support/entities.hpp"

#include <sqlite3.h>
#include "support/stores.hpp"

using namespace test;

/// The checker of every other test: it finds nothing in a sound history, and each damage by the name of its rule.

namespace {

using varve::transaction_id;

class damaged_history : public on_every_store<Dataset, Chart, Dashboard, Recipe, Note> {
 protected:
  /// A history with every kind of row: tables 1 to 6 in transactions.
  whole_history sound() {
    auto session = by("ada");
    auto& dataset = session.add(Dataset{.table_name = "sales", .sql = "select 1", .metrics = {{.metric_name = "revenue"}, {.metric_name = "count"}}, .columns = {{.column_name = "a"}, {.column_name = "b"}}});
    auto& chart = session.add(Chart{.slice_name = "c", .color = Color::red, .frame = Frame{.width = 1}});
    session.flush();
    session.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
    auto& gone = session.add(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}}, .ingredients = {{.name = "salt"}}});
    commit(session);  // 1
    dataset.sql = "select 2";
    dataset.metrics[0].expression = "sum";
    commit(session);  // 2
    dataset.table_name = "renamed";
    dataset.metrics.pop_back();
    chart.color = Color::blue;
    chart.frame->width = 2;
    commit(session);  // 3
    session.erase<Recipe>(gone.id);
    commit(session);  // 4
    dataset.sql.reset();
    commit(session);  // 5
    chart.frame.reset();
    commit(session);  // 6
    auto found = everything_in(store);
    REQUIRE(found.transactions.size() == 6);
    REQUIRE(violations(found) == lines{});
    return found;
  }

  static whole_table& table(whole_history& history, std::string_view name) {
    for (auto& found : history.tables)
      if (found.info->name == name) return found;
    throw std::logic_error{"no such table"};
  }
  /// The row of a shadow table that began at a transaction.
  static varve::shadow_entry& row(whole_history& history, std::string_view name, std::int64_t begin) {
    for (auto& entry : table(history, name).shadow)
      if (entry.begin.value == begin) return entry;
    throw std::logic_error{"no such row"};
  }
  static varve::packed_row with_text(const varve::table_info& table, const varve::packed_row& row, std::string_view column,
                                     std::string_view text) {
    return varve::with_values(row, [&](std::size_t i, varve::value& value) {
      if (table.columns[i].name == column) value = varve::value::text(text);
    });
  }
  static bool finds(const whole_history& history, std::string_view rule) {
    for (const auto& line : violations(history))
      if (line.substr(0, rule.size() + 1) == std::string{rule} + " ") return true;
    return false;
  }
};

}  // namespace

TEST_CASE_METHOD(damaged_history, "the checker reads all there is", "[invariants]") {
  auto history = sound();
  CHECK(table(history, "tables").live.size() == 1);
  CHECK(table(history, "tables").shadow.size() == 4);
  CHECK(table(history, "sql_metrics").live.size() == 1);
  CHECK(table(history, "sql_metrics").shadow.size() == 4);
  CHECK(table(history, "dashboard_slices").shadow.size() == 1);
  CHECK(table(history, "step").live.empty());
  CHECK(table(history, "step").shadow.size() == 4);
  CHECK(table(history, "ingredient").shadow.size() == 2);
  CHECK(history.changes.size() == 8);
}

TEST_CASE_METHOD(damaged_history, "damage of a shadow table is found by its rule", "[invariants]") {
  auto history = sound();
  auto& tables = table(history, "tables");
  SECTION("S1 and T4: a transaction is gone") {
    history.transactions.erase(history.transactions.begin() + 1);
    CHECK(finds(history, "S1"));
    CHECK(finds(history, "T4"));
    CHECK(finds(history, "C1"));
  }
  SECTION("S2: an operation that is none") {
    row(history, "tables", 2).operation = static_cast<varve::row_operation>(3);
    CHECK(finds(history, "S2"));
  }
  SECTION("S3: an interval that ends at its beginning") {
    row(history, "tables", 2).end = transaction_id{2};
    CHECK(finds(history, "S3"));
  }
  SECTION("S3: an interval that ends before its beginning") {
    row(history, "tables", 2).end = transaction_id{1};
    CHECK(finds(history, "S3"));
  }
  SECTION("S4: no open row") {
    row(history, "tables", 5).end = transaction_id{6};
    CHECK(finds(history, "S4"));
  }
  SECTION("S4: two open rows") {
    row(history, "tables", 3).end.reset();
    CHECK(finds(history, "S4"));
  }
  SECTION("S5: a history that begins with an update") {
    row(history, "tables", 1).operation = varve::row_operation::update;
    CHECK(finds(history, "S5"));
  }
  SECTION("S5: a prune that took too much") {
    tables.shadow.erase(tables.shadow.begin());
    CHECK(finds(history, "S5"));
  }
  SECTION("S6: two rows at one transaction") {
    tables.shadow.push_back(row(history, "tables", 5));
    CHECK(finds(history, "S6"));
  }
  SECTION("S7: a gap") {
    row(history, "tables", 1).end = transaction_id{3};
    CHECK(finds(history, "S7"));
  }
  SECTION("S7: a row in the middle is gone") {
    tables.shadow.erase(tables.shadow.begin() + 1);
    CHECK(finds(history, "S7"));
  }
  SECTION("S8: an insert of what lives") {
    row(history, "tables", 3).operation = varve::row_operation::insert;
    CHECK(finds(history, "S8"));
  }
  SECTION("S8: an update of what was deleted") {
    row(history, "tables", 2).operation = varve::row_operation::remove;
    CHECK(finds(history, "S8"));
  }
  SECTION("S9: one name twice at a time") {
    auto& metrics = table(history, "sql_metrics");
    for (auto& entry : metrics.shadow) entry.row = with_text(*metrics.info, entry.row, "metric_name", "same");
    CHECK(finds(history, "S9"));
  }
  SECTION("S9 is not for collections that keep duplicates") {
    auto& columns = table(history, "table_columns");
    REQUIRE(columns.relation->keeps_duplicates);
    REQUIRE(columns.shadow.size() > 1);
    for (auto& entry : columns.shadow) entry.row = with_text(*columns.info, entry.row, "column_name", "same");
    CHECK_FALSE(finds(history, "S9"));
  }
}

TEST_CASE_METHOD(damaged_history, "what differs between a live table and its shadow is found by its rule", "[invariants]") {
  auto history = sound();
  auto& tables = table(history, "tables");
  SECTION("L1: what lives has a delete row") {
    row(history, "tables", 5).operation = varve::row_operation::remove;
    CHECK(finds(history, "L1"));
  }
  SECTION("L2: what has an open row does not live") {
    tables.live.clear();
    CHECK(finds(history, "L2"));
  }
  SECTION("L2: a child does not live") {
    table(history, "sql_metrics").live.clear();
    CHECK(finds(history, "L2"));
  }
  SECTION("L3: a column differs") {
    tables.live[0] = with_text(*tables.info, tables.live[0], "table_name", "drifted");
    CHECK(finds(history, "L3"));
  }
  SECTION("L3: a stamp differs") {
    tables.live[0] = with_text(*tables.info, tables.live[0], "changed_by", "drifted");
    CHECK(finds(history, "L3"));
  }
  SECTION("L3: what is not versioned is in the shadow") {
    auto& open = row(history, "tables", 5);
    open.row = varve::with_values(open.row, [&](std::size_t i, varve::value& value) {
      if (tables.info->columns[i].name == "hits") value = varve::value::of(std::int64_t{1});
    });
    CHECK(finds(history, "L3"));
  }
  SECTION("L3 passes over noise") {
    tables.live[0] = varve::with_values(tables.live[0], [&](std::size_t i, varve::value& value) {
      if (tables.info->columns[i].name == "opened") value = varve::value::of(std::int64_t{7});
    });
    CHECK(violations(history) == lines{});
  }
  SECTION("L4: an entity lives without a version") {
    tables.shadow.clear();
    CHECK(finds(history, "L4"));
    // As one that was adopted it may; its children, which have versions, then say that something is wrong.
    CHECK_FALSE(violations(history, true) == lines{});
  }
  SECTION("L4: a child lives without a version, also when its parent was adopted") {
    auto& metrics = table(history, "sql_metrics");
    metrics.shadow.clear();
    CHECK(finds(history, "L4"));
    bool found = false;
    for (const auto& line : violations(history, true)) found = found || line.substr(0, 3) == "L4 ";
    CHECK(found);
  }
  SECTION("L4: a link lives without a version") {
    table(history, "dashboard_slices").shadow.clear();
    CHECK(finds(history, "L4"));
  }
}

TEST_CASE_METHOD(damaged_history, "damage of records is found by its rule", "[invariants]") {
  auto history = sound();
  const auto record = [&](std::string_view path) -> varve::change_entry& {
    for (auto& found : history.changes)
      if (found.path == path) return found;
    throw std::logic_error{"no such record"};
  };
  SECTION("C1: of no transaction") {
    record(R"(["sql"])").transaction = transaction_id{99};
    CHECK(finds(history, "C1"));
  }
  SECTION("C5: it says nothing") {
    record(R"(["sql"])").to = record(R"(["sql"])").from;
    CHECK(finds(history, "C5"));
  }
  SECTION("C5: null to null") {
    record(R"(["sql"])").to = "null";
    record(R"(["sql"])").from = "";
    CHECK(finds(history, "C5"));
  }
  SECTION("C7: a number is left out") {
    record(R"(["sql"])").sequence = 7;
    CHECK(finds(history, "C7"));
  }
  SECTION("C7: a number comes twice") {
    record(R"(["metrics","revenue"])").sequence = 0;
    CHECK(finds(history, "C7"));
  }
  SECTION("C8: on a creation") {
    for (auto& found : history.changes) found.transaction = transaction_id{1};
    CHECK(finds(history, "C8"));
  }
  SECTION("C8: on a deletion") {
    auto& wrong = record(R"(["sql"])");
    wrong.entity_kind = "recipe";
    wrong.transaction = transaction_id{4};
    CHECK(finds(history, "C8"));
  }
  SECTION("C9: of a save that left no version") {
    record(R"(["sql"])").transaction = transaction_id{4};
    CHECK(finds(history, "C9"));
  }
  SECTION("C9: of another kind") {
    record(R"(["sql"])").entity_kind = "memo";
    CHECK(finds(history, "C9"));
  }
  SECTION("R3: a change that no record names") {
    for (const char* path : {R"(["table_name"])", R"(["color"])", R"(["frame","width"])", R"(["frame"])"}) {
      auto less = history;
      std::erase_if(less.changes, [&](const auto& found) { return found.path == path; });
      REQUIRE(less.changes.size() + 1 == history.changes.size());
      CHECK(finds(less, "R3"));
      CHECK_FALSE([&] {
        for (const auto& line : violations(less, false, true))
          if (line.substr(0, 2) == "R3") return true;
        return false;
      }());
    }
  }
  SECTION("R6: a value that is not the one in the versions") {
    for (const char* path : {R"(["table_name"])", R"(["color"])", R"(["frame","width"])"}) {
      auto wrong = history;
      for (auto& found : wrong.changes)
        if (found.path == path) found.from = R"("not this")";
      CHECK(finds(wrong, "R6"));
    }
  }
  SECTION("R6: an embedded struct that is not the one in the versions") {
    record(R"(["frame"])").from = R"({"caption":"not this","width":2})";
    CHECK(finds(history, "R6"));
  }
}

TEST_CASE_METHOD(damaged_history, "children that are not their owner's are found by their rule", "[invariants]") {
  auto history = sound();
  SECTION("K1: a child outlives its deleted owner") {
    auto& steps = table(history, "step");
    std::erase_if(steps.shadow, [](const auto& entry) { return entry.operation == varve::row_operation::remove; });
    for (auto& entry : steps.shadow) entry.end.reset();
    CHECK(finds(history, "K1"));
  }
  SECTION("K1: a link's row is deleted later than its owner") {
    for (auto& entry : table(history, "ingredient").shadow) {
      if (entry.operation == varve::row_operation::remove)
        entry.begin = transaction_id{5};
      else
        entry.end = transaction_id{5};
    }
    CHECK(finds(history, "K1"));
  }
  SECTION("K2: a child changed without a version of its owner") {
    auto& metrics = table(history, "sql_metrics");
    for (auto& entry : metrics.shadow) {
      if (entry.begin.value == 2) entry.begin = transaction_id{6};
      if (entry.end == transaction_id{2}) entry.end = transaction_id{6};
    }
    CHECK(finds(history, "K2"));
  }
}

TEST_CASE_METHOD(damaged_history, "transactions that cannot be are found by their rule", "[invariants]") {
  auto history = sound();
  SECTION("T1: one id twice") {
    history.transactions.push_back(history.transactions.back());
    CHECK(finds(history, "T1"));
  }
  SECTION("T3: one that left no version") {
    auto empty = history.transactions.back();
    empty.id = transaction_id{7};
    empty.issued_at += 1min;
    history.transactions.push_back(empty);
    CHECK(finds(history, "T3"));
  }
  SECTION("T5: a clock that went back") {
    history.transactions[3].issued_at = history.transactions[2].issued_at - 1us;
    CHECK(finds(history, "T5"));
  }
}

#if VARVE_TEST_SQLITE

TEST_CASE("what is damaged in the database itself is found, by every kind of check", "[invariants]") {
  const auto path = temporary_database();
  {
    const auto store = open_store<Dataset, Note>(backend::sqlite_file, path);
    varve::session session{store, varve::actor{"ada"}};
    auto& dataset = session.add(Dataset{.table_name = "a", .metrics = {{.metric_name = "m", .expression = "1"}}});
    session.commit();
    dataset.table_name = "b";
    dataset.metrics[0].expression = "2";
    session.commit();
    REQUIRE(violations(everything_in(store)) == lines{});
    REQUIRE(broken_laws(store) == lines{});
    REQUIRE(reader_disagreements(store) == lines{});
  }
  struct damage {
    const char* statement;
    const char* rule;
  };
  const auto [statement, rule] = GENERATE(values<damage>({
      {"UPDATE tables SET table_name = 'drifted'", "L3"},
      {"UPDATE tables_version SET table_name = 'forged' WHERE transaction_id = 2", "L3"},
      {"DELETE FROM tables_version WHERE transaction_id = 1", "S5"},
      {"UPDATE sql_metrics_version SET end_transaction_id = NULL", "S4"},
      {"DELETE FROM sql_metrics_version", "L4"},
      {"DELETE FROM version_transaction WHERE id = 1", "S1"},
      {"UPDATE version_changes SET sequence = sequence + 100", "C7"},
      {"UPDATE version_changes SET to_value = from_value", "C5"},
      {"DELETE FROM version_changes", "R3"},
      {"DELETE FROM version_changes", "replay"},
      {"UPDATE version_changes SET to_value = '\"x\"' WHERE path = '[\"table_name\"]'", "replay"},
      {"UPDATE version_changes SET to_value = '{\"metric_name\":\"m\",\"expression\":\"9\",\"warning\":null}' WHERE kind = 'metric'", "replay"},
      {"INSERT INTO version_transaction (issued_at, token) VALUES ('2100-01-01 00:00:00.000000', 'x')", "T3"},
  }));
  INFO(statement);
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path->c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "PRAGMA foreign_keys = OFF", nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, statement, nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_changes(database) > 0);
  sqlite3_close(database);

  const auto store = open_store<Dataset, Note>(backend::sqlite_file, path);
  auto found = violations(everything_in(store));
  for (auto& line : broken_laws(store)) found.push_back(std::move(line));
  bool named = false;
  for (const auto& line : found) named = named || line.substr(0, std::string_view{rule}.size()) == rule;
  CAPTURE(found, rule);
  CHECK(named);
}

#endif
