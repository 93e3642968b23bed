#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "varve/store/detail/fair_mutex.hpp"
#include "varve/store/detail/memory_journal.hpp"
#include "varve/store/detail/memory_table.hpp"

namespace varve::detail {

/// All data of a memory store. What is committed and what the open transaction made stand side by side: live rows and
/// indexes have two sides, versions and transactions of the open one have ids from `committed` on.
struct memory_data {
  memory_data() : journal(log) {}
  memory_data(const memory_data&) = delete;
  memory_data& operator=(const memory_data&) = delete;
  ~memory_data() = default;

  fair_mutex mutex{};  ///< shared by readers, for the writer alone
  undo_log log{};
  memory_journal journal;
  transaction_id committed{1};  ///< transactions below are committed
  transaction_id horizon{};

  /// What a reader may see: of the open transaction's own state all.
  [[nodiscard]] transaction_id limit(bool own) const { return own ? no_limit : committed; }

  /// The table of this name; null when it is not in use.
  [[nodiscard]] memory_table* find_table(const table_info& info) const {
    const auto found = by_address_.find(&info);
    return found != by_address_.end() ? found->second : find_table(info.name);
  }
  [[nodiscard]] memory_table* find_table(std::string_view name) const {
    const auto found = tables_.find(name);
    return found == tables_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] memory_table& table(const table_info& info) const {
    if (auto* found = find_table(info)) return *found;
    throw schema_error("memory store: table " + std::string{info.name} + " is not in use");
  }
  template <class Visit>
  void each_table(Visit&& visit) const {
    for (const auto& [name, table] : tables_) visit(*table);
  }
  /// The kinds in use, by rising name.
  [[nodiscard]] const std::map<std::string_view, const entity_info*>& kinds() const { return kinds_; }

  void add(const entity_info& entity) {
    add_table(*entity.table);
    for (const auto& relation : entity.relations) {
      auto& owners = add_table(*relation.table).owners;
      const bool known = std::any_of(owners.begin(), owners.end(), [&](const memory_table::owner& owner) {
        return owner.entity->kind == entity.kind && owner.relation->field == relation.field;
      });
      if (!known) owners.push_back({&entity, &relation});
    }
    kinds_.emplace(entity.kind, &entity);
  }

  /// A row as readers get it: one of an association with its target's uuid.
  /// \param at  takes it from the target's version of that transaction, where there is one.
  [[nodiscard]] packed_row looked_up(const memory_table& table, const packed_row& row, const transaction_id* at,
                                     bool own) const {
    const auto& info = *table.info;
    if (info.stored == info.columns.size()) return row;
    std::string_view id;
    for (const auto& owner : table.owners) {
      if (owner.relation->target == nullptr) continue;
      const auto& target = *owner.relation->target().table;
      const auto* stored = find_table(target);
      if (stored == nullptr || target.public_id == no_field) continue;
      const auto* node = stored->find(row_key::of(row[owner.relation->table->natural[0]]));
      if (node == nullptr) continue;
      const auto* version = at == nullptr ? nullptr : node->second.newest(*at, limit(own));
      // What a prune took away was of the life that its oldest version is of.
      if (at != nullptr && version == nullptr && !node->second.seen(limit(own)).empty())
        version = &node->second.seen(limit(own)).front();
      if (version != nullptr) id = version->row[target.public_id].view();
      if (const auto* live = node->second.live(own); id.empty() && live != nullptr)
        id = (*live)[target.public_id].view();
    }
    row_packer packer;
    for (std::size_t i = 0; i < info.stored; ++i) packer.add(row[i]);
    packer.add(id.empty() ? value::null() : value::text(id));
    return packer.take();
  }

 private:
  memory_table& add_table(const table_info& info) {
    auto& place = tables_[std::string{info.name}];
    if (place == nullptr) {
      place = std::make_unique<memory_table>(info, log);
    } else {
      const auto& known = *place->info;
      const bool same = known.columns.size() == info.columns.size() &&
                        std::equal(known.columns.begin(), known.columns.end(), info.columns.begin(),
                                   [](const column_info& a, const column_info& b) { return a.name == b.name; });
      if (!same)
        throw schema_error("memory store: table " + std::string{info.name} +
                           " is already in use with other columns; give one of the two kinds another table<>");
    }
    by_address_[&info] = place.get();
    return *place;
  }

  std::map<std::string, std::unique_ptr<memory_table>, std::less<>> tables_{};
  /// The address of a table's constant data differs between shared objects, so one that is not here may still be known.
  std::unordered_map<const table_info*, memory_table*> by_address_{};
  std::map<std::string_view, const entity_info*> kinds_{};
};

}  // namespace varve::detail
