#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "varve/entity/detail/shape.hpp"

/// Names of before, out of the options of a struct, of the collection that it is in and of what is embedded in it.
namespace varve::detail {

struct former_count {
  std::size_t fields = 0, kinds = 0, tables = 0;

  friend constexpr former_count operator+(const former_count& a, const former_count& b) {
    return {a.fields + b.fields, a.kinds + b.kinds, a.tables + b.tables};
  }
};

template <former_count Count>
struct former_list {
  std::array<former_name, Count.fields + 1> fields{};
  std::array<std::string_view, Count.kinds + 1> kinds{};
  std::array<std::string_view, Count.tables + 1> tables{};
  former_count size{};

  constexpr void add_field(const former_name& name) { fields[size.fields++] = name; }
  constexpr void add_kind(std::string_view name) { kinds[size.kinds++] = name; }
  constexpr void add_table(std::string_view name) { tables[size.tables++] = name; }
};

template <class Option>
struct former_option {
  static constexpr former_count count{};
  static constexpr void add(auto&, std::string_view) {}
};
template <auto Member, fixed_string... Names>
struct former_option<formerly<Member, Names...>> {
  static constexpr former_count count{sizeof...(Names), 0, 0};
  static constexpr void add(auto& list, std::string_view group) {
    (list.add_field({group, name_of<Member>, Names.view()}), ...);
  }
};
template <fixed_string... Names>
struct former_option<formerly_kind<Names...>> {
  static constexpr former_count count{0, sizeof...(Names), 0};
  static constexpr void add(auto& list, std::string_view) { (list.add_kind(Names.view()), ...); }
};
template <fixed_string... Names>
struct former_option<formerly_table<Names...>> {
  static constexpr former_count count{0, 0, sizeof...(Names)};
  static constexpr void add(auto& list, std::string_view) { (list.add_table(Names.view()), ...); }
};

/// The options of the struct that is embedded at a field; none where nothing is.
template <class T, std::size_t I, bool Embedded>
struct embedded_options {
  using type = type_list<>;
};
template <class T, std::size_t I>
struct embedded_options<T, I, true> {
  using type = options_of<typename without_optional<typename type_at<typename shape<T>::types, I>::type>::type>;
};

template <class... Options>
[[nodiscard]] consteval former_count count_former(type_list<Options...>) {
  return (former_option<Options>::count + ... + former_count{});
}
template <class T, const auto& Draft, std::size_t... I>
[[nodiscard]] consteval former_count count_embedded_former(std::index_sequence<I...>) {
  return (count_former(typename embedded_options<T, I, Draft.fields[I].embedded>::type{}) + ... + former_count{});
}

template <class... Options>
consteval void add_former(auto& list, [[maybe_unused]] std::string_view group, type_list<Options...>) {
  (former_option<Options>::add(list, group), ...);
}
template <class T, const auto& Draft, std::size_t... I>
consteval void add_embedded_former(auto& list, std::index_sequence<I...>) {
  (add_former(list, shape<T>::names[I], typename embedded_options<T, I, Draft.fields[I].embedded>::type{}), ...);
}

template <class T, const auto& Draft, former_count Count, class Own, class More>
[[nodiscard]] consteval auto list_former(Own own, More more) {
  former_list<Count> list;
  add_former(list, {}, own);
  add_former(list, {}, more);
  add_embedded_former<T, Draft>(list, std::make_index_sequence<shape<T>::size>{});
  return list;
}
template <const auto& List>
inline constexpr former_names former_spans{.fields = {List.fields.data(), List.size.fields},
                                           .kinds = {List.kinds.data(), List.size.kinds},
                                           .tables = {List.tables.data(), List.size.tables}};

[[nodiscard]] consteval bool is_any(const former_count& count) { return count.fields + count.kinds + count.tables > 0; }

template <class T>
inline constexpr former_count entity_former_count =
    count_former(options_of<T>{}) + count_embedded_former<T, draft_of<T>>(std::make_index_sequence<shape<T>::size>{});
template <class T>
inline constexpr auto entity_former = list_former<T, draft_of<T>, entity_former_count<T>>(options_of<T>{},
                                                                                          type_list<>{});
/// Null when the descriptor names nothing of before.
template <class T>
[[nodiscard]] consteval const former_names* former_of_entity() {
  if constexpr (is_any(entity_former_count<T>))
    return &former_spans<entity_former<T>>;
  else
    return nullptr;
}

template <class Parent, std::size_t I>
inline constexpr former_count relation_former_count =
    count_former(options_of<item_struct<Parent, I>>{}) + count_former(relation_options<Parent, I>{}) +
    count_embedded_former<item_struct<Parent, I>, relation_draft<Parent, I>>(
        std::make_index_sequence<shape<item_struct<Parent, I>>::size>{});
template <class Parent, std::size_t I>
inline constexpr auto relation_former =
    list_former<item_struct<Parent, I>, relation_draft<Parent, I>, relation_former_count<Parent, I>>(
        options_of<item_struct<Parent, I>>{}, relation_options<Parent, I>{});
template <class Parent, std::size_t I>
[[nodiscard]] consteval const former_names* former_of_relation() {
  if constexpr (is_any(relation_former_count<Parent, I>))
    return &former_spans<relation_former<Parent, I>>;
  else
    return nullptr;
}

}  // namespace varve::detail
