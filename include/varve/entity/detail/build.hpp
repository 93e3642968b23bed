#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "varve/entity/detail/columns.hpp"

/// The tables of collections, and what an entity consists of.
namespace varve::detail {

template <class Parent, std::size_t I>
inline constexpr bool is_links = draft_of<Parent>.fields[I].links;

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
  } else if constexpr (!relation_draft<Parent, I>.kind.empty()) {
    return relation_draft<Parent, I>.kind;
  } else if constexpr (holds_values<Parent, I>) {
    return shape<Parent>::names[I];
  } else {
    return default_kind<item_struct<Parent, I>>.view();
  }
}

template <class Parent, std::size_t I>
inline constexpr auto default_association =
    join<kind_of<Parent>.size() + 1 + shape<Parent>::names[I].size()>(kind_of<Parent>, "_", shape<Parent>::names[I]);

template <class Parent, std::size_t I>
inline constexpr std::string_view named_relation_table = relation_draft<Parent, I>.table.empty()
                                                             ? relation_kind_name<Parent, I>()
                                                             : relation_draft<Parent, I>.table;

template <class Parent, std::size_t I>
inline constexpr auto taken_over_table = join<kind_of<Parent>.size() + 1 + named_relation_table<Parent, I>.size()>(
    kind_of<Parent>, "_", named_relation_table<Parent, I>);

/// As named, else that of children after their kind, an association's and one of plain values after owner and field. A
/// collection that is taken over has the owner's kind before its name.
template <class Parent, std::size_t I>
[[nodiscard]] consteval std::string_view relation_table_name_in() {
  if constexpr ((is_links<Parent, I> || holds_values<Parent, I>)&&relation_draft<Parent, I>.table.empty())
    return default_association<Parent, I>.view();
  else if constexpr (relation_draft<Parent, I>.taken_over)
    return taken_over_table<Parent, I>.view();
  else
    return named_relation_table<Parent, I>;
}
template <class Parent, std::size_t I>
inline constexpr std::string_view relation_table_name = relation_table_name_in<Parent, I>();

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

/// Where a listed field of a map's value is in an entry.
template <class Map, std::size_t J>
[[nodiscard]] void* locate_in_entry(void* entry) {
  return shape<typename Map::mapped_type>::locate(J)(static_cast<std::byte*>(entry) + value_offset<Map>);
}

/// Moves the columns of a map's values behind the key.
template <class Map, class Table, std::size_t... J>
consteval void move_into_entry(Table& table, std::index_sequence<J...>) {
  const auto move = [&]<std::size_t Place>() {
    for (std::uint16_t i = 0; i < table.size; ++i) {
      auto& column = table.columns[i];
      if (column.field_index != Place) continue;
      if constexpr (!has_codec<typename Map::mapped_type>) {
        if constexpr (shape<typename Map::mapped_type>::locate(Place) != nullptr) {
          column.locate = &locate_in_entry<Map, Place>;
          continue;
        }
      }
      column.offset += static_cast<std::uint32_t>(value_offset<Map>);
    }
  };
  (move.template operator()<J>(), ...);
}

/// The key of a map: its items' name, which is in the paths of records and in none of their values.
template <class Parent, std::size_t I, class Table>
consteval void add_map_key(Table& table) {
  if constexpr (is_map<Parent, I>) {
    column_info made;
    made.name = relation_draft<Parent, I>.key_column.empty() ? "key" : relation_draft<Parent, I>.key_column;
    made.field = "map key";  // no member has this name
    made.ops = &ops_of<typename container_type<Parent, I>::key_type>;
    made.flags = column_flag::natural | column_flag::hidden;
    made.field_index = static_cast<std::uint16_t>(shape<item_struct<Parent, I>>::size);
    table.add(made);
  }
}

template <class Parent, std::size_t I>
[[nodiscard]] consteval auto build_child_columns() {
  using item = item_struct<Parent, I>;
  constexpr auto members = std::make_index_sequence<shape<item>::size>{};
  column_table<columns_at_most(typename shape<item>::types{}) + 10> table;
  auto draft = relation_draft<Parent, I>;
  for (std::size_t i = 0; i < item_key_names<Parent, I>.size && i < 8; ++i)
    draft.flag(item_key_names<Parent, I>.names[i], column_flag::key);
  for (std::size_t i = 0; i < draft.natural.size && i < 8; ++i)
    draft.flag(draft.natural.names[i], column_flag::natural);
  add_fields<item>(table, draft, true, members);
  const auto keys = table.size;
  add_map_key<Parent, I>(table);
  add_fields<item>(table, draft, false, members);
  const auto before = table.size;
  add_parent_columns<Parent, I>(table, std::make_index_sequence<key_names<Parent>.size>{});
  for (auto i = before; i < table.size; ++i)  // to their place after the key
    for (auto k = i; k > keys + (i - before); --k) std::swap(table.columns[k], table.columns[k - 1]);
  if constexpr (is_map<Parent, I>) move_into_entry<container_type<Parent, I>>(table, members);
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
  if (is_map<Parent, I>) table.natural[table.natural_size++] = table.find_field("map key");
  if (holds_values<Parent, I>) table.value = table.find_field(draft.fields[0].name);
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
    relation_table_name<Parent, I>, relation_shadow_name<Parent, I>, item_ops<container_type<Parent, I>>(),
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
  made.items = &collection_ops_of<container_type<Parent, I>>;
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
                                            .versioned = draft_of<T>.versioned,
                                            .type = spelled_type<T>};

}  // namespace varve::detail
