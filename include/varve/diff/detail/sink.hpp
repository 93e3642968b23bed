#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/diff/detail/items.hpp"
#include "varve/entity/tables.hpp"

namespace varve::detail {

/// What a walk over two states of an entity finds, in the order of records.
class diff_sink {
 public:
  virtual void on_column(const column_info& column, const void* before, const void* after) = 0;
  /// An embedded struct that is there on one side only.
  virtual void on_group(const table_info& table, const column_info& first, const void* before, const void* after) = 0;
  virtual void on_document(const column_info& column, const void* before, const void* after) = 0;
  /// `from` is null for an addition, `to` for a removal.
  /// \param label  the item's name in paths, where names stand twice; else empty, and the item tells it.
  virtual void on_item(const relation_info& relation, const void* from, const void* to, std::string_view label) = 0;
  /// The labels of both sides, without those that both begin with.
  virtual void on_order(const relation_info& relation, const std::vector<std::string>& from,
                        const std::vector<std::string>& to) = 0;
  virtual void after_relation(const relation_info&) {}

 protected:
  ~diff_sink() = default;
};

/// Tells a sink what differs between two states of an entity.
///
/// \param changes  room to work in.
VARVE_INLINE void walk_entity(const entity_info& info, const void* before, const void* after, item_changes& changes,
                              diff_sink& sink);

}  // namespace varve::detail
