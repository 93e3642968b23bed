#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "varve/core/reflection.hpp"
#include "varve/entity/describe.hpp"

/// What the descriptors say of a struct: its own, and those of bases that it extends.
namespace varve::detail {

template <class... Lists>
struct joined {
  using type = type_list<>;
};
template <class... Options>
struct joined<type_list<Options...>> {
  using type = type_list<Options...>;
};
template <class... First, class... Second, class... Rest>
struct joined<type_list<First...>, type_list<Second...>, Rest...> : joined<type_list<First..., Second...>, Rest...> {};

/// The options that a struct's own descriptor has.
template <class T>
struct declared_options {
  using type = type_list<>;
};
template <specialised T>
struct declared_options<T> {
  using type = typename entity<T>::options;
};
template <class T>
requires(!specialised<T> && self_described<T>) struct declared_options<T> {
  using type = typename T::varve_entity::options;
};
template <class T>
using declared_options_of = typename declared_options<T>::type;

/// The first `fields<...>` among options, else an empty list.
template <class List>
struct listed_fields {
  static constexpr bool found = false;
  static constexpr std::size_t size = 0;
  static constexpr std::array<std::string_view, 0> names{};
  using types = type_list<>;
  using owners = type_list<>;
  template <class T>
  static constexpr std::array<void* (*)(void*), 0> locators{};
};
template <class First, class... Rest>
struct listed_fields<type_list<First, Rest...>> : listed_fields<type_list<Rest...>> {};
template <auto... Members, class... Rest>
struct listed_fields<type_list<fields<Members...>, Rest...>> {
  static constexpr bool found = true;
  static constexpr std::size_t size = sizeof...(Members);
  static constexpr std::array<std::string_view, sizeof...(Members)> names{name_of<Members>...};
  using types = type_list<type_of<Members>...>;
  using owners = type_list<owner_of<Members>...>;
  template <class T>
  static constexpr std::array<void* (*)(void*), sizeof...(Members)> locators{
      +[](void* row) -> void* { return &(static_cast<T*>(row)->*Members); }...};
};

template <class T>
inline constexpr bool lists_fields = listed_fields<declared_options_of<T>>::found;

/// The options of a collection: those in `children<>` or `links<>`, with its field's name.
template <class Option>
struct collection_option {
  static constexpr std::string_view name{};
  using options = type_list<>;
};
template <auto Member, class... Options>
struct collection_option<children<Member, Options...>> {
  static constexpr std::string_view name = name_of<Member>;
  using options = type_list<Options...>;
};
template <auto Member, class... Options>
struct collection_option<links<Member, Options...>> {
  static constexpr std::string_view name = name_of<Member>;
  using options = type_list<Options...>;
};

template <class... Options>
[[nodiscard]] consteval bool describes_collection(std::string_view name, type_list<Options...>) {
  return ((collection_option<Options>::name == name) || ...);
}

/// The base that a descriptor extends, `void` when it extends none, and how many it names.
template <class List>
struct extended {
  using type = void;
  static constexpr std::size_t count = 0;
};
template <class First, class... Rest>
struct extended<type_list<First, Rest...>> : extended<type_list<Rest...>> {};
template <class Base, class... Rest>
struct extended<type_list<extends<Base>, Rest...>> {
  using type = Base;
  static constexpr std::size_t count = 1 + extended<type_list<Rest...>>::count;
};

template <class T>
using base_of = typename extended<declared_options_of<T>>::type;

template <class T>
inline constexpr bool names_a_base = !std::is_void_v<base_of<T>>;

/// Whether a descriptor extends what is a base class indeed.
template <class T>
inline constexpr bool extends_a_base =
    names_a_base<T> && !std::is_same_v<T, base_of<T>> && std::is_convertible_v<T*, base_of<T>*>;

/// Said of a collection that is taken over: its tables are none of the base's.
struct in_own_table {
  static constexpr void apply(auto& draft) {
    draft.taken_over = true;
    draft.shadow = {};
  }
};

/// What a struct takes over of one option of its base.
template <class Option, class T>
struct taken_over {
  using type = type_list<Option>;
};
template <fixed_string Name, class T>
struct taken_over<table<Name>, T> : joined<> {};
template <fixed_string Name, class T>
struct taken_over<shadow_table<Name>, T> : joined<> {};
template <fixed_string Name, class T>
struct taken_over<kind<Name>, T> : joined<> {};
template <auto... Members, class T>
struct taken_over<fields<Members...>, T> : joined<> {};
template <class Base, class T>
struct taken_over<extends<Base>, T> : joined<> {};
template <auto Member, class... Options, class T>
struct taken_over<children<Member, Options...>, T>
    : std::conditional_t<describes_collection(name_of<Member>, declared_options_of<T>{}), joined<>,
                         joined<type_list<children<Member, Options..., in_own_table>>>> {};
template <auto Member, class... Options, class T>
struct taken_over<links<Member, Options...>, T>
    : std::conditional_t<describes_collection(name_of<Member>, declared_options_of<T>{}), joined<>,
                         joined<type_list<links<Member, Options..., in_own_table>>>> {};

template <class T, class List>
struct all_taken_over;
template <class T, class... Options>
struct all_taken_over<T, type_list<Options...>> : joined<typename taken_over<Options, T>::type...> {};

/// All options that describe a struct: those taken over, then its own.
template <class T>
struct options_of_struct {
  using type = declared_options_of<T>;
};
template <class T>
requires(extends_a_base<T>) struct options_of_struct<T>
    : joined<typename all_taken_over<T, typename options_of_struct<base_of<T>>::type>::type, declared_options_of<T>> {
};
template <class T>
using options_of = typename options_of_struct<T>::type;

}  // namespace varve::detail
