#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

/// What a save records, seen through the scenarios on comparing.

namespace {

using records_stores = on_every_store<Dataset, Recipe, Sample, Chart, Category, Dashboard>;

}  // namespace

TEST_CASE_METHOD(records_stores, "PJ-18 equal states have no records, whatever the order of unordered collections",
                 "[records]") {
  Dataset a{.table_name = "a", .metrics = {{.metric_name = "x"}, {.metric_name = "y"}}};
  Dataset b{.table_name = "a", .metrics = {{.metric_name = "y"}, {.metric_name = "x"}}};
  CHECK(varve::diff(a, b).empty());
  const auto saved = save(a);
  b.id = saved.id;
  save(b);
  CHECK(versions<Dataset>(saved.id).size() == 1);
  Chart c{.slice_name = "c", .params = nlohmann::json::parse(R"({"a":1,"b":2})")};
  Chart d{.slice_name = "c", .params = nlohmann::json::parse(R"({"b":2,"a":1})")};
  CHECK(varve::diff(c, d).empty());
}

TEST_CASE_METHOD(records_stores, "PJ-19 a scalar's record has its path and both values, typed as the field is",
                 "[records]") {
  auto session = by("ada");
  auto& sample = session.add(Sample{.json = 1});
  commit(session);
  sample.flag = true;
  sample.tiny = -3;
  sample.real = 0.5;
  sample.text = "t";
  sample.raw = {std::byte{0xAB}, std::byte{0x01}};
  sample.color = Color::green;
  sample.level = Level::high;
  sample.at = start + 1500ms;
  sample.other = varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22").value();
  sample.json = {{"a", {1, true}}};
  sample.price = {250};
  commit(session);
  CHECK(
      records<Sample>(sample.id)[1] ==
      lines{R"(field edit ["at"] "1970-01-01T00:00:00.000000Z" -> "2026-01-01T09:00:01.500000Z")",
            R"(field edit ["color"] "red" -> "green")", R"(field edit ["flag"] false -> true)",
            R"(field edit ["json"] 1 -> {"a":[1,true]})", R"(field edit ["level"] 1 -> 7)",
            R"(field edit ["other"] "00000000-0000-0000-0000-000000000000" -> "8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22")",
            R"(field edit ["price"] 0 -> 250)", R"(field edit ["raw"] "" -> "ab01")",
            R"(field edit ["real"] 0.0 -> 0.5)", R"(field edit ["text"] "" -> "t")", R"(field edit ["tiny"] 0 -> -3)"});
}

TEST_CASE_METHOD(records_stores, "PJ-20 one item inserted in the middle is one addition", "[records]") {
  auto session = by("ada");
  auto& recipe = session.add(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
  auto& dataset = session.add(Dataset{.table_name = "d", .metrics = {{.metric_name = "a"}, {.metric_name = "c"}}});
  commit(session);
  recipe.steps.insert(recipe.steps.begin() + 1, Step{.name = "new"});
  dataset.metrics.insert(dataset.metrics.begin() + 1, Metric{.metric_name = "b"});
  commit(session);
  const auto of_recipe = records<Recipe>(recipe.id)[1];
  REQUIRE(of_recipe.size() == 2);  // the addition, and the order that it stands in
  CHECK(of_recipe[0] == R"(step add ["steps","new"] null -> {"name":"new","text":""})");
  CHECK_THAT(of_recipe[1], Catch::StartsWith(R"(step move ["steps"])"));
  CHECK(records<Dataset>(dataset.id)[1].size() == 1);
}

TEST_CASE_METHOD(records_stores, "PJ-21 removed, edited and added items are told apart, in that order", "[records]") {
  auto session = by("ada");
  auto& dataset = session.add(
      Dataset{.table_name = "d",
              .metrics = {{.metric_name = "a"}, {.metric_name = "b"}, {.metric_name = "c"}, {.metric_name = "d"}}});
  commit(session);
  dataset.metrics = {
      {.metric_name = "new"}, {.metric_name = "d", .warning = "!"}, {.metric_name = "b"}, {.metric_name = "newer"}};
  commit(session);
  lines told;
  const auto list = versions<Dataset>(dataset.id);
  for (const auto& record : list[1].changes())
    told.push_back(std::string{varve::to_string(record.operation)} + " " + record.path[1].get<std::string>());
  CHECK(told == lines{"remove a", "remove c", "edit d", "add new", "add newer"});
}

TEST_CASE_METHOD(records_stores, "PJ-23 nulls inside collections neither crash nor disappear", "[records]") {
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "c", .params = {{"list", {nullptr, 1, nullptr}}, {"n", nullptr}}});
  auto& dataset = session.add(Dataset{.table_name = "d", .metrics = {{.metric_name = "m", .warning = std::nullopt}}});
  commit(session);
  chart.params["list"] = {nullptr, 1};
  chart.params["n"] = {nullptr};
  dataset.metrics[0].warning = "";
  commit(session);
  CHECK(records<Chart>(chart.id)[1] == lines{R"(field edit ["params","list"] [null,1,null] -> [null,1])",
                                             R"(field edit ["params","n"] null -> [null])"});
  CHECK(records<Dataset>(dataset.id)[1].size() == 1);  // inside a child null and "" differ
}

TEST_CASE_METHOD(records_stores, "PJ-24 a type's own comparison decides what is the same", "[records]") {
  Sample a{.price = {100}}, b{.price = {100}};
  CHECK(varve::diff(a, b).empty());
  b.price.cents = 101;
  CHECK(lines_of(varve::diff(a, b)) == lines{R"(field edit ["price"] 100 -> 101)"});
}

TEST_CASE_METHOD(records_stores, "PJ-28 an entity that is new is told as created, without a record for each field",
                 "[records]") {
  const auto saved = save(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}}});
  const auto version = versions<Dataset>(saved.id).at(0);
  CHECK(version.changes().headline() == "created");
  CHECK(version.changes().empty());
  CHECK(lines_of(varve::diff(Dataset{}, saved)).size() == 2);  // on request it is each field
}

TEST_CASE_METHOD(records_stores, "PJ-30 cyclic references loop neither comparison nor capture nor reading",
                 "[records]") {
  auto session = by("ada");
  auto& a = session.add(Category{.name = "a"});
  auto& b = session.add(Category{.name = "b"});
  commit(session);
  a.parent_id = b.id;
  a.related = {{.key = b.id}};
  b.parent_id = a.id;
  b.related = {{.key = a.id}};
  const auto at = commit(session);
  const varve::history<Category> history{store};
  CHECK(history.as_of(a.id, at)->parent_id == b.id);
  CHECK(history.as_of(b.id, at)->related.at(0).key == a.id);
  CHECK(history.diff(versions<Category>(a.id)[0], versions<Category>(a.id)[1]).records.size() == 2);
}

TEST_CASE_METHOD(records_stores, "PJ-07 records can be grouped by version, and by transaction over entities",
                 "[records]") {
  auto session = by("ada");
  auto& a = session.add(Dataset{.table_name = "a"});
  auto& b = session.add(Dataset{.table_name = "b"});
  commit(session);
  a.sql = "1";
  b.sql = "2";
  const auto both = commit(session);
  a.sql = "3";
  const auto alone = commit(session);
  CHECK(records<Dataset>(a.id).size() == 3);
  CHECK(records<Dataset>(b.id).size() == 2);
  const auto reader = store.base().snapshot();
  const auto together = reader->changes_of(both);
  REQUIRE(together.size() == 2);
  CHECK(together[0].entity.integer() == a.id);
  CHECK(together[1].entity.integer() == b.id);
  CHECK(reader->changes_of(alone).size() == 1);
  CHECK(reader->changes_of({99}).empty());
}

TEST_CASE_METHOD(records_stores, "the records of every version lead from state to state, at random", "[records]") {
  std::uint32_t seed = 20260101;
  const auto random = [&](std::uint32_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8U) % below;
  };
  const auto charts =
      std::array{save(Chart{.slice_name = "1"}), save(Chart{.slice_name = "2"}), save(Chart{.slice_name = "3"})};
  auto session = by("ada");
  auto& recipe = session.add(Recipe{.name = "r"});
  auto& board = session.add(Dashboard{.title = "b"});
  auto& dataset = session.add(Dataset{.table_name = "d"});
  commit(session);
  for (int round = 0; round < 40; ++round) {
    const auto name = [&] { return std::string(1, static_cast<char>('a' + random(6))); };
    const auto step = name();
    if (std::none_of(recipe.steps.begin(), recipe.steps.end(), [&](const Step& s) { return s.name == step; }))
      recipe.steps.insert(recipe.steps.begin() + random(static_cast<std::uint32_t>(recipe.steps.size()) + 1),
                          Step{.name = step});
    else if (random(2) == 0)
      std::erase_if(recipe.steps, [&](const Step& s) { return s.name == step; });
    else
      std::rotate(recipe.steps.begin(), recipe.steps.begin() + 1, recipe.steps.end());
    const auto& chart = charts[random(3)];
    if (std::erase_if(board.slices, [&](const auto& link) { return link.key == chart.id; }) == 0)
      board.slices.push_back({.key = chart.id});
    if (board.places.empty())
      board.places.push_back({.chart = {.key = chart.id}, .role = name()});
    else
      board.places[0].width = random(3);
    dataset.columns.insert(dataset.columns.begin() + random(static_cast<std::uint32_t>(dataset.columns.size()) + 1),
                           Column{.column_name = name(), .type = name()});
    if (dataset.columns.size() > 5) dataset.columns.erase(dataset.columns.begin() + random(5));
    if (random(3) == 0) session.flush();
    if (random(2) == 0) session.commit();
    if (random(7) == 0) session.rollback();
  }
  session.commit();
  CHECK(versions<Recipe>(recipe.id).size() > 8);
}
