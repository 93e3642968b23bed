// The same program on any store, and the tables of an SQL store: planned, made, checked and taken away.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "dataset.hpp"
#include "varve/backend/sqlite.hpp"
#include "varve/varve.hpp"

struct Dashboard {
  std::int64_t id{};
  std::string title{};
};
template <>
struct varve::entity<Dashboard> : varve::describe<> {};

void show(std::string_view what, const std::vector<std::string>& statements = {}) {
  fmt::print("{}\n", what);
  for (const auto& statement : statements) fmt::print("  {}\n", statement);
}

void save(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  session.add(Dataset{.table_name = "sales"});
  session.add(Dashboard{.title = "Sales"});
  session.commit();
}

void in_a_file() {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(std::string{"app.db"} + suffix);
  auto store = varve::sqlite::open<Dataset, Dashboard>("app.db");  // creates what is missing, never drops
  save(store);
}

std::size_t datasets_in_the_file() {
  auto store = varve::sqlite::open<Dataset>("app.db");            // creates what is missing, never drops
  return varve::history<Dataset>{store}.versions(std::int64_t{1}).count();
}

void on_a_connection_of_its_own(sqlite3* sqlite3_handle) {
  varve::sqlite::store store{varve::borrow(sqlite3_handle)};

  varve::schema schema{store};
  schema.add<Dataset>().add<Dashboard>();
  for (const auto& step : schema.plan()) show(step.name, step.statements);   // nothing is run
  schema.apply();                                                  // a second time it changes nothing
  for (const auto& difference : schema.check()) show(difference);
  schema.downgrade();                                              // takes away the history; live tables stay
}

std::size_t datasets_in_a_snapshot(const varve::memory_store& store) {
  std::ofstream out{"history.jsonl"};
  store.write_snapshot(out);

  std::ifstream in{"history.jsonl"};
  auto again = varve::memory_store::read_snapshot<Dataset, Dashboard>(in);
  return varve::history<Dataset>{again}.versions(std::int64_t{1}).count();
}

int main() {
  varve::memory_store store;
  save(store);
  in_a_file();
  const bool kept = datasets_in_the_file() == 1 && datasets_in_a_snapshot(store) == 1;
  sqlite3* own = nullptr;
  sqlite3_open(":memory:", &own);
  on_a_connection_of_its_own(own);
  const bool stays = sqlite3_exec(own, "SELECT table_name FROM dataset", nullptr, nullptr, nullptr) == SQLITE_OK;
  const bool gone = sqlite3_exec(own, "SELECT 1 FROM dataset_version", nullptr, nullptr, nullptr) != SQLITE_OK;
  sqlite3_close(own);
  return kept && stays && gone ? 0 : 1;
}
