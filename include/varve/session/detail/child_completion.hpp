#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/session/detail/object_map.hpp"

namespace varve::detail {

/// What a flush does about children before it writes them: those that are matched by natural key with ones that live
/// take over their keys, and one that lives under another parent moves.
class child_completion {
 public:
  explicit child_completion(object_map& objects) : objects_(objects) {}

  /// Begins a flush.
  void clear() { claimed_.clear(); }
  /// \return whether the object has other values now.
  bool complete(managed& entry) {
    bool wrote = false;
    for (std::size_t r = 0; r < entry.info->relations.size(); ++r)
      if (entry.info->relations[r].what == relation_kind::children) wrote = complete(entry, r) || wrote;
    return wrote;
  }

 private:
  bool complete(managed& entry, std::size_t r) {
    const auto& relation = entry.info->relations[r];
    const auto& table = *relation.table;
    void* object = entry.object.get();
    const auto& changes = objects_.changes(entry)[r];
    if (changes.empty() && changes.in_step) return false;
    if (!changes.added.empty() && !relation.keeps_duplicates) refuse_duplicates(entry, relation);
    bool wrote = set_parent_members(entry, relation, changes);
    if (!table.own_key) return wrote;
    const item_view flushed{relation, entry.flushed_object()};
    const item_access now{relation, object};
    for (const auto& pair : changes.changed) {
      const void* before = flushed[pair.from];
      void* item = now[pair.to];
      if (same_own_key(table, before, item)) continue;
      wrote = true;
      if (!claimed_.emplace(table.name, key_of_row(table, before, {})).second) {
        if (table.generated_key) clear_key(table, item);
        continue;  // another parent has taken the child itself
      }
      take_key(table, item, before);
    }
    if (changes.added.empty()) return wrote;
    if (entry.base && entry.base != entry.flushed) wrote = take_back_keys(entry, relation, changes.added) || wrote;
    std::set<row_key> known;
    for (std::size_t i = 0; i < flushed.size(); ++i) known.insert(key_of_row(table, flushed[i], {}));
    for (const auto added : changes.added) {
      void* item = now[added];
      if (lacks_key(table, item)) continue;
      const auto key = key_of_row(table, item, {});
      const bool is_first = claimed_.emplace(table.name, key).second;
      if (known.contains(key) || !is_first) {
        // A new natural key is another child, and so is a copy: it gets a key of its own, when the store can give one.
        if (table.generated_key) clear_key(table, item);
        wrote = wrote || table.generated_key;
      } else {
        take_from_other_parent(entry, relation, key);
      }
    }
    return wrote;
  }

  void clear_key(const table_info& table, void* item) {
    objects_.note_completion();
    write_field(table, table.columns[table.key[0]], item, value::of(std::int64_t{0}));
  }
  static void take_key(const table_info& table, void* item, const void* from) {
    for (const auto index : table.key) {
      const auto& column = table.columns[index];
      column.ops->assign(column.outer(item), column.in(from));
    }
  }
  /// A child that an earlier flush removed and that is there again takes its key back, unless that moved away.
  bool take_back_keys(managed& entry, const relation_info& relation, std::vector<std::uint32_t> added) {
    const auto& table = *relation.table;
    bool wrote = false;
    std::sort(added.begin(), added.end());
    item_changes since_base;
    match_items(relation, entry.base_object(), entry.object.get(), since_base);
    const item_view base{relation, entry.base_object()};
    const item_access now{relation, entry.object.get()};
    for (std::size_t i = 0; i < since_base.to_of_from.size(); ++i) {
      const auto target = since_base.to_of_from[i];
      if (target == no_item || !std::binary_search(added.begin(), added.end(), target)) continue;
      const void* before = base[i];
      if (objects_.connection().reader().live(table, key_of_row(table, before, {}))) continue;
      take_key(table, now[target], before);
      wrote = true;
    }
    return wrote;
  }
  static void refuse_duplicates(const managed& entry, const relation_info& relation) {
    auto labels = natural_labels(relation, entry.object.get());
    std::sort(labels.begin(), labels.end());
    const auto twice = std::adjacent_find(labels.begin(), labels.end());
    if (twice != labels.end())
      throw input_error(
          "cannot save " + describe_entity(*entry.info, entry.key) + ": " + std::string{relation.field} +
              " has two items with the natural key " + *twice + "; give each its own" +
              (relation.items->stride == 0 || relation.table->value != no_field ? std::string{}
                                                                                : ", or declare keep_duplicates"),
          where(*entry.info, entry.key, "save"));
  }
  /// Writes the parent's key into the members that hold it, of children that are new or differ.
  static bool set_parent_members(managed& entry, const relation_info& relation, const item_changes& changes) {
    if (entry.key.empty()) return false;
    bool wrote = false;
    for (const auto index : relation.table->parent) {
      const auto& column = relation.table->columns[index];
      if (!column.has_member()) continue;
      const item_access items{relation, entry.object.get()};
      const auto parent = entry.key.values();
      value_buffer buffer;
      const auto set = [&](std::uint32_t place) {
        void* item = items[place];
        if (column.read(item, buffer) == parent.values[column.ordinal]) return;
        write_field(*relation.table, column, item, parent.values[column.ordinal]);
        wrote = true;
      };
      for (const auto& pair : changes.changed) set(pair.to);
      for (const auto added : changes.added) set(added);
    }
    return wrote;
  }
  /// A child with a key that lives under another parent moves: both parents change.
  void take_from_other_parent(managed& entry, const relation_info& relation, const row_key& key) {
    const auto row = objects_.connection().reader().live(*relation.table, key);
    if (!row) return;
    const auto parent = row_key::of(*row, relation.table->parent);
    if (parent == entry.key) return;
    auto* other = objects_.find(*entry.info, parent);
    if (other == nullptr) return;
    for (const auto& theirs : other->info->relations)
      if (theirs.table->name == relation.table->name)
        if (erase_items(theirs, other->object.get(),
                        [&](const void* item) { return key_of_row(*theirs.table, item, {}) == key; })) {
          objects_.note_completion();
          objects_.compare(*other);
        }
  }

  object_map& objects_;
  std::set<std::pair<std::string_view, row_key>> claimed_{};  ///< keys of children that a flush moves to another parent
};

}  // namespace varve::detail
