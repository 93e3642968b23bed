// Saving in the memory store (D8): one field of one child among 10, 100 and 1,000 changes, and is committed.
//
// Beside it, hand-written code that walks over both states and keeps a copy of each of the two rows that changed.
// Each entity has a session of its own, which are used in turn, with about 8,000 children in all.

#include <memory>

#include "allocations.hpp"
#include "collection_data.hpp"
#include "common.hpp"
#include "varve/varve.hpp"

namespace {

using namespace bench;

std::vector<Table> tables(std::size_t children) {
  std::mt19937 random{20261124};
  std::vector<Table> made;
  for (std::size_t i = 0; i < 8000 / children; ++i) made.push_back(table_of(random, children));
  return made;
}

/// Changes one field of one child, another one each round, without an allocation.
void change(Table& table, std::size_t round) {
  const std::size_t children = table.columns.size();
  table.columns[round * 7 % children].type = round / children % 2 == 0 ? "TEXT" : "VARCHAR";
}

struct by_varve {
  explicit by_varve(std::vector<Table> data) {
    for (auto& table : data) {
      auto& own = sessions.emplace_back(store, varve::actor{"benchmark"});
      entities.push_back(&own.add(std::move(table)));
      own.commit();
    }
  }
  bool save(std::size_t round) {
    const std::size_t at = round % entities.size();
    change(*entities[at], round / entities.size());
    return sessions[at].commit().transaction.has_value();
  }
  varve::memory_store store{};
  std::vector<varve::session> sessions{};
  std::vector<Table*> entities{};
};

struct by_hand {
  explicit by_hand(std::vector<Table> data) : entities(std::move(data)) {
    for (auto& table : entities) saves.emplace_back(table);
  }
  bool save(std::size_t round) {
    const std::size_t at = round % entities.size();
    change(entities[at], round / entities.size());
    return saves[at].commit() == 1;
  }
  std::vector<Table> entities;
  std::vector<hand_written_save> saves{};
};

template <class Way>
void run_saves(benchmark::State& state, std::size_t children) {
  Way way{tables(children)};
  std::size_t round = 0, made = 0;
  for (std::size_t i = 0; i < 2 * way.entities.size(); ++i) way.save(round++);
  const std::size_t counted = 20 * way.entities.size();
  const std::size_t before = allocations;
  for (std::size_t i = 0; i < counted; ++i) way.save(round++);
  state.counters["allocations"] = static_cast<double>(allocations - before) / static_cast<double>(counted);
  for (auto _ : state) made += way.save(round++) ? 1 : 0;
  if (made != static_cast<std::size_t>(state.iterations())) state.SkipWithError("a save made no version");
}

/// After the same rounds both have kept two rows for each save, and varve a record.
void check() {
  by_varve varve{tables(100)};
  by_hand hand{tables(100)};
  const std::size_t rounds = 3 * varve.entities.size();
  for (std::size_t round = 0; round < rounds; ++round)
    require(varve.save(round) && hand.save(round), "each save makes a version");
  std::size_t versions = 0, kept = 0;
  for (std::size_t i = 0; i < varve.entities.size(); ++i) {
    auto columns = varve.entities[i]->columns;
    for (auto& column : columns) column.id = 0;  // given by the store
    require(columns == hand.entities[i].columns, "the same states");
    kept += hand.saves[i].kept();
    for (const auto& version : varve::history<Table>{varve.store}.versions(varve.entities[i]->id)) {
      if (version.number() == 0) continue;
      ++versions;
      require(version.changes().size() == 1, "one record for each save");
    }
  }
  require(versions == rounds && kept == 2 * rounds, "as many versions as saves, and two rows for each");
}

void register_all() {
  check();
  for (const std::size_t children : {10U, 100U, 1000U}) {
    const std::string name = "memory/1 field of 1 child/" + std::to_string(children);
    add(name + "/varve", [=](benchmark::State& state) { run_saves<by_varve>(state, children); });
    add(name + "/hand", [=](benchmark::State& state) { run_saves<by_hand>(state, children); });
  }
}

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, register_all); }
