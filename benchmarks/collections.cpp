// Comparing child collections, beside the structs' own == and the usual two hash tables, over the same data in one run.
//
// The figure to look at is the ratio of diff to equal: what it costs to know what differs instead of whether.
// About 8,000 children are compared in turn, so that the branch predictor cannot learn the data.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <varve/varve.hpp>

namespace {

struct Column {
  std::int64_t id{};
  std::string name{};
  std::string type{};
  std::optional<std::string> expression{}, verbose_name{}, description{}, format{};
  bool is_active{}, groupby{}, filterable{}, is_dttm{};
  friend bool operator==(const Column&, const Column&) = default;
};

struct Table {
  std::int64_t id{};
  std::string name{};
  std::vector<Column> columns{};
};

}  // namespace

template <>
struct varve::entity<Table>
    : varve::describe<varve::table<"tables">, varve::children<&Table::columns, varve::by<&Column::name>>> {};

namespace {

enum class edit {
  nothing,
  one_changed,
  percent_changed,
  tenth_changed,
  tenth_added,
  tenth_removed,
  one_moved,
  shuffled
};
constexpr const char* names[] = {"equal",     "1 changed",   "1% changed",  "10% changed",
                                 "10% added", "10% removed", "1 moved far", "shuffled"};

struct pair_of_states {
  Table before, after;
  Table twin;               ///< the same as `before`, elsewhere: what == reads from end to end
  std::size_t records = 0;  ///< that a diff must find
};

Column column_of(std::mt19937& random, std::size_t number) {
  Column made;
  made.name = "column_with_a_name_" + std::to_string(number);
  made.type = random() % 2 == 0 ? "VARCHAR(255)" : "DOUBLE PRECISION";
  if (random() % 4 != 0) made.expression = "sum(price) over (partition by region) " + std::to_string(random() % 1000);
  if (random() % 2 == 0) made.verbose_name = "A name for people " + std::to_string(number);
  if (random() % 3 == 0) made.description = "What the column is about, in a sentence of some length";
  made.is_active = random() % 2 == 0;
  made.groupby = random() % 2 == 0;
  return made;
}

pair_of_states states_of(std::mt19937& random, std::size_t size, edit what) {
  pair_of_states made;
  for (std::size_t i = 0; i < size; ++i) made.before.columns.push_back(column_of(random, i));
  made.after.columns = made.twin.columns = made.before.columns;
  auto& columns = made.after.columns;
  const auto change = [&](std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) columns[k * size / count].description = "changed " + std::to_string(k);
    made.records = count;
  };
  const std::size_t tenth = std::max<std::size_t>(1, size / 10);
  switch (what) {
    case edit::nothing: break;
    case edit::one_changed: change(1); break;
    case edit::percent_changed: change(std::max<std::size_t>(1, size / 100)); break;
    case edit::tenth_changed: change(tenth); break;
    case edit::tenth_added:
      for (std::size_t k = 0; k < tenth; ++k)
        columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(random() % columns.size()),
                       column_of(random, size + k));
      made.records = tenth;
      break;
    case edit::tenth_removed:
      for (std::size_t k = 0; k < tenth; ++k)
        columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(random() % columns.size()));
      made.records = tenth;
      break;
    case edit::one_moved:
      std::rotate(columns.begin() + static_cast<std::ptrdiff_t>(size / 5),
                  columns.begin() + static_cast<std::ptrdiff_t>(size / 5) + 1,
                  columns.begin() + static_cast<std::ptrdiff_t>(size * 4 / 5));
      break;
    case edit::shuffled: std::shuffle(columns.begin(), columns.end(), random); break;
  }
  return made;
}

/// Many entities, to be compared in turn.
std::vector<pair_of_states> data_of(std::size_t size, edit what) {
  std::mt19937 random{20261122};
  std::vector<pair_of_states> made;
  for (std::size_t children = 0; children < 8000 || made.empty(); children += size)
    made.push_back(states_of(random, size, what));
  return made;
}

std::size_t by_maps(const Table& before, const Table& after) {
  std::unordered_map<std::string_view, const Column*> left, right;
  for (const auto& column : before.columns) left.emplace(column.name, &column);
  for (const auto& column : after.columns) right.emplace(column.name, &column);
  std::size_t found = 0;
  for (const auto& column : before.columns) {
    const auto other = right.find(column.name);
    if (other == right.end() || !(*other->second == column)) ++found;
  }
  for (const auto& column : after.columns)
    if (!left.contains(column.name)) ++found;
  return found;
}

template <class Compare>
void over(benchmark::State& state, const std::vector<pair_of_states>& data, Compare&& compare) {
  std::size_t at = 0, children = 0;
  for (auto _ : state) {
    const auto& one = data[at];
    at = at + 1 == data.size() ? 0 : at + 1;
    benchmark::DoNotOptimize(compare(one));
    children += one.before.columns.size();
  }
  state.counters["ns/child"] = benchmark::Counter(static_cast<double>(children) * 1e-9,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void register_all() {
  for (const std::size_t size : {std::size_t{100}, std::size_t{1000}, std::size_t{10'000}})
    for (int what = 0; what <= static_cast<int>(edit::shuffled); ++what) {
      const std::string name = std::string{names[what]} + "/" + std::to_string(size);
      const auto data = std::make_shared<std::vector<pair_of_states>>(data_of(size, static_cast<edit>(what)));
      varve::diff_scratch scratch;
      for (const auto& one : *data)  // all variants find the same before any is timed
        if (varve::diff(one.before, one.after, scratch).size() != one.records ||
            by_maps(one.before, one.after) != one.records) {
          std::fprintf(stderr, "%s: not %zu records\n", name.c_str(), one.records);
          std::exit(1);
        }
      benchmark::RegisterBenchmark(("equal/" + name).c_str(), [data](benchmark::State& state) {
        over(state, *data, [](const pair_of_states& one) { return one.before.columns == one.twin.columns; });
      });
      benchmark::RegisterBenchmark(("diff/" + name).c_str(), [data](benchmark::State& state) {
        varve::diff_scratch room;
        over(state, *data, [&](const pair_of_states& one) { return varve::diff(one.before, one.after, room).size(); });
      });
      benchmark::RegisterBenchmark(("maps/" + name).c_str(), [data](benchmark::State& state) {
        over(state, *data, [](const pair_of_states& one) { return by_maps(one.before, one.after); });
      });
    }
}

const bool registered = (register_all(), true);

}  // namespace
