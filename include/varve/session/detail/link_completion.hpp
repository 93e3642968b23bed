#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "varve/session/detail/conflict_report.hpp"
#include "varve/session/detail/object_map.hpp"

namespace varve::detail {

/// What a flush does about links before it writes them: their targets get both names, key and uuid, and links to what
/// is deleted go.
class link_completion {
 public:
  explicit link_completion(object_map& objects) : objects_(objects) {}

  /// Owners of links to entities that are deleted lose these links and get a version.
  void remove_links_to_erased() {
    for (std::size_t i = 0; i < objects_.entries().size(); ++i) {
      auto& entry = *objects_.entries()[i];
      if (!entry.erased) continue;
      if (entry.flushed) load_owners_of_links_to(entry);
      for (const auto& other : objects_.entries())
        for (const auto& relation : other->info->relations)
          if (relation.target != nullptr && relation.target().table->name == entry.info->table->name && !other->erased)
            drop_link(*other, relation, entry);
    }
  }

  /// Refuses a link whose key was changed beside its uuid, which alone says what it leads to.
  void refuse_contradictions() const {
    for (const auto& entry : objects_.entries()) {
      if (entry->erased || !entry->flushed) continue;
      for (const auto& relation : entry->info->relations)
        if (relation.what == relation_kind::links) refuse_contradictions(*entry, relation);
    }
  }
  /// \return whether the object has other values now.
  bool complete(managed& entry) {
    bool wrote = false;
    for (std::size_t r = 0; r < entry.info->relations.size(); ++r)
      if (entry.info->relations[r].what == relation_kind::links) wrote = complete(entry, r) || wrote;
    return wrote;
  }
  /// Links that say only a key are the same as those that are written, and have their uuids in records too.
  static void take_names(managed& entry) {
    for (const auto& relation : entry.info->relations)
      if (relation.what == relation_kind::links) take_names(entry, relation);
  }

  /// New entities that others link to by uuid, and that the store must give a key before these links can be written:
  /// in the order in which they were added, so that keys are given in it.
  [[nodiscard]] std::vector<managed*> linked_without_key() const {
    using name = std::tuple<std::string_view, uuid, std::size_t>;  // the last is the place among the objects
    const auto& entries = objects_.entries();
    std::vector<name> waiting;
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i]->key.empty() && !entries[i]->erased && entries[i]->info->has_uuid())
        waiting.emplace_back(entries[i]->info->table->name, uuid_of(*entries[i]), i);
    if (waiting.empty()) return {};
    std::sort(waiting.begin(), waiting.end());
    std::set<const managed*> linked, bound;  // the latter wait for a key of another themselves
    for (const auto& entry : entries) {
      if (entry->erased) continue;
      for (const auto& relation : entry->info->relations) {
        if (relation.what != relation_kind::links || !relation.target().has_uuid()) continue;
        const item_view links{relation, entry->object.get()};
        for (std::size_t i = 0; i < links.size(); ++i) {
          const auto& id = *static_cast<const uuid*>(relation.table->columns.back().in(links[i]));
          const std::pair wanted{relation.target().table->name, id};
          const auto found = std::lower_bound(waiting.begin(), waiting.end(), wanted, [](const name& a, const auto& b) {
            return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(b.first, b.second);
          });
          if (found == waiting.end() || std::get<0>(*found) != wanted.first || std::get<1>(*found) != wanted.second)
            continue;
          const auto* target = entries[std::get<2>(*found)].get();
          if (target == entry.get()) continue;
          linked.insert(target);
          bound.insert(entry.get());
        }
      }
    }
    std::vector<managed*> first;
    if (linked.empty()) return first;
    for (const auto& entry : entries)
      if (linked.contains(entry.get()) && !bound.contains(entry.get())) first.push_back(entry.get());
    return first;
  }

 private:
  void load_owners_of_links_to(const managed& entry) {
    const auto target = entry.key.values();
    for (const auto* owner : objects_.store().base().entities())
      for (const auto& relation : owner->relations) {
        if (relation.target == nullptr || relation.target().table->name != entry.info->table->name) continue;
        for (const auto& row : objects_.connection().reader().live_where(
                 *relation.table, relation.table->natural[0], target.values[0], static_cast<std::size_t>(-1))) {
          auto* holder = objects_.find(*owner, row_key::of(row, relation.table->parent));
          if (holder != nullptr && holder->flushed && !has_link(relation, holder->flushed_object(), entry))
            refuse_stale(*holder);  // somebody linked them since it was loaded
        }
      }
  }
  [[nodiscard]] static bool leads_to(const relation_info& relation, const void* link, const managed& target) {
    const uuid id = uuid_of(target);
    if (!id.is_nil() && *static_cast<const uuid*>(relation.table->columns.back().in(link)) == id) return true;
    value_buffer buffer;
    return row_key::of(relation.table->columns[relation.table->natural[0]].read(link, buffer)) == target.key;
  }
  [[nodiscard]] static bool has_link(const relation_info& relation, const void* object, const managed& target) {
    const item_view links{relation, object};
    for (std::size_t i = 0; i < links.size(); ++i)
      if (leads_to(relation, links[i], target)) return true;
    return false;
  }
  void drop_link(managed& holder, const relation_info& relation, const managed& target) {
    if (!erase_items(relation, holder.object.get(), [&](const void* link) { return leads_to(relation, link, target); }))
      return;
    objects_.note_completion();
    objects_.compare(holder);
  }
  [[noreturn]] void refuse_stale(managed& entry) {
    entry.stale = true;
    throw_conflict(objects_.store(), entry, entry.open,
                   open_version(objects_.connection().reader(), *entry.info, entry.key), entry.by_expectation);
  }

  static void refuse_contradictions(const managed& entry, const relation_info& relation) {
    const auto& key = relation.table->columns[relation.table->natural[0]];
    const auto& id = relation.table->columns.back();
    const item_view before{relation, entry.flushed_object()};
    const item_view now{relation, entry.object.get()};
    for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
      const auto& named = *static_cast<const uuid*>(id.in(now[i]));
      if (!named.is_nil() && named == *static_cast<const uuid*>(id.in(before[i])) &&
          !key.ops->same(key.in(before[i]), key.in(now[i])) && !lacks_target_key(*relation.table, now[i]))
        refuse_two(entry, relation, now[i]);
    }
  }
  [[noreturn]] static void refuse_two(const managed& entry, const relation_info& relation, const void* link) {
    value_buffer buffer;
    const auto key = row_key::of(relation.table->columns[relation.table->natural[0]].read(link, buffer));
    throw input_error("cannot save " + describe_entity(*entry.info, entry.key) + ": a link of " +
                          std::string{relation.field} + " names two, the " + std::string{relation.target().kind} +
                          " of key " + key.text() + " and another of uuid " +
                          to_string(*static_cast<const uuid*>(relation.table->columns.back().in(link))) +
                          "; give it one of these alone",
                      where(*entry.info, entry.key, "save"));
  }
  static void take_names(managed& entry, const relation_info& relation) {
    const auto& uuid_column = relation.table->columns.back();
    const item_access links{relation, entry.object.get()};
    const item_view flushed{relation, entry.flushed_object()};
    for (std::size_t i = 0; i < links.size(); ++i) {
      auto& id = *static_cast<uuid*>(uuid_column.outer(links[i]));
      if (id.is_nil()) id = *static_cast<const uuid*>(uuid_column.in(flushed[i]));
    }
  }
  bool complete(managed& entry, std::size_t r) {
    const auto& relation = entry.info->relations[r];
    const auto& changes = objects_.changes(entry)[r];
    if (entry.flushed && changes.empty() && changes.in_step) {
      take_names(entry, relation);
      return false;
    }
    bool wrote = false;
    const auto& target = relation.target();
    const auto& key_column = relation.table->columns[relation.table->natural[0]];
    const auto& uuid_column = relation.table->columns.back();
    value_buffer buffer;
    std::set<row_key> seen;
    const item_access links{relation, entry.object.get()};
    for (std::size_t i = 0; i < links.size(); ++i) {
      void* item = links[i];
      auto& id = *static_cast<uuid*>(uuid_column.outer(item));
      row_key key;
      const bool has_key = !lacks_target_key(*relation.table, item);
      if (has_key)
        key = row_key::of(key_column.read(item, buffer));
      else if (!id.is_nil() && target.has_uuid())
        key = objects_.key_of_uuid(target, id);
      const auto lives = key.empty() ? std::nullopt : live_uuid(target, key);
      if (lives && has_key && !id.is_nil() && !lives->is_nil() && *lives != id) refuse_two(entry, relation, item);
      if (!lives || (!id.is_nil() && !lives->is_nil() && *lives != id))
        throw input_error("cannot save " + describe_entity(*entry.info, entry.key) + ": " +
                              std::string{relation.field} + " links to " + std::string{target.kind} + " " +
                              (id.is_nil() ? key.text() : to_string(id)) + ", which does not live",
                          where(*entry.info, entry.key, "save"));
      const auto parts = key.values();
      wrote = wrote || !has_key || (id.is_nil() && !lives->is_nil());
      if (!has_key) key_column.ops->write(key_column.outer(item), parts.values[0]);
      if (id.is_nil()) id = *lives;
      if (!seen.insert(key).second)
        throw input_error("cannot save " + describe_entity(*entry.info, entry.key) + ": " +
                              std::string{relation.field} + " links to " + std::string{target.kind} + " " + key.text() +
                              " twice",
                          where(*entry.info, entry.key, "save"));
    }
    return wrote;
  }
  /// The uuid of a living entity (nil when its kind has none); nothing when it does not live.
  [[nodiscard]] std::optional<uuid> live_uuid(const entity_info& info, const row_key& key) {
    if (auto* known = objects_.known(info, key)) {
      if (known->erased) return std::nullopt;
      return uuid_of(*known);  // where it is not written yet, it will be before its links
    }
    const auto row = objects_.connection().reader().live(*info.table, key);
    if (!row) return std::nullopt;
    if (!info.has_uuid()) return uuid{};
    return parse_uuid((*row)[info.table->public_id].view()).value_or(uuid{});
  }

  object_map& objects_;
};

}  // namespace varve::detail
