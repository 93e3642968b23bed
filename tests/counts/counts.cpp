// What a comparison, a save and a read cost in counts, which no load on the machine changes.

#include <catch2/catch.hpp>

#include "benchmarks/allocations.hpp"
#include "benchmarks/child_saves.hpp"
#include "benchmarks/collection_data.hpp"
#include "benchmarks/long_history.hpp"
#include "benchmarks/wide_saves.hpp"

namespace {

using namespace bench;

/// Instructions of SQLite's virtual machine, of all prepared statements so far.
std::int64_t vm_steps(sqlite3* handle) {
  std::int64_t steps = 0;
  for (auto* statement = sqlite3_next_stmt(handle, nullptr); statement != nullptr;
       statement = sqlite3_next_stmt(handle, statement))
    steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
  return steps;
}

template <class Read>
std::int64_t steps_of(long_history& in, Read&& read) {
  const varve::history<Table> history{in.store};
  static_cast<void>(read(history));  // statements are prepared
  const std::int64_t before = vm_steps(in.in.handle());
  static_cast<void>(read(history));
  return vm_steps(in.in.handle()) - before;
}

}  // namespace

TEST_CASE("a diff of equal states with a scratch that is used again allocates nothing", "[counts]") {
  for (const std::size_t children : {10U, 1000U}) {
    std::mt19937 random{1};
    const auto states = pair_of(random, children, edit::nothing);
    varve::diff_scratch scratch;
    static_cast<void>(varve::diff(states.before, states.after, scratch));
    const std::size_t before = allocations;
    const bool nothing = varve::diff(states.before, states.after, scratch).empty();
    CHECK(allocations == before);
    CHECK(nothing);
  }
}

TEST_CASE("reading a version costs the same however long the history is", "[counts]") {
  long_history a_thousand{1000}, many{20'000};
  const std::int64_t key = 1;
  const auto same = [&](auto&& read) {
    const auto few = steps_of(a_thousand, read);
    const auto more = steps_of(many, read);
    INFO(few << " steps with 1,000 versions, " << more << " with 20,000");
    CHECK(few > 0);
    CHECK(static_cast<double>(more) <= 1.05 * static_cast<double>(few));
  };
  SECTION("the newest 25") {
    same([&](const auto& history) { return history.versions(key).newest_first().page(25); });
  }
  SECTION("25 from the middle") {
    same([&](const auto& history) {
      return history.versions(key).newest_first().behind(varve::transaction_id{500}).page(25);
    });
  }
  SECTION("the row as of a transaction") {
    for (const std::int64_t moment : {20, 500, 1000})
      same([&](const auto& history) { return history.latest(key, varve::transaction_id{moment}); });
  }
  SECTION("the state with its children as of a transaction") {
    for (const std::int64_t moment : {20, 500, 1000})
      same([&](const auto& history) { return history.as_of(key, varve::transaction_id{moment}); });
  }
}

TEST_CASE("a save of one field of one child in memory makes at most four allocations", "[counts]") {
  std::mt19937 random{3};
  varve::memory_store store;
  varve::session session{store, varve::actor{"test"}};
  auto& table = session.add(table_of(random, 100));
  session.commit();
  std::size_t round = 0;
  const auto save = [&] {
    table.columns[round * 7 % 100].type = round / 100 % 2 == 0 ? "TEXT" : "VARCHAR";
    ++round;
    REQUIRE(session.commit().transaction);
  };
  for (int i = 0; i < 200; ++i) save();
  constexpr std::size_t saves = 1000;
  const std::size_t before = allocations;
  for (std::size_t i = 0; i < saves; ++i) save();
  CHECK(static_cast<double>(allocations - before) / saves <= 4.0);
}

TEST_CASE("a save on SQLite takes the statements, pages and bytes of one by hand", "[counts]") {
  for (const std::size_t fields : {1U, 3U, 10U}) {
    const auto counted = [&](auto& way) {
      std::size_t round = 0;
      const auto save = [&](std::size_t) { way.save(round++, 1, fields); };
      for (std::size_t i = 0; i < wide_rows; ++i) save(i);
      return way.in.count(wide_rows, save);
    };
    wide_by_varve varve{true, false};
    wide_by_hand hand{true, wide_by_hand::way::hand}, lean{true, wide_by_hand::way::lean};
    const auto own = counted(varve);
    const auto floor = counted(hand);
    // Tokens are random, so the pages of their index split sooner or later: a few pages in all the saves.
    const double split_bytes = 8 * 4096.0 / wide_rows;
    INFO(fields << " fields");
    CHECK(own.statements <= floor.statements);
    CHECK(own.pages <= 1.02 * floor.pages);
    CHECK(own.bytes <= floor.bytes + split_bytes);
    CHECK(own.pages <= 1.4 * counted(lean).pages);
  }
}

TEST_CASE("a save of one child on SQLite takes the same among 10, 100 and 1,000 children", "[counts]") {
  const auto counted = [](child_saves& saves, auto save) {
    std::size_t round = 0;
    const auto next = [&](std::size_t) { (saves.*save)(round++); };
    for (std::size_t i = 0; i < 100; ++i) next(i);
    return saves.in.count(200, next);
  };
  for (const std::size_t children : {10U, 100U, 1000U}) {
    child_saves varve{children}, hand{children};
    const auto own = counted(varve, &child_saves::by_varve);
    const auto floor = counted(hand, &child_saves::by_hand);
    INFO(children << " children");
    CHECK(own.statements <= floor.statements);
    CHECK(own.pages <= 1.02 * floor.pages);
  }
}
