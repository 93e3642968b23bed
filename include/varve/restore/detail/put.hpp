#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "varve/capture/change.hpp"
#include "varve/restore/detail/past.hpp"
#include "varve/restore/plan.hpp"

namespace varve::detail {

/// Gives `to` the fields that the version had; the others stay.
inline void copy_fields(store_reader& reader, const past_version& past, void* to) {
  const auto& table = *past.info->table;
  for (const auto& column : table.columns) {
    if (!is_restored(column) || !has_column(reader, table, column, past.at)) continue;
    copy_field(column, to, past.then.object.get());
  }
}

/// Gives an item that comes back the struct's defaults in the fields that its row, begun at a transaction, did not have.
inline void default_absent(store_reader& reader, const table_info& table, transaction_id begin, void* item) {
  state_pointer fresh{};
  for (const auto& column : table.columns) {
    if (!column.has_member() || has_column(reader, table, column, begin)) continue;
    if (fresh == nullptr) fresh = {table.row->make(), table.row->destroy};
    copy_field(column, item, fresh.get());
  }
}

/// Links whose target no longer lives are left out and noted.
inline void put_links(store_reader& reader, const past_version& past, const relation_info& relation, void* to,
                      std::vector<skipped_link>& skipped) {
  const auto& target = relation.target();
  const auto& key_column = relation.table->columns[relation.table->natural[0]];
  std::map<row_key, packed_row> here;  // links that are there, by their targets' keys
  for (auto& row : reader.live_of_parent(*relation.table, past.key)) {
    auto key = row_key::of(row, relation.table->natural);
    here.emplace(std::move(key), std::move(row));
  }
  /// The uuid of a target that lives, empty of a kind without; nothing when it does not live.
  const auto uuid_of_living = [&](const row_key& key) -> std::optional<std::string> {
    if (const auto known = here.find(key); known != here.end())
      return target.has_uuid() ? std::string{known->second[relation.table->columns.size() - 1].view()} : std::string{};
    const auto row = reader.live(*target.table, key);
    if (!row) return std::nullopt;
    return target.has_uuid() ? std::string{(*row)[target.table->public_id].view()} : std::string{};
  };
  value_buffer buffer;
  std::vector<std::size_t> living;
  const item_view then{relation, past.then.object.get()};
  for (std::size_t i = 0; i < then.size(); ++i) {
    const void* item = then[i];
    const auto now_has = uuid_of_living(row_key::of(key_column.read(item, buffer)));
    bool lives = now_has.has_value();
    if (lives && target.has_uuid()) {
      const auto& id = *static_cast<const uuid*>(relation.table->columns.back().in(item));
      lives = id.is_nil() || to_string(id) == *now_has;
    }
    if (lives) {
      living.push_back(i);
      continue;
    }
    skipped_link left{std::string{relation.field}, natural_label(*relation.table, relation.what, item)};
    if (std::find(skipped.begin(), skipped.end(), left) == skipped.end()) skipped.push_back(std::move(left));
  }
  const auto links = copy_items(relation, past.then.object.get(), living);
  item_changes since;
  match_items(relation, to, past.then.object.get(), since);
  const item_view now{relation, to};
  const auto place = static_cast<std::size_t>(&relation - past.info->relations.data());
  for (std::size_t i = 0; i < living.size(); ++i)
    default_absent(reader, *relation.table, past.then.begins[place][living[i]], links[i].get());
  for (std::size_t i = 0; i < since.to_of_from.size(); ++i) {  // a payload that was not versioned yet stays
    const auto found = std::find(living.begin(), living.end(), since.to_of_from[i]);
    if (found == living.end()) continue;
    for (const auto& column : relation.table->columns)
      if (column.has_member() && is_told(column) && !column.is(column_flag::natural) &&
          !has_column(reader, *relation.table, column, past.then.begins[place][*found]))
        copy_field(column, links[static_cast<std::size_t>(found - living.begin())].get(), now[i]);
  }
  put_items(relation, to, links);
}

/// Whether a child that comes back may have its old key: nothing has it that stays.
[[nodiscard]] inline bool is_key_free(store_reader& reader, const past_version& past, const table_info& table,
                                      const std::set<row_key>& kept, const row_key& key) {
  const auto row = reader.live(table, key);
  return !kept.contains(key) && (!row || row_key::of(*row, table.parent) == past.key);
}

/// Children whose natural key is still there keep their own key and what is not versioned. Others get their old key
/// back where it is free; of duplicates only where their keys rise as before, as that is their order.
inline void put_children(store_reader& reader, const past_version& past, const relation_info& relation, void* to) {
  const auto& table = *relation.table;
  const item_view then{relation, past.then.object.get()};
  const item_view now{relation, to};
  const auto place = static_cast<std::size_t>(&relation - past.info->relations.data());
  item_changes since;
  match_items(relation, to, past.then.object.get(), since);
  std::vector<std::size_t> now_of(then.size(), no_item);
  std::set<row_key> kept;
  for (std::size_t i = 0; i < since.to_of_from.size(); ++i) {
    if (since.to_of_from[i] == no_item) continue;
    now_of[since.to_of_from[i]] = i;
    kept.insert(key_of_row(table, now[i], {&past.key, 0}));
  }
  std::map<std::string, std::optional<row_key>, std::less<>> last_of_name;  // nothing: its key is still to be given
  std::vector<state_pointer> items;
  items.reserve(now_of.size());
  for (std::size_t i = 0; i < now_of.size(); ++i) {
    const void* source = then[i];
    const bool stays = now_of[i] != no_item;
    items.push_back({table.row->copy(stays ? now[now_of[i]] : source), table.row->destroy});
    void* item = items.back().get();
    for (const auto& column : table.columns)
      if (stays && column.has_member() && column.is_compared() &&
          !column.is_any(column_flag::parent | column_flag::position) &&
          (!column.is(column_flag::key) || column.is(column_flag::natural)) &&
          has_column(reader, table, column, past.then.begins[place][i]))
        copy_field(column, item, source);
    if (!stays) default_absent(reader, table, past.then.begins[place][i], item);
    if (!table.generated_key) continue;
    const auto key = key_of_row(table, item, {&past.key, 0});
    std::optional<row_key> mine = key;
    if (!stays && !is_key_free(reader, past, table, kept, key)) mine.reset();
    if (relation.keeps_duplicates) {
      const auto [last, first] = last_of_name.try_emplace(natural_label(table, relation.what, item));
      if (!stays && !first && (!last->second || key < *last->second)) mine.reset();
      last->second = mine;
    }
    if (!mine) write_field(table, table.columns[table.key[0]], item, value::of(std::int64_t{0}));
  }
  put_items(relation, to, items);
}

/// Makes a collection of `to` what it was then; one that was not versioned then stays.
inline void put_relation(store_reader& reader, const past_version& past, const relation_info& relation, void* to,
                         std::vector<skipped_link>& skipped) {
  if (!has_relation(reader, past, relation)) return;
  if (relation.what == relation_kind::links)
    put_links(reader, past, relation, to, skipped);
  else
    put_children(reader, past, relation, to);
}

/// All that the version had, into an object that is to be inserted.
inline void fill_again(store_reader& reader, const past_version& past, void* object,
                       std::vector<skipped_link>& skipped) {
  for (const auto& column : past.info->table->columns)
    if (column.has_member() && column.is_versioned() && has_column(reader, *past.info->table, column, past.at))
      copy_field(column, object, past.then.object.get());
  for (const auto& relation : past.info->relations) put_relation(reader, past, relation, object, skipped);
}

}  // namespace varve::detail
