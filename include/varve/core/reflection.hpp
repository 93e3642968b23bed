#pragma once

#include <boost/pfr/core.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "varve/core/detail/field_count.hpp"

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

/// Names, types and places of a struct's fields, at compile time.
///
/// Boost.PFR 1.81 ties the fields but has no names. They are cut out of the compiler's spelling of a
/// template argument: the address of a field within an object that is declared and never defined.
namespace varve::detail {

template <class... Types>
struct type_list {
  static constexpr std::size_t size = sizeof...(Types);
};

template <class T>
struct holder {
  T object;
};
template <class T>
extern const holder<T> external;

template <class Pointer>
struct boxed {
  Pointer pointer;
};
template <class Pointer>
boxed(Pointer) -> boxed<Pointer>;

/// The compiler's spelling of the argument. Returns `auto`: with a named type g++ appends notes to it.
template <auto Argument>
[[nodiscard]] consteval auto spelling() {
  return std::string_view{__PRETTY_FUNCTION__};
}

/// The last identifier in a spelling such as `... value.Dataset::title)}]`.
[[nodiscard]] consteval std::string_view last_identifier(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::size_t end = text.size();
  while (end > 0 && !is_word(text[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

template <class T>
[[nodiscard]] constexpr auto tied(const T& object) {
  return boost::pfr::detail::tie_as_tuple(object, boost::pfr::detail::size_t_<field_count<T>>{});
}

/// False for a bit field, which has no address.
template <class T, std::size_t I>
concept addressable_field = requires {
  spelling<boxed{std::addressof(boost::pfr::detail::sequence_tuple::get<I>(tied(external<T>.object)))}>();
};

/// The name of a field; empty when it is not addressable.
template <class T, std::size_t I>
[[nodiscard]] consteval std::string_view name_of_field() {
  if constexpr (addressable_field<T, I>)
    return last_identifier(
        spelling<boxed{std::addressof(boost::pfr::detail::sequence_tuple::get<I>(tied(external<T>.object)))}>());
  else
    return {};
}

template <class T, std::size_t... I>
[[nodiscard]] consteval auto names_of_fields(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{name_of_field<T, I>()...};
}

/// The names of all fields of an aggregate, in the order of declaration.
template <class T>
inline constexpr auto field_names = names_of_fields<T>(std::make_index_sequence<field_count<T>>{});

template <class Tuple>
struct tuple_types;
template <class... References>
struct tuple_types<boost::pfr::detail::sequence_tuple::tuple<References...>> {
  using type = type_list<std::remove_cvref_t<References>...>;
};

/// The types of all fields of an aggregate as a `type_list`.
template <class T>
using field_types = typename tuple_types<decltype(tied(std::declval<const T&>()))>::type;

template <class List>
struct layout;
template <class... Types>
struct layout<type_list<Types...>> {
  /// Offsets by the rule of the Itanium ABI (and Microsoft's) for a struct without bases: each field at the
  /// next multiple of its alignment. The last element is the size of the struct.
  [[nodiscard]] static consteval auto offsets() {
    std::array<std::size_t, sizeof...(Types) + 1> places{};
    std::size_t at = 0, i = 0, widest = 1;
    ((at = (at + alignof(Types) - 1) / alignof(Types) * alignof(Types), places[i++] = at, at += sizeof(Types),
      widest = alignof(Types) > widest ? alignof(Types) : widest),
     ...);
    places[i] = (at + widest - 1) / widest * widest;
    return places;
  }
};

/// Byte offsets of all fields of an aggregate, and its computed size at the end.
template <class T>
inline constexpr auto field_offsets = layout<field_types<T>>::offsets();

template <auto Member>
struct member_pointer;
template <class Owner, class Field, Field Owner::*Member>
struct member_pointer<Member> {
  using owner = Owner;
  using type = Field;
};
/// The struct that declares a member, and the member's type.
template <auto Member>
using owner_of = typename member_pointer<Member>::owner;
template <auto Member>
using type_of = typename member_pointer<Member>::type;

/// The name of a member, from its pointer; works for private and inherited members too.
template <auto Member>
inline constexpr std::string_view name_of = last_identifier(spelling<Member>());

/// The unqualified name of a type.
template <class T>
[[nodiscard]] consteval auto spelling_of_type() {
  return std::string_view{__PRETTY_FUNCTION__};
}
/// Of `... [with T = shop::Box<int>]` the word `Box`.
[[nodiscard]] consteval std::string_view name_in_spelling(std::string_view text) {
  text.remove_prefix(text.find("T = ") + 4);
  return last_identifier(text.substr(0, text.find_first_of("<];")));
}
template <class T>
inline constexpr std::string_view type_name = name_in_spelling(spelling_of_type<T>());
/// A type with its namespaces and arguments, as the compiler spells it.
template <class T>
inline constexpr std::string_view spelled_type = [] {
  const auto text = spelling_of_type<T>();
  const auto begin = text.find("T = ") + 4;
  return text.substr(begin, text.rfind(']') - begin);
}();

}  // namespace varve::detail

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
