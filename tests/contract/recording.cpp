#include "support/application.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/capture/record.hpp"

using namespace test;

/// An application that writes its tables itself, on its own connection, and has varve record what it did.

namespace {

class orm {
 public:
  orm() {
    varve::schema{store}.add<Dataset>().add<Chart>().add<Dashboard>().add<Recipe>().add<Page>().apply();
    store.base().use(varve::info_of<Dashboard>());
    store.base().use(varve::info_of<Recipe>());
    store.base().use(varve::info_of<Page>());
  }
  orm(const orm&) = delete;
  orm& operator=(const orm&) = delete;
  ~orm() {
    auto found = violations(everything_in(store), adopted_);
    if (split_) std::erase_if(found, [](const std::string& line) { return line.starts_with("K2 "); });
    CHECK(found == lines{});
    CHECK(broken_laws(store) == lines{});
  }

 protected:
  template <class Entity>
  Entity saved(const Entity& entity) {
    varve::session session{store, varve::actor{"ada"}};
    auto& kept = session.save(entity);
    session.commit();
    return kept;
  }
  template <class Entity>
  [[nodiscard]] Entity state(std::int64_t key, std::size_t version) const {
    const varve::history<Entity> history{store};
    return history.state(history.versions(key).all().at(version));
  }
  template <class Entity>
  [[nodiscard]] std::size_t count(std::int64_t key) const {
    return varve::history<Entity>{store}.versions(key).count();
  }
  template <class Entity>
  void refuse(const Entity* before, const Entity* after, const std::string& why) {
    CHECK_THROWS_WITH(varve::record(store, varve::actor{"bob"}, before, after), Catch::Contains(why));
    CHECK(app.in_transaction());
  }

  application app;
  varve::sqlite::store store{varve::borrow(app.handle())};
  bool adopted_ = false;
  bool split_ = false;  ///< what a session saves in one transaction was recorded in two
};

}  // namespace

TEST_CASE_METHOD(orm, "a link may be recorded by its target's key or uuid", "[record][links]") {
  const auto chart = saved(Chart{.slice_name = "one"});
  const auto before = saved(Dashboard{.title = "t"});
  app.run("BEGIN");
  app.run("INSERT INTO dashboard_slices (dashboard_id, chart_id) VALUES (1, 1)");
  auto after = before;
  SECTION("by uuid") { after.slices = {{.uuid = chart.uuid}}; }
  SECTION("by key") { after.slices = {{.key = chart.id}}; }
  varve::record(store, varve::actor{"bob"}, &before, &after);
  app.run("COMMIT");
  const auto list = varve::history<Dashboard>{store}.versions(before.id).all();
  REQUIRE(list.size() == 2);
  const auto uuid = to_string(chart.uuid);
  CHECK(lines_of(list[1].changes()) == lines{"chart add [\"slices\",\"" + uuid + "\"] null -> \"" + uuid + "\""});
  CHECK(state<Dashboard>(before.id, 1).slices.at(0).key == chart.id);
  // One side by key and the other by uuid is no change.
  app.run("BEGIN");
  app.run("UPDATE dashboards SET title = 'u'");
  auto by_key = before, by_uuid = before;
  by_key.slices = {{.key = chart.id}};
  by_uuid.slices = {{.uuid = chart.uuid}};
  by_uuid.title = "u";
  varve::record(store, varve::actor{"bob"}, &by_key, &by_uuid);
  app.run("COMMIT");
  CHECK(varve::history<Dashboard>{store}.versions(before.id).all().at(2).changes().size() == 1);
}

TEST_CASE_METHOD(orm, "plain values and entries of maps are recorded", "[record][values]") {
  const auto before = saved(Page{.title = "t",
                                 .tags = {"red"},
                                 .labels = {{"env", "prod"}, {"zone", "a"}},
                                 .limits = {{5, {.amount = 1}}},
                                 .rates = {{"eur", {.rate = 1}}}});
  auto after = before;
  after.tags = {"blue"};
  after.labels["env"] = "dev";
  after.limits.clear();
  after.rates["eur"].rate = 2;
  app.run("BEGIN");
  app.run("DELETE FROM page_tags");
  app.run("INSERT INTO page_tags (page_id, value) VALUES (1, 'blue')");
  app.run("UPDATE labels SET value = 'dev' WHERE name = 'env'");
  app.run("DELETE FROM \"limit\"");
  app.run("UPDATE rate SET rate = 2");
  SECTION("when they are what the live tables hold") {
    varve::record(store, varve::actor{"bob"}, &before, &after);
    app.run("COMMIT");
    const auto list = varve::history<Page>{store}.versions(before.id).all();
    REQUIRE(list.size() == 2);
    CHECK(lines_of(list[1].changes()) ==
          lines{R"(tag remove ["tags","red"] "red" -> null)", R"(tag add ["tags","blue"] null -> "blue")",
                R"(labels edit ["labels","env"] "prod" -> "dev")",
                R"(limit remove ["limits","5"] {"amount":1,"unit":null} -> null)",
                R"(rate edit ["rates","eur"] {"rate":1.0} -> {"rate":2.0})"});
    CHECK(varve::equivalent(state<Page>(before.id, 1), after));
  }
  SECTION("and refused when they are not") {
    SECTION("a value") { after.tags = {"green"}; }
    SECTION("an entry") { after.labels.erase("zone"); }
    SECTION("a key of an entry's own") { after.rates["eur"].id = 0; }
    refuse(&before, &after, "");
    app.run("ROLLBACK");
  }
}

TEST_CASE_METHOD(orm, "what an adopted entity links to gets its baseline too", "[record][links][baseline]") {
  adopted_ = true;
  app.run("INSERT INTO slices (id, uuid, slice_name, color, params) VALUES (5, '8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22', 'c', 0, '{}')");
  app.run("INSERT INTO dashboards (id, uuid, title) VALUES (7, '9e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22', 't')");
  app.run("INSERT INTO dashboard_slices (dashboard_id, chart_id) VALUES (7, 5)");
  Dashboard before{.id = 7, .uuid = *varve::parse_uuid("9e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22"), .title = "t"};
  before.slices = {{.uuid = *varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22")}};
  auto after = before;
  after.title = "u";
  app.run("BEGIN");
  app.run("UPDATE dashboards SET title = 'u'");
  varve::record(store, varve::actor{"bob"}, &before, &after);
  app.run("COMMIT");
  CHECK(count<Dashboard>(7) == 2);
  CHECK(count<Chart>(5) == 1);
  CHECK(state<Dashboard>(7, 0).slices.at(0).key == 5);
}

TEST_CASE_METHOD(orm, "a child that moves is recorded in either order", "[record][children]") {
  const auto a = saved(Dataset{.table_name = "a", .metrics = {{.metric_name = "m", .expression = "x"}}});
  const auto b = saved(Dataset{.table_name = "b"});
  split_ = true;
  auto a_after = a, b_after = b;
  b_after.metrics = a.metrics;
  a_after.metrics.clear();
  app.run("BEGIN");
  app.run("UPDATE sql_metrics SET dataset_id = 2");
  if (GENERATE(true, false)) {
    varve::record(store, varve::actor{"bob"}, &b, &b_after);
    varve::record(store, varve::actor{"bob"}, &a, &a_after);
  } else {
    varve::record(store, varve::actor{"bob"}, &a, &a_after);
    varve::record(store, varve::actor{"bob"}, &b, &b_after);
  }
  app.run("COMMIT");
  CHECK(state<Dataset>(a.id, 0).metrics.size() == 1);
  CHECK(state<Dataset>(a.id, 1).metrics.empty());
  CHECK(state<Dataset>(b.id, 0).metrics.empty());
  CHECK(state<Dataset>(b.id, 1).metrics.at(0).id == a.metrics[0].id);
}

TEST_CASE_METHOD(orm, "a record may expect the version that it changes or deletes", "[record][conflict]") {
  const auto chart = saved(Chart{.slice_name = "one"});
  const auto first = varve::history<Chart>{store}.versions(chart.id).all().at(0).transaction();
  auto renamed = chart;
  renamed.slice_name = "two";
  app.run("BEGIN");
  app.run("UPDATE slices SET slice_name = 'two' WHERE id = 1");
  const auto second = varve::record(store, varve::actor{"bob"}, &chart, &renamed, {.expected = first}).self;
  app.run("DELETE FROM slices WHERE id = 1");
  CHECK_THROWS_AS(varve::record(store, varve::actor{"bob"}, &renamed, nullptr, {.expected = first}),
                  varve::conflict_error);
  CHECK(varve::record(store, varve::actor{"bob"}, &renamed, nullptr, {.expected = second}).self > second);
  app.run("COMMIT");
  CHECK(count<Chart>(chart.id) == 3);
}

TEST_CASE_METHOD(orm, "a recorded deletion gives the owners of links to it their version", "[record][links]") {
  const auto chart = saved(Chart{.slice_name = "one"});
  const auto other = saved(Chart{.slice_name = "two"});
  const auto board = saved(Dashboard{.title = "t", .slices = {{.key = chart.id}, {.key = other.id}}});
  app.run("BEGIN");
  app.run("DELETE FROM dashboard_slices WHERE chart_id = 1");
  app.run("DELETE FROM slices WHERE id = 1");
  const auto done = varve::record(store, varve::actor{"bob"}, &chart, nullptr);
  app.run("COMMIT");
  const auto list = varve::history<Dashboard>{store}.versions(board.id).all();
  REQUIRE(list.size() == 2);
  CHECK(list[1].transaction() == done.self);
  CHECK(list[1].changes().size() == 1);
  CHECK(state<Dashboard>(board.id, 1).slices.size() == 1);
  CHECK(state<Dashboard>(board.id, 0).slices.size() == 2);
}

TEST_CASE_METHOD(orm, "ordered children are recorded in the order that the tables have", "[record][ordered]") {
  const auto before = saved(Recipe{.name = "r", .steps = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
  auto after = before;
  std::swap(after.steps[0], after.steps[2]);
  app.run("BEGIN");
  app.run("UPDATE step SET position = CASE name WHEN 'a' THEN 77000000 WHEN 'c' THEN 5 ELSE position END");
  varve::record(store, varve::actor{"bob"}, &before, &after);
  app.run("COMMIT");
  REQUIRE(count<Recipe>(before.id) == 2);
  CHECK(state<Recipe>(before.id, 0).steps.at(0).name == "a");
  CHECK(state<Recipe>(before.id, 1).steps.at(0).name == "c");
  CHECK(state<Recipe>(before.id, 1).steps.at(2).name == "a");
}

TEST_CASE_METHOD(orm, "states that are not what the tables hold are refused, and the transaction goes on", "[record]") {
  const auto dataset = saved(Dataset{.table_name = "d", .metrics = {{.metric_name = "m"}}});
  const Dataset* nothing = nullptr;
  app.run("BEGIN");
  auto after = dataset;
  SECTION("created, though it has a history") { refuse(nothing, &dataset, "has a history already"); }
  SECTION("deleted, though it lives") { refuse(&dataset, nothing, "still is in its live table"); }
  SECTION("changed, though it does not live") {
    app.run("DELETE FROM sql_metrics");
    app.run("DELETE FROM tables");
    refuse(&dataset, &after, "is not in its live table");
  }
  SECTION("a field that the row has otherwise") {
    after.table_name = "e";
    refuse(&dataset, &after, "table_name of the state after");
  }
  SECTION("a child's field that its row has otherwise") {
    after.metrics[0].expression = "sum";
    refuse(&dataset, &after, "metrics of the state after");
  }
  SECTION("other children than live") {
    after.metrics.clear();
    refuse(&dataset, &after, "metrics of the state after");
  }
  SECTION("a child under another key") {
    after.metrics[0].id = 99;
    refuse(&dataset, &after, "metrics of the state after");
  }
  SECTION("two children of one name") {
    after.metrics.push_back(after.metrics[0]);
    refuse(&dataset, &after, "two items");
  }
  SECTION("a link to what never lived") {
    const Dashboard board{.id = 1, .title = "t", .slices = {{.uuid = varve::random_uuid()}}};
    refuse(static_cast<const Dashboard*>(nullptr), &board, "never lived");
  }
  app.run("ROLLBACK");
}

TEST_CASE_METHOD(orm, "a session notices that the application ended the transaction in which it began", "[record][borrowed]") {
  const auto dataset = saved(Dataset{.table_name = "d"});
  varve::session session{store, varve::actor{"bob"}};
  auto& managed = session.get<Dataset>(dataset.id);
  app.run("BEGIN");
  managed.sql = "select 1";
  session.flush();
  app.run("ROLLBACK");
  app.run("BEGIN");
  app.run("INSERT INTO dashboards (uuid, title) VALUES ('9e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22', 'theirs')");
  managed.table_name = "e";
  SECTION("at the commit") { CHECK_THROWS_WITH(session.commit(), Catch::Contains("has ended meanwhile")); }
  SECTION("when it rolls back what it flushed since") { session.flush(); }
  session.rollback();
  CHECK(app.ask("SELECT title FROM dashboards") == lines{"theirs"});
  CHECK(app.ask("SELECT table_name FROM tables") == lines{"d"});
  CHECK(app.ask("SELECT count(*) FROM version_transaction") == lines{"1"});
  app.run("ROLLBACK");
}
