#include "varve/history/timeline.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/history/retention.hpp"

using namespace test;

namespace {

using timeline_stores = on_every_store<Dataset, Chart, Dashboard, Recipe>;

lines told(const std::vector<varve::timeline_entry>& entries) {
  lines found;
  for (const auto& entry : entries) {
    found.push_back(std::to_string(entry.version.transaction().value));
    for (const auto& row : entry.rows)
      found.back() += std::string{row.operation == varve::row_operation::insert   ? " +"
                                  : row.operation == varve::row_operation::update ? " *"
                                                                                  : " -"} +
                      row.path.dump() + row.key.text();
  }
  return found;
}

}  // namespace

TEST_CASE_METHOD(timeline_stores,
                 "a timeline has the children and links that each version added, changed and took away", "[reading]") {
  auto session = by("ada");
  auto& sales = session.add(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}, {.metric_name = "n"}}});
  auto& costs = session.add(Dataset{.table_name = "b"});
  commit(session);  // 1
  sales.metrics[0].expression = "sum";
  sales.columns.push_back({.column_name = "c"});
  commit(session);  // 2
  sales.table_name = "a 2";
  commit(session);                            // 3
  costs.metrics.push_back(sales.metrics[0]);  // it moves
  sales.metrics.erase(sales.metrics.begin());
  commit(session);  // 4
  sales.metrics.clear();
  commit(session);                            // 5
  sales.metrics.push_back(costs.metrics[0]);  // and comes back
  costs.metrics.clear();
  commit(session);  // 6
  session.erase<Dataset>(costs.id);
  commit(session);  // 7
  const varve::history<Dataset> history{store};
  CHECK(told(history.timeline(history.versions(sales.uuid).all())) ==
        lines{R"(1 +["metrics","m"]1 +["metrics","n"]2)", R"(2 *["metrics","m"]1 +["columns","c"]1)", "3",
              R"(4 -["metrics","m"]1)", R"(5 -["metrics","n"]2)", R"(6 +["metrics","m"]1)"});
  CHECK(told(history.timeline(history.versions(costs.uuid).all())) ==
        lines{"1", R"(4 +["metrics","m"]1)", R"(6 -["metrics","m"]1)", "7"});
  CHECK(told(history.timeline(history.versions(sales.uuid).newest_first().page(2))) ==
        lines{R"(6 +["metrics","m"]1)", R"(5 -["metrics","n"]2)"});
  CHECK(history.timeline({}).empty());
  auto both = history.versions(sales.uuid).page(1);
  both.push_back(history.versions(costs.uuid).page(1)[0]);
  CHECK_THROWS_AS(history.timeline(both), varve::input_error);
}

TEST_CASE_METHOD(timeline_stores, "a timeline names a link by what it led to then, whoever has the target's key now",
                 "[reading]") {
  auto session = by("ada");
  const auto& chart = session.add(Chart{.slice_name = "c"});
  const auto& board = session.add(Dashboard{.title = "t"});
  commit(session);  // 1
  const auto key = chart.id;
  const auto target = to_string(chart.uuid), id = to_string(board.uuid);
  session.get<Dashboard>(board.id).slices.push_back({.key = key});
  commit(session);  // 2
  session.erase<Chart>(key);
  commit(session);  // 3
  const auto& stranger = session.add(Chart{.id = key, .slice_name = "another"});
  commit(session);  // 4
  REQUIRE(to_string(stranger.uuid) != target);
  session.get<Dashboard>(board.id).slices.push_back({.key = key});
  commit(session);  // 5
  const varve::history<Dashboard> boards{store};
  CHECK(told(boards.timeline(boards.versions(*varve::parse_uuid(id)).all())) ==
        lines{"1", "2 +[\"slices\",\"" + target + "\"][1,1]", "3 -[\"slices\",\"" + target + "\"][1,1]",
              "5 +[\"slices\",\"" + to_string(stranger.uuid) + "\"][1,1]"});
}

TEST_CASE_METHOD(timeline_stores,
                 "a timeline knows a child that came with its entity from another, when all before is pruned",
                 "[reading]") {
  auto session = by("ada");
  auto& sales = session.add(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}}});
  commit(session);  // 1
  auto& costs = session.add(Dataset{.table_name = "b"});
  costs.metrics.push_back(sales.metrics[0]);
  sales.metrics.clear();
  commit(session);  // 2
  const auto id = costs.uuid;
  sales.table_name = "c";
  commit(session);  // 3
  varve::prune_options options;
  options.clock = [] { return start + std::chrono::days{365}; };
  REQUIRE(varve::prune(store, 0s, options).horizon == varve::transaction_id{4});
  const varve::history<Dataset> history{store};
  CHECK(told(history.timeline(history.versions(id).all())) == lines{R"(2 +["metrics","m"]1)"});
}

TEST_CASE_METHOD(timeline_stores, "a timeline tells of links by their targets, and of what goes with its entity",
                 "[reading]") {
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "c"});
  commit(session);  // 1
  auto& board = session.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  auto& soup = session.add(Recipe{.name = "soup", .steps = {{.name = "a"}}, .ingredients = {{.name = "salt"}}});
  commit(session);  // 2
  const auto target = to_string(chart.uuid);
  const auto key = soup.id;
  const auto id = board.uuid;
  session.erase<Chart>(chart.id);
  session.erase<Recipe>(key);
  commit(session);  // 3
  session.erase<Dashboard>(board.id);
  commit(session);  // 4
  const varve::history<Dashboard> boards{store};
  CHECK(told(boards.timeline(boards.versions(id).all())) ==
        lines{"2 +[\"slices\",\"" + target + "\"][1,1]", "3 -[\"slices\",\"" + target + "\"][1,1]", "4"});
  const varve::history<Recipe> recipes{store};
  CHECK(told(recipes.timeline(recipes.versions(key).all())) ==
        lines{R"(2 +["steps","a"]1 +["ingredients","salt"][1,"salt"])",
              R"(3 -["steps","a"]1 -["ingredients","salt"][1,"salt"])"});
}
