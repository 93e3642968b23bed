#include "varve/capture/pipeline.hpp"

#include <catch2/catch.hpp>

#include "support/entities.hpp"

using namespace test;
using varve::row_operation;

/// Capture alone: states in, a write set out, no store anywhere.

namespace {

using lines = std::vector<std::string>;

varve::row_key key_of(std::int64_t id) { return varve::row_key::of(varve::value::of(id)); }

template <class Entity>
varve::detail::saved_entity saved(const Entity* before, const Entity* after, std::int64_t id) {
  varve::detail::saved_entity made;
  made.entity = &varve::info_of<Entity>();
  if (id != 0) made.key = key_of(id);
  made.base = made.flushed = before;
  made.now = after;
  return made;
}

varve::write_set captured(std::vector<varve::detail::saved_entity> entities, const varve::record_limits& limits = {}) {
  for (auto& one : entities) varve::detail::find_changes(one);
  return varve::detail::capture(entities, varve::actor{"ada"}, limits);
}

const char* word(row_operation operation) {
  return operation == row_operation::insert ? "insert" : operation == row_operation::update ? "update" : "delete";
}
lines live_of(const varve::write_set& set) {
  lines found;
  for (const auto& row : set.live) found.push_back(std::string{word(row.operation)} + " " + std::string{row.table->name});
  return found;
}
lines shadow_of(const varve::write_set& set) {
  lines found;
  for (const auto& row : set.shadow) found.push_back(std::string{word(row.operation)} + " " + std::string{row.table->shadow});
  return found;
}
lines records_of(const varve::write_set& set) {
  lines found;
  for (const auto& record : set.records)
    found.push_back(std::to_string(record.sequence) + " " + std::string{record.kind} + " " + std::string{record.operation} + " " +
                    std::string{set.path_of(record)} + " " + std::string{set.from_of(record)} + " -> " +
                    std::string{set.to_of(record)});
  return found;
}

const Dataset before{.id = 7,
                     .uuid = varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22").value(),
                     .table_name = "sales",
                     .sql = "select 1",
                     .metrics = {{.id = 1, .metric_name = "revenue", .expression = "sum"},
                                 {.id = 2, .metric_name = "count", .expression = "count"}}};

}  // namespace

TEST_CASE("a new entity is inserted before its children, which wait for its key", "[capture]") {
  Dataset fresh = before;
  fresh.id = 0;
  for (auto& metric : fresh.metrics) metric.id = 0;
  const auto set = captured({saved<Dataset>(nullptr, &fresh, 0)});
  CHECK(live_of(set) == lines{"insert tables", "insert sql_metrics", "insert sql_metrics"});
  CHECK(set.live[0].row[0].is_null());  // the store gives the key
  CHECK(set.live[1].owner == 0);
  CHECK(set.live[2].owner == 0);
  REQUIRE(set.locks.size() == 1);
  CHECK(set.locks[0].key.empty());
  CHECK(set.locks[0].inserted == 0);
  CHECK(shadow_of(set) == lines{"insert tables_version", "insert sql_metrics_version", "insert sql_metrics_version"});
  CHECK(set.shadow[0].live == 0);
  CHECK(set.shadow[2].live == 2);
  CHECK(set.shadow[0].copy_live);
  CHECK(set.records.empty());
  CHECK(set.baselines.empty());
  CHECK(set.who.who->name == "ada");
}

TEST_CASE("an update names the columns that changed, and one shadow row for each row", "[capture]") {
  Dataset after = before;
  after.table_name = "renamed";
  after.metrics[1].expression = "count 1";
  const auto set = captured({saved(&before, &after, 7)});
  REQUIRE(live_of(set) == lines{"update sql_metrics", "update tables"});
  const auto& table = *varve::info_of<Dataset>().table;
  REQUIRE(set.live[1].columns.size() == 1);
  CHECK(table.columns[set.live[1].columns[0]].name == "table_name");
  CHECK(set.live[1].row[set.live[1].columns[0]].view() == "renamed");
  CHECK(set.live[0].row[0].integer() == 2);
  CHECK(shadow_of(set) == lines{"update tables_version", "update sql_metrics_version"});
  CHECK(records_of(set) == lines{R"(0 field edit ["table_name"] "sales" -> "renamed")",
                                 R"(1 metric edit ["metrics","count"] {"metric_name":"count","expression":"count","warning":null})"
                                 R"( -> {"metric_name":"count","expression":"count 1","warning":null})"});
  CHECK(set.records[0].lock == 0);
}

TEST_CASE("an unchanged entity leaves nothing but its lock", "[capture]") {
  Dataset after = before;
  std::swap(after.metrics[0], after.metrics[1]);  // an order that nobody asked for
  const auto set = captured({saved(&before, &after, 7)});
  CHECK(set.empty());
  CHECK(set.records.empty());
  CHECK(set.locks.size() == 1);
}

TEST_CASE("noise and excluded columns are written live, without a version", "[capture]") {
  Dataset after = before;
  after.opened = 5;
  after.hits = 6;
  after.metrics[0].touched_by = "eve";
  const auto set = captured({saved(&before, &after, 7)});
  CHECK(live_of(set) == lines{"update sql_metrics", "update tables"});
  CHECK(set.live[1].columns.size() == 2);
  CHECK(set.shadow.empty());
  CHECK(set.records.empty());
}

TEST_CASE("what an entity owns is deleted before it, and its images are its last", "[capture]") {
  auto gone = saved<Dataset>(&before, nullptr, 7);
  SECTION("live rows are as they were: the store copies them") {
    const auto set = captured({gone});
    CHECK(live_of(set) == lines{"delete sql_metrics", "delete sql_metrics", "delete tables"});
    CHECK(shadow_of(set) == lines{"delete tables_version", "delete sql_metrics_version", "delete sql_metrics_version"});
    for (const auto& row : set.shadow) CHECK(row.copy_live);
    CHECK(set.records.empty());
  }
  SECTION("live rows were changed meanwhile: the values are sent") {
    Dataset flushed = before;
    flushed.table_name = "between";
    flushed.metrics.pop_back();
    gone.flushed = &flushed;
    const auto set = captured({gone});
    CHECK(live_of(set) == lines{"delete sql_metrics", "delete tables"});
    REQUIRE(set.shadow.size() == 3);
    for (const auto& row : set.shadow) CHECK_FALSE(row.copy_live);
    CHECK(set.shadow[0].row[2].view() == "sales");
  }
}

TEST_CASE("deletes come first, then updates, then inserts, over all entities", "[capture]") {
  Note old_note{.id = 1, .text = "old"};
  Note changed = old_note;
  changed.text = "new";
  const Note fresh{.text = "fresh"};
  Dataset after = before;
  after.metrics.erase(after.metrics.begin());
  after.metrics.push_back({.metric_name = "added"});
  after.sql.reset();
  const Note gone{.id = 2, .text = "gone"};
  const auto set = captured({saved<Note>(nullptr, &fresh, 0), saved(&old_note, &changed, 1), saved(&before, &after, 7),
                             saved<Note>(&gone, nullptr, 2)});
  CHECK(live_of(set) ==
        lines{"delete sql_metrics", "delete notes", "update notes", "update tables", "insert notes", "insert sql_metrics"});
}

TEST_CASE("locks are sorted by kind and key, each entity once, and those without a key come last", "[capture]") {
  const Note a{.id = 9, .text = "a"}, b{.id = 10, .text = "b"}, fresh{.text = "c"};
  Note c = a, d = b;
  c.text = d.text = "x";
  Dataset after = before;
  after.sql.reset();
  const auto set = captured({saved<Note>(nullptr, &fresh, 0), saved(&b, &d, 10), saved(&a, &c, 9), saved(&before, &after, 7)});
  lines order;
  for (const auto& lock : set.locks) order.push_back(varve::detail::describe_entity(*lock.entity, lock.key));
  CHECK(order == lines{"dataset 7", "memo 9", "memo 10", "memo"});
}

TEST_CASE("an expectation goes with the lock", "[capture]") {
  Dataset after = before;
  after.sql.reset();
  auto one = saved(&before, &after, 7);
  one.expected = {varve::expectation::check::version, {42}};
  const auto set = captured({one});
  REQUIRE(set.locks.size() == 1);
  CHECK(set.locks[0].expected.what == varve::expectation::check::version);
  CHECK(set.locks[0].expected.open.value == 42);
}

TEST_CASE("an entity without history gets a baseline, and so does what it links to", "[capture]") {
  const Dashboard board{.id = 3, .title = "t", .slices = {{.key = 11}, {.key = 12}}};
  Dashboard after = board;
  after.slices.erase(after.slices.begin());
  after.slices.push_back({.key = 13});
  auto one = saved(&board, &after, 3);
  SECTION("without history") {
    one.has_history = false;
    const auto set = captured({one});
    REQUIRE(set.baselines.size() == 4);
    CHECK(set.baselines[0].first);
    CHECK(set.baselines[0].copy_live);
    lines based;
    for (const auto& base : set.baselines) {
      const auto& lock = set.locks[base.lock];
      based.push_back(varve::detail::describe_entity(*lock.entity, lock.key));
    }
    std::sort(based.begin(), based.end());
    CHECK(based == lines{"chart 11", "chart 12", "chart 13", "dashboard 3"});
  }
  SECTION("with history: only what is linked anew may need one") {
    const auto set = captured({one});
    REQUIRE(set.baselines.size() == 1);
    CHECK(set.locks[set.baselines[0].lock].key.text() == "13");
    CHECK_FALSE(set.baselines[0].first);
  }
  SECTION("its live rows are overwritten already: the values are sent") {
    one.has_history = false;
    Dashboard flushed = board;
    flushed.title = "between";
    one.flushed = &flushed;
    const auto set = captured({one});
    REQUIRE(set.baselines.at(0).rows.size() == 3);
    CHECK_FALSE(set.baselines[0].copy_live);
    CHECK(set.baselines[0].rows[0].row[2].view() == "t");
  }
  SECTION("unchanged: none") {
    one.has_history = false;
    one.now = &board;
    CHECK(captured({one}).baselines.empty());
  }
  SECTION("new: only what it links to") {
    auto fresh = saved<Dashboard>(nullptr, &board, 3);
    fresh.has_history = false;
    CHECK(captured({fresh}).baselines.size() == 2);
  }
  SECTION("what the same save inserts needs none") {
    const Chart chart{.id = 13, .slice_name = "new"};
    const auto set = captured({one, saved<Chart>(nullptr, &chart, 13)});
    CHECK(set.baselines.empty());
  }
}

TEST_CASE("an entity that is not versioned is written live alone", "[capture]") {
  Note old_note{.id = 1, .text = "old"}, changed{.id = 1, .text = "new"};
  auto one = saved(&old_note, &changed, 1);
  one.versioned = false;
  one.has_history = false;
  const auto set = captured({one});
  CHECK(live_of(set) == lines{"update notes"});
  CHECK(set.shadow.empty());
  CHECK(set.baselines.empty());
}

TEST_CASE("what the application wrote itself is captured without live writes", "[capture]") {
  Dataset after = before;
  after.table_name = "renamed";
  after.metrics.pop_back();
  auto one = saved(&before, &after, 7);
  one.write_live = false;
  const auto set = captured({one});
  CHECK(set.live.empty());
  CHECK(shadow_of(set) == lines{"update tables_version", "delete sql_metrics_version"});
  CHECK_FALSE(set.shadow[1].copy_live);  // its live row is gone
  CHECK(set.records.size() == 2);
}

TEST_CASE("a child that one entity loses and another gains is updated under its key", "[capture]") {
  Dataset from = before, to{.id = 8, .uuid = varve::random_uuid(), .table_name = "other"};
  const Dataset to_before = to;
  to.metrics.push_back(from.metrics[0]);
  from.metrics.erase(from.metrics.begin());
  const auto set = captured({saved(&before, &from, 7), saved(&to_before, &to, 8)});
  CHECK(live_of(set) == lines{"update sql_metrics"});
  CHECK(shadow_of(set) == lines{"update tables_version", "update tables_version", "update sql_metrics_version"});
  CHECK(set.records.size() == 2);
}

TEST_CASE("a child under its name with another key is removed and added", "[capture]") {
  Dataset after = before;
  after.metrics[0].id = 9;
  const auto set = captured({saved(&before, &after, 7)});
  CHECK(shadow_of(set) == lines{"update tables_version", "delete sql_metrics_version", "insert sql_metrics_version"});
}

TEST_CASE("positions of ordered children change as little as can be", "[capture]") {
  const Recipe soup{.id = 1, .name = "soup", .steps = {{.id = 1, .name = "a"}, {.id = 2, .name = "b"}, {.id = 3, .name = "c"}}};
  const varve::detail::item_positions positions{{100, 200, 300}, {}};
  Recipe after = soup;
  after.steps.insert(after.steps.begin() + 1, Step{.name = "x"});
  auto one = saved(&soup, &after, 1);
  one.base_positions = one.flushed_positions = &positions;
  const auto set = captured({one});
  CHECK(live_of(set) == lines{"insert step"});
  const auto& row = set.live[0];
  CHECK(row.row[row.table->position].integer() > 100);
  CHECK(row.row[row.table->position].integer() < 200);
  CHECK(shadow_of(set) == lines{"update recipe_version", "insert step_version"});
}

TEST_CASE("more records under one field than the limit are one", "[capture]") {
  Dataset after = before;
  const auto with_metrics = [&](int count) {
    after.metrics = before.metrics;
    for (int i = 0; i < count; ++i) after.metrics.push_back({.metric_name = std::to_string(i)});
    after.table_name = "renamed";
    return captured({saved(&before, &after, 7)});
  };
  CHECK(with_metrics(100).records.size() == 101);
  CHECK(records_of(with_metrics(101)) == lines{R"(0 field edit ["table_name"] "sales" -> "renamed")", R"(1 metric update ["metrics"]  -> 101)"});
  CHECK(with_metrics(101).shadow.size() == 102);  // the rows are all there
  CHECK(varve::record_limits{}.records_per_field == 100);
}

TEST_CASE("a value above the limit is a marker with its size and the beginning of it", "[capture]") {
  Dataset after = before;
  const auto record_with = [&](const std::string& text) {
    after.sql = text;
    const auto set = captured({saved(&before, &after, 7)});
    return nlohmann::json::parse(set.to_of(set.records.at(0)));
  };
  CHECK(record_with(std::string(8190, 'x')) == std::string(8190, 'x'));  // with its quotes exactly 8 KiB
  const auto marker = record_with(std::string(8191, 'x'));
  CHECK(marker["truncated"] == true);
  CHECK(marker["bytes"] == 8193);
  CHECK(marker["preview"] == "\"" + std::string(255, 'x'));
  CHECK(marker.size() == 3);
  // Cut between characters, never within one.
  std::string wide;
  while (wide.size() < 9000) wide += "漢";
  const auto preview = record_with(wide)["preview"].get<std::string>();
  CHECK(varve::text_defect(preview) == nullptr);
  CHECK(preview.size() > 250);
  CHECK(preview.size() <= 256);
  // The row itself is whole.
  after.sql = wide;
  CHECK(captured({saved(&before, &after, 7)}).live[0].row[3].view() == wide);
}

TEST_CASE("limits are the caller's", "[capture]") {
  Dataset after = before;
  after.sql = "0123456789";
  const auto set = captured({saved(&before, &after, 7)}, {.records_per_field = 100, .value_bytes = 10});
  CHECK(set.to_of(set.records[0]) == R"({"truncated":true,"bytes":12,"preview":"\"012345678"})");
}

TEST_CASE("a bad value is refused before there is a write set", "[capture]") {
  Dataset after = before;
  after.metrics[0].expression = "\xff";
  CHECK_THROWS_WITH(captured({saved(&before, &after, 7)}), Catch::Contains("metric") && Catch::Contains("expression"));
}

TEST_CASE("an attribution that cannot be stored is refused", "[capture]") {
  std::vector<varve::detail::saved_entity> none;
  const auto refused = [&](const varve::attribution& who, const std::string& word) {
    CHECK_THROWS_WITH(varve::detail::capture(none, who, {}), Catch::Contains(word));
  };
  refused(varve::actor{"\xff"}, "actor");
  varve::attribution who = varve::anonymous;
  who.meta = "{";
  refused(who, "meta");
  who.meta = R"({"a":1})";
  who.message = std::string{"\0", 1};
  refused(who, "message");
  who.message.clear();
  who.action_kind = "\xc3";
  refused(who, "action kind");
}

static_assert(std::is_same_v<varve::save_pipeline,
                             varve::pipeline<varve::make_baselines, varve::make_shadow_rows, varve::make_change_log>>);
