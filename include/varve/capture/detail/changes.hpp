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
    for (const auto& pair : changes.changed) {
      const void* before = relation.item(saved.base, pair.from);
      const void* after = relation.item(saved.now, pair.to);
      if (!same_own_key(*relation.table, before, after) || differs_in_compared(*relation.table, before, after))
        return true;
    }
  }
  return false;
}

/// Gives the items of an ordered collection their positions: as few as possible change within the transaction, so those
/// of its start count before those of an earlier flush. Positions that are known already stay.
inline void place_items(saved_entity& saved, std::size_t relation) {
  if (!saved.now_positions[relation].empty()) return;
  std::vector<std::int64_t> known(saved.entity->relations[relation].size(saved.now), no_position);
  const auto take = [&](const item_positions* positions, const item_changes& changes) {
    if (positions == nullptr) return;
    const auto& old = (*positions)[relation];
    each_kept_item(changes, old.size(), true, [&](std::uint32_t from, std::uint32_t to) { known[to] = old[from]; });
  };
  take(saved.flushed_positions, saved.since_flushed(relation));
  if (saved.base != saved.flushed) take(saved.base_positions, saved.from_base[relation]);
  saved.now_positions[relation] = assign_positions(known);
}

/// Finds what a save changes: once, for all that comes after.
inline void find_changes(saved_entity& saved) {
  const auto& relations = saved.entity->relations;
  const auto compare = [&](std::size_t r, const void* before, item_changes& out) {
    compare_items(relations[r], before, saved.now, out);
    if (relations[r].ordered && !out.in_step) match_items(relations[r], before, saved.now, out);
  };
  saved.from_base.resize(relations.size());
  if (saved.base != saved.flushed) saved.from_flushed.resize(relations.size());
  saved.now_positions.resize(relations.size());
  for (std::size_t r = 0; r < relations.size(); ++r) {
    compare(r, saved.base, saved.from_base[r]);
    if (saved.base != saved.flushed) compare(r, saved.flushed, saved.from_flushed[r]);
    if (relations[r].ordered && saved.now != nullptr) place_items(saved, r);
  }
  saved.changed = makes_version(saved);
}

}  // namespace varve::detail
