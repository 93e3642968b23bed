#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "varve/diff/detail/record_sink.hpp"
#include "varve/diff/diff.hpp"

namespace varve::detail {

VARVE_INLINE void walk_entity(const entity_info& info, const void* before, const void* after, item_changes& changes,
                              diff_sink& sink) {
  walk_columns(*info.table, before, after, sink);
  for (const auto& relation : info.relations) walk_relation(relation, before, after, changes, sink);
}

VARVE_INLINE void diff_into(const entity_info& info, const void* before, const void* after, const rule_set& rules,
                      diff_scratch& scratch) {
  scratch.clear();
  record_sink sink{rules, scratch};
  walk_entity(info, before, after, scratch.items(), sink);
}
VARVE_INLINE void diff_into(const entity_info& info, const void* before, const void* after,
                      std::span<const item_changes> collections, const rule_set& rules, diff_scratch& scratch) {
  scratch.clear();
  record_sink sink{rules, scratch};
  walk_columns(*info.table, before, after, sink);
  for (std::size_t r = 0; r < info.relations.size(); ++r)
    tell_relation(info.relations[r], before, after, collections[r], sink);
}

VARVE_INLINE std::vector<change_record> owned_records(const diff_scratch& scratch) {
  std::vector<change_record> records;
  records.reserve(scratch.records().size());
  for (const auto& record : scratch.records()) records.push_back(scratch.owned(record));
  return records;
}

}  // namespace varve::detail
