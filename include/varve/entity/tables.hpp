#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "varve/entity/column_type.hpp"

namespace varve {

/// What a column is for; several may hold at once.
enum class column_flag : std::uint32_t {
  key = 1U << 0,         ///< part of the live table's primary key
  natural = 1U << 1,     ///< part of a child's natural key, or a link's target key
  public_id = 1U << 2,   ///< the entity's uuid
  excluded = 1U << 3,    ///< live and written, never versioned
  noise = 1U << 4,       ///< versioned, makes no version on its own, has no records
  filled = 1U << 5,      ///< given by the database: read back, kept in the shadow, never written or compared
  created_on = 1U << 6,  ///< stamps: set by a save, versioned, never compared
  created_by = 1U << 7,
  changed_on = 1U << 8,
  changed_by = 1U << 9,
  document = 1U << 10,       ///< JSON compared inside
  distinct_null = 1U << 11,  ///< null and "" differ
  parent = 1U << 12,         ///< a child's or link's reference to its owner's key
  position = 1U << 13,       ///< an ordered child's place
  looked_up = 1U << 14,      ///< not stored: a link target's uuid, found when the row is read
  hidden = 1U << 15,         ///< versioned, yet left out of records and of comparison (a child's key)
};

[[nodiscard]] constexpr std::uint32_t operator|(column_flag a, column_flag b) {
  return static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b);
}
[[nodiscard]] constexpr std::uint32_t operator|(std::uint32_t a, column_flag b) {
  return a | static_cast<std::uint32_t>(b);
}

/// A nested optional struct whose fields are columns: absent as a whole.
struct embedding_info {
  const void* (*find)(const void* optional);  ///< the value's address, null when absent
  void* (*emplace)(void* optional);
  void (*reset)(void* optional);
};

inline constexpr std::uint16_t no_field = 0xFFFF;

/// One column: its name, its C++ type's functions and the place of the field in the struct.
struct column_info {
  std::string_view name{};   ///< in tables
  std::string_view group{};  ///< the embedded struct that the field is in; empty for the rest
  std::string_view field{};  ///< in paths of records and messages
  const column_ops* ops = nullptr;
  std::uint32_t flags = 0;
  std::uint16_t field_index = no_field;  ///< of the struct's fields; `no_field` when no member holds the value
  std::uint16_t ordinal = 0;             ///< which column of the owner's key a `parent` column refers to
  std::uint32_t offset = 0;              ///< of the field, or of the struct or optional it is embedded in
  std::uint32_t inner_offset = 0;        ///< within the embedded struct
  const embedding_info* embedding = nullptr;
  void* (*locate)(void*) = nullptr;  ///< instead of `offset`, for fields that were listed by member pointers
  std::string_view refers_to{};      ///< the table of a to-one reference's target
  std::string_view refers_to_key{};  ///< the column of its key there

  [[nodiscard]] constexpr bool is(column_flag flag) const { return (flags & static_cast<std::uint32_t>(flag)) != 0; }
  [[nodiscard]] constexpr bool is_any(std::uint32_t mask) const { return (flags & mask) != 0; }
  [[nodiscard]] constexpr bool has_member() const { return field_index != no_field; }
  [[nodiscard]] constexpr bool is_stored() const { return !is(column_flag::looked_up); }
  [[nodiscard]] constexpr bool is_versioned() const { return is_stored() && !is(column_flag::excluded); }
  [[nodiscard]] constexpr bool is_stamp() const {
    return is_any(column_flag::created_on | column_flag::created_by | column_flag::changed_on |
                  column_flag::changed_by);
  }
  /// Decides, with the collections, whether there is a new version.
  [[nodiscard]] constexpr bool is_compared() const {
    return is_versioned() && !is_stamp() && !is_any(column_flag::noise | column_flag::filled);
  }
  /// The address of the field; null when it lies in an embedded struct that is absent.
  [[nodiscard]] const void* in(const void* row) const {
    const void* place = locate != nullptr ? locate(const_cast<void*>(row))  // NOLINT: the locator changes nothing
                                          : static_cast<const std::byte*>(row) + offset;
    if (embedding != nullptr) place = embedding->find(place);
    return place == nullptr ? nullptr : static_cast<const std::byte*>(place) + inner_offset;
  }
  /// The place of the field, or of the optional that it is embedded in.
  [[nodiscard]] void* outer(void* row) const {
    void* place = locate != nullptr ? locate(row) : static_cast<std::byte*>(row) + offset;
    return embedding != nullptr ? place : static_cast<std::byte*>(place) + inner_offset;
  }
  [[nodiscard]] value read(const void* row, value_buffer& buffer) const {
    const void* field_at = in(row);
    return field_at == nullptr ? value::null() : ops->read(field_at, buffer);
  }
};

/// Functions of a row's struct, on addresses.
struct row_ops {
  std::size_t size;
  std::size_t fields;  ///< how many the struct has, columns or not
  void* (*make)();
  void* (*copy)(const void*);
  void (*destroy)(void*);
  void (*assign)(void* to, const void* from);
  void (*swap)(void*, void*);
  /// Index of the first row of `count` that differs in any of the struct's columns; `count` when none does.
  std::size_t (*mismatch)(const void* a, const void* b, std::size_t count);
};

/// A name that a field or a collection had before.
struct former_name {
  std::string_view group{};  ///< the embedded struct that the field is in; empty for the rest
  std::string_view field{};  ///< its name now
  std::string_view name{};   ///< a name of before
};

/// What a descriptor says of names of before.
struct former_names {
  std::span<const former_name> fields{};
  std::span<const std::string_view> kinds{};
  std::span<const std::string_view> tables{};
};

/// A live table with its shadow. Columns are in the order of the tables; those looked up come last.
struct table_info {
  std::string_view name{};
  std::string_view shadow{};
  std::span<const column_info> columns{};
  std::span<const std::uint16_t> key{};      ///< indexes of the primary key's columns, in order
  std::span<const std::uint16_t> natural{};  ///< of the natural key's; empty for entities
  std::span<const std::uint16_t> parent{};   ///< of the columns that hold the owner's key; empty for entities
  std::span<const std::span<const std::uint16_t>> unique{};
  std::uint16_t stored = 0;            ///< how many columns the table has
  std::uint16_t public_id = no_field;  ///< index of the uuid's column
  std::uint16_t position = no_field;   ///< of an ordered collection's position
  std::uint16_t value = no_field;      ///< of a collection's plain value, which is an item whole in records
  bool own_key = true;                 ///< false: the key is the parent's key and the natural key
  bool generated_key = false;          ///< one integer column: the store gives it when it is 0 or absent
  const row_ops* row = nullptr;
  const former_names* former = nullptr;  ///< null: none
};

/// Makes an item what it shall be, where a collection is built: `place` counts from 0.
struct item_filler {
  const void* context = nullptr;
  void (*fill)(const void* context, void* item, std::size_t place) = nullptr;
};

/// Functions of a collection member, on addresses. The items of a vector stand in a row; those of sets and maps are found
/// one by one, and their names never change in place.
struct collection_ops {
  std::size_t stride;  ///< from one item to the next; 0 where they do not stand in a row
  std::size_t (*size)(const void*);
  void (*swap)(void*, void*);
  const void* (*data)(const void*);                            ///< the first of a row
  void* (*resize)(void*, std::size_t);                         ///< likewise: returns the first element's address
  void (*list)(const void*, std::vector<const void*>&);        ///< appends the address of each, where there is no row
  void (*build)(void*, std::size_t size, const item_filler&);  ///< likewise: makes the collection anew
};

enum class relation_kind : std::uint8_t { children, links };

struct entity_info;

/// One collection of an entity.
struct relation_info {
  relation_kind what = relation_kind::children;
  std::string_view field{};
  std::string_view kind{};  ///< of its records
  std::uint16_t field_index = no_field;
  std::uint32_t offset = 0;
  void* (*locate)(void*) = nullptr;
  const collection_ops* items = nullptr;
  const table_info* table = nullptr;
  bool keeps_duplicates = false;
  bool ordered = false;
  const entity_info& (*target)() = nullptr;  ///< of links

  [[nodiscard]] void* in(void* row) const {
    return locate != nullptr ? locate(row) : static_cast<std::byte*>(row) + offset;
  }
  [[nodiscard]] const void* in(const void* row) const {
    return in(const_cast<void*>(row));  // NOLINT: the locator changes nothing
  }
  [[nodiscard]] std::size_t size(const void* row) const { return items->size(in(row)); }
};

/// The items of one collection by their places, until it changes; a row that is null has none.
class item_view {
 public:
  item_view(const relation_info& relation, const void* row) : stride_(relation.items->stride) {
    if (row == nullptr) return;
    const void* items = relation.in(row);
    if (stride_ != 0) {
      size_ = relation.items->size(items);
      first_ = static_cast<const std::byte*>(relation.items->data(items));
    } else {
      relation.items->list(items, places_);
      size_ = places_.size();
    }
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Whether the items stand in a row, so that what is at one place is followed by the next.
  [[nodiscard]] bool in_a_row() const { return stride_ != 0; }
  [[nodiscard]] const void* operator[](std::size_t i) const { return stride_ != 0 ? first_ + i * stride_ : places_[i]; }

 private:
  std::size_t stride_;
  std::size_t size_ = 0;
  const std::byte* first_ = nullptr;
  std::vector<const void*> places_{};  ///< where there is no row
};

/// The same to change them, but for the names of items that do not stand in a row.
class item_access : public item_view {
 public:
  item_access(const relation_info& relation, void* row) : item_view(relation, row) {}
  [[nodiscard]] void* operator[](std::size_t i) const {
    return const_cast<void*>(item_view::operator[](i));  // NOLINT: the row is not const
  }
};

/// Makes a collection of `size` items; `fill(item, place)` makes each what it shall be, out of any value.
template <class Fill>
void build_items(const relation_info& relation, void* row, std::size_t size, const Fill& fill) {
  void* items = relation.in(row);
  if (relation.items->stride != 0) {
    auto* item = static_cast<std::byte*>(relation.items->resize(items, size));
    for (std::size_t i = 0; i < size; ++i) fill(static_cast<void*>(item + i * relation.items->stride), i);
    return;
  }
  const item_filler filler{&fill, [](const void* context, void* item, std::size_t place) {
                             (*static_cast<const Fill*>(context))(item, place);
                           }};
  relation.items->build(items, size, filler);
}

/// A to-one reference, checked when an entity is restored.
struct reference_info {
  std::uint16_t column = 0;
  const entity_info& (*target)() = nullptr;
};

class rule_set;

/// An entity's kind, table and collections: constant data, one for each described struct.
struct entity_info {
  std::string_view kind{};
  const table_info* table = nullptr;
  std::span<const relation_info> relations{};
  std::span<const reference_info> references{};
  const rule_set* (*rules)() = nullptr;  ///< the descriptor's rules of documents; null when it has none
  bool versioned = true;
  std::string_view type{};  ///< the struct as the compiler spells it

  [[nodiscard]] constexpr bool has_uuid() const { return table->public_id != no_field; }
};

}  // namespace varve
