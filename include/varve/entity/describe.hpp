#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "varve/core/fixed_string.hpp"
#include "varve/core/reflection.hpp"
#include "varve/entity/tables.hpp"

namespace varve {

/// Describes a struct: `template <> struct varve::entity<Dataset> : varve::describe<options...> {};` in the struct's
/// own header, or `using varve_entity = varve::describe<options...>;` inside the struct.
///
/// What is not said follows from the struct: a member `id` is the key, the kind is the type's name in lower snake
/// case, the table is named after the kind and each column after its field.
template <class... Options>
struct describe {
  using options = detail::type_list<Options...>;
};

/// The descriptor of `T`; this primary means that there is none.
template <class T>
struct entity {
  using undescribed = void;
};

namespace detail {

/// What the options said of one field.
struct field_draft {
  std::string_view name{};
  std::string_view column{};
  std::uint32_t flags = 0;
  bool relation = false;
  bool links = false;
  bool embedded = false;
  std::string_view prefix{};
};

struct name_list {
  std::array<std::string_view, 8> names{};
  std::size_t size = 0;

  constexpr void add(std::string_view name) {
    if (size < names.size()) names[size] = name;
    ++size;
  }
  [[nodiscard]] constexpr bool contains(std::string_view name) const {
    for (std::size_t i = 0; i < size; ++i)
      if (names[i] == name) return true;
    return false;
  }
};

/// What the options said of a struct, before tables are made of it.
template <std::size_t Fields>
struct draft {
  std::array<field_draft, Fields == 0 ? 1 : Fields> fields{};
  std::string_view table{}, shadow{}, kind{}, target_column{}, key_column{}, value_column{};
  name_list key{}, natural{}, parent_columns{};
  std::array<name_list, 8> uniques{};
  std::size_t unique_count = 0;
  bool keeps_duplicates = false, ordered = false, versioned = true;
  bool taken_over = false;        ///< a collection that a base's descriptor describes
  bool names_a_stranger = false;  ///< an option has a member that is none of the fields

  constexpr field_draft& field(std::string_view name) {
    for (auto& f : fields)
      if (f.name == name) return f;
    names_a_stranger = true;
    return stranger;
  }
  constexpr void flag(std::string_view name, column_flag flag) {
    auto& f = field(name);
    f.flags = f.flags | flag;
  }

 private:
  field_draft stranger{};
};

}  // namespace detail

/// The live table's name.
template <fixed_string Name>
struct table {
  static constexpr void apply(auto& draft) { draft.table = Name.view(); }
};

/// The shadow table's name; default `<table>_version`.
template <fixed_string Name>
struct shadow_table {
  static constexpr void apply(auto& draft) { draft.shadow = Name.view(); }
};

/// The entity's kind, or the kind of a collection's records.
template <fixed_string Name>
struct kind {
  static constexpr void apply(auto& draft) { draft.kind = Name.view(); }
};

/// The column of a field whose name differs.
template <auto Member, fixed_string Name>
struct column {
  static constexpr void apply(auto& draft) { draft.field(detail::name_of<Member>).column = Name.view(); }
};

/// Names that a field or a collection had before: its past is its own. In `children<>` also of the child's fields.
template <auto Member, fixed_string... Names>
struct formerly {
  static constexpr void apply(auto& draft) { static_cast<void>(draft.field(detail::name_of<Member>)); }
};

/// Kinds that the entity, or a collection's records, had before; the table goes with the kind.
template <fixed_string... Names>
struct formerly_kind {
  static constexpr void apply(auto&) {}
};

/// Tables that the entity or collection had before, where the table alone has another name.
template <fixed_string... Names>
struct formerly_table {
  static constexpr void apply(auto&) {}
};

/// The primary key; default is the member `id`.
template <auto... Members>
struct key {
  static constexpr void apply(auto& draft) {
    draft.key = {};
    (draft.key.add(detail::name_of<Members>), ...);
    (static_cast<void>(draft.field(detail::name_of<Members>)), ...);
  }
};

/// The entity's uuid: names it outside the database. A nil one is filled at insert.
template <auto Member>
struct public_id {
  static constexpr void apply(auto& draft) {
    for (auto& field : draft.fields) field.flags &= ~static_cast<std::uint32_t>(column_flag::public_id);
    draft.flag(detail::name_of<Member>, column_flag::public_id);
  }
};

/// Fields that are never versioned. One of a column type is still written by a save; any other is invisible.
template <auto... Members>
struct exclude {
  static constexpr void apply(auto& draft) { (draft.flag(detail::name_of<Members>, column_flag::excluded), ...); }
};

/// Columns that are unique, alone or together.
template <auto... Members>
struct unique {
  static constexpr void apply(auto& draft) {
    if (draft.unique_count < draft.uniques.size())
      (draft.uniques[draft.unique_count].add(detail::name_of<Members>), ...);
    ++draft.unique_count;
    (static_cast<void>(draft.field(detail::name_of<Members>)), ...);
  }
};

/// Columns that the database fills (default, generated, trigger): never written, read back after a save, not compared.
template <auto... Members>
struct filled {
  static constexpr void apply(auto& draft) { (draft.flag(detail::name_of<Members>, column_flag::filled), ...); }
};

/// Columns that are written and kept with the next version, but make none on their own and have no records.
template <auto... Members>
struct noise {
  static constexpr void apply(auto& draft) { (draft.flag(detail::name_of<Members>, column_flag::noise), ...); }
};

/// Text fields in which null and "" differ.
template <auto... Members>
struct distinct_null {
  static constexpr void apply(auto& draft) { (draft.flag(detail::name_of<Members>, column_flag::distinct_null), ...); }
};

/// Text or JSON fields whose content is JSON and is compared inside: objects member by member, unless the rules say
/// more.
template <auto... Members>
struct document {
  static constexpr void apply(auto& draft) { (draft.flag(detail::name_of<Members>, column_flag::document), ...); }
};

/// Audit stamps that a save sets when it makes a version: times, and the actor's name (text) or number (integer).
template <auto Member>
struct created_on {
  static constexpr void apply(auto& draft) { draft.flag(detail::name_of<Member>, column_flag::created_on); }
};
template <auto Member>
struct created_by {
  static constexpr void apply(auto& draft) { draft.flag(detail::name_of<Member>, column_flag::created_by); }
};
template <auto Member>
struct changed_on {
  static constexpr void apply(auto& draft) { draft.flag(detail::name_of<Member>, column_flag::changed_on); }
};
template <auto Member>
struct changed_by {
  static constexpr void apply(auto& draft) { draft.flag(detail::name_of<Member>, column_flag::changed_by); }
};

/// A to-one reference: the field holds the key of another entity.
template <auto Member, class Target>
struct reference {
  static constexpr void apply(auto& draft) { static_cast<void>(draft.field(detail::name_of<Member>)); }
};

/// A nested struct, or optional one, whose fields are columns; their names begin with the prefix (default `<field>_`).
template <auto Member, fixed_string Prefix = "">
struct embedded {
  static constexpr void apply(auto& draft) {
    auto& f = draft.field(detail::name_of<Member>);
    f.embedded = true;
    f.prefix = Prefix.view();
  }
};

/// The fields of a struct that cannot be reflected (bases, C arrays, private members, more than 100 fields), listed;
/// beside `extends<>` those that the struct adds to its base.
template <auto... Members>
struct fields {
  static constexpr void apply(auto&) {}
};

/// Takes over the descriptor of a base class: its fields and options, but for the table, the shadow table and the kind.
///
/// The struct is stored whole in a table of its own. Collections that are taken over have tables of their own too,
/// `<kind>_<table>`. Fields that the struct adds are listed with `fields<>`; options that it adds count after those
/// taken over, and a collection that is described again is described anew.
template <class Base>
struct extends {
  static constexpr void apply(auto&) {}
};

/// The natural key of a child: in the child's own descriptor, or as `by<>` in the collection's options.
template <auto... Members>
struct natural_key {
  static constexpr void apply(auto& draft) {
    draft.natural = {};
    (draft.natural.add(detail::name_of<Members>), ...);
    (static_cast<void>(draft.field(detail::name_of<Members>)), ...);
  }
};
template <auto... Members>
struct by : natural_key<Members...> {};

/// The columns of a child's or association's table that hold the owner's key; default `<owner kind>_id`.
template <fixed_string... Names>
struct parent_column {
  static constexpr void apply(auto& draft) { (draft.parent_columns.add(Names.view()), ...); }
};

/// The association table's column that holds the target's key; default `<target kind>_id`.
template <fixed_string Name>
struct target_column {
  static constexpr void apply(auto& draft) { draft.target_column = Name.view(); }
};

/// The column of a map's key; default `key`.
template <fixed_string Name>
struct key_column {
  static constexpr void apply(auto& draft) { draft.key_column = Name.view(); }
};

/// The column of plain values, of a map or not; default `value`.
template <fixed_string Name>
struct value_column {
  static constexpr void apply(auto& draft) { draft.value_column = Name.view(); }
};

/// Two children may have one natural key: the nth matches the nth.
struct keep_duplicates {
  static constexpr void apply(auto& draft) { draft.keeps_duplicates = true; }
};

/// The order of a collection is part of its state, kept in a column of its own (`position`).
struct ordered {
  static constexpr void apply(auto& draft) { draft.ordered = true; }
};

/// Saved without history. What was versioned before stays; what is written meanwhile is drift.
struct unversioned {
  static constexpr void apply(auto& draft) { draft.versioned = false; }
};

/// An owned collection: a `std::vector` of structs, matched by natural key; a vector or set of plain values, each of which
/// is there once; or a map, whose keys are natural keys, to plain values or structs.
template <auto Member, class... Options>
struct children {
  using options = detail::type_list<Options...>;
  static constexpr void apply(auto& draft) { draft.field(detail::name_of<Member>).relation = true; }
};

/// A collection of links to another entity: `std::vector<varve::link<Target>>`, or of structs with one such member
/// and payload columns.
template <auto Member, class... Options>
struct links {
  using options = detail::type_list<Options...>;
  static constexpr void apply(auto& draft) {
    auto& f = draft.field(detail::name_of<Member>);
    f.relation = true;
    f.links = true;
  }
};

/// How the entity's documents are compared when nothing else is asked for: a function that returns the rules.
template <const rule_set& (*Rules)()>
struct rules {
  static constexpr void apply(auto&) {}
};

namespace detail {

template <class T>
concept specialised = !requires {
  typename entity<T>::undescribed;
};
template <class T>
concept self_described = requires {
  typename T::varve_entity::options;
};

}  // namespace detail

/// A struct that has a descriptor.
template <class T>
concept entity_type = detail::specialised<T> || detail::self_described<T>;

}  // namespace varve
