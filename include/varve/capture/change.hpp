#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "varve/capture/record_limits.hpp"
#include "varve/diff/detail/items.hpp"
#include "varve/diff/diff.hpp"
#include "varve/store/state.hpp"

namespace varve {

namespace detail {

/// One entity in a save: its states at the transaction's start, as the live tables have it, and as it shall be.
struct saved_entity {
  const entity_info* entity = nullptr;
  row_key key{};               ///< empty: the store is to give it
  const void* base = nullptr;  ///< at the transaction's start; null: it did not exist
  const item_positions* base_positions = nullptr;
  const void* flushed = nullptr;  ///< as the live tables have it now
  const item_positions* flushed_positions = nullptr;
  const void* now = nullptr;       ///< as it shall be; null: deleted
  item_positions now_positions{};  ///< of ordered children
  expectation expected{};
  bool versioned = true;
  bool write_live = true;             ///< false: the application has written the live rows itself
  bool has_history = true;            ///< false: not known to have an open version, so it may need a baseline
  std::vector<std::size_t> absent{};  ///< collections that its open version does not have yet

  // What `find_changes` finds.
  std::vector<item_changes> from_base{};     ///< by relation, to `now`; all matches where the order counts
  std::vector<item_changes> from_flushed{};  ///< likewise; not used where that is the base
  bool compared = false;                     ///< the collections were compared with the flushed ones already
  bool changed = false;                      ///< makes a version

  // What capture finds out on its way.
  std::size_t lock = 0;
  std::size_t live = entity_lock::no_row;         ///< the entity's own write in `write_set::live`
  std::vector<std::vector<std::size_t>> items{};  ///< by relation and item: the insert, or `no_row`; empty without any
  struct item_update {
    std::size_t relation = 0;
    std::uint32_t item = 0;
    std::size_t live = entity_lock::no_row;
  };
  std::vector<item_update> updates{};  ///< of items, in the order of the changes

  /// Whether the state at the start is to be kept as a version of its own before this save's.
  [[nodiscard]] bool needs_baseline() const { return base != nullptr && (!has_history || !absent.empty()); }
  [[nodiscard]] std::vector<item_changes>& flush_changes() { return base == flushed ? from_base : from_flushed; }
  [[nodiscard]] const item_changes& since_flushed(std::size_t relation) const {
    return base == flushed ? from_base[relation] : from_flushed[relation];
  }
  [[nodiscard]] std::size_t insert_of(std::size_t relation, std::size_t item) const {
    return items.size() <= relation || items[relation].empty() ? entity_lock::no_row : items[relation][item];
  }

  /// Makes it as new, but for the room that its lists have.
  void reset() {
    saved_entity fresh;
    fresh.from_base.swap(from_base);
    fresh.from_flushed.swap(from_flushed);
    fresh.now_positions.swap(now_positions);
    fresh.items.swap(items);
    fresh.updates.swap(updates);
    for (auto& positions : fresh.now_positions) positions.clear();
    for (auto& inserts : fresh.items) inserts.clear();
    fresh.updates.clear();
    *this = std::move(fresh);
  }
};

/// The context of an item's row: its owner's key and its position.
[[nodiscard]] inline row_context context_of(const row_key& owner, const relation_info& relation, std::size_t place,
                                            const item_positions* positions, std::size_t item) {
  row_context context;
  context.parent = owner.empty() ? nullptr : &owner;
  if (relation.ordered && positions != nullptr && item < (*positions)[place].size())
    context.position = (*positions)[place][item];
  return context;
}

/// Whether two rows of a struct differ in a column that decides on versions.
[[nodiscard]] inline bool differs_in_compared(const table_info& table, const void* a, const void* b) {
  for (const auto& column : table.columns) {
    if (!column.is_compared() || !column.has_member() || column.is(column_flag::parent)) continue;
    if (column.is(column_flag::key) && !column.is(column_flag::natural)) continue;
    const void* left = column.in(a);
    const void* right = column.in(b);
    if (left == nullptr && right == nullptr) continue;
    if (left == nullptr || right == nullptr || !column.ops->same(left, right)) return true;
  }
  return false;
}

/// Whether two children of one name have one key. (They have not when the first one's moved to another parent.)
[[nodiscard]] inline bool same_own_key(const table_info& table, const void* a, const void* b) {
  if (!table.own_key) return true;
  for (const auto index : table.key)
    if (!table.columns[index].ops->same(table.columns[index].in(a), table.columns[index].in(b))) return false;
  return true;
}

/// Calls `visit(from, to)` for the items that both states have: those that are not the same, or all of them.
template <class Visit>
void each_kept_item(const item_changes& changes, std::size_t from_size, bool all, Visit&& visit) {
  if (!all) {
    for (const auto& pair : changes.changed) visit(pair.from, pair.to);
    return;
  }
  for (std::uint32_t i = 0; i < from_size; ++i) {
    const std::uint32_t target = changes.in_step ? i : changes.to_of_from[i];
    if (target != no_item) visit(i, target);
  }
}

/// Whether an item that both states have has another position in the second.
[[nodiscard]] inline bool moves_items(const item_changes& changes, const std::vector<std::int64_t>& before,
                                      const std::vector<std::int64_t>& after) {
  bool moved = false;
  each_kept_item(changes, before.size(), true,
                 [&](std::uint32_t from, std::uint32_t to) { moved = moved || before[from] != after[to]; });
  return moved;
}

}  // namespace detail
}  // namespace varve
