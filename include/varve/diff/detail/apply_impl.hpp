#pragma once

#include <utility>

#include "varve/diff/apply.hpp"
#include "varve/diff/detail/apply.hpp"
#include "varve/diff/detail/squash.hpp"

namespace varve {

namespace detail {

VARVE_INLINE void apply_records(const entity_info& info, const rule_set& rules, void* state,
                                std::span<const change_record> records) {
  record_applier{info, rules}.apply(state, records);
}
VARVE_INLINE std::vector<change_record> squash_records(const entity_info& info, const rule_set& rules,
                                                       std::span<const std::vector<change_record>> steps) {
  return record_squasher{info, rules}.squash(steps);
}

}  // namespace detail

VARVE_INLINE std::vector<change_record> invert(std::span<const change_record> records) {
  std::vector<change_record> inverted(records.begin(), records.end());
  for (auto& record : inverted) {
    std::swap(record.from, record.to);
    if (record.operation == operation::add)
      record.operation = operation::remove;
    else if (record.operation == operation::remove)
      record.operation = operation::add;
  }
  return inverted;
}

}  // namespace varve
