#include "varve/restore/reverter.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using counts = std::map<std::string, std::size_t>;

class reverter_stores
    : public on_every_store<Dataset, Chart, Dashboard, Recipe, Country, Cell, Theatre, Category, Note> {
 protected:
  template <class Entity, class Key>
  [[nodiscard]] varve::version version(const Key& key, std::size_t number) const {
    return varve::history<Entity>{store}.versions(key).all().at(number);
  }
  /// Restores all of a version in a session of its own.
  template <class Entity, class Key>
  varve::commit_result restore(const Key& key, std::size_t number, const char* who = "rita") {
    auto session = by(who);
    varve::reverter revert{session, version<Entity>(key, number)};
    revert.all();
    return session.commit();
  }
};

const Dataset with_columns{
    .table_name = "sales",
    .sql = "select 1",
    .hits = 5,
    .metrics = {{.metric_name = "revenue", .expression = "sum price"},
                {.metric_name = "count", .expression = "count *"}},
    .columns = {{.column_name = "day", .type = "date"}, {.column_name = "price", .type = "float"}}};

lines names(const std::vector<Metric>& metrics) {
  lines found;
  for (const auto& metric : metrics) found.push_back(metric.metric_name + " = " + metric.expression);
  return found;
}

}  // namespace

// ---- one entity, live ----

TEST_CASE_METHOD(reverter_stores, "a restore that only reads a collection in another order has restored nothing",
                 "[restore]") {
  auto session = by("ada");
  session.clock([] { return start; });
  auto& dataset = session.add(Dataset{.table_name = "t", .metrics = {{.metric_name = "a"}}});
  commit(session);
  dataset.metrics.insert(dataset.metrics.begin(), Metric{.metric_name = "e"});
  commit(session);
  dataset.metrics.erase(dataset.metrics.begin() + (dataset.metrics[0].metric_name == "e" ? 0 : 1));
  commit(session);
  dataset.metrics.insert(dataset.metrics.begin(), Metric{.metric_name = "e"});  // as it was, and in front
  session.flush();
  varve::reverter revert{session, versions<Dataset>(dataset.id).at(1)};
  revert.all();
  commit(session);
  CHECK(versions<Dataset>(dataset.id).back().action_kind().empty());
}

TEST_CASE_METHOD(reverter_stores, "REV-02 restoring a version brings its values back as a new version", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.table_name = "renamed";
  dataset.sql.reset();
  dataset.cache_timeout = 60;
  commit(session);

  const auto done = restore<Dataset>(dataset.id, 0);
  REQUIRE(done.transaction);
  const auto now = live<Dataset>(dataset.id);
  CHECK(now.table_name == "sales");
  CHECK(now.sql == "select 1");
  CHECK(now.cache_timeout == std::nullopt);
  // Nothing of the past is rewritten: the chain keeps every row and gets one more.
  const auto list = versions<Dataset>(dataset.id);
  REQUIRE(list.size() == 3);
  CHECK(operations<Dataset>(dataset.id) == lines{"insert", "update", "update"});
  const varve::history<Dataset> history{store};
  CHECK(history.state(list[1]).table_name == "renamed");
  CHECK(history.state(list[2]).table_name == "sales");
  // The new version says what it is.
  CHECK(list[2].transaction() == done.transaction);
  CHECK(list[2].action_kind() == "restore");
  CHECK(list[2].actor() == "rita");
  const auto meta = nlohmann::json::parse(list[2].meta());
  CHECK(meta["restored_version"] == to_string(list[0].uuid()));
  CHECK(meta["restored_transaction"] == list[0].transaction().value);
  CHECK(lines_of(list[2].changes()) == lines{R"(field remove ["cache_timeout"] 60 -> null)",
                                             R"(field add ["sql"] null -> "select 1")",
                                             R"(field edit ["table_name"] "renamed" -> "sales")"});
}

TEST_CASE_METHOD(reverter_stores, "REV-05 REV-06 children that were removed come back, those that came later go",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  const auto revenue = dataset.metrics[0].id;
  const auto count = dataset.metrics[1].id;
  dataset.metrics[1].expression = "count 1";
  dataset.metrics.erase(dataset.metrics.begin());
  dataset.metrics.push_back({.metric_name = "later", .expression = "1"});
  dataset.columns.clear();
  commit(session);

  restore<Dataset>(dataset.id, 0);
  const auto now = live<Dataset>(dataset.id);
  CHECK(names(now.metrics) == lines{"revenue = sum price", "count = count *"});
  CHECK(now.metrics[0].id == revenue);  // back under its old key, which was free
  CHECK(now.metrics[1].id == count);    // it never went
  CHECK(now.columns.size() == 2);
  CHECK(operations<Dataset>(dataset.id).size() == 3);
}

TEST_CASE_METHOD(reverter_stores, "one relation is restored alone, fields and the other relations stay", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.table_name = "renamed";
  dataset.metrics.clear();
  dataset.columns.clear();
  commit(session);

  auto restoring = by("rita");
  varve::reverter revert{restoring, version<Dataset>(dataset.id, 0)};
  SECTION("by member") { revert.relation<&Dataset::metrics>(); }
  SECTION("by name") { revert.relation("metrics"); }
  commit(restoring);
  auto now = live<Dataset>(dataset.id);
  CHECK(now.metrics.size() == 2);
  CHECK(now.columns.empty());
  CHECK(now.table_name == "renamed");
  CHECK(versions<Dataset>(dataset.id).back().action_kind() == "restore");

  varve::reverter fields{restoring, version<Dataset>(dataset.id, 0)};
  fields.fields();
  commit(restoring);
  now = live<Dataset>(dataset.id);
  CHECK(now.table_name == "sales");
  CHECK(now.columns.empty());
}

TEST_CASE_METHOD(reverter_stores, "the fields and all relations restored are one transaction and one version",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.table_name = "renamed";
  dataset.metrics.pop_back();
  dataset.columns.pop_back();
  commit(session);
  const auto before = transactions();
  restore<Dataset>(dataset.id, 0);
  CHECK(transactions() == before + 1);
  CHECK(versions<Dataset>(dataset.id).size() == 3);
  CHECK(records<Dataset>(dataset.id)[2].size() == 3);
}

TEST_CASE_METHOD(reverter_stores, "REV-01 a relation that the entity does not have is refused before anything changes",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.table_name = "renamed";
  commit(session);
  varve::reverter revert{session, version<Dataset>(dataset.id, 0)};
  CHECK_THROWS_WITH(revert.relation("owners"), Catch::Contains("dataset") && Catch::Contains("owners"));
  CHECK_THROWS_AS(revert.relation("table_name"), varve::input_error);
  commit_nothing(session);
  CHECK(dataset.table_name == "renamed");
}

TEST_CASE_METHOD(reverter_stores, "REV-08 stamps are the restorer's, creation, excluded fields and noise stay",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  const auto created = dataset.created_on;
  dataset.table_name = "renamed";
  dataset.hits = 77;
  dataset.opened = 9;
  dataset.metrics[0].expression = "changed";
  dataset.metrics[0].touched_by = "eve";
  commit(session);

  restore<Dataset>(dataset.id, 0, "rita");
  const auto now = live<Dataset>(dataset.id);
  CHECK(now.table_name == "sales");
  CHECK(now.metrics[0].expression == "sum price");
  CHECK(now.hits == 77);
  CHECK(now.opened == 9);
  CHECK(now.metrics[0].touched_by == "eve");
  CHECK(now.created_by == "ada");
  CHECK(now.created_on == created);
  CHECK(now.changed_by == "rita");
  CHECK(now.changed_on == versions<Dataset>(dataset.id)[2].issued_at());
  // The object that the session holds is the restored one.
  auto other = by("rita");
  auto& held = other.get<Dataset>(dataset.id);
  varve::reverter revert{other, version<Dataset>(dataset.id, 1)};
  revert.all();
  CHECK(held.table_name == "renamed");
  other.rollback();
  CHECK(held.table_name == "sales");
}

TEST_CASE_METHOD(reverter_stores, "restoring the current version changes nothing and makes no version", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.table_name = "renamed";
  commit(session);
  const auto before = transactions();

  auto restoring = by("rita");
  varve::reverter revert{restoring, version<Dataset>(dataset.id, 1)};
  CHECK(revert.plan().changes_nothing());
  revert.all();
  commit_nothing(restoring);
  CHECK(transactions() == before);
  CHECK(live<Dataset>(dataset.id).changed_by == "ada");
  // And what the session does then is an ordinary save.
  restoring.get<Dataset>(dataset.id).sql = "select 2";
  commit(restoring);
  CHECK(versions<Dataset>(dataset.id).back().action_kind().empty());
  CHECK(versions<Dataset>(dataset.id).back().meta().empty());
}

TEST_CASE_METHOD(reverter_stores, "a restore that was rolled back leaves no trace in the next save", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.table_name = "renamed";
  commit(session);
  auto restoring = by("rita");
  auto& held = restoring.get<Dataset>(dataset.id);
  SECTION("whole") {
    varve::reverter{restoring, version<Dataset>(dataset.id, 0)}.all();
    restoring.rollback();
  }
  SECTION("to a savepoint") {
    auto savepoint = restoring.savepoint();
    varve::reverter{restoring, version<Dataset>(dataset.id, 0)}.all();
    savepoint.rollback();
  }
  CHECK(held.table_name == "renamed");
  held.sql = "select 2";
  commit(restoring);
  const auto last = versions<Dataset>(dataset.id).back();
  CHECK(last.action_kind().empty());
  CHECK(last.meta().empty());
  CHECK(lines_of(last.changes()) == lines{R"(field edit ["sql"] "select 1" -> "select 2")"});
}

TEST_CASE_METHOD(reverter_stores, "every version of a long life can be restored to, exactly", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  for (int i = 1; i < 8; ++i) {
    dataset.table_name = "t" + std::to_string(i);
    if (i % 2 == 0) dataset.metrics.erase(dataset.metrics.begin());
    dataset.metrics.push_back({.metric_name = "m" + std::to_string(i), .expression = std::to_string(i)});
    if (i % 3 == 0) dataset.columns.push_back({.column_name = "day", .type = std::to_string(i)});
    if (i % 3 == 1 && dataset.columns.size() > 1) dataset.columns.erase(dataset.columns.begin());
    commit(session);
  }
  const varve::history<Dataset> history{store};
  for (std::size_t i = 0; i < 8; ++i) {
    restore<Dataset>(dataset.id, i);
    const auto then = history.state(version<Dataset>(dataset.id, i));
    const auto now = live<Dataset>(dataset.id);
    INFO("version " << i);
    CHECK(varve::diff(now, then).empty());
    CHECK(names(now.metrics).size() == then.metrics.size());
    CHECK(now.columns.size() == then.columns.size());
  }
}

TEST_CASE_METHOD(reverter_stores, "ordered children are restored in their order", "[restore]") {
  auto session = by("ada");
  auto& recipe = session.add(Recipe{.name = "soup",
                                    .steps = {{.name = "a"}, {.name = "b"}, {.name = "c"}},
                                    .ingredients = {{.name = "salt", .amount = 1}}});
  commit(session);
  recipe.steps = {{.name = "c"}, {.name = "d"}, {.name = "a"}};
  recipe.ingredients = {{.name = "leek", .amount = 2}};
  commit(session);
  restore<Recipe>(recipe.id, 0);
  const auto now = live<Recipe>(recipe.id);
  REQUIRE(now.steps.size() == 3);
  CHECK(now.steps[0].name + now.steps[1].name + now.steps[2].name == "abc");
  REQUIRE(now.ingredients.size() == 1);
  CHECK(now.ingredients[0].name == "salt");
  restore<Recipe>(recipe.id, 1);
  CHECK(live<Recipe>(recipe.id).steps[1].name == "d");
}

TEST_CASE_METHOD(reverter_stores, "PE-35 composite and text keys are restored like single ones", "[restore]") {
  auto session = by("ada");
  auto& cell = session.add(Cell{.row = 1, .col = "A", .content = "x", .remarks = {{.author = "ada", .text = "1"}}});
  auto& country = session.add(Country{.code = "is", .name = "Iceland", .cities = {{.name = "Vík", .people = 7}}});
  commit(session);
  cell.content = "y";
  cell.remarks.clear();
  country.cities.clear();
  commit(session);
  restore<Cell>(std::tuple{1, "A"}, 0);
  restore<Country>("is", 0);
  CHECK(live<Cell>(1, "A").content == "x");
  CHECK(live<Cell>(1, "A").remarks.size() == 1);
  CHECK(live<Country>("is").cities.at(0).people == 7);
  session.erase<Cell>(1, "A");
  session.rollback();
  auto other = by("ada");
  other.erase<Cell>(1, "A");
  commit(other);
  restore<Cell>(std::tuple{1, "A"}, 0);
  CHECK(live<Cell>(1, "A").remarks.size() == 1);
}

TEST_CASE_METHOD(reverter_stores, "a key that a restored child had is left to whom has it now", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  const auto key = dataset.metrics[0].id;
  dataset.metrics.clear();
  commit(session);
  dataset.metrics.push_back({.id = key, .metric_name = "another", .expression = "1"});
  commit(session);
  REQUIRE(live<Dataset>(dataset.id).metrics.at(0).id == key);
  SECTION("when another child of the entity has it, which goes") {
    restore<Dataset>(dataset.id, 0);
    CHECK(live<Dataset>(dataset.id).metrics.at(0).metric_name == "count");
    CHECK(live<Dataset>(dataset.id).metrics.at(1).metric_name == "revenue");
    CHECK(live<Dataset>(dataset.id).metrics.at(1).id > key);
  }
  SECTION("when another entity has it under another name, the child gets a new one") {
    auto other = by("bob");
    auto& thief = other.add(Dataset{.table_name = "thief"});
    auto& held = other.get<Dataset>(dataset.id);
    held.metrics.clear();
    other.flush();
    thief.metrics.push_back({.id = key, .metric_name = "stolen"});
    commit(other);
    restore<Dataset>(dataset.id, 0);
    CHECK(names(live<Dataset>(dataset.id).metrics).size() == 2);
    CHECK(live<Dataset>(thief.id).metrics.at(0).id == key);
  }
}

TEST_CASE_METHOD(reverter_stores, "a child that lives under another parent now is a conflict, and nothing is written",
                 "[restore]") {
  const auto a = save(with_columns);
  const auto b = save(Dataset{.table_name = "b"});
  auto session = by("bob");
  session.get<Dataset>(b.id).metrics.push_back(a.metrics[0]);
  session.get<Dataset>(a.id).table_name = "renamed";
  commit(session);
  const auto before = transactions();

  auto restoring = by("rita");
  varve::reverter revert{restoring, version<Dataset>(a.id, 0)};
  CHECK_THROWS_AS(revert.all(), varve::conflict_error);
  CHECK_THROWS_AS(revert.relation<&Dataset::metrics>(), varve::conflict_error);
  CHECK_THROWS_AS(revert.plan(), varve::conflict_error);
  try {
    revert.all();
  } catch (const varve::conflict_error& conflict) {
    CHECK(conflict.where().entity == "dataset");
    CHECK_THAT(conflict.what(), Catch::Contains("metric " + std::to_string(a.metrics[0].id)));
  }
  commit_nothing(restoring);
  CHECK(transactions() == before);
  CHECK(live<Dataset>(a.id).table_name == "renamed");
  CHECK(live<Dataset>(b.id).metrics.size() == 1);
  // The rest of it can be restored.
  revert.fields();
  commit(restoring);
  CHECK(live<Dataset>(a.id).table_name == "sales");
}

TEST_CASE_METHOD(reverter_stores, "unique values of children can be swapped by a restore", "[restore]") {
  auto session = by("ada");
  auto& theatre = session.add(
      Theatre{.name = "Old Vic",
              .licence = 1,
              .seats = {{.name = "a", .number = 1}, {.name = "b", .number = 2}, {.name = "c", .number = 3}}});
  commit(session);
  theatre.seats[0].number = 2;
  theatre.seats[1].number = 1;
  commit(session);
  theatre.seats.erase(theatre.seats.begin() + 2);       // 3 is free
  theatre.seats.push_back({.name = "d", .number = 3});  // and taken by another
  commit(session);
  restore<Theatre>(theatre.id, 0);
  const auto now = live<Theatre>(theatre.id).seats;
  REQUIRE(now.size() == 3);
  CHECK(now[0].number == 1);
  CHECK(now[1].number == 2);
  CHECK(now[2].name == "c");
  CHECK(now[2].number == 3);
}

TEST_CASE_METHOD(reverter_stores, "a unique value that another entity has now is named by the plan, and refused",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(Dataset{.table_name = "a", .slug = "taken"});
  commit(session);
  dataset.slug = "other";
  commit(session);
  save(Dataset{.table_name = "b", .slug = "taken"});
  auto restoring = by("rita");
  varve::reverter revert{restoring, version<Dataset>(dataset.id, 0)};
  const auto plan = revert.plan();
  CHECK(plan.clashes == lines{"slug"});
  CHECK_THAT(fmt::format("{}", plan), Catch::Contains("slug is taken"));
  CHECK_THROWS_AS((revert.all(), restoring.commit()), varve::error);
  restoring.rollback();
  CHECK(live<Dataset>(dataset.id).slug == "other");
  CHECK(versions<Dataset>(dataset.id).size() == 2);
}

// ---- links and references ----

TEST_CASE_METHOD(reverter_stores, "RVR-02 a link that was taken away comes back, and what it links to is not touched",
                 "[restore]") {
  const auto chart = save(Chart{.slice_name = "one"});
  auto session = by("ada");
  auto& board = session.add(Dashboard{.title = "t",
                                      .slices = {{.key = chart.id}},
                                      .places = {{.chart = {.key = chart.id}, .role = "main", .width = 3}}});
  commit(session);
  board.slices.clear();
  board.places[0].width = 9;
  session.get<Chart>(chart.id).slice_name = "renamed meanwhile";
  commit(session);
  restore<Dashboard>(board.id, 0);
  const auto now = live<Dashboard>(board.id);
  REQUIRE(now.slices.size() == 1);
  CHECK(now.slices[0].uuid == chart.uuid);
  REQUIRE(now.places.size() == 1);
  CHECK(now.places[0].width == 3);
  CHECK(live<Chart>(chart.id).slice_name == "renamed meanwhile");
  CHECK(versions<Chart>(chart.id).size() == 2);
}

TEST_CASE_METHOD(reverter_stores, "links to what no longer lives are skipped and reported, not revived", "[restore]") {
  const auto kept = save(Chart{.slice_name = "kept"});
  const auto gone = save(Chart{.slice_name = "gone"});
  const auto board = save(
      Dashboard{.title = "t", .slices = {{.key = gone.id}, {.key = kept.id}}, .places = {{.chart = {.key = gone.id}}}});
  auto session = by("ada");
  session.erase<Chart>(gone.id);
  commit(session);
  session.get<Dashboard>(board.id).slices.clear();
  commit(session);

  auto restoring = by("rita");
  varve::reverter revert{restoring, version<Dashboard>(board.id, 0)};
  const std::vector<varve::skipped_link> expected{{"slices", to_string(gone.uuid)}, {"places", to_string(gone.uuid)}};
  CHECK(revert.plan().skipped == expected);
  CHECK(revert.skipped().empty());
  revert.all();
  CHECK(revert.skipped() == expected);
  commit(restoring);
  const auto now = live<Dashboard>(board.id);
  REQUIRE(now.slices.size() == 1);
  CHECK(now.slices[0].key == kept.id);
  CHECK(now.places.empty());
  CHECK_FALSE(lives<Chart>(gone.id));
  // A stranger under the key of the one that is gone is not linked either.
  const auto stranger = save(Chart{.id = gone.id, .slice_name = "stranger"});
  varve::reverter again{restoring, version<Dashboard>(board.id, 0)};
  again.all();
  CHECK(again.skipped() == expected);
  commit_nothing(restoring);
  CHECK(live<Dashboard>(board.id).slices.size() == 1);
  CHECK(stranger.id == gone.id);
}

TEST_CASE_METHOD(reverter_stores, "RVR-04 a to-one reference that was set to nothing points at the same object again",
                 "[restore]") {
  const auto dataset = save(Dataset{.table_name = "d"});
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "c", .dataset_id = dataset.id});
  commit(session);
  chart.dataset_id.reset();
  commit(session);
  restore<Chart>(chart.id, 0);
  CHECK(live<Chart>(chart.id).dataset_id == dataset.id);
  CHECK(versions<Dataset>(dataset.id).size() == 1);
}

TEST_CASE_METHOD(reverter_stores, "a to-one reference whose target is gone is refused, unless it may be cleared",
                 "[restore]") {
  const auto dataset = save(Dataset{.table_name = "d"});
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "c", .dataset_id = dataset.id});
  commit(session);
  chart.dataset_id.reset();
  chart.slice_name = "renamed";
  commit(session);
  session.erase<Dataset>(dataset.id);
  commit(session);

  auto restoring = by("rita");
  varve::reverter revert{restoring, version<Chart>(chart.id, 0)};
  CHECK_THROWS_WITH(revert.all(), Catch::Contains("dataset_id") && Catch::Contains("clear_references"));
  CHECK_THROWS_AS(revert.fields(), varve::input_error);
  CHECK_THROWS_AS(revert.plan(), varve::input_error);
  commit_nothing(restoring);
  revert.clear_references().all();
  commit(restoring);
  CHECK(live<Chart>(chart.id).slice_name == "c");
  CHECK(live<Chart>(chart.id).dataset_id == std::nullopt);
}

// ---- deleted entities ----

TEST_CASE_METHOD(reverter_stores, "REV-03 a deleted entity comes back under its old key and uuid, as an insert",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  dataset.opened = 3;
  commit(session);
  const auto before = dataset;
  session.erase<Dataset>(before.id);
  commit(session);

  auto restoring = by("rita");
  varve::reverter revert{restoring, version<Dataset>(before.uuid, 0)};
  const auto plan = revert.plan();
  CHECK_FALSE(plan.changes_nothing());
  CHECK_FALSE(plan.current.has_value());
  revert.all();
  commit(restoring);
  const auto now = live<Dataset>(before.id);
  CHECK(now.uuid == before.uuid);
  CHECK(now.table_name == "sales");
  CHECK(names(now.metrics) == names(before.metrics));
  CHECK(now.metrics[0].id == before.metrics[0].id);
  CHECK(now.metrics[1].id == before.metrics[1].id);
  CHECK(now.columns[0].id == before.columns[0].id);
  CHECK(now.opened == 3);
  // Creation is history's; the change is the restorer's; what was never versioned has its default.
  CHECK(now.created_by == "ada");
  CHECK(now.created_on == before.created_on);
  CHECK(now.changed_by == "rita");
  CHECK(now.hits == 0);
  CHECK(operations<Dataset>(before.uuid) == lines{"insert", "delete", "insert"});
  const auto list = versions<Dataset>(before.uuid);
  CHECK(list[2].action_kind() == "restore");
  CHECK(list[2].changes().empty());
  CHECK(list[2].changes().headline() == "restored");
  CHECK(varve::history<Dataset>{store}.as_of(before.uuid, list[1].transaction()) == std::nullopt);
}

TEST_CASE_METHOD(reverter_stores, "a part of a deleted entity cannot be restored", "[restore]") {
  const auto saved = save(with_columns);
  auto session = by("ada");
  session.erase<Dataset>(saved.id);
  commit(session);
  varve::reverter revert{session, version<Dataset>(saved.uuid, 0)};
  CHECK_THROWS_AS(revert.relation<&Dataset::metrics>(), varve::input_error);
  CHECK_THROWS_AS(revert.fields(), varve::input_error);
  commit_nothing(session);
}

TEST_CASE_METHOD(reverter_stores, "a deletion cannot be restored to, nor what does not exist", "[restore]") {
  const auto saved = save(with_columns);
  auto session = by("ada");
  session.erase<Dataset>(saved.id);
  commit(session);
  CHECK_THROWS_AS((varve::reverter{session, version<Dataset>(saved.uuid, 1)}), varve::input_error);
  const varve::history<Dataset> history{store};
  CHECK_THROWS_AS((varve::reverter{session, history.version(saved.uuid, varve::random_uuid())}), varve::input_error);
}

TEST_CASE_METHOD(reverter_stores, "a key that another uuid has now is refused", "[restore]") {
  const auto old = save(Dataset{.id = 7, .table_name = "old"});
  auto session = by("ada");
  session.erase<Dataset>(7);
  commit(session);
  const auto stranger = save(Dataset{.id = 7, .table_name = "stranger"});
  varve::reverter revert{session, version<Dataset>(old.uuid, 0)};
  CHECK_THROWS_WITH(revert.all(), Catch::Contains("dataset 7") && Catch::Contains("uuid"));
  CHECK_THROWS_AS(revert.plan(), varve::input_error);
  commit_nothing(session);
  CHECK(live<Dataset>(7).uuid == stranger.uuid);
  // And the other way round: the uuid lives under another key.
  session.erase<Dataset>(7);
  commit(session);
  save(Dataset{.id = 8, .uuid = old.uuid, .table_name = "moved"});
  const auto first = varve::history<Dataset>{store}.version(
      varve::version_id{varve::row_key::of(varve::value::of(std::int64_t{7})), varve::transaction_id{1}});
  REQUIRE(first);
  CHECK_THROWS_WITH((varve::reverter{session, first}.all()), Catch::Contains("uuid") && Catch::Contains("8"));
}

TEST_CASE_METHOD(reverter_stores, "an excluded column without a default that could stand is a refusal that names it",
                 "[restore]") {
  const auto saved = save(Theatre{.name = "Old Vic", .licence = 4711, .seats = {{.name = "a", .number = 1}}});
  auto session = by("ada");
  session.erase<Theatre>(saved.id);
  commit(session);
  varve::reverter revert{session, version<Theatre>(saved.uuid, 0)};
  CHECK_THROWS_WITH(revert.all(), Catch::Contains("licence"));
  CHECK_FALSE(lives<Theatre>(saved.id));
}

TEST_CASE_METHOD(reverter_stores, "a deleted entity comes back without links to what is gone", "[restore]") {
  const auto chart = save(Chart{.slice_name = "one"});
  const auto other = save(Chart{.slice_name = "two"});
  const auto board = save(Dashboard{.title = "t", .slices = {{.key = chart.id}, {.key = other.id}}});
  auto session = by("ada");
  session.erase<Dashboard>(board.id);
  commit(session);
  session.erase<Chart>(chart.id);
  commit(session);
  varve::reverter revert{session, version<Dashboard>(board.uuid, 0)};
  revert.all();
  CHECK(revert.skipped() == std::vector<varve::skipped_link>{{"slices", to_string(chart.uuid)}});
  commit(session);
  CHECK(live<Dashboard>(board.id).slices.size() == 1);
}

TEST_CASE_METHOD(reverter_stores, "a baseline can be restored to like any version", "[restore]") {
  const auto adopted = adopt(with_columns);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(adopted.id);
  dataset.table_name = "renamed";
  dataset.metrics.clear();
  commit(session);
  REQUIRE(version<Dataset>(adopted.id, 0).is_baseline());
  restore<Dataset>(adopted.id, 0);
  CHECK(live<Dataset>(adopted.id).table_name == "sales");
  CHECK(live<Dataset>(adopted.id).metrics.size() == 2);
}

// ---- plans ----

TEST_CASE_METHOD(reverter_stores, "restoring over somebody's newer commit is a conflict", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.table_name = "renamed";
  commit(session);
  auto restoring = by("rita");
  restoring.get<Dataset>(dataset.id);
  dataset.sql = "select 2";
  commit(session);
  CHECK_THROWS_AS((varve::reverter{restoring, version<Dataset>(dataset.id, 0)}.all(), restoring.commit()),
                  varve::conflict_error);
  restoring.rollback();
  CHECK(live<Dataset>(dataset.id).table_name == "renamed");
}

TEST_CASE_METHOD(reverter_stores, "a restore and other changes of its session are one save", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  dataset.table_name = "renamed";
  commit(session);
  note.text = "b";
  varve::reverter{session, version<Dataset>(dataset.id, 0)}.all();
  const auto at = commit(session);
  CHECK(versions<Note>(note.id).back().transaction() == at);
  CHECK(versions<Dataset>(dataset.id).back().transaction() == at);
  CHECK(versions<Note>(note.id).back().action_kind() == "restore");
}

TEST_CASE_METHOD(reverter_stores, "duplicates are restored in their order, whatever lives under their name now",
                 "[restore][children]") {
  auto session = by("ada");
  auto& dataset = session.add(
      Dataset{.table_name = "d",
              .columns = {{.column_name = "z"}, {.column_name = "c", .type = "A"}, {.column_name = "c", .type = "B"}}});
  commit(session);
  dataset.columns.clear();
  commit(session);
  dataset.columns = {{.column_name = "c", .type = "N"}};
  commit(session);
  restore<Dataset>(dataset.id, 0);
  const varve::history<Dataset> history{store};
  CHECK(varve::diff(live<Dataset>(dataset.id), history.state(versions<Dataset>(dataset.id)[0])).empty());
}

TEST_CASE_METHOD(reverter_stores, "a restore sees what its session has not flushed yet, and refuses before it writes",
                 "[restore]") {
  const auto x = save(with_columns);
  const auto y = save(Dataset{.table_name = "y"});
  {
    auto session = by("ada");
    session.get<Dataset>(x.id).table_name = "renamed";
    commit(session);
  }
  auto session = by("rita");
  SECTION("a child that moves away") {
    auto& from = session.get<Dataset>(x.id);
    session.get<Dataset>(y.id).metrics.push_back(from.metrics.at(0));
    from.metrics.erase(from.metrics.begin());
    varve::reverter revert{session, version<Dataset>(x.id, 0)};
    CHECK_THROWS_AS(revert.all(), varve::conflict_error);
    CHECK(from.table_name == "renamed");
    session.rollback();
  }
  SECTION("a deletion") {
    session.erase<Dataset>(x.id);
    varve::reverter revert{session, version<Dataset>(x.id, 0)};
    revert.all();
    commit(session);
    CHECK(live<Dataset>(x.id).table_name == "sales");
    CHECK(versions<Dataset>(x.id).size() == 3);
  }
}

TEST_CASE_METHOD(reverter_stores,
                 "a restore keeps what the application says of its save, and says nothing when it wrote nothing",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_columns);
  commit(session);
  dataset.sql = "select 2";
  commit(session);
  {
    auto restoring = by("rita");
    restoring.attributed()->meta = R"({"ticket":7})";
    varve::reverter revert{restoring, version<Dataset>(dataset.id, 0)};
    revert.all();
    commit(restoring);
    const auto meta = nlohmann::json::parse(version<Dataset>(dataset.id, 2).meta());
    CHECK(meta["ticket"] == 7);
    CHECK(meta["restored_version"] == to_string(version<Dataset>(dataset.id, 0).uuid()));
  }
  auto nothing = by("rita");
  varve::reverter revert{nothing, version<Dataset>(dataset.id, 2)};
  revert.all();
  nothing.get<Dataset>(dataset.id).sql = "select 3";
  commit(nothing);
  CHECK(version<Dataset>(dataset.id, 3).action_kind().empty());
}
