/// Several processes count in one SQLite file: what was acknowledged is what was counted, and each is one version.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>

#include "support/application.hpp"
#include "support/stores.hpp"
#include "varve/session/transact.hpp"

namespace {

struct Part {
  std::int64_t id{};
  std::string name{};
  std::int64_t count{};
};

struct Counter {
  std::int64_t id{};
  std::int64_t total{};
  std::vector<Part> parts{};
};

}  // namespace

template <>
struct varve::entity<Counter>
    : varve::describe<varve::table<"counters">,
                      varve::children<&Counter::parts, varve::table<"parts">, varve::by<&Part::name>>> {};

namespace {

using namespace test;

constexpr std::int64_t counters = 4;
constexpr int writers = 4;

/// What one process did.
struct tally {
  std::int64_t acknowledged = 0;
  std::int64_t total = 0;  ///< of these, how many counted in the entity's own field too
  std::int64_t failed = 0;
};

tally count(const std::string& path, unsigned seed, int saves) {
  tally done;
  std::minstd_rand random{seed};
  const auto store = varve::sqlite::open<Counter>(path, {.full_sync = false, .busy_timeout = 60s});
  for (int i = 0; i < saves; ++i) {
    const auto key = static_cast<std::int64_t>(random() % counters) + 1;
    const auto part = random() % 3;
    const bool in_total = random() % 2 == 0;
    try {
      const auto saved = varve::transact(
          store, varve::actor{"writer " + std::to_string(seed)},
          [&](varve::session& unit) {
            auto& counter = unit.get<Counter>(key);
            ++counter.parts[part].count;  // sometimes a child alone changes
            if (in_total) ++counter.total;
          },
          varve::retry_policy{.attempts = 1000, .first_pause = 1ms, .longest_pause = 20ms});
      if (!saved.transaction) throw std::logic_error{"no version"};
      ++done.acknowledged;
      done.total += in_total ? 1 : 0;
    } catch (const std::exception&) {
      ++done.failed;
    }
  }
  return done;
}

void count_in_processes(int saves_each, bool checks_all) {
  const auto path = temporary_database();
  {
    const auto store = varve::sqlite::open<Counter>(*path);
    varve::session session{store, varve::actor{"ada"}};
    for (std::int64_t i = 0; i < counters; ++i) session.add(Counter{.parts = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
    session.commit();
  }
  std::array<pid_t, writers> running{};
  std::array<int, writers> answers{};
  for (std::size_t i = 0; i < writers; ++i) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    running[i] = fork();
    REQUIRE(running[i] >= 0);
    if (running[i] == 0) {
      int code = 1;
      try {
        const auto done = count(*path, static_cast<unsigned>(i) + 1, saves_each);
        code = write(ends[1], &done, sizeof done) == sizeof done ? 0 : 2;
      } catch (...) {  // its code tells
      }
      _exit(code);
    }
    close(ends[1]);
    answers[i] = ends[0];
  }
  tally all;
  for (std::size_t i = 0; i < writers; ++i) {
    tally done;
    CHECK(read(answers[i], &done, sizeof done) == sizeof done);
    close(answers[i]);
    int status = -1;
    REQUIRE(waitpid(running[i], &status, 0) == running[i]);
    CHECK(status == 0);
    all.acknowledged += done.acknowledged;
    all.total += done.total;
    all.failed += done.failed;
  }
  CHECK(all.failed == 0);
  CHECK(all.acknowledged == std::int64_t{writers} * saves_each);
  application db{*path};
  const auto acknowledged = std::to_string(all.acknowledged);
  CHECK(db.ask("SELECT sum(count) FROM parts") == lines{acknowledged});
  CHECK(db.ask("SELECT sum(total) FROM counters") == lines{std::to_string(all.total)});
  CHECK(db.ask("SELECT count(*) FROM counters_version WHERE operation_type = 1") == lines{acknowledged});
  CHECK(db.ask("SELECT count(*) FROM parts_version WHERE operation_type = 1") == lines{acknowledged});
  // Each version of a part counts one more than the one before, and is a version of its counter.
  CHECK(db.ask("SELECT count(*) FROM parts_version a JOIN parts_version b ON b.id = a.id AND b.transaction_id = "
               "a.end_transaction_id WHERE b.count <> a.count + 1") == lines{"0"});
  CHECK(db.ask("SELECT count(*) FROM parts_version p WHERE NOT EXISTS (SELECT 1 FROM counters_version c WHERE c.id = "
               "p.counter_id AND c.transaction_id = p.transaction_id)") == lines{"0"});
  CHECK(db.ask("SELECT count(*) FROM counters_version WHERE end_transaction_id IS NULL") == lines{std::to_string(counters)});
  if (!checks_all) return;
  const auto store = varve::sqlite::open<Counter>(*path);
  CHECK(violations(everything_in(store)) == lines{});
}

}  // namespace

TEST_CASE("four processes that count in one file lose nothing", "[sqlite][conflict]") { count_in_processes(400, true); }
TEST_CASE("four processes that count in one file lose nothing, 100,000 times", "[.long][sqlite][conflict]") {
  count_in_processes(25'000, false);
}
