// The main job on servers.
#include "servers.hpp"

#include <catch2/catch.hpp>

#include "options.hpp"
#include "replay.hpp"
#include "support.hpp"
#include "verify.hpp"

#ifdef VARVE_TEST_POSTGRES
#include "support/postgres_schema.hpp"
#endif
#ifdef VARVE_TEST_MARIADB
#include "support/mariadb_database.hpp"
#endif

using namespace dashboards;

TEST_CASE("a database on a server is shown without its secrets", "[options]") {
  CHECK(without_secrets("postgres://app:s3cret@db.example:5433/app?sslmode=require") == "postgres://app@db.example:5433/app");
  CHECK(without_secrets("postgres://app@db.example/app?password=s3cret") == "postgres://app@db.example/app");
  CHECK(without_secrets("postgresql://db.example:5433/app") == "postgresql://db.example:5433/app");
  CHECK(without_secrets("mariadb://app:s3cret@db.example/app?socket=/s") == "mariadb://app@db.example/app");
}

TEST_CASE("a database on a server is known by its name", "[options]") {
  CHECK(is_on_server("postgres://app@db.example/app"));
  CHECK(is_on_server("postgresql:///app"));
  CHECK(is_on_server("mariadb://app@db.example/app"));
  CHECK_FALSE(is_on_server("memory:"));
  CHECK_FALSE(is_on_server("postgres.db"));
  CHECK(parse_options({"--database", "postgres://nowhere/app?host=/no/such/folder"}).database ==
        "postgres://nowhere/app?host=/no/such/folder");
}

namespace {

/// \param database  of a new place on a server.
[[maybe_unused]] void replay_on_server(const std::string& database) {
  const auto lines = read_corpus(carried_corpora());
  const bool adopt = GENERATE(false, true);
  expected_histories histories;
  const auto replayed = replay(lines, database, adopt, histories);
  CHECK(replayed.store.server == database);
  verify_result found;
  verify_history(replayed.store.handle, histories, found);
  {
    const auto beside = place_beside(database);
    expected_histories again;
    verify_restores(replay(lines, *beside, adopt, again).store.handle, histories, found);
  }
  CAPTURE(found.details);
  CHECK(found.readback_mismatches + found.replay_mismatches + found.restore_mismatches + found.invariant_violations == 0);
  CHECK(count_history(replayed.store.handle).versions == (adopt ? 317U : 329U));
  CHECK(found.restores > 250);
  CHECK_THROWS_WITH(open_on_server(database), Catch::Contains("has a history already"));
}

}  // namespace

#ifdef VARVE_TEST_POSTGRES
TEST_CASE("the carried corpus is replayed on a server, read back there, and restored beside it", "[server][postgres]") {
  const auto connection = test::temporary_schema();
  replay_on_server(test::uri_of(*connection));
}
#endif
#ifdef VARVE_TEST_MARIADB
TEST_CASE("the carried corpus is replayed on MariaDB, read back there, and restored beside it", "[server][mariadb]") {
  replay_on_server(*test::temporary_mariadb());
}
#endif
