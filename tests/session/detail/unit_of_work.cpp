#include "varve/session/detail/unit_of_work.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "support/invariants.hpp"
#include "support/replaced_new.hpp"
#include "varve/backend/sqlite.hpp"
#include "varve/session/session.hpp"
#include "varve/store/memory_store.hpp"

namespace save_costs {

/// A number that counts how often it is read, which each comparison does twice.
struct Tally {
  std::int64_t number = 0;
  static inline std::size_t reads = 0;
};

struct Cell {
  std::int64_t id{};
  std::string name{};
  std::string text{};
  Tally tally{};
};

struct Sheet {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::vector<Cell> cells{};
};

}  // namespace save_costs

using namespace save_costs;

template <>
struct varve::column_type<Tally> {
  using stored = std::int64_t;
  static stored to_stored(const Tally& tally) {
    ++Tally::reads;
    return tally.number;
  }
  static Tally from_stored(stored number) { return {number}; }
};
template <>
struct varve::entity<Sheet> : varve::describe<varve::table<"sheets">, varve::public_id<&Sheet::uuid>,
                                              varve::children<&Sheet::cells, varve::by<&Cell::name>>> {};

namespace {

using lines = std::vector<std::string>;

Sheet sheet_of(int cells) {
  Sheet made{.title = "plan"};
  for (int i = 0; i < cells; ++i)
    made.cells.push_back({.name = "cell " + std::to_string(i), .text = "a text too long for the string itself"});
  return made;
}

/// Saves again and again with one cell changed.
/// \return how often memory was allocated.
std::size_t allocations_of_saves(varve::session& session, Sheet& sheet, int saves) {
  const std::size_t before = test::allocations::made;
  for (int i = 0; i < saves; ++i) {
    sheet.cells[static_cast<std::size_t>(i) % sheet.cells.size()].tally.number += 1;
    session.commit();
  }
  return test::allocations::made - before;
}

lines titles_and_cells(const Sheet& sheet) {
  lines found{sheet.title};
  for (const auto& cell : sheet.cells) found.push_back(cell.name + "=" + cell.text);
  return found;
}
lines stored_sheet(const varve::store_handle& store, std::int64_t id) {
  varve::session reader{store};
  const auto* found = reader.find<Sheet>(id);
  return found == nullptr ? lines{} : titles_and_cells(*found);
}

}  // namespace

TEST_CASE("a save of one child among many allocates at most four times", "[session][unit_of_work]") {
  const int cells = GENERATE(10, 100, 1000);
  varve::memory_store store;
  varve::session session{store, varve::actor{"an actor whose name needs memory"}};
  auto& sheet = session.add(sheet_of(cells));
  session.commit();
  allocations_of_saves(session, sheet, 2 * cells);  // the room that is kept is there now
  CHECK(allocations_of_saves(session, sheet, 1000) <= 4 * 1000);
}

TEST_CASE("a commit with nothing changed allocates nothing", "[session][unit_of_work]") {
  varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  auto& sheet = session.add(sheet_of(100));
  session.commit();
  allocations_of_saves(session, sheet, 3);
  const std::size_t before = test::allocations::made;
  CHECK_FALSE(session.commit().transaction);
  CHECK_FALSE(session.is_modified());
  CHECK(test::allocations::made == before);
}

TEST_CASE("a save compares each child once, and writes the rows that changed", "[session][unit_of_work]") {
  const int cells = GENERATE(10, 1000);
  varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  auto& sheet = session.add(sheet_of(cells));
  session.commit();
  sheet.cells[5].tally.number = 7;
  Tally::reads = 0;
  session.commit();
  CHECK(Tally::reads < 2 * static_cast<std::size_t>(cells) + 40);  // the changed one a few times more
  Tally::reads = 0;
  session.commit();
  CHECK(Tally::reads == 2 * static_cast<std::size_t>(cells));
  std::size_t live = 0, shadow = 0;
  session.hooks().after_capture.push_back([&](const varve::write_set& set) {
    live = set.live.size();
    shadow = set.shadow.size();
  });
  sheet.cells[5].tally.number = 8;
  session.commit();
  CHECK(live == 1);
  CHECK(shadow == 2);
}

TEST_CASE("many entities are saved in one commit at the price of each", "[session][unit_of_work]") {
  const auto allocations_for = [](int sheets) {
    varve::memory_store store;
    varve::session session{store, varve::actor{"ada"}};
    std::vector<Sheet*> all;
    for (int i = 0; i < sheets; ++i) all.push_back(&session.add(sheet_of(1)));
    session.commit();
    const std::size_t before = test::allocations::made;
    Tally::reads = 0;
    for (auto* sheet : all) sheet->title += "!";
    session.commit();
    CHECK(Tally::reads <= static_cast<std::size_t>(8 * sheets));
    return test::allocations::made - before;
  };
  const auto few = allocations_for(100);
  CHECK(allocations_for(1000) <= 11 * few);
}

TEST_CASE("whichever allocation of a save fails, it is done or not done", "[session][unit_of_work]") {
  const bool with_flush = GENERATE(false, true), fail_on = GENERATE(false, true), in_sqlite = GENERATE(false, true);
  const auto edit = [](Sheet& sheet, varve::session& session) {
    sheet.title = "a title that is too long for the string itself";
    sheet.cells[1].text = "another text that is too long for the string";
    sheet.cells.erase(sheet.cells.begin());
    sheet.cells.push_back({.name = "a cell that is new to this sheet", .text = "new"});
    session.add(sheet_of(2));
  };
  std::size_t failed = 0;
  for (std::size_t n = 1;; ++n) {
    const auto store = in_sqlite ? varve::store_handle{varve::sqlite::open<Sheet>(":memory:")}
                                 : varve::store_handle{varve::memory_store{}};
    varve::session session{store, varve::actor{"an actor whose name needs memory"}};
    auto& sheet = session.add(sheet_of(4));
    session.commit();
    const auto before = titles_and_cells(sheet);
    edit(sheet, session);
    const auto after = titles_and_cells(sheet);
    bool threw = false, said_committed = false;
    test::allocations::fails_in = n;
    test::allocations::fail_on = fail_on;
    try {
      if (with_flush) session.flush();
      session.commit();
    } catch (const std::exception& failure) {
      test::allocations::fail_no_more();
      threw = true;
      said_committed = std::string{failure.what()}.find("the save is committed") != std::string::npos;
    }
    const bool reached = threw || test::allocations::fails_in == 0;
    test::allocations::fail_no_more();
    if (!reached) break;
    ++failed;
    INFO("allocation " << n << (fail_on ? " and on" : "") << (with_flush ? ", with a flush" : "")
                       << (in_sqlite ? ", in SQLite" : ""));
    const auto found = stored_sheet(store, 1);
    CHECK(test::violations(test::everything_in(store)) == lines{});
    if (!threw) {  // it was not needed
      CHECK(found == after);
      continue;
    }
    CHECK(found == (said_committed ? after : before));
    CHECK(stored_sheet(store, 2).empty() == !said_committed);
    session.rollback();
    CHECK(titles_and_cells(sheet) == found);
    sheet.title = "again";
    session.commit();
    CHECK(stored_sheet(store, 1) == titles_and_cells(sheet));
    CHECK(test::violations(test::everything_in(store)) == lines{});
  }
  CHECK(failed > 50);
}

TEST_CASE("a savepoint whose rollback fails half way leaves nothing that can be committed",
          "[session][unit_of_work][savepoint]") {
  std::size_t failed = 0;
  for (std::size_t n = 1;; ++n) {
    varve::memory_store store;
    varve::session session{store, varve::actor{"ada"}};
    auto& sheet = session.add(sheet_of(4));
    session.commit();
    const auto before = titles_and_cells(sheet);
    auto point = session.savepoint();
    sheet.title = "other";
    sheet.cells = std::vector<Cell>{};  // to be made again
    session.flush();
    bool threw = false;
    test::allocations::fails_in = n;
    try {
      point.rollback();
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    const bool reached = test::allocations::fails_in == 0;
    test::allocations::fails_in = 0;
    if (!reached) break;
    INFO("allocation " << n);
    if (threw) {
      ++failed;
      CHECK_THROWS_WITH(session.commit(), Catch::Contains("call rollback()"));
      session.rollback();
    } else {
      session.commit();
    }
    CHECK(titles_and_cells(sheet) == before);
    CHECK(stored_sheet(store, 1) == before);
  }
  CHECK(failed > 0);
}
