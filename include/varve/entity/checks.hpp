#pragma once

#include <cstddef>
#include <string_view>

#include "varve/entity/detail/build.hpp"
#include "varve/entity/detail/descent.hpp"

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

/// A field is a column, a collection, embedded, or excluded.
template <class Field>
[[nodiscard]] consteval bool field_is_supported(const field_draft& field) {
  if (field.relation || field.embedded) return true;
  if ((field.flags & static_cast<std::uint32_t>(column_flag::excluded)) != 0) return true;
  return has_codec<Field> || is_link<Field> ||
         user_column<Field>;  // of the last, `column_type` itself says what is wrong
}

template <class T, class... Fields>
[[nodiscard]] consteval bool all_fields_supported(type_list<Fields...>) {
  std::size_t i = 0;
  return (field_is_supported<Fields>(draft_of<T>.fields[i++]) && ...);
}
template <class T>
inline constexpr bool field_types_are_supported = all_fields_supported<T>(typename shape<T>::types{});

template <class Field>
[[nodiscard]] consteval bool embedded_is_flat() {
  using inner = typename without_optional<Field>::type;
  if constexpr (!std::is_class_v<inner> || has_codec<Field> || is_vector<inner>) {
    return false;
  } else {
    return []<class... Fields>(type_list<Fields...>) {
      return sizeof...(Fields) > 0 && (has_codec<Fields> && ...) &&
             (!is_optional<Field> || (!is_optional<Fields> || ...));
    }(typename shape<inner>::types{});
  }
}

template <class... Fields>
[[nodiscard]] consteval bool all_embedded_flat(const auto& draft, type_list<Fields...>) {
  std::size_t i = 0;
  return ((!draft.fields[i++].embedded || embedded_is_flat<Fields>()) && ...);
}
template <class T>
inline constexpr bool embedded_structs_are_flat = all_embedded_flat(draft_of<T>, typename shape<T>::types{});

template <class Field>
[[nodiscard]] consteval bool embedded_is_reflected() {
  using inner = typename without_optional<Field>::type;
  return shape<inner>::size == 0 || shape<inner>::locate(0) == nullptr;
}

template <class... Fields>
[[nodiscard]] consteval bool all_embedded_reflected(const auto& draft, type_list<Fields...>) {
  std::size_t i = 0;
  return ((!draft.fields[i++].embedded || embedded_is_reflected<Fields>()) && ...);
}
template <class T>
inline constexpr bool embedded_structs_are_reflected = all_embedded_reflected(draft_of<T>, typename shape<T>::types{});

/// No part of a key, natural key or unique constraint is a collection or an embedded struct.
[[nodiscard]] consteval bool keys_are_columns_in(const auto& draft) {
  for (const auto& field : draft.fields) {
    if (!field.relation && !field.embedded) continue;
    if (draft.key.contains(field.name) || draft.natural.contains(field.name)) return false;
    for (const auto& unique : draft.uniques)
      if (unique.contains(field.name)) return false;
  }
  return true;
}
template <class T>
inline constexpr bool keys_are_columns = keys_are_columns_in(draft_of<T>);

template <class Table>
[[nodiscard]] consteval bool distinct_names(const Table& table) {
  for (std::uint16_t i = 0; i < table.size; ++i)
    for (std::uint16_t k = 0; k < i; ++k)
      if (table.columns[i].is_stored() && table.columns[k].is_stored() &&
          table.columns[i].name == table.columns[k].name)
        return false;
  return true;
}
template <class Table>
[[nodiscard]] consteval bool names_are_free(const Table& table) {
  for (std::uint16_t i = 0; i < table.size; ++i)
    for (const std::string_view taken : {"transaction_id", "end_transaction_id", "operation_type", "end_filler"})
      if (table.columns[i].name == taken) return false;
  return true;
}
template <class Table>
[[nodiscard]] consteval bool names_fit(const Table& table, std::string_view name, std::string_view shadow) {
  for (std::uint16_t i = 0; i < table.size; ++i)
    if (table.columns[i].name.size() > 63) return false;
  return name.size() <= 63 && shadow.size() <= 63 && !name.empty() && name != shadow;
}

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

// ---- collections ----

template <class Parent, std::size_t I>
inline constexpr bool collection_is_a_vector = is_vector<typename type_at<typename shape<Parent>::types, I>::type>;

template <class Parent, std::size_t I>
inline constexpr bool child_has_natural_key = relation_draft<Parent, I>.natural.size > 0;

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
  } else if constexpr (!collection_is_a_vector<Parent, I>) {
    return false;
  } else if constexpr (!fields_can_be_seen<item_type<Parent, I>>) {
    return false;
  } else if constexpr (relation_draft<Parent, I>.names_a_stranger ||
                       !all_item_fields_supported<Parent, I>(typename shape<item_type<Parent, I>>::types{}) ||
                       !keys_are_columns_in(relation_draft<Parent, I>)) {
    return false;
  } else if constexpr (is_links<Parent, I>) {
    return link_is_to_an_entity<Parent, I> && links_are_not_ordered<Parent, I>;
  } else {
    return child_has_natural_key<Parent, I> && duplicates_have_own_key<Parent, I>;
  }
}

template <class Parent, std::size_t I>
[[nodiscard]] consteval bool check_relation() {
  using item = item_type<Parent, I>;
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
    } else {
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
                    "varve: transaction_id, end_transaction_id, operation_type and end_filler are columns of every "
                    "shadow table; rename the field's column with column<>");
      static_assert(
          names_fit(relation_columns<Parent, I>, relation_table_name<Parent, I>, relation_shadow_name<Parent, I>),
          "varve: names of tables, shadow tables and columns have 1 to 63 bytes, and a table and its "
          "shadow differ; name them with table<>, shadow_table<> and column<>");
    }
  }
  return true;
}

template <class T, std::size_t N>
[[nodiscard]] consteval bool check_relation_option() {
  constexpr std::size_t place = relation_places<T>[N];
  if constexpr (place < shape<T>::size) {
    static_assert(collection_is_a_vector<T, place>, "varve: children<> and links<> need a std::vector of structs");
    if constexpr (collection_is_a_vector<T, place>) return check_relation<T, place>();
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
