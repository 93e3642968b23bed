#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using links_stores = on_every_store<Dataset, Chart, Dashboard, Category, Profile, Setting, Cell, Note>;
using counts = std::map<std::string, std::size_t>;

std::vector<std::int64_t> keys(const std::vector<varve::link<Chart>>& links) {
  std::vector<std::int64_t> found;
  for (const auto& link : links) found.push_back(link.key);
  return found;
}
using ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE_METHOD(links_stores, "M2M-01 M2M-02 M2M-04 M2M-05 an entity's version has the links that were saved",
                 "[links]") {
  const auto one = save(Chart{.slice_name = "one"});
  const auto two = save(Chart{.slice_name = "two"});
  const auto count = GENERATE(0, 1, 2);
  Dashboard board{.title = "t"};
  if (count > 0) board.slices.push_back({.key = one.id});
  if (count > 1) board.slices.push_back({.uuid = two.uuid});
  const auto saved = save(board);
  const varve::history<Dashboard> history{store};
  const auto then = history.state(history.versions(saved.uuid).all().at(0));
  REQUIRE(then.slices.size() == static_cast<std::size_t>(count));
  // Either name was enough; both are filled in.
  if (count > 0) CHECK((then.slices[0].key == one.id && then.slices[0].uuid == one.uuid));
  if (count > 1) CHECK((then.slices[1].key == two.id && then.slices[1].uuid == two.uuid));
  if (count > 1) CHECK((saved.slices[1].key == two.id && saved.slices[0].uuid == one.uuid));
  // The charts themselves have no version of it.
  CHECK(versions<Chart>(one.id).size() == 1);
}

TEST_CASE_METHOD(links_stores, "M2M-06 PE-24 a link added, removed, added and removed is seen so at each version",
                 "[links]") {
  const auto chart = save(Chart{.slice_name = "one"});
  auto session = by("ada");
  auto& board = session.add(Dashboard{.title = "t"});
  commit(session);
  for (int round = 0; round < 2; ++round) {
    board.slices = {{.key = chart.id}};
    commit(session);
    board.slices.clear();
    board.title += "!";
    commit(session);
  }
  const varve::history<Dashboard> history{store};
  std::vector<ids> seen;
  for (const auto& version : history.versions(board.id)) seen.push_back(keys(history.state(version).slices));
  CHECK(seen == std::vector<ids>{{}, {chart.id}, {}, {chart.id}, {}});
  const auto uuid = to_string(chart.uuid);
  const auto found = records<Dashboard>(board.id);
  CHECK(found[1] == lines{"chart add [\"slices\",\"" + uuid + "\"] null -> \"" + uuid + "\""});
  CHECK(found[2] == lines{R"(field edit ["title"] "t" -> "t!")",
                          "chart remove [\"slices\",\"" + uuid + "\"] \"" + uuid + "\" -> null"});
}

TEST_CASE_METHOD(links_stores, "M2M-09 links of two entities are their own", "[links]") {
  const auto one = save(Chart{.slice_name = "one"});
  const auto two = save(Chart{.slice_name = "two"});
  auto session = by("ada");
  auto& a = session.add(Dashboard{.title = "a", .slices = {{.key = one.id}}});
  auto& b = session.add(Dashboard{.title = "b", .slices = {{.key = two.id}}});
  commit(session);
  a.slices.clear();
  commit(session);
  const varve::history<Dashboard> history{store};
  CHECK(keys(history.state(versions<Dashboard>(a.id)[0]).slices) == ids{one.id});
  CHECK(keys(history.state(versions<Dashboard>(a.id)[1]).slices).empty());
  CHECK(versions<Dashboard>(b.id).size() == 1);
  CHECK(keys(live<Dashboard>(b.id).slices) == ids{two.id});
}

TEST_CASE_METHOD(links_stores, "M2M-08 deleting a linked entity removes the links, and each owner gets its version",
                 "[links]") {
  const auto one = save(Chart{.slice_name = "one"});
  const auto two = save(Chart{.slice_name = "two"});
  const auto a = save(Dashboard{.title = "a", .slices = {{.key = one.id}, {.key = two.id}}});
  const auto b = save(
      Dashboard{.title = "b", .slices = {{.key = one.id}}, .places = {{.chart = {.key = one.id}, .role = "main"}}});
  const auto c = save(Dashboard{.title = "c", .slices = {{.key = two.id}}});
  const auto cell = save(Cell{.row = 1, .col = "A", .charts = {{.key = one.id}}});

  auto session = by("bob");
  SECTION("with no owner loaded") {}
  SECTION("with an owner loaded and changed") { session.get<Dashboard>(a.id).title = "changed"; }
  SECTION("with an owner whose link is not saved yet") {
    session.get<Dashboard>(c.id).slices.push_back({.key = one.id});
    session.get<Dashboard>(c.id).title = "changed";
  }
  session.erase<Chart>(one.id);
  const auto at = commit(session);

  CHECK_FALSE(lives<Chart>(one.id));
  CHECK(operations<Chart>(one.uuid) == lines{"insert", "delete"});
  CHECK(keys(live<Dashboard>(a.id).slices) == ids{two.id});
  CHECK(live<Dashboard>(b.id).slices.empty());
  CHECK(live<Dashboard>(b.id).places.empty());
  CHECK(live<Cell>(1, "A").charts.empty());
  CHECK(keys(live<Dashboard>(c.id).slices) == ids{two.id});
  for (const auto id : {a.id, b.id}) {
    const auto list = versions<Dashboard>(id);
    REQUIRE(list.size() == 2);
    CHECK(list[1].transaction() == at);
    CHECK(list[1].actor() == "bob");
  }
  CHECK(records<Dashboard>(b.id)[1].size() == 2);
  CHECK(versions<Cell>(1, "A").size() == 2);
  // The old versions still name it.
  const varve::history<Dashboard> history{store};
  const auto then = history.state(versions<Dashboard>(a.id)[0]);
  REQUIRE(then.slices.size() == 2);
  CHECK(then.slices[0].uuid == one.uuid);
}

TEST_CASE_METHOD(links_stores, "PE-26 a link's payload is versioned, changing it alone is an edit of the link",
                 "[links]") {
  const auto chart = save(Chart{.slice_name = "one"});
  auto session = by("ada");
  auto& board =
      session.add(Dashboard{.title = "t", .places = {{.chart = {.key = chart.id}, .role = "main", .width = 4}}});
  commit(session);
  board.places[0].width = 6;
  const auto at = commit(session);
  CHECK(written_at(at) == counts{{"dashboard_places_version", 1}, {"dashboards_version", 1}});
  const auto found = records<Dashboard>(board.id)[1];
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::StartsWith("placement edit [\"places\",\"" + to_string(chart.uuid) + "\"]"));
  CHECK_THAT(found[0],
             Catch::Contains(R"("width":4)") && Catch::Contains(R"("width":6)") && Catch::Contains(R"("role":"main")"));
  const varve::history<Dashboard> history{store};
  const auto list = history.versions(board.id).all();
  CHECK(history.state(list[0]).places.at(0).width == 4);
  CHECK(history.state(list[1]).places.at(0).width == 6);
  CHECK(history.state(list[1]).places[0].chart.uuid == chart.uuid);
  board.places = {{.chart = {.uuid = chart.uuid}, .role = "main", .width = 6}};  // named anew, the same
  commit_nothing(session);
  CHECK(versions<Dashboard>(board.id).size() == 2);
}

TEST_CASE_METHOD(links_stores, "M2M-12 PE-30 an entity may link to its own kind, and to itself", "[links]") {
  auto session = by("ada");
  auto& a = session.add(Category{.name = "a"});
  auto& b = session.add(Category{.name = "b"});
  commit(session);
  a.related = {{.key = b.id}, {.key = a.id}};
  b.related = {{.key = a.id}};
  commit(session);
  CHECK(live<Category>(a.id).related.size() == 2);
  CHECK(live<Category>(b.id).related.at(0).key == a.id);
  CHECK(varve::history<Category>{store}.state(versions<Category>(b.id)[1]).related.at(0).key == a.id);
  const auto id = a.id;
  session.erase<Category>(id);
  commit(session);
  CHECK(live<Category>(b.id).related.empty());
  CHECK(versions<Category>(b.id).size() == 3);
  CHECK(operations<Category>(id) == lines{"insert", "update", "delete"});
}

TEST_CASE_METHOD(links_stores, "entities that link to each other can be deleted together", "[links]") {
  auto session = by("ada");
  auto& a = session.add(Category{.name = "a"});
  auto& b = session.add(Category{.name = "b"});
  commit(session);
  a.related = {{.key = b.id}};
  b.related = {{.key = a.id}};
  commit(session);
  session.erase<Category>(a.id);
  session.erase<Category>(b.id);
  const auto at = commit(session);
  CHECK(versions<Category>(a.id).size() == 3);
  CHECK(written_at(at) == counts{{"category_related_version", 2}, {"category_version", 2}});
}

TEST_CASE_METHOD(links_stores, "O2M-10 PE-28 a tree is readable as of every point at every level", "[links]") {
  auto session = by("ada");
  auto& root = session.add(Category{.name = "root"});
  commit(session);
  auto& branch = session.add(Category{.name = "branch", .parent_id = root.id});
  const auto grown = commit(session);
  auto& leaf = session.add(Category{.name = "leaf", .parent_id = branch.id});
  commit(session);
  leaf.parent_id = root.id;
  const auto moved = commit(session);
  branch.name = "renamed";
  commit(session);

  const varve::history<Category> history{store};
  CHECK(history.as_of(branch.id, grown)->parent_id == root.id);
  CHECK_FALSE(history.as_of(leaf.id, grown).has_value());
  CHECK(history.as_of(leaf.id, varve::transaction_id{moved.value - 1})->parent_id == branch.id);
  CHECK(history.as_of(leaf.id, moved)->parent_id == root.id);
  CHECK(history.as_of(branch.id, moved)->name == "branch");
  CHECK(records<Category>(leaf.id)[1] ==
        lines{"field edit [\"parent_id\"] " + std::to_string(branch.id) + " -> " + std::to_string(root.id)});
}

TEST_CASE_METHOD(links_stores,
                 "O2O-01 O2O-03 O2O-04 O2M-08 PE-33 a to-one reference resolves to the version of its time",
                 "[links]") {
  auto session = by("ada");
  auto& first = session.add(Dataset{.table_name = "v1"});
  commit(session);
  auto& early = session.add(Chart{.slice_name = "early", .dataset_id = first.id});
  const auto early_at = commit(session);
  first.table_name = "v2";
  commit(session);
  auto& late = session.add(Chart{.slice_name = "late", .dataset_id = first.id});
  const auto late_at = commit(session);
  auto& second = session.add(Dataset{.table_name = "other"});
  commit(session);
  early.dataset_id = second.id;
  const auto replaced_at = commit(session);

  const varve::history<Chart> charts{store};
  const varve::history<Dataset> datasets{store};
  const auto target_of = [&](const Chart& chart, varve::transaction_id at) {
    return datasets.as_of(charts.as_of(chart.id, at)->dataset_id.value(), at)->table_name;
  };
  CHECK(target_of(early, early_at) == "v1");
  CHECK(target_of(late, late_at) == "v2");
  CHECK(target_of(early, late_at) == "v2");
  CHECK(target_of(early, replaced_at) == "other");
}

TEST_CASE_METHOD(links_stores,
                 "NVC-01 NVC-03 PE-31 PE-32 links to entities without versions read, and they have no past",
                 "[links]") {
  const auto theme = save(Setting{.name = "theme", .content = "dark"});
  auto session = by("ada");
  auto& profile = session.add(Profile{.name = "p", .settings = {{.key = theme.id}}});
  const auto at = commit(session);
  session.get<Setting>(theme.id).content = "light";
  commit_nothing(session);

  const auto then = varve::history<Profile>{store}.as_of(profile.id, at);
  REQUIRE(then);
  REQUIRE(then->settings.size() == 1);
  CHECK(then->settings[0].key == theme.id);
  CHECK(live<Setting>(then->settings[0].key).content == "light");  // its present state, which is all there is
  CHECK_FALSE(varve::history<Setting>{store}.as_of(theme.id, at).has_value());
  CHECK_FALSE(varve::history<Setting>::info().versioned);
  // Deleted, it goes from its owner, who gets a version.
  session.erase<Setting>(theme.id);
  commit(session);
  CHECK(live<Profile>(profile.id).settings.empty());
  CHECK(versions<Profile>(profile.id).size() == 2);
}

TEST_CASE_METHOD(links_stores, "PJ-29 a link compares by its target: other content is no change", "[links]") {
  const auto chart = save(Chart{.slice_name = "one"});
  const auto board = save(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  auto session = by("bob");
  session.get<Chart>(chart.id).slice_name = "renamed";
  session.get<Dashboard>(board.id).slices[0].key = 0;  // its uuid still says which
  commit(session);
  CHECK(versions<Dashboard>(board.id).size() == 1);
  CHECK(versions<Chart>(chart.id).size() == 2);
}

TEST_CASE_METHOD(links_stores, "a link to what does not live, or twice to one, is refused before anything is written",
                 "[links]") {
  const auto chart = save(Chart{.slice_name = "one"});
  const auto before = transactions();
  const auto refused = [&](const Dashboard& board, const std::string& word) {
    try {
      save(board);
      FAIL("it was saved");
    } catch (const varve::error& error) {
      CHECK(error.kind() == varve::error_kind::input);
      CHECK_THAT(error.what(), Catch::Contains("slices") && Catch::Contains("chart") && Catch::Contains(word));
    }
  };
  refused({.title = "t", .slices = {{.key = 99}}}, "99");
  refused({.title = "t", .slices = {{.uuid = varve::random_uuid()}}}, "does not live");
  refused({.title = "t", .slices = {{.key = chart.id, .uuid = varve::random_uuid()}}}, "names two");
  refused({.title = "t", .slices = {{}}}, "does not live");
  refused({.title = "t", .slices = {{.key = chart.id}, {.uuid = chart.uuid}}}, "twice");
  CHECK(transactions() == before);
  // The two collections are apart: one chart may be in both.
  save(Dashboard{.title = "t", .slices = {{.key = chart.id}}, .places = {{.chart = {.key = chart.id}}}});
}

TEST_CASE_METHOD(links_stores, "a to-one reference to what does not live is refused, and so is deleting its target",
                 "[links]") {
  CHECK_THROWS_AS(save(Chart{.slice_name = "c", .dataset_id = 12}), varve::error);
  const auto dataset = save(Dataset{.table_name = "d"});
  const auto chart = save(Chart{.slice_name = "c", .dataset_id = dataset.id});
  auto session = by("bob");
  session.erase<Dataset>(dataset.id);
  try {
    session.commit();
    FAIL("the target of a reference was deleted");
  } catch (const varve::error& error) {
    CHECK(error.kind() == varve::error_kind::input);
  }
  session.rollback();
  CHECK(lives<Dataset>(dataset.id));
  CHECK(versions<Dataset>(dataset.id).size() == 1);
  // Both at once, or the reference cleared first, is well.
  session.get<Chart>(chart.id).dataset_id.reset();
  session.erase<Dataset>(dataset.id);
  commit(session);
  const auto again = save(Dataset{.table_name = "d"});
  const auto other = save(Chart{.slice_name = "e", .dataset_id = again.id});
  session.erase<Dataset>(again.id);
  session.erase<Chart>(other.id);
  commit(session);
  CHECK_FALSE(lives<Dataset>(again.id));
}

TEST_CASE_METHOD(links_stores, "an entity can be linked in the transaction that inserts it, once it has been flushed",
                 "[links]") {
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "new"});
  session.flush();
  auto& board = session.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  const auto at = commit(session);
  CHECK(versions<Chart>(chart.id).size() == 1);  // no baseline of what this save inserts
  CHECK(versions<Chart>(chart.id)[0].transaction() == at);
  CHECK(versions<Dashboard>(board.id)[0].transaction() == at);
}

TEST_CASE_METHOD(links_stores, "what is added can be linked in the same save, in either order", "[links]") {
  auto session = by("ada");
  const varve::uuid named = varve::random_uuid();
  SECTION("by a uuid of the application's") {
    auto& board = session.add(Dashboard{.title = "t", .slices = {{.uuid = named}}});
    auto& chart = session.add(Chart{.uuid = named, .slice_name = "new"});
    session.add(Dashboard{.title = "u", .slices = {{.uuid = named}}});
    const auto at = commit(session);
    CHECK(keys(board.slices) == ids{chart.id});
    CHECK(keys(live<Dashboard>(board.id).slices) == ids{chart.id});
    CHECK(versions<Chart>(chart.id).at(0).transaction() == at);
    CHECK(versions<Dashboard>(board.id).size() == 1);
    CHECK(transactions() == 1);
  }
  SECTION("by a key that the application chose, from an entity that lives") {
    const auto board = save(Dashboard{.title = "t"});
    session.get<Dashboard>(board.id).slices = {{.key = 70}};
    session.add(Chart{.id = 70, .uuid = named, .slice_name = "new"});
    commit(session);
    const auto there = live<Dashboard>(board.id);
    REQUIRE(keys(there.slices) == ids{70});
    CHECK(there.slices[0].uuid == named);
    CHECK(records<Dashboard>(board.id)[1].size() == 1);
  }
  SECTION("each other, by keys that the application chose") {
    session.add(Category{.id = 1, .name = "a", .related = {{.key = 2}}});
    session.add(Category{.id = 2, .name = "b", .related = {{.key = 1}}});
    commit(session);
    CHECK(live<Category>(1).related.at(0).key == 2);
    CHECK(live<Category>(2).related.at(0).key == 1);
  }
  SECTION("a rollback takes the keys out again") {
    auto& board = session.add(Dashboard{.title = "t", .slices = {{.uuid = named}}});
    auto& chart = session.add(Chart{.uuid = named, .slice_name = "new"});
    session.flush();
    CHECK(chart.id != 0);
    session.rollback();
    CHECK(chart.id == 0);
    CHECK(board.id == 0);
    CHECK(transactions() == 0);
  }
  SECTION("but not when it is taken away again before") {
    session.add(Dashboard{.title = "t", .slices = {{.key = 70}}});
    session.add(Chart{.id = 70, .uuid = named, .slice_name = "new"});
    session.erase<Chart>(70);
    CHECK(commit(session).value > 0);
    CHECK(live<Dashboard>(1).slices.empty());
  }
}

TEST_CASE_METHOD(links_stores, "a save that is refused after its first part was written leaves nothing", "[links]") {
  auto session = by("ada");
  const auto named = varve::random_uuid();
  auto& dataset = session.add(Dataset{.table_name = "d"});
  commit(session);
  auto& chart = session.add(Chart{.uuid = named, .slice_name = "new"});
  auto& board = session.add(Dashboard{.title = "t", .slices = {{.uuid = named}}});
  SECTION("by what can be told before anything is written") {
    dataset.metrics = {{.metric_name = "m"}, {.metric_name = "m"}};
    CHECK_THROWS_AS(session.commit(), varve::input_error);
    dataset.metrics.clear();
    commit(session);
    CHECK(live<Chart>(named).slice_name == "new");
    CHECK(keys(live<Dashboard>(board.id).slices) == ids{chart.id});
  }
  SECTION("by a link to what does not live") {
    board.places = {{.chart = {.key = 77}, .role = "r"}};
    CHECK_THROWS_AS(session.commit(), varve::input_error);
    CHECK_THROWS_AS(session.commit(), varve::error);  // a part of it was written, and rolled back
    session.rollback();
    CHECK(chart.id == 0);
    CHECK(transactions() == 1);
    CHECK_FALSE(lives<Chart>(named));
  }
}

TEST_CASE_METHOD(links_stores, "deleting what somebody linked meanwhile is a conflict over the owner",
                 "[links][conflict]") {
  const auto chart = save(Chart{.slice_name = "one"});
  const auto board = save(Dashboard{.title = "t"});
  auto session = by("ada");
  session.get<Dashboard>(board.id);
  auto theirs = by("bob");
  theirs.get<Dashboard>(board.id).slices = {{.key = chart.id}};
  commit(theirs);
  session.erase<Chart>(chart.id);
  CHECK_THROWS_AS(session.commit(), varve::conflict_error);
  session.rollback();
  session.erase<Chart>(chart.id);
  commit(session);
  CHECK(live<Dashboard>(board.id).slices.empty());
}

TEST_CASE_METHOD(links_stores, "a link that was taken away and put back by its key is told by its target's uuid",
                 "[links]") {
  const auto chart = save(Chart{.slice_name = "one"});
  auto session = by("ada");
  auto& board = session.add(Dashboard{.title = "t"});
  commit(session);
  board.slices = {{.key = chart.id}};
  session.flush();
  board.slices = {{.key = chart.id}};  // the same, without the uuid that the flush filled in
  SECTION("and nothing else") {}
  SECTION("beside another change") { board.title = "u"; }
  commit(session);
  CHECK(board.slices.at(0).uuid == chart.uuid);
  const auto told = records<Dashboard>(board.id).at(1);
  const auto uuid = to_string(chart.uuid);
  CHECK(told.back() == "chart add [\"slices\",\"" + uuid + "\"] null -> \"" + uuid + "\"");
}

TEST_CASE_METHOD(links_stores, "EXC-05 what is linked is versioned, what is excluded beside it is not", "[links]") {
  const auto chart = save(Chart{.slice_name = "one"});
  auto session = by("ada");
  auto& dataset = session.add(Dataset{.table_name = "d", .owners = {chart.id}});
  commit(session);
  dataset.owners.clear();
  commit_nothing(session);
  dataset.table_name = "e";
  commit(session);
  CHECK(versions<Dataset>(dataset.id).size() == 2);
}
