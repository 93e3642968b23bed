#pragma once

#include <memory>
#include <string>

#include "varve/core/error.hpp"
#include "varve/entity/checks.hpp"

namespace varve {

namespace detail {

template <class T>
inline constexpr entity_info info_or_nothing = [] {
  if constexpr (check_entity<T>() && entity_can_be_built<T>())
    return entity_info_of<T>;
  else
    return entity_info{};  // the checks have spoken
}();

template <class T>
[[nodiscard]] bool places_are_right();

/// The structs within a struct whose fields are columns: those embedded in it, and the items of its collections.
template <class Field>
[[nodiscard]] bool inner_places_are_right() {
  using inner = typename without_optional<Field>::type;
  if constexpr (map_container<Field>) {
    return inner_places_are_right<typename Field::mapped_type>();
  } else if constexpr (is_collection<Field>) {
    return inner_places_are_right<typename Field::value_type>();
  } else if constexpr (!has_codec<inner> && !is_link<inner> && std::is_default_constructible_v<inner> &&
                       reflectable<inner>) {
    return std::is_empty_v<inner> || places_are_right<inner>();
  } else {
    return true;
  }
}

/// Compares computed places with those of a real object: an `alignas` member can slip through the arithmetic.
template <class T>
[[nodiscard]] bool places_are_right() {
  if constexpr (extends_a_base<T>) {
    return places_are_right<base_of<T>>();
  } else if constexpr (lists_fields<T>) {
    return true;
  } else {
    const bool within = []<class... Fields>(type_list<Fields...>) {
      return (inner_places_are_right<Fields>() && ...);
    }(field_types<T>{});
    if (!within) return false;
    const auto object = std::make_unique<T>();
    const auto tie = tied(*object);
    const auto* base = reinterpret_cast<const std::byte*>(object.get());
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return ((reinterpret_cast<const std::byte*>(std::addressof(boost::pfr::detail::sequence_tuple::get<I>(tie))) ==
               base + shape<T>::offset(I)) &&
              ...);
    }
    (std::make_index_sequence<shape<T>::size>{});
  }
}

template <class T>
const entity_info& info_function() {
  if constexpr (fields_can_be_seen<T>) {
    static const bool right = places_are_right<T>();
    if (!right)
      throw schema_error("varve: the fields of " + std::string{kind_of<T>} +
                         " are not where their types put them (alignas?); list them with fields<&T::a, &T::b>");
  }
  return info_or_nothing<T>;
}

}  // namespace detail

/// The tables of a described struct: constant data, made by the compiler.
///
/// Errors: a mistake in the descriptor is a compile error with one sentence.
template <entity_type T>
[[nodiscard]] const entity_info& info_of() {
  return detail::info_function<T>();
}

/// The same data as a constant expression, for `static_assert`s over names of tables and columns.
template <entity_type T>
inline constexpr const entity_info& fields_of = detail::info_or_nothing<T>;

/// The column of a field, in the order of the live table.
template <auto Member>
inline constexpr std::string_view field_name = detail::name_of<Member>;

}  // namespace varve
