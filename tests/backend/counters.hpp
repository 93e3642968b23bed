#pragma once

/// Several processes count in one database: what was acknowledged is what was counted, and each is one version.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/stores.hpp"
#include "varve/session/transact.hpp"

namespace counting {

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

}  // namespace counting

template <>
struct varve::entity<counting::Counter>
    : varve::describe<varve::table<"counters">, varve::children<&counting::Counter::parts, varve::table<"parts">,
                                                                varve::by<&counting::Part::name>>> {};

namespace counting {

inline constexpr std::int64_t counters = 4;

/// What one process did.
struct tally {
  std::int64_t acknowledged = 0;
  std::int64_t total = 0;  ///< of these, how many counted in the entity's own field too
  std::int64_t failed = 0;
};

inline tally count(const varve::store_handle& store, unsigned seed, int saves) {
  tally done;
  std::minstd_rand random{seed};
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
          varve::retry_policy{.attempts = 1000,
                              .first_pause = std::chrono::milliseconds{1},
                              .longest_pause = std::chrono::milliseconds{20}});
      if (!saved.transaction) throw std::logic_error{"no version"};
      ++done.acknowledged;
      done.total += in_total ? 1 : 0;
    } catch (const std::exception&) {
      ++done.failed;
    }
  }
  return done;
}

/// \param open  a store on the database, in whichever process it is called.
/// \param ask   the rows of a query of an application's own.
inline void count_in_processes(int writers, int saves_each, const std::function<varve::store_handle()>& open,
                               const std::function<test::lines(const std::string&)>& ask) {
  using test::lines;
  {
    const auto store = open();
    varve::session session{store, varve::actor{"ada"}};
    for (std::int64_t i = 0; i < counters; ++i)
      session.add(Counter{.parts = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
    session.commit();
  }
  struct process {
    pid_t id = -1;
    int answer = -1;
  };
  std::vector<process> running;
  for (int i = 0; i < writers; ++i) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t id = fork();
    REQUIRE(id >= 0);
    if (id == 0) {
      int code = 1;
      try {
        const auto done = count(open(), static_cast<unsigned>(i) + 1, saves_each);
        code = write(ends[1], &done, sizeof done) == sizeof done ? 0 : 2;
      } catch (...) {  // its code tells
      }
      _exit(code);
    }
    close(ends[1]);
    running.push_back({id, ends[0]});
  }
  tally all;
  for (const auto& one : running) {
    tally done;
    CHECK(read(one.answer, &done, sizeof done) == sizeof done);
    close(one.answer);
    int status = -1;
    REQUIRE(waitpid(one.id, &status, 0) == one.id);
    CHECK(status == 0);
    all.acknowledged += done.acknowledged;
    all.total += done.total;
    all.failed += done.failed;
  }
  CHECK(all.failed == 0);
  CHECK(all.acknowledged == std::int64_t{writers} * saves_each);
  const auto acknowledged = std::to_string(all.acknowledged);
  CHECK(ask("SELECT sum(count) FROM parts") == lines{acknowledged});
  CHECK(ask("SELECT sum(total) FROM counters") == lines{std::to_string(all.total)});
  CHECK(ask("SELECT count(*) FROM counters_version WHERE operation_type = 1") == lines{acknowledged});
  CHECK(ask("SELECT count(*) FROM parts_version WHERE operation_type = 1") == lines{acknowledged});
  // Each version of a part counts one more than the one before, and is a version of its counter.
  CHECK(ask("SELECT count(*) FROM parts_version a JOIN parts_version b ON b.id = a.id AND b.transaction_id = "
            "a.end_transaction_id WHERE b.count <> a.count + 1") == lines{"0"});
  CHECK(ask("SELECT count(*) FROM parts_version p WHERE NOT EXISTS (SELECT 1 FROM counters_version c WHERE c.id = "
            "p.counter_id AND c.transaction_id = p.transaction_id)") == lines{"0"});
  CHECK(ask("SELECT count(*) FROM counters_version WHERE end_transaction_id IS NULL") ==
        lines{std::to_string(counters)});
  // Each version but the last ends with the next, whose number and time are higher.
  const std::string next =
      "SELECT count(*) FROM counters_version a JOIN version_transaction x ON x.id = a.transaction_id JOIN "
      "counters_version b ON b.id = a.id AND b.transaction_id = a.end_transaction_id JOIN version_transaction y ON "
      "y.id = b.transaction_id";
  CHECK(ask(next) == lines{acknowledged});
  CHECK(ask(next + " WHERE y.id <= x.id OR y.issued_at <= x.issued_at") == lines{"0"});
}

}  // namespace counting
