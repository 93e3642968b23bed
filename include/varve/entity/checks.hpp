#pragma once

#include <cstddef>
#include <string_view>

#include "varve/entity/detail/collection_checks.hpp"

/// One predicate for each mistake that a descriptor can have, and the sentence that names it.
namespace varve::detail {

template <class T>
inline constexpr bool options_name_own_fields = !draft_of<T>.names_a_stranger;

template <class T>
inline constexpr bool has_key = key_names<T>.size > 0;

template <class T>
[[nodiscard]] consteval bool key_is_not_excluded_in() {
  for (std::size_t i = 0; i < key_names<T>.size; ++i)
    for (const auto& field : draft_of<T>.fields)
      if (field.name == key_names<T>.names[i] && (field.flags & static_cast<std::uint32_t>(column_flag::excluded)) != 0)
        return false;
  return true;
}
template <class T>
inline constexpr bool key_is_not_excluded = key_is_not_excluded_in<T>();

template <class T, class... Fields>
[[nodiscard]] consteval bool all_fields_supported(type_list<Fields...>) {
  std::size_t i = 0;
  return (field_is_supported<Fields>(draft_of<T>.fields[i++]) && ...);
}
template <class T>
inline constexpr bool field_types_are_supported = all_fields_supported<T>(typename shape<T>::types{});

template <class T>
inline constexpr bool embedded_structs_are_flat = all_embedded_flat(draft_of<T>, typename shape<T>::types{});

template <class T>
inline constexpr bool embedded_structs_are_reflected = all_embedded_reflected(draft_of<T>, typename shape<T>::types{});

template <class T>
inline constexpr bool keys_are_columns = keys_are_columns_in(draft_of<T>);

template <class T>
inline constexpr bool columns_are_distinct = distinct_names(entity_columns<T>);
template <class T>
inline constexpr bool columns_are_not_reserved = names_are_free(entity_columns<T>);
template <class T>
inline constexpr bool entity_names_fit = names_fit(entity_columns<T>, table_of<T>, shadow_of<T>);

template <class T, class... Fields>
[[nodiscard]] consteval bool public_id_is_uuid_in(type_list<Fields...>) {
  std::size_t i = 0;
  return (((draft_of<T>.fields[i++].flags & static_cast<std::uint32_t>(column_flag::public_id)) == 0 ||
           std::is_same_v<Fields, uuid>)&&...);
}
template <class T>
inline constexpr bool public_id_is_uuid = public_id_is_uuid_in<T>(typename shape<T>::types{});

template <class Option>
[[nodiscard]] consteval bool reference_is_to_entity() {
  if constexpr (reference_option<Option>::is)
    return entity_type<typename reference_option<Option>::target>;
  else
    return true;
}
template <class... Options>
[[nodiscard]] consteval bool all_references_to_entities(type_list<Options...>) {
  return (reference_is_to_entity<Options>() && ...);
}
template <class T>
inline constexpr bool references_are_to_entities = all_references_to_entities(options_of<T>{});

/// Whether what stands in the struct itself can be made a table; collections aside.
template <class T>
[[nodiscard]] consteval bool columns_can_be_built() {
  if constexpr (!fields_can_be_seen<T>)
    return false;
  else
    return options_name_own_fields<T> && has_key<T> && keys_are_columns<T> && field_types_are_supported<T> &&
           embedded_structs_are_flat<T>;
}

template <class T>
[[nodiscard]] consteval bool check_entity() {
  check_descent<T>();
  static_assert(names_a_base<T> || !descriptor_is_own<T> || fields_can_be_seen<T>,
                "varve: the fields of this struct cannot all be seen (a base, a constructor, private members, bit "
                "fields or more than 100); list them with fields<&T::a, &T::b>, or take over the base's descriptor "
                "with extends<Base>");
  if constexpr (fields_can_be_seen<T>) {
    static_assert(options_name_own_fields<T>, "varve: an option names a member that is no field of this struct");
    static_assert(has_key<T>, "varve: an entity needs a key; add a member id or key<&T::field>");
    static_assert(key_is_not_excluded<T>, "varve: a key cannot be excluded; take it out of exclude<>");
    static_assert(field_types_are_supported<T>,
                  "varve: unsupported field type; exclude<> the field, declare it children<>, links<> or embedded<>, "
                  "or specialise varve::column_type for its type");
    static_assert(embedded_structs_are_flat<T>,
                  "varve: an embedded<> struct holds columns only, and at least one that is not optional when it "
                  "may be absent");
    static_assert(embedded_structs_are_reflected<T>,
                  "varve: an embedded<> struct must be a plain aggregate, whose fields need no list");
    static_assert(keys_are_columns<T>,
                  "varve: a key, a natural key and unique<> are made of columns; a collection or an embedded<> struct "
                  "cannot be part of one");
    static_assert(public_id_is_uuid<T>, "varve: public_id<> needs a field of type varve::uuid");
    static_assert(references_are_to_entities<T>, "varve: reference<> needs a target that is a described entity");
  }
  if constexpr (columns_can_be_built<T>()) {
    static_assert(columns_are_distinct<T>, "varve: two fields are mapped on one column; rename one with column<>");
    static_assert(columns_are_not_reserved<T>,
                  "varve: transaction_id, end_transaction_id, operation_type and end_filler are columns of every "
                  "shadow table; rename the field's column with column<>");
    static_assert(entity_names_fit<T>,
                  "varve: names of tables, shadow tables and columns have 1 to 63 bytes, and a table and its shadow "
                  "differ; name them with table<>, shadow_table<> and column<>");
    return check_relations<T>(std::make_index_sequence<relation_places<T>.size()>{});
  }
  return true;
}

template <class T>
[[nodiscard]] consteval bool entity_can_be_built() {
  if constexpr (!columns_can_be_built<T>())
    return false;
  else
    return relations_can_be_built<T>(std::make_index_sequence<relation_places<T>.size()>{});
}

}  // namespace varve::detail
