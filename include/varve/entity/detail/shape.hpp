#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/core/reflection.hpp"
#include "varve/entity/detail/containers.hpp"
#include "varve/entity/detail/options.hpp"
#include "varve/entity/link.hpp"

namespace varve::detail {

/// Converts to bases of `T` only, so `T{any_base<T>{}}` tells whether an aggregate has a base.
template <class T>
struct any_base {
  template <class Base>
  requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>) operator Base()
      const;  // NOLINT: implicit, never called
};

template <class T>
inline constexpr bool has_base = requires {
  T{any_base<T>{}};
};

/// Whether structured bindings take the type apart by its own `std::tuple_size` (`std::array`).
template <class T>
concept tuple_like = requires {
  std::tuple_size<T>::value;
};

/// Whether Boost.PFR can see the struct: an aggregate without bases whose fields fill it as computed and have names.
template <class T>
[[nodiscard]] consteval bool can_reflect() {
  if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T> || tuple_like<T>)
    return false;
  else if constexpr (has_base<T>)
    return false;
  else if constexpr (field_count<T> == 0)
    return std::is_empty_v<T>;
  else if constexpr (field_offsets<T>[field_count<T>] != sizeof(T))
    return false;
  else
    return std::find(field_names<T>.begin(), field_names<T>.end(), std::string_view{}) == field_names<T>.end();
}

template <class T>
inline constexpr bool reflectable = can_reflect<T>();

/// Names, types and places of a struct's fields, reflected or listed; nothing for one that is neither.
template <class T>
struct shape {
  static constexpr std::size_t size = 0;
  static constexpr std::array<std::string_view, 0> names{};
  using types = type_list<>;
  static constexpr std::uint32_t offset(std::size_t) { return 0; }
  static constexpr void* (*locate(std::size_t))(void*) { return nullptr; }
};
template <class T>
requires(lists_fields<T> && !extends_a_base<T>) struct shape<T> {
  using listed = listed_fields<declared_options_of<T>>;
  static constexpr std::size_t size = listed::size;
  static constexpr auto names = listed::names;
  using types = typename listed::types;
  static constexpr std::uint32_t offset(std::size_t) { return 0; }
  static constexpr void* (*locate(std::size_t i))(void*) { return listed::template locators<T>[i]; }
};
template <class T>
requires(!lists_fields<T> && reflectable<T> && !std::is_empty_v<T>) struct shape<T> {
  static constexpr std::size_t size = field_count<T>;
  static constexpr auto names = field_names<T>;
  using types = field_types<T>;
  static constexpr std::uint32_t offset(std::size_t i) { return static_cast<std::uint32_t>(field_offsets<T>[i]); }
  static constexpr void* (*locate(std::size_t))(void*) { return nullptr; }
};

/// Where the field of a base is in a derived struct.
template <class T, class Base, std::size_t I>
[[nodiscard]] void* locate_in_base(void* row) {
  Base* base = static_cast<T*>(row);
  if constexpr (shape<Base>::locate(I) != nullptr)
    return shape<Base>::locate(I)(base);
  else
    return reinterpret_cast<std::byte*>(base) + shape<Base>::offset(I);
}

template <class T, class Base, std::size_t... I>
[[nodiscard]] consteval auto locators_in_base(std::index_sequence<I...>) {
  return std::array<void* (*)(void*), sizeof...(I)>{&locate_in_base<T, Base, I>...};
}

template <std::size_t A, std::size_t B>
[[nodiscard]] consteval auto joined_names(const std::array<std::string_view, A>& first,
                                          const std::array<std::string_view, B>& second) {
  std::array<std::string_view, A + B> all{};
  std::copy(first.begin(), first.end(), all.begin());
  std::copy(second.begin(), second.end(), all.begin() + A);
  return all;
}

/// The fields of the base first, in their order, then those that the struct adds.
template <class T>
requires(extends_a_base<T>) struct shape<T> {
  using base = shape<base_of<T>>;
  using added = listed_fields<declared_options_of<T>>;
  static constexpr std::size_t size = base::size + added::size;
  static constexpr auto names = joined_names(base::names, added::names);
  using types = typename joined<typename base::types, typename added::types>::type;
  static constexpr auto in_base = locators_in_base<T, base_of<T>>(std::make_index_sequence<base::size>{});
  static constexpr std::uint32_t offset(std::size_t) { return 0; }
  static constexpr void* (*locate(std::size_t i))(void*) {
    return i < base::size ? in_base[i] : added::template locators<T>[i - base::size];
  }
};

/// The struct whose descriptor brings a field: the one itself, or the base that it extends. The field's place in both
/// is the same.
template <class T, std::size_t I>
struct bringer {
  using type = T;
};
template <class T, std::size_t I>
requires(extends_a_base<T>&& I < shape<base_of<T>>::size) struct bringer<T, I> : bringer<base_of<T>, I> {
};

/// `T` of `std::optional<T>`, else the type itself.
template <class T>
struct without_optional {
  using type = T;
};
template <class T>
struct without_optional<std::optional<T>> {
  using type = T;
};

/// Calls `visit.template operator()<Type>(index)` for each type of a list.
template <class... Types, class Visitor>
consteval void each_type(type_list<Types...>, Visitor&& visit) {
  std::size_t i = 0;
  (visit.template operator()<Types>(i++), ...);
}

/// The type at a place of a list.
template <class List, std::size_t I>
struct type_at;
template <class... Types, std::size_t I>
struct type_at<type_list<Types...>, I> {
  using type = std::tuple_element_t<I, std::tuple<Types...>>;
};

/// What a struct's own options, then those of the collection that it is in, say.
template <class T, class... Options, class... More>
[[nodiscard]] consteval auto make_draft(type_list<Options...>, type_list<More...>) {
  draft<shape<T>::size> made;
  for (std::size_t i = 0; i < shape<T>::size; ++i) made.fields[i].name = shape<T>::names[i];
  (Options::apply(made), ...);
  if constexpr (sizeof...(More) > 0) (More::apply(made), ...);
  return made;
}

template <class T>
inline constexpr auto draft_of = make_draft<T>(options_of<T>{}, type_list<>{});

[[nodiscard]] consteval std::size_t snake_case_size(std::string_view name) {
  std::size_t size = name.size();
  for (std::size_t i = 1; i < name.size(); ++i)
    if (name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z') ++size;
  return size;
}

template <std::size_t Size>
[[nodiscard]] consteval fixed_string<Size + 1> snake_case(std::string_view name) {
  fixed_string<Size + 1> made;
  std::size_t at = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool upper = name[i] >= 'A' && name[i] <= 'Z';
    if (i > 0 && upper && name[i - 1] >= 'a' && name[i - 1] <= 'z') made.text[at++] = '_';
    made.text[at++] = upper ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return made;
}

template <class T>
inline constexpr auto default_kind = snake_case<snake_case_size(type_name<T>)>(type_name<T>);

/// The entity's kind.
template <class T>
inline constexpr std::string_view kind_of = draft_of<T>.kind.empty() ? default_kind<T>.view() : draft_of<T>.kind;

template <class T>
inline constexpr std::string_view table_of = draft_of<T>.table.empty() ? kind_of<T> : draft_of<T>.table;

/// The key's fields: those named by `key<>`, else the field `id`.
[[nodiscard]] consteval name_list key_in(const auto& draft) {
  name_list found = draft.key;
  if (found.size == 0)
    for (const auto& field : draft.fields)
      if (field.name == "id" && !field.relation) found.add("id");
  return found;
}
template <class T>
inline constexpr name_list key_names = key_in(draft_of<T>);

template <class T>
[[nodiscard]] consteval std::size_t index_of(std::string_view name) {
  for (std::size_t i = 0; i < shape<T>::size; ++i)
    if (shape<T>::names[i] == name) return i;
  return shape<T>::size;
}

/// The type of the key's nth field.
template <class T, std::size_t N = 0>
using key_type = typename type_at<typename shape<T>::types, index_of<T>(key_names<T>.names[N])>::type;

/// The column of a field: as said, else the field's name.
[[nodiscard]] consteval std::string_view column_of(const field_draft& field) {
  return field.column.empty() ? field.name : field.column;
}

template <class... Options>
[[nodiscard]] consteval std::size_t collection_place(std::string_view name, type_list<Options...>) {
  std::size_t i = 0, found = sizeof...(Options);
  ((collection_option<Options>::name == name && found == sizeof...(Options) ? found = i++ : i++), ...);
  return found;
}

/// The nested options of the collection at field `I` of `Parent`.
template <class Parent, std::size_t I>
using relation_options = typename collection_option<typename type_at<
    options_of<Parent>, collection_place(shape<Parent>::names[I], options_of<Parent>{})>::type>::options;

/// The container at field `I`, its items, and the struct that has their columns.
template <class Parent, std::size_t I>
using container_type = typename type_at<typename shape<Parent>::types, I>::type;
template <class Parent, std::size_t I>
using item_type = typename container_type<Parent, I>::value_type;
template <class Parent, std::size_t I>
using item_struct = typename struct_in<container_type<Parent, I>>::type;

template <class Parent, std::size_t I>
inline constexpr bool holds_values = is_lone_value<item_struct<Parent, I>>;
template <class Parent, std::size_t I>
inline constexpr bool is_map = map_container<container_type<Parent, I>>;

template <class Parent, std::size_t I>
[[nodiscard]] consteval auto make_relation_draft() {
  using item = item_struct<Parent, I>;
  auto made = make_draft<item>(options_of<item>{}, relation_options<Parent, I>{});
  if constexpr (holds_values<Parent, I>) {
    made.fields[0].column = made.value_column;
    if (!is_map<Parent, I>) made.natural.add(made.fields[0].name);
  }
  if (is_map<Parent, I>) made.natural = {};  // its key
  return made;
}
template <class Parent, std::size_t I>
inline constexpr auto relation_draft = make_relation_draft<Parent, I>();

/// The key of a collection's items: their own, which the collection's options may name; empty when they have none.
template <class Parent, std::size_t I>
inline constexpr name_list item_key_names = key_in(relation_draft<Parent, I>);

/// The target of the first `link<Target>` in an item of links; `void` when there is none.
template <class Item, class List>
struct link_member {
  using type = void;
  static constexpr std::size_t index = 0;
};
template <class Item, class First, class... Rest>
struct link_member<Item, type_list<First, Rest...>> {
  using rest = link_member<Item, type_list<Rest...>>;
  using type = std::conditional_t<is_link<First>, First, typename rest::type>;
};
template <class Item>
struct link_in {
  using type = typename link_member<Item, typename shape<Item>::types>::type;
};
template <class Target, class Key>
struct link_in<link<Target, Key>> {
  using type = link<Target, Key>;
};

template <class Link>
struct link_target {
  using type = void;
};
template <class Target, class Key>
struct link_target<link<Target, Key>> {
  using type = Target;
};
template <class Parent, std::size_t I>
using target_of = typename link_target<typename link_in<item_type<Parent, I>>::type>::type;

}  // namespace varve::detail
