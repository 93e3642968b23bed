#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "varve/capture/change.hpp"
#include "varve/capture/detail/positions.hpp"

namespace varve::detail {

/// Whether an ordered collection's items have other positions than at the transaction's start.
[[nodiscard]] inline bool is_reordered(const saved_entity& saved, std::size_t relation) {
  return saved.entity->relations[relation].ordered && saved.base_positions != nullptr && saved.now != nullptr &&
         moves_items(saved.from_base[relation], (*saved.base_positions)[relation], saved.now_positions[relation]);
}

/// Whether an entity's save makes a version: a compared column, a child or a link is not the same.
[[nodiscard]] inline bool makes_version(const saved_entity& saved) {
  if (!saved.versioned) return false;
  if (saved.base == nullptr || saved.now == nullptr) return saved.base != saved.now;
  if (differs_in_compared(*saved.entity->table, saved.base, saved.now)) return true;
  for (std::size_t r = 0; r < saved.entity->relations.size(); ++r) {
    const auto& relation = saved.entity->relations[r];
    const auto& changes = saved.from_base[r];
    if (!changes.added.empty() || !changes.removed.empty() || is_reordered(saved, r)) return true;
    if (changes.changed.empty()) continue;
    const item_view base{relation, saved.base};
    const item_view now{relation, saved.now};
    for (const auto& pair : changes.changed)
      if (!same_own_key(*relation.table, base[pair.from], now[pair.to]) ||
          differs_in_compared(*relation.table, base[pair.from], now[pair.to]))
        return true;
  }
  return false;
}

/// Gives the items of an ordered collection their positions: as few as possible change within the transaction, so those
/// of its start count before those of an earlier flush. Positions that are known already stay.
inline void place_items(saved_entity& saved, std::size_t relation) {
  auto& positions = saved.now_positions[relation];
  if (!positions.empty()) return;
  const std::size_t size = saved.entity->relations[relation].size(saved.now);
  const auto& since_base = saved.from_base[relation];
  if (saved.base_positions != nullptr && since_base.in_step && (*saved.base_positions)[relation].size() == size) {
    positions = (*saved.base_positions)[relation];
    return;
  }
  std::vector<std::int64_t> known(size, no_position);
  const auto take = [&](const item_positions* from_positions, const item_changes& changes) {
    if (from_positions == nullptr) return;
    const auto& old = (*from_positions)[relation];
    each_kept_item(changes, old.size(), true, [&](std::uint32_t from, std::uint32_t to) { known[to] = old[from]; });
  };
  take(saved.flushed_positions, saved.since_flushed(relation));
  if (saved.base != saved.flushed) take(saved.base_positions, since_base);
  positions = assign_positions(known);
}

/// Compares all collections of two states, of which one may be null; of those whose order counts all matches are found
/// when they are not in step.
/// \return whether any differs, be it in the order alone.
inline bool compare_collections(const entity_info& info, const void* before, const void* after,
                                std::vector<item_changes>& changes) {
  if (changes.size() < info.relations.size()) changes.resize(info.relations.size());
  bool differ = false;
  for (std::size_t r = 0; r < info.relations.size(); ++r) {
    const auto& relation = info.relations[r];
    compare_items(relation, before, after, changes[r]);
    if (relation.ordered && !changes[r].in_step) match_items(relation, before, after, changes[r]);
    differ = differ || !changes[r].empty() || !changes[r].in_step;
  }
  return differ;
}

/// Finds what a save changes: once, for all that comes after.
inline void find_changes(saved_entity& saved) {
  const auto& info = *saved.entity;
  if (!saved.compared) compare_collections(info, saved.flushed, saved.now, saved.flush_changes());
  if (saved.base != saved.flushed) compare_collections(info, saved.base, saved.now, saved.from_base);
  saved.compared = true;
  saved.now_positions.resize(info.relations.size());
  for (std::size_t r = 0; r < info.relations.size(); ++r)
    if (info.relations[r].ordered && saved.now != nullptr) place_items(saved, r);
  saved.changed = makes_version(saved);
}

}  // namespace varve::detail
