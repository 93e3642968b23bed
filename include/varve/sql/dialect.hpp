#pragma once

#include <string>
#include <string_view>

#include "varve/entity/tables.hpp"

namespace varve::sql {

/// How one database spells what differs between them. Constant data and functions without state.
struct dialect {
  std::string_view name;
  /// A column's type in DDL.
  std::string_view (*type_of)(const column_info& column);
  /// The type and constraints of a key column that the database gives and never gives twice.
  std::string_view generated_key;
  std::string_view big_integer;
  std::string_view text;
  std::string_view any_key;  ///< of `entity_id`: integers, and texts of other keys
  std::string_view json;
  bool needs_filler;  ///< closing a row must not change its length
  /// Whether a column declared with a type keeps each value of a meaning as it is; null: it always does.
  bool (*keeps)(std::string_view declared, column_meaning meaning) = nullptr;
};

/// A name in double quotes, as standard SQL has it.
[[nodiscard]] inline std::string quote_name(std::string_view name) {
  std::string text{"\""};
  for (const char c : name) {
    text.push_back(c);
    if (c == '"') text.push_back('"');
  }
  text.push_back('"');
  return text;
}

}  // namespace varve::sql
