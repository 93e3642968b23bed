#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "varve/diff/detail/sink.hpp"
#include "varve/diff/diff.hpp"

namespace varve {

/// Joins callables into one visitor.
template <class... Callables>
struct overloaded : Callables... {
  using Callables::operator()...;
};
template <class... Callables>
overloaded(Callables...) -> overloaded<Callables...>;

/// A field that differs, with both values.
template <class Entity, std::size_t Index>
struct changed_field {
  static constexpr std::size_t index = Index;
  std::string_view name;
  const typename detail::type_at<typename detail::shape<Entity>::types, Index>::type& from;
  const typename detail::type_at<typename detail::shape<Entity>::types, Index>::type& to;
};

/// An item that one side has and the other has not.
template <class Entity, std::size_t Index>
struct added_item {
  static constexpr std::size_t index = Index;
  std::string_view name;
  const detail::item_type<Entity, Index>& item;
};
template <class Entity, std::size_t Index>
struct removed_item {
  static constexpr std::size_t index = Index;
  std::string_view name;
  const detail::item_type<Entity, Index>& item;
};

/// An item that both sides have and that differs.
template <class Entity, std::size_t Index>
struct edited_item {
  static constexpr std::size_t index = Index;
  std::string_view name;
  const detail::item_type<Entity, Index>& from;
  const detail::item_type<Entity, Index>& to;
};

/// An ordered collection whose order differs.
template <class Entity, std::size_t Index>
struct reordered_items {
  static constexpr std::size_t index = Index;
  std::string_view name;
  const typename detail::type_at<typename detail::shape<Entity>::types, Index>::type& from;
  const typename detail::type_at<typename detail::shape<Entity>::types, Index>::type& to;
};

namespace detail {

template <auto Member>
inline constexpr std::size_t index_of_member = index_of<owner_of<Member>>(name_of<Member>);

}  // namespace detail

/// The parameter types of a typed visitor, by member: `[](varve::changed<&Dataset::sql> c) { ... }`.
template <auto Member>
using changed = changed_field<detail::owner_of<Member>, detail::index_of_member<Member>>;
template <auto Member>
using added = added_item<detail::owner_of<Member>, detail::index_of_member<Member>>;
template <auto Member>
using removed = removed_item<detail::owner_of<Member>, detail::index_of_member<Member>>;
template <auto Member>
using edited = edited_item<detail::owner_of<Member>, detail::index_of_member<Member>>;
template <auto Member>
using reordered = reordered_items<detail::owner_of<Member>, detail::index_of_member<Member>>;

namespace detail {

template <class Entity, class Visitor>
class typed_sink final : public diff_sink {
 public:
  explicit typed_sink(Visitor& visitor) : visitor_(visitor) {}

  void on_column(const column_info& column, const void* before, const void* after) override {
    if (!column.group.empty() && last_group_ == column.field_index) return;  // told once, whole
    last_group_ = column.group.empty() ? no_field : column.field_index;
    field(column.field_index, before, after, members{});
  }
  void on_group(const table_info&, const column_info& first, const void* before, const void* after) override {
    on_column(first, before, after);
  }
  void on_document(const column_info& column, const void* before, const void* after) override {
    on_column(column, before, after);
  }
  void on_item(const relation_info& relation, const void* from, const void* to, std::string_view) override {
    item(relation.field_index, from, to, members{});
  }
  void on_order(const relation_info& relation, const std::vector<std::string>&,
                const std::vector<std::string>&) override {
    order_ = true;
    field(relation.field_index, before_, after_, members{});
    order_ = false;
  }
  void run(const Entity& before, const Entity& after) {
    before_ = &before;
    after_ = &after;
    item_changes changes;
    walk_entity(info_of<Entity>(), &before, &after, changes, *this);
  }

 private:
  using members = std::make_index_sequence<shape<Entity>::size>;

  template <std::size_t... I>
  void field(std::size_t index, const void* before, const void* after, std::index_sequence<I...>) {
    static_cast<void>(
        ((I == index ? (one_field<I>(*static_cast<const Entity*>(before), *static_cast<const Entity*>(after)), true)
                     : false) ||
         ...));
  }
  template <std::size_t I>
  using owner = typename bringer<Entity, I>::type;

  template <std::size_t I>
  void one_field(const Entity& before, const Entity& after) {
    using type = typename type_at<typename shape<Entity>::types, I>::type;
    if constexpr (is_collection<type>) {
      if (order_)
        visitor_(reordered_items<owner<I>, I>{shape<Entity>::names[I], field_at<Entity, I>(before),
                                              field_at<Entity, I>(after)});
    } else {
      visitor_(
          changed_field<owner<I>, I>{shape<Entity>::names[I], field_at<Entity, I>(before), field_at<Entity, I>(after)});
    }
  }
  template <std::size_t... I>
  void item(std::size_t index, const void* from, const void* to, std::index_sequence<I...>) {
    static_cast<void>(((I == index ? (one_item<I>(from, to), true) : false) || ...));
  }
  template <std::size_t I>
  void one_item(const void* from, const void* to) {
    using type = typename type_at<typename shape<Entity>::types, I>::type;
    if constexpr (is_collection<type>) {
      using value_type = typename type::value_type;
      if constexpr (draft_of<Entity>.fields[I].relation) {
        const auto name = shape<Entity>::names[I];
        if (from == nullptr)
          visitor_(added_item<owner<I>, I>{name, *static_cast<const value_type*>(to)});
        else if (to == nullptr)
          visitor_(removed_item<owner<I>, I>{name, *static_cast<const value_type*>(from)});
        else
          visitor_(edited_item<owner<I>, I>{name, *static_cast<const value_type*>(from),
                                            *static_cast<const value_type*>(to)});
      }
    }
  }

  Visitor& visitor_;
  const Entity* before_ = nullptr;
  const Entity* after_ = nullptr;
  std::uint16_t last_group_ = no_field;
  bool order_ = false;
};

}  // namespace detail

/// Compares two states and calls the visitor with a typed difference each: `changed`, `added`, `removed`, `edited`,
/// `reordered`. A document counts as one field. The references hold during the call only.
///
/// The visitor must accept every difference; end with `[](const auto&) {}` to leave the rest out.
template <entity_type Entity, class Visitor>
requires(!std::is_convertible_v<Visitor, const rule_set&> &&
         !std::is_same_v<std::remove_cvref_t<Visitor>, diff_scratch>) void diff(const Entity& before,
                                                                                const Entity& after,
                                                                                Visitor&& visitor) {
  detail::typed_sink<Entity, std::remove_reference_t<Visitor>> sink{visitor};
  sink.run(before, after);
}

}  // namespace varve
