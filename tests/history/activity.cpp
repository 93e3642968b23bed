#include "varve/history/activity.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using activity_stores = on_every_store<Dataset, Note, Recipe>;

lines told(const std::vector<varve::activity_entry>& entries) {
  lines found;
  for (const auto& entry : entries)
    found.push_back(entry.transaction.actor.value_or("?") + ": " + entry.entity_kind + " " + entry.entity.text() + " " +
                    line_of(entry.change));
  return found;
}

}  // namespace

TEST_CASE_METHOD(activity_stores, "PJ-09 activity is narrowed by kind, actor, operation, place, time and transaction",
                 "[reading]") {
  auto ada = by("ada");
  auto bob = by("bob");
  auto& sales = ada.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "revenue"}, {.metric_name = "re"}}});
  const auto created = commit(ada);
  auto& note = bob.add(Note{.text = "a"});
  commit(bob);
  sales.sql = "select 1";
  sales.metrics[0].expression = "sum";
  const auto first = commit(ada);
  note.text = "b";
  const auto second = commit(bob);
  sales.sql = "select 2";
  sales.metrics[1].expression = "avg";
  const auto third = commit(ada);
  const std::string metric = "ada: dataset 1 metric edit ";
  const std::string revenue = metric +
                              R"(["metrics","revenue"] {"expression":"","metric_name":"revenue","warning":null} -> )"
                              R"({"expression":"sum","metric_name":"revenue","warning":null})";
  const std::string re = metric + R"(["metrics","re"] {"expression":"","metric_name":"re","warning":null} -> )"
                                  R"({"expression":"avg","metric_name":"re","warning":null})";
  const std::string sql_1 = R"(ada: dataset 1 field add ["sql"] null -> "select 1")";
  const std::string sql_2 = R"(ada: dataset 1 field edit ["sql"] "select 1" -> "select 2")";
  const std::string text = R"(bob: memo 1 field edit ["text"] "a" -> "b")";

  const varve::activity all{store};
  CHECK(told(all.page(100)) == lines{sql_1, revenue, text, sql_2, re});
  CHECK(told(all.newest_first().page(100)) == lines{re, sql_2, text, revenue, sql_1});
  CHECK(told(all.of<Note>().page(100)) == lines{text});
  CHECK(told(all.of("recipe").page(100)).empty());
  CHECK(told(all.of_records("metric").page(100)) == lines{revenue, re});
  CHECK(told(all.of_operation(varve::operation::add).page(100)) == lines{sql_1});
  CHECK(told(all.by("bob").page(100)) == lines{text});
  CHECK(told(all.by("b").page(100)).empty());
  CHECK(told(all.by("").page(100)).empty());
  CHECK(told(all.action("").page(100)).size() == 5);
  CHECK(told(all.action("restore").page(100)).empty());
  CHECK(told(all.within("metrics").page(100)) == lines{revenue, re});
  CHECK(told(all.within("metrics", "re").page(100)) == lines{re});
  CHECK(told(all.within("sql").newest_first().page(1)) == lines{sql_2});
  CHECK(told(all.within("s").page(100)).empty());
  CHECK(told(all.at(second).page(100)) == lines{text});
  CHECK(told(all.between(created, first).page(100)) == lines{sql_1, revenue});
  CHECK(told(all.at({third.value + 1}).page(100)).empty());
  CHECK(told(all.by("ada").of_records("field").newest_first().page(100)) == lines{sql_2, sql_1});

  const auto issued = [&](varve::transaction_id id) { return varve::find_transaction(store, id)->issued_at; };
  CHECK(told(all.since(issued(second)).page(100)) == lines{text, sql_2, re});
  CHECK(told(all.since(issued(second) + 1us).page(100)) == lines{sql_2, re});
  CHECK(told(all.until(issued(second)).page(100)) == lines{sql_1, revenue});
  CHECK(told(all.until(issued(created)).page(100)).empty());
  CHECK(told(all.since(issued(third) + 1us).page(100)).empty());
  CHECK(told(all.since(issued(first)).until(issued(third)).newest_first().page(100)) == lines{text, revenue, sql_1});

  ada.attributed()->action_kind = "import";
  sales.sql = "select 3";
  commit(ada);
  CHECK(told(all.action("import").page(100)) == lines{R"(ada: dataset 1 field edit ["sql"] "select 2" -> "select 3")"});
  CHECK(told(all.action("import").by("bob").page(100)).empty());
  CHECK(told(all.action("").page(100)).size() == 5);
}

TEST_CASE_METHOD(activity_stores, "activity is read page by page, whichever way", "[reading]") {
  auto session = by("ada");
  auto& sales = session.add(Dataset{.table_name = "sales"});
  auto& note = session.add(Note{.text = "0"});
  commit(session);
  for (int i = 1; i <= 7; ++i) {
    sales.table_name = "sales " + std::to_string(i);
    sales.sql = "select " + std::to_string(i);
    note.text = std::to_string(i);
    commit(session);
  }
  for (const bool newest_first : {false, true}) {
    const auto list = newest_first ? varve::activity{store}.newest_first() : varve::activity{store};
    const auto all = told(list.page(100));
    REQUIRE(all.size() == 21);
    for (const std::size_t size : {1U, 2U, 5U, 20U, 21U}) {
      lines seen;
      auto rest = list;
      for (auto page = rest.page(size); !page.empty(); page = rest.page(size)) {
        CHECK(page.size() <= size);
        for (auto& line : told(page)) seen.push_back(std::move(line));
        rest = rest.behind(page.back().place);
      }
      CHECK(seen == all);
    }
    CHECK(list.page(0).empty());
  }
}

TEST_CASE_METHOD(activity_stores, "what a path or a name says is taken literally", "[reading]") {
  auto session = by("O'Brien %_\" ü\n");
  auto& recipe = session.add(Recipe{.name = "soup", .ingredients = {{.name = "a\"]%"}, {.name = "a"}}});
  commit(session);
  recipe.ingredients[0].amount = 2;
  recipe.ingredients[1].amount = 3;
  commit(session);
  const varve::activity all{store};
  CHECK(all.within("ingredients", "a\"]%").page(9).size() == 1);
  CHECK(all.within("ingredients", "a").page(9).size() == 1);
  CHECK(all.within("ingredients", "%").page(9).empty());
  CHECK(all.by("O'Brien %_\" ü\n").page(9).size() == 2);
  CHECK(all.by("O'Brien %%").page(9).empty());
}
