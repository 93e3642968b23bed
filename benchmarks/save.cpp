// What a comparison and a save cost, beside comparing the structs with ==.

#include <benchmark/benchmark.h>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

namespace {

struct Column {
  std::int64_t id{};
  std::string name{};
  std::optional<std::string> expression{}, type{}, description{};
  bool is_active{}, groupby{}, filterable{};
  friend bool operator==(const Column&, const Column&) = default;
};

struct Table {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
  std::optional<std::string> sql{};
  std::vector<Column> columns{};
  friend bool operator==(const Table&, const Table&) = default;
};

Table table_of(std::int64_t columns) {
  Table made{.name = "sales", .sql = "select 1"};
  for (std::int64_t i = 0; i < columns; ++i)
    made.columns.push_back({.name = "column_" + std::to_string(i), .expression = "sum(price) over some window",
                            .type = "VARCHAR", .description = std::nullopt, .is_active = true, .groupby = i % 2 == 0});
  return made;
}

}  // namespace

template <>
struct varve::entity<Table> : varve::describe<varve::table<"tables">, varve::public_id<&Table::uuid>,
                                              varve::children<&Table::columns, varve::by<&Column::name>>> {};

namespace {

void compare_with_operator(benchmark::State& state) {
  const Table before = table_of(state.range(0));
  const Table after = before;
  for (auto _ : state) benchmark::DoNotOptimize(before == after);
}
BENCHMARK(compare_with_operator)->Arg(100)->Arg(1000);

void diff_of_equal_states(benchmark::State& state) {
  const Table before = table_of(state.range(0));
  const Table after = before;
  varve::diff_scratch scratch;
  if (!varve::diff(before, after, scratch).empty()) state.SkipWithError("equal states differ");
  for (auto _ : state) benchmark::DoNotOptimize(varve::diff(before, after, scratch));
}
BENCHMARK(diff_of_equal_states)->Arg(100)->Arg(1000);

void diff_of_one_changed_child(benchmark::State& state) {
  const Table before = table_of(state.range(0));
  Table after = before;
  after.columns[after.columns.size() / 2].type = "TEXT";
  varve::diff_scratch scratch;
  if (varve::diff(before, after, scratch).size() != 1) state.SkipWithError("not one record");
  for (auto _ : state) benchmark::DoNotOptimize(varve::diff(before, after, scratch));
}
BENCHMARK(diff_of_one_changed_child)->Arg(100)->Arg(1000);

void save_one_child_of_many(benchmark::State& state, varve::store_handle store) {
  varve::session session{store, varve::actor{"benchmark"}};
  auto& table = session.add(table_of(state.range(0)));
  session.commit();
  std::int64_t round = 0;
  for (auto _ : state) {
    table.columns[static_cast<std::size_t>(round % state.range(0))].type = std::to_string(round);
    ++round;
    if (!session.commit().transaction) state.SkipWithError("no version was made");
  }
}
BENCHMARK_CAPTURE(save_one_child_of_many, in_memory, varve::memory_store{})->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(save_one_child_of_many, sqlite_memory, varve::sqlite::open<Table>(":memory:"))
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000);

}  // namespace
