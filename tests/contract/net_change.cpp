#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using net_change_stores = on_every_store<Dataset, Note, Dashboard, Chart, Recipe>;

const Dataset with_two_metrics{.table_name = "sales",
                               .sql = "select 1",
                               .metrics = {{.metric_name = "revenue", .expression = "sum price"},
                                           {.metric_name = "count", .expression = "count *"}}};

}  // namespace

// ---- many flushes, one version ----

TEST_CASE_METHOD(net_change_stores,
                 "PE-03 EXO-04 insert and change in one transaction are one insert with the final values", "[net]") {
  auto session = by("ada");
  auto& dataset = session.add(with_two_metrics);
  session.flush();
  dataset.table_name = "second";
  session.flush();
  dataset.table_name = "third";
  dataset.metrics.pop_back();
  commit(session);
  const auto list = versions<Dataset>(dataset.id);
  REQUIRE(list.size() == 1);
  CHECK(list[0].operation() == varve::row_operation::insert);
  CHECK(list[0].changes().empty());
  const auto then = varve::history<Dataset>{store}.state(list[0]);
  CHECK(then.table_name == "third");
  CHECK(then.metrics.size() == 1);
}

TEST_CASE_METHOD(net_change_stores,
                 "PE-04 change and delete in one transaction are one deletion without what came between", "[net]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.table_name = "between";
  dataset.metrics[0].expression = "between";
  session.flush();
  session.erase<Dataset>(saved.id);
  commit(session);
  CHECK(operations<Dataset>(saved.uuid) == lines{"insert", "delete"});
  const auto all = everything_in(store);
  for (const auto& table : all.tables)
    for (const auto& entry : table.shadow)
      for (std::size_t c = 0; c < table.info->stored; ++c) CHECK(entry.row[c].view() != "between");
  CHECK(varve::history<Dataset>{store}.state(versions<Dataset>(saved.uuid)[1]).table_name == "sales");
}

TEST_CASE_METHOD(net_change_stores, "PE-05 insert and delete in one transaction leave nothing", "[net]") {
  auto session = by("ada");
  auto& dataset = session.add(with_two_metrics);
  SECTION("with a flush between") {
    session.flush();
    const auto id = dataset.id;
    session.erase<Dataset>(id);
    commit_nothing(session);
    CHECK(versions<Dataset>(id).empty());
    CHECK_FALSE(lives<Dataset>(id));
  }
  SECTION("with two flushes and a change between") {
    session.flush();
    dataset.sql = "select 2";
    session.flush();
    session.erase<Dataset>(dataset.id);
    session.flush();
    commit_nothing(session);
  }
  const auto all = everything_in(store);
  CHECK(all.transactions.empty());
  for (const auto& table : all.tables) CHECK((table.live.empty() && table.shadow.empty()));
}

TEST_CASE_METHOD(net_change_stores, "PE-05 what comes and goes leaves nothing beside other changes either", "[net]") {
  auto session = by("ada");
  auto& kept = session.add(Note{.text = "kept"});
  auto& gone = session.add(Note{.text = "gone"});
  session.flush();
  const auto id = gone.id;
  session.erase<Note>(id);
  commit(session);
  CHECK(versions<Note>(id).empty());
  CHECK(versions<Note>(kept.id).size() == 1);
  // The key is free to be used again.
  session.add(Note{.id = id, .text = "again"});
  commit(session);
  CHECK(live<Note>(id).text == "again");
  CHECK(operations<Note>(id) == lines{"insert"});
}

TEST_CASE_METHOD(net_change_stores, "PE-06 two flushes of one field are one record from the oldest to the newest value",
                 "[net]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.sql = "select 2";
  session.flush();
  dataset.sql = "select 3";
  dataset.metrics[0].expression = "a";
  session.flush();
  dataset.metrics[0].expression = "b";
  commit(session);
  CHECK(records<Dataset>(saved.id)[1] ==
        lines{R"(field edit ["sql"] "select 1" -> "select 3")",
              R"(metric edit ["metrics","revenue"] )"
              R"({"expression":"sum price","metric_name":"revenue","warning":null} -> )"
              R"({"expression":"b","metric_name":"revenue","warning":null})"});
}

TEST_CASE_METHOD(net_change_stores, "what changed and changed back leaves nothing, not even a transaction", "[net]") {
  const auto saved = save(with_two_metrics);
  const auto before = transactions();
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.sql = "select 2";
  dataset.metrics[1].expression = "count 1";
  dataset.metrics.push_back({.metric_name = "new", .expression = "1"});
  session.flush();
  CHECK(dataset.changed_by == "bob");
  dataset.sql = "select 1";
  dataset.metrics[1].expression = "count *";
  dataset.metrics.pop_back();
  commit_nothing(session);
  CHECK(transactions() == before);
  CHECK(dataset.changed_by == "ada");  // no version: no stamp either
  const auto now = live<Dataset>(saved.id);
  CHECK(now.changed_by == "ada");
  CHECK(now.changed_on == saved.changed_on);
  CHECK(now.metrics.size() == 2);
}

TEST_CASE_METHOD(net_change_stores,
                 "PE-07 EXO-01 delete and insert under one key are an update with records of what differs", "[net]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  Dataset again{.id = saved.id,
                .uuid = saved.uuid,
                .table_name = "sales",
                .sql = "select 2",
                .metrics = {{.metric_name = "count", .expression = "count *"},
                            {.metric_name = "average", .expression = "avg price"}}};
  SECTION("at once") {
    session.erase<Dataset>(saved.id);
    session.save(again);
  }
  SECTION("with a flush between") {
    session.erase<Dataset>(saved.id);
    session.flush();
    CHECK(session.find<Dataset>(saved.id) == nullptr);
    session.add(again);
  }
  SECTION("with a flush between and after") {
    session.erase<Dataset>(saved.id);
    session.flush();
    session.save(again);
    session.flush();
  }
  commit(session);
  CHECK(operations<Dataset>(saved.uuid) == lines{"insert", "update"});
  CHECK(records<Dataset>(saved.id)[1] ==
        lines{R"(field edit ["sql"] "select 1" -> "select 2")",
              R"(metric remove ["metrics","revenue"] )"
              R"({"expression":"sum price","metric_name":"revenue","warning":null} -> null)",
              R"(metric add ["metrics","average"] null -> )"
              R"({"expression":"avg price","metric_name":"average","warning":null})"});
  const auto now = live<Dataset>(saved.id);
  REQUIRE(now.metrics.size() == 2);
  CHECK(now.metrics[0].metric_name == "count");
  CHECK(now.metrics[0].id == saved.metrics[1].id);  // the child that stays keeps its key
  CHECK(now.created_by == "ada");
}

TEST_CASE_METHOD(net_change_stores,
                 "a child that is removed and comes back in one transaction keeps its key and its history", "[net]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  const auto revenue = dataset.metrics[0];
  dataset.metrics.erase(dataset.metrics.begin());
  session.flush();
  SECTION("as it was") {
    dataset.metrics.push_back({.metric_name = revenue.metric_name, .expression = revenue.expression});
    commit_nothing(session);
    CHECK(versions<Dataset>(saved.id).size() == 1);
  }
  SECTION("changed") {
    dataset.metrics.push_back({.metric_name = revenue.metric_name, .expression = "other"});
    const auto at = commit(session);
    CHECK(written_at(at) == std::map<std::string, std::size_t>{{"sql_metrics_version", 1}, {"tables_version", 1}});
  }
  SECTION("after another flush") {
    session.flush();
    dataset.metrics.push_back({.metric_name = revenue.metric_name, .expression = "other"});
    session.flush();
    dataset.metrics.back().expression = "last";
    commit(session);
  }
  const auto now = live<Dataset>(saved.id);
  REQUIRE(now.metrics.size() == 2);
  CHECK(now.metrics[0].id == revenue.id);
  CHECK(now.metrics[0].metric_name == "revenue");
}

TEST_CASE_METHOD(net_change_stores, "a child whose key went elsewhere in the transaction comes back as another child",
                 "[net]") {
  const auto first = save(with_two_metrics);
  const auto second = save(Dataset{.table_name = "second"});
  auto session = by("bob");
  auto& a = session.get<Dataset>(first.id);
  auto& b = session.get<Dataset>(second.id);
  b.metrics.push_back(a.metrics[0]);
  a.metrics.erase(a.metrics.begin());
  session.flush();
  a.metrics.push_back({.metric_name = "revenue", .expression = "again"});
  commit(session);
  CHECK(live<Dataset>(second.id).metrics.at(0).id == first.metrics[0].id);
  const auto now = live<Dataset>(first.id);
  REQUIRE(now.metrics.size() == 2);
  CHECK(now.metrics[1].metric_name == "revenue");
  CHECK(now.metrics[1].id != first.metrics[0].id);
}

TEST_CASE_METHOD(net_change_stores, "links and ordered children are net of the transaction too", "[net]") {
  const auto one = save(Chart{.slice_name = "one"});
  const auto two = save(Chart{.slice_name = "two"});
  const auto board = save(Dashboard{.title = "t", .slices = {{.key = one.id}}});
  const auto recipe = save(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
  const auto before = transactions();
  auto session = by("bob");
  auto& dashboard = session.get<Dashboard>(board.id);
  auto& soup = session.get<Recipe>(recipe.id);
  dashboard.slices = {{.key = two.id}};
  std::swap(soup.steps[0], soup.steps[2]);
  session.flush();
  dashboard.slices.push_back({.key = one.id});
  session.flush();
  dashboard.slices.erase(dashboard.slices.begin());
  std::swap(soup.steps[0], soup.steps[2]);
  SECTION("back to what was") {
    commit_nothing(session);
    CHECK(transactions() == before);
  }
  SECTION("with one of them changed") {
    soup.steps.pop_back();
    const auto at = commit(session);
    CHECK(versions<Dashboard>(board.id).size() == 1);
    CHECK(records<Recipe>(recipe.id)[1] == lines{R"(step remove ["steps","c"] {"name":"c","text":""} -> null)"});
    CHECK(written_at(at) == std::map<std::string, std::size_t>{{"recipe_version", 1}, {"step_version", 1}});
  }
}

TEST_CASE_METHOD(net_change_stores, "PE-34 deleting a parent and its children leaves the past readable", "[net]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.metrics.clear();
  session.flush();
  session.erase<Dataset>(saved.id);
  commit(session);
  CHECK(operations<Dataset>(saved.uuid) == lines{"insert", "delete"});
  const auto then = varve::history<Dataset>{store}.as_of(saved.uuid, versions<Dataset>(saved.uuid)[0].transaction());
  REQUIRE(then);
  REQUIRE(then->metrics.size() == 2);
  CHECK(then->metrics[0].expression == "sum price");
}

// ---- rollback and savepoints ----

TEST_CASE_METHOD(net_change_stores, "PE-17 after a rollback the next transaction records its own changes only",
                 "[rollback]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.sql = "rolled back";
  dataset.metrics.clear();
  session.flush();
  session.rollback();
  CHECK(dataset.sql == "select 1");
  CHECK(dataset.metrics.size() == 2);
  CHECK(live<Dataset>(saved.id).sql == "select 1");
  dataset.table_name = "renamed";
  commit(session);
  CHECK(records<Dataset>(saved.id)[1] == lines{R"(field edit ["table_name"] "sales" -> "renamed")"});
}

TEST_CASE_METHOD(net_change_stores, "a rollback puts objects back in place, and those added stay alive without key",
                 "[rollback]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& loaded = session.get<Dataset>(saved.id);
  auto& added = session.add(Dataset{.table_name = "added", .metrics = {{.metric_name = "m"}}});
  auto& note = session.add(Note{.text = "note"});
  loaded.table_name = "changed";
  auto* const address = &loaded;
  SECTION("flushed") {
    session.flush();
    CHECK(added.id != 0);
    CHECK(added.metrics[0].id != 0);
  }
  SECTION("not flushed") {}
  session.rollback();
  CHECK(&session.get<Dataset>(saved.id) == address);
  CHECK(loaded.table_name == "sales");
  // What the save gave is taken out again.
  CHECK(added.table_name == "added");
  CHECK(added.id == 0);
  CHECK(added.uuid.is_nil());
  REQUIRE(added.metrics.size() == 1);
  CHECK(added.metrics[0].id == 0);
  CHECK(note.id == 0);
  CHECK(note.text == "note");
  // They are not watched any more; a copy can be added again.
  commit_nothing(session);
  CHECK(transactions() == 1);
  auto& again = session.add(added);
  commit(session);
  CHECK(again.id != 0);
  CHECK(live<Dataset>(again.id).table_name == "added");
}

TEST_CASE_METHOD(net_change_stores, "a rollback takes a deletion back", "[rollback]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  session.erase<Dataset>(saved.id);
  SECTION("flushed") { session.flush(); }
  SECTION("not flushed") {}
  session.rollback();
  CHECK(&session.get<Dataset>(saved.id) == &dataset);
  CHECK(lives<Dataset>(saved.id));
  commit_nothing(session);
}

TEST_CASE_METHOD(net_change_stores, "SES-06 a session that ends leaves nothing of an open transaction", "[rollback]") {
  const auto saved = save(with_two_metrics);
  {
    auto session = by("bob");
    session.get<Dataset>(saved.id).sql = "never";
    session.add(Note{.text = "never"});
    session.flush();
  }
  CHECK(live<Dataset>(saved.id).sql == "select 1");
  CHECK(transactions() == 1);
  save(Note{.text = "the store is free again"});
}

TEST_CASE_METHOD(net_change_stores,
                 "SAV-01 a savepoint with unflushed changes that is rolled back leaves the values before it",
                 "[savepoint]") {
  auto session = by("ada");
  auto& dataset = session.add(with_two_metrics);
  session.flush();
  const auto address = &dataset;
  auto savepoint = session.savepoint();
  dataset.table_name = "after the savepoint";
  dataset.metrics.clear();
  savepoint.rollback();
  CHECK(&dataset == address);
  CHECK(dataset.table_name == "sales");
  CHECK(dataset.metrics.size() == 2);
  commit(session);
  const auto list = versions<Dataset>(dataset.id);
  REQUIRE(list.size() == 1);
  CHECK(varve::history<Dataset>{store}.state(list[0]).table_name == "sales");
  CHECK(varve::history<Dataset>{store}.state(list[0]).metrics.size() == 2);
}

TEST_CASE_METHOD(net_change_stores, "SAV-03 of several savepoints, one kept and one open, there is one version",
                 "[savepoint]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.sql = "one";
  auto kept = session.savepoint();
  dataset.sql = "two";
  kept.release();
  auto open = session.savepoint();
  dataset.sql = "three";
  commit(session);
  CHECK(records<Dataset>(saved.id)[1] == lines{R"(field edit ["sql"] "select 1" -> "three")"});
  CHECK_THROWS_AS(open.rollback(), varve::input_error);  // it ended with its transaction
  CHECK_THROWS_AS(kept.release(), varve::input_error);
}

TEST_CASE_METHOD(net_change_stores, "savepoints nest: an outer rollback takes inner ones with it", "[savepoint]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.sql = "outside";
  auto outer = session.savepoint();
  dataset.table_name = "within outer";
  auto inner = session.savepoint();
  dataset.metrics.clear();
  session.flush();

  SECTION("inner alone") {
    inner.rollback();
    CHECK(dataset.metrics.size() == 2);
    CHECK(dataset.table_name == "within outer");
    commit(session);
    CHECK(live<Dataset>(saved.id).table_name == "within outer");
    CHECK(live<Dataset>(saved.id).metrics.size() == 2);
  }
  SECTION("outer, with inner released") {
    inner.release();
    outer.rollback();
    CHECK(dataset.table_name == "sales");
    CHECK(dataset.metrics.size() == 2);
    CHECK(dataset.sql == "outside");
    commit(session);
    CHECK(records<Dataset>(saved.id)[1] == lines{R"(field edit ["sql"] "select 1" -> "outside")"});
  }
  SECTION("outer, with inner open") {
    outer.rollback();
    CHECK_THROWS_AS(inner.rollback(), varve::input_error);
    CHECK(dataset.table_name == "sales");
    commit(session);
    CHECK(live<Dataset>(saved.id).metrics.size() == 2);
  }
  SECTION("twice, with changes between") {
    inner.rollback();
    dataset.metrics.clear();
    session.flush();
    inner.rollback();
    CHECK(dataset.metrics.size() == 2);
    outer.rollback();
    session.rollback();
    CHECK(dataset.sql == "select 1");
    commit_nothing(session);
  }
}

TEST_CASE_METHOD(net_change_stores, "a savepoint's rollback lets added objects go and brings deleted ones back",
                 "[savepoint]") {
  const auto saved = save(with_two_metrics);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  auto& early = session.add(Note{.text = "early"});
  auto savepoint = session.savepoint();
  CHECK(early.id != 0);  // it flushes first
  auto& late = session.add(Note{.text = "late"});
  session.erase<Dataset>(saved.id);
  session.flush();
  const auto late_id = late.id;
  savepoint.rollback();
  CHECK(late.text == "late");
  CHECK(late.id == 0);
  CHECK(session.find<Note>(late_id) == nullptr);
  CHECK(&session.get<Dataset>(saved.id) == &dataset);
  const auto at = commit(session);
  CHECK(versions<Note>(early.id).size() == 1);
  CHECK(versions<Dataset>(saved.id).size() == 1);
  CHECK(varve::touched_by(store, at).size() == 1);
}

TEST_CASE_METHOD(net_change_stores, "a savepoint with nothing after it is no change", "[savepoint]") {
  save(with_two_metrics);
  auto session = by("bob");
  auto savepoint = session.savepoint();
  savepoint.rollback();
  savepoint.release();
  commit_nothing(session);
  CHECK(transactions() == 1);
}
