#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "varve/restore/detail/past.hpp"
#include "varve/store/conflict.hpp"

namespace varve::detail {

/// Refuses a version whose rows do not join up to today's. A row from before the horizon may have lost its beginning: it
/// was another entity's then, else this version would have ended with it.
inline void check_whole(store_reader& reader, const past_version& past) {
  std::map<std::string, std::size_t> holes;
  const auto joined = [&](const table_info& table, const shadow_entry& row) {
    if (!row.end) return true;
    version_range next;
    next.after = row.begin;
    next.limit = 1;
    const auto following = reader.versions(table, row_key::of(row.row, table.key), next);
    return !following.empty() && following[0].begin == *row.end;
  };
  const auto horizon = reader.horizon();
  const auto own = reader.newest(*past.info->table, past.key, past.at);
  if (!own || own->begin != past.at) throw input_error(past.subject() + " has no such version any more", past.where());
  if (!joined(*past.info->table, *own)) ++holes[std::string{past.info->kind}];
  for (const auto& relation : past.info->relations)
    for (const auto& row : reader.around(*relation.table, past.key, past.at)) {
      const bool born_later = row.begin > past.at;
      const bool moved_in =
          born_later && row.operation == row_operation::update &&
          reader.newest(*relation.table, row_key::of(row.row, relation.table->key), past.at).has_value();
      const bool no_beginning =
          born_later && row.operation != row_operation::insert && !moved_in && row.begin >= horizon;
      if (no_beginning || (!born_later && !joined(*relation.table, row))) ++holes[std::string{relation.kind}];
    }
  if (holes.empty()) return;
  std::string counts;
  for (const auto& [kind, count] : holes) counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  throw backend_error(error_kind::damaged,
                      "cannot restore " + past.subject() + " to version " + to_string(past.version) +
                          ": its history has holes (" + counts + "), so the state is not whole; nothing was written",
                      past.where());
}

inline void check_references(store_reader& reader, past_version& past, bool clear) {
  value_buffer buffer;
  for (const auto& reference : past.info->references) {
    const auto& column = past.info->table->columns[reference.column];
    if (!is_restored(column)) continue;
    const value target = column.read(past.then.object.get(), buffer);
    if (target.is_null() || reader.live(*reference.target().table, row_key::of(target))) continue;
    if (!clear)
      throw input_error("cannot restore " + past.subject() + ": " + std::string{column.field} + " refers to " +
                            std::string{reference.target().kind} + " " + row_key::of(target).text() +
                            ", which no longer lives; clear_references() restores the rest",
                        past.where());
    write_field(*past.info->table, column, past.then.object.get(), value::null());
  }
}
inline void check_children(store_reader& reader, const past_version& past, const relation_info& relation) {
  if (relation.what != relation_kind::children || !relation.table->own_key) return;
  std::set<row_key> here;
  for (const auto& row : reader.live_of_parent(*relation.table, past.key))
    here.insert(row_key::of(row, relation.table->key));
  const item_view children{relation, past.then.object.get()};
  for (std::size_t i = 0; i < children.size(); ++i) {
    const auto child = key_of_row(*relation.table, children[i], {&past.key, 0});
    if (here.contains(child)) continue;
    const auto row = reader.live(*relation.table, child);
    if (!row || row_key::of(*row, relation.table->parent) == past.key) continue;
    if (row_key::of(*row, relation.table->natural) ==
        key_columns(*relation.table, relation.table->natural, children[i]))
      throw conflict_error("cannot restore " + past.subject() + ": " + std::string{relation.kind} + " " + child.text() +
                               " lives under another parent now",
                           past.where(), past.at, std::nullopt, {std::string{relation.field}}, true);
  }
}

inline void check_uuid_is_free(store_reader& reader, const past_version& past) {
  value_buffer buffer;
  const auto& column = past.info->table->columns[past.info->table->public_id];
  const auto rows =
      reader.live_where(*past.info->table, past.info->table->public_id, column.read(past.then.object.get(), buffer), 1);
  if (!rows.empty())
    throw input_error("cannot restore " + past.subject() + ": its uuid lives under key " +
                          row_key::of(rows[0], past.info->table->key).text() + " now",
                      past.where());
}
/// An excluded column of a deleted entity is gone; it gets its field's default, unless that cannot stand.
inline void refuse_excluded_without_default(const past_version& past) {
  const auto& table = *past.info->table;
  for (std::size_t c = 0; c < table.stored; ++c) {
    const auto& column = table.columns[c];
    if (!column.is(column_flag::excluded) || column.ops->nullable) continue;
    bool is_unique = !column.refers_to.empty();
    for (const auto unique : table.unique)
      is_unique = is_unique || std::find(unique.begin(), unique.end(), c) != unique.end();
    if (is_unique)
      throw input_error("cannot restore " + past.subject() + ": its column " + std::string{column.name} +
                            " is not versioned, allows no null and has no default that could stand",
                        past.where());
  }
}

/// The unique values of a state that another entity has.
[[nodiscard]] inline std::vector<std::string> unique_clashes(store_reader& reader, const past_version& past,
                                                             const void* state) {
  const auto& table = *past.info->table;
  std::vector<std::string> clashes;
  value_buffer buffer;
  for (const auto unique : table.unique) {
    if (unique.empty()) continue;
    const value first = table.columns[unique[0]].read(state, buffer);
    if (first.is_null()) continue;
    for (const auto& row : reader.live_where(table, unique[0], first, static_cast<std::size_t>(-1))) {
      if (row_key::of(row, table.key) == past.key || row_key::of(row, unique) != key_columns(table, unique, state))
        continue;
      std::string names;
      for (const auto column : unique) names += (names.empty() ? "" : ", ") + std::string{table.columns[column].field};
      clashes.push_back(std::move(names));
    }
  }
  return clashes;
}

}  // namespace varve::detail
