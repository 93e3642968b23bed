#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "varve/entity/entity.hpp"
#include "varve/store/row_key.hpp"

namespace varve::detail {

template <class T>
inline constexpr bool is_tuple = false;
template <class... Parts>
inline constexpr bool is_tuple<std::tuple<Parts...>> = true;

/// Whether these values name an entity by its public id: one uuid, where uuids are not the key itself.
template <class Entity, class... Parts>
inline constexpr bool names_public_id = sizeof...(Parts) == 1 && (std::is_same_v<Parts, uuid> && ...) &&
                                        !std::is_same_v<key_type<Entity>, uuid>;

template <class Integer>
concept plain_integer = std::integral<Integer> && !std::same_as<Integer, bool> && !std::same_as<Integer, char>;

/// Adds one value as a key's column, converted to its field's type; false when it does not fit.
template <class Field, class Part>
[[nodiscard]] bool add_key_part(row_key& key, const Part& part, value_buffer& buffer) {
  static_assert(!(std::integral<Field> && std::floating_point<Part>),
                "varve: a key of an integer is named by an integer, not by a floating-point number");
  if constexpr (plain_integer<Field> && plain_integer<Part>) {
    if (!std::in_range<Field>(part)) {
      buffer.defect = "is out of the range of its field";
      return false;
    }
  }
  const auto converted = static_cast<Field>(part);
  buffer.defect = nullptr;
  const value v = ops_of<Field>.read(&converted, buffer);
  if (buffer.defect == nullptr) key.add(v);
  return buffer.defect == nullptr;
}

/// The key of an entity from its values, or from one tuple of them; nothing when a value cannot be one, with the
/// reason in the buffer.
template <class Entity, class... Parts>
[[nodiscard]] std::optional<row_key> make_key(value_buffer& buffer, const Parts&... parts) {
  if constexpr (sizeof...(Parts) == 1 && (is_tuple<Parts> && ...)) {
    return std::apply([&](const auto&... inner) { return make_key<Entity>(buffer, inner...); }, parts...);
  } else {
    static_assert(sizeof...(Parts) == key_names<Entity>.size,
                  "varve: name an entity by its uuid, or by as many values as its key has columns");
    row_key key;
    const bool made = [&]<std::size_t... N>(std::index_sequence<N...>) {
      return (add_key_part<typename without_optional<key_type<Entity, N>>::type>(key, parts, buffer) && ...);
    }
    (std::index_sequence_for<Parts...>{});
    return made ? std::optional{std::move(key)} : std::nullopt;
  }
}

}  // namespace varve::detail
