/// Sessions of many threads: what is kept between them are connections, and a session may go from thread to thread.

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/application.hpp"
#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

/// How often this process has a file open.
std::size_t times_open(const std::string& path) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry.path(), ignored) == path) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("sessions that come and go in threads use no more connections than there are at one time",
          "[sqlite][session]") {
  const auto path = temporary_database();
  const auto store = varve::sqlite::open<Note>(*path, {.full_sync = false});
  std::vector<std::int64_t> notes;
  {
    varve::session session{store, varve::actor{"ada"}};
    std::vector<Note*> added;
    for (int i = 0; i < 4; ++i) added.push_back(&session.add(Note{.text = "0"}));
    session.commit();
    for (const auto* note : added) notes.push_back(note->id);
  }
  std::vector<std::thread> running;
  std::vector<std::string> failures(notes.size());
  for (std::size_t t = 0; t < notes.size(); ++t)
    running.emplace_back([&, t] {
      try {
        for (int i = 1; i <= 50; ++i) {
          varve::session session{store, varve::actor{"bob"}};
          session.get<Note>(notes[t]).text = std::to_string(i);
          session.commit();
        }
      } catch (const std::exception& failure) {
        failures[t] = failure.what();
      }
    });
  for (auto& thread : running) thread.join();
  CHECK(failures == std::vector<std::string>(notes.size()));
  const auto open = times_open(std::filesystem::canonical(*path).string());
  CHECK(open >= 1);
  CHECK(open <= 2 * notes.size());  // of each thread a session, and a read while it loads
  for (const auto note : notes) CHECK(varve::history<Note>{store}.versions(note).count() == 51);
}

TEST_CASE("a session goes on in another thread, with its objects and its open transaction", "[session]") {
  const auto which = each_backend();
  INFO(name_of(which));
  const auto path = place_of(which);
  const auto store = open_store<Note>(which, path);
  store.base().use(varve::info_of<Note>());
  std::optional<varve::session> session;
  Note* note = nullptr;
  const auto in_thread = [](auto work) { std::thread{work}.join(); };
  in_thread([&] {
    session.emplace(store, varve::actor{"ada"});
    note = &session->add(Note{.text = "a"});
    session->flush();
    note->text = "b";
  });
  in_thread([&] {
    varve::session moved{std::move(*session)};
    moved.flush();
    note->text = "c";
    *session = std::move(moved);
  });
  session->commit();
  const auto versions = varve::history<Note>{store}.versions(note->id).all();
  REQUIRE(versions.size() == 1);
  CHECK(varve::history<Note>{store}.state(versions[0]).text == "c");
}

TEST_CASE("versioning is switched off and on while others save, and each save is a whole version or none", "[session]") {
  const auto check = [](varve::store_handle store) {
    varve::session session{store, varve::actor{"ada"}};
    auto& note = session.add(Note{.text = "0"});
    session.commit();
    std::atomic<bool> done = false;
    std::thread switches{[&] {
      for (bool on = false; !done; on = !on) store.versioning(on);
    }};
    for (int i = 1; i <= 200; ++i) {
      note.text = std::to_string(i);
      session.commit();
    }
    done = true;
    switches.join();
    store.versioning(true);
    note.text = "last";
    session.commit();
    const varve::history<Note> history{store};
    const auto versions = history.versions(note.id).all();
    CHECK(versions.size() >= 2);
    CHECK(history.state(versions.back()).text == "last");
    for (const auto& found : varve::check_history(store).violations)
      CHECK_THAT(found.text(), Catch::StartsWith("replay") || Catch::StartsWith("R6"));  // drift between versions
  };
  check(varve::memory_store{});
  const auto path = temporary_database();
  check(varve::sqlite::open<Note>(*path, {.full_sync = false}));
}

TEST_CASE("a check beside a writer reads one state: it finds nothing, and changes nothing", "[sqlite][doctor]") {
  const auto path = temporary_database();
  const auto store = varve::sqlite::open<Dataset>(*path, {.full_sync = false});
  std::int64_t id = 0;
  {
    varve::session session{store, varve::actor{"ada"}};
    auto& sales = session.add(Dataset{.table_name = "sales"});
    session.commit();
    id = sales.id;
  }
  std::atomic<bool> ends = false;
  std::string failure;
  std::thread writer{[&] {
    try {
      for (int i = 0; !ends; ++i) {
        varve::session session{store, varve::actor{"bob"}};
        auto& sales = session.get<Dataset>(id);
        sales.sql = std::to_string(i);
        sales.metrics = {{.metric_name = "m" + std::to_string(i % 3)}};
        session.commit();
      }
    } catch (const std::exception& what) {
      failure = what.what();
    }
  }};
  std::size_t versions = 0, checks = 0;
  std::string unsound;
  for (const auto until = std::chrono::steady_clock::now() + 60s;
       versions < 100 && unsound.empty() && std::chrono::steady_clock::now() < until; ++checks) {
    const auto report = varve::check_history(store);
    if (!report.is_sound()) unsound = report.text();  // told behind the thread's end
    versions = varve::history<Dataset>{store}.versions(id).count();
  }
  ends = true;
  writer.join();
  CHECK(failure == "");
  CHECK(unsound == "");
  CHECK(versions >= 100);
  CHECK(checks > 2);
  application db{*path};
  const auto changes = db.ask("PRAGMA data_version");
  CHECK(varve::check_history(store).count() == 0);
  CHECK(db.ask("PRAGMA data_version") == changes);
}
