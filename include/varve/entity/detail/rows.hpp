#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/entity/detail/shape.hpp"

/// Functions of rows and of collections, on addresses.
namespace varve::detail {

template <class T, std::size_t I>
[[nodiscard]] const auto& field_at(const T& row) {
  using field = typename type_at<typename shape<T>::types, I>::type;
  if constexpr (shape<T>::locate(I) != nullptr)
    return *static_cast<const field*>(shape<T>::locate(I)(const_cast<T*>(&row)));  // NOLINT: only finds the address
  else
    return *reinterpret_cast<const field*>(reinterpret_cast<const std::byte*>(&row) + shape<T>::offset(I));
}

template <class T>
[[nodiscard]] bool same_columns(const T& a, const T& b);

template <class Field>
[[nodiscard]] bool same_field(const Field& a, const Field& b, bool embedded) {
  if constexpr (has_codec<Field>) {
    return codec<Field>::same(a, b);
  } else if constexpr (is_link<Field>) {
    return same_target(a, b);
  } else if constexpr (is_optional<Field>) {
    using inner = typename without_optional<Field>::type;
    if constexpr (std::is_class_v<inner>)
      return !embedded || (a.has_value() == b.has_value() && (!a.has_value() || same_columns(*a, *b)));
    else
      return true;
  } else if constexpr (std::is_class_v<Field> && !is_collection<Field>) {
    return !embedded || same_columns(a, b);
  } else {
    return true;
  }
}

template <class T, std::size_t... I>
[[nodiscard]] bool same_fields(const T& a, const T& b, std::index_sequence<I...>) {
  return (same_field(field_at<T, I>(a), field_at<T, I>(b), draft_of<T>.fields[I].embedded) && ...);
}

template <class T>
bool same_columns(const T& a, const T& b) {
  if constexpr (has_codec<T>)
    return codec<T>::same(a, b);
  else if constexpr (is_link<T>)
    return same_target(a, b);
  else
    return same_fields(a, b, std::make_index_sequence<shape<T>::size>{});
}

/// A plain value is one column, a link is all columns, whatever its own fields are.
template <class T>
inline constexpr std::size_t fields_of_row = shape<T>::size;
template <has_codec T>
inline constexpr std::size_t fields_of_row<T> = 1;
template <class T>
requires is_link<T>
inline constexpr std::size_t fields_of_row<T> = 2;

template <class T>
inline constexpr row_ops row_ops_of{
    .size = sizeof(T),
    .fields = fields_of_row<T>,
    .make = []() -> void* { return new T(); },
    .copy = [](const void* from) -> void* { return new T(*static_cast<const T*>(from)); },
    .destroy = [](void* row) { delete static_cast<T*>(row); },
    .assign = [](void* to, const void* from) { *static_cast<T*>(to) = *static_cast<const T*>(from); },
    .swap = [](void* a, void* b) { std::swap(*static_cast<T*>(a), *static_cast<T*>(b)); },
    .mismatch = [](const void* a, const void* b, std::size_t count) -> std::size_t {
      const auto* left = static_cast<const T*>(a);
      const auto* right = static_cast<const T*>(b);
      for (std::size_t i = 0; i < count; ++i)
        if (!same_columns(left[i], right[i])) return i;
      return count;
    }};

/// The parts of a map's entry: of a `std::pair` whose key is const, as the map has it, or not, as a row is made.
template <class Map>
[[nodiscard]] const typename Map::key_type& key_in_entry(const void* entry) {
  return *static_cast<const typename Map::key_type*>(entry);
}
template <class Map>
[[nodiscard]] const typename Map::mapped_type& value_in_entry(const void* entry) {
  return *reinterpret_cast<const typename Map::mapped_type*>(static_cast<const std::byte*>(entry) + value_offset<Map>);
}
template <class Map>
using made_entry = std::pair<typename Map::key_type, typename Map::mapped_type>;

/// Of an entry, compared one at a time, as entries do not stand in a row. What is assigned to or exchanged is a made one.
template <class Map>
inline constexpr row_ops row_ops_of_entry{
    .size = sizeof(made_entry<Map>),
    .fields = 1 + fields_of_row<typename Map::mapped_type>,
    .make = []() -> void* { return new made_entry<Map>(); },
    .copy = [](const void* from) -> void* {
      return new made_entry<Map>(key_in_entry<Map>(from), value_in_entry<Map>(from));
    },
    .destroy = [](void* row) { delete static_cast<made_entry<Map>*>(row); },
    .assign =
        [](void* to, const void* from) {
          static_cast<made_entry<Map>*>(to)->first = key_in_entry<Map>(from);
          static_cast<made_entry<Map>*>(to)->second = value_in_entry<Map>(from);
        },
    .swap = [](void* a, void* b) { std::swap(*static_cast<made_entry<Map>*>(a), *static_cast<made_entry<Map>*>(b)); },
    .mismatch = [](const void* a, const void* b, std::size_t) -> std::size_t {
      return codec<typename Map::key_type>::same(key_in_entry<Map>(a), key_in_entry<Map>(b)) &&
                     same_columns(value_in_entry<Map>(a), value_in_entry<Map>(b))
                 ? 1
                 : 0;
    }};

template <class Collection>
[[nodiscard]] consteval const row_ops* item_ops() {
  if constexpr (map_container<Collection>) {
    static_assert(sizeof(typename Collection::value_type) == sizeof(made_entry<Collection>));
    return &row_ops_of_entry<Collection>;
  } else {
    return &row_ops_of<typename Collection::value_type>;
  }
}

/// An empty container that compares and allocates as another.
template <class Container>
[[nodiscard]] Container emptied(const Container& like) {
  if constexpr (requires { like.key_comp(); })
    return Container(like.key_comp(), like.get_allocator());
  else
    return Container(0, like.hash_function(), like.key_eq(), like.get_allocator());
}

/// Appends the addresses of a container's items, by rising key where keys have an order.
template <class Container>
void list_items(const void* items, std::vector<const void*>& places) {
  using item = typename Container::value_type;
  const auto& container = *static_cast<const Container*>(items);
  places.reserve(container.size());
  for (const auto& one : container) places.push_back(&one);
  if constexpr (!requires { container.key_comp(); } && std::totally_ordered<typename Container::key_type>) {
    const auto key = [](const void* place) -> const auto& {
      if constexpr (map_container<Container>)
        return static_cast<const item*>(place)->first;
      else
        return *static_cast<const item*>(place);
    };
    std::sort(places.begin(), places.end(), [&](const void* a, const void* b) { return key(a) < key(b); });
  }
}

template <class Container>
void build_items_of(void* items, std::size_t size, const item_filler& filler) {
  auto& container = *static_cast<Container*>(items);
  Container made = emptied(container);
  for (std::size_t i = 0; i < size; ++i) {
    if constexpr (map_container<Container>) {
      made_entry<Container> row{};
      filler.fill(filler.context, &row, i);
      made.emplace(std::move(row.first), std::move(row.second));
    } else {
      typename Container::value_type row{};
      filler.fill(filler.context, &row, i);
      made.emplace(std::move(row));
    }
  }
  container.swap(made);
}

template <class Collection>
[[nodiscard]] consteval collection_ops make_collection_ops() {
  collection_ops made{};
  made.size = [](const void* items) { return static_cast<const Collection*>(items)->size(); };
  made.swap = [](void* a, void* b) { static_cast<Collection*>(a)->swap(*static_cast<Collection*>(b)); };
  if constexpr (is_vector<Collection>) {
    made.stride = sizeof(typename Collection::value_type);
    made.data = [](const void* items) -> const void* { return static_cast<const Collection*>(items)->data(); };
    made.resize = [](void* items, std::size_t size) -> void* {
      static_cast<Collection*>(items)->resize(size);
      return static_cast<Collection*>(items)->data();
    };
  } else {
    made.list = &list_items<Collection>;
    made.build = &build_items_of<Collection>;
  }
  return made;
}
template <class Collection>
inline constexpr collection_ops collection_ops_of = make_collection_ops<Collection>();

template <class Optional>
inline constexpr embedding_info embedding_of{
    .find = [](const void* optional) -> const void* {
      const auto& held = *static_cast<const Optional*>(optional);
      return held ? &*held : nullptr;
    },
    .emplace = [](void* optional) -> void* {
      auto& held = *static_cast<Optional*>(optional);
      return held ? &*held : &held.emplace();
    },
    .reset = [](void* optional) { static_cast<Optional*>(optional)->reset(); }};

}  // namespace varve::detail
