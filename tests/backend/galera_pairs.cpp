// Two nodes of one cluster do at the same moment what cannot stand beside each other.
#include <barrier>
#include <thread>

#include "support/entities.hpp"
#include "support/galera_cluster.hpp"
#include "varve/schema/schema.hpp"

using namespace test;

namespace {

/// A dashboard with one chart of two, a recipe with two steps, and a dataset.
struct objects {
  std::int64_t board = 0, linked = 0, other = 0, recipe = 0, dataset = 0;

  explicit objects(const varve::store_handle& store) {
    varve::session session{store, varve::actor{"ada"}};
    auto& first = session.add(Chart{.slice_name = "linked"});
    auto& second = session.add(Chart{.slice_name = "other"});
    auto& soup = session.add(Recipe{.name = "soup", .steps = {{.name = "cut"}, {.name = "boil"}}});
    auto& data = session.add(Dataset{.table_name = "t"});
    session.flush();
    auto& made = session.add(Dashboard{.title = "t", .slices = {{.key = first.id}}});
    session.commit();
    board = made.id, linked = first.id, other = second.id, recipe = soup.id, dataset = data.id;
  }
};

void links(varve::session& unit, const objects& in) {
  unit.get<Dashboard>(in.board).slices.push_back({.key = in.other});
}
void unlinks(varve::session& unit, const objects& in) { unit.get<Dashboard>(in.board).slices.clear(); }
void deletes_linked(varve::session& unit, const objects& in) { unit.erase<Chart>(in.linked); }
void deletes_other(varve::session& unit, const objects& in) { unit.erase<Chart>(in.other); }
void deletes_board(varve::session& unit, const objects& in) { unit.erase<Dashboard>(in.board); }
void saves_child(varve::session& unit, const objects& in) { unit.get<Recipe>(in.recipe).steps[0].text = "fine"; }
void saves_other_child(varve::session& unit, const objects& in) { unit.get<Recipe>(in.recipe).steps[1].text = "hot"; }
void adds_child(varve::session& unit, const objects& in) {
  unit.get<Recipe>(in.recipe).steps.push_back({.name = "eat"});
}
void deletes_parent(varve::session& unit, const objects& in) { unit.erase<Recipe>(in.recipe); }

/// What two nodes do that cannot stand beside each other.
struct exclusive_pair {
  const char* name;
  void (*left)(varve::session&, const objects&);
  void (*right)(varve::session&, const objects&);
  /// Else one may stand behind the other, as a commit itself looks for links to what it deletes.
  bool one_alone = true;
};

}  // namespace

TEST_CASE("Galera: of two saves on two nodes that exclude each other one stands", "[server][galera]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Dashboard, Chart, Dataset, Recipe>();
  constexpr exclusive_pair pairs[] = {
      {"both add the same link", links, links},
      {"both remove a link", unlinks, unlinks},
      {"one links to what the other deletes", links, deletes_other, false},
      {"one removes the link to what the other deletes", unlinks, deletes_linked, false},
      {"one links from what the other deletes", links, deletes_board},
      {"both delete the same", deletes_linked, deletes_linked},
      {"each saves a child", saves_child, saves_other_child},
      {"both add a child of one name", adds_child, adds_child},
      {"one saves a child of what the other deletes", saves_child, deletes_parent},
  };
  for (const auto& pair : pairs) {
    INFO(pair.name);
    for (std::size_t i = 0; i < (pair.one_alone ? 4 : 12); ++i) {
      const objects made{stores[i % 3]};
      const auto saved = save_on_two_nodes(
          stores,
          {[&](varve::session& unit) { pair.left(unit, made); }, [&](varve::session& unit) { pair.right(unit, made); }},
          !pair.one_alone);
      if (pair.one_alone)
        CHECK(saved[0] != saved[1]);
      else
        CHECK((saved[0] || saved[1]));
    }
    CHECK(found_by_doctor(stores[2]) == lines{});
  }
  cluster.check_equal();
  for (const auto& one : stores) CHECK(found_by_doctor(one) == lines{});
}

TEST_CASE("Galera: noise that two nodes save is that of one which was acknowledged, and a version beside it is whole",
          "[server][galera]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Dataset>();
  for (std::size_t i = 0; i < 12; ++i) {
    const bool with_version = i % 2 == 1;
    INFO("time " << i);
    std::int64_t id = 0;
    {
      varve::session session{stores[2], varve::actor{"ada"}};
      auto& data = session.add(Dataset{.table_name = "t" + std::to_string(i)});
      session.commit();
      id = data.id;
    }
    const auto saved = save_on_two_nodes(stores, {[&](varve::session& unit) { unit.get<Dataset>(id).opened = 1; },
                                                  [&](varve::session& unit) {
                                                    auto& data = unit.get<Dataset>(id);
                                                    if (with_version)
                                                      data.sql = "select 2";
                                                    else
                                                      data.opened = 2;
                                                  }});
    CHECK((saved[0] || saved[1]));
    varve::session reads{stores[2]};
    const auto& data = reads.get<Dataset>(id);
    if (with_version) {
      CHECK(data.opened == (saved[0] ? 1 : 0));
      CHECK(data.sql.has_value() == saved[1]);
    } else {
      CHECK(((saved[0] && data.opened == 1) || (saved[1] && data.opened == 2)));
    }
    CHECK(varve::history<Dataset>{stores[2]}.versions(id).count() == (with_version && saved[1] ? 2 : 1));
  }
  cluster.check_equal();
  for (const auto& one : stores) CHECK(found_by_doctor(one) == lines{});
}

TEST_CASE("Galera: tables that two nodes make at once are there, though one node may have to be asked again",
          "[server][galera][schema]") {
  for (int i = 0; i < 4; ++i) {
    INFO("time " << i);
    const galera_cluster cluster;
    std::barrier together{2};
    lines told(2);
    std::vector<std::thread> threads;
    for (std::size_t node = 0; node < 2; ++node)
      threads.emplace_back([&, node] {
        const varve::mariadb::store store{cluster.uri(node)};
        varve::schema schema{store};
        schema.add<Dashboard>().add<Chart>().add<Dataset>();
        together.arrive_and_wait();
        try {
          schema.apply();
        } catch (const varve::error& failure) {
          constexpr int is_there_already = 1050;
          if (failure.kind() != varve::error_kind::retry && failure.native_code() != is_there_already)
            told[node] = failure.what();
        }
      });
    for (auto& one : threads) one.join();
    CHECK(told == lines(2));
    const auto stores = cluster.open<Dashboard, Chart, Dataset>();
    for (const auto& store : stores) {
      varve::schema schema{store};
      schema.add<Dashboard>().add<Chart>().add<Dataset>();
      CHECK(schema.check() == lines{});
    }
    {
      varve::session session{stores[1], varve::actor{"ada"}};
      auto& chart = session.add(Chart{.slice_name = "c"});
      session.flush();
      session.add(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
      session.commit();
    }
    cluster.check_equal();
    for (const auto& one : stores) CHECK(found_by_doctor(one) == lines{});
  }
}
