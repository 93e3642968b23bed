#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using baseline_stores = on_every_store<Dataset, Chart, Dashboard, Note, Recipe, Cell>;
using counts = std::map<std::string, std::size_t>;

}  // namespace

TEST_CASE_METHOD(baseline_stores, "the first save of an adopted entity first writes its previous state", "[baseline]") {
  const auto adopted = adopt(sales_dataset);
  CHECK(versions<Dataset>(adopted.id).empty());
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(adopted.id);
  dataset.table_name = "renamed";
  dataset.metrics[0].expression = "avg";
  SECTION("at once") {}
  SECTION("after a flush has overwritten the live rows") {
    session.flush();
    dataset.metrics.push_back({.metric_name = "count"});
  }
  set_clock(start + 24h);
  const auto done = session.commit();
  REQUIRE(done.baseline);
  REQUIRE(done.transaction);
  CHECK(*done.baseline < *done.transaction);

  const varve::history<Dataset> history{store};
  const auto list = history.versions(adopted.uuid).all();
  REQUIRE(list.size() == 2);
  CHECK(operations<Dataset>(adopted.uuid) == lines{"insert", "update"});
  CHECK(list[0].is_baseline());
  CHECK(list[0].action_kind() == "baseline");
  CHECK(list[0].transaction() == done.baseline);
  CHECK(list[0].changes().empty());
  CHECK(list[0].changes().headline() == "baseline");
  CHECK(list[0].actor() == "ada");                   // who changed the row last
  CHECK(list[0].issued_at() == start + 24h + 1min);  // now, not when the row was changed
  CHECK(list[0].message().empty());
  const auto then = history.state(list[0]);
  CHECK(then.table_name == "sales");
  REQUIRE(then.metrics.size() == 1);
  CHECK(then.metrics[0].expression == "sum");
  CHECK(then.metrics[0].id == adopted.metrics[0].id);
  CHECK(then.created_on == adopted.created_on);
  CHECK(list[1].actor() == "bob");
  CHECK(list[1].issued_at() == list[0].issued_at() + 1us);
  CHECK_FALSE(list[1].is_baseline());
  CHECK(list[1].changes().size() >= 2);
  CHECK(history.state(list[1]).table_name == "renamed");
}

TEST_CASE_METHOD(baseline_stores, "a brand-new entity has no baseline, and one with a history gets none",
                 "[baseline]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  CHECK_FALSE(session.commit().baseline.has_value());
  dataset.sql = "select 2";
  CHECK_FALSE(session.commit().baseline.has_value());
  auto other = by("bob");
  other.get<Dataset>(dataset.id).sql = "select 3";
  CHECK_FALSE(other.commit().baseline.has_value());
  CHECK(versions<Dataset>(dataset.id).size() == 3);
}

TEST_CASE_METHOD(baseline_stores, "several adopted entities share one baseline transaction", "[baseline]") {
  const auto a = adopt(sales_dataset);
  const auto b = adopt(Note{.text = "b"});
  const auto c = adopt(Note{.text = "untouched"});
  auto session = by("bob");
  session.get<Dataset>(a.id).sql = "select 2";
  session.get<Note>(b.id).text = "changed";
  const auto done = session.commit();
  CHECK(versions<Dataset>(a.id)[0].transaction() == done.baseline);
  CHECK(versions<Note>(b.id)[0].transaction() == done.baseline);
  CHECK(versions<Note>(c.id).empty());
  CHECK(transactions() == 2);
}

TEST_CASE_METHOD(baseline_stores, "noise and excluded fields of an adopted entity make no baseline", "[baseline]") {
  const auto adopted = adopt(sales_dataset);
  auto session = by("bob");
  session.get<Dataset>(adopted.id).opened = 7;
  session.get<Dataset>(adopted.id).hits = 7;
  commit_nothing(session);
  CHECK(versions<Dataset>(adopted.id).empty());
  CHECK(live<Dataset>(adopted.id).opened == 7);
  session.get<Dataset>(adopted.id).sql = "select 2";
  CHECK(session.commit().baseline.has_value());
  CHECK(versions<Dataset>(adopted.id).size() == 2);
}

TEST_CASE_METHOD(baseline_stores, "what changed and changed back makes no baseline", "[baseline]") {
  const auto adopted = adopt(sales_dataset);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(adopted.id);
  dataset.sql = "select 2";
  session.flush();
  dataset.sql = "select 1";
  commit_nothing(session);
  CHECK(transactions() == 0);
}

TEST_CASE_METHOD(baseline_stores, "deleting an adopted entity keeps what it was", "[baseline]") {
  const auto adopted = adopt(sales_dataset);
  auto session = by("bob");
  session.erase<Dataset>(adopted.id);
  const auto done = session.commit();
  REQUIRE(done.baseline);
  CHECK(operations<Dataset>(adopted.uuid) == lines{"insert", "delete"});
  const auto then = varve::history<Dataset>{store}.as_of(adopted.uuid, *done.baseline);
  REQUIRE(then);
  CHECK(then->metrics.size() == 1);
  CHECK(written_at(*done.baseline) == written_at(*done.transaction));
}

TEST_CASE_METHOD(baseline_stores, "entities that an adopted one links to get a baseline, one step far", "[baseline]") {
  const auto dataset = adopt(sales_dataset);
  const auto linked = adopt(Chart{.slice_name = "linked", .dataset_id = dataset.id});
  const auto other = adopt(Chart{.slice_name = "other"});
  const auto board = adopt(Dashboard{.title = "t", .slices = {{.key = linked.id}}});
  auto session = by("bob");
  SECTION("when the owner changes") {
    session.get<Dashboard>(board.id).title = "renamed";
    const auto done = session.commit();
    CHECK(written_at(done.baseline.value()) ==
          counts{{"dashboard_slices_version", 1}, {"dashboards_version", 1}, {"slices_version", 1}});
    CHECK(versions<Chart>(linked.id).at(0).is_baseline());
    CHECK(versions<Chart>(other.id).empty());
    CHECK(versions<Dataset>(dataset.id).empty());  // two steps
  }
  SECTION("when a link is added to what has no history") {
    session.get<Dashboard>(board.id).slices.push_back({.key = other.id});
    const auto done = session.commit();
    CHECK(versions<Chart>(other.id).at(0).transaction() == done.baseline);
    CHECK(versions<Chart>(linked.id).at(0).transaction() == done.baseline);
  }
  SECTION("when a link is taken away") {
    session.get<Dashboard>(board.id).slices.clear();
    session.commit();
    CHECK(versions<Chart>(linked.id).at(0).is_baseline());
    CHECK(varve::history<Dashboard>{store}.state(versions<Dashboard>(board.id)[0]).slices.at(0).uuid == linked.uuid);
  }
  SECTION("when the linked entity itself is deleted") {
    session.erase<Chart>(linked.id);
    const auto done = session.commit();
    CHECK(operations<Chart>(linked.uuid) == lines{"insert", "delete"});
    CHECK(operations<Dashboard>(board.uuid) == lines{"insert", "update"});
    CHECK(versions<Dashboard>(board.uuid)[0].transaction() == done.baseline);
  }
}

TEST_CASE_METHOD(baseline_stores, "what a brand-new entity links to gets a baseline, with its own children and links",
                 "[baseline]") {
  const auto chart = adopt(Chart{.slice_name = "linked"});
  auto session = by("bob");
  auto& board = session.add(Dashboard{.title = "new", .slices = {{.key = chart.id}}});
  const auto done = session.commit();
  REQUIRE(done.baseline);
  CHECK(operations<Dashboard>(board.uuid) == lines{"insert"});
  CHECK(versions<Chart>(chart.uuid).at(0).transaction() == done.baseline);
  CHECK(varve::history<Chart>{store}.state(versions<Chart>(chart.uuid)[0]).slice_name == "linked");
  // Its own first change now is an update, without another baseline, also in the session that linked it.
  session.get<Chart>(chart.id).slice_name = "renamed";
  CHECK_FALSE(session.commit().baseline.has_value());
  CHECK(operations<Chart>(chart.uuid) == lines{"insert", "update"});
}

TEST_CASE_METHOD(baseline_stores, "a link added later to an entity without history makes its baseline", "[baseline]") {
  const auto chart = adopt(Chart{.slice_name = "linked"});
  const auto board = save(Dashboard{.title = "t"});
  auto session = by("bob");
  session.get<Dashboard>(board.id).places.push_back({.chart = {.uuid = chart.uuid}, .role = "main"});
  const auto done = session.commit();
  CHECK(versions<Chart>(chart.id).at(0).transaction() == done.baseline);
  CHECK(versions<Dashboard>(board.id).size() == 2);
  session.get<Dashboard>(board.id).places[0].role = "side";  // no new link, no baseline
  CHECK_FALSE(session.commit().baseline.has_value());
}

TEST_CASE_METHOD(baseline_stores, "the baseline of an ordered collection keeps the order", "[baseline]") {
  const auto adopted = adopt(Recipe{.name = "soup",
                                    .steps = {{.name = "a"}, {.name = "b"}, {.name = "c"}},
                                    .ingredients = {{.name = "salt", .amount = 1}}});
  auto session = by("bob");
  auto& recipe = session.get<Recipe>(adopted.id);
  std::swap(recipe.steps[0], recipe.steps[2]);
  session.flush();
  recipe.ingredients.clear();
  session.commit();
  const varve::history<Recipe> history{store};
  const auto then = history.state(versions<Recipe>(adopted.id).at(0));
  REQUIRE(then.steps.size() == 3);
  CHECK(then.steps[0].name + then.steps[1].name + then.steps[2].name == "abc");
  CHECK(then.ingredients.size() == 1);
}

TEST_CASE_METHOD(baseline_stores, "an adopted entity with a composite key and a text key gets its baseline",
                 "[baseline]") {
  const auto adopted = adopt(Cell{.row = 2, .col = "Z", .content = "a", .remarks = {{.author = "ada"}}});
  auto session = by("bob");
  session.get<Cell>(2, "Z").content = "b";
  REQUIRE(session.commit().baseline);
  const auto list = versions<Cell>(2, "Z");
  REQUIRE(list.size() == 2);
  CHECK(list[0].is_baseline());
  CHECK(list[0].actor() == "bob");  // nobody is known to have changed it
  CHECK(varve::history<Cell>{store}.state(list[0]).remarks.size() == 1);
  CHECK(adopted.content == "a");
}

TEST_CASE_METHOD(baseline_stores, "an adopted entity that becomes another's target is not checked away", "[baseline]") {
  const auto chart = adopt(Chart{.slice_name = "c"});
  auto first = by("ada");
  first.get<Chart>(chart.id).slice_name = "by ada";
  first.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  const auto done = first.commit();  // the chart is saved and linked at once: one baseline
  REQUIRE(done.baseline);
  CHECK(operations<Chart>(chart.id) == lines{"insert", "update"});
}
