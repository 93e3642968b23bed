#include "varve/history/retention.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <thread>

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/restore/reverter.hpp"

using namespace test;

namespace {

class pruned_stores : public on_every_store<Dataset, Chart, Dashboard, Recipe, Note> {
 protected:
  /// Prunes what had ended when a transaction was issued.
  varve::prune_report prune_until(varve::transaction_id at, varve::prune_options options = {}) {
    const auto entry = varve::find_transaction(store, at);
    REQUIRE(entry);
    return prune_at(entry->issued_at, std::move(options));
  }
  varve::prune_report prune_all(varve::prune_options options = {}) {
    return prune_at(start + std::chrono::days{3650}, std::move(options));
  }
  varve::prune_report prune_at(varve::time_point time, varve::prune_options options = {}) {
    options.pause = 0ms;
    options.clock = [time] { return time; };
    return varve::prune(store, 0s, options);
  }
  void check_finished() {
    CHECK(unpruned(everything_in(store)) == lines{});
    CHECK(varve::check_history(store).count() == 0);
  }
  /// A note with as many versions.
  Note long_note(int saves) {
    auto session = by("ada");
    auto& note = session.add(Note{.text = "0"});
    commit(session);
    for (int i = 1; i < saves; ++i) {
      note.text = std::to_string(i);
      commit(session);
    }
    return note;
  }
};

/// Stores on which a worker's thread may prune beside sessions.
class worker_stores : public on_every_store<Note> {
 protected:
  worker_stores() : on_every_store(each_backend(true)) {}
};

/// Sets a variable of the environment for a while.
class environment {
 public:
  environment(const char* name, const char* content) : name_(name) {
    if (content == nullptr)
      unsetenv(name);
    else
      setenv(name, content, 1);
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() { unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE_METHOD(pruned_stores, "PJ-04 versions are numbered from 0, and again when a prune took the older ones",
                 "[retention]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "a"});
  auto& other = session.add(Note{.text = "other"});
  commit(session);  // 1
  for (const char* text : {"b", "c", "d"}) {
    note.text = text;
    other.text = std::string{"other "} + text;
    commit(session);  // 2, 3, 4
  }
  const auto numbers = [&] {
    lines told;
    for (const auto& version : versions<Note>(note.id))
      told.push_back(std::to_string(version.number()) + " of " + std::to_string(version.transaction().value));
    return told;
  };
  CHECK(numbers() == lines{"0 of 1", "1 of 2", "2 of 3", "3 of 4"});
  prune_until({3});
  CHECK(numbers() == lines{"0 of 2", "1 of 3", "2 of 4"});
  check_finished();
}
TEST_CASE_METHOD(pruned_stores, "what ended before the horizon goes, and what lives stays however old", "[retention]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "a"});
  const auto still = session.add(Note{.text = "still"});
  commit(session);  // 1
  for (const char* text : {"b", "c", "d"}) {
    note.text = text;
    commit(session);  // 2, 3, 4
  }
  const auto report = prune_until({3});
  CHECK(report.finished);
  CHECK(report.horizon.value == 3);
  CHECK(report.rows == 1);
  CHECK(report.records == 0);
  CHECK(report.transactions == 0);  // the first began what still lives
  CHECK(versions<Note>(note.id).size() == 3);
  CHECK(versions<Note>(note.id).front().number() == 0);
  CHECK_FALSE(varve::history<Note>{store}.version(note.id, varve::transaction_id{1}));
  CHECK_FALSE(varve::history<Note>{store}.as_of(note.id, varve::transaction_id{1}));
  CHECK(varve::history<Note>{store}.as_of(note.id, varve::transaction_id{2})->text == "b");
  check_finished();

  const auto all = prune_all();
  CHECK(all.finished);
  CHECK(all.horizon.value == 5);
  CHECK(all.rows == 2);
  CHECK(all.records == 2);
  CHECK(all.transactions == 2);
  CHECK(operations<Note>(note.id) == lines{"update"});
  CHECK(records<Note>(note.id)[0] == lines{R"(field edit ["text"] "c" -> "d")"});
  CHECK(versions<Note>(versions<Note>(note.id)[0].id().entity.integer().value()).size() == 1);
  CHECK(transactions() == 2);
  check_finished();
  CHECK(prune_all().deleted() == 0);
}

TEST_CASE_METHOD(pruned_stores, "an entity that was deleted before the horizon is gone, and its key is free for another", "[retention]") {
  const auto gone = save(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}}});
  {
    auto session = by("bob");
    session.erase<Dataset>(gone.id);
    commit(session);
  }
  save(Note{.text = "later"});
  CHECK(prune_all().finished);
  CHECK(versions<Dataset>(gone.uuid).empty());
  CHECK(versions<Dataset>(gone.id).empty());
  CHECK(transactions() == 1);
  check_finished();
  const auto next = save(Dataset{.id = gone.id, .table_name = "b"});
  CHECK(next.id == gone.id);
  CHECK(operations<Dataset>(gone.id) == lines{"insert"});
}

TEST_CASE_METHOD(pruned_stores, "what was saved before a prune is changed after it without a baseline", "[retention]") {
  const auto dataset = save(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}, {.metric_name = "n"}}});
  auto session = by("ada");
  auto& same = session.get<Dataset>(dataset.id);
  same.table_name = "b";
  commit(session);
  CHECK(prune_all().rows == 1);  // the metrics of the first version are those of the second
  same.metrics[0].expression = "x";
  const auto done = session.commit();
  CHECK(done.transaction);
  CHECK_FALSE(done.baseline);
  CHECK(operations<Dataset>(dataset.uuid) == lines{"update", "update"});
  CHECK(varve::history<Dataset>{store}.state(versions<Dataset>(dataset.uuid)[0]).metrics.size() == 2);

  varve::session other{store, varve::actor{"bob"}};
  varve::reverter{other, versions<Dataset>(dataset.uuid)[0]}.all();
  other.commit();
  CHECK(live<Dataset>(dataset.id).metrics[0].expression.empty());
}

TEST_CASE_METHOD(pruned_stores, "a child that came from elsewhere does not make an old version of its new parent damaged", "[retention]") {
  const auto a = save(Dataset{.table_name = "a", .metrics = {{.metric_name = "old"}}});
  const auto b = save(Dataset{.table_name = "b"});
  auto session = by("ada");
  auto& from = session.get<Dataset>(b.id);
  from.metrics.push_back({.metric_name = "moves"});
  commit(session);
  from.metrics[0].expression = "x";
  const auto edited = commit(session);
  from.table_name = "c";
  const auto horizon = commit(session);
  const auto moved = from.metrics[0];
  from.metrics.clear();
  session.get<Dataset>(a.id).metrics.push_back(moved);
  commit(session);
  CHECK(prune_until(horizon).rows == 3);  // two versions of b, and the child before its edit
  CHECK(versions<Dataset>(b.uuid).front().transaction() == edited);

  varve::session restoring{store, varve::actor{"bob"}};
  varve::reverter{restoring, versions<Dataset>(a.uuid)[0]}.all();
  restoring.commit();
  CHECK(live<Dataset>(a.id).metrics.size() == 1);
}

TEST_CASE_METHOD(pruned_stores, "a link keeps its target's uuid when the target's old versions are gone, and its key is another's", "[retention]") {
  const auto chart = save(Chart{.slice_name = "a"});
  const auto dashboard = save(Dashboard{.title = "t", .slices = {{.key = chart.id}}});
  auto session = by("ada");
  auto& same = session.get<Chart>(chart.id);
  same.slice_name = "b";
  commit(session);
  const auto horizon = [&] {
    same.slice_name = "c";
    return commit(session);
  }();
  session.erase<Chart>(chart.id);
  commit(session);
  const auto stranger = save(Chart{.id = chart.id, .slice_name = "stranger"});
  const auto linked = [&] { return varve::history<Dashboard>{store}.state(versions<Dashboard>(dashboard.uuid)[0]).slices.at(0).uuid; };
  CHECK(linked() == chart.uuid);
  CHECK(prune_until(horizon).rows == 1);
  CHECK(linked() == chart.uuid);
  CHECK(linked() != stranger.uuid);
}

TEST_CASE_METHOD(pruned_stores, "a run that is stopped anywhere leaves whole versions, and the next one finishes", "[retention]") {
  const auto chart = save(Chart{.slice_name = "c"});
  const auto other = save(Chart{.slice_name = "d"});
  auto session = by("ada");
  auto& dashboard = session.add(Dashboard{.title = "a", .slices = {{.key = chart.id}, {.key = other.id}}});
  auto& dataset = session.add(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}}});
  commit(session);
  for (const char* text : {"b", "c", "d"}) {
    dashboard.title = text;
    dataset.metrics[0].expression = text;
    dataset.table_name = text;
    commit(session);
  }
  session.erase<Dashboard>(dashboard.id);
  commit(session);
  session.erase<Chart>(chart.id);
  commit(session);

  for (int steps = 0;; ++steps) {
    varve::prune_options options;
    options.batch_rows = 1;
    options.progress = [left = steps](const varve::prune_report&) mutable { return left-- > 0; };
    const auto report = prune_all(options);
    const auto now = everything_in(store);
    CHECK(violations(now) == lines{});
    CHECK(broken_laws(store) == lines{});
    CHECK(reader_disagreements(store) == lines{});
    CHECK(found_by_doctor(store) == lines{});
    for (const auto& version : versions<Dashboard>(dashboard.uuid))
      if (!version.is_deletion())
        for (const auto& link : varve::history<Dashboard>{store}.state(version).slices)
          CHECK(link.uuid == (link.key == chart.id ? chart.uuid : other.uuid));
    if (report.finished) break;
    REQUIRE(steps < 200);
  }
  check_finished();
  CHECK(versions<Dataset>(dataset.uuid).size() == 1);
}

TEST_CASE_METHOD(pruned_stores, "a run deletes no more than it may, and says whether anything is left", "[retention]") {
  const auto note = long_note(20);
  varve::prune_options options;
  options.batch_rows = 4;
  options.most_rows = 10;
  std::size_t batches = 0;
  options.progress = [&, last = std::size_t{0}](const varve::prune_report& report) mutable {
    CHECK(report.deleted() - last <= 5);  // four, and the record of the last of these versions
    if (report.deleted() > last) ++batches;
    last = report.deleted();
    return true;
  };
  const auto first = prune_all(options);
  CHECK_FALSE(first.finished);
  CHECK(first.deleted() >= 10);
  CHECK(first.deleted() <= 11);
  CHECK(batches == 3);
  CHECK(versions<Note>(note.id).size() == 20 - first.rows);
  options.most_rows = 1000;
  const auto rest = prune_all(options);
  CHECK(rest.finished);
  CHECK(first.rows + rest.rows == 19);
  CHECK(first.records + rest.records == 18);
  CHECK(first.transactions + rest.transactions == 19);
  check_finished();
}

TEST_CASE_METHOD(pruned_stores, "the horizon never moves back, and follows ids where the clock went back", "[retention]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  commit(session);
  set_clock(start - std::chrono::days{40});
  for (int i = 1; i < 6; ++i) {
    note.text = std::to_string(i);
    commit(session);
  }
  const auto all = everything_in(store).transactions;
  for (std::size_t i = 1; i < all.size(); ++i) REQUIRE(all[i].issued_at > all[i - 1].issued_at);
  CHECK(prune_at(all[3].issued_at).horizon == all[3].id);
  CHECK(versions<Note>(note.id).size() == 4);  // of the third on: what had not ended then
  CHECK(prune_at(start - std::chrono::days{10}).horizon == all[3].id);
  CHECK(prune_at(all[1].issued_at).deleted() == 0);
  CHECK(store.base().snapshot()->horizon() == all[3].id);
  check_finished();
}

TEST_CASE_METHOD(pruned_stores, "options that cannot be are refused before anything is done", "[retention]") {
  long_note(3);
  CHECK_THROWS_AS(varve::prune(store, -1s), varve::input_error);
  CHECK_THROWS_AS(varve::prune(store, 0s, {.batch_rows = 0}), varve::input_error);
  CHECK_THROWS_AS(varve::prune(store, 0s, {.most_rows = 0}), varve::input_error);
  CHECK_THROWS_AS(varve::prune(store, 0s, {.clock = {}}), varve::input_error);
  CHECK(store.base().snapshot()->horizon().value == 0);
  CHECK(varve::prune(store, std::chrono::days{36500}).deleted() == 0);
}

TEST_CASE_METHOD(pruned_stores, "two prunes and a saver work side by side", "[retention]") {
  if (which == backend::sqlite_memory) return;  // one connection: one thread at a time
  constexpr int notes = 20, saves = 60;
  std::vector<std::int64_t> keys;
  for (int i = 0; i < notes; ++i) keys.push_back(long_note(10).id);
  std::atomic<bool> done{false};
  std::vector<std::string> failures(3);
  const auto guarded = [&](std::size_t who, auto work) {
    return std::thread{[&, who, work] {
      try {
        work();
      } catch (const std::exception& failure) {
        failures[who] = failure.what();
      }
    }};
  };
  const auto pruner = [&](std::size_t batch) {
    return [&, batch] {
      varve::prune_options options;
      options.batch_rows = batch;
      options.pause = 1ms;
      options.clock = [] { return start + std::chrono::days{3650}; };
      while (!done) varve::prune(store, 0s, options);
    };
  };
  std::thread running[] = {guarded(0, pruner(3)), guarded(1, pruner(7)), guarded(2, [&] {
    for (int i = 0; i < saves; ++i) {
      varve::session session{store, varve::actor{"bob"}};
      session.clock([] { return start; });
      for (std::size_t k = 0; k < keys.size(); k += 5) session.get<Note>(keys[k]).text = "bob " + std::to_string(i);
      session.commit();
    }
    done = true;
  })};
  for (auto& thread : running) thread.join();
  done = true;
  CHECK(failures == std::vector<std::string>(3));
  CHECK(prune_all().finished);
  check_finished();
  for (const auto key : keys) CHECK(versions<Note>(key).size() == 1);
}

TEST_CASE_METHOD(in_memory, "what a prune deletes in memory is given back", "[retention]") {
  const auto in_use = [] { return mallinfo2().uordblks; };
  const auto fill = [&](int notes, int saves) {
    for (int n = 0; n < notes; ++n) {
      varve::session session{store, varve::actor{"ada"}};
      session.clock([] { return start; });
      auto& note = session.add(Note{.text = std::string(200, 'x')});
      for (int i = 0; i < saves; ++i) {
        note.text[static_cast<std::size_t>(i)] = 'y';
        session.commit();
      }
      if (n % 2 == 0) session.erase<Note>(note.id);
      session.commit();
    }
  };
  fill(1, 1);
  const auto before = in_use();
  if (before == 0) return;  // a sanitizer's own memory is not counted
  fill(100, 100);
  const auto full = in_use();
  varve::prune_options options;
  options.pause = 0ms;
  options.clock = [] { return start + std::chrono::days{3650}; };
  const auto report = varve::prune(store, 0s, options);
  CHECK(report.rows >= 9900);
  CHECK(full - before > 5'000'000);
  CHECK(in_use() < before + (full - before) / 20);
}

TEST_CASE("the environment says for how long versions are kept", "[retention]") {
  const auto days = [](const char* content) {
    const environment set{"VARVE_RETENTION_DAYS", content};
    return varve::retention_from_environment();
  };
  CHECK(days(nullptr) == std::chrono::days{30});
  CHECK(days("7") == std::chrono::days{7});
  CHECK(days("0") == std::nullopt);
  CHECK(days("36500") == std::chrono::days{36500});
  for (const char* garbage : {"", "x", "-1", "7d", " 7", "7.5", "36501", "99999999999999999999"})
    CHECK_THROWS_AS(days(garbage), varve::input_error);
}

namespace {

/// A clock for a worker's thread, and a place where it reports.
class worker_desk {
 public:
  void set(varve::time_point time) {
    const std::lock_guard guard{mutex_};
    now_ = time;
  }
  [[nodiscard]] varve::time_point now() {
    const std::lock_guard guard{mutex_};
    return now_;
  }
  void report(std::string what) {
    {
      const std::lock_guard guard{mutex_};
      reports_.push_back(std::move(what));
    }
    changed_.notify_all();
  }
  /// Waits for the nth report, from 1.
  [[nodiscard]] std::string wait_for(std::size_t number) {
    std::unique_lock guard{mutex_};
    if (!changed_.wait_for(guard, 30s, [&] { return reports_.size() >= number; })) return "no report came";
    return reports_[number - 1];
  }
  [[nodiscard]] std::size_t reports() {
    const std::lock_guard guard{mutex_};
    return reports_.size();
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  varve::time_point now_ = start;
  std::vector<std::string> reports_{};
};

}  // namespace

TEST_CASE_METHOD(worker_stores, "a worker prunes each day at its time, and goes on after a run that failed", "[retention]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  const auto save_again = [&] {
    note.text += "+";
    commit(session);
  };
  commit(session);
  save_again();
  worker_desk desk;
  varve::retention_schedule schedule;
  schedule.keep = std::chrono::days{1};
  schedule.options.pause = 0ms;
  schedule.options.clock = [&] { return desk.now(); };
  schedule.on_done = [&](const varve::prune_report& report) {
    desk.report("done " + std::to_string(report.rows));
    throw std::runtime_error{"dropped"};
  };
  schedule.on_failure = [&](const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& known) {
      desk.report(known.what());
    }
    throw std::runtime_error{"dropped"};
  };
  std::atomic<bool> fails{false};
  schedule.options.progress = [&](const varve::prune_report&) {
    if (fails) throw std::runtime_error{"the disk is away"};
    return true;
  };
  const auto today = std::chrono::floor<std::chrono::days>(start);
  {
    varve::retention_worker worker{store, schedule};
    desk.set(today + std::chrono::days{1} + 2h + 59min);
    worker.wake();
    desk.set(today + std::chrono::days{2} + 3h);  // both saves are older than a day
    worker.wake();
    CHECK(desk.wait_for(1) == "done 1");

    save_again();
    fails = true;
    desk.set(today + std::chrono::days{4} + 3h);
    worker.wake();
    CHECK(desk.wait_for(2) == "the disk is away");
    fails = false;
    desk.set(today + std::chrono::days{5} + 3h);
    worker.wake();
    CHECK(desk.wait_for(3) == "done 1");
  }
  CHECK(desk.reports() == 3);  // the end waited for nothing that was to come
  CHECK(versions<Note>(note.id).size() == 1);
}

TEST_CASE_METHOD(worker_stores, "a worker keeps versions as long as the environment says", "[retention]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  commit(session);
  note.text = "1";
  commit(session);
  const bool forever = GENERATE(false, true);
  const environment days{"VARVE_RETENTION_DAYS", forever ? "0" : "1"};
  worker_desk desk;
  varve::retention_schedule schedule;
  CHECK(schedule.keep.has_value() != forever);
  schedule.options.pause = 0ms;
  schedule.options.clock = [&] { return desk.now(); };
  schedule.on_done = [&](const varve::prune_report& report) { desk.report("done " + std::to_string(report.rows)); };
  {
    varve::retention_worker worker{store, schedule};
    desk.set(std::chrono::floor<std::chrono::days>(start) + std::chrono::days{5} + 3h);
    worker.wake();
    if (forever)
      std::this_thread::sleep_for(100ms);
    else
      CHECK(desk.wait_for(1) == "done 1");
  }
  CHECK(desk.reports() == (forever ? 0 : 1));
  CHECK(versions<Note>(note.id).size() == (forever ? 2 : 1));
}

TEST_CASE_METHOD(worker_stores, "a time out of the day is refused", "[retention]") {
  varve::retention_schedule schedule;
  schedule.keep = std::chrono::days{1};
  schedule.at = 24h;
  CHECK_THROWS_AS((varve::retention_worker{store, schedule}), varve::input_error);
}

TEST_CASE_METHOD(worker_stores, "the end of a worker ends a run behind its batch", "[retention]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  for (int i = 0; i < 100; ++i) {
    note.text = std::to_string(i);
    commit(session);
  }
  worker_desk desk;
  std::promise<void> begun;
  varve::prune_report last;
  {
    varve::retention_schedule schedule;
    schedule.keep = std::chrono::days{1};
    schedule.options.batch_rows = 1;
    schedule.options.pause = 50ms;
    schedule.options.clock = [&] { return desk.now(); };
    schedule.options.progress = [&, first = true](const varve::prune_report& report) mutable {
      if (report.rows > 0 && std::exchange(first, false)) begun.set_value();
      return true;
    };
    schedule.on_done = [&](const varve::prune_report& report) { last = report; };
    varve::retention_worker worker{store, std::move(schedule)};
    desk.set(start + std::chrono::days{40});
    worker.wake();
    begun.get_future().wait();
  }
  CHECK_FALSE(last.finished);
  CHECK(last.rows > 0);
  CHECK(last.rows < 99);
}
