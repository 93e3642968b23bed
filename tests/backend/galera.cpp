// Three nodes of one cluster, each a place to save and to read.
#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>

#include "backend/counters.hpp"
#include "support/entities.hpp"
#include "support/galera_cluster.hpp"
#include "support/rounds.hpp"
#include "varve/capture/record.hpp"
#include "varve/history/retention.hpp"
#include "varve/session/transact.hpp"

using namespace test;
using counting::Counter;

namespace {

void add_counters(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  for (std::int64_t i = 1; i <= counting::counters; ++i)
    session.add(Counter{.id = i, .parts = {{.name = "a"}, {.name = "b"}, {.name = "c"}}});
  session.commit();
}

/// Six writers, two on each node, who count until they are told to end or have counted so often.
class galera_writers {
 public:
  /// \param pause  behind each count.
  galera_writers(const std::array<varve::store_handle, galera_cluster::nodes>& stores, int counts_each,
                 std::chrono::milliseconds pause = 0ms)
      : stores_(stores), pause_(pause) {
    for (unsigned i = 0; i < 6; ++i) threads_.emplace_back([this, i, counts_each] { count(i, counts_each); });
  }
  galera_writers(const galera_writers&) = delete;
  galera_writers& operator=(const galera_writers&) = delete;
  ~galera_writers() { end(); }

  void end() {
    ends_ = true;
    wait();
  }
  void wait() {
    for (auto& one : threads_) one.join();
    threads_.clear();
  }
  [[nodiscard]] std::int64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::vector<varve::uuid> unknown() const {
    const std::lock_guard held{mutex_};
    return unknown_;
  }
  [[nodiscard]] const lines& failures() const { return failures_; }
  /// Waits until so many more are acknowledged.
  void let_count(std::int64_t more) const {
    const auto until = acknowledged_ + more;
    for (int i = 0; acknowledged_ < until && i < 6000; ++i) std::this_thread::sleep_for(10ms);
    CHECK(acknowledged_ >= until);
  }

 private:
  void count(unsigned writer, int counts) {
    std::minstd_rand random{writer + 1};
    const auto& store = stores_[writer % galera_cluster::nodes];
    for (int i = 0; i < counts && !ends_; ++i) {
      const auto key = static_cast<std::int64_t>(random() % counting::counters) + 1;
      const auto part = random() % 3;
      const bool in_total = random() % 2 == 0;  // else a child alone changes
      try {
        const auto saved = varve::transact(
            store, varve::actor{"writer " + std::to_string(writer)},
            [&](varve::session& unit) {
              auto& counter = unit.get<Counter>(key);
              ++counter.parts[part].count;
              if (in_total) ++counter.total;
            },
            varve::retry_policy{.attempts = 1000, .first_pause = 1ms, .longest_pause = 20ms});
        if (!saved.transaction) throw std::logic_error{"no version"};
        ++acknowledged_;
        if (pause_ > 0ms) std::this_thread::sleep_for(pause_);
      } catch (const varve::outcome_unknown& failure) {
        const std::lock_guard held{mutex_};
        unknown_.push_back(failure.token());
      } catch (const varve::error& failure) {
        const std::lock_guard held{mutex_};
        if (failure.kind() != varve::error_kind::elsewhere)
          failures_.push_back(failure.what());
        else
          std::this_thread::sleep_for(20ms);
      } catch (const std::exception& failure) {
        const std::lock_guard held{mutex_};
        failures_.push_back(failure.what());
      }
    }
  }

  const std::array<varve::store_handle, galera_cluster::nodes>& stores_;
  std::chrono::milliseconds pause_;
  std::atomic<bool> ends_ = false;
  std::atomic<std::int64_t> acknowledged_ = 0;
  mutable std::mutex mutex_{};
  std::vector<varve::uuid> unknown_{};
  lines failures_{};
  std::vector<std::thread> threads_{};
};

/// What must hold whoever saved where. What the doctor finds on one node it finds on all, as they are equal.
void check_cluster(const galera_cluster& cluster, const varve::store_handle& store) {
  cluster.check_equal();
  CHECK(found_by_doctor(store) == lines{});
}
/// That each version is one count, behind the one before, and no count is without one.
void check_counters(const galera_cluster& cluster, std::int64_t counted) {
  CHECK(cluster.ask("SELECT sum(count) FROM parts") == lines{std::to_string(counted)});
  CHECK(cluster.ask("SELECT count(*) FROM counters_version WHERE operation_type = 1") ==
        lines{std::to_string(counted)});
  CHECK(cluster.ask("SELECT count(*) FROM parts_version a JOIN parts_version b ON b.id = a.id AND b.transaction_id = "
                    "a.end_transaction_id WHERE b.count <> a.count + 1") == lines{"0"});
  // Ids and times rise along an entity.
  CHECK(
      cluster.ask("SELECT count(*) FROM counters_version a JOIN version_transaction t ON t.id = a.transaction_id JOIN "
                  "version_transaction e ON e.id = a.end_transaction_id WHERE e.id <= t.id OR e.issued_at <= "
                  "t.issued_at") == lines{"0"});
}

/// How many of some unknown saves a store knows to be committed.
std::int64_t committed_of(const std::vector<varve::uuid>& unknown, const varve::store_handle& store) {
  std::int64_t committed = 0;
  for (const auto& token : unknown) {
    const auto found = store.outcome_of(token);
    CHECK(found != varve::outcome::cannot_be_asked);
    if (found == varve::outcome::committed) ++committed;
  }
  return committed;
}

/// Cuts one node after the other off while writers count on all.
void cut_under_load(std::size_t cuts) {
  const galera_cluster cluster;
  cluster.demand_networks();
  const auto stores = cluster.open<Counter>();
  add_counters(stores[0]);
  galera_writers writers{stores, 1'000'000, 20ms};
  for (std::size_t i = 0; i < cuts; ++i) {
    const auto node = (i + 2) % 3;
    INFO("node " << node);
    writers.let_count(30);
    cluster.tell("cut", node);
    writers.let_count(30);
    int code = 0;
    for (int tries = 0; code == 0 && tries < 200; ++tries) {
      try {
        varve::session session{stores[node]};
        static_cast<void>(session.get<Counter>(1));
        std::this_thread::sleep_for(50ms);
      } catch (const varve::error& failure) {
        CHECK(failure.kind() == varve::error_kind::elsewhere);
        code = failure.native_code();
      }
    }
    CHECK(code == 1047);
    // Once it knows that it is alone the others answer for it, and that stays true.
    const auto unknown = writers.unknown();
    const auto committed = committed_of(unknown, stores[(node + 1) % 3]);
    writers.let_count(30);
    cluster.tell("heal", node);
    writers.let_count(30);
    CHECK(committed_of(unknown, stores[node]) == committed);
  }
  writers.end();
  CHECK(writers.failures() == lines{});
  check_counters(cluster, writers.acknowledged() + committed_of(writers.unknown(), stores[0]));
  check_cluster(cluster, stores[2]);
  for (const auto& one : stores) CHECK(found_by_doctor(one) == lines{});
}

void count_on_three_nodes(int counts_each) {
  const galera_cluster cluster;
  const auto stores = cluster.open<Counter>();
  add_counters(stores[0]);
  galera_writers writers{stores, counts_each};
  writers.wait();
  CHECK(writers.failures() == lines{});
  CHECK(writers.unknown().empty());
  CHECK(writers.acknowledged() == 6 * counts_each);
  check_counters(cluster, writers.acknowledged());
  check_cluster(cluster, stores[2]);
}

}  // namespace

TEST_CASE("Galera: an entity that has no history gets its first version once, though two nodes save it",
          "[server][galera]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Note>();
  constexpr std::int64_t notes = 20;
  {
    varve::store_handle unversioned = stores[0];
    unversioned.versioning(false);
    varve::session session{unversioned, varve::actor{"ada"}};
    for (std::int64_t id = 1; id <= notes; ++id) session.add(Note{.id = id, .text = "old"});
    session.commit();
    unversioned.versioning(true);
  }
  for (std::int64_t id = 1; id <= notes; ++id) {
    INFO("note " << id);
    const auto writes = [id](const char* text) {
      return [=](varve::session& session) { session.get<Note>(id).text = text; };
    };
    const auto saved = save_on_two_nodes(stores, {writes("one"), writes("two")});
    CHECK(saved[0] != saved[1]);
    CHECK(varve::history<Note>{stores[2]}.versions(id).count() == 2);
  }
  CHECK(cluster.ask("SELECT count(*) FROM version_transaction WHERE action_kind = 'baseline'") ==
        lines{std::to_string(notes)});
  check_cluster(cluster, stores[2]);
}

TEST_CASE("Galera: of two saves of one version on two nodes one is acknowledged", "[server][galera]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Counter>();
  add_counters(stores[0]);
  const bool of_children = GENERATE(true, false);  // each of a child of its own
  constexpr int times = 20;
  const auto counts = [&](std::size_t part) {
    return [=](varve::session& session) {
      auto& counter = session.get<Counter>(1);
      ++(of_children ? counter.parts[part].count : counter.total);
    };
  };
  for (int i = 0; i < times; ++i) {
    const auto saved = save_on_two_nodes(stores, {counts(0), counts(1)});
    CHECK(saved[0] != saved[1]);
  }
  CHECK(varve::history<Counter>{stores[2]}.versions(1).count() == times + 1);
  CHECK(cluster.ask("SELECT sum(total) + (SELECT sum(count) FROM parts) FROM counters") ==
        lines{std::to_string(times)});
  check_cluster(cluster, stores[2]);
}

TEST_CASE("Galera: six writers on three nodes count each save that is acknowledged once", "[server][galera]") {
  count_on_three_nodes(100);
}
TEST_CASE("Galera: six writers on three nodes count each save that is acknowledged once, 20,000 times",
          "[.long][server][galera]") {
  count_on_three_nodes(3334);
}

TEST_CASE("Galera: a version that was saved on one node is read on another at once", "[server][galera]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Note>();
  std::int64_t id = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    varve::session writes{stores[i % 3], varve::actor{"ada"}};
    auto& note = i == 0 ? writes.add(Note{}) : writes.get<Note>(id);
    note.text = std::to_string(i);
    const auto made = writes.commit().transaction;
    id = note.id;
    const auto& store = stores[(i + 1) % 3];
    varve::session reads{store};
    CHECK(reads.get<Note>(id).text == std::to_string(i));
    CHECK(varve::history<Note>{store}.versions(id).all().back().transaction() == made);
  }
  check_cluster(cluster, stores[2]);
}

TEST_CASE("Galera: a node that hangs and one that dies lose nothing that was acknowledged, and come back",
          "[server][galera]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Counter>();
  add_counters(stores[0]);
  galera_writers writers{stores, 1'000'000, 50ms};
  writers.let_count(30);
  cluster.tell("pause", 2);
  writers.let_count(30);
  cluster.tell("continue", 2);
  writers.let_count(30);
  cluster.tell("kill", 1);
  writers.let_count(30);
  cluster.tell("rejoin", 1);
  writers.let_count(30);
  writers.end();
  CHECK(writers.failures() == lines{});
  check_counters(cluster, writers.acknowledged() + committed_of(writers.unknown(), stores[0]));
  check_cluster(cluster, stores[2]);
}

TEST_CASE("Galera: a node that is cut off takes nothing, the others go on, and nothing that was acknowledged is lost",
          "[server][galera]") {
  cut_under_load(1);
}
TEST_CASE("Galera: nodes that are cut off one after the other take nothing, and nothing that was acknowledged is lost",
          "[.long][server][galera]") {
  cut_under_load(12);
}

TEST_CASE("Galera: a prune on one node takes nothing of saves on others", "[server][galera][retention]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Counter>();
  add_counters(stores[0]);
  galera_writers writers{stores, 1'000'000};
  for (int i = 0; i < 5; ++i) {
    writers.let_count(20);
    const auto report = varve::prune(
        stores[static_cast<std::size_t>(i) % 3], 0us,
        {.batch_rows = 20, .pause = 1ms, .retry = {.attempts = 1000, .first_pause = 1ms, .longest_pause = 20ms}});
    CHECK(report.finished);
  }
  writers.end();
  CHECK(writers.failures() == lines{});
  CHECK(writers.unknown().empty());
  CHECK(cluster.ask("SELECT sum(count) FROM parts") == lines{std::to_string(writers.acknowledged())});
  varve::prune(stores[1], 0us);
  CHECK(cluster.ask("SELECT count(*) FROM counters_version") == lines{std::to_string(counting::counters)});
  check_cluster(cluster, stores[2]);
}

TEST_CASE("Galera: a save that is committed on another node while a prune reads is kept whole",
          "[server][galera][retention]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Note>();
  mariadb_program program{cluster.uri(1)};
  const varve::mariadb::store borrowed{varve::borrow(program.handle())};
  bool was_committed = true;
  for (int at = 1; was_committed; ++at) {
    INFO("committed at step " << at);
    std::int64_t first = 0;
    {
      varve::session session{stores[1], varve::actor{"ada"}};
      auto& one = session.add(Note{.text = "1"});
      session.commit();
      first = one.id;
    }
    program.run("BEGIN");
    program.run("UPDATE notes SET body = '2' WHERE id = " + std::to_string(first));
    const Note before{.id = first, .text = "1"}, after{.id = first, .text = "2"};
    const auto begun = *varve::record(borrowed, varve::actor{"bob"}, &before, &after).self;
    // Ids rise on each node by itself: the first ones may be lower than what is on its way.
    for (varve::transaction_id behind{}; behind < begun;) {
      varve::session session{stores[0], varve::actor{"ada"}};
      session.add(Note{.text = "behind"});
      behind = *session.commit().transaction;
    }
    int step = 0;
    was_committed = false;
    const auto commit = [&] {
      program.run("COMMIT");
      cluster.settle();
      was_committed = true;
    };
    varve::prune_options options;
    options.clock = [] { return varve::now() + 1h; };
    options.progress = [&](const varve::prune_report&) {
      if (++step == at) commit();
      return true;
    };
    const auto report = varve::prune(stores[0], 0us, options);
    CHECK(report.horizon.value > begun.value);
    if (!was_committed) program.run("COMMIT");
    cluster.settle();
    CHECK(varve::history<Note>{stores[2]}.versions(first).all().back().transaction() == begun);
    check_cluster(cluster, stores[2]);
    if (at > 40) break;
  }
  CHECK_FALSE(was_committed);
}

TEST_CASE("Galera: a save that is too large for the cluster is refused, and is nowhere", "[server][galera]") {
  const galera_cluster cluster;
  const auto stores = cluster.open<Note>();
  mariadb_program program{cluster.uri(0)};
  const auto most = program.ask("SELECT @@GLOBAL.wsrep_max_ws_size").front();
  program.run("SET GLOBAL wsrep_max_ws_size = 100000");
  {
    varve::session session{stores[0], varve::actor{"ada"}};
    session.add(Note{.text = std::string(300'000, 'x')});
    try {
      session.commit();
      FAIL_CHECK("it was saved");
    } catch (const varve::error& failure) {
      CHECK(failure.kind() == varve::error_kind::input);
      CHECK(failure.native_code() == 1105);
    }
  }
  program.run("SET GLOBAL wsrep_max_ws_size = " + most);
  varve::session session{stores[0], varve::actor{"ada"}};
  session.add(Note{.text = "small"});
  session.commit();
  CHECK(cluster.ask("SELECT body FROM notes") == lines{"small"});
  check_cluster(cluster, stores[1]);
}
