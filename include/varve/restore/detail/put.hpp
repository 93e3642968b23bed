#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "varve/capture/change.hpp"
#include "varve/restore/detail/past.hpp"
#include "varve/restore/plan.hpp"

namespace varve::detail {

inline void copy_field(const column_info& column, void* to, const void* from) {
  const void* source = column.in(from);
  void* place = column.outer(to);
  if (column.embedding != nullptr) {
    if (source == nullptr) {
      column.embedding->reset(place);
      return;
    }
    place = static_cast<std::byte*>(column.embedding->emplace(place)) + column.inner_offset;
  }
  column.ops->assign(place, source);
}

/// Gives `to` the fields that the version had; the others stay.
inline void copy_fields(store_reader& reader, const past_version& past, void* to) {
  const auto& table = *past.info->table;
  for (const auto& column : table.columns) {
    if (!is_restored(column) || !past.has(reader, table, column)) continue;
    copy_field(column, to, past.then.object.get());
  }
}

/// Links whose target no longer lives are left out and noted.
inline void put_links(store_reader& reader, const past_version& past, const relation_info& relation, void* to,
                      std::vector<skipped_link>& skipped) {
  const auto& target = relation.target();
  const auto& key_column = relation.table->columns[relation.table->natural[0]];
  value_buffer buffer;
  std::vector<std::size_t> living;
  for (std::size_t i = 0; i < relation.size(past.then.object.get()); ++i) {
    const void* item = relation.item(static_cast<const void*>(past.then.object.get()), i);
    const auto row = reader.live(*target.table, row_key::of(key_column.read(item, buffer)));
    bool lives = row.has_value();
    if (lives && target.has_uuid()) {
      const auto& id = *static_cast<const uuid*>(relation.table->columns.back().in(item));
      lives = id.is_nil() || to_string(id) == (*row)[target.table->public_id].view();
    }
    if (lives) {
      living.push_back(i);
      continue;
    }
    skipped_link left{std::string{relation.field}, natural_label(*relation.table, relation.what, item)};
    if (std::find(skipped.begin(), skipped.end(), left) == skipped.end()) skipped.push_back(std::move(left));
  }
  relation.items->resize(relation.in(to), living.size());
  for (std::size_t i = 0; i < living.size(); ++i)
    relation.table->row->assign(relation.item(to, i),
                                relation.item(static_cast<const void*>(past.then.object.get()), living[i]));
}

/// A child that comes back gets its old key when nothing has it that stays.
inline void free_key(store_reader& reader, const past_version& past, const table_info& table,
                     const std::set<row_key>& kept, void* item) {
  const auto key = key_of_row(table, item, {&past.key, 0});
  const auto row = reader.live(table, key);
  const bool is_free = !kept.contains(key) && (!row || row_key::of(*row, table.parent) == past.key);
  if (!is_free) write_field(table, table.columns[table.key[0]], item, value::of(std::int64_t{0}));
}

/// Children whose natural key is still there keep their own key and what is not versioned.
inline void put_children(store_reader& reader, const past_version& past, const relation_info& relation, void* to) {
  const auto& table = *relation.table;
  const void* then = past.then.object.get();
  item_changes since;
  match_items(relation, to, then, since);
  std::vector<state_pointer> items;
  std::vector<std::size_t> now_of(relation.size(then), no_item);
  for (std::size_t i = 0; i < since.to_of_from.size(); ++i)
    if (since.to_of_from[i] != no_item) now_of[since.to_of_from[i]] = i;
  std::set<row_key> kept;
  for (std::size_t i = 0; i < now_of.size(); ++i)
    if (now_of[i] != no_item)
      kept.insert(key_of_row(table, relation.item(static_cast<const void*>(to), now_of[i]), {&past.key, 0}));
  for (std::size_t i = 0; i < now_of.size(); ++i) {
    const void* source = relation.item(then, i);
    if (now_of[i] == no_item) {
      items.push_back(state_pointer{table.row->copy(source), table.row->destroy});
      if (table.generated_key) free_key(reader, past, table, kept, items.back().get());
      continue;
    }
    items.push_back(
        state_pointer{table.row->copy(relation.item(static_cast<const void*>(to), now_of[i])), table.row->destroy});
    for (const auto& column : table.columns)
      if (column.has_member() && column.is_compared() && !column.is_any(column_flag::parent | column_flag::position) &&
          (!column.is(column_flag::key) || column.is(column_flag::natural)) && past.has(reader, table, column))
        copy_field(column, items.back().get(), source);
  }
  relation.items->resize(relation.in(to), items.size());
  for (std::size_t i = 0; i < items.size(); ++i) table.row->swap(relation.item(to, i), items[i].get());
}

/// Makes a collection of `to` what it was then.
inline void put_relation(store_reader& reader, const past_version& past, const relation_info& relation, void* to,
                         std::vector<skipped_link>& skipped) {
  if (relation.what == relation_kind::links)
    put_links(reader, past, relation, to, skipped);
  else
    put_children(reader, past, relation, to);
}

/// All that the version had, into an object that is to be inserted.
inline void fill_again(store_reader& reader, const past_version& past, void* object,
                       std::vector<skipped_link>& skipped) {
  for (const auto& column : past.info->table->columns)
    if (column.has_member() && column.is_versioned()) copy_field(column, object, past.then.object.get());
  for (const auto& relation : past.info->relations) put_relation(reader, past, relation, object, skipped);
}

}  // namespace varve::detail
