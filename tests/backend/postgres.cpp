#include "varve/backend/postgres.hpp"

#include "support/entities.hpp"
#include "support/postgres_program.hpp"
#include "varve/backend/detail/postgres_connection.hpp"

using namespace test;

TEST_CASE("an error's state is kept whole in its number, zeros and letters included", "[server][postgres]") {
  for (const char* state : {"01007", "23505", "55P03", "XX001"})
    CHECK(varve::postgres::sqlstate(varve::backend_error{
              varve::error_kind::other, "", {}, varve::postgres::detail::number_of_state(state)}) == state);
  CHECK(varve::postgres::sqlstate(varve::backend_error{varve::error_kind::other, ""}).empty());
}

TEST_CASE("a server process that ends within its commit has not committed, and the token says so",
          "[server][postgres]") {
  const server_place<Note> data;
  const auto program = data.program();
  program->run(
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
      "pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$");
  program->run(
      "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON version_transaction DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
      "EXECUTE FUNCTION die()");
  varve::attribution who{varve::actor{"ada"}};
  who.token = varve::random_uuid();
  const auto save = [&] {
    varve::session session{data.store, who};
    session.add(Note{.text = "a"});
    session.commit();
  };
  try {
    save();
    FAIL("it was committed");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::retry);
  }
  CHECK(data.store.base().connect()->outcome_of(who.token) == varve::outcome::not_committed);
  program->run("DROP TRIGGER dies ON version_transaction");
  save();
  CHECK(data.store.base().connect()->outcome_of(who.token) == varve::outcome::committed);
  CHECK(found_by_doctor(data.store) == lines{});
}

TEST_CASE("a text that the server would cut at a NUL is not bound", "[server][postgres][input]") {
  const server_place<Country> data;
  varve::postgres::detail::connection direct{*data.connection, {}};
  varve::sql::query run{direct, std::string{"SELECT 1 FROM country WHERE code = ?"}};
  const std::string cut{"DE\0x", 4};
  CHECK_THROWS_AS(run.bind_text(cut), varve::input_error);
}
