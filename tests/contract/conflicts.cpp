#include <thread>

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/session/transact.hpp"

using namespace test;

namespace {

using conflicts_stores = on_every_store<Dataset, Note, Chart, Dashboard>;

/// The conflict that a call ends with.
template <class Call>
varve::conflict_error conflict_of(Call&& call) {
  try {
    call();
  } catch (const varve::conflict_error& conflict) {
    return conflict;
  }
  FAIL("there was no conflict");
  throw std::logic_error{"unreachable"};
}

}  // namespace

TEST_CASE_METHOD(conflicts_stores,
                 "a save over somebody's newer commit is a conflict that tells all, and writes nothing", "[conflict]") {
  const auto saved = save(sales_dataset);
  const auto first = versions<Dataset>(saved.id)[0];
  auto mine = by("ada");
  auto& held = mine.get<Dataset>(saved.id);
  auto theirs = by("bob");
  auto& other = theirs.get<Dataset>(saved.id);
  other.sql = "select 2";
  other.metrics[0].expression = "avg";
  commit(theirs);
  const auto second = versions<Dataset>(saved.id)[1];
  const auto before = transactions();

  held.table_name = "mine";
  mine.add(Note{.text = "in the same save"});
  SECTION("at commit") {}
  SECTION("at a flush") {
    CHECK_THROWS_AS(mine.flush(), varve::conflict_error);
    mine.rollback();
    return;
  }
  const auto conflict = conflict_of([&] { mine.commit(); });
  CHECK(conflict.kind() == varve::error_kind::conflict);
  CHECK(conflict.where().entity == "dataset");
  CHECK(conflict.where().key == std::to_string(saved.id));
  CHECK(conflict.expected() == first.transaction());
  CHECK(conflict.found() == second.transaction());
  CHECK(conflict.fields() == lines{"sql", "metrics"});
  CHECK_FALSE(conflict.is_final());
  const std::string what = conflict.what();
  CHECK_THAT(what, Catch::Contains("dataset " + std::to_string(saved.id)) && Catch::Contains("\"bob\"") &&
                       Catch::Contains(to_string(first.uuid())) && Catch::Contains(to_string(second.uuid())) &&
                       Catch::Contains(varve::to_string(second.issued_at())) && Catch::Contains("sql"));
  CHECK_THAT(what, !Catch::Contains("select 2"));
  CHECK(transactions() == before);
  CHECK(live<Dataset>(saved.id).table_name == "sales");
  for (const auto& table : everything_in(store).tables)
    if (table.info->name == "notes") CHECK(table.live.empty());
}

TEST_CASE_METHOD(conflicts_stores,
                 "after a conflict the session refuses work until its rollback, and then has the newest state",
                 "[conflict]") {
  const auto saved = save(sales_dataset);
  auto mine = by("ada");
  auto& held = mine.get<Dataset>(saved.id);
  auto* const address = &held;
  Dataset theirs = saved;
  theirs.sql = "select 2";
  save(theirs, varve::actor{"bob"});
  held.table_name = "mine";
  CHECK_THROWS_AS(mine.commit(), varve::conflict_error);
  CHECK_THROWS_AS(mine.commit(), varve::error);
  CHECK_THROWS_AS(mine.flush(), varve::error);
  CHECK_THROWS_AS(mine.get<Dataset>(saved.id), varve::error);
  CHECK_THROWS_AS(mine.add(Note{}), varve::error);
  mine.rollback();
  CHECK(&mine.get<Dataset>(saved.id) == address);
  CHECK(held.sql == "select 2");
  CHECK(held.table_name == "sales");
  held.table_name = "mine";
  commit(mine);
  CHECK(records<Dataset>(saved.id)[2] == lines{R"(field edit ["table_name"] "sales" -> "mine")"});
}

TEST_CASE_METHOD(conflicts_stores, "a change of a child by somebody else is a conflict too", "[conflict]") {
  const auto saved = save(sales_dataset);
  auto mine = by("ada");
  auto& held = mine.get<Dataset>(saved.id);
  auto theirs = by("bob");
  theirs.get<Dataset>(saved.id).metrics.push_back({.metric_name = "count"});
  commit(theirs);
  held.table_name = "mine";
  CHECK(conflict_of([&] { mine.commit(); }).fields() == lines{"metrics"});
}

TEST_CASE_METHOD(conflicts_stores, "a save of noise alone is checked too, but makes none conflict", "[conflict]") {
  const auto saved = save(sales_dataset);
  auto mine = by("ada");
  auto& held = mine.get<Dataset>(saved.id);
  auto theirs = by("bob");
  theirs.get<Dataset>(saved.id).opened = 5;  // noise: no new version
  commit_nothing(theirs);
  held.sql = "select 2";
  commit(mine);

  theirs.get<Dataset>(saved.id).opened = 6;
  CHECK_THROWS_AS(theirs.commit(), varve::conflict_error);
  theirs.rollback();
  CHECK(live<Dataset>(saved.id).opened == 5);
}

TEST_CASE_METHOD(conflicts_stores, "what somebody deleted is a conflict", "[conflict]") {
  const auto saved = save(sales_dataset);
  auto mine = by("ada");
  auto& held = mine.get<Dataset>(saved.id);
  auto theirs = by("bob");
  theirs.erase<Dataset>(saved.id);
  const auto deleted = commit(theirs);
  held.sql = "select 2";
  const auto conflict = conflict_of([&] { mine.commit(); });
  CHECK(conflict.expected() == versions<Dataset>(saved.uuid)[0].transaction());
  CHECK(conflict.found() == deleted);
  CHECK(conflict.fields().empty());
  CHECK_THAT(conflict.what(), Catch::Contains("deleted") && Catch::Contains("\"bob\""));
  mine.rollback();
  CHECK(mine.find<Dataset>(saved.id) == nullptr);
  CHECK(held.table_name == "sales");  // the object stays alive
  commit_nothing(mine);
}

TEST_CASE_METHOD(conflicts_stores, "deleting what somebody changed is a conflict", "[conflict]") {
  const auto saved = save(sales_dataset);
  auto mine = by("ada");
  mine.get<Dataset>(saved.id);
  Dataset theirs = saved;
  theirs.sql = "select 2";
  save(theirs, varve::actor{"bob"});
  mine.erase<Dataset>(saved.id);
  CHECK(conflict_of([&] { mine.commit(); }).fields() == lines{"sql"});
  mine.rollback();
  CHECK(lives<Dataset>(saved.id));
  CHECK(mine.get<Dataset>(saved.id).sql == "select 2");
}

TEST_CASE_METHOD(conflicts_stores, "adding what exists already is a conflict that is no overwriting", "[conflict]") {
  const auto saved = save(Note{.id = 5, .text = "first"});
  auto session = by("bob");
  session.add(Note{.id = 5, .text = "second"});
  const auto conflict = conflict_of([&] { session.commit(); });
  CHECK(conflict.expected() == std::nullopt);
  CHECK(conflict.found() == versions<Note>(5)[0].transaction());
  CHECK_THAT(conflict.what(), Catch::Contains("memo 5") && Catch::Contains("exists"));
  session.rollback();
  CHECK(live<Note>(5).text == "first");
  CHECK(saved.id == 5);
}

TEST_CASE_METHOD(conflicts_stores, "two first saves of an adopted entity: the second is a conflict", "[conflict]") {
  const auto adopted = adopt(sales_dataset);
  auto mine = by("ada");
  auto& held = mine.get<Dataset>(adopted.id);
  auto theirs = by("bob");
  theirs.get<Dataset>(adopted.id).sql = "select 2";
  const auto at = commit(theirs);
  held.table_name = "mine";
  const auto conflict = conflict_of([&] { mine.commit(); });
  CHECK(conflict.expected() == std::nullopt);
  CHECK(conflict.found() == at);
  CHECK(operations<Dataset>(adopted.id) == lines{"insert", "update"});
}

TEST_CASE_METHOD(conflicts_stores, "an expected version that is still the current one lets the save through",
                 "[conflict]") {
  const auto saved = save(sales_dataset);
  const auto version = versions<Dataset>(saved.id)[0];
  auto session = by("ada");
  session.expect<Dataset>(saved.id, version.transaction());
  session.expect<Dataset>(saved.uuid, version.transaction());
  session.get<Dataset>(saved.id).sql = "select 2";
  const auto at = commit(session);
  session.expect<Dataset>(saved.id, at);
  session.get<Dataset>(saved.id).sql = "select 3";
  commit(session);
}

TEST_CASE_METHOD(conflicts_stores,
                 "an expected version that is no longer current is a final conflict with the fields that differ",
                 "[conflict]") {
  const auto saved = save(sales_dataset);
  const auto old = versions<Dataset>(saved.id)[0];
  Dataset theirs = saved;
  theirs.sql = "select 2";
  save(theirs, varve::actor{"bob"});
  const auto current = versions<Dataset>(saved.id)[1];
  auto session = by("ada");
  SECTION("known at once") {
    const auto conflict = conflict_of([&] { session.expect<Dataset>(saved.id, old.transaction()); });
    CHECK(conflict.is_final());
    CHECK(conflict.expected() == old.transaction());
    CHECK(conflict.found() == current.transaction());
    CHECK(conflict.fields() == lines{"sql"});
    CHECK_THAT(conflict.what(), Catch::Contains("\"bob\"") && Catch::Contains(to_string(old.uuid())));
  }
  SECTION("found at the save") {
    session.expect<Dataset>(saved.id, current.transaction());
    session.get<Dataset>(saved.id).table_name = "mine";
    theirs.sql = "select 3";
    save(theirs, varve::actor{"bob"});
    const auto conflict = conflict_of([&] { session.commit(); });
    CHECK(conflict.is_final());
    CHECK(conflict.expected() == current.transaction());
    CHECK(conflict.fields() == lines{"sql"});
  }
  SECTION("a version that never was") {
    const auto conflict = conflict_of([&] { session.expect<Dataset>(saved.id, {4711}); });
    CHECK(conflict.found() == current.transaction());
  }
}

TEST_CASE_METHOD(conflicts_stores, "after a refusal by the store the session is rolled back and can go on",
                 "[conflict]") {
  save(Dataset{.table_name = "a", .slug = "taken"});
  auto session = by("bob");
  auto& note = session.add(Note{.text = "first"});
  session.flush();
  session.add(Dataset{.table_name = "b", .slug = "taken"});
  try {
    session.commit();
    FAIL("two datasets have one slug");
  } catch (const varve::error& refused) {
    CHECK(refused.kind() == varve::error_kind::input);
    CHECK_THAT(refused.what(), Catch::Contains("slug"));
    CHECK_THAT(refused.what(), !Catch::Contains("taken"));
  }
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("rollback()"));
  CHECK(transactions() == 1);
  session.rollback();
  CHECK(note.id == 0);
  session.add(Note{.text = "second"});
  commit(session);
  CHECK(transactions() == 2);
}

TEST_CASE_METHOD(conflicts_stores, "PJ-36 a second library instance on one database continues the same history",
                 "[conflict]") {
  auto again = opened_again();
  const auto saved = save(sales_dataset);
  varve::session session{again, varve::actor{"second"}};
  session.clock([] { return start + 24h; });
  session.get<Dataset>(saved.uuid).sql = "select 2";
  const auto at = commit(session);
  CHECK(versions<Dataset>(saved.uuid).back().transaction() == at);
  CHECK(versions<Dataset>(saved.uuid).size() == 2);
  const auto last = save(Note{.text = "by the first"});
  CHECK(versions<Note>(last.id)[0].transaction() > at);
}

TEST_CASE_METHOD(conflicts_stores, "an expectation is checked against the store, and held to by whatever is saved",
                 "[conflict]") {
  const auto saved = save(sales_dataset);
  const auto other = save(Note{.text = "a"});
  const auto old = versions<Dataset>(saved.id).at(0).transaction();
  auto session = by("ada");
  session.get<Dataset>(saved.id);
  const auto overtake = [&] {
    auto theirs = by("bob");
    theirs.get<Dataset>(saved.id).sql = "theirs";
    commit(theirs);
  };
  SECTION("before it is asked") {
    overtake();
    CHECK_THROWS_AS(session.expect<Dataset>(saved.id, old), varve::conflict_error);
  }
  SECTION("after it was asked, though only something else is saved") {
    session.expect<Dataset>(saved.id, old);
    overtake();
    session.get<Note>(other.id).text = "b";
    CHECK_THROWS_AS(session.commit(), varve::conflict_error);
  }
  session.rollback();
  CHECK(live<Note>(other.id).text == "a");
}
