#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "varve/entity/detail/build.hpp"

/// Mistakes in the fields and columns of any struct, an entity's or a collection's.
namespace varve::detail {

/// A field is a column, a collection, embedded, or excluded.
template <class Field>
[[nodiscard]] consteval bool field_is_supported(const field_draft& field) {
  if (field.relation || field.embedded) return true;
  if ((field.flags & static_cast<std::uint32_t>(column_flag::excluded)) != 0) return true;
  return has_codec<Field> || is_link<Field> ||
         user_column<Field>;  // of the last, `column_type` itself says what is wrong
}

template <class Field>
[[nodiscard]] consteval bool embedded_is_flat() {
  using inner = typename without_optional<Field>::type;
  if constexpr (!std::is_class_v<inner> || has_codec<Field> || is_vector<inner>) {
    return false;
  } else {
    return []<class... Fields>(type_list<Fields...>) {
      return sizeof...(Fields) > 0 && (has_codec<Fields> && ...) &&
             (!is_optional<Field> || (!is_optional<Fields> || ...));
    }(typename shape<inner>::types{});
  }
}

template <class... Fields>
[[nodiscard]] consteval bool all_embedded_flat(const auto& draft, type_list<Fields...>) {
  std::size_t i = 0;
  return ((!draft.fields[i++].embedded || embedded_is_flat<Fields>()) && ...);
}

template <class Field>
[[nodiscard]] consteval bool embedded_is_reflected() {
  using inner = typename without_optional<Field>::type;
  return shape<inner>::size == 0 || shape<inner>::locate(0) == nullptr;
}

template <class... Fields>
[[nodiscard]] consteval bool all_embedded_reflected(const auto& draft, type_list<Fields...>) {
  std::size_t i = 0;
  return ((!draft.fields[i++].embedded || embedded_is_reflected<Fields>()) && ...);
}

/// No part of a key, natural key or unique constraint is a collection or an embedded struct.
[[nodiscard]] consteval bool keys_are_columns_in(const auto& draft) {
  for (const auto& field : draft.fields) {
    if (!field.relation && !field.embedded) continue;
    if (draft.key.contains(field.name) || draft.natural.contains(field.name)) return false;
    for (const auto& unique : draft.uniques)
      if (unique.contains(field.name)) return false;
  }
  return true;
}

template <class Table>
[[nodiscard]] consteval bool distinct_names(const Table& table) {
  for (std::uint16_t i = 0; i < table.size; ++i)
    for (std::uint16_t k = 0; k < i; ++k)
      if (table.columns[i].is_stored() && table.columns[k].is_stored() &&
          table.columns[i].name == table.columns[k].name)
        return false;
  return true;
}
template <class Table>
[[nodiscard]] consteval bool names_are_free(const Table& table) {
  for (std::uint16_t i = 0; i < table.size; ++i)
    for (const std::string_view taken : {"transaction_id", "end_transaction_id", "operation_type", "end_filler",
                                         "open_mark"})
      if (table.columns[i].name == taken) return false;
  return true;
}
template <class Table>
[[nodiscard]] consteval bool names_fit(const Table& table, std::string_view name, std::string_view shadow) {
  for (std::uint16_t i = 0; i < table.size; ++i)
    if (table.columns[i].name.size() > 63) return false;
  return name.size() <= 63 && shadow.size() <= 63 && !name.empty() && name != shadow;
}

}  // namespace varve::detail
