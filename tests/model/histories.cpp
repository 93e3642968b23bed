/// Random histories on every store against a simple model of what was.

#include <fmt/core.h>

#include <sstream>

#include "support/application.hpp"
#include "support/history_run.hpp"
#include "support/shrink.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

/// A store of its own for each history: a file whose loss in a power cut would not matter.
class fresh_store {
 public:
  explicit fresh_store(backend which) : path_(place_of(which)) {
    if (which == backend::postgres || which == backend::mariadb)
      handle_ = open_store<Dataset, Chart, Dashboard, Recipe, Poster>(which, path_);
#if VARVE_TEST_SQLITE
    if (which == backend::sqlite_file || which == backend::sqlite_memory)
      handle_ = varve::sqlite::open<Dataset, Chart, Dashboard, Recipe, Poster>(
          which == backend::sqlite_memory ? std::string{":memory:"} : *path_, {.full_sync = false});
#endif
  }
  [[nodiscard]] const varve::store_handle& handle() const { return handle_; }
  /// The memory store once more, out of a snapshot.
  [[nodiscard]] varve::memory_store copy() const {
    std::stringstream snapshot;
    memory_.write_snapshot(snapshot);
    return varve::memory_store::read_snapshot<Dataset, Chart, Dashboard, Recipe, Poster>(snapshot);
  }

 private:
  std::shared_ptr<std::string> path_;
  varve::memory_store memory_{};
  varve::store_handle handle_ = memory_;
};

lines follow(backend which, const history_steps& steps, flaw wrong = flaw::none) {
  const fresh_store store{which};
  history_run history{store.handle(), wrong};
  auto found = history.follow(steps);
  if (found.empty() && which == backend::memory) found = history_check{history.model, store.copy()}.disagreements();
  return found;
}

/// Follows many histories; one that fails is made short and told as a program.
void follow_random(backend which, unsigned first, unsigned count) {
  unsigned followed = 0;
  for (unsigned seed = first; seed < first + count; ++seed) {
    auto steps = random_steps(seed, 100);
    if (follow(which, steps) == lines{}) {
      ++followed;
      continue;
    }
    steps = shrink(steps, [&](const history_steps& less) { return follow(which, less) != lines{}; });
    std::string told;
    for (const auto& line : follow(which, steps)) told += line + "\n";
    FAIL("seed " << seed << " on " << name_of(which) << "\n" << told << program_of(steps, "follow_everywhere"));
  }
  CHECK(followed == count);
}

/// For histories that failed once.
void follow_everywhere(const history_steps& steps) {
  for (const auto which : {backend::memory, backend::sqlite_file, backend::sqlite_memory}) {
    INFO(name_of(which));
    CHECK(follow(which, steps) == lines{});
  }
}

#ifdef __SANITIZE_ADDRESS__
constexpr unsigned histories = 60;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr unsigned histories = 60;
#else
constexpr unsigned histories = 300;
#endif
#else
constexpr unsigned histories = 300;
#endif

}  // namespace

TEST_CASE("random histories in memory are what a simple model says", "[model]") {
  follow_random(backend::memory, 1, histories);
}
TEST_CASE("random histories in SQLite files are what a simple model says", "[model]") {
  follow_random(backend::sqlite_file, 1, histories);
}
#ifdef VARVE_TEST_POSTGRES
TEST_CASE("random histories in PostgreSQL are what a simple model says", "[server][postgres][model]") {
  follow_random(backend::postgres, 1, histories / 10);
}
TEST_CASE("300 random histories in PostgreSQL are what a simple model says", "[.long][server][postgres][model]") {
  follow_random(backend::postgres, 1, 300);
}
#endif
#ifdef VARVE_TEST_MARIADB
TEST_CASE("random histories in MariaDB are what a simple model says", "[server][mariadb][model]") {
  follow_random(backend::mariadb, 1, histories / 10);
}
TEST_CASE("300 random histories in MariaDB are what a simple model says", "[.long][server][mariadb][model]") {
  follow_random(backend::mariadb, 1, 300);
}
#endif
TEST_CASE("10,000 random histories are what a simple model says, on each store", "[.long][model]") {
  follow_random(GENERATE(values({backend::memory, backend::sqlite_file})), 1000, 10'000);
}

TEST_CASE("an empty history and one of nothing but ends are followed", "[model]") {
  follow_everywhere({});
  follow_everywhere({{act::commit}, {act::rollback}, {act::adopt}, {act::prune}, {act::rollback_to}, {act::restore}});
}

TEST_CASE("a model that is wrong is noticed, and the history made short", "[model]") {
  const auto is_noticed = [](const history_steps& steps) {
    return follow(backend::memory, steps, flaw::links_stay) != lines{};
  };
  unsigned seed = 1;
  while (!is_noticed(random_steps(seed, 100))) REQUIRE(++seed < 100);
  const auto steps = shrink(random_steps(seed, 100), is_noticed);
  INFO(program_of(steps, "follow_everywhere"));
  CHECK(is_noticed(steps));
  CHECK(steps.size() <= 5);  // a chart, a board with a link to it, the chart's end
  CHECK(std::any_of(steps.begin(), steps.end(),
                    [](const step& one) { return one.what == act::erase || one.what == act::drift; }));
  CHECK(follow(backend::memory, steps) == lines{});  // the right model has nothing to say
}

#if VARVE_TEST_SQLITE
namespace {

/// What a store could get wrong, made by hand behind a history that it got right.
struct mutant {
  const char* what;
  const char* damage;    ///< {} stands for the horizon
  const char* sentence;  ///< with which the comparison with the model, and not a checker, tells it
  std::size_t steps;     ///< that are enough to show it
  bool pruned = false;   ///< it needs a horizon
};

/// Whether the comparison with the model tells that mutant; a history in which it cannot be shown does not.
bool is_told(const mutant& wrong, const history_steps& steps) {
  const application db;
  const varve::sqlite::store store{varve::borrow(db.handle())};
  varve::schema{store}.add<Dataset>().add<Chart>().add<Dashboard>().add<Recipe>().add<Poster>().apply();
  history_run history{store};
  for (const auto& one : steps)
    if (!history.take(one)) return false;
  if (!history.settle() || (wrong.pruned && history.model.horizon.value == 0)) return false;
  const auto damage = fmt::format(fmt::runtime(wrong.damage), history.model.horizon.value);
  if (sqlite3_exec(db.handle(), damage.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) FAIL(damage);
  if (sqlite3_changes(db.handle()) == 0) return false;
  const auto found = history_check{history.model, store}.disagreements();
  return std::any_of(found.begin(), found.end(),
                     [&](const std::string& line) { return line.find(wrong.sentence) != std::string::npos; });
}

}  // namespace

TEST_CASE("a store that is wrong is noticed by the model, and the history made short", "[model]") {
  const auto wrong = GENERATE(values<mutant>(
      {{"a record with another value",
        "UPDATE version_changes SET to_value = '\"wrong\"' WHERE rowid = (SELECT max(rowid) FROM version_changes)",
        "must have the records", 3},
       {"a version that tells another to have set its name",
        "UPDATE tables_version SET table_name = 'wrong' WHERE end_transaction_id IS NOT NULL", "was set at", 3},
       {"a child that a restore did not bring back",
        "DELETE FROM sql_metrics WHERE id IN (SELECT v.id FROM sql_metrics_version v JOIN version_transaction t ON "
        "t.id = v.transaction_id WHERE t.action_kind = 'restore' AND v.operation_type = 0)",
        "live dataset", 6},
       {"a time that is too late for its answer",
        "UPDATE version_transaction SET issued_at = '2099-01-01 00:00:00.000000' WHERE id = (SELECT max(id) FROM "
        "version_transaction)",
        ", as of its time", 2},
       {"a version that was pruned and is still valid",
        "DELETE FROM tables_version WHERE end_transaction_id > {0} AND transaction_id < {0}", " lists ", 8, true}}));
  CAPTURE(wrong.what);
  const auto tells = [&](const history_steps& steps) { return is_told(wrong, steps); };
  unsigned seed = 1;
  while (!tells(random_steps(seed, 40))) REQUIRE(++seed < 200);
  const auto steps = shrink(random_steps(seed, 40), tells, 150);
  INFO(program_of(steps, "follow_everywhere"));
  CHECK(tells(steps));
  CHECK(follow(backend::memory, steps) == lines{});  // what is right is told nothing
  CHECK(steps.size() <= wrong.steps);
}
#endif

TEST_CASE("random histories have what histories can have", "[model]") {
  std::map<std::string, std::size_t> versions;  // by what made them
  std::size_t deletions = 0, came_back = 0, strangers = 0, moves = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const fresh_store store{backend::memory};
    history_run history{store.handle()};
    for (const auto& one : random_steps(seed, 100, {act::prune})) history.take(one);
    REQUIRE(history.settle());
    std::map<std::pair<std::int64_t, std::string>, std::set<home>> parents;  // of metrics
    for (const auto& [at, chain] : history.model.chains)
      for (std::size_t i = 0; i < chain.size(); ++i) {
        ++versions[history.model.deeds.at(chain[i].at).action_kind];
        deletions += chain[i].is_deletion() ? 1 : 0;
        if (i > 0 && chain[i].operation == varve::row_operation::insert)
          ++(subject_of(at, chain[i].state).id == subject_of(at, chain[i - 1].state).id ? came_back : strangers);
        if (const auto* dataset = std::get_if<Dataset>(&chain[i].state))
          for (const auto& metric : dataset->metrics) parents[{metric.id, metric.metric_name}].insert(at);
      }
    for (const auto& [metric, of] : parents) moves += of.size() > 1 ? 1 : 0;
  }
  for (const char* kind : {"", "baseline", "restore", "external"}) {
    INFO("action kind " << kind << ": " << versions[kind]);
    CHECK(versions[kind] >= 20);
  }
  CHECK(deletions >= 20);
  CHECK(came_back >= 5);
  CHECK(strangers >= 5);
  CHECK(moves >= 5);
}
