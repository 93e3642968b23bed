#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "varve/entity/detail/former.hpp"
#include "varve/entity/detail/rows.hpp"

/// The columns of a struct, and the table of an entity.
namespace varve::detail {

/// Room for the columns of one table, with the lists that refer to them.
template <std::size_t Capacity>
struct column_table {
  std::array<column_info, Capacity> columns{};
  std::uint16_t size = 0;
  std::array<std::uint16_t, 8> key{}, natural{}, parent{};
  std::uint16_t key_size = 0, natural_size = 0, parent_size = 0;
  std::array<std::array<std::uint16_t, 8>, 8> uniques{};
  std::array<std::uint16_t, 8> unique_sizes{};
  std::uint16_t unique_count = 0;
  std::uint16_t stored = 0, public_id = no_field, position = no_field, value = no_field;

  constexpr void add(const column_info& column) { columns[size++] = column; }
  [[nodiscard]] constexpr std::uint16_t find(std::string_view name) const {
    for (std::uint16_t i = 0; i < size; ++i)
      if (columns[i].name == name) return i;
    return no_field;
  }
  [[nodiscard]] constexpr std::uint16_t find_field(std::string_view field) const {
    for (std::uint16_t i = 0; i < size; ++i)
      if (columns[i].group.empty() && columns[i].field == field) return i;
    return no_field;
  }
  constexpr void index() {
    for (std::uint16_t i = 0; i < size; ++i) {
      if (columns[i].is_stored()) stored = static_cast<std::uint16_t>(i + 1);
      if (columns[i].is(column_flag::public_id)) public_id = i;
      if (columns[i].is(column_flag::position)) position = i;
      if (columns[i].is(column_flag::parent)) parent[parent_size++] = i;
    }
  }
};

template <class Field>
[[nodiscard]] consteval std::size_t columns_in() {
  using inner = typename without_optional<Field>::type;
  if constexpr (has_codec<Field>)
    return 1;
  else if constexpr (is_link<Field>)
    return 2;
  else if constexpr (std::is_class_v<inner> && !is_collection<inner>)
    return shape<inner>::size == 0 ? 1 : shape<inner>::size;
  else
    return 1;
}

template <class... Fields>
[[nodiscard]] consteval std::size_t columns_at_most(type_list<Fields...>) {
  return (columns_in<Fields>() + ... + 1);
}

template <class T, std::size_t I>
inline constexpr auto default_prefix = join<shape<T>::names[I].size() + 1>(shape<T>::names[I], "_");

template <class T, std::size_t I>
inline constexpr std::string_view prefix_of = draft_of<T>.fields[I].prefix.empty() ? default_prefix<T, I>.view()
                                                                                   : draft_of<T>.fields[I].prefix;

template <class T, std::size_t I, class Inner, std::size_t J>
inline constexpr auto embedded_name = join<prefix_of<T, I>.size() + column_of(draft_of<Inner>.fields[J]).size()>(
    prefix_of<T, I>, column_of(draft_of<Inner>.fields[J]));

template <class T, std::size_t I>
[[nodiscard]] consteval column_info base_column(std::uint32_t flags) {
  column_info made;
  made.field = shape<T>::names[I];
  made.flags = flags;
  made.field_index = static_cast<std::uint16_t>(I);
  made.offset = shape<T>::offset(I);
  made.locate = shape<T>::locate(I);
  return made;
}

template <class T, std::size_t I, class Inner, std::size_t J, class Table>
consteval void add_embedded_column(Table& table, std::uint32_t flags, const embedding_info* embedding) {
  using field = typename type_at<typename shape<Inner>::types, J>::type;
  if constexpr (has_codec<field>) {
    column_info made = base_column<T, I>(flags | draft_of<Inner>.fields[J].flags);
    made.group = shape<T>::names[I];
    made.field = shape<Inner>::names[J];
    made.name = embedded_name<T, I, Inner, J>.view();
    made.ops = &ops_of<field>;
    made.embedding = embedding;
    made.inner_offset = shape<Inner>::offset(J);
    table.add(made);
  }
}

template <class T, std::size_t I, class Inner, class Table, std::size_t... J>
consteval void add_embedded(Table& table, std::uint32_t flags, const embedding_info* embedding,
                            std::index_sequence<J...>) {
  (add_embedded_column<T, I, Inner, J>(table, flags, embedding), ...);
}

/// Adds the columns of one field, when it is one of those wanted now (keys come before parents before the rest).
template <class T, std::size_t I, class Table>
consteval void add_field(Table& table, const field_draft& field, bool keys) {
  using type = typename type_at<typename shape<T>::types, I>::type;
  using inner = typename without_optional<type>::type;
  const bool is_key = (field.flags & static_cast<std::uint32_t>(column_flag::key)) != 0;
  if (field.relation || is_key != keys) return;
  if constexpr (has_codec<type>) {
    column_info made = base_column<T, I>(field.flags);
    made.name = column_of(field);
    made.ops = &ops_of<type>;
    table.add(made);
  } else if constexpr (std::is_class_v<inner> && !is_collection<inner> && !is_link<inner>) {
    if (!field.embedded) return;
    const embedding_info* embedding = nullptr;
    if constexpr (is_optional<type>) embedding = &embedding_of<type>;
    add_embedded<T, I, inner>(table, field.flags, embedding, std::make_index_sequence<shape<inner>::size>{});
  }
}

template <class T, class Table, class Draft, std::size_t... I>
consteval void add_fields(Table& table, const Draft& draft, bool keys, std::index_sequence<I...>) {
  (add_field<T, I>(table, draft.fields[I], keys), ...);
}

template <class Table, class Draft>
consteval void add_uniques(Table& table, const Draft& draft) {
  for (std::size_t u = 0; u < draft.unique_count && u < draft.uniques.size(); ++u) {
    for (std::size_t n = 0; n < draft.uniques[u].size; ++n)
      table.uniques[u][table.unique_sizes[u]++] = table.find_field(draft.uniques[u].names[n]);
    ++table.unique_count;
  }
}

// references of a struct, by field

template <class Option>
struct reference_option {
  static constexpr bool is = false;
};
template <auto Member, class Target>
struct reference_option<reference<Member, Target>> {
  static constexpr bool is = true;
  static constexpr std::string_view field = name_of<Member>;
  using target = Target;
};

/// The key's column names of an entity.
template <class T>
[[nodiscard]] consteval name_list key_columns_of() {
  name_list found;
  for (std::size_t i = 0; i < key_names<T>.size; ++i)
    found.add(column_of(draft_of<T>.fields[index_of<T>(key_names<T>.names[i])]));
  return found;
}

template <class Option, class Table>
consteval void mark_reference(Table& table) {
  if constexpr (reference_option<Option>::is) {
    const auto place = table.find_field(reference_option<Option>::field);
    using target = typename reference_option<Option>::target;
    if (place != no_field) table.columns[place].refers_to = table_of<target>;
    if constexpr (key_names<target>.size > 0)
      if (place != no_field) table.columns[place].refers_to_key = key_columns_of<target>().names[0];
  }
}
template <class Table, class... Options>
consteval void mark_references(Table& table, type_list<Options...>) {
  (mark_reference<Options>(table), ...);
}

// ---- an entity's table ----

template <class T>
[[nodiscard]] consteval auto build_entity_columns() {
  column_table<columns_at_most(typename shape<T>::types{})> table;
  auto draft = draft_of<T>;
  for (std::size_t i = 0; i < key_names<T>.size && i < 8; ++i) draft.flag(key_names<T>.names[i], column_flag::key);
  add_fields<T>(table, draft, true, std::make_index_sequence<shape<T>::size>{});
  add_fields<T>(table, draft, false, std::make_index_sequence<shape<T>::size>{});
  for (std::size_t i = 0; i < key_names<T>.size && i < 8; ++i)
    table.key[table.key_size++] = table.find_field(key_names<T>.names[i]);
  add_uniques(table, draft);
  mark_references(table, options_of<T>{});
  table.index();
  return table;
}

template <class T>
inline constexpr auto entity_columns = build_entity_columns<T>();

template <class T>
inline constexpr auto default_shadow = join<table_of<T>.size() + 8>(table_of<T>, "_version");

template <class T>
inline constexpr std::string_view shadow_of = draft_of<T>.shadow.empty() ? default_shadow<T>.view()
                                                                         : draft_of<T>.shadow;

/// The spans over a column table's unique constraints.
template <const auto& Table>
[[nodiscard]] consteval auto unique_spans() {
  std::array<std::span<const std::uint16_t>, 8> spans{};
  for (std::size_t i = 0; i < Table.unique_count; ++i) spans[i] = {Table.uniques[i].data(), Table.unique_sizes[i]};
  return spans;
}

template <const auto& Table>
inline constexpr auto unique_spans_of = unique_spans<Table>();

[[nodiscard]] constexpr bool is_generated(std::span<const column_info> columns, std::span<const std::uint16_t> key) {
  return key.size() == 1 && columns[key[0]].ops->meaning == column_meaning::integer &&
         !columns[key[0]].is(column_flag::parent) && columns[key[0]].refers_to.empty();
}

template <const auto& Table>
[[nodiscard]] consteval table_info make_table_info(std::string_view name, std::string_view shadow, const row_ops* row,
                                                   bool own_key, bool may_generate, const former_names* former) {
  table_info made;
  made.name = name;
  made.shadow = shadow;
  made.columns = {Table.columns.data(), Table.size};
  made.key = {Table.key.data(), Table.key_size};
  made.natural = {Table.natural.data(), Table.natural_size};
  made.parent = {Table.parent.data(), Table.parent_size};
  made.unique = {unique_spans_of<Table>.data(), Table.unique_count};
  made.stored = Table.stored;
  made.public_id = Table.public_id;
  made.position = Table.position;
  made.value = Table.value;
  made.own_key = own_key;
  made.generated_key = may_generate && own_key && is_generated(made.columns, made.key);
  made.row = row;
  made.former = former;
  return made;
}

template <class T>
inline constexpr table_info entity_table = make_table_info<entity_columns<T>>(table_of<T>, shadow_of<T>, &row_ops_of<T>,
                                                                              true, true, former_of_entity<T>());

}  // namespace varve::detail
