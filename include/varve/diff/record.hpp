#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/core/json.hpp"
#include "varve/core/text_writer.hpp"
#include "varve/entity/json_column.hpp"
#include "varve/entity/tables.hpp"

namespace varve {

/// What a change record says of its path.
enum class operation : std::uint8_t {
  add,
  remove,
  edit,
  move,    ///< the order of an ordered collection, or a layout node's parent
  update,  ///< a collapse: too many records under one field
};

[[nodiscard]] constexpr std::string_view to_string(operation op) {
  constexpr std::string_view words[] = {"add", "remove", "edit", "move", "update"};
  return words[static_cast<std::size_t>(op)];
}

[[nodiscard]] constexpr std::optional<operation> parse_operation(std::string_view word) {
  for (const auto op : {operation::add, operation::remove, operation::edit, operation::move, operation::update})
    if (to_string(op) == word) return op;
  return std::nullopt;
}

/// One atomic difference that owns its values. `add` has no `from` and `remove` no `to` (both null).
struct change_record {
  std::string kind{};
  varve::operation operation = varve::operation::edit;
  nlohmann::json path = nlohmann::json::array();
  nlohmann::json from{};
  nlohmann::json to{};

  friend bool operator==(const change_record&, const change_record&) = default;
};

/// The same as a JSON object with the members `kind`, `operation`, `path`, `from_value` and `to_value`.
inline void to_json(nlohmann::json& json, const change_record& record) {
  json = {{"kind", record.kind},
          {"operation", to_string(record.operation)},
          {"path", record.path},
          {"from_value", record.from},
          {"to_value", record.to}};
}

inline void from_json(const nlohmann::json& json, change_record& record) {
  record.kind = json.at("kind").get<std::string>();
  record.operation = parse_operation(json.at("operation").get<std::string>()).value();
  record.path = json.at("path");
  record.from = json.at("from_value");
  record.to = json.at("to_value");
}

/// A step of a path: a name, or the position of a list's item that has no key.
struct path_step {
  std::string_view name{};
  std::int64_t position = -1;
};

/// Whether a column of a child or link is part of its value in records.
[[nodiscard]] constexpr bool is_told(const column_info& column) {
  return column.is_compared() && !column.is(column_flag::hidden);
}

/// Reads a field for a record; one that is absent with its embedded struct is null.
///
/// Errors: `input_error` naming a field whose value cannot be stored: text that is not UTF-8, a number not finite.
[[nodiscard]] inline value read_told(const column_info& column, const void* field, value_buffer& buffer) {
  if (field == nullptr) return value::null();
  buffer.defect = nullptr;
  const value read = column.ops->read(field, buffer);
  if (buffer.defect != nullptr) throw input_error("the field " + std::string{column.field} + " " + buffer.defect);
  return read;
}

/// Appends a field as JSON; null when it is absent with its embedded struct.
///
/// Errors: as `read_told`.
inline void append_told(text_writer& out, const column_info& column, const void* row, value_buffer& buffer) {
  const void* field = column.in(row);
  const auto* text = field != nullptr && column.ops->text != nullptr ? column.ops->text(field) : nullptr;
  if (text == nullptr || !detail::is_plain_json_ascii(*text)) {
    append_json(out, column.ops->meaning, read_told(column, field, buffer));
    return;
  }
  char* at = out.room(text->size() + 2);
  *at = '"';
  std::copy_n(text->data(), text->size(), at + 1);
  at[text->size() + 1] = '"';
  out.wrote(text->size() + 2);
}

/// Appends the comma or brace before a member of a JSON object, and the member's name: an identifier, which stands for
/// itself in JSON.
inline void append_member_name(text_writer& out, char before, std::string_view name) {
  char* at = out.room(name.size() + 4);
  *at++ = before;
  *at++ = '"';
  for (const char c : name) *at++ = c;
  *at++ = '"';
  *at = ':';
  out.wrote(name.size() + 4);
}

/// Appends an embedded struct as an object of its told columns; null when it is absent.
inline void append_group(text_writer& out, const table_info& table, std::string_view group, const void* row,
                         value_buffer& buffer) {
  char before = '{';
  for (const auto& column : table.columns) {
    if (column.group != group || !is_told(column)) continue;
    if (column.in(row) == nullptr) {
      out.put("null");
      return;
    }
    append_member_name(out, before, column.field);
    before = ',';
    append_told(out, column, row, buffer);
  }
  out.put('}');
}

/// Appends a child as a JSON object of its told columns, embedded structs as objects or null; a plain value as itself.
inline void append_item(text_writer& out, const table_info& table, const void* row, value_buffer& buffer) {
  if (table.value != no_field) {
    append_told(out, table.columns[table.value], row, buffer);
    return;
  }
  char before = '{';
  std::string_view group;
  for (const auto& column : table.columns) {
    if (!is_told(column) || (!column.group.empty() && column.group == group)) continue;
    group = column.group;
    append_member_name(out, before, group.empty() ? column.field : group);
    before = ',';
    if (group.empty())
      append_told(out, column, row, buffer);
    else
      append_group(out, table, group, row, buffer);
  }
  if (before == '{') out.put('{');
  out.put('}');
}

/// Where a record's value is: a view into one of the two states, written as JSON on demand.
class value_view {
  enum class source : std::uint8_t { absent, column_value, item_value, group_value, json_value, text_value, raw_value };

 public:
  constexpr value_view() = default;
  static value_view of_column(const column_info& column, const void* row) {
    return {source::column_value, &column, row, {}};
  }
  static value_view of_item(const table_info& table, const void* row) { return {source::item_value, &table, row, {}}; }
  static value_view of_group(const table_info& table, std::string_view group, const void* row) {
    return {source::group_value, &table, row, group};
  }
  static value_view of_json(const nlohmann::json& json) { return {source::json_value, &json, nullptr, {}}; }
  static value_view of_text(std::string_view text) { return {source::text_value, nullptr, nullptr, text}; }
  static value_view of_raw(std::string_view json_text) { return {source::raw_value, nullptr, nullptr, json_text}; }

  void append_json_to(text_writer& out) const {
    value_buffer buffer;
    switch (source_) {
      case source::absent: out.put("null"); break;
      case source::column_value: append_told(out, *static_cast<const column_info*>(what_), row_, buffer); break;
      case source::item_value: append_item(out, *static_cast<const table_info*>(what_), row_, buffer); break;
      case source::group_value: append_group(out, *static_cast<const table_info*>(what_), text_, row_, buffer); break;
      case source::json_value: out.put(static_cast<const nlohmann::json*>(what_)->dump()); break;
      case source::text_value: append_json_string(out, text_); break;
      case source::raw_value: out.put(text_); break;
    }
  }
  void append_json_to(std::string& out) const {
    text_writer writer{out};
    append_json_to(writer);
  }
  [[nodiscard]] nlohmann::json to_json() const {
    if (source_ == source::absent) return nullptr;
    if (source_ == source::json_value) return *static_cast<const nlohmann::json*>(what_);
    std::string text;
    append_json_to(text);
    return nlohmann::json::parse(text);
  }

 private:
  constexpr value_view(source where, const void* what, const void* row, std::string_view text)
      : source_(where), what_(what), row_(row), text_(text) {}

  source source_ = source::absent;
  const void* what_ = nullptr;
  const void* row_ = nullptr;
  std::string_view text_{};
};

/// One atomic difference, borrowed: views into the two states and into the scratch that the diff was made with.
struct change_view {
  std::string_view field{};  ///< of the entity: the column, document or collection that the record is about
  std::string_view kind{};
  varve::operation operation = varve::operation::edit;
  std::uint32_t path_begin = 0;
  std::uint32_t path_size = 0;
  value_view from{};
  value_view to{};
};

inline void append_json(text_writer& out, const path_step& step) {
  if (step.position >= 0)
    append_number(out, step.position);
  else
    append_json_string(out, step.name);
}

}  // namespace varve
