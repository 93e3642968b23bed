#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "varve/entity/detail/former.hpp"
#include "varve/entity/detail/shape.hpp"

namespace varve::detail {

// ---- functions of rows and collections ----

template <class T, std::size_t I>
[[nodiscard]] const auto& field_at(const T& row) {
  using field = typename type_at<typename shape<T>::types, I>::type;
  if constexpr (lists_fields<T>)
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
  } else if constexpr (std::is_class_v<Field> && !is_vector<Field>) {
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
  if constexpr (is_link<T>)
    return same_target(a, b);
  else
    return same_fields(a, b, std::make_index_sequence<shape<T>::size>{});
}

/// A link is all columns, whatever its own fields are.
template <class T>
inline constexpr std::size_t fields_of_row = shape<T>::size;
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

template <class Vector>
inline constexpr collection_ops collection_ops_of{
    .stride = sizeof(typename Vector::value_type),
    .size = [](const void* items) { return static_cast<const Vector*>(items)->size(); },
    .data = [](const void* items) -> const void* { return static_cast<const Vector*>(items)->data(); },
    .resize = [](void* items, std::size_t size) -> void* {
      static_cast<Vector*>(items)->resize(size);
      return static_cast<Vector*>(items)->data();
    },
    .swap = [](void* a, void* b) { static_cast<Vector*>(a)->swap(*static_cast<Vector*>(b)); }};

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

// ---- tables of columns ----

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
  std::uint16_t stored = 0, public_id = no_field, position = no_field;

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
  else if constexpr (std::is_class_v<inner> && !is_vector<inner>)
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
    if (embedding == nullptr)
      made.offset += shape<Inner>::offset(J);
    else
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
  } else if constexpr (std::is_class_v<inner> && !is_vector<inner> && !is_link<inner>) {
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

template <class Option, class Table>
consteval void mark_reference(Table& table) {
  if constexpr (reference_option<Option>::is) {
    const auto place = table.find_field(reference_option<Option>::field);
    if (place != no_field) table.columns[place].refers_to = table_of<typename reference_option<Option>::target>;
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
  made.own_key = own_key;
  made.generated_key = may_generate && own_key && is_generated(made.columns, made.key);
  made.row = row;
  made.former = former;
  return made;
}

template <class T>
inline constexpr table_info entity_table = make_table_info<entity_columns<T>>(table_of<T>, shadow_of<T>, &row_ops_of<T>,
                                                                              true, true, former_of_entity<T>());

// ---- the tables of collections ----

template <class Parent, std::size_t I>
inline constexpr bool is_links = draft_of<Parent>.fields[I].links;

/// The key's column names of an entity.
template <class T>
[[nodiscard]] consteval name_list key_columns_of() {
  name_list found;
  for (std::size_t i = 0; i < key_names<T>.size; ++i)
    found.add(column_of(draft_of<T>.fields[index_of<T>(key_names<T>.names[i])]));
  return found;
}

template <class Parent, std::size_t K>
inline constexpr std::string_view parent_suffix = key_names<Parent>.size == 1 ? std::string_view{"id"}
                                                                              : key_columns_of<Parent>().names[K];

template <class Parent, std::size_t K>
inline constexpr auto default_parent_column =
    join<kind_of<Parent>.size() + 1 + parent_suffix<Parent, K>.size()>(kind_of<Parent>, "_", parent_suffix<Parent, K>);

template <class Parent, std::size_t I, std::size_t K>
inline constexpr std::string_view parent_column_name = relation_draft<Parent, I>.parent_columns.size > K
                                                           ? relation_draft<Parent, I>.parent_columns.names[K]
                                                           : default_parent_column<Parent, K>.view();

template <class Target>
inline constexpr auto default_target_column = join<kind_of<Target>.size() + 3>(kind_of<Target>, "_id");

template <class Parent, std::size_t I>
[[nodiscard]] consteval std::string_view target_column_name() {
  if constexpr (std::is_void_v<target_of<Parent, I>>)
    return "target_id";
  else
    return relation_draft<Parent, I>.target_column.empty() ? default_target_column<target_of<Parent, I>>.view()
                                                           : relation_draft<Parent, I>.target_column;
}

template <class Parent, std::size_t I>
[[nodiscard]] consteval std::string_view relation_kind_name() {
  if constexpr (is_links<Parent, I>) {
    if (!relation_draft<Parent, I>.kind.empty()) return relation_draft<Parent, I>.kind;
    if constexpr (std::is_void_v<target_of<Parent, I>>)
      return "link";
    else
      return kind_of<target_of<Parent, I>>;
  } else {
    return relation_draft<Parent, I>.kind.empty() ? default_kind<item_type<Parent, I>>.view()
                                                  : relation_draft<Parent, I>.kind;
  }
}

template <class Parent, std::size_t I>
inline constexpr auto default_association =
    join<kind_of<Parent>.size() + 1 + shape<Parent>::names[I].size()>(kind_of<Parent>, "_", shape<Parent>::names[I]);

template <class Parent, std::size_t I>
inline constexpr std::string_view relation_table_name =
    !relation_draft<Parent, I>.table.empty()
        ? relation_draft<Parent, I>.table
        : (is_links<Parent, I> ? default_association<Parent, I>.view() : relation_kind_name<Parent, I>());

template <class Parent, std::size_t I>
inline constexpr auto default_relation_shadow =
    join<relation_table_name<Parent, I>.size() + 8>(relation_table_name<Parent, I>, "_version");

template <class Parent, std::size_t I>
inline constexpr std::string_view relation_shadow_name = relation_draft<Parent, I>.shadow.empty()
                                                             ? default_relation_shadow<Parent, I>.view()
                                                             : relation_draft<Parent, I>.shadow;

template <class Parent, std::size_t I>
inline constexpr bool item_has_key = item_key_names<Parent, I>.size > 0;

/// Adds the owner's key columns: the item's own member of that column, else one without a member.
template <class Parent, std::size_t I, class Table, std::size_t... K>
consteval void add_parent_columns(Table& table, std::index_sequence<K...>) {
  const auto add = [&](std::string_view name, std::uint16_t ordinal, const column_ops* ops) {
    const auto place = table.find(name);
    if (place != no_field) {
      table.columns[place].flags = table.columns[place].flags | column_flag::parent | column_flag::hidden;
      table.columns[place].ordinal = ordinal;
      return;
    }
    column_info made;
    made.name = name;
    made.field = name;
    made.ops = ops;
    made.flags = column_flag::parent | column_flag::hidden;
    made.ordinal = ordinal;
    table.add(made);
  };
  (add(parent_column_name<Parent, I, K>, static_cast<std::uint16_t>(K), &ops_of<key_type<Parent, K>>), ...);
}

template <class Item, class Table, std::size_t... J>
consteval void add_link_columns(Table& table, std::string_view target, std::index_sequence<J...>) {
  const auto add = [&]<std::size_t Place>() {
    using type = typename type_at<typename shape<Item>::types, Place>::type;
    if constexpr (is_link<type>) {
      column_info made = base_column<Item, Place>(column_flag::key | column_flag::natural);
      made.name = target;
      made.field = target;
      made.ops = &ops_of<decltype(type::key)>;
      table.add(made);
    }
  };
  (add.template operator()<J>(), ...);
}

template <class Item, class Table, std::size_t... J>
consteval void add_link_uuid(Table& table, std::index_sequence<J...>) {
  const auto add = [&]<std::size_t Place>() {
    using type = typename type_at<typename shape<Item>::types, Place>::type;
    if constexpr (is_link<type>) {
      column_info made = base_column<Item, Place>(column_flag::looked_up | column_flag::hidden);
      made.name = "uuid";
      made.field = "uuid";
      made.ops = &ops_of<uuid>;
      made.offset += shape<type>::offset(1);
      table.add(made);
    }
  };
  (add.template operator()<J>(), ...);
}

template <class Parent, std::size_t I>
[[nodiscard]] consteval auto build_child_columns() {
  using item = item_type<Parent, I>;
  constexpr auto members = std::make_index_sequence<shape<item>::size>{};
  column_table<columns_at_most(typename shape<item>::types{}) + 10> table;
  auto draft = relation_draft<Parent, I>;
  for (std::size_t i = 0; i < item_key_names<Parent, I>.size && i < 8; ++i)
    draft.flag(item_key_names<Parent, I>.names[i], column_flag::key);
  for (std::size_t i = 0; i < draft.natural.size && i < 8; ++i)
    draft.flag(draft.natural.names[i], column_flag::natural);
  add_fields<item>(table, draft, true, members);
  if (table.size == 0) {
    add_parent_columns<Parent, I>(table, std::make_index_sequence<key_names<Parent>.size>{});
    add_fields<item>(table, draft, false, members);
  } else {
    const auto keys = table.size;
    add_fields<item>(table, draft, false, members);
    const auto before = table.size;
    add_parent_columns<Parent, I>(table, std::make_index_sequence<key_names<Parent>.size>{});
    for (auto i = before; i < table.size; ++i)  // to their place after the key
      for (auto k = i; k > keys + (i - before); --k) std::swap(table.columns[k], table.columns[k - 1]);
  }
  if (draft.ordered) {
    column_info made;
    made.name = "position";
    made.field = "position";
    made.ops = &ops_of<std::int64_t>;
    made.flags = column_flag::position | column_flag::hidden;
    table.add(made);
  }
  for (std::uint16_t i = 0; i < table.size; ++i)  // a child's own key is no news
    if (table.columns[i].is(column_flag::key) && !table.columns[i].is(column_flag::natural))
      table.columns[i].flags = table.columns[i].flags | column_flag::hidden;
  for (std::size_t i = 0; i < draft.natural.size && i < 8; ++i)
    table.natural[table.natural_size++] = table.find_field(draft.natural.names[i]);
  table.index();
  if (item_has_key<Parent, I>) {
    for (std::size_t i = 0; i < item_key_names<Parent, I>.size && i < 8; ++i)
      table.key[table.key_size++] = table.find_field(item_key_names<Parent, I>.names[i]);
  } else {
    for (std::size_t i = 0; i < table.parent_size; ++i) table.key[table.key_size++] = table.parent[i];
    for (std::size_t i = 0; i < table.natural_size; ++i) table.key[table.key_size++] = table.natural[i];
    for (std::size_t i = 0; i < table.key_size; ++i)
      if (table.key[i] < table.size)
        table.columns[table.key[i]].flags = table.columns[table.key[i]].flags | column_flag::key;
  }
  add_uniques(table, draft);
  mark_references(table, options_of<item>{});
  return table;
}

template <class Parent, std::size_t I>
[[nodiscard]] consteval auto build_link_columns() {
  using item = item_type<Parent, I>;
  constexpr auto members = std::make_index_sequence<shape<item>::size>{};
  constexpr bool has_target = !std::is_void_v<target_of<Parent, I>>;
  column_table<columns_at_most(typename shape<item>::types{}) + 12> table;
  add_parent_columns<Parent, I>(table, std::make_index_sequence<key_names<Parent>.size>{});
  for (std::uint16_t i = 0; i < table.size; ++i) table.columns[i].flags = table.columns[i].flags | column_flag::key;
  if constexpr (is_link<item>) {
    column_info made = base_column<item, 0>(column_flag::key | column_flag::natural);
    made.name = made.field = target_column_name<Parent, I>();
    made.ops = &ops_of<decltype(item::key)>;
    table.add(made);
    made = base_column<item, 1>(column_flag::looked_up | column_flag::hidden);
    made.name = "uuid";
    made.ops = &ops_of<uuid>;
    table.add(made);
  } else if constexpr (has_target) {
    add_link_columns<item>(table, target_column_name<Parent, I>(), members);
    add_fields<item>(table, relation_draft<Parent, I>, false, members);
    add_link_uuid<item>(table, members);
  }
  for (std::uint16_t i = 0; i < table.size; ++i) {
    if (table.columns[i].is(column_flag::key)) table.key[table.key_size++] = i;
    if (table.columns[i].is(column_flag::natural)) table.natural[table.natural_size++] = i;
  }
  table.index();
  return table;
}

template <class Parent, std::size_t I>
[[nodiscard]] consteval auto build_relation_columns() {
  if constexpr (is_links<Parent, I>)
    return build_link_columns<Parent, I>();
  else
    return build_child_columns<Parent, I>();
}

template <class Parent, std::size_t I>
inline constexpr auto relation_columns = build_relation_columns<Parent, I>();

template <class Parent, std::size_t I>
inline constexpr table_info relation_table = make_table_info<relation_columns<Parent, I>>(
    relation_table_name<Parent, I>, relation_shadow_name<Parent, I>, &row_ops_of<item_type<Parent, I>>,
    !is_links<Parent, I> && item_has_key<Parent, I>, !is_links<Parent, I>, former_of_relation<Parent, I>());

template <class T>
[[nodiscard]] const entity_info& info_function();

template <class Parent, std::size_t I>
[[nodiscard]] consteval relation_info make_relation() {
  relation_info made;
  made.field = shape<Parent>::names[I];
  made.field_index = static_cast<std::uint16_t>(I);
  made.offset = shape<Parent>::offset(I);
  made.locate = shape<Parent>::locate(I);
  made.kind = relation_kind_name<Parent, I>();
  made.items = &collection_ops_of<typename type_at<typename shape<Parent>::types, I>::type>;
  made.table = &relation_table<Parent, I>;
  made.keeps_duplicates = relation_draft<Parent, I>.keeps_duplicates;
  made.ordered = relation_draft<Parent, I>.ordered;
  if constexpr (is_links<Parent, I>) {
    made.what = relation_kind::links;
    if constexpr (!std::is_void_v<target_of<Parent, I>>) made.target = &info_function<target_of<Parent, I>>;
  }
  return made;
}

/// The places of an entity's collections, in the order in which the descriptor names them.
template <class... Options>
[[nodiscard]] consteval std::size_t count_relations(type_list<Options...>) {
  return ((collection_option<Options>::name.empty() ? std::size_t{0} : std::size_t{1}) + ... + 0);
}

template <class T, std::size_t Count, class... Options>
[[nodiscard]] consteval auto list_relations(type_list<Options...>) {
  std::array<std::size_t, Count> places{};
  std::size_t at = 0;
  ((collection_option<Options>::name.empty() ? void()
                                             : void(places[at++] = index_of<T>(collection_option<Options>::name))),
   ...);
  return places;
}

template <class T>
inline constexpr auto relation_places = list_relations<T, count_relations(options_of<T>{})>(options_of<T>{});

template <class T, std::size_t... N>
[[nodiscard]] consteval auto make_relations(std::index_sequence<N...>) {
  return std::array<relation_info, sizeof...(N)>{make_relation<T, relation_places<T>[N]>()...};
}

template <class T>
inline constexpr auto relations_of = make_relations<T>(std::make_index_sequence<relation_places<T>.size()>{});

template <class... Options>
[[nodiscard]] consteval std::size_t count_references(type_list<Options...>) {
  return ((reference_option<Options>::is ? std::size_t{1} : std::size_t{0}) + ... + 0);
}

template <class T, std::size_t Count, class... Options>
[[nodiscard]] consteval auto list_references(type_list<Options...>) {
  std::array<reference_info, Count> found{};
  std::size_t at = 0;
  [[maybe_unused]] const auto add = [&]<class Option>() {
    if constexpr (reference_option<Option>::is)
      found[at++] = {entity_columns<T>.find_field(reference_option<Option>::field),
                     &info_function<typename reference_option<Option>::target>};
  };
  (add.template operator()<Options>(), ...);
  return found;
}

template <class T>
inline constexpr auto references_of = list_references<T, count_references(options_of<T>{})>(options_of<T>{});

template <class Option>
struct rules_option {
  static constexpr const rule_set* (*function)() = nullptr;
};
template <const rule_set& (*Rules)()>
struct rules_option<rules<Rules>> {
  static constexpr const rule_set* (*function)() = +[] { return &Rules(); };
};
template <class... Options>
[[nodiscard]] consteval auto find_rules(type_list<Options...>) {
  const rule_set* (*found)() = nullptr;
  ((rules_option<Options>::function != nullptr ? void(found = rules_option<Options>::function) : void()), ...);
  return found;
}

template <class T>
inline constexpr entity_info entity_info_of{.kind = kind_of<T>,
                                            .table = &entity_table<T>,
                                            .relations = relations_of<T>,
                                            .references = references_of<T>,
                                            .rules = find_rules(options_of<T>{}),
                                            .versioned = draft_of<T>.versioned};

}  // namespace varve::detail
