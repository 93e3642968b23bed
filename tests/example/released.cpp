#include <sqlite3.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "entities.hpp"
#include "options.hpp"
#include "replay.hpp"
#include "stores.hpp"
#include "support.hpp"
#include "verify.hpp"

#include "varve/backend/sqlite.hpp"
#include "varve/history/doctor.hpp"
#include "varve/history/drift.hpp"
#include "varve/history/history.hpp"
#include "varve/session/session.hpp"

using namespace dashboards;

namespace {

/// Of the carried corpus two dashboards with their charts and datasets, one of which is deleted with all that it has.
std::string released_lines() {
  std::ifstream file{carried_corpora().at(1)};
  std::string found;
  for (std::string line; std::getline(file, line);)
    for (const char* key : {"5e0bcb88", "742759ee", "3accd553", "7fe73214", "bf967156", "b3c9a04d", "1d812df2",
                            "f0321087", "ab43eb1d", "e6134213"})
      if (line.find(std::string{R"("key":")"} + key) != std::string::npos) found += line + "\n";
  return found;
}

}  // namespace

TEST_CASE("a file that the example wrote with 0.1.0 opens, reads and takes a save", "[released]") {
  const auto file = temporary_file("varve-released");
  std::filesystem::copy_file(std::filesystem::path{VARVE_RELEASED} / "dashboards_0.1.0.db", file,
                             std::filesystem::copy_options::overwrite_existing);
  {
    const auto store = varve::sqlite::open<Dashboard, Chart, Dataset>(file.string());
    const auto before = varve::check_history(store);
    INFO(before.text());
    CHECK(before.count() == 0);
    CHECK(before.shadow_rows == 86);
    CHECK(before.left_out.empty());
    CHECK(varve::find_drift(store).rows.empty());

    // Every version reads as the corpus has it, and its records lead from one to the next.
    const auto lines = corpus_of(released_lines());
    expected_histories histories;
    const auto again = replay(lines, "memory:", true, histories);
    CHECK(again.saves == 11);
    verify_result found;
    verify_history(store, histories, found);
    CAPTURE(found.details);
    CHECK(found.readback_mismatches == 0);
    CHECK(found.replay_mismatches == 0);
    CHECK(found.invariant_violations == 0);

    const auto uuid = uuid_of_key("f0321087-6428-4b97-b32e-2dae7d9cc447");
    varve::session session{store, varve::actor{"cleo"}};
    const varve::history<Dashboard> history{store};
    auto& board = session.get<Dashboard>(history.state(history.versions(uuid).all().back()).id);
    board.dashboard_title = "kept";
    board.slices.clear();
    session.commit();
    CHECK(history.versions(uuid).all().back().changes().size() == 2);
    verify_restores(store, histories, found);
    CHECK(found.restores > 20);
    CHECK(found.restore_mismatches == 0);
    CHECK(found.invariant_violations == 0);
    CHECK(varve::check_history(store).count() == 0);
    CHECK(varve::find_drift(store).rows.empty());
  }
  remove_database(file);
}

/// Run by hand, with the release that is to be kept: `VARVE_RELEASE=<new file> test_example "[.release]"`.
TEST_CASE("a released file of the example is written", "[.release]") {
  const char* path = std::getenv("VARVE_RELEASE");
  REQUIRE(path != nullptr);
  expected_histories histories;
  REQUIRE(replay(corpus_of(released_lines()), path, true, histories).bad.empty());
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path, &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM", nullptr, nullptr,
                     nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}
