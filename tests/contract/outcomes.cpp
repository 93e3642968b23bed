/// What a save says when the answer to its commit is lost, and what its token tells then.

#include <catch2/catch.hpp>

#include <memory>
#include <optional>

#include "support/entities.hpp"
#include "support/failing_connection.hpp"
#include "support/stores.hpp"

using namespace test;
using outcomes_stores = on_every_store<Note, Dataset>;

TEST_CASE_METHOD(outcomes_stores, "the token of a save tells what became of it", "[conflict]") {
  auto session = by("ada");
  const auto token = varve::random_uuid();
  session.attributed()->token = token;
  auto& note = session.add(Note{.text = "a"});
  CHECK(store.outcome_of(token) == varve::outcome::not_committed);
  commit(session);
  CHECK(store.outcome_of(token) == varve::outcome::committed);
  CHECK(opened_again().outcome_of(token) == varve::outcome::committed);
  CHECK(store.outcome_of(varve::random_uuid()) == varve::outcome::not_committed);
  CHECK(store.outcome_of({}) == varve::outcome::cannot_be_asked);
  CHECK(session.attributed()->token.is_nil());  // it names one save
  note.text = "b";
  commit(session);
  CHECK(versions<Note>(note.id).size() == 2);
}

TEST_CASE("a save whose commit got no answer has an outcome that its token tells later",
          "[sqlite][conflict][database]") {
  const bool took_effect = GENERATE(true, false);
  const auto path = temporary_database();
  const auto healthy = varve::sqlite::open<Note>(*path);
  const auto until = std::make_shared<fuse>(fuse{1'000'000, took_effect, varve::error_kind::unknown});
  const failing_store store{*path, until};
  varve::session session{store, varve::actor{"ada"}};
  session.add(Note{.text = "a"});
  std::optional<varve::uuid> token;
  long statements = 0;
  // Before the commit a statement that fails is an error as any; the one that counts is the commit, or what is behind it.
  for (; !token && statements < 50; ++statements) {
    until->left = statements;
    try {
      session.commit();
    } catch (const varve::outcome_unknown& lost) {
      token = lost.token();
      CHECK(lost.kind() == varve::error_kind::unknown);
    } catch (const varve::error&) {
      until->left = 1'000'000;
      session.rollback();
      session.add(Note{.text = "a"});
    }
  }
  REQUIRE(token);
  CHECK_FALSE(token->is_nil());
  CHECK(store.outcome_of(*token) == varve::outcome::cannot_be_asked);
  CHECK(healthy.outcome_of(*token) == (took_effect ? varve::outcome::committed : varve::outcome::not_committed));
  CHECK(healthy.base().snapshot()->transactions_after({0}, 99).size() == (took_effect ? 1 : 0));
}

TEST_CASE("a save whose commit got no answer and that is found by its token is a save as any",
          "[sqlite][conflict][database]") {
  const auto path = temporary_database();
  const auto healthy = varve::sqlite::open<Note>(*path);
  const auto until = std::make_shared<fuse>(fuse{1'000'000, true, varve::error_kind::unknown});
  const failing_store store{*path, until};
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  until->loses_answer = true;
  const auto done = session.commit();
  REQUIRE(done.transaction);
  CHECK(varve::history<Note>{healthy}.versions(note.id).all().at(0).transaction() == *done.transaction);
  note.text = "b";
  CHECK(session.commit().transaction);
  CHECK(varve::history<Note>{healthy}.versions(note.id).count() == 2);
}
