#include "varve/history/version_search.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/history/activity.hpp"

using namespace test;

namespace {

using version_search_stores = on_every_store<Dataset, Chart, Note, Cell, Country>;

lines told(const std::vector<varve::version>& versions) {
  lines found;
  for (const auto& version : versions)
    found.push_back(std::string{version.info().kind} + " " + version.id().entity.text() + " at " +
                    std::to_string(version.transaction().value) + " #" + std::to_string(version.number()));
  return found;
}

}  // namespace

TEST_CASE_METHOD(version_search_stores, "versions are found by what a field held, of one entity and of a kind",
                 "[reading]") {
  auto session = by("ada");
  auto& sales = session.add(Dataset{.table_name = "sales", .sql = "one", .metrics = {{.metric_name = "m"}}});
  auto& costs = session.add(Dataset{.table_name = "costs"});
  commit(session);  // 1
  sales.sql = "two";
  costs.sql = "one";
  commit(session);  // 2
  sales.metrics[0].expression = "sum";
  commit(session);  // 3
  sales.sql = "one";
  commit(session);  // 4
  const auto gone = costs.uuid;
  session.erase<Dataset>(costs.id);
  commit(session);  // 5

  const varve::history<Dataset> history{store};
  CHECK(told(history.where<&Dataset::sql>("one").page(9)) ==
        lines{"dataset 1 at 1 #0", "dataset 1 at 4 #3", "dataset 2 at 2 #1"});
  CHECK(told(history.where<&Dataset::sql>("two").page(9)) == lines{"dataset 1 at 2 #1", "dataset 1 at 3 #2"});
  CHECK(told(history.where<&Dataset::sql>(std::nullopt).page(9)) == lines{"dataset 2 at 1 #0"});
  CHECK(told(history.where<&Dataset::sql>("").page(9)).empty());
  CHECK(told(history.where<&Dataset::sql>("one").of<Dataset>(sales.uuid).page(9)) ==
        lines{"dataset 1 at 1 #0", "dataset 1 at 4 #3"});
  CHECK(told(history.where<&Dataset::sql>("one").of<Dataset>(std::int64_t{2}).page(9)) == lines{"dataset 2 at 2 #1"});
  CHECK(told(history.where<&Dataset::sql>("one").where<&Dataset::table_name>("costs").page(9)) ==
        lines{"dataset 2 at 2 #1"});
  const varve::version_search all{store};
  CHECK(told(all.where_any<&Dataset::sql>({"two", std::nullopt}).page(9)) ==
        lines{"dataset 1 at 2 #1", "dataset 1 at 3 #2", "dataset 2 at 1 #0"});
  CHECK(told(all.where_any<&Dataset::sql>({}).page(9)).empty());
  CHECK(told(all.where<&Dataset::id>(2).with_deletions().page(9)) ==
        lines{"dataset 2 at 1 #0", "dataset 2 at 2 #1", "dataset 2 at 5 #2"});
  CHECK(told(all.of<Dataset>(gone).page(9)) == lines{"dataset 2 at 1 #0", "dataset 2 at 2 #1"});
  CHECK(told(all.of<Dataset>(gone).where<&Dataset::sql>("one").with_deletions().page(9)) ==
        lines{"dataset 2 at 2 #1", "dataset 2 at 5 #2"});

  const auto found = history.where<&Dataset::sql>("one").of<Dataset>(sales.uuid).page(9);
  REQUIRE(found.size() == 2);
  CHECK(lines_of(found[1].changes()) == lines{R"(field edit ["sql"] "two" -> "one")"});
  CHECK(found[0].uuid() == versions<Dataset>(sales.uuid)[0].uuid());
  CHECK(history.state(found[1]).metrics.at(0).expression == "sum");
}

TEST_CASE_METHOD(version_search_stores, "versions are found by a range that a field was in", "[reading]") {
  auto session = by("ada");
  auto& sales = session.add(Dataset{.table_name = "sales"});
  commit(session);                          // 1
  for (const int timeout : {-60, 0, 60}) {  // 2, 3, 4
    sales.cache_timeout = timeout;
    commit(session);
  }
  const varve::version_search all{store};
  const auto between = [&](std::optional<int> first, std::optional<int> last) {
    return told(all.where_between<&Dataset::cache_timeout>(first, last).page(9));
  };
  CHECK(between(-60, 0) == lines{"dataset 1 at 2 #1", "dataset 1 at 3 #2"});
  CHECK(between(1, std::nullopt) == lines{"dataset 1 at 4 #3"});
  CHECK(between(std::nullopt, -1) == lines{"dataset 1 at 2 #1"});
  CHECK(between(std::nullopt, std::nullopt).size() == 3);
  CHECK(between(61, 99).empty());
  CHECK(told(all.where_between<&Dataset::table_name>("s", "t").where<&Dataset::cache_timeout>(0).page(9)) ==
        lines{"dataset 1 at 3 #2"});
  CHECK(all.where_between<&Dataset::changed_on>(start + 2min, start + 3min).page(9).size() == 2);
  CHECK_THROWS_AS(all.where_between<&Dataset::uuid>({}, {}), varve::input_error);
  CHECK_THROWS_AS(all.where_between<&Dataset::metrics>({}, {}), varve::input_error);
}

TEST_CASE_METHOD(version_search_stores,
                 "PJ-15 a question asked by entity, by kind and over everything gives the same versions", "[reading]") {
  auto ada = by("ada");
  auto bob = by("bob");
  auto& note = ada.add(Note{.text = "a"});
  commit(ada);  // 1
  auto& sales = bob.add(Dataset{.table_name = "sales"});
  commit(bob);  // 2
  note.text = "b";
  commit(ada);  // 3
  bob.get<Note>(note.id).text = "c";
  sales.table_name = "sales 2";
  commit(bob);  // 4

  const varve::version_search all{store};
  const auto only_notes = [](std::vector<varve::version> versions) {
    std::erase_if(versions, [](const varve::version& version) { return version.info().kind != "memo"; });
    return told(versions);
  };
  const auto same_of_notes = [&](auto narrow, const lines& wanted) {
    CHECK(told(narrow(all.of<Note>(note.id)).page(99)) == wanted);
    CHECK(told(narrow(all.of<Note>()).page(99)) == wanted);
    CHECK(only_notes(narrow(all).page(99)) == wanted);
  };
  const auto issued = [&](std::int64_t id) { return varve::find_transaction(store, {id})->issued_at; };
  same_of_notes([](const auto& list) { return list; }, {"memo 1 at 1 #0", "memo 1 at 3 #1", "memo 1 at 4 #2"});
  same_of_notes([](const auto& list) { return list.by("ada"); }, {"memo 1 at 1 #0", "memo 1 at 3 #1"});
  same_of_notes([](const auto& list) { return list.by("bob"); }, {"memo 1 at 4 #2"});
  same_of_notes([](const auto& list) { return list.action(""); },
                {"memo 1 at 1 #0", "memo 1 at 3 #1", "memo 1 at 4 #2"});
  same_of_notes([](const auto& list) { return list.action("restore"); }, {});
  same_of_notes([](const auto& list) { return list.at({4}); }, {"memo 1 at 4 #2"});
  same_of_notes([&](const auto& list) { return list.since(issued(3)).until(issued(4)); }, {"memo 1 at 3 #1"});
  same_of_notes([](const auto& list) { return list.template where<&Note::text>("b"); }, {"memo 1 at 3 #1"});
  CHECK(told(all.by("bob").page(99)) == lines{"dataset 1 at 2 #0", "dataset 1 at 4 #1", "memo 1 at 4 #2"});
  CHECK(told(all.at({4}).page(99)) == lines{"dataset 1 at 4 #1", "memo 1 at 4 #2"});

  bob.attributed()->action_kind = "import";
  bob.get<Note>(note.id).text = "d";
  commit(bob);  // 5
  same_of_notes([](const auto& list) { return list.action("import"); }, {"memo 1 at 5 #3"});
  same_of_notes([](const auto& list) { return list.action("import").by("ada"); }, {});
}

TEST_CASE_METHOD(version_search_stores, "found versions are read page by page, over entities and kinds", "[reading]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  auto& other = session.add(Note{.text = "0"});
  auto& cell = session.add(Cell{.row = 1, .col = "b", .content = "0"});
  session.add(Cell{.row = 1, .col = "a", .content = "0"});
  session.add(Country{.code = "se", .name = "Sweden"});
  commit(session);
  for (int i = 1; i <= 3; ++i) {
    note.text = other.text = cell.content = std::to_string(i);
    commit(session);
  }
  const varve::version_search all{store};
  const auto whole = told(all.page(100));
  CHECK(whole.size() == 4 + 4 + 4 + 1 + 1);
  CHECK(std::is_sorted(whole.begin(), whole.end()));  // "cell" < "country" < "memo"
  for (const std::size_t size : {1U, 2U, 3U, 5U, 14U, 15U}) {
    lines seen;
    auto rest = all;
    for (auto page = rest.page(size); !page.empty(); page = rest.page(size)) {
      CHECK(page.size() <= size);
      for (auto& line : told(page)) seen.push_back(std::move(line));
      rest = rest.behind(page.back());
    }
    CHECK(seen == whole);
  }
  CHECK(all.page(0).empty());
  CHECK(told(all.of<Cell>(std::int64_t{1}, "a").page(9)) == lines{R"(cell [1,"a"] at 1 #0)"});
  const auto of_cell = all.of<Cell>(std::int64_t{1}, "b").page(2);
  REQUIRE(of_cell.size() == 2);
  CHECK(lines_of(of_cell[1].changes()) == lines{R"(field edit ["content"] "0" -> "1")"});
  CHECK(told(all.of<Cell>(std::int64_t{1}, "b").behind(of_cell[1]).page(9)).size() == 2);
  CHECK(told(all.where<&Country::code>("se").page(9)) == lines{"country se at 1 #0"});
}

TEST_CASE_METHOD(version_search_stores, "a key that another uuid took over is another entity's in a search too",
                 "[reading]") {
  auto session = by("ada");
  const auto first = session.add(Dataset{.id = 7, .table_name = "x"});
  commit(session);  // 1
  session.erase<Dataset>(std::int64_t{7});
  commit(session);  // 2
  auto next = by("ada");
  const auto old = versions<Dataset>(std::int64_t{7}).at(0);
  next.add(Dataset{.id = 7, .table_name = "x"});
  commit(next);  // 3
  const auto old_id = varve::history<Dataset>{store}.state(old).uuid;
  const varve::version_search all{store};
  CHECK(told(all.of<Dataset>(old_id).page(9)) == lines{"dataset 7 at 1 #0"});
  CHECK(told(all.of<Dataset>(live<Dataset>(std::int64_t{7}).uuid).page(9)) == lines{"dataset 7 at 3 #0"});
  CHECK(told(all.of<Dataset>(std::int64_t{7}).page(9)) == lines{"dataset 7 at 3 #0"});
  CHECK(told(all.of<Dataset>(varve::random_uuid()).page(9)).empty());
  CHECK(told(all.of<Dataset>(std::int64_t{99}).page(9)).empty());
}

TEST_CASE_METHOD(version_search_stores, "values of every sort are looked for as they are stored", "[reading]") {
  auto session = by("ada");
  auto& chart = session.add(Chart{.slice_name = "it's 100% _\"\n", .color = Color::red, .frame = Frame{.width = 2}});
  commit(session);  // 1
  chart.color = Color::blue;
  chart.params["a"] = 1;
  chart.frame->caption = "c";
  commit(session);  // 2
  chart.frame.reset();
  commit(session);  // 3
  const varve::history<Chart> history{store};
  CHECK(told(history.where<&Chart::slice_name>("it's 100% _\"\n").page(9)).size() == 3);
  CHECK(told(history.where<&Chart::slice_name>("it's 100% _\"").page(9)).empty());
  CHECK(told(history.where<&Chart::color>(Color::red).page(9)) == lines{"chart 1 at 1 #0"});
  CHECK(told(history.where<&Chart::params>({{"a", 1}}).page(9)).size() == 2);
  CHECK(told(history.where<&Chart::uuid>(chart.uuid).page(9)).size() == 3);
  CHECK(told(history.where<&Chart::dataset_id>(std::nullopt).page(9)).size() == 3);
  // An embedded struct by all of its fields, or by none.
  CHECK(told(history.where<&Chart::frame>(Frame{.width = 2}).page(9)) == lines{"chart 1 at 1 #0"});
  CHECK(told(history.where<&Chart::frame>(Frame{.width = 2, .caption = "c"}).page(9)) == lines{"chart 1 at 2 #1"});
  CHECK(told(history.where<&Chart::frame>(std::nullopt).page(9)) == lines{"chart 1 at 3 #2"});
}

TEST_CASE_METHOD(version_search_stores, "what no version holds cannot be looked for", "[reading]") {
  const varve::version_search all{store};
  CHECK_THROWS_AS(all.where<&Dataset::hits>(1), varve::input_error);
  CHECK_THROWS_AS(all.where<&Dataset::owners>({}), varve::input_error);
  CHECK_THROWS_AS(all.where<&Dataset::metrics>({}), varve::input_error);
  CHECK_THROWS_AS(all.where<&Note::text>("\xff"), varve::input_error);
  CHECK_THROWS_WITH(all.where<&Note::text>("a").where<&Dataset::sql>("b"),
                    Catch::Contains("kind memo") && Catch::Contains("kind dataset"));
  CHECK_THROWS_AS(all.of<Note>().of<Dataset>(), varve::input_error);
}

TEST_CASE_METHOD(version_search_stores, "many values are looked for at once, and too many are refused", "[reading]") {
  auto session = by("ada");
  session.add(Note{.text = "7"});
  commit(session);
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) texts.push_back(std::to_string(i));
  const varve::version_search all{store};
  CHECK(all.where_any<&Note::text>(texts).page(9).size() == 1);
  texts.resize(10'001);
  CHECK_THROWS_WITH(all.where_any<&Note::text>(texts), Catch::Contains("10,000 at most"));
}

TEST_CASE_METHOD(version_search_stores, "ranges to the ends of numbers and times are whole", "[reading]") {
  const auto saved = save(Note{.text = "a"});
  const varve::transaction_id first{INT64_MIN}, last{INT64_MAX};
  const varve::activity activity{store};
  auto session = by("ada");
  session.get<Note>(saved.id).text = "b";
  commit(session);
  CHECK(varve::history<Note>{store}.versions(saved.id).between(first, last).page(9).size() == 2);
  CHECK(activity.between(first, last).page(9).size() == 1);
  CHECK(activity.between(first, last).newest_first().page(9).size() == 1);
  CHECK(activity.until(varve::time_point::max()).page(9).size() == 1);
  CHECK(activity.since(varve::time_point::min()).page(9).size() == 1);
  CHECK_THROWS_AS(activity.with_meta("k", std::numeric_limits<double>::quiet_NaN()), varve::input_error);
}
