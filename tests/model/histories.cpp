/// Random histories on every store against a simple model of what was.

#include <sstream>

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
