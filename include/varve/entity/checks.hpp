#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "varve/entity/detail/collection_checks.hpp"

/// One predicate for each mistake that a descriptor can have, and the sentence that names it.
namespace varve::detail {

/// Whether the members that an option names are the struct's own or inherited; a stranger's may have a field's name.
template <class T, class Option>
inline constexpr bool names_own_members = true;
template <class T, template <auto...> class Option, auto... Members>
inline constexpr bool names_own_members<T, Option<Members...>> = [] {
  const auto is_own = []<auto Member>() {
    if constexpr (std::is_member_object_pointer_v<decltype(Member)>)
      return std::is_base_of_v<owner_of<Member>, T>;
    else
      return true;
  };
  return (is_own.template operator()<Members>() && ...);
}();
template <class T, class... Options>
[[nodiscard]] consteval bool all_name_own_members(type_list<Options...>) {
  return (names_own_members<T, Options> && ...);
}
template <class T>
inline constexpr bool options_name_own_fields =
    !draft_of<T>.names_a_stranger && all_name_own_members<T>(options_of<T>{});

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

template <class T>
[[nodiscard]] consteval bool public_id_is_not_excluded_in() {
  constexpr auto both = column_flag::public_id | column_flag::excluded;
  for (const auto& field : draft_of<T>.fields)
    if ((field.flags & both) == both) return false;
  return true;
}
template <class T>
inline constexpr bool public_id_is_not_excluded = public_id_is_not_excluded_in<T>();

template <class T>
inline constexpr bool uniques_are_few = draft_of<T>.unique_count <= draft_of<T>.uniques.size();

/// Times take times, names of actors take texts and their numbers integers.
template <class Field>
[[nodiscard]] consteval bool stamp_fits(std::uint32_t flags) {
  constexpr auto times = column_flag::created_on | column_flag::changed_on;
  constexpr auto actors = column_flag::created_by | column_flag::changed_by;
  if constexpr (has_codec<Field>) {
    constexpr auto meaning = ops_of<Field>.meaning;
    return ((flags & times) == 0 || meaning == column_meaning::time) &&
           ((flags & actors) == 0 || meaning == column_meaning::text || meaning == column_meaning::integer);
  } else {
    return (flags & (times | actors)) == 0;
  }
}
template <class T, class... Fields>
[[nodiscard]] consteval bool all_stamps_fit(type_list<Fields...>) {
  std::size_t i = 0;
  return (stamp_fits<Fields>(draft_of<T>.fields[i++].flags) && ...);
}
template <class T>
inline constexpr bool stamps_fit = all_stamps_fit<T>(typename shape<T>::types{});

/// No two of an entity's tables and shadow tables have one name.
template <class T, std::size_t... N>
[[nodiscard]] consteval bool tables_are_distinct_in(std::index_sequence<N...>) {
  const std::array<std::string_view, 2 * sizeof...(N) + 2> names{table_of<T>, shadow_of<T>,
                                                                 relation_table_name<T, relation_places<T>[N]>...,
                                                                 relation_shadow_name<T, relation_places<T>[N]>...};
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (names[i] == names[k]) return false;
  return true;
}
template <class T>
inline constexpr bool tables_are_distinct =
    tables_are_distinct_in<T>(std::make_index_sequence<relation_places<T>.size()>{});

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
    static_assert(public_id_is_not_excluded<T>,
                  "varve: a public id cannot be excluded, as versions are found by it; take it out of exclude<>");
    static_assert(uniques_are_few<T>, "varve: at most eight unique<> in a descriptor");
    static_assert(
        stamps_fit<T>,
        "varve: created_on<> and changed_on<> need a field of time, created_by<> and changed_by<> one of text "
        "or an integer");
    static_assert(public_id_is_uuid<T>, "varve: public_id<> needs a field of type varve::uuid");
    static_assert(references_are_to_entities<T>, "varve: reference<> needs a target that is a described entity");
  }
  if constexpr (columns_can_be_built<T>()) {
    static_assert(columns_are_distinct<T>, "varve: two fields are mapped on one column; rename one with column<>");
    static_assert(columns_are_not_reserved<T>,
                  "varve: transaction_id, end_transaction_id, operation_type, end_filler and open_mark are columns of "
                  "shadow tables; rename the field's column with column<>");
    static_assert(entity_names_fit<T>,
                  "varve: names of tables, shadow tables and columns have 1 to 63 bytes, and a table and its shadow "
                  "differ; name them with table<>, shadow_table<> and column<>");
    constexpr bool checked = check_relations<T>(std::make_index_sequence<relation_places<T>.size()>{});
    if constexpr (relations_can_be_built<T>(std::make_index_sequence<relation_places<T>.size()>{}))
      static_assert(tables_are_distinct<T>,
                    "varve: two collections of one struct have one table, or a collection has the entity's; name "
                    "another with table<> in children<> or links<>");
    return checked;
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
