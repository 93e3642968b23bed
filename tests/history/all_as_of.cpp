// All entities of a kind as of an instant are read together: they are what each is as of it by itself.
#include <map>
#include <set>

#include "support/entities.hpp"
#include "support/history_model.hpp"
#include "support/stores.hpp"
#include "varve/history/history.hpp"

using namespace test;

namespace {

class all_as_of_stores : public on_every_store<Dataset, Chart, Dashboard, Recipe, Country, Cell, Page> {
 protected:
  using found = std::map<varve::row_key, std::string>;

  /// As of each transaction, of its time and of the instant before that.
  template <class Entity>
  void check_each_moment() const {
    const auto& info = varve::info_of<Entity>();
    std::set<std::pair<varve::row_key, std::string>> entities;
    const auto reader = store.base().snapshot();
    for (const auto& row : reader->shadow_after(*info.table, std::nullopt, 100'000))
      entities.emplace(varve::row_key::of(row.row, info.table->key),
                       info.has_uuid() ? std::string{row.row[info.table->public_id].view()} : std::string{});
    REQUIRE(!entities.empty());
    std::size_t lived = 0;
    for (const auto& deed : reader->transactions_after({0}, 100'000)) {
      INFO(info.kind << "s as of transaction " << deed.id.value);
      lived += check_moment<Entity>(entities, deed.id);
      lived += check_moment<Entity>(entities, deed.issued_at);
      lived += check_moment<Entity>(entities, deed.issued_at - 1us);
    }
    CHECK(lived > 0);
  }

 private:
  template <class Entity, class When>
  std::size_t check_moment(const std::set<std::pair<varve::row_key, std::string>>& entities, const When& when) const {
    const auto& info = varve::info_of<Entity>();
    const varve::detail::kind_history by_itself{store, info};
    found each;
    for (const auto& [key, uuid] : entities) {
      const auto state = by_itself.as_of(
          uuid.empty() ? varve::detail::entity_name{{}, key} : varve::detail::entity_name{varve::parse_uuid(uuid), {}},
          when);
      if (state != nullptr) each.emplace(key, text_of(info, state.get(), columns::versioned));
    }
    const varve::history<Entity> history{store};
    found all, in_pages, with_deleted;
    const auto put = [&](found& to, const varve::past_entity<Entity>& one) {
      CHECK(to.emplace(one.id.entity, text_of(info, &one.state, columns::versioned)).second);
    };
    for (const auto& one : history.all_as_of(when)) put(all, one);
    CHECK(all == each);
    std::optional<varve::version_id> behind;
    for (;;) {
      const auto page = history.all_as_of(when, 2, behind);
      for (const auto& one : page) put(in_pages, one);
      if (page.size() < 2) break;
      behind = page.back().id;
    }
    CHECK(in_pages == each);
    for (const auto& one : history.all_as_of_with_deleted(when)) {
      if (!one.is_deleted) put(with_deleted, one);
      for (const auto& relation : info.relations)
        if (one.is_deleted) CHECK(varve::item_view{relation, &one.state}.size() == 0);
    }
    CHECK(with_deleted == each);
    return each.size();
  }
};

}  // namespace

TEST_CASE_METHOD(all_as_of_stores,
                 "all entities as of an instant have the children that each had by itself, moved ones and those of "
                 "deleted parents and of keys that are used again too",
                 "[reading]") {
  auto session = by("ada");
  std::vector<Dataset*> datasets;
  for (const auto* name : {"a", "b", "c", "d"})
    datasets.push_back(
        &session.add(Dataset{.table_name = name,
                             .metrics = {{.metric_name = "m1", .expression = name}, {.metric_name = "m2"}},
                             .columns = {{.column_name = "x"}}}));
  commit(session);
  const auto third = datasets[2]->id;
  datasets[0]->metrics[0].expression = "changed";
  commit(session);
  // To one before it, to one behind it, and back.
  datasets[0]->metrics.push_back(datasets[1]->metrics[0]);
  datasets[0]->metrics.back().metric_name = "from b";
  datasets[1]->metrics.erase(datasets[1]->metrics.begin());
  commit(session);
  datasets[3]->metrics.push_back(datasets[0]->metrics.back());
  datasets[0]->metrics.pop_back();
  commit(session);
  datasets[1]->metrics.push_back(datasets[3]->metrics.back());
  datasets[3]->metrics.pop_back();
  commit(session);
  session.erase<Dataset>(third);
  commit(session);
  datasets[3]->columns.clear();
  commit(session);
  auto next = by("bob");
  auto& taken = next.add(Dataset{.id = third, .table_name = "another", .metrics = {{.metric_name = "its own"}}});
  commit(next);
  taken.metrics.clear();
  commit(next);
  next.erase<Dataset>(datasets[0]->id);
  commit(next);
  check_each_moment<Dataset>();
}

TEST_CASE_METHOD(all_as_of_stores, "all entities as of an instant have their links, in order what is ordered",
                 "[reading]") {
  auto session = by("ada");
  std::vector<Chart*> charts;
  for (const auto* name : {"x", "y", "z"}) charts.push_back(&session.add(Chart{.slice_name = name}));
  commit(session);
  std::vector<Dashboard*> boards;
  for (std::size_t i = 0; i < 3; ++i)
    boards.push_back(&session.add(Dashboard{
        .title = std::to_string(i),
        .slices = {{.key = charts[i]->id}, {.key = charts[(i + 1) % 3]->id}},
        .places = {{.chart = {.key = charts[i]->id}, .role = "main", .width = static_cast<std::int64_t>(i)}}}));
  std::vector<Recipe*> recipes;
  for (const auto* name : {"soup", "cake"})
    recipes.push_back(&session.add(Recipe{.name = name,
                                          .steps = {{.name = "cut"}, {.name = "cook"}, {.name = "eat"}},
                                          .ingredients = {{.name = "salt", .amount = 1}, {.name = "leek"}}}));
  commit(session);
  boards[1]->places[0].width = 9;
  std::swap(recipes[0]->steps[0], recipes[0]->steps[2]);
  recipes[1]->ingredients[0].amount = 2;
  commit(session);
  session.erase<Chart>(charts[1]->id);  // its links go with it
  recipes[1]->steps.erase(recipes[1]->steps.begin());
  recipes[0]->ingredients.pop_back();
  commit(session);
  session.erase<Dashboard>(boards[0]->id);
  session.erase<Recipe>(recipes[0]->id);
  commit(session);
  check_each_moment<Dashboard>();
  check_each_moment<Recipe>();
  check_each_moment<Chart>();
}

TEST_CASE_METHOD(all_as_of_stores, "all entities as of an instant have their values, sets and maps", "[reading]") {
  auto session = by("ada");
  std::vector<Page*> pages;
  for (const auto* title : {"one", "two", "three"})
    pages.push_back(&session.add(Page{.title = title,
                                      .tags = {"b", "a", title},
                                      .colors = {Color::blue, Color::red},
                                      .marks = {3, 1},
                                      .labels = {{"en", title}, {"EN", "other"}, {"e", ""}},
                                      .limits = {{1, {.amount = 1}}, {-1, {.amount = 2, .unit = "kg"}}},
                                      .rates = {{"low", {.rate = 0.5}}}}));
  commit(session);
  pages[0]->tags.erase(pages[0]->tags.begin());
  pages[0]->colors = {Color::red, Color::green, Color::blue};
  pages[1]->marks.insert(2);
  pages[1]->labels.erase("EN");
  commit(session);
  pages[2]->limits.clear();
  pages[2]->rates["high"].rate = 2;
  commit(session);
  session.erase<Page>(pages[1]->id);
  commit(session);
  check_each_moment<Page>();
}

TEST_CASE_METHOD(all_as_of_stores, "keys that are nearly the same keep their children apart in a page", "[reading]") {
  auto session = by("ada");
  std::vector<Country*> countries;
  std::vector<Cell*> cells;
  const auto& chart = session.add(Chart{.slice_name = "x"});
  commit(session);
  for (const auto* key : {"a", "A", "a ", "ab", "a  ", "B", "b", "\xC3\xA9", "z", "~"}) {
    countries.push_back(&session.add(
        Country{.code = key, .name = key, .cities = {{.name = "1", .people = 1}, {.name = key, .people = 2}}}));
    for (const std::int64_t row : {2, 10})
      cells.push_back(&session.add(Cell{.row = row,
                                        .col = key,
                                        .remarks = {{.author = key, .text = "1"}, {.author = "else"}},
                                        .charts = {{.key = chart.id}}}));
  }
  commit(session);
  for (auto* country : countries) country->cities[0].people = 10;
  for (std::size_t i = 0; i < cells.size(); i += 3) cells[i]->remarks.pop_back();
  for (std::size_t i = 0; i < cells.size(); i += 4) cells[i]->charts.clear();
  commit(session);
  // A child that goes to a key beside its own.
  countries[1]->cities.push_back(countries[0]->cities[0]);
  countries[1]->cities.back().name = "moved";
  countries[0]->cities.erase(countries[0]->cities.begin());
  cells[0]->remarks.push_back(cells[1]->remarks[0]);
  cells[0]->remarks.back().author = "moved";
  cells[1]->remarks.erase(cells[1]->remarks.begin());
  session.erase<Country>("a ");
  session.erase<Cell>(2, "A");
  commit(session);
  check_each_moment<Country>();
  check_each_moment<Cell>();
}

TEST_CASE_METHOD(all_as_of_stores, "entities of several pages have their own children each", "[reading]") {
  auto session = by("ada");
  for (int i = 0; i < 205; ++i) {
    const auto name = std::to_string(i);
    session.add(Country{.code = name, .name = name, .cities = {{.name = name}, {.name = name + " too"}}});
  }
  const auto made = commit(session);
  for (int i = 0; i < 205; i += 2) session.get<Country>(std::to_string(i)).cities.pop_back();
  for (int i = 1; i < 205; i += 4) session.erase<Country>(std::to_string(i));
  const auto changed = commit(session);
  const varve::history<Country> history{store};
  const auto check = [&](varve::transaction_id at, std::size_t limit) {
    std::size_t count = 0;
    std::string before;
    for (const auto& [id, is_deleted, country] : history.all_as_of(at, limit)) {
      INFO(country.code << " as of " << at.value);
      CHECK(before < country.code);
      const bool has_one = at == changed && std::stoi(country.code) % 2 == 0;
      REQUIRE(country.cities.size() == (has_one ? 1U : 2U));
      CHECK(country.cities[0].name == country.code);
      if (!has_one) CHECK(country.cities[1].name == country.code + " too");
      before = country.code;
      ++count;
    }
    return count;
  };
  for (const std::size_t limit : {1U, 99U, 100U, 101U, 200U, 205U}) CHECK(check(made, limit) == limit);
  CHECK(check(made, varve::history<Country>::unlimited) == 205);
  CHECK(check(changed, varve::history<Country>::unlimited) == 205 - 51);
  CHECK(check(changed, 101) == 101);
  CHECK(history.all_as_of_with_deleted(changed).size() == 205);
}
