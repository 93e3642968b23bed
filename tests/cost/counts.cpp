// What a comparison, a save and a read cost in counts, which no load on the machine changes.

#include <catch2/catch.hpp>

#include "benchmarks/allocations.hpp"
#include "benchmarks/collection_data.hpp"
#include "benchmarks/long_history.hpp"

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

TEST_CASE("a diff of equal states with a scratch that is used again allocates nothing", "[cost]") {
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

TEST_CASE("reading a version costs the same however long the history is", "[cost]") {
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
