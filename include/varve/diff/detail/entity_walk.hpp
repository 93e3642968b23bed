#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "varve/diff/detail/collection.hpp"
#include "varve/diff/detail/items.hpp"
#include "varve/diff/detail/sink.hpp"

namespace varve::detail {

/// Null and "" say the same in an entity's own text.
[[nodiscard]] inline bool equivalent(const column_info& column, const void* a, const void* b) {
  if (column.ops->meaning != column_meaning::text || column.is(column_flag::distinct_null)) return false;
  value_buffer buffer;
  const value left = a == nullptr ? value::null() : column.ops->read(a, buffer);
  const value right = b == nullptr ? value::null() : column.ops->read(b, buffer);
  return left.view().empty() && right.view().empty();
}

/// Columns that records tell of: no key, no uuid, no stamp, nothing excluded.
[[nodiscard]] constexpr bool is_entity_told(const column_info& column) {
  return column.is_compared() && !column.is_any(column_flag::key | column_flag::public_id);
}

inline void walk_columns(const table_info& table, const void* before, const void* after, diff_sink& sink) {
  if (table.row->mismatch(before, after, 1) == 1) return;
  struct difference {
    const column_info* column;
    bool whole_group;
  };
  std::vector<difference> scalars;
  std::vector<const column_info*> documents;
  for (const auto& column : table.columns) {
    if (!is_entity_told(column)) continue;
    const void* a = column.in(before);
    const void* b = column.in(after);
    if (a == nullptr && b == nullptr) continue;
    if (a == nullptr || b == nullptr) {
      if (scalars.empty() || scalars.back().column->group != column.group) scalars.push_back({&column, true});
      continue;
    }
    if (column.ops->same(a, b)) continue;
    if (column.is(column_flag::document) && column.group.empty())
      documents.push_back(&column);
    else if (!equivalent(column, a, b))
      scalars.push_back({&column, false});
  }
  const auto outer = [](const column_info& c) { return c.group.empty() ? c.field : c.group; };
  std::sort(scalars.begin(), scalars.end(), [&](const difference& a, const difference& b) {
    const auto left = outer(*a.column);
    const auto right = outer(*b.column);
    return left != right ? left < right : a.column->field < b.column->field;
  });
  for (const auto& [column, whole] : scalars) {
    if (whole)
      sink.on_group(table, *column, before, after);
    else
      sink.on_column(*column, before, after);
  }
  for (const auto* column : documents) sink.on_document(*column, before, after);
}

/// Tells a sink what was found between two states of a collection; of one whose order counts with all matches.
inline void tell_relation(const relation_info& relation, const void* before, const void* after,
                          const item_changes& changes, diff_sink& sink) {
  if (changes.empty() && (changes.in_step || !relation.ordered)) return;
  const bool reordered = relation.ordered && !changes.in_step;
  std::vector<std::string> from, to;  // numbered, where names stand twice
  if (reordered || (relation.keeps_duplicates && (has_twice(relation, before) || has_twice(relation, after))))
    std::tie(from, to) = side_labels(relation, before, after);
  const auto label = [](const std::vector<std::string>& labels, std::uint32_t place) {
    return labels.empty() ? std::string_view{} : std::string_view{labels[place]};
  };
  const item_view left{relation, before};
  const item_view right{relation, after};
  auto removed = changes.removed.begin();
  const auto tell_removed = [&](std::uint32_t end) {
    for (; removed != changes.removed.end() && *removed < end; ++removed)
      sink.on_item(relation, left[*removed], nullptr, label(from, *removed));
  };
  for (const auto& pair : changes.changed) {
    tell_removed(pair.from);
    const void* a = left[pair.from];
    const void* b = right[pair.to];
    if (differs_in_told(relation, a, b)) sink.on_item(relation, a, b, label(from, pair.from));
  }
  tell_removed(no_item);
  for (const auto place : changes.added) sink.on_item(relation, nullptr, right[place], label(to, place));
  if (reordered && !order_follows(to.size(), changes.to_of_from, changes.added.size())) {
    drop_common_prefix(from, to);
    sink.on_order(relation, from, to);
  }
  sink.after_relation(relation);
}

inline void walk_relation(const relation_info& relation, const void* before, const void* after, item_changes& changes,
                          diff_sink& sink) {
  compare_items(relation, before, after, changes);
  if (relation.ordered && !changes.in_step) match_items(relation, before, after, changes);
  tell_relation(relation, before, after, changes, sink);
}

}  // namespace varve::detail
