#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "varve/history/detail/reading.hpp"
#include "varve/history/timeline.hpp"

namespace varve::detail {

/// What happened to one item of a collection, from the rows that it had there.
/// \param horizon  from which transaction on history is complete.
template <class Take>
void each_change_of_item(std::span<const shadow_entry> rows, transaction_id horizon, Take&& take) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const bool goes_on = i == 0 ? row.begin < horizon  // what was before is pruned
                                : rows[i - 1].end == row.begin && rows[i - 1].operation != row_operation::remove;
    take(row, row.begin, row.operation == row_operation::update && !goes_on ? row_operation::insert : row.operation);
    const bool stays = i + 1 < rows.size() && row.end == rows[i + 1].begin;
    if (row.end && !stays && row.operation != row_operation::remove) take(row, *row.end, row_operation::remove);
  }
}

VARVE_INLINE std::vector<timeline_entry> timeline_of(const store_handle& store, const entity_info& info,
                                                     const std::vector<version>& versions) {
  std::vector<timeline_entry> entries;
  if (versions.empty()) return entries;
  std::map<transaction_id, std::size_t> places;
  entries.reserve(versions.size());
  for (const auto& one : versions) {
    if (one.info().kind != info.kind || one.id().entity != versions.front().id().entity)
      throw input_error("a timeline is of one entity, and its versions are of several",
                        {std::string{info.kind}, {}, "read"});
    places.emplace(one.transaction(), entries.size());
    entries.push_back({one, {}});
  }
  const auto last = places.rbegin()->first;
  const auto snapshot = store.base().snapshot();
  const auto horizon = snapshot->horizon();
  std::vector<misfit> misfits;
  for (const auto& relation : info.relations) {
    const auto& table = *relation.table;
    const std::unique_ptr<void, void (*)(void*)> room{table.row->make(), table.row->destroy};
    const auto rows = snapshot->history_of_parent(table, versions.front().id().entity, last);
    for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
      const auto key = row_key::of(rows[begin].row, table.key);
      for (end = begin + 1; end < rows.size() && row_key::of(rows[end].row, table.key) == key;) ++end;
      each_change_of_item(
          {rows.data() + begin, end - begin}, horizon,
          [&](const shadow_entry& row, transaction_id at, row_operation operation) {
            const auto place = places.find(at);
            if (place == places.end()) return;
            misfits.clear();  // the name alone is told, whatever became of the other fields' types
            unpack_row(table, row.row, room.get(), row.begin, &misfits);
            auto& entry = entries[place->second];
            const bool came = operation == row_operation::update && entry.version.operation() == row_operation::insert;
            entry.rows.push_back({nlohmann::json::array({relation.field, natural_label(table, relation.what, room.get())}),
                                  key, came ? row_operation::insert : operation});
          });
    }
  }
  return entries;
}

}  // namespace varve::detail
