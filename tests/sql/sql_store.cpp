#include "varve/sql/sql_store.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

namespace {

struct Note {
  std::int64_t id{};
  std::string text{};
};

}  // namespace

template <>
struct varve::entity<Note> : varve::describe<varve::table<"notes">> {};

namespace {

TEST_CASE("a database without the history tables is refused with what to run", "[sql][sql_store]") {
  varve::sqlite::store store{":memory:"};
  varve::session session{store, varve::anonymous};
  try {
    session.add(Note{});
    FAIL("a session went to work without tables");
  } catch (const varve::schema_error& failure) {
    CHECK(failure.kind() == varve::error_kind::schema);
    CHECK(failure.where().entity == "note");
    CHECK_THAT(failure.what(), Catch::Contains("notes_version") && Catch::Contains("apply()"));
  }
}

TEST_CASE("a missing column is named", "[sql][sql_store]") {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(":memory:", &handle) == SQLITE_OK);
  {
    varve::sqlite::store store{varve::borrow(handle)};
    varve::schema schema{store};
    schema.add<Note>().apply();
    REQUIRE(sqlite3_exec(handle, "ALTER TABLE notes_version DROP COLUMN \"text\"", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK_THROWS_WITH(varve::history<Note>{store}, Catch::Contains("notes_version.text"));
  }
  sqlite3_close(handle);
}

TEST_CASE("on the single connection of an in-memory database two transactions do not mix", "[sql][sql_store]") {
  auto store = varve::sqlite::open<Note>(":memory:");
  varve::session first{store, varve::anonymous};
  varve::session second{store, varve::anonymous};
  first.add(Note{.text = "one"});
  first.flush();
  second.add(Note{.text = "two"});
  try {
    second.commit();
    FAIL("two transactions were open on one connection");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::retry);
  }
  first.commit();
  second.rollback();
  second.add(Note{.text = "two"});
  second.commit();
  CHECK(varve::history<Note>{store}.versions(1).count() == 1);
  CHECK(varve::history<Note>{store}.versions(2).count() == 1);
}

}  // namespace
