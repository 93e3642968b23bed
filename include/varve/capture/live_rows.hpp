#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/change.hpp"

namespace varve::detail {

/// Collects the writes of live tables and brings them into their order: delete, update, insert; what belongs to an
/// entity goes or is updated before it when deleted and comes after it when inserted.
///
/// Used again it allocates only the rows.
class live_planner {
 public:
  /// Plans all writes that a save needs, from the changes that were found.
  void plan(write_set& set, std::span<saved_entity> entities) {
    rows_.clear();
    for (auto& saved : entities) plan_entity(saved);
    join_moves();
    finish(set, entities);
  }

 private:
  struct planned {
    live_row row;
    bool is_entity = false;
    bool gone = false;
  };

  void plan_entity(saved_entity& saved) {
    const auto& info = *saved.entity;
    saved.items.resize(info.relations.size());
    if (!saved.write_live) return;
    entity_row(saved);
    for (std::size_t r = 0; r < info.relations.size(); ++r) plan_relation(saved, r);
  }

  /// Moves all into the write set. Rows are known by their index there from now on.
  void finish(write_set& set, std::span<saved_entity> entities) {
    places_.assign(rows_.size(), entity_lock::no_row);
    for (int phase = 0; phase < 7; ++phase)
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        auto& row = rows_[i];
        if (row.gone || phase_of(row) != phase) continue;
        places_[i] = set.live.size();
        set.live.push_back(std::move(row.row));
      }
    for (auto& row : set.live)
      if (row.owner != entity_lock::no_row) row.owner = places_[row.owner];
    for (auto& saved : entities) {
      if (saved.live != entity_lock::no_row) saved.live = places_[saved.live];
      for (auto& items : saved.items)
        for (auto& item : items)
          if (item != entity_lock::no_row) item = places_[item];
      for (auto& update : saved.updates) update.live = places_[update.live];
    }
    rows_.clear();
  }

  /// A child that moves has left its owner before that is deleted, if its new owner is there.
  [[nodiscard]] static int phase_of(const planned& row) {
    switch (row.row.operation) {
      case row_operation::remove: return row.is_entity ? 2 : 0;
      case row_operation::update:
        if (row.is_entity) return 3;
        return row.row.owner == entity_lock::no_row ? 1 : 5;  // after its new owner
      case row_operation::insert: break;
    }
    return row.is_entity ? 4 : 6;
  }

  live_row& add(const table_info& table, row_operation operation, packed_row row, bool is_entity) {
    auto& made = rows_.emplace_back();
    made.row.table = &table;
    made.row.operation = operation;
    made.row.row = std::move(row);
    made.is_entity = is_entity;
    return made.row;
  }

  /// Plans the update of a row that differs, when it does in a column that a save writes.
  /// \param moved  the row's position is another.
  /// \param pack   packs the row as it shall be.
  /// \return whether there is one.
  template <class Pack>
  bool update(const table_info& table, const void* before, const void* after, bool moved, bool is_entity, Pack&& pack) {
    changed_.clear();
    for (std::uint16_t i = 0; i < table.stored; ++i) {
      const auto& column = table.columns[i];
      if (column.is_any(column_flag::filled | column_flag::key | column_flag::parent)) continue;
      if (column.is(column_flag::position) ? moved : column.has_member() && !same_field(column, before, after))
        changed_.push_back(i);
    }
    if (changed_.empty()) return false;
    auto row = pack();
    value_buffer buffer;
    std::erase_if(changed_, [&](std::uint16_t i) {  // fields that differ may be stored as the same value
      const auto& column = table.columns[i];
      return column.has_member() && column.read(before, buffer) == row[i];
    });
    if (changed_.empty()) return false;
    auto& made = add(table, row_operation::update, std::move(row), is_entity);
    for (const auto column : changed_) made.columns.push_back(column);
    return true;
  }

  void entity_row(saved_entity& saved) {
    const auto& table = *saved.entity->table;
    const auto pack = [&](const void* object) { return pack_row(table, object, {}, saved.entity->kind, packer_); };
    const std::size_t place = rows_.size();
    if (saved.flushed == nullptr) {
      if (saved.now == nullptr) return;
      add(table, row_operation::insert, pack(saved.now), true);
      saved.live = place;
    } else if (saved.now == nullptr) {
      add(table, row_operation::remove, pack(saved.flushed), true);
    } else if (table.row->mismatch(saved.flushed, saved.now, 1) == 0 &&
               update(table, saved.flushed, saved.now, false, true, [&] { return pack(saved.now); })) {
      saved.live = place;
    }
  }

  void plan_relation(saved_entity& saved, std::size_t r) {
    const auto& relation = saved.entity->relations[r];
    const auto& table = *relation.table;
    const auto& changes = saved.since_flushed(r);
    const bool moved = relation.ordered && saved.flushed_positions != nullptr && saved.now != nullptr &&
                       moves_items(changes, (*saved.flushed_positions)[r], saved.now_positions[r]);
    if (changes.empty() && !moved) return;
    const item_view flushed{relation, saved.flushed};
    const item_view now{relation, saved.now};
    const auto pack = [&](const item_view& items, const item_positions* positions, std::size_t item) {
      return pack_row(table, items[item], context_of(saved.key, relation, r, positions, item), relation.kind, packer_);
    };
    const auto remove = [&](std::size_t item) {
      add(table, row_operation::remove, pack(flushed, saved.flushed_positions, item), false);
    };
    const auto insert = [&](std::size_t item) {
      if (saved.items[r].empty()) saved.items[r].assign(now.size(), entity_lock::no_row);
      const std::size_t place = rows_.size();
      auto& row = add(table, row_operation::insert, pack(now, &saved.now_positions, item), false);
      if (saved.key.empty()) row.owner = saved.live;
      saved.items[r][item] = place;
    };
    for (const auto item : changes.removed) remove(item);
    each_kept_item(changes, flushed.size(), moved, [&](std::uint32_t from, std::uint32_t to) {
      const void* before = flushed[from];
      const void* after = now[to];
      if (!same_own_key(table, before, after)) {
        remove(from);  // the child itself has gone to another parent
        insert(to);
        return;
      }
      const bool another_place = moved && (*saved.flushed_positions)[r][from] != saved.now_positions[r][to];
      const std::size_t place = rows_.size();
      if (update(table, before, after, another_place, false, [&] { return pack(now, &saved.now_positions, to); }))
        saved.updates.push_back({r, to, place});
    });
    for (const auto item : changes.added) insert(item);
  }

  /// A row that one entity loses and another gains under the same key, or that goes and comes back, is updated.
  void join_moves() {
    const auto is_insert = [](const planned& row) { return row.row.operation == row_operation::insert; };
    if (std::none_of(rows_.begin(), rows_.end(), is_insert)) return;
    std::map<std::pair<std::string_view, row_key>, std::size_t> removed;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (rows_[i].row.operation == row_operation::remove)
        removed.emplace(std::pair{rows_[i].row.table->name, row_key::of(rows_[i].row.row, rows_[i].row.table->key)}, i);
    if (removed.empty()) return;
    for (auto& inserted : rows_) {
      if (inserted.row.operation != row_operation::insert) continue;
      if (inserted.row.table->generated_key && inserted.row.row[inserted.row.table->key[0]].is_null()) continue;
      const auto found =
          removed.find({inserted.row.table->name, row_key::of(inserted.row.row, inserted.row.table->key)});
      if (found == removed.end()) continue;
      auto& old = rows_[found->second];
      old.gone = true;
      // The parent's key may still have to be given, so the row is written whole.
      inserted.row.operation = row_operation::update;
      for (std::uint16_t c = 0; c < inserted.row.table->stored; ++c)
        if (!inserted.row.table->columns[c].is_any(column_flag::filled | column_flag::key))
          inserted.row.columns.push_back(c);
    }
  }

  std::vector<planned> rows_{};
  std::vector<std::size_t> places_{};
  std::vector<std::uint16_t> changed_{};
  row_packer packer_{};
};

/// Plans all writes of live tables that a save needs, from the changes that were found.
inline void plan_live_rows(write_set& set, std::span<saved_entity> entities) {
  live_planner planner;
  planner.plan(set, entities);
}

}  // namespace varve::detail
