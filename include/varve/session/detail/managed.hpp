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
  static constexpr std::size_t not_compared = static_cast<std::size_t>(-1);

  const entity_info* info = nullptr;
  row_key key{};                         ///< empty until the store gave it
  state_pointer object{};                ///< what the application changes; its address never does
  state base{};                          ///< at the start of the transaction; null: it did not exist
  state flushed{};                       ///< as the live tables have it; null: it does not live
  std::optional<transaction_id> open{};  ///< the version loaded
  std::vector<std::size_t> absent{};     ///< collections that this version does not have yet
  spare_structs spare{};
  std::size_t changes = not_compared;  ///< what its collections differ in from the live ones: place in the object map
  bool erased = false;
  bool dirty = false;           ///< differs from the live rows, as far as the running flush knows
  bool by_expectation = false;  ///< `open` was named by the caller
  bool checked = false;         ///< its version was checked under the open transaction's lock
  bool keeps_creation = false;  ///< a deleted entity comes back with the creation stamps that it had
  bool key_was_given = false;   ///< by the store, within the open transaction
  bool uuid_was_given = false;
  std::set<std::pair<std::size_t, row_key>> given_items{};  ///< keys of children, by relation
  bool stale = false;                                       ///< the store has another state than the one known here

  [[nodiscard]] const void* base_object() const { return base ? base->object.get() : nullptr; }
  [[nodiscard]] const void* flushed_object() const { return flushed ? flushed->object.get() : nullptr; }
  [[nodiscard]] const void* wanted() const { return erased ? nullptr : object.get(); }
};

[[nodiscard]] inline error_where where(const entity_info& info, const row_key& key, const char* operation) {
  return {std::string{info.kind}, key.text(), operation};
}

/// The uuid of an object; nil where its kind has none.
[[nodiscard]] inline uuid uuid_in(const entity_info& info, const void* object) {
  if (!info.has_uuid()) return {};
  return *static_cast<const uuid*>(info.table->columns[info.table->public_id].in(object));
}
[[nodiscard]] inline uuid uuid_of(const managed& entry) { return uuid_in(*entry.info, entry.object.get()); }
inline void set_uuid(const entity_info& info, void* object, const uuid& id) {
  *static_cast<uuid*>(info.table->columns[info.table->public_id].outer(object)) = id;
}

}  // namespace varve::detail
