#pragma once

#include <nlohmann/json.hpp>

#include <vector>

#include "varve/core/inline.hpp"
#include "varve/history/version.hpp"

namespace varve {

/// A child or link that a version added, changed or took away.
struct timeline_row {
  nlohmann::json path{};  ///< the collection, and the item's natural key; of a link its target's uuid, else its key
  row_key key{};          ///< of the row; tells items of one natural key apart
  row_operation operation = row_operation::insert;  ///< a child that went to another entity is removed, and added there
};

/// A version of an entity with what it did to children and links.
struct timeline_entry {
  varve::version version;
  std::vector<timeline_row> rows{};  ///< in the order of the collections, then of keys
};

namespace detail {

[[nodiscard]] VARVE_INLINE std::vector<timeline_entry> timeline_of(const store_handle& store, const entity_info& info,
                                                                   const std::vector<version>& versions);

}  // namespace detail

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/timeline_impl.hpp"
#endif
