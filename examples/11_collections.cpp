/// Collections of a struct's own: structs, plain values, sets and maps.

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "varve/varve.hpp"

struct Ingredient {
  std::string name{};
  double amount{};
};
struct Recipe {
  std::int64_t id{};
  std::string title{};
  std::vector<Ingredient> ingredients{};
  std::vector<std::string> steps{};
  std::set<std::string> tags{};
  std::map<std::string, std::string> titles{};  // by language
};
template <>
struct varve::entity<Recipe>
    : varve::describe<varve::children<&Recipe::ingredients, varve::by<&Ingredient::name>>,
                      varve::children<&Recipe::steps, varve::kind<"step">, varve::ordered>,
                      varve::children<&Recipe::tags, varve::table<"recipe_tag">, varve::value_column<"tag">>,
                      varve::children<&Recipe::titles, varve::kind<"translation">, varve::key_column<"language">>> {};

void cook(varve::session& session) {
  auto& soup = session.add(Recipe{.title = "soup",
                                  .ingredients = {{.name = "salt", .amount = 1}},
                                  .steps = {"boil", "stir"},
                                  .tags = {"quick"},
                                  .titles = {{"de", "Suppe"}}});
  session.commit();

  soup.ingredients[0].amount = 2;
  soup.steps.insert(soup.steps.begin(), "wash");
  soup.tags.insert("warm");
  soup.titles["de"] = "Eintopf";
  soup.titles["fr"] = "soupe";
  session.commit();
}
// ingredient edit ["ingredients","salt"]  {"amount":1.0,"name":"salt"} -> {"amount":2.0,"name":"salt"}
// step add ["steps","wash"]  null -> "wash"
// step move ["steps"]  ["boil","stir"] -> ["wash","boil","stir"]
// tags add ["tags","warm"]  null -> "warm"
// translation edit ["titles","de"]  "Suppe" -> "Eintopf"
// translation add ["titles","fr"]  null -> "soupe"

int main() {
  const varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  cook(session);
  const auto versions = varve::history<Recipe>{store}.versions(1).all();
  for (const auto& record : versions.at(1).changes())
    fmt::print("{} {} {}  {} -> {}\n", record.kind, to_string(record.operation), record.path.dump(), record.from.dump(),
               record.to.dump());
  return versions.at(1).changes().size() == 6 ? 0 : 1;
}
