#include "varve/store/state.hpp"

#include "support/entities.hpp"
#include "support/fixture.hpp"

using namespace test;

namespace {

const varve::row_key one = varve::row_key::of(varve::value::of(std::int64_t{1}));

}  // namespace

TEST_CASE_METHOD(in_memory, "a live entity is loaded with its collections and the positions of ordered ones", "[store][state]") {
  auto session = by("ada");
  session.add(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}}, .ingredients = {{.name = "salt", .amount = 2}}});
  commit(session);
  const auto& info = varve::info_of<Recipe>();
  const auto state = varve::detail::load_live(*store.base().snapshot(), info, one);
  REQUIRE(state);
  const auto& recipe = *static_cast<const Recipe*>(state->object.get());
  CHECK(recipe.name == "soup");
  REQUIRE(recipe.steps.size() == 2);
  CHECK(recipe.ingredients.at(0).amount == 2);
  REQUIRE(state->positions.size() == 2);
  REQUIRE(state->positions[0].size() == 2);
  CHECK(state->positions[0][0] < state->positions[0][1]);
  CHECK(state->positions[1].empty());
  CHECK_FALSE(varve::detail::load_live(*store.base().snapshot(), info, varve::row_key::of(varve::value::of(std::int64_t{2}))));
}

TEST_CASE_METHOD(in_memory, "a version is loaded as its transaction left it", "[store][state]") {
  auto session = by("ada");
  auto& recipe = session.add(Recipe{.name = "soup", .steps = {{.name = "a"}, {.name = "b"}}});
  const auto first = commit(session);
  std::swap(recipe.steps[0], recipe.steps[1]);
  recipe.name = "stew";
  commit(session);
  const auto& info = varve::info_of<Recipe>();
  const auto reader = store.base().snapshot();
  const auto row = reader->newest(*info.table, one, first);
  REQUIRE(row);
  const auto state = varve::detail::load_version(*reader, info, one, row->row, first);
  const auto& then = *static_cast<const Recipe*>(state.object.get());
  CHECK(then.name == "soup");
  CHECK(then.steps.at(0).name == "a");
}

TEST_CASE_METHOD(in_memory, "the open version is the newest, unless it is a deletion or there is none", "[store][state]") {
  const auto open = [&](const varve::row_key& key) {
    return varve::detail::open_version(*store.base().snapshot(), varve::info_of<Note>(), key);
  };
  store.base().use(varve::info_of<Note>());
  CHECK_FALSE(open(one).has_value());
  auto session = by("ada");
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  note.text = "b";
  const auto second = commit(session);
  CHECK(open(one) == second);
  session.erase<Note>(1);
  commit(session);
  CHECK_FALSE(open(one).has_value());
}

TEST_CASE("a state's copy is its own", "[store][state]") {
  const auto& info = varve::info_of<Dataset>();
  Dataset dataset{.table_name = "a", .metrics = {{.metric_name = "m"}}};
  const auto copy = varve::detail::copy_state(info, &dataset);
  dataset.table_name = "b";
  dataset.metrics.clear();
  const auto& kept = *static_cast<const Dataset*>(copy.get());
  CHECK(kept.table_name == "a");
  CHECK(kept.metrics.size() == 1);
  CHECK(static_cast<const Dataset*>(varve::detail::make_state(info).get())->table_name.empty());
}

TEST_CASE("an entity is named by its kind and key", "[store][state]") {
  CHECK(varve::detail::describe_entity(varve::info_of<Note>(), one) == "memo 1");
  CHECK(varve::detail::describe_entity(varve::info_of<Note>(), {}) == "memo");
  const Cell cell{.row = 3, .col = "B"};
  CHECK(varve::detail::entity_key(varve::info_of<Cell>(), &cell).text() == R"([3,"B"])");
}
