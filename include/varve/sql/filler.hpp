#pragma once

#include <cstdint>

#include "varve/sql/dialect.hpp"

/// What keeps a shadow row's length when it is closed, so that SQLite need not write a long row again.
namespace varve::sql {

/// Whether closing a shadow row would rewrite a long value: the table has a column of unbounded length.
[[nodiscard]] inline bool has_filler(const dialect& dialect, const table_info& table) {
  if (!dialect.needs_filler) return false;
  for (const auto& column : table.columns) {
    if (!column.is_versioned() || column.is_any(column_flag::key | column_flag::natural | column_flag::public_id))
      continue;
    const auto meaning = column.ops->meaning;
    if (meaning == column_meaning::json || meaning == column_meaning::blob ||
        (meaning == column_meaning::text && !column.ops->by_name))
      return true;
  }
  return false;
}

/// The width of the filler column of an open row, in bytes; a closed row's is shorter by those of its end id.
inline constexpr std::int64_t filler_bytes = 8;

/// How many bytes SQLite's record format gives an integer (its serial types; 0 and 1 have none).
[[nodiscard]] constexpr std::int64_t stored_bytes(std::int64_t number) {
  if (number == 0 || number == 1) return 0;
  const auto fits = [number](int bits) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    return number >= -limit && number < limit;
  };
  return fits(8) ? 1 : fits(16) ? 2 : fits(24) ? 3 : fits(32) ? 4 : fits(48) ? 6 : 8;
}

}  // namespace varve::sql
