#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using children_stores = on_every_store<Dataset, Recipe, Country, Cell, Theatre, Chart>;

const Dataset with_columns{
    .table_name = "sales",
    .metrics = {{.metric_name = "revenue", .expression = "sum price"},
                {.metric_name = "count", .expression = "count *"}},
    .columns = {{.column_name = "day", .type = "date"}, {.column_name = "price", .type = "float"}}};

using counts = std::map<std::string, std::size_t>;

lines names(const std::vector<Metric>& metrics) {
  lines found;
  for (const auto& metric : metrics) found.push_back(metric.metric_name);
  return found;
}
lines names(const std::vector<Step>& steps) {
  lines found;
  for (const auto& step : steps) found.push_back(step.name);
  return found;
}

}  // namespace

TEST_CASE_METHOD(children_stores, "O2M-01 O2M-03 BLD-04 an entity and its children are saved as one version",
                 "[children]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  const auto at = commit(session);
  CHECK(dataset.metrics[0].id != 0);
  CHECK(dataset.metrics[1].id != 0);
  CHECK(dataset.metrics[0].id != dataset.metrics[1].id);
  CHECK(written_at(at) == counts{{"sql_metrics_version", 2}, {"table_columns_version", 2}, {"tables_version", 1}});

  const varve::history<Dataset> history{store};
  const auto then = history.state(history.versions(dataset.id).all().at(0));
  REQUIRE(then.metrics.size() == 2);
  CHECK(then.metrics[0].id == dataset.metrics[0].id);
  CHECK(then.metrics[0].expression == "sum price");
  REQUIRE(then.columns.size() == 2);
  CHECK(then.columns[1].column_name == "price");
  CHECK(then.columns[1].type == "float");
  // The child's version row keeps the parent's key.
  for (const auto& table : everything_in(store).tables)
    if (table.relation != nullptr)
      for (const auto& entry : table.shadow)
        CHECK(varve::row_key::of(entry.row, table.info->parent).integer() == dataset.id);
}

TEST_CASE_METHOD(children_stores, "O2M-02 O2M-05 PE-22 adding a child is a version of its parent", "[children]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  SECTION("alone") {
    dataset.metrics.push_back({.metric_name = "average", .expression = "avg price"});
    const auto at = commit(session);
    CHECK(written_at(at) == counts{{"sql_metrics_version", 1}, {"tables_version", 1}});
    CHECK(records<Dataset>(dataset.id)[1] ==
          lines{R"(metric add ["metrics","average"] null -> )"
                R"({"expression":"avg price","metric_name":"average","warning":null})"});
  }
  SECTION("with a field") {
    dataset.metrics.push_back({.metric_name = "average", .expression = "avg price"});
    dataset.table_name = "renamed";
    commit(session);
    CHECK(records<Dataset>(dataset.id)[1].size() == 2);
  }
  const varve::history<Dataset> history{store};
  const auto list = history.versions(dataset.id).all();
  REQUIRE(list.size() == 2);
  CHECK(history.state(list[0]).metrics.size() == 2);
  CHECK(history.state(list[1]).metrics.size() == 3);
}

TEST_CASE_METHOD(children_stores, "O2M-06 each version of a parent sees the children of its own time", "[children]") {
  auto session = by("ada");
  auto& dataset = session.add(Dataset{.table_name = "1", .metrics = {{.metric_name = "a", .expression = "a1"}}});
  commit(session);
  dataset.table_name = "2";
  dataset.metrics[0].expression = "a2";
  dataset.metrics.push_back({.metric_name = "b", .expression = "b2"});
  commit(session);
  dataset.table_name = "3";
  dataset.metrics[0].expression = "a3";
  commit(session);
  const varve::history<Dataset> history{store};
  const auto list = history.versions(dataset.id).all();
  REQUIRE(list.size() == 3);
  const auto expressions = [&](std::size_t i) {
    lines found;
    for (const auto& metric : history.state(list[i]).metrics) found.push_back(metric.expression);
    return found;
  };
  CHECK(expressions(0) == lines{"a1"});
  CHECK(expressions(1) == lines{"a2", "b2"});
  CHECK(expressions(2) == lines{"a3", "b2"});
}

TEST_CASE_METHOD(children_stores, "one edited child of many writes its own row and its parent's", "[children]") {
  const auto size = GENERATE(std::size_t{10}, std::size_t{300});
  Dataset big{.table_name = "big"};
  for (std::size_t i = 0; i < size; ++i)
    big.metrics.push_back({.metric_name = "m" + std::to_string(i), .expression = "x"});
  auto session = by("ada");
  auto& dataset = session.add(big);
  commit(session);
  dataset.metrics[size / 2].expression = "y";
  const auto at = commit(session);
  CHECK(written_at(at) == counts{{"sql_metrics_version", 1}, {"tables_version", 1}});
  CHECK(records<Dataset>(dataset.id)[1].size() == 1);
}

TEST_CASE_METHOD(children_stores, "a new collection without ids keeps the keys of the children that it names",
                 "[children]") {
  const auto saved = save(with_columns);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.metrics = {{.metric_name = "average", .expression = "avg price"},
                     {.metric_name = "count", .expression = "count 1"},
                     {.metric_name = "revenue", .expression = "sum price"}};
  const auto at = commit(session);
  // The keys are written into the objects.
  CHECK(dataset.metrics[1].id == saved.metrics[1].id);
  CHECK(dataset.metrics[2].id == saved.metrics[0].id);
  CHECK(dataset.metrics[0].id != 0);
  CHECK(written_at(at) == counts{{"sql_metrics_version", 2}, {"tables_version", 1}});
  CHECK(records<Dataset>(saved.id)[1].size() == 2);

  Dataset value{.id = saved.id,
                .table_name = "sales",
                .metrics = {{.metric_name = "count", .expression = "count 1"}},
                .columns = with_columns.columns};
  save(value);
  const auto now = live<Dataset>(saved.id);
  REQUIRE(now.metrics.size() == 1);
  CHECK(now.metrics[0].id == saved.metrics[1].id);
  CHECK(now.columns[0].id == saved.columns[0].id);
}

TEST_CASE_METHOD(children_stores, "PJ-21 a rename is a removal and an addition, under a new key", "[children]") {
  const auto saved = save(with_columns);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.metrics[0].metric_name = "turnover";
  commit(session);
  CHECK(records<Dataset>(saved.id)[1] ==
        lines{R"(metric remove ["metrics","revenue"] )"
              R"({"expression":"sum price","metric_name":"revenue","warning":null} -> null)",
              R"(metric add ["metrics","turnover"] null -> )"
              R"({"expression":"sum price","metric_name":"turnover","warning":null})"});
  CHECK(dataset.metrics[0].id != saved.metrics[0].id);
  CHECK(dataset.metrics[1].id == saved.metrics[1].id);
}

TEST_CASE_METHOD(children_stores, "two children may swap their names", "[children]") {
  const auto saved = save(with_columns);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  std::swap(dataset.metrics[0].metric_name, dataset.metrics[1].metric_name);
  commit(session);
  const auto now = live<Dataset>(saved.id);
  REQUIRE(names(now.metrics) == lines{"revenue", "count"});  // in key order, which goes with the name
  CHECK(now.metrics[0].id == saved.metrics[0].id);
  CHECK(now.metrics[0].expression == "count *");
  CHECK(now.metrics[1].expression == "sum price");
}

TEST_CASE_METHOD(children_stores, "two children of one name are refused before anything is written", "[children]") {
  const auto saved = save(with_columns);
  const auto before = transactions();
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.table_name = "never";
  dataset.metrics.push_back({.metric_name = "revenue", .expression = "other"});
  try {
    session.commit();
    FAIL("two metrics of one name were saved");
  } catch (const varve::input_error& refused) {
    CHECK(refused.kind() == varve::error_kind::input);
    CHECK(refused.where().entity == "dataset");
    CHECK(refused.where().key == std::to_string(saved.id));
    CHECK_THAT(refused.what(), Catch::Contains("metrics") && Catch::Contains("revenue"));
    CHECK_THAT(refused.what(), !Catch::Contains("other"));
  }
  CHECK(transactions() == before);
  CHECK(live<Dataset>(saved.id).table_name == "sales");
  CHECK_THROWS_AS(save(Dataset{.table_name = "b", .metrics = {{.metric_name = "x"}, {.metric_name = "x"}}}),
                  varve::input_error);
  CHECK_THROWS_AS(save(Recipe{.name = "b", .ingredients = {{.name = "salt"}, {.name = "salt"}}}), varve::input_error);
}

TEST_CASE_METHOD(children_stores, "where duplicates are kept the nth matches the nth, and they come in key order",
                 "[children]") {
  auto session = by("ada");
  auto& dataset = session.add(Dataset{
      .table_name = "d",
      .columns = {
          {.column_name = "x", .type = "1"}, {.column_name = "y", .type = "2"}, {.column_name = "x", .type = "3"}}});
  commit(session);
  const auto first = dataset.columns[0].id;
  const auto third = dataset.columns[2].id;
  dataset.columns = {
      {.column_name = "x", .type = "1"}, {.column_name = "x", .type = "changed"}, {.column_name = "y", .type = "2"}};
  const auto at = commit(session);
  CHECK(written_at(at) == counts{{"table_columns_version", 1}, {"tables_version", 1}});
  CHECK(
      records<Dataset>(dataset.id)[1] ==
      lines{R"(column edit ["columns","x|2"] {"column_name":"x","type":"3"} -> {"column_name":"x","type":"changed"})"});
  auto now = live<Dataset>(dataset.id);
  REQUIRE(now.columns.size() == 3);
  CHECK(now.columns[0].id == first);
  CHECK(now.columns[2].id == third);
  CHECK(now.columns[2].type == "changed");
  CHECK(now.columns[0].id < now.columns[1].id);
  CHECK(now.columns[1].id < now.columns[2].id);

  dataset.columns.erase(dataset.columns.begin());  // one x is left: it is the first
  commit(session);
  now = live<Dataset>(dataset.id);
  REQUIRE(now.columns.size() == 2);
  CHECK(now.columns[0].id == first);
  CHECK(now.columns[0].type == "changed");
  CHECK(records<Dataset>(dataset.id)[2].size() == 2);
}

TEST_CASE_METHOD(children_stores,
                 "PE-23 a child that moves is a change of both parents, and lives under one at any time",
                 "[children]") {
  const auto a = save(with_columns);
  const auto b = save(Dataset{.table_name = "b", .metrics = {{.metric_name = "own"}}});
  auto session = by("bob");
  auto& to = session.get<Dataset>(b.id);
  varve::transaction_id at{};
  SECTION("taken off the one and put into the other") {
    auto& from = session.get<Dataset>(a.id);
    to.metrics.push_back(from.metrics[0]);
    from.metrics.erase(from.metrics.begin());
    at = commit(session);
  }
  SECTION("put into the other alone") {
    to.metrics.push_back(a.metrics[0]);
    at = commit(session);
    CHECK(names(session.get<Dataset>(a.id).metrics) == lines{"count"});
  }
  SECTION("with flushes between") {
    auto& from = session.get<Dataset>(a.id);
    const auto moved = from.metrics[0];
    from.metrics.erase(from.metrics.begin());
    session.flush();
    to.metrics.push_back(moved);
    session.flush();
    at = commit(session);
  }
  CHECK(written_at(at) == counts{{"sql_metrics_version", 1}, {"tables_version", 2}});
  const auto now = live<Dataset>(b.id).metrics;
  REQUIRE(now.size() == 2);
  CHECK(now[0].id == a.metrics[0].id);  // in key order
  CHECK(now[0].metric_name == "revenue");
  const varve::history<Dataset> history{store};
  const auto at_moment = [&](const varve::uuid& uuid, varve::transaction_id when) {
    return names(history.as_of(uuid, when)->metrics);
  };
  CHECK(at_moment(a.uuid, {at.value - 1}) == lines{"revenue", "count"});
  CHECK(at_moment(b.uuid, {at.value - 1}) == lines{"own"});
  CHECK(at_moment(a.uuid, at) == lines{"count"});
  CHECK(names(history.as_of(b.uuid, at)->metrics).size() == 2);
  CHECK(records<Dataset>(a.uuid)[1].size() == 1);
  CHECK(records<Dataset>(b.uuid)[1].size() == 1);
}

TEST_CASE_METHOD(children_stores, "a child can move to a parent that is new itself", "[children]") {
  const auto a = save(with_columns);
  auto session = by("bob");
  auto& from = session.get<Dataset>(a.id);
  auto& to = session.add(Dataset{.table_name = "new"});
  to.metrics.push_back(from.metrics[0]);
  from.metrics.erase(from.metrics.begin());
  commit(session);
  CHECK(names(live<Dataset>(to.id).metrics) == lines{"revenue"});
  CHECK(live<Dataset>(to.id).metrics[0].id == a.metrics[0].id);
  CHECK(names(live<Dataset>(a.id).metrics) == lines{"count"});
}

TEST_CASE_METHOD(children_stores, "a child can leave a parent that is deleted in the same transaction", "[children]") {
  const auto a = save(with_columns);
  const auto b = save(Dataset{.table_name = "b"});
  auto session = by("bob");
  session.get<Dataset>(b.id).metrics.push_back(session.get<Dataset>(a.id).metrics[0]);
  session.erase<Dataset>(a.id);
  commit(session);
  CHECK(names(live<Dataset>(b.id).metrics) == lines{"revenue"});
  CHECK(live<Dataset>(b.id).metrics[0].id == a.metrics[0].id);
  CHECK_FALSE(lives<Dataset>(a.id));
}

TEST_CASE_METHOD(children_stores, "PE-25 a cleared and refilled collection records what differs alone", "[children]") {
  const auto saved = save(with_columns);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  auto kept = dataset.metrics[1];
  kept.id = 0;
  dataset.metrics.clear();
  dataset.metrics.push_back(kept);
  dataset.metrics.push_back({.metric_name = "other"});
  commit(session);
  const auto found = records<Dataset>(saved.id)[1];
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0], Catch::StartsWith(R"(metric remove ["metrics","revenue"])"));
  CHECK_THAT(found[1], Catch::StartsWith(R"(metric add ["metrics","other"])"));
}

TEST_CASE_METHOD(children_stores, "the order of an unordered collection is no change", "[children]") {
  const auto saved = save(with_columns);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  std::swap(dataset.metrics[0], dataset.metrics[1]);
  std::swap(dataset.columns[0], dataset.columns[1]);
  commit_nothing(session);
  CHECK(versions<Dataset>(saved.id).size() == 1);
}

TEST_CASE_METHOD(children_stores, "PE-29 the order of an ordered collection is part of every version", "[children]") {
  auto session = by("ada");
  auto& recipe = session.add(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
  commit(session);
  std::swap(recipe.steps[0], recipe.steps[2]);
  commit(session);
  recipe.steps.insert(recipe.steps.begin() + 1, Step{.name = "d"});
  const auto inserted = commit(session);
  recipe.steps.erase(recipe.steps.begin());
  commit(session);

  const varve::history<Recipe> history{store};
  std::vector<lines> orders;
  for (const auto& version : history.versions(recipe.id)) orders.push_back(names(history.state(version).steps));
  CHECK(orders == std::vector<lines>{{"a", "b", "c"}, {"c", "b", "a"}, {"c", "d", "b", "a"}, {"d", "b", "a"}});
  CHECK(names(live<Recipe>(recipe.id).steps) == lines{"d", "b", "a"});
  // An insertion writes one row; a reorder alone is one record.
  CHECK(written_at(inserted) == counts{{"recipe_version", 1}, {"step_version", 1}});
  CHECK(records<Recipe>(recipe.id)[1] == lines{R"(step move ["steps"] ["a","b","c"] -> ["c","b","a"])"});
}

TEST_CASE_METHOD(children_stores, "insertions into one gap of an ordered collection never run out of room",
                 "[children]") {
  auto session = by("ada");
  auto& recipe = session.add(Recipe{.name = "soup", .steps = {{.name = "first"}, {.name = "last"}}});
  commit(session);
  lines expected{"first"};
  for (int i = 0; i < 30; ++i) {
    recipe.steps.insert(recipe.steps.end() - 1, Step{.name = std::to_string(i)});
    commit(session);
    expected.push_back(std::to_string(i));
  }
  expected.emplace_back("last");
  CHECK(names(live<Recipe>(recipe.id).steps) == expected);
}

TEST_CASE_METHOD(children_stores, "children without a key of their own are keyed by parent and name", "[children]") {
  auto session = by("ada");
  auto& soup = session.add(
      Recipe{.name = "soup", .ingredients = {{.name = "salt", .amount = 1}, {.name = "leek", .amount = 2}}});
  auto& stew = session.add(Recipe{.name = "stew", .ingredients = {{.name = "salt", .amount = 9}}});
  commit(session);
  soup.ingredients = {{.name = "salt", .amount = 1.5, .unit = "g"}, {.name = "cream", .amount = 3}};
  const auto at = commit(session);
  CHECK(written_at(at) == counts{{"ingredient_version", 3}, {"recipe_version", 1}});
  CHECK(records<Recipe>(soup.id)[1] ==
        lines{R"(ingredient edit ["ingredients","salt"] {"amount":1.0,"name":"salt","unit":null} -> )"
              R"({"amount":1.5,"name":"salt","unit":"g"})",
              R"(ingredient remove ["ingredients","leek"] {"amount":2.0,"name":"leek","unit":null} -> null)",
              R"(ingredient add ["ingredients","cream"] null -> {"amount":3.0,"name":"cream","unit":null})"});
  CHECK(live<Recipe>(stew.id).ingredients[0].amount == 9);
  soup.ingredients.push_back({.name = "leek", .amount = 4});  // back under the same key
  commit(session);
  const varve::history<Recipe> history{store};
  const auto list = history.versions(soup.id).all();
  CHECK(history.state(list[0]).ingredients.size() == 2);
  CHECK(history.state(list[1]).ingredients.size() == 2);
  CHECK(history.state(list[2]).ingredients.size() == 3);
}

TEST_CASE_METHOD(children_stores, "CPK-01 ACC-13 PE-35 composite and text keys work for entities with children",
                 "[children]") {
  auto session = by("ada");
  auto& cell = session.add(Cell{.row = 3, .col = "B", .content = "1", .remarks = {{.author = "ada", .text = "why?"}}});
  auto& other = session.add(Cell{.row = 3, .col = "C", .content = "2"});
  auto& country =
      session.add(Country{.code = "is", .name = "Iceland", .cities = {{.name = "Reykjavík", .people = 140}}});
  commit(session);
  other.content = "22";
  commit(session);
  cell.content = "11";
  cell.remarks.push_back({.author = "bob", .text = "because"});
  const auto changed = commit(session);
  country.cities[0].people = 141;
  commit(session);
  session.erase<Cell>(3, "C");
  commit(session);

  CHECK(operations<Cell>(3, "B") == lines{"insert", "update"});
  CHECK(operations<Cell>(3, "C") == lines{"insert", "update", "delete"});
  CHECK(operations<Country>("is") == lines{"insert", "update"});
  CHECK(live<Cell>(3, "B").remarks.size() == 2);
  CHECK(live<Country>("is").cities[0].people == 141);
  CHECK_FALSE(lives<Cell>(3, "C"));
  const varve::history<Cell> history{store};
  const auto list = history.versions(3, "B").all();
  CHECK(history.state(list[0]).remarks.size() == 1);
  CHECK(history.state(list[1]).remarks.size() == 2);
  CHECK(history.previous(list[1])->id() == list[0].id());
  CHECK(history.as_of(std::tuple{3, "B"}, list[0].transaction())->content == "1");
  CHECK(history.as_of(std::tuple{3, "B"}, changed)->content == "11");
  CHECK(history.latest(std::tuple{3, "C"}, varve::transaction_id{100})->is_deletion());
  CHECK(history.version(std::tuple{3, "B"}, list[1].uuid())->transaction() == changed);
  CHECK_FALSE(history.version(std::tuple{3, "C"}, list[1].uuid()).has_value());
  session.expect<Cell>(std::tuple{3, "B"}, changed);
  CHECK_THROWS_AS(session.expect<Cell>(std::tuple{3, "B"}, list[0].transaction()), varve::conflict_error);
}

TEST_CASE_METHOD(children_stores, "unique values of children may be swapped", "[children]") {
  const auto saved =
      save(Theatre{.name = "Old Vic", .licence = 1, .seats = {{.name = "a", .number = 1}, {.name = "b", .number = 2}}});
  auto session = by("bob");
  auto& theatre = session.get<Theatre>(saved.id);
  std::swap(theatre.seats[0].number, theatre.seats[1].number);
  commit(session);
  CHECK(live<Theatre>(saved.id).seats[0].number == 2);
  theatre.seats[0].number = 1;  // taken by the other
  CHECK_THROWS_AS(session.commit(), varve::error);
  session.rollback();
  CHECK(theatre.seats[0].number == 2);
  theatre.seats.erase(theatre.seats.begin() + 1);  // its number is free at once
  theatre.seats[0].number = 1;
  theatre.seats.push_back({.name = "c", .number = 2});
  commit(session);
  CHECK(live<Theatre>(saved.id).seats.size() == 2);
}

TEST_CASE_METHOD(children_stores, "ordered children whose ends change places make a version", "[children][ordered]") {
  auto session = by("ada");
  auto& recipe =
      session.add(Recipe{.name = "r", .steps = {{.name = "x"}, {.name = "y"}, {.name = "z"}, {.name = "f"}}});
  commit(session);
  std::swap(recipe.steps.front(), recipe.steps.back());
  commit(session);
  const auto list = versions<Recipe>(recipe.id);
  REQUIRE(list.size() == 2);
  CHECK(list[1].changes().size() == 1);
  const varve::history<Recipe> history{store};
  CHECK(history.state(list[0]).steps.front().name == "x");
  CHECK(history.state(list[1]).steps.front().name == "f");
  CHECK(live<Recipe>(recipe.id).steps.back().name == "x");
}
