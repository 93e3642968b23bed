#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/entity/detail/column_checks.hpp"
#include "varve/entity/detail/descent.hpp"

/// Mistakes in the description of a collection.
namespace varve::detail {

template <class Parent, std::size_t I>
inline constexpr bool container_is_supported =
    is_links<Parent, I> ? is_vector<container_type<Parent, I>> : is_collection<container_type<Parent, I>>;

template <class Parent, std::size_t I>
inline constexpr bool items_have_places = !std::is_same_v<container_type<Parent, I>, std::vector<bool>>;

/// A key that a save gives is written into its item, which a set does not allow.
template <class Parent, std::size_t I>
inline constexpr bool set_holds_values = holds_values<Parent, I> || !set_container<container_type<Parent, I>>;

template <class Parent, std::size_t I>
[[nodiscard]] consteval bool items_have_names_in() {
  if constexpr (is_map<Parent, I>)
    return is_name<typename container_type<Parent, I>::key_type>;
  else
    return !holds_values<Parent, I> || is_name<item_type<Parent, I>>;
}
template <class Parent, std::size_t I>
inline constexpr bool items_have_names = items_have_names_in<Parent, I>();

/// An entry whose value is null could not be told from one that is not there.
template <class Parent, std::size_t I>
[[nodiscard]] consteval bool entries_are_never_null_in() {
  if constexpr (is_map<Parent, I> && holds_values<Parent, I>) {
    using value = typename container_type<Parent, I>::mapped_type;
    return !is_optional<value> && codec<value>::meaning != column_meaning::json;
  } else {
    return true;
  }
}
template <class Parent, std::size_t I>
inline constexpr bool entries_are_never_null = entries_are_never_null_in<Parent, I>();

/// What the options of a map or of plain values say is meant for such.
template <class Parent, std::size_t I>
inline constexpr bool map_names_no_key =
    !is_map<Parent, I> ||
    make_draft<item_struct<Parent, I>>(type_list<>{}, relation_options<Parent, I>{}).natural.size == 0;
template <class Parent, std::size_t I>
inline constexpr bool named_columns_are_there = (is_map<Parent, I> || relation_draft<Parent, I>.key_column.empty()) &&
                                                (holds_values<Parent, I> ||
                                                 relation_draft<Parent, I>.value_column.empty());
template <class Parent, std::size_t I>
inline constexpr bool ordered_is_a_vector = !relation_draft<Parent, I>.ordered || is_vector<container_type<Parent, I>>;
template <class Parent, std::size_t I>
inline constexpr bool duplicates_are_structs =
    !relation_draft<Parent, I>.keeps_duplicates || (!is_map<Parent, I> && !holds_values<Parent, I>);

template <class Parent, std::size_t I>
inline constexpr bool child_has_natural_key = is_map<Parent, I> || relation_draft<Parent, I>.natural.size > 0;

template <class Parent, std::size_t I>
[[nodiscard]] consteval bool natural_key_is_versioned_in() {
  const auto& draft = relation_draft<Parent, I>;
  for (const auto& field : draft.fields)
    if (draft.natural.contains(field.name) && (field.flags & static_cast<std::uint32_t>(column_flag::excluded)) != 0)
      return false;
  return true;
}
template <class Parent, std::size_t I>
inline constexpr bool natural_key_is_versioned = natural_key_is_versioned_in<Parent, I>();

template <class Parent, std::size_t I>
inline constexpr bool duplicates_have_own_key = !relation_draft<Parent, I>.keeps_duplicates || item_has_key<Parent, I>;

template <class Parent, std::size_t I>
[[nodiscard]] consteval bool link_is_to_an_entity_in() {
  if constexpr (std::is_void_v<target_of<Parent, I>>)
    return false;
  else
    return entity_type<target_of<Parent, I>>;
}
template <class Parent, std::size_t I>
inline constexpr bool link_is_to_an_entity = link_is_to_an_entity_in<Parent, I>();

/// Whether links hold what their target's key holds, a text for a text and so on.
template <class Parent, std::size_t I>
[[nodiscard]] consteval bool link_key_is_of_target_in() {
  using target = target_of<Parent, I>;
  if constexpr (key_names<target>.size != 1) {
    return true;
  } else {
    using key = typename without_optional<key_type<target>>::type;
    using held = decltype(link_in<item_type<Parent, I>>::type::key);
    if constexpr (has_codec<key> && has_codec<held>)
      return ops_of<key>.meaning == ops_of<held>.meaning;
    else
      return true;
  }
}
template <class Parent, std::size_t I>
inline constexpr bool link_key_is_of_target = link_key_is_of_target_in<Parent, I>();

template <class Parent, std::size_t I>
inline constexpr bool links_are_not_ordered = !relation_draft<Parent, I>.ordered;

template <class Parent, std::size_t I, class... Fields>
[[nodiscard]] consteval bool all_item_fields_supported(type_list<Fields...>) {
  std::size_t i = 0;
  return (field_is_supported<Fields>(relation_draft<Parent, I>.fields[i++]) && ...);
}

/// Whether the tables of a collection can be made; the checks speak where not.
template <class Parent, std::size_t I>
[[nodiscard]] consteval bool relation_can_be_built() {
  if constexpr (I >= shape<Parent>::size) {
    return false;
  } else if constexpr (!container_is_supported<Parent, I> || !items_have_places<Parent, I>) {
    return false;
  } else if constexpr (!set_holds_values<Parent, I> || !items_have_names<Parent, I> ||
                       !entries_are_never_null<Parent, I>) {
    return false;
  } else if constexpr (!fields_can_be_seen<item_struct<Parent, I>>) {
    return false;
  } else if constexpr (relation_draft<Parent, I>.names_a_stranger ||
                       !all_item_fields_supported<Parent, I>(typename shape<item_struct<Parent, I>>::types{}) ||
                       !keys_are_columns_in(relation_draft<Parent, I>)) {
    return false;
  } else if constexpr (is_links<Parent, I>) {
    return link_is_to_an_entity<Parent, I> && links_are_not_ordered<Parent, I>;
  } else {
    return child_has_natural_key<Parent, I> && duplicates_have_own_key<Parent, I> && ordered_is_a_vector<Parent, I>;
  }
}

template <class Parent, std::size_t I>
[[nodiscard]] consteval bool check_relation() {
  using item = item_struct<Parent, I>;
  check_descent<item>();
  static_assert(names_a_base<item> || fields_can_be_seen<item>,
                "varve: the fields of a collection's struct cannot all be seen; use a plain aggregate, or list them "
                "with fields<&Child::a, &Child::b>");
  if constexpr (fields_can_be_seen<item>) {
    static_assert(!relation_draft<Parent, I>.names_a_stranger,
                  "varve: an option of a collection names a member that is no field of its struct");
    static_assert(all_item_fields_supported<Parent, I>(typename shape<item>::types{}),
                  "varve: unsupported field type in a collection's struct; exclude<> the field, or specialise "
                  "varve::column_type for its type");
    static_assert(all_embedded_flat(relation_draft<Parent, I>, typename shape<item>::types{}),
                  "varve: an embedded<> struct holds columns only, and at least one that is not optional when it "
                  "may be absent");
    static_assert(all_embedded_reflected(relation_draft<Parent, I>, typename shape<item>::types{}),
                  "varve: an embedded<> struct must be a plain aggregate, whose fields need no list");
    static_assert(keys_are_columns_in(relation_draft<Parent, I>),
                  "varve: a key, a natural key and unique<> are made of columns; a collection or an embedded<> struct "
                  "cannot be part of one");
    if constexpr (is_links<Parent, I>) {
      static_assert(links_are_not_ordered<Parent, I>,
                    "varve: ordered is for children<>; give links<> a payload column instead");
      static_assert(link_is_to_an_entity<Parent, I>,
                    "varve: links<> needs items of varve::link<Target> whose Target is a described entity");
      if constexpr (link_is_to_an_entity<Parent, I>)
        static_assert(key_names<target_of<Parent, I>>.size == 1,
                      "varve: links<> needs a target whose key is one column");
      if constexpr (link_is_to_an_entity<Parent, I>)
        static_assert(link_key_is_of_target<Parent, I>,
                      "varve: the key of a link is of another type than its target's; write varve::link<Target, Key>");
    } else {
      static_assert(map_names_no_key<Parent, I>, "varve: the natural key of a map is its key; leave by<> out");
      static_assert(named_columns_are_there<Parent, I>,
                    "varve: key_column<> is for maps and value_column<> for plain values; name a field's column with "
                    "column<>");
      static_assert(ordered_is_a_vector<Parent, I>,
                    "varve: ordered is for vectors; a set or a map has an order of its own");
      static_assert(duplicates_are_structs<Parent, I>,
                    "varve: keep_duplicates is for vectors of structs; plain values and keys of maps are there once");
      static_assert(child_has_natural_key<Parent, I>,
                    "varve: children<> needs a natural key; add by<&Child::field> or natural_key<> to the child's "
                    "descriptor");
      static_assert(natural_key_is_versioned<Parent, I>,
                    "varve: a natural key cannot be excluded; take it out of exclude<>");
      static_assert(duplicates_have_own_key<Parent, I>,
                    "varve: keep_duplicates needs a key of the child's own; add a member id or key<&Child::field>");
    }
    if constexpr (relation_can_be_built<Parent, I>()) {
      static_assert(distinct_names(relation_columns<Parent, I>),
                    "varve: two fields are mapped on one column of a collection's table; rename one with column<>");
      static_assert(names_are_free(relation_columns<Parent, I>),
                    "varve: transaction_id, end_transaction_id, operation_type, end_filler and open_mark are columns of "
                    "shadow tables; rename the field's column with column<>");
      static_assert(
          names_fit(relation_columns<Parent, I>, relation_table_name<Parent, I>, relation_shadow_name<Parent, I>),
          "varve: names of tables, shadow tables and columns have 1 to 63 bytes, and a table and its "
          "shadow differ; name them with table<>, shadow_table<> and column<>");
    }
  }
  return true;
}

/// What a collection is made of, before the struct in it is looked at.
template <class Parent, std::size_t I>
[[nodiscard]] consteval bool check_container() {
  static_assert(items_have_places<Parent, I>,
                "varve: the items of a std::vector<bool> have no addresses; use std::vector<std::uint8_t>");
  static_assert(set_holds_values<Parent, I>, "varve: a set holds plain values; keep structs in a std::vector or map");
  static_assert(items_have_names<Parent, I>,
                "varve: keys of maps and plain values that are their own natural key are integers, bools, text, bytes, "
                "times, uuids or enums; keep others in a struct with a natural key");
  static_assert(entries_are_never_null<Parent, I>,
                "varve: plain values of a map cannot be optional or JSON, as null would be no value; keep them in a "
                "struct");
  if constexpr (items_have_places<Parent, I> && set_holds_values<Parent, I> && items_have_names<Parent, I> &&
                entries_are_never_null<Parent, I>)
    return check_relation<Parent, I>();
  return true;
}

template <class T, std::size_t N>
[[nodiscard]] consteval bool check_relation_option() {
  constexpr std::size_t place = relation_places<T>[N];
  if constexpr (place < shape<T>::size) {
    static_assert(container_is_supported<T, place>,
                  "varve: children<> needs a std::vector, a set or a map, and links<> a std::vector");
    if constexpr (container_is_supported<T, place>) return check_container<T, place>();
  }
  return true;
}

template <class T, std::size_t... N>
[[nodiscard]] consteval bool check_relations(std::index_sequence<N...>) {
  return (check_relation_option<T, N>() && ... && true);
}

template <class T, std::size_t... N>
[[nodiscard]] consteval bool relations_can_be_built(std::index_sequence<N...>) {
  return (relation_can_be_built<T, relation_places<T>[N]>() && ... && true);
}

}  // namespace varve::detail
