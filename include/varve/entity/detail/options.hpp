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

/// Options that name what is a struct's own, or say where its fields are: a derived struct does not take them over.
template <class Option>
inline constexpr bool stays_behind = false;
template <fixed_string Name>
inline constexpr bool stays_behind<table<Name>> = true;
template <fixed_string Name>
inline constexpr bool stays_behind<shadow_table<Name>> = true;
template <fixed_string Name>
inline constexpr bool stays_behind<kind<Name>> = true;
template <fixed_string... Names>
inline constexpr bool stays_behind<formerly_kind<Names...>> = true;
template <fixed_string... Names>
inline constexpr bool stays_behind<formerly_table<Names...>> = true;
template <auto... Members>
inline constexpr bool stays_behind<fields<Members...>> = true;
template <class Base>
inline constexpr bool stays_behind<extends<Base>> = true;

/// Likewise within a collection, whose records keep their kind; its table is named after that of the base.
template <class Option>
inline constexpr bool stays_behind_in_collection = false;
template <fixed_string Name>
inline constexpr bool stays_behind_in_collection<shadow_table<Name>> = true;
template <fixed_string... Names>
inline constexpr bool stays_behind_in_collection<formerly_table<Names...>> = true;

/// Said of a collection that is taken over: its table is none of the base's.
struct in_own_table {
  static constexpr void apply(auto& draft) { draft.taken_over = true; }
};

template <template <auto, class...> class Collection, auto Member, class List>
struct collection_of;
template <template <auto, class...> class Collection, auto Member, class... Options>
struct collection_of<Collection, Member, type_list<Options...>> {
  using type = type_list<Collection<Member, Options..., in_own_table>>;
};
template <class... Options>
using kept_in_collection =
    typename joined<std::conditional_t<stays_behind_in_collection<Options>, type_list<>, type_list<Options>>...>::type;

/// What a struct takes over of one option of its base.
template <class Option, class T>
struct taken_over : std::conditional_t<stays_behind<Option>, joined<>, joined<type_list<Option>>> {};
template <auto Member, class... Options, class T>
struct taken_over<children<Member, Options...>, T>
    : std::conditional_t<describes_collection(name_of<Member>, declared_options_of<T>{}), joined<>,
                         collection_of<children, Member, kept_in_collection<Options...>>> {};
template <auto Member, class... Options, class T>
struct taken_over<links<Member, Options...>, T>
    : std::conditional_t<describes_collection(name_of<Member>, declared_options_of<T>{}), joined<>,
                         collection_of<links, Member, kept_in_collection<Options...>>> {};

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
