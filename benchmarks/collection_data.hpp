#pragma once

// Tables with columns, as a dataset has them, in pairs of states; and hand-written code that compares them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "varve/entity/entity.hpp"

namespace bench {

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
  varve::uuid uuid{};
  std::string name{};
  std::vector<Column> columns{};
  friend bool operator==(const Table&, const Table&) = default;
};

}  // namespace bench

template <>
struct varve::entity<bench::Table>
    : varve::describe<varve::table<"tables">, varve::public_id<&bench::Table::uuid>,
                      varve::children<&bench::Table::columns, varve::by<&bench::Column::name>>> {};

namespace bench {

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
inline constexpr const char* edit_names[] = {"equal",     "1 changed",   "1% changed",  "10% changed",
                                             "10% added", "10% removed", "1 moved far", "shuffled"};

struct pair_of_tables {
  Table before, after;
  Table twin;               ///< the same as `before`, elsewhere: what == reads from end to end
  std::size_t records = 0;  ///< that a diff must find
};

inline Column column_of(std::mt19937& random, std::size_t number) {
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

inline Table table_of(std::mt19937& random, std::size_t size) {
  Table made;
  made.name = "sales";
  for (std::size_t i = 0; i < size; ++i) made.columns.push_back(column_of(random, i));
  return made;
}

inline pair_of_tables pair_of(std::mt19937& random, std::size_t size, edit what) {
  pair_of_tables made;
  made.before = table_of(random, size);
  made.after = made.twin = made.before;
  auto& columns = made.after.columns;
  const auto place = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
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
        columns.insert(columns.begin() + place(random() % columns.size()), column_of(random, size + k));
      made.records = tenth;
      break;
    case edit::tenth_removed:
      for (std::size_t k = 0; k < tenth; ++k) columns.erase(columns.begin() + place(random() % columns.size()));
      made.records = tenth;
      break;
    case edit::one_moved:
      std::rotate(columns.begin() + place(size / 5), columns.begin() + place(size / 5) + 1,
                  columns.begin() + place(size * 4 / 5));
      break;
    case edit::shuffled: std::shuffle(columns.begin(), columns.end(), random); break;
  }
  return made;
}

/// Many entities, about 8,000 children, to be compared in turn: the branch predictor cannot learn them.
inline std::vector<pair_of_tables> tables_of(std::size_t size, edit what) {
  std::mt19937 random{20261122};
  std::vector<pair_of_tables> made;
  for (std::size_t children = 0; children < 8000; children += size) made.push_back(pair_of(random, size, what));
  return made;
}

/// The usual way: a hash table of each side.
inline std::size_t by_maps(const Table& before, const Table& after) {
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

/// What a save in memory does at least: a walk over both states, and a kept copy of each row that changed.
class hand_written_save {
 public:
  explicit hand_written_save(Table& table) : table_(&table), base_(table) {}

  /// \return  how many children changed. Children that were added, removed or moved are not expected.
  std::size_t commit() {
    std::size_t changed = 0;
    auto& was = base_.columns;
    const auto& is = table_->columns;
    for (std::size_t i = 0; i < was.size(); ++i) {
      if (was[i].name != is[i].name) std::abort();
      if (was[i] == is[i]) continue;
      columns_.push_back(is[i]);
      was[i] = is[i];
      ++changed;
    }
    if (changed > 0) rows_.push_back({table_->id, table_->uuid, table_->name, {}});
    return changed;
  }
  [[nodiscard]] std::size_t kept() const { return columns_.size() + rows_.size(); }

 private:
  Table* table_;
  Table base_;
  std::vector<Table> rows_{};
  std::vector<Column> columns_{};
};

}  // namespace bench
