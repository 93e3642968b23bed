#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/history/detail/subject.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// Who set what an entity has at one place.
struct blame_entry {
  /// The place, an array of steps: a field; a field and a member of its document; a collection and an item's natural
  /// key, and a field of the item; an embedded struct and its field.
  nlohmann::json path{};
  /// The transaction that gave it its value. Of an item: the one that changed any of its fields last, or added it.
  transaction_entry transaction{};
};

namespace detail {

/// The entries of a state, in the order of its fields and collections.
/// \param row  the entity's own, which holds at `at`.
[[nodiscard]] VARVE_INLINE std::vector<blame_entry> blame_of(store_reader& reader, const entity_info& info,
                                                             const subject& of, const shadow_entry& row,
                                                             transaction_id at);

}  // namespace detail

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/blame_impl.hpp"
#endif
