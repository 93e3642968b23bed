#pragma once

#include <cstddef>
#include <type_traits>

#include "varve/entity/detail/shape.hpp"

/// Whether a struct's fields can be seen, by itself or over the base that its descriptor extends.
namespace varve::detail {

/// Converts to bases of `T` whose descriptor stands inside and is the one that `T` has.
template <class T>
struct base_described_alike {
  template <class Base>
  requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T> &&
           std::is_same_v<typename Base::varve_entity, typename T::varve_entity>)
  operator Base() const;  // NOLINT: implicit, never called
};

template <class T, class... Owners>
[[nodiscard]] consteval bool is_among(type_list<Owners...>) {
  return (std::is_same_v<T, Owners> || ...);
}

/// A descriptor inside a base class is no descriptor of the derived struct, though it has its name.
template <class T>
[[nodiscard]] consteval bool descriptor_is_own_in() {
  if constexpr (specialised<T> || !self_described<T>)
    return true;
  else if constexpr (std::is_aggregate_v<T>)
    return !requires { T{base_described_alike<T>{}}; };
  else
    return !lists_fields<T> || names_a_base<T> || is_among<T>(typename listed_fields<declared_options_of<T>>::owners{});
}
template <class T>
inline constexpr bool descriptor_is_own = descriptor_is_own_in<T>();

template <class T>
inline constexpr bool extends_one_base = extended<declared_options_of<T>>::count == 1;

template <class T>
inline constexpr bool extended_is_described = entity_type<base_of<T>>;

/// Without a list of its own a derived struct adds nothing: an aggregate of its base alone.
template <class T>
[[nodiscard]] consteval bool added_fields_are_listed_in() {
  if constexpr (lists_fields<T>)
    return true;
  else if constexpr (std::is_aggregate_v<T>)
    return field_count<T> == 1;
  else
    return false;
}
template <class T>
inline constexpr bool added_fields_are_listed = added_fields_are_listed_in<T>();

template <class T>
[[nodiscard]] consteval bool fields_can_be_seen_in() {
  if constexpr (!descriptor_is_own<T>)
    return false;
  else if constexpr (!names_a_base<T>)
    return lists_fields<T> || reflectable<T>;
  else if constexpr (!extends_one_base<T> || !extends_a_base<T> || !extended_is_described<T>)
    return false;
  else
    return added_fields_are_listed<T> && fields_can_be_seen_in<base_of<T>>();
}
template <class T>
inline constexpr bool fields_can_be_seen = fields_can_be_seen_in<T>();

template <class T>
[[nodiscard]] consteval bool names_are_distinct_in() {
  for (std::size_t i = 0; i < shape<T>::size; ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (shape<T>::names[i] == shape<T>::names[k]) return false;
  return true;
}
template <class T>
inline constexpr bool field_names_are_distinct = !extends_a_base<T> || names_are_distinct_in<T>();

/// Checks how a struct comes to its fields; of a derived one, what it takes over.
template <class T>
consteval void check_descent() {
  static_assert(
      descriptor_is_own<T>,
      "varve: the descriptor inside a base class does not describe the derived struct; give that one its own, "
      "with extends<Base>");
  if constexpr (names_a_base<T>) {
    static_assert(extends_one_base<T>, "varve: a descriptor extends one base; leave one extends<>");
    static_assert(extends_a_base<T>,
                  "varve: extends<Base> needs a public base class of the struct, of which it has one");
    static_assert(extended_is_described<T>,
                  "varve: extends<Base> needs a base that is described; specialise varve::entity<Base>");
    if constexpr (extends_a_base<T> && extended_is_described<T>) {
      check_descent<base_of<T>>();
      static_assert(names_a_base<base_of<T>> || fields_can_be_seen<base_of<T>>,
                    "varve: the fields of a base cannot all be seen; list them in its descriptor with "
                    "fields<&Base::a, &Base::b>");
      static_assert(added_fields_are_listed<T>,
                    "varve: the fields that a derived struct adds to its base cannot be reflected; list them with "
                    "fields<&T::a, &T::b> beside extends<>");
      static_assert(field_names_are_distinct<T>,
                    "varve: extends<> brings the fields of the base; list with fields<> only those that the struct "
                    "adds, under names of their own");
    }
  }
}

}  // namespace varve::detail
