/// A server is killed while four threads save: what it acknowledged is there behind its restart, or on the standby that
/// takes over, and what became of the rest can be told.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "support/own_server.hpp"
#include "varve/session/transact.hpp"
#include "varve/store/conflict.hpp"

using namespace test;

namespace {

enum class told { saved, not_saved, unknown };

/// A save that was tried, and what its writer was told.
struct tried {
  varve::uuid token{};
  std::int64_t note = 0;
  told outcome = told::not_saved;
  std::optional<varve::transaction_id> transaction{};
  varve::outcome answer = varve::outcome::cannot_be_asked;  ///< of an unknown one, as soon as there was one
};

/// What one thread did.
struct writer {
  std::vector<tried> saves{};
  std::string failure{};  ///< one that no server's end explains

  void save(const varve::store_handle& store, std::int64_t note) {
    tried one{.token = varve::random_uuid(), .note = note};
    varve::attribution who{varve::actor{"writer"}};
    who.token = one.token;
    try {
      const auto done = varve::transact(
          store, who,
          [&](varve::session& unit) {
            auto& counted = unit.get<Note>(note);
            counted.text = std::to_string(std::stoll(counted.text) + 1);
          },
          varve::retry_policy{.attempts = 1000, .first_pause = 1ms, .longest_pause = 20ms});
      one.outcome = told::saved;
      one.transaction = done.transaction;
    } catch (const varve::outcome_unknown& unknown) {
      one.outcome = told::unknown;
      if (unknown.token() != one.token) failure = "an unknown outcome names another token";
      for (int i = 0; i < 3000 && one.answer == varve::outcome::cannot_be_asked; ++i) {
        std::this_thread::sleep_for(10ms);
        one.answer = store.outcome_of(one.token);
      }
    } catch (const varve::error& error) {
      if (error.kind() != varve::error_kind::retry && error.kind() != varve::error_kind::elsewhere)
        failure = error.what();
      std::this_thread::sleep_for(5ms);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    saves.push_back(one);
  }
};

template <class Server>
void kill_under_load(int kills) {
  Server server;
  const auto store = open_on_server<Note>(server.connection());
  std::vector<std::int64_t> notes;
  {
    varve::session session{store, varve::actor{"ada"}};
    std::vector<Note*> added;
    for (int i = 0; i < 3; ++i) added.push_back(&session.add(Note{.text = "0"}));
    session.commit();
    for (const auto* note : added) notes.push_back(note->id);
  }

  std::vector<writer> writers(4);
  std::atomic<bool> ends = false;
  std::atomic<std::int64_t> saved = 0;
  std::vector<std::thread> running;
  for (std::size_t w = 0; w < writers.size(); ++w)
    running.emplace_back([&, w] {
      auto& mine = writers[w];
      for (std::size_t i = w; !ends && mine.failure.empty(); ++i) {
        mine.save(store, notes[i % notes.size()]);
        if (mine.saves.back().outcome == told::saved) ++saved;
      }
    });
  std::minstd_rand random{std::random_device{}()};
  const auto wait_for = [&](std::int64_t more) {  // saves, as long as any come
    const auto wanted = saved + more;
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (saved < wanted && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
    return saved >= wanted;
  };
  bool went_on = true;
  try {
    for (int i = 0; i < kills && went_on; ++i) {
      went_on = wait_for(std::uniform_int_distribution<std::int64_t>{20, 120}(random));
      std::this_thread::sleep_for(std::chrono::microseconds{random() % 5000});  // at any moment of a save
      server.kill();
      server.recover();
    }
    went_on = went_on && wait_for(20);
  } catch (...) {  // a demand that was not met: the threads are not left behind
    ends = true;
    for (auto& one : running) one.join();
    throw;
  }
  ends = true;
  for (auto& one : running) one.join();
  for (const auto& one : writers) CHECK(one.failure == "");
  CHECK(went_on);

  std::map<std::string, std::int64_t> stored;  // each token's transaction
  const auto program = the_server().program(server.connection());
  for (const auto& row : program->ask("SELECT token, id FROM version_transaction WHERE actor LIKE '%writer%'")) {
    const auto bar = row.find('|');
    CHECK(stored.emplace(row.substr(0, bar), std::stoll(row.substr(bar + 1))).second);
  }
  std::map<std::int64_t, std::int64_t> counted;
  std::size_t committed = 0, unknown = 0, lost = 0, unasked = 0, doubtful = 0;
  for (const auto& one : writers)
    for (const auto& save : one.saves) {
      const auto found = stored.find(to_string(save.token));
      const bool is_there = found != stored.end();
      if (is_there) ++committed, ++counted[save.note];
      switch (save.outcome) {
        case told::saved:
          lost += is_there && save.transaction && save.transaction->value == found->second ? 0 : 1;
          break;
        case told::not_saved: doubtful += is_there ? 1 : 0; break;
        case told::unknown: {
          ++unknown;
          const auto truth = is_there ? varve::outcome::committed : varve::outcome::not_committed;
          unasked += save.answer == truth && store.outcome_of(save.token) == truth ? 0 : 1;
        }
      }
    }
  INFO(saved << " acknowledged, " << unknown << " unknown");
  CHECK(lost == 0);      // acknowledged
  CHECK(doubtful == 0);  // said not to be saved, and there
  CHECK(unasked == 0);   // unknown, and its token does not tell
  CHECK(committed == stored.size());
  CHECK(committed >= static_cast<std::size_t>(saved));
  for (const auto note : notes) {
    varve::session session{store};
    CHECK(session.get<Note>(note).text == std::to_string(counted[note]));
    CHECK(varve::history<Note>{store}.versions(note).count() == static_cast<std::size_t>(counted[note]) + 1);
  }
  CHECK(found_by_doctor(store) == lines{});
}

}  // namespace

TEST_CASE("a server that is killed under load loses nothing that it acknowledged", "[server][kill]") {
  kill_under_load<own_server>(2);
}
TEST_CASE("a server that is killed under load twelve times loses nothing that it acknowledged",
          "[.long][server][kill]") {
  kill_under_load<own_server>(12);
}
TEST_CASE("a primary that is killed under load loses nothing that it acknowledged, as its standby takes over",
          "[server][postgres][kill]") {
  kill_under_load<replicated_server>(2);
}
TEST_CASE("a primary that is killed under load twelve times loses nothing that it acknowledged",
          "[.long][server][postgres][kill]") {
  kill_under_load<replicated_server>(12);
}
