#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/entity/column_type.hpp"

/// The containers that a collection may be: vectors, sets and maps.
namespace varve::detail {

template <class T>
inline constexpr bool is_vector = false;
template <class Item, class Allocator>
inline constexpr bool is_vector<std::vector<Item, Allocator>> = !std::is_same_v<Item, std::byte>;

/// `std::map`, `std::unordered_map` and the like: each key once.
template <class T>
concept map_container = requires(T map, const typename T::key_type& key) {
  requires std::same_as<typename T::value_type, std::pair<const typename T::key_type, typename T::mapped_type>>;
  map.try_emplace(key);
};

/// `std::set`, `std::unordered_set` and the like: each value once.
template <class T>
concept set_container = requires(T set, const typename T::key_type& key) {
  requires std::same_as<typename T::value_type, typename T::key_type>;
  { set.insert(key).second } -> std::convertible_to<bool>;
};

template <class T>
inline constexpr bool is_collection = is_vector<T> || map_container<T> || set_container<T>;

/// Stands for the struct of a collection whose items are plain values.
template <class T>
struct lone_value {
  T value;
};

template <class T>
struct struct_of_item {
  using type = T;
};
template <has_codec T>
struct struct_of_item<T> {
  using type = lone_value<T>;
};

/// The struct whose fields are the columns of a collection: of a map, those of its values.
template <class Collection>
struct struct_in {
  using type = typename struct_of_item<typename Collection::value_type>::type;
};
template <map_container Map>
struct struct_in<Map> {
  using type = typename struct_of_item<typename Map::mapped_type>::type;
};

template <class T>
inline constexpr bool is_lone_value = false;
template <class T>
inline constexpr bool is_lone_value<lone_value<T>> = true;

/// Where the value of a map's entry is, behind its key.
template <map_container Map>
inline constexpr std::size_t value_offset = (sizeof(typename Map::key_type) + alignof(typename Map::mapped_type) - 1) /
                                            alignof(typename Map::mapped_type) * alignof(typename Map::mapped_type);

/// Whether a plain value names an item: it is there once, and its text is its own.
template <class T>
inline constexpr bool is_name = [] {
  if constexpr (has_codec<T> && !is_optional<T>)
    return codec<T>::meaning != column_meaning::json && codec<T>::meaning != column_meaning::real;
  else
    return false;
}();

}  // namespace varve::detail
