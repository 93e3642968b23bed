#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "varve/capture/change.hpp"

namespace varve::detail {

/// Collects the writes of live tables and brings them into their order: delete, update, insert; what belongs to an
/// entity goes before it when deleted and comes after it when inserted.
class live_planner {
 public:
  explicit live_planner(write_set& set) : set_(set) {}

  void plan(saved_entity& saved) {
    const auto& info = *saved.entity;
    saved.items.assign(info.relations.size(), {});
    if (!saved.write_live) return;
    entity_row(saved);
    for (std::size_t r = 0; r < info.relations.size(); ++r) plan_relation(saved, r);
  }

  /// Moves all into the write set. Inserts that the store must give a key are known by index from now on.
  void finish(std::vector<saved_entity>& entities) {
    join_moves();
    std::vector<std::size_t> places(rows_.size(), entity_lock::no_row);
    for (int phase = 0; phase < 6; ++phase)
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        auto& row = rows_[i];
        if (row.gone || phase_of(row) != phase) continue;
        places[i] = set_.live.size();
        set_.live.push_back(std::move(row.row));
      }
    for (auto& row : set_.live)
      if (row.owner != entity_lock::no_row) row.owner = places[row.owner];
    for (auto& saved : entities) {
      if (saved.live != entity_lock::no_row) saved.live = places[saved.live];
      for (auto& items : saved.items)
        for (auto& item : items)
          if (item != entity_lock::no_row) item = places[item];
    }
  }

 private:
  struct planned {
    live_row row;
    bool is_entity = false;
    bool gone = false;
  };

  [[nodiscard]] static int phase_of(const planned& row) {
    switch (row.row.operation) {
      case row_operation::remove: return row.is_entity ? 1 : 0;
      case row_operation::update: return row.row.owner == entity_lock::no_row ? 2 : 4;  // after its new owner
      case row_operation::insert: break;
    }
    return row.is_entity ? 3 : 5;
  }

  std::size_t add(const table_info& table, row_operation operation, packed_row row, bool is_entity,
                  std::vector<std::uint16_t> columns = {}) {
    planned made;
    made.row.table = &table;
    made.row.operation = operation;
    made.row.row = std::move(row);
    made.row.columns = std::move(columns);
    made.is_entity = is_entity;
    rows_.push_back(std::move(made));
    return rows_.size() - 1;
  }

  /// The stored columns in which two packed rows differ, those that the database fills aside.
  [[nodiscard]] static std::vector<std::uint16_t> changed_columns(const table_info& table, const packed_row& a,
                                                                  const packed_row& b) {
    std::vector<std::uint16_t> columns;
    for (std::uint16_t i = 0; i < table.stored; ++i)
      if (!table.columns[i].is_any(column_flag::filled | column_flag::key) && !(a[i] == b[i])) columns.push_back(i);
    return columns;
  }

  void entity_row(saved_entity& saved) {
    const auto& table = *saved.entity->table;
    const auto pack = [&](const void* object) { return pack_row(table, object, {}, saved.entity->kind, packer_); };
    if (saved.flushed == nullptr) {
      if (saved.now != nullptr) saved.live = add(table, row_operation::insert, pack(saved.now), true);
    } else if (saved.now == nullptr) {
      add(table, row_operation::remove, pack(saved.flushed), true);
    } else if (table.row->mismatch(saved.flushed, saved.now, 1) == 0) {
      auto next = pack(saved.now);
      auto columns = changed_columns(table, pack(saved.flushed), next);
      if (!columns.empty()) add(table, row_operation::update, std::move(next), true, std::move(columns));
    }
  }

  void plan_relation(saved_entity& saved, std::size_t r) {
    const auto& relation = saved.entity->relations[r];
    const auto& table = *relation.table;
    const auto pack = [&](const void* object, const item_positions* positions, std::size_t item) {
      return pack_row(table, relation.item(object, item), context_of(saved.key, relation, r, positions, item),
                      relation.kind, packer_);
    };
    const std::size_t size = saved.now == nullptr ? 0 : relation.size(saved.now);
    saved.items[r].assign(size, entity_lock::no_row);
    const auto& changes = saved.since_flushed(r);
    const bool moved = relation.ordered && saved.flushed_positions != nullptr && saved.now != nullptr &&
                       moves_items(changes, (*saved.flushed_positions)[r], saved.now_positions[r]);
    const auto remove = [&](std::size_t item) {
      add(table, row_operation::remove, pack(saved.flushed, saved.flushed_positions, item), false);
    };
    const auto insert = [&](std::size_t item) {
      const std::size_t place = add(table, row_operation::insert, pack(saved.now, &saved.now_positions, item), false);
      if (saved.key.empty()) rows_[place].row.owner = saved.live;
      saved.items[r][item] = place;
    };
    for (const auto item : changes.removed) remove(item);
    each_kept_item(changes, saved.flushed == nullptr ? 0 : relation.size(saved.flushed), moved,
                   [&](std::uint32_t from, std::uint32_t to) {
                     if (!same_own_key(table, relation.item(saved.flushed, from), relation.item(saved.now, to))) {
                       remove(from);  // the child itself has gone to another parent
                       insert(to);
                       return;
                     }
                     auto after = pack(saved.now, &saved.now_positions, to);
                     auto columns = changed_columns(table, pack(saved.flushed, saved.flushed_positions, from), after);
                     if (!columns.empty())
                       add(table, row_operation::update, std::move(after), false, std::move(columns));
                   });
    for (const auto item : changes.added) insert(item);
  }

  /// A row that one entity loses and another gains under the same key, or that goes and comes back, is updated.
  void join_moves() {
    std::map<std::pair<std::string_view, std::string>, std::size_t> removed;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (rows_[i].row.operation == row_operation::remove)
        removed.emplace(
            std::pair{rows_[i].row.table->name, row_key::of(rows_[i].row.row, rows_[i].row.table->key).bytes()}, i);
    if (removed.empty()) return;
    for (auto& inserted : rows_) {
      if (inserted.row.operation != row_operation::insert) continue;
      if (inserted.row.table->generated_key && inserted.row.row[inserted.row.table->key[0]].is_null()) continue;
      const auto found =
          removed.find({inserted.row.table->name, row_key::of(inserted.row.row, inserted.row.table->key).bytes()});
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

  write_set& set_;
  std::vector<planned> rows_{};
  row_packer packer_{};
};

/// Plans all writes of live tables that a save needs, from the changes that were found.
inline void plan_live_rows(write_set& set, std::vector<saved_entity>& entities) {
  live_planner planner{set};
  for (auto& saved : entities) planner.plan(saved);
  planner.finish(entities);
}

}  // namespace varve::detail
