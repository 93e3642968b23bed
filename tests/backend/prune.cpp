/// Retention on SQLite files: dying at any statement, other programs and other processes, long histories.

#include <malloc.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "support/application.hpp"
#include "support/failing_connection.hpp"
#include "support/history_run.hpp"
#include "support/rounds.hpp"
#include "support/stores.hpp"
#include "varve/history/retention.hpp"

using namespace test;

namespace {

varve::store_handle open_file(const std::string& path) {
  return varve::sqlite::open<Dataset, Chart, Dashboard, Recipe, Poster>(path, {.full_sync = false});
}
/// As of long after everything.
varve::prune_options at_the_end() {
  varve::prune_options options;
  options.pause = 0ms;
  options.clock = [] { return start + std::chrono::days{3650}; };
  return options;
}

/// Each row of each table of a file.
lines all_rows(const std::string& path) {
  application db{path};
  lines found;
  for (const auto& table : db.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
    for (const auto& row : db.ask("SELECT * FROM \"" + table + "\" ORDER BY 1, 2")) found.push_back(table + ": " + row);
  return found;
}

/// Kills a prune of a random history at every statement, then looks at what is there, and lets another one finish.
void kill_everywhere(unsigned seed, std::size_t steps, long stride) {
  INFO("seed " << seed);
  const auto original = temporary_database(), copy = temporary_database();
  history_model model;
  std::map<std::pair<home, varve::transaction_id>, std::string> restores;
  {
    const auto store = open_file(*original);
    history_run history{store};
    for (const auto& one : random_steps(seed, steps, {act::prune, act::edit_past})) history.take(one);
    history.settle();
    REQUIRE(history.found() == lines{});
    model = history.model;
    for (const auto& [at, chain] : model.chains)
      for (const auto& version : chain) restores[{at, version.at}] = restored(store, at, version.at);
  }
  REQUIRE(!model.deeds.empty());
  const auto cut_off = std::next(model.deeds.begin(), static_cast<std::ptrdiff_t>(model.deeds.size() * 3 / 4))->second.issued_at;
  auto options = at_the_end();
  options.batch_rows = 3;
  options.clock = [cut_off] { return cut_off; };
  for (const bool after : {false, true})
    for (long at = 0;; at += stride) {
      std::filesystem::copy_file(*original, *copy, std::filesystem::copy_options::overwrite_existing);
      bool survived = true;
      {
        const auto until = std::make_shared<fuse>(fuse{1'000'000, after});
        const failing_store store{*copy, until};
        (store.base().use(varve::info_of<Dataset>()), store.base().use(varve::info_of<Chart>()),
         store.base().use(varve::info_of<Dashboard>()), store.base().use(varve::info_of<Recipe>()),
         store.base().use(varve::info_of<Poster>()));
        until->left = at;
        try {
          varve::prune(store, 0s, options);
        } catch (const varve::error&) {
          survived = false;
        }
      }
      INFO("dies " << (after ? "behind" : "before") << " statement " << at);
      const auto store = open_file(*copy);
      const auto horizon = store.base().snapshot()->horizon();
      REQUIRE(history_check{model, store}.disagreements(horizon, survived) == lines{});
      REQUIRE(violations(everything_in(store), true) == lines{});
      REQUIRE(broken_laws(store) == lines{});
      REQUIRE(found_by_doctor(store) == lines{});
      for (const auto& [what, outcome] : restores) {
        const auto again = restored(store, what.first, what.second);
        if (again != "no such version") REQUIRE(again == outcome);
      }
      REQUIRE(varve::prune(store, 0s, options).finished);
      REQUIRE(unpruned(everything_in(store)) == lines{});
      REQUIRE(varve::check_history(store).count() == 0);
      if (survived) break;
    }
}

/// Does work in a process of its own, which says whether it came to its end.
template <class Work>
pid_t in_another_process(Work&& work) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  int code = 1;
  try {
    work();
    code = 0;
  } catch (...) {  // its code tells
  }
  _exit(code);
}
void require_end(pid_t pid) {
  REQUIRE(pid > 0);
  int status = -1;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(status == 0);
}

/// Notes with as many versions each, written without varve's help. Every version has a transaction and a record.
class long_notes {
 public:
  long_notes(int notes, int versions) : notes_(notes), versions_(versions), path_(temporary_database()) {
    require_end(in_another_process([this] { fill(); }));  // whose memory is not the prune's
    store = std::make_unique<varve::store_handle>(varve::sqlite::open<Note>(*path_, {.full_sync = false}));
  }

  /// Prunes while another thread saves, and says what that cost.
  void prune_beside_a_saver(varve::prune_options options, bool tells) {
    using clock = std::chrono::steady_clock;
    const auto since = [](clock::time_point begin) { return std::chrono::duration<double, std::milli>(clock::now() - begin).count(); };
    std::atomic<bool> done{false};
    std::atomic<std::size_t> batches{0};
    options.progress = [&, deleted = std::size_t{0}](const varve::prune_report& report) mutable {
      if (report.deleted() != std::exchange(deleted, report.deleted())) ++batches;
      return true;
    };
    std::vector<double> saves;
    std::vector<std::size_t> waits;  // how many batches ended while a save waited for its turn
    std::string failure;
    std::thread saver{[&] {
      try {
        varve::session session{*store, varve::actor{"bob"}};
        auto& note = session.get<Note>(std::int64_t{1});
        while (!done) {
          note.text += "+";
          if (note.text.size() > 100) note.text = "-";
          const auto begin = clock::now();
          const std::size_t before = batches;
          session.begin();  // here it waits for its turn
          waits.push_back(batches - before);
          session.commit();
          saves.push_back(since(begin));
          std::this_thread::sleep_for(1ms);
        }
      } catch (const std::exception& what) {
        failure = what.what();
      }
    }};
    const auto resident = [] {
      rusage usage{};
      getrusage(RUSAGE_SELF, &usage);
      return usage.ru_maxrss / 1024;
    };
    const long before = resident();
    const auto begin = clock::now();
    const auto report = varve::prune(*store, 0s, options);
    const double took = since(begin);
    done = true;
    saver.join();
    CHECK(failure.empty());
    CHECK(report.finished);
    CHECK(report.rows >= static_cast<std::size_t>(notes_ * (versions_ - 1)));
    CHECK(report.records >= static_cast<std::size_t>(notes_ * (versions_ - 2)));
    // MiB, whatever the length of the history; a sanitizer keeps what is freed for a while.
    if (mallinfo2().uordblks > 0) CHECK(resident() - before < 64);
    REQUIRE(!saves.empty());
    std::sort(saves.begin(), saves.end());
    const double longest = saves.back();
    std::sort(waits.begin(), waits.end());
    // A save waits for the batch that has the lock. On a machine that does not run it in time it misses the pause, seldom.
    CHECK(batches > 10);
    CHECK(waits[waits.size() * 99 / 100] <= 1);
    CHECK(waits.back() <= 5);
    CHECK(longest < 2000);  // ms
    if (tells)
      std::printf("%zu rows, %zu records, %zu transactions in %.1f s; %ld MiB more; %zu saves: median %.2f ms, 99 %% %.2f ms, "
                  "longest %.2f ms, behind %zu batches at most\n", report.rows, report.records, report.transactions,
                  took / 1000, resident() - before, saves.size(), saves[saves.size() / 2], saves[saves.size() * 99 / 100],
                  longest, waits.back());
    application db{*path_};
    CHECK(db.ask("SELECT count(*) FROM notes_past WHERE end_transaction_id < (SELECT content FROM version_catalog WHERE name = "
                 "'horizon') + 0") == lines{"0"});
    CHECK(db.ask("SELECT count(*) FROM version_changes r WHERE NOT EXISTS (SELECT 1 FROM notes_past n WHERE n.id = r.entity_id "
                 "AND n.transaction_id = r.transaction_id)") == lines{"0"});
    CHECK(db.ask("SELECT count(*) FROM (SELECT transaction_id FROM notes_past EXCEPT SELECT id FROM version_transaction)") ==
          lines{"0"});
  }

  std::unique_ptr<varve::store_handle> store{};
  [[nodiscard]] const std::string& path() const { return *path_; }

 private:
  void fill() const {
    const auto made = varve::sqlite::open<Note>(*path_, {.full_sync = false});
    application db{*path_};
    const auto n = std::to_string(notes_), v = std::to_string(versions_);
    db.run("PRAGMA synchronous = OFF");
    db.run("BEGIN");
    db.run("CREATE TEMP TABLE k AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < " + n + " * " + v +
           ") SELECT i / " + n + " AS version, i % " + n + " + 1 AS id, i + 1 AS at FROM c");
    db.run("INSERT INTO notes (id, body) SELECT id, 'v' || version FROM k WHERE version = " + v + " - 1");
    db.run("INSERT INTO version_transaction (id, issued_at, actor) SELECT at, strftime('%Y-%m-%d %H:%M:%S', "
           "'2020-01-01', '+' || at || ' seconds') || '.000000', 'ada' FROM k");
    db.run("INSERT INTO notes_past (id, body, transaction_id, end_transaction_id, operation_type, end_filler) SELECT id, 'v' || "
           "version, at, iif(version = " + v + " - 1, NULL, at + " + n + "), iif(version = 0, 0, 1), NULL FROM k");
    db.run("INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, from_value, "
           "to_value) SELECT at, 'memo', id, 0, 'field', 'edit', '[\"text\"]', '\"v' || (version - 1) || '\"', '\"v' || version || "
           "'\"' FROM k WHERE version > 0");
    db.run("COMMIT");
  }

  int notes_, versions_;
  std::shared_ptr<std::string> path_;
};

}  // namespace

TEST_CASE("a prune that dies at any statement leaves whole versions, and another one finishes", "[sqlite][retention]") {
  kill_everywhere(3, 60, under_sanitizer ? 5 : 1);
}
TEST_CASE("a prune that dies at any statement leaves whole versions, and another one finishes, many times",
          "[.long][sqlite][retention]") {
  kill_everywhere(GENERATE(range(10U, 30U)), 150, 1);
}

TEST_CASE("a step of a prune that the database asks to run again is, and the prune does what it would have done",
          "[sqlite][retention]") {
  const auto original = temporary_database(), copy = temporary_database();
  {
    const auto store = open_file(*original);
    history_run history{store};
    for (const auto& one : random_steps(5, 200, {act::prune, act::edit_past})) history.take(one);
    history.settle();
  }
  const auto prune_copy = [&](long fails_at, long times, const varve::retry_policy& policy, std::size_t& asked) {
    std::filesystem::copy_file(*original, *copy, std::filesystem::copy_options::overwrite_existing);
    const auto until = std::make_shared<fuse>(fuse{1'000'000, false, varve::error_kind::retry});
    const failing_store store{*copy, until};
    (store.base().use(varve::info_of<Dataset>()), store.base().use(varve::info_of<Chart>()),
     store.base().use(varve::info_of<Dashboard>()), store.base().use(varve::info_of<Recipe>()),
     store.base().use(varve::info_of<Poster>()));
    auto options = at_the_end();
    options.batch_rows = 3;
    options.retry = policy;
    options.progress = [&](const varve::prune_report&) {
      if (until->left <= 0 && ++asked >= static_cast<std::size_t>(times)) until->left = 1'000'000;
      return true;
    };
    until->left = fails_at;
    return varve::prune(store, 0s, options);
  };
  const varve::retry_policy patient{.attempts = 4, .first_pause = 0ms};
  std::size_t asked = 0;
  const auto undisturbed = prune_copy(1'000'000, 0, patient, asked);
  REQUIRE(undisturbed.rows > 20);
  const auto wanted = all_rows(*copy);
  long at = 0;
  for (bool struck = true; struck; at += under_sanitizer ? 15 : 3) {
    INFO("fails at statement " << at);
    asked = 0;
    const auto report = prune_copy(at, 3, patient, asked);
    struck = asked > 0;
    REQUIRE((asked == 3 || !struck));
    REQUIRE(report.finished);
    REQUIRE(report.horizon == undisturbed.horizon);
    REQUIRE(report.deleted() == undisturbed.deleted());
    REQUIRE(all_rows(*copy) == wanted);
  }
  CHECK(at > 50);
  asked = 0;
  CHECK_THROWS_AS(prune_copy(30, 3, {.attempts = 3, .first_pause = 0ms}, asked), varve::backend_error);
  CHECK(asked == 2);
  CHECK(varve::prune(open_file(*copy), 0s, at_the_end()).finished);
  CHECK(all_rows(*copy) == wanted);
}

TEST_CASE("a prune leaves the history of kinds that its program does not know", "[sqlite][retention]") {
  const auto path = temporary_database();
  const auto all = varve::sqlite::open<Dataset, Chart, Dashboard, Recipe, Poster, Note>(*path);
  varve::session session{all, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();  // 1
  auto& recipe = session.add(Recipe{.name = "a", .steps = {{.name = "s"}}});
  session.commit();  // 2
  note.text = recipe.name = "b";
  session.commit();  // 3: both
  note.text = "c";
  session.commit();  // 4
  recipe.steps[0].text = "c";
  session.commit();  // 5
  {
    const auto some = varve::sqlite::open<Note>(*path);
    const auto report = varve::prune(some, 0s, at_the_end());
    CHECK(report.finished);
    CHECK(report.rows == 2);
    CHECK(report.transactions == 1);
  }
  CHECK(varve::history<Recipe>{all}.versions(recipe.id).all().size() == 3);
  CHECK(violations(everything_in(all)) == lines{});
  CHECK(varve::prune(all, 0s, at_the_end()).rows == 3);  // two recipes, a step
  CHECK(unpruned(everything_in(all)) == lines{});
}

TEST_CASE("a prune passes over gaps between transactions, however wide", "[sqlite][retention]") {
  const auto path = temporary_database();
  const auto store = varve::sqlite::open<Note>(*path);
  application db{*path};
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "0"});
  const auto stays = session.add(Note{.text = "stays"});
  session.commit();
  const auto gap = static_cast<std::int64_t>(rounds(15'000'000));
  for (int i = 1; i < 6; ++i) {
    db.run("UPDATE sqlite_sequence SET seq = seq + " + std::to_string(gap) + " WHERE name = 'version_transaction'");
    note.text = std::to_string(i);
    session.commit();
  }
  const auto report = varve::prune(store, 0s, at_the_end());
  CHECK(report.finished);
  CHECK(report.horizon.value == 5 * gap + 7);
  CHECK(report.rows == 5);
  CHECK(report.transactions == 4);
  CHECK(unpruned(everything_in(store)) == lines{});
}

TEST_CASE("a prune in an application's own transaction is that transaction's", "[sqlite][retention]") {
  application db;
  varve::store_handle store = varve::sqlite::store{varve::borrow(db.handle())};
  varve::schema{store}.add<Note>().apply();
  store.base().use(varve::info_of<Note>());
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();
  note.text = "b";
  session.commit();
  db.run("BEGIN");
  CHECK(varve::prune(store, 0s, at_the_end()).rows == 1);
  CHECK(db.in_transaction());
  db.run("ROLLBACK");
  CHECK(varve::history<Note>{store}.versions(note.id).count() == 2);
  CHECK(store.base().snapshot()->horizon().value == 0);
  CHECK(varve::prune(store, 0s, at_the_end()).rows == 1);
  CHECK_FALSE(db.in_transaction());
  CHECK(varve::history<Note>{store}.versions(note.id).count() == 1);
}

TEST_CASE("walking a shadow table for a prune sorts nothing and scans nothing", "[sqlite][retention]") {
  const auto path = temporary_database();
  const auto store = open_file(*path);
  application db{*path};
  const auto check = [&](const varve::table_info& table) {
    varve::sql::statement_places places;
    const varve::sql::table_statements texts{varve::sqlite::detail::dialect, table, nullptr, places};
    for (const auto& line : db.ask("EXPLAIN QUERY PLAN " + texts.places_after.text)) {
      INFO(line);
      CHECK(line.find("SCAN") == std::string::npos);
      CHECK(line.find("TEMP") == std::string::npos);
      CHECK((line.find("SEARCH") == std::string::npos || line.find("USING") != std::string::npos));
    }
    for (const auto& line : db.ask("EXPLAIN QUERY PLAN " + texts.delete_shadow.text)) CHECK(line.find("SEARCH") != std::string::npos);
  };
  for (const auto* entity : store.base().entities()) {
    check(*entity->table);
    for (const auto& relation : entity->relations) check(*relation.table);
  }
}

TEST_CASE("two processes prune and one saves, side by side", "[sqlite][retention]") {
  const auto path = temporary_database();
  std::vector<std::int64_t> keys;
  {
    const auto store = open_file(*path);
    varve::session session{store, varve::actor{"ada"}};
    for (int i = 0; i < 10; ++i) {
      auto& dataset = session.add(Dataset{.table_name = "0", .metrics = {{.metric_name = "m"}}});
      session.commit();
      keys.push_back(dataset.id);
      for (int k = 1; k < 10; ++k) {
        dataset.table_name = dataset.metrics[0].expression = std::to_string(k);
        session.commit();
      }
    }
  }
  const auto pruner = [&](std::size_t batch) {
    return in_another_process([&] {
      const auto store = open_file(*path);
      auto options = at_the_end();
      options.batch_rows = batch;
      options.pause = 1ms;
      for (int i = 0; i < 10; ++i) varve::prune(store, 0s, options);
    });
  };
  const pid_t running[] = {pruner(2), pruner(5), in_another_process([&] {
    const auto store = open_file(*path);
    varve::session session{store, varve::actor{"bob"}};
    for (int i = 0; i < 100; ++i) {
      session.get<Dataset>(keys[static_cast<std::size_t>(i) % keys.size()]).metrics[0].expression = "bob " + std::to_string(i);
      session.commit();
    }
  })};
  for (const pid_t pid : running) require_end(pid);
  const auto store = open_file(*path);
  CHECK(violations(everything_in(store)) == lines{});
  CHECK(varve::prune(store, 0s, at_the_end()).finished);
  const auto now = everything_in(store);
  CHECK(violations(now) == lines{});
  CHECK(unpruned(now) == lines{});
  for (const auto key : keys)
    CHECK(varve::history<Dataset>{store}.state(varve::history<Dataset>{store}.versions(key).all().at(0)).metrics.at(0).expression.starts_with("bob 9"));
}

TEST_CASE("a saver works on beside a prune of 20,000 rows", "[sqlite][retention]") {
  long_notes notes{1000, 20};
  auto options = at_the_end();
  options.pause = varve::prune_options{}.pause;
  notes.prune_beside_a_saver(options, false);
}
TEST_CASE("a saver works on beside a prune of 1,000,000 rows, in bounded memory", "[.long][sqlite][retention]") {
  long_notes notes{10'000, 100};
  auto options = at_the_end();
  options.pause = varve::prune_options{}.pause;
  notes.prune_beside_a_saver(options, true);
}
