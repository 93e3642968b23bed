#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/diff/detail/apply.hpp"
#include "varve/diff/detail/entity_walk.hpp"
#include "varve/history/detail/examination.hpp"
#include "varve/history/detail/replay.hpp"

namespace varve::detail {

/// A stored record, read; nothing when a part of it is no JSON or its operation is none.
[[nodiscard]] inline std::optional<change_record> read_record(const change_entry& entry) {
  const auto parse = [](const std::string& text) {
    return text.empty() ? nlohmann::json{} : nlohmann::json::parse(text, nullptr, false);
  };
  const auto operation = parse_operation(entry.operation);
  change_record record{entry.kind, operation.value_or(operation::edit), parse(entry.path), parse(entry.from),
                       parse(entry.to)};
  const bool is_sound = operation && record.path.is_array() && !record.path.empty() && !record.from.is_discarded() &&
                        !record.to.is_discarded();
  return is_sound ? std::optional{std::move(record)} : std::nullopt;
}

/// The columns of two neighbouring rows against the records between them: R3 and R6.
class step_checks {
 public:
  step_checks(examination& on, const table_info& table, const row_key& key)
      : on_(on), table_(table), key_(key), blank_(table.row->make(), table.row->destroy) {}

  /// Every column that changed is named by a record, and every record of a column tells what the rows hold.
  void compare(const shadow_entry& before, const shadow_entry& after, const std::vector<change_record>& records,
               const step_replay& law) {
    for (std::size_t i = 0; i < table_.stored; ++i) {
      const auto& column = table_.columns[i];
      if (!is_entity_told(column) || column.is(column_flag::document)) continue;
      if (same_for_records(column, told(i, before), told(i, after)) || law.is_left_out(path_of(column))) continue;
      if (std::none_of(records.begin(), records.end(), [&](const change_record& r) { return names(r, column); }))
        on_.tell("R3", table_.shadow, key_, after.begin,
                 "column " + std::string{column.name} + " changed, and no record names it");
    }
    for (const auto& record : records)
      if (record.kind == "field" && record.operation != operation::update && !law.is_left_out(record.path))
        compare_values(before, after, record);
  }
  /// A deletion has no records, so its row has the values of the one before it.
  void compare_deletion(const shadow_entry& before, const shadow_entry& after) {
    for (std::size_t i = 0; i < table_.stored; ++i) {
      const auto& column = table_.columns[i];
      if (!column.is_compared() || same_for_records(column, before.row[i], after.row[i])) continue;
      if (before.row[i].is_null() && on_.since(table_, i) > before.begin) continue;
      on_.tell("R3", table_.shadow, key_, after.begin,
               "column " + std::string{column.name} + " changed with the deletion, which has no records");
      return;
    }
  }

 private:
  [[nodiscard]] static nlohmann::json path_of(const column_info& column) {
    auto path = nlohmann::json::array();
    if (!column.group.empty()) path.push_back(std::string{column.group});
    path.push_back(std::string{column.field});
    return path;
  }
  [[nodiscard]] static bool names(const change_record& record, const column_info& column) {
    if (column.group.empty()) return record.path[0] == column.field;
    return record.path[0] == column.group && (record.path.size() == 1 || record.path[1] == column.field);
  }
  [[nodiscard]] static nlohmann::json json_of(const column_info& column, const value& v) {
    std::string text;
    append_json(text, column.ops->meaning, v);
    return nlohmann::json::parse(text, nullptr, false);
  }
  /// Null and "" say the same in an entity's text unless they are declared to differ; JSON is compared by value.
  [[nodiscard]] static bool same_for_records(const column_info& column, const value& a, const value& b) {
    if (a == b) return true;
    if (column.ops->meaning == column_meaning::json) return json_of(column, a) == json_of(column, b);
    return column.ops->meaning == column_meaning::text && !column.is(column_flag::distinct_null) && a.view().empty() &&
           b.view().empty();
  }
  /// The value of a column as a struct has it: null in a field that cannot be null is its default.
  [[nodiscard]] value told(std::size_t i, const packed_row& row) {
    const auto& column = table_.columns[i];
    if (!row[i].is_null() || column.ops->nullable || column.embedding != nullptr || !column.has_member()) return row[i];
    column.ops->write(column.outer(blank_.get()), value::null());
    return column.read(blank_.get(), buffer_);
  }
  [[nodiscard]] value told(std::size_t i, const shadow_entry& row) { return told(i, row.row); }
  /// An embedded struct as records show it; null when it is absent.
  [[nodiscard]] nlohmann::json group_of(std::string_view group, const packed_row& row) {
    auto object = nlohmann::json::object();
    bool present = false;
    for (std::size_t i = 0; i < table_.stored; ++i) {
      const auto& column = table_.columns[i];
      if (column.group != group || !column.is_compared()) continue;
      object[std::string{column.field}] = json_of(column, told(i, row));
      present = present || !row[i].is_null() || column.embedding == nullptr;
    }
    return present ? object : nlohmann::json{};
  }

  void compare_values(const shadow_entry& before, const shadow_entry& after, const change_record& record) {
    for (std::size_t i = 0; i < table_.stored; ++i) {
      const auto& column = table_.columns[i];
      if (!is_entity_told(column) || (column.is(column_flag::document) && record.path.size() == 1 &&
                                      column.group.empty() && record.path[0] == column.field))
        continue;
      if (record.path == path_of(column)) {
        tell_values(after, as_column(column, record), json_of(column, told(i, before)),
                    json_of(column, told(i, after)));
        return;
      }
      if (!column.group.empty() && record.path.size() == 1 && record.path[0] == column.group) {
        tell_values(after, record, group_of(column.group, before.row), group_of(column.group, after.row));
        return;
      }
    }
  }
  /// A record with its values as the column has them now, where its type was another when they were told.
  [[nodiscard]] change_record as_column(const column_info& column, change_record record) {
    for (auto* told : {&record.from, &record.to}) {
      if (is_marker(*told) || !column.has_member() || column.embedding != nullptr) continue;
      if (told->is_null() && column.ops->nullable) continue;  // else it was an optional, and reads as a default
      if (write_json(column, column.outer(blank_.get()), *told))
        *told = json_of(column, column.read(blank_.get(), buffer_));
    }
    return record;
  }
  void tell_values(const shadow_entry& after, const change_record& record, const nlohmann::json& from,
                   const nlohmann::json& to) {
    const bool right = (is_marker(record.from) || record.from == from) && (is_marker(record.to) || record.to == to);
    if (!right)
      on_.tell("R6", table_.shadow, key_, after.begin,
               "the record at " + record.path.dump() + " has other values than the versions");
  }

  examination& on_;
  const table_info& table_;
  const row_key& key_;
  std::unique_ptr<void, void (*)(void*)> blank_;  ///< gives fields their defaults
  value_buffer buffer_{};
};

}  // namespace varve::detail
