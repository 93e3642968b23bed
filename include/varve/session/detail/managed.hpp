#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "varve/capture/change.hpp"
#include "varve/session/detail/patch.hpp"
#include "varve/store/state.hpp"

namespace varve::detail {

/// An object that a session watches, with the states that it had.
struct managed {
  using state = std::shared_ptr<entity_state>;

  const entity_info* info = nullptr;
  row_key key{};                         ///< empty until the store gave it
  state_pointer object{};                ///< what the application changes; its address never does
  state base{};                          ///< at the start of the transaction; null: it did not exist
  state flushed{};                       ///< as the live tables have it; null: it does not live
  std::optional<transaction_id> open{};  ///< the version loaded
  spare_structs spare{};
  bool erased = false;
  bool dirty = false;           ///< differs from the live rows, as far as the running flush knows
  bool by_expectation = false;  ///< `open` was named by the caller
  bool key_was_given = false;   ///< by the store, within the open transaction
  bool uuid_was_given = false;
  std::set<std::pair<std::size_t, row_key>> given_items{};  ///< keys of children, by relation
  bool stale = false;                                       ///< somebody else saved it since it was loaded

  [[nodiscard]] bool lives() const { return !erased; }
  [[nodiscard]] const void* base_object() const { return base ? base->object.get() : nullptr; }
  [[nodiscard]] const void* flushed_object() const { return flushed ? flushed->object.get() : nullptr; }
  [[nodiscard]] const void* wanted() const { return erased ? nullptr : object.get(); }
};

/// Whether two structs are the same in every column and collection, noise and unversioned columns included.
[[nodiscard]] inline bool same_state(const entity_info& info, const void* a, const void* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr || info.table->row->mismatch(a, b, 1) == 0) return false;
  for (const auto& relation : info.relations)
    if (!same_items(relation, a, b)) return false;
  return true;
}

}  // namespace varve::detail
