#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/store/write_set.hpp"

namespace varve::detail {

/// Locks in the order (kind, key), each entity once; new entities, whose key is not known yet, come last.
///
/// Used again it allocates nothing.
class lock_table {
 public:
  void clear() { locks_.clear(); }
  void add(const entity_info& entity, const row_key& key, const expectation& expected) {
    locks_.push_back({&entity, key, entity_lock::no_row, expected});
  }
  /// Sorts the locks, those of one entity joined: an expectation counts, not that there is none.
  void sort() {
    std::sort(locks_.begin(), locks_.end(), before);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < locks_.size(); ++i) {
      if (kept > 0 && !before(locks_[kept - 1], locks_[i])) {
        if (locks_[i].expected.what != expectation::check::anything) locks_[kept - 1].expected = locks_[i].expected;
      } else {
        if (kept != i) locks_[kept] = std::move(locks_[i]);
        ++kept;
      }
    }
    locks_.erase(locks_.begin() + static_cast<std::ptrdiff_t>(kept), locks_.end());
  }
  [[nodiscard]] const std::vector<entity_lock>& locks() const { return locks_; }
  /// The index of an entity that was added, after `sort`.
  [[nodiscard]] std::size_t place(const entity_info& entity, const row_key& key) const {
    const auto found = std::lower_bound(
        locks_.begin(), locks_.end(), std::pair{entity.kind, &key}, [](const entity_lock& lock, const auto& wanted) {
          return lock.entity->kind != wanted.first ? lock.entity->kind < wanted.first : lock.key < *wanted.second;
        });
    return static_cast<std::size_t>(found - locks_.begin());
  }

 private:
  [[nodiscard]] static bool before(const entity_lock& a, const entity_lock& b) {
    return a.entity->kind != b.entity->kind ? a.entity->kind < b.entity->kind : a.key < b.key;
  }

  std::vector<entity_lock> locks_{};
};

}  // namespace varve::detail
