#pragma once

#include <cstddef>
#include <string>

#include "varve/store/state.hpp"
#include "varve/store/version_id.hpp"

namespace varve::detail {

/// The version that a restore brings back.
struct past_version {
  const entity_info* info = nullptr;
  row_key key{};
  version_id id{};
  uuid version{};  ///< its public name
  transaction_id at{};
  entity_state then{};  ///< the entity as it was

  [[nodiscard]] error_where where() const { return {std::string{info->kind}, key.text(), "restore"}; }
  [[nodiscard]] std::string subject() const { return describe_entity(*info, key); }
};

/// Whether a row that began at a transaction has a column: one that was not versioned yet is left alone.
[[nodiscard]] inline bool has_column(store_reader& reader, const table_info& table, const column_info& column,
                                     transaction_id begin) {
  return reader.versioned_since(table, static_cast<std::size_t>(&column - table.columns.data())) <= begin;
}

/// Whether the version has a collection.
[[nodiscard]] inline bool has_relation(store_reader& reader, const past_version& past, const relation_info& relation) {
  return reader.versioned_since(*relation.table) <= past.at;
}

/// Fields that a restore writes.
[[nodiscard]] inline bool is_restored(const column_info& column) {
  return column.has_member() && column.is_compared() && !column.is_any(column_flag::key | column_flag::public_id);
}

}  // namespace varve::detail
