#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "varve/session/detail/managed.hpp"

namespace varve::detail {

/// Brings the keys and values that a store gave into the objects; used again it allocates little.
class given_values {
 public:
  /// \param set_key  notes the key that an entity got.
  template <class SetKey>
  void take_over(const write_set& set, const apply_result& result, std::span<const saved_entity> saved,
                 std::span<managed* const> touched, SetKey&& set_key) {
    if (result.given.empty()) return;
    rows_.assign(set.live.size(), nullptr);
    for (const auto& row : result.given) rows_[row.live] = &row.row;
    for (std::size_t i = 0; i < saved.size(); ++i) {
      auto& entry = *touched[i];
      if (entry.erased) continue;
      const auto& info = *entry.info;
      if (saved[i].live != entity_lock::no_row && rows_[saved[i].live] != nullptr) {
        const auto& row = *rows_[saved[i].live];
        fill(*info.table, row, entry.object.get());
        if (entry.key.empty()) set_key(entry, row_key::of(row, info.table->key));
      }
      for (std::size_t r = 0; r < info.relations.size(); ++r) fill_items(entry, saved[i], r);
    }
  }

 private:
  /// Writes what a save may have given: keys, and the columns that the database fills.
  static void fill(const table_info& table, const packed_row& row, void* object) {
    const auto key = table.own_key ? static_cast<std::uint32_t>(column_flag::key) : 0;  // else it is the natural one
    for (std::size_t c = 0; c < table.stored; ++c)
      if (table.columns[c].has_member() && table.columns[c].is_any(key | (column_flag::filled | column_flag::parent)))
        write_field(table, table.columns[c], object, row[c]);
  }
  void fill_items(managed& entry, const saved_entity& saved, std::size_t r) const {
    const bool inserted = r < saved.items.size() && !saved.items[r].empty();
    const bool updated = std::any_of(saved.updates.begin(), saved.updates.end(),
                                     [&](const saved_entity::item_update& update) { return update.relation == r; });
    if (!inserted && !updated) return;
    const item_access items{entry.info->relations[r], entry.object.get()};
    for (std::size_t k = 0; inserted && k < saved.items[r].size(); ++k)
      fill_item(entry, r, items[k], saved.items[r][k]);
    for (const auto& update : saved.updates)
      if (update.relation == r) fill_item(entry, r, items[update.item], update.live);
  }
  void fill_item(managed& entry, std::size_t relation, void* item, std::size_t live) const {
    if (live == entity_lock::no_row || rows_[live] == nullptr) return;
    const auto& table = *entry.info->relations[relation].table;
    if (lacks_key(table, item)) entry.given_items.emplace(relation, row_key::of(*rows_[live], table.key));
    fill(table, *rows_[live], item);
  }

  std::vector<const packed_row*> rows_{};  ///< by live row
};

/// What a transaction gave that is undone is taken out of the object again.
inline void take_out_given(managed& entry) {
  const auto& info = *entry.info;
  const auto clear_key = [](const table_info& table, void* row) {
    write_field(table, table.columns[table.key[0]], row, value::of(std::int64_t{0}));
  };
  if (entry.key_was_given) clear_key(*info.table, entry.object.get());
  if (entry.uuid_was_given) set_uuid(info, entry.object.get(), {});
  if (entry.given_items.empty()) return;
  for (std::size_t r = 0; r < info.relations.size(); ++r) {
    const auto& relation = info.relations[r];
    if (!relation.table->own_key) continue;
    const item_access items{relation, entry.object.get()};
    for (std::size_t i = 0; i < items.size(); ++i) {
      void* item = items[i];
      if (entry.given_items.contains({r, key_of_row(*relation.table, item, {})})) clear_key(*relation.table, item);
    }
  }
}

}  // namespace varve::detail
