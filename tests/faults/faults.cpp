/// Saves, restores, deletions and prunes that die or fail at each of their system calls and allocations.
///
/// A process of its own works on a copy of a file. Afterwards the doctor must find nothing, what was acknowledged must be
/// there, and what was reported as failed must not.

#include "faults/system_calls.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <random>

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/history/doctor.hpp"
#include "varve/history/retention.hpp"
#include "varve/restore/reverter.hpp"

namespace {

faults::plan new_plan{};
std::size_t news = 0;

}  // namespace

// Not inlined: g++ would take what is inlined in part for a pair that does not match.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++news;
  if (new_plan.at != 0 && (news == new_plan.at || (new_plan.from_then_on && news > new_plan.at)))
    throw std::bad_alloc{};
  if (void* made = std::malloc(size)) return made;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++news;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace test;
using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_slow = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_slow = true;
#else
constexpr bool is_slow = false;
#endif
#else
constexpr bool is_slow = false;
#endif

[[nodiscard]] varve::sqlite::store open_file(const std::string& path, bool wal) {
  return varve::sqlite::open<Dataset, Chart, Dashboard>(path, {.wal = wal, .busy_timeout = 1s});
}

/// A history to go on with: a dataset with versions of three days, a chart, a dashboard that links to it.
void make_file(const std::string& path, bool wal) {
  const auto store = open_file(path, wal);
  varve::session session{store, varve::actor{"before"}};
  session.clock([day = 0]() mutable { return start + std::chrono::days{day++}; });
  auto& dataset = session.add(
      Dataset{.table_name = "sales", .sql = "select 1", .metrics = {{.metric_name = "a"}, {.metric_name = "b"}}});
  auto& chart = session.add(Chart{.slice_name = "chart", .params = {{"a", 1}}});
  session.commit();
  session.add(Dashboard{.title = "board", .slices = {{chart.id, chart.uuid}}});
  session.commit();
  for (int i = 0; i < 3; ++i) {
    dataset.sql = "select " + std::to_string(i + 2);
    dataset.metrics[0].expression = std::string(3000, static_cast<char>('a' + i));  // over several pages
    session.commit();
  }
}

/// The steps of the work, each a unit of its own that its transaction's message names.
struct step {
  const char* name;
  void (*run)(varve::session&, const varve::store_handle&);
};
const step steps[] = {
    {"save",
     [](varve::session& session, const varve::store_handle&) {
       auto& dataset = session.get<Dataset>(1);
       dataset.sql = "select 100";
       dataset.metrics[0].expression = std::string(2000, 'z');
       dataset.metrics.push_back({.metric_name = "c"});
       session.commit();
     }},
    {"link",
     [](varve::session& session, const varve::store_handle&) {
       auto& chart = session.add(Chart{.uuid = varve::random_uuid(), .slice_name = "new"});
       auto& board = session.get<Dashboard>(1);
       board.slices.push_back({chart.id, chart.uuid});
       board.title = "two charts";
       session.commit();
     }},
    {"restore",
     [](varve::session& session, const varve::store_handle& store) {
       varve::reverter revert{session, varve::history<Dataset>{store}.versions(1).newest_first().page(3).back()};
       revert.all();
       session.commit();
     }},
    {"erase",
     [](varve::session& session, const varve::store_handle&) {
       session.erase<Chart>(1);
       session.commit();
     }},
    {"prune",
     [](varve::session&, const varve::store_handle& store) {
       varve::prune_options options{.batch_rows = 2, .pause = 0ms};
       options.clock = [] { return start + std::chrono::days{10}; };
       varve::prune(store, std::chrono::days{7} + 12h, options);
     }},
    {"again",
     [](varve::session& session, const varve::store_handle&) {
       session.get<Dataset>(1).table_name = "again";
       session.commit();
     }},
};
constexpr std::size_t prune_step = 4;

/// What a process said of a step.
enum class said : char { nothing = '-', done = 'd', committed = 'c', failed = 'f', unknown = 'u', wrong = 'w' };

/// Works, and tells each step's outcome through a pipe.
[[noreturn]] void work(const std::string& path, bool wal, int to) {
  const auto tell = [&](said what) {
    const char letter = static_cast<char>(what);
    static_cast<void>(!::write(to, &letter, 1));
  };
  std::optional<varve::sqlite::store> store;
  for (const auto& one : steps) {
    said outcome = said::wrong;
    try {
      if (!store) store = open_file(path, wal);
      varve::attribution who{varve::actor{"worker"}};
      who.message = one.name;
      varve::session session{*store, who};
      session.clock([] { return start + std::chrono::days{9}; });
      one.run(session, *store);
      outcome = said::done;
    } catch (const varve::outcome_unknown&) {
      outcome = said::unknown;
    } catch (const varve::error& failure) {
      // It says where, and what the database said; or that memory was missing for what comes behind a commit.
      const std::string_view what{failure.what()};
      if (failure.native_code() != 0 && what.find(path) != what.npos) outcome = said::failed;
      if (what.find(std::bad_alloc{}.what()) != what.npos) outcome = said::failed;
      if (what.starts_with("the save is committed, but")) outcome = said::committed;
    } catch (const std::bad_alloc&) {
      outcome = said::failed;
    }
    tell(outcome);
  }
  _exit(0);
}

struct outcome {
  std::vector<said> steps{};
  int status = 0;
};

/// Runs the work in a process of its own.
template <class Prepare>
outcome run_process(const std::string& path, bool wal, Prepare&& prepare) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    prepare();
    work(path, wal, ends[1]);
  }
  close(ends[1]);
  outcome found;
  for (char letter = 0; ::read(ends[0], &letter, 1) == 1;) found.steps.push_back(static_cast<said>(letter));
  close(ends[0]);
  waitpid(child, &found.status, 0);
  return found;
}

/// What is not as it must be after a process has ended; empty when all is well.
/// \param is_out_of_memory  an allocation failed.
std::string damage_in(const std::string& path, bool wal, const outcome& found, bool is_out_of_memory = false) {
  // nlohmann::json allocates in its destructor, and ends the process when it cannot.
  const bool ended = WIFSIGNALED(found.status) &&
                     (WTERMSIG(found.status) == SIGKILL || (WTERMSIG(found.status) == SIGABRT && is_out_of_memory));
  if (WIFSIGNALED(found.status) && !ended) return "the process crashed";
  if (WIFEXITED(found.status) && WEXITSTATUS(found.status) != 0 && WEXITSTATUS(found.status) != 99)
    return "the process ended with " + std::to_string(WEXITSTATUS(found.status));
  const auto store = open_file(path, wal);
  const auto report = varve::check_history(store);
  if (!report.is_sound()) return report.text();
  const bool is_pruned = found.steps.size() > prune_step && found.steps[prune_step] == said::done;
  if (is_pruned && report.by_rule.contains("P1")) return "a prune said that it was done: " + report.text();
  std::map<std::string, int> there;
  for (const auto& entry : store.base().snapshot()->transactions_after({0}, 1000)) ++there[entry.message];
  for (std::size_t i = 0; i < std::size(steps); ++i) {
    if (i == prune_step) continue;
    const auto outcome = i < found.steps.size() ? found.steps[i] : said::nothing;
    const int versions = there[steps[i].name];
    const bool right = outcome == said::done || outcome == said::committed ? versions == 1
                       : outcome == said::failed                           ? versions == 0
                       : outcome == said::wrong                            ? false
                                                                           : versions <= 1;
    if (!right)
      return std::string{steps[i].name} + " said " + static_cast<char>(outcome) + " and is there " +
             std::to_string(versions) + " times";
  }
  varve::session session{store, varve::actor{"after"}};  // and life goes on
  session.get<Dataset>(1).sql = "select after";
  return session.commit().transaction ? "" : "a save afterwards made no version";
}

/// A file that is made once, and copied for each fault.
class files {
 public:
  explicit files(bool wal) : wal_(wal) { make_file(*made_, wal); }
  [[nodiscard]] const std::string& copy() const {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) std::filesystem::remove(*copy_ + suffix);
    std::filesystem::copy_file(*made_, *copy_, std::filesystem::copy_options::overwrite_existing);
    return *copy_;
  }
  [[nodiscard]] bool wal() const { return wal_; }

 private:
  bool wal_;
  std::shared_ptr<std::string> made_ = temporary_database(), copy_ = temporary_database();
};

/// How many faults were struck, and how many of them the process told of or died of: others were made good for, as a short
/// write is, or came where nothing was to be lost.
struct tally {
  std::size_t struck = 0, felt = 0;
  void add(const outcome& found) {
    ++struck;
    const auto is_done = [](said what) { return what == said::done; };
    if (found.status != 0 || !std::all_of(found.steps.begin(), found.steps.end(), is_done)) ++felt;
  }
  tally& operator+=(const tally& more) {
    struck += more.struck;
    felt += more.felt;
    return *this;
  }
};

/// Tries each `stride`th place for a fault until one is behind the work's end.
template <class Prepare>
tally try_all(const files& from, const std::string& what, std::size_t first, std::size_t stride, std::size_t places,
              Prepare&& prepare, bool is_out_of_memory = false) {
  tally faults;
  for (std::size_t at = first; at <= places; at += stride) {
    const auto& path = from.copy();
    const auto found = run_process(path, from.wal(), [&] { prepare(at); });
    faults.add(found);
    const auto damage = damage_in(path, from.wal(), found, is_out_of_memory);
    if (!damage.empty())
      FAIL_CHECK((from.wal() ? "WAL, " : "rollback journal, ") << what << " at " << at << ": " << damage);
  }
  return faults;
}

/// How many calls or allocations the work makes, counted in a process.
template <class Prepare, class Count>
std::size_t count_in_process(const files& from, Prepare&& prepare, Count&& count) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const auto& path = from.copy();
  if (fork() == 0) {
    prepare();
    const auto store = open_file(path, from.wal());
    for (const auto& one : steps) {
      varve::session session{store, varve::actor{"worker"}};
      one.run(session, store);
    }
    const std::size_t counted = count();
    static_cast<void>(!::write(ends[1], &counted, sizeof counted));
    _exit(0);
  }
  close(ends[1]);
  std::size_t counted = 0;
  REQUIRE(::read(ends[0], &counted, sizeof counted) == sizeof counted);
  close(ends[0]);
  wait(nullptr);
  return counted;
}

/// All faults of the system's calls, each `stride`th place.
tally strike_all_calls(bool wal, std::size_t stride) {
  const files from{wal};
  const auto count = [&](faults::fault what) {
    return count_in_process(
        from,
        [what] {
          faults::strike_calls({what, std::numeric_limits<std::size_t>::max(), false});
        },
        [] { return faults::calls(); });
  };
  const auto writes = count(faults::fault::die_before);
  const auto all = count(faults::fault::io_error);  // opening, reading, locking and mapping too
  REQUIRE(writes > 50);
  REQUIRE(all > writes);
  tally struck;
  std::size_t first = 1;
  using faults::fault;
  for (const auto what :
       {fault::die_before, fault::die_within, fault::die_after, fault::io_error, fault::disk_full, fault::short_write})
    for (const bool from_then_on : {false, true}) {
      if (from_then_on && what < fault::io_error) continue;  // the dead stay dead
      const auto places = what == fault::io_error ? all : writes;
      first = first % stride + 1;
      struck += try_all(
          from, std::string{faults::fault_names[static_cast<int>(what)]} + (from_then_on ? " from then on" : ""), first,
          stride, places, [&](std::size_t at) {
            faults::strike_calls({what, at, from_then_on});
          });
    }
  return struck;
}

/// All failing allocations, of SQLite's and of C++, each `stride`th.
tally strike_all_allocations(std::size_t stride) {
  const files from{true};
  const auto nothing = faults::plan{};
  const auto of_sqlite = count_in_process(
      from, [&] { faults::strike_allocations(nothing); }, [] { return faults::allocations(); });
  const auto of_new = count_in_process(
      from, [] { news = 0; }, [] { return news; });
  tally struck;
  for (const bool from_then_on : {false, true}) {
    const char* when = from_then_on ? " from then on" : "";
    struck += try_all(from, std::string{"SQLite out of memory"} + when, 1, stride, of_sqlite, [&](std::size_t at) {
      faults::strike_allocations({faults::fault::io_error, at, from_then_on});
    });
    struck += try_all(
        from, std::string{"out of memory"} + when, 1, stride, of_new,
        [&](std::size_t at) {
          std::set_terminate([] { std::abort(); });  // without a word, which would need memory
          std::signal(SIGABRT, SIG_DFL);
          news = 0;
          new_plan = {faults::fault::io_error, at, from_then_on};
        },
        true);
  }
  return struck;
}

/// Kills the process after a random time.
tally kill_at_random(bool wal, std::size_t times, unsigned seed) {
  const files from{wal};
  tally struck;
  std::minstd_rand random{seed};
  for (std::size_t n = 0; n < times; ++n) {
    const auto& path = from.copy();
    const auto wait_for = std::chrono::microseconds{random() % (is_slow ? 400'000 : 60'000)};
    const auto found = run_process(path, wal, [&] {
      const pid_t worker = getpid();
      if (fork() == 0) {
        usleep(static_cast<useconds_t>(wait_for.count()));
        kill(worker, SIGKILL);
        _exit(0);
      }
    });
    struck.add(found);
    const auto damage = damage_in(path, wal, found);
    if (!damage.empty()) FAIL_CHECK("killed after " << wait_for.count() << " us: " << damage);
  }
  return struck;
}

}  // namespace

// Together more than 2,000 in a run of all tests without a sanitizer.
TEST_CASE("a process that dies or whose disk fails at a system call of SQLite loses nothing", "[faults]") {
  const bool wal = GENERATE(true, false);  // a rollback journal makes twice as many calls
  const std::size_t stride = (wal ? 2U : 4U) * (is_slow ? 20U : 1U);
  const auto done = strike_all_calls(wal, stride);
  CAPTURE(done.struck, done.felt);
  CHECK(done.struck > (is_slow ? 50U : 1200U));
  CHECK(done.felt > done.struck / 2);
}

TEST_CASE("a process without memory loses nothing", "[faults]") {
  const auto done = strike_all_allocations(is_slow ? 1000 : 400);
  CAPTURE(done.struck, done.felt);
  CHECK(done.struck > (is_slow ? 30U : 80U));
  CHECK(done.felt > done.struck / 2);
}

TEST_CASE("a process that is killed loses nothing", "[faults]") {
  const std::size_t times = is_slow ? 5 : 40;
  auto done = kill_at_random(true, times, 1);
  done += kill_at_random(false, times, 2);
  CAPTURE(done.struck, done.felt);
  CHECK(done.struck == 2 * times);
  CHECK(done.felt > 0);
}

TEST_CASE("each system call, thousands of allocations and a thousand kills", "[.long][faults]") {
  auto done = strike_all_calls(true, 1);
  done += strike_all_calls(false, 1);
  done += strike_all_allocations(20);
  done += kill_at_random(true, 500, 3);
  done += kill_at_random(false, 500, 4);
  WARN(done.struck << " faults, of which " << done.felt << " were felt");
  CHECK(done.struck >= 10'000);
  CHECK(done.felt > done.struck / 2);
}
