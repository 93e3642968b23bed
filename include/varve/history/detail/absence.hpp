#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "varve/capture/change.hpp"
#include "varve/store/state.hpp"

/// What versions do not have of today's struct: it is null or a default when they are read, and no change.
namespace varve::detail {

/// Whether one of two moments is before another, and the second is not.
[[nodiscard]] inline bool is_between(transaction_id since, transaction_id first, transaction_id second) {
  return first < since && since <= second;
}

/// Copies a field that only one of two versions has; where one lacks the struct that it is embedded in, it says nothing.
inline void copy_absent(const column_info& column, void* to, const void* from) {
  if (column.embedding == nullptr || (column.in(to) != nullptr && column.in(from) != nullptr))
    copy_field(column, to, from);
}

/// Gives a state the fields of another that its own version does not have and the other one has.
/// \param state  begun at `begin`, `other` at `other_begin`.
inline void fill_absent(store_reader& reader, const entity_info& info, entity_state& state, transaction_id begin,
                        const entity_state& other, transaction_id other_begin) {
  const auto& table = *info.table;
  for (std::size_t i = 0; i < table.stored; ++i)
    if (table.columns[i].has_member() && is_between(reader.versioned_since(table, i), begin, other_begin))
      copy_absent(table.columns[i], state.object.get(), other.object.get());
  for (std::size_t r = 0; r < info.relations.size(); ++r) {
    const auto& relation = info.relations[r];
    const void* source = other.object.get();
    if (is_between(reader.versioned_since(*relation.table), begin, other_begin)) {
      const item_view items{relation, source};
      build_items(relation, state.object.get(), items.size(),
                  [&](void* item, std::size_t i) { relation.table->row->assign(item, items[i]); });
      continue;
    }
    std::vector<std::size_t> younger;  // columns that some rows do not have
    for (std::size_t i = 0; i < relation.table->stored; ++i)
      if (relation.table->columns[i].has_member() &&
          reader.versioned_since(*relation.table, i) > reader.versioned_since(*relation.table))
        younger.push_back(i);
    if (younger.empty()) continue;
    item_changes matched;
    match_items(relation, state.object.get(), source, matched);
    const item_access items{relation, state.object.get()};
    const item_view others{relation, source};
    each_kept_item(matched, items.size(), true, [&](std::uint32_t from, std::uint32_t to) {
      for (const auto i : younger)
        if (is_between(reader.versioned_since(*relation.table, i), state.begins[r][from], other.begins[r][to]))
          copy_absent(relation.table->columns[i], items[from], others[to]);
    });
  }
}

}  // namespace varve::detail
