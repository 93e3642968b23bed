#include "varve/history/blame.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using blame_stores = on_every_store<Dataset, Chart, Dashboard, Recipe>;

/// Who set what, as `["sql"] bob`, of the paths that begin with some steps.
lines told(const std::vector<varve::blame_entry>& entries, const nlohmann::json& within = nlohmann::json::array()) {
  lines found;
  for (const auto& entry : entries) {
    bool fits = entry.path.size() >= within.size();
    for (std::size_t i = 0; fits && i < within.size(); ++i) fits = entry.path[i] == within[i];
    if (fits) found.push_back(entry.path.dump() + " " + entry.transaction.actor.value_or("?"));
  }
  return found;
}

}  // namespace

TEST_CASE_METHOD(blame_stores, "blame tells who set each field last, now and as of a version", "[reading]") {
  auto ada = by("ada");
  auto& made = ada.add(Dataset{.table_name = "sales", .sql = "select 1"});
  const auto created = commit(ada);
  const auto id = made.id;
  auto bob = by("bob");
  bob.get<Dataset>(id).sql = "select 2";
  const auto second = commit(bob);
  auto eve = by("eve");
  auto& hers = eve.get<Dataset>(id);
  hers.sql = "select 1";  // as it was, but eve set it
  hers.cache_timeout = 7;
  commit(eve);

  const varve::history<Dataset> history{store};
  CHECK(told(history.blame(id)) ==
        lines{R"(["table_name"] ada)", R"(["sql"] eve)", R"(["cache_timeout"] eve)", R"(["slug"] ada)"});
  CHECK(told(history.blame(made.uuid, second), {"sql"}) == lines{R"(["sql"] bob)"});
  CHECK(told(history.blame(id, second), {"cache_timeout"}) == lines{R"(["cache_timeout"] ada)"});
  CHECK(told(history.blame(id, created), {"sql"}) == lines{R"(["sql"] ada)"});
  const auto at = varve::find_transaction(store, second)->issued_at;
  CHECK(told(history.blame(id, at), {"sql"}) == lines{R"(["sql"] bob)"});
  CHECK(history.blame(id, at - 24h).empty());
  CHECK(history.blame(99).empty());
  CHECK(history.blame(varve::random_uuid()).empty());
}

TEST_CASE_METHOD(blame_stores, "blame goes into children, and begins anew where one comes back", "[reading]") {
  auto ada = by("ada");
  auto& made =
      ada.add(Dataset{.table_name = "sales",
                      .metrics = {{.metric_name = "a", .expression = "1"}, {.metric_name = "b", .expression = "1"}}});
  commit(ada);
  const auto id = made.id;
  auto bob = by("bob");
  auto& his = bob.get<Dataset>(id);
  his.metrics[0].expression = "2";
  his.metrics.erase(his.metrics.begin() + 1);
  commit(bob);
  his.metrics.push_back({.metric_name = "b", .expression = "1"});
  commit(bob);
  auto eve = by("eve");
  auto& hers = eve.get<Dataset>(id);
  hers.metrics[0].warning = "careful";
  hers.metrics.push_back({.metric_name = "c"});
  commit(eve);
  CHECK(told(varve::history<Dataset>{store}.blame(id), {"metrics"}) ==
        lines{R"(["metrics","a"] eve)", R"(["metrics","a","expression"] bob)", R"(["metrics","a","warning"] eve)",
              R"(["metrics","b"] bob)", R"(["metrics","b","expression"] bob)", R"(["metrics","b","warning"] bob)",
              R"(["metrics","c"] eve)", R"(["metrics","c","expression"] eve)", R"(["metrics","c","warning"] eve)"});
}

TEST_CASE_METHOD(blame_stores, "blame goes into documents, embedded structs and links", "[reading]") {
  auto ada = by("ada");
  auto& made = ada.add(Chart{.slice_name = "one",
                             .params = {{"a", 1}, {"b", {{"c", 1}}}},
                             .json_metadata = R"({"x":1,"y":[1,2]})",
                             .frame = Frame{10, "caption"}});
  auto& other = ada.add(Chart{.slice_name = "two"});
  commit(ada);
  auto& board = ada.add(Dashboard{.title = "board", .places = {{.chart = {made.id, made.uuid}, .role = "left"}}});
  commit(ada);
  auto bob = by("bob");
  auto& his = bob.get<Chart>(made.id);
  his.params["b"]["c"] = 2;
  his.params["d"] = nullptr;
  his.json_metadata = R"({ "y": [1, 2.0], "x": 2 })";
  his.frame->width = 11;
  auto& board_of_bob = bob.get<Dashboard>(board.id);
  board_of_bob.places[0].width = 5;
  board_of_bob.slices.push_back({other.id, other.uuid});
  commit(bob);

  const varve::history<Chart> charts{store};
  CHECK(told(charts.blame(made.id), {"params"}) ==
        lines{R"(["params"] bob)", R"(["params","a"] ada)", R"(["params","b"] bob)", R"(["params","d"] bob)"});
  CHECK(told(charts.blame(made.id), {"json_metadata"}) ==
        lines{R"(["json_metadata"] bob)", R"(["json_metadata","x"] bob)", R"(["json_metadata","y"] ada)"});
  CHECK(told(charts.blame(made.id), {"frame"}) == lines{R"(["frame","width"] bob)", R"(["frame","caption"] ada)"});
  const varve::history<Dashboard> boards{store};
  const auto one = to_string(made.uuid), two = to_string(other.uuid);
  CHECK(told(boards.blame(board.id), {"slices"}) == lines{R"(["slices",")" + two + R"("] bob)"});
  CHECK(told(boards.blame(board.id), {"places"}) == lines{R"(["places",")" + one + R"("] bob)",
                                                          R"(["places",")" + one + R"(","role"] ada)",
                                                          R"(["places",")" + one + R"(","width"] bob)"});
}

TEST_CASE_METHOD(blame_stores, "an entity that came back is blamed on what brought it back", "[reading]") {
  auto ada = by("ada");
  auto made = ada.add(Recipe{.name = "soup", .steps = {{.name = "boil"}, {.name = "eat"}}});
  commit(ada);
  ada.erase<Recipe>(1);
  const auto deleted = commit(ada);
  CHECK(varve::history<Recipe>{store}.blame(1).empty());
  CHECK(varve::history<Recipe>{store}.blame(1, deleted).empty());
  made.id = 1;
  save(made, varve::actor{"bob"});
  CHECK(told(varve::history<Recipe>{store}.blame(1), {"name"}) == lines{R"(["name"] bob)"});
  CHECK(told(varve::history<Recipe>{store}.blame(1), {"steps"}) ==
        lines{R"(["steps","boil"] bob)", R"(["steps","boil","text"] bob)", R"(["steps","eat"] bob)",
              R"(["steps","eat","text"] bob)"});
}

TEST_CASE_METHOD(blame_stores, "blame goes back over more versions than one page has", "[reading]") {
  auto ada = by("ada");
  auto& made = ada.add(Recipe{.name = "soup"});
  commit(ada);
  auto bob = by("bob");
  auto& his = bob.get<Recipe>(made.id);
  for (int i = 0; i < 250; ++i) {
    his.ingredients = {{.name = "salt", .amount = i + 1.0}};
    commit(bob);
  }
  CHECK(told(varve::history<Recipe>{store}.blame(made.id)) == lines{R"(["name"] ada)", R"(["ingredients","salt"] bob)",
                                                                    R"(["ingredients","salt","amount"] bob)",
                                                                    R"(["ingredients","salt","unit"] bob)"});
}
