#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/store/row_key.hpp"
#include "varve/store/write_set.hpp"

namespace varve::sql {

/// The order of live writes for a database that checks references at once: a row that is inserted comes behind those
/// that it refers to, one that is deleted before them. What refers to each other in a circle, or to what goes and is
/// only updated, lets go of it first.
class reference_order {
 public:
  /// A reference that a statement before the others makes null.
  struct release {
    std::size_t row;  ///< index in `live`
    std::uint16_t column;
  };

  explicit reference_order(const write_set& set) : set_(set), states_(set.live.size(), state::fresh) {
    order_.resize(set.live.size());
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
    const auto removed = entities(row_operation::remove), inserted = entities(row_operation::insert);
    for (const auto i : removed) removed_.emplace(place_of(i), i);
    for (const auto i : inserted)
      if (!set.live[i].row[set.live[i].table->key[0]].is_null()) inserted_.emplace(place_of(i), i);
    for (auto i = removed.rbegin(); i != removed.rend(); ++i) visit(*i, removed_);
    std::reverse(visited_.begin(), visited_.end());
    put(removed);
    for (std::size_t i = 0; i < set.live.size() && !removed_.empty(); ++i)
      if (set.live[i].operation == row_operation::update) let_go(i);
    for (const auto i : inserted) visit(i, inserted_);
    put(inserted);
  }

  [[nodiscard]] const std::vector<std::size_t>& order() const { return order_; }
  [[nodiscard]] const std::vector<release>& releases() const { return releases_; }
  /// References of inserted rows that are null until the last of them is there.
  [[nodiscard]] const std::vector<release>& late() const { return late_; }

 private:
  enum class state : std::uint8_t { fresh, open, done };
  using rows_by_key = std::map<std::pair<std::string_view, row_key>, std::size_t>;

  static void each_reference(const live_row& row, auto&& take) {
    for (std::uint16_t c = 0; c < row.table->stored; ++c)
      if (!row.table->columns[c].refers_to.empty()) take(c);
  }
  [[nodiscard]] std::vector<std::size_t> entities(row_operation operation) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < set_.live.size(); ++i)
      if (set_.live[i].operation == operation && set_.live[i].table->parent.empty()) found.push_back(i);
    return found;
  }
  [[nodiscard]] std::pair<std::string_view, row_key> place_of(std::size_t i) const {
    const auto& row = set_.live[i];
    return {row.table->name, row_key::of(row.row, row.table->key)};
  }
  /// What a row refers to comes before it.
  void visit(std::size_t i, const rows_by_key& rows) {
    if (states_[i] != state::fresh) return;
    states_[i] = state::open;
    const auto& row = set_.live[i];
    each_reference(row, [&](std::uint16_t c) {
      if (row.row[c].is_null()) return;
      const auto found = rows.find(std::pair{row.table->columns[c].refers_to, row_key::of(row.row[c])});
      if (found == rows.end() || found->second == i) return;
      visit(found->second, rows);
      if (states_[found->second] != state::open || !row.table->columns[c].ops->nullable) return;
      (row.operation == row_operation::insert ? late_ : releases_).push_back({i, c});  // a circle
    });
    states_[i] = state::done;
    visited_.push_back(i);
  }
  /// Those visited take the places that they had together.
  void put(const std::vector<std::size_t>& places) {
    for (std::size_t i = 0; i < places.size(); ++i) order_[places[i]] = visited_[i];
    visited_.clear();
  }
  /// What a row referred to until now may be what goes.
  void let_go(std::size_t i) {
    const auto& row = set_.live[i];
    each_reference(row, [&](std::uint16_t c) {
      const auto& column = row.table->columns[c];
      const bool is_changed = std::find(row.columns.begin(), row.columns.end(), c) != row.columns.end();
      const auto goes = [&](const auto& one) { return one.first.first == column.refers_to; };
      if (is_changed && column.ops->nullable && std::any_of(removed_.begin(), removed_.end(), goes))
        releases_.push_back({i, c});
    });
  }

  const write_set& set_;
  std::vector<state> states_;
  rows_by_key inserted_{}, removed_{};
  std::vector<std::size_t> order_{}, visited_{};
  std::vector<release> releases_{}, late_{};
};

}  // namespace varve::sql
