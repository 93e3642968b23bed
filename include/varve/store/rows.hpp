#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/core/json.hpp"
#include "varve/store/misfit.hpp"
#include "varve/store/row_key.hpp"

namespace varve::detail {

/// Values that no member of a struct holds: the owner's key and an ordered child's position.
struct row_context {
  const row_key* parent = nullptr;  ///< null: not known yet, the store fills it in
  std::int64_t position = 0;
};

/// One column of the owner's key; null when it is not known.
/// \param parts  the key's values, where it is not one integer.
[[nodiscard]] inline value parent_value(const row_context& context, const row_key::parts& parts, std::size_t ordinal) {
  if (context.parent != nullptr)
    if (const auto number = context.parent->integer()) return ordinal == 0 ? value::of(*number) : value::null();
  return ordinal < parts.values.size() ? parts.values[ordinal] : value::null();
}

/// Packs a struct as a row of its table. Throws `input_error` with the field's name for what cannot be stored.
[[nodiscard]] inline packed_row pack_row(const table_info& table, const void* row, const row_context& context,
                                         std::string_view entity, row_packer& packer) {
  value_buffer buffer;
  row_key::parts parent;
  if (context.parent != nullptr && !context.parent->integer()) parent = context.parent->values();
  packer.clear();
  for (std::size_t i = 0; i < table.stored; ++i) {
    const auto& column = table.columns[i];
    if (column.is(column_flag::parent)) {
      packer.add(parent_value(context, parent, column.ordinal));
    } else if (column.is(column_flag::position)) {
      packer.add(value::of(context.position));
    } else {
      buffer.defect = nullptr;
      const value v = column.read(row, buffer);
      if (buffer.defect != nullptr) {
        const std::string defect = buffer.defect;
        throw input_error("cannot save " + std::string{entity} + ": field " +
                              (column.group.empty() ? std::string{} : std::string{column.group} + ".") +
                              std::string{column.field} + " " + defect,
                          {std::string{entity}, {}, "save"});
      }
      if (table.generated_key && i == table.key[0] && v.kind() == value_kind::integer && v.integer() == 0)
        packer.add(value::null());  // the store gives it
      else
        packer.add(v);
    }
  }
  return packer.take();
}

/// Sets one field of a struct; an embedded optional comes to life with its first value that is not null.
/// \return false when the value does not fit the field's type; the field is then as it was or empty.
inline bool try_write_field(const column_info& column, void* row, const value& v) {
  void* field = column.outer(row);
  if (column.embedding != nullptr) {
    if (v.is_null() && column.embedding->find(field) == nullptr) return true;
    field = static_cast<std::byte*>(column.embedding->emplace(field)) + column.inner_offset;
  }
  return column.ops->write(field, v);
}
/// \param key  of the row that the value is from, for the error.
inline void write_field(const table_info& table, const column_info& column, void* row, const value& v,
                        const row_key& key = {}) {
  if (!try_write_field(column, row, v))
    throw backend_error(error_kind::damaged, "column " + std::string{column.name} + " of table " +
                                                 std::string{table.name} +
                                                 " holds a value that its field's type cannot" +
                                                 (key.empty() ? std::string{} : ", in the row " + key.text()));
}

/// Copies one field from a struct to another; an embedded optional comes and goes with it.
inline void copy_field(const column_info& column, void* to, const void* from) {
  const void* source = column.in(from);
  void* place = column.outer(to);
  if (column.embedding != nullptr) {
    if (source == nullptr) {
      column.embedding->reset(place);
      return;
    }
    place = static_cast<std::byte*>(column.embedding->emplace(place)) + column.inner_offset;
  }
  column.ops->assign(place, source);
}

/// Fills a struct from a row of its table; embedded optionals whose columns are all null become absent.
/// \param begin    of the version's row, for misfits.
/// \param misfits  takes the values that do not fit, whose fields get their defaults; null: these are an error.
inline void unpack_row(const table_info& table, const packed_row& packed, void* row, transaction_id begin = {},
                       std::vector<misfit>* misfits = nullptr) {
  for (const auto& column : table.columns)
    if (column.embedding != nullptr) column.embedding->reset(column.outer(row));
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    if (!column.has_member() || try_write_field(column, row, packed[i])) continue;
    auto key = row_key::of(packed, table.key);
    if (misfits == nullptr) write_field(table, column, row, packed[i], key);
    misfit found{std::string{table.name}, std::move(key), std::string{column.name}, begin, {}};
    constexpr column_meaning meanings[] = {column_meaning::json, column_meaning::integer, column_meaning::real,
                                           column_meaning::text, column_meaning::blob};
    append_json(found.value, meanings[static_cast<std::size_t>(packed[i].kind())], packed[i]);
    misfits->push_back(std::move(found));
    try_write_field(column, row, value::null());
  }
}

/// The key of a struct in its table, the parent's part from the context.
[[nodiscard]] inline row_key key_of_row(const table_info& table, const void* row, const row_context& context) {
  value_buffer buffer;
  row_key::parts parent;
  if (context.parent != nullptr && !context.parent->integer()) parent = context.parent->values();
  row_key key;
  for (const auto index : table.key) {
    const auto& column = table.columns[index];
    if (column.is(column_flag::parent) && context.parent != nullptr)
      key.add(parent_value(context, parent, column.ordinal));
    else
      key.add(column.read(row, buffer));
  }
  return key;
}

/// Some columns of a struct as a key.
[[nodiscard]] inline row_key key_columns(const table_info& table, std::span<const std::uint16_t> columns,
                                         const void* row) {
  value_buffer buffer;
  row_key key;
  for (const auto index : columns) key.add(table.columns[index].read(row, buffer));
  return key;
}

/// Whether the store must still give the key of this struct.
[[nodiscard]] inline bool lacks_key(const table_info& table, const void* row) {
  if (!table.generated_key) return false;
  value_buffer buffer;
  const value v = table.columns[table.key[0]].read(row, buffer);
  return v.is_null() || v.integer() == 0;
}
/// Refuses a key that the store gave to a new row when the struct's field cannot hold it.
inline void check_given_key(const table_info& table, const row_key& key) {
  const auto& column = table.columns[table.key[0]];
  const auto given = key.integer();
  if (!given || *given <= column.ops->largest) return;
  throw input_error("cannot save a new row of table " + std::string{table.name} + ": its key " +
                        std::to_string(*given) + " is larger than the field " + std::string{column.field} +
                        " can hold (" + std::to_string(column.ops->largest) + "); give the field a wider type",
                    {std::string{table.name}, key.text(), "save"});
}
/// Whether a link says no key of its target: null, 0 or "".
[[nodiscard]] inline bool lacks_target_key(const table_info& table, const void* link) {
  value_buffer buffer;
  const value v = table.columns[table.natural[0]].read(link, buffer);
  return v.is_null() || (v.kind() == value_kind::integer && v.integer() == 0) ||
         (v.kind() == value_kind::text && v.view().empty());
}

}  // namespace varve::detail
