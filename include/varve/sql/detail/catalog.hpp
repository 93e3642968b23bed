#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/entity/tables.hpp"
#include "varve/sql/connection.hpp"
#include "varve/sql/dialect.hpp"

/// `version_catalog`: what the descriptors say, for tools that do not have them, and what became of it over time.
namespace varve::sql {

/// The rows of the catalog as a value. Sections: `schema` (its version, the horizon), `entity` (what the descriptor of a
/// kind says), `created` (tables that varve made), `since` (from which transaction on a column, or a whole collection, is
/// versioned), `former` (what the fields of a kind were before), `removed` (paths of fields that it has no more), `became`
/// (the kind that one of before was renamed to).
class catalog {
 public:
  using place = std::pair<std::string, std::string>;  ///< section and name

  /// Empty where there is none.
  [[nodiscard]] static catalog read(connection& on) {
    catalog made;
    if (on.columns("version_catalog").empty()) return made;
    query run{on, "SELECT section, name, content FROM version_catalog"};
    while (run.step()) made.rows_[{run.text(0), run.text(1)}] = run.text(2);
    return made;
  }

  [[nodiscard]] const std::string* find(std::string_view section, std::string_view name) const {
    const auto found = rows_.find({std::string{section}, std::string{name}});
    return found == rows_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool has(std::string_view section, std::string_view name) const {
    return find(section, name) != nullptr;
  }
  void put(std::string_view section, std::string_view name, std::string content) {
    rows_[{std::string{section}, std::string{name}}] = std::move(content);
  }
  void erase(std::string_view section, std::string_view name) {
    rows_.erase({std::string{section}, std::string{name}});
  }
  /// Gives a row another name.
  void rename(std::string_view section, std::string_view from, std::string_view to) {
    const auto* content = find(section, from);
    if (content == nullptr || from == to) return;
    put(section, to, *content);
    erase(section, from);
  }
  [[nodiscard]] const std::map<place, std::string>& rows() const { return rows_; }

  /// What a row has as JSON; nothing where there is none.
  [[nodiscard]] std::optional<nlohmann::json> json(std::string_view section, std::string_view name) const {
    const auto* content = find(section, name);
    if (content == nullptr) return std::nullopt;
    auto made = nlohmann::json::parse(*content, nullptr, false);
    if (made.is_discarded())
      throw backend_error(error_kind::damaged, "version_catalog has no JSON in section " + std::string{section} +
                                                   " under the name " + std::string{name});
    return made;
  }
  /// The members of a row's JSON list, each as JSON text.
  [[nodiscard]] std::vector<std::string> list(std::string_view section, std::string_view name) const {
    std::vector<std::string> texts;
    if (const auto members = json(section, name))
      for (const auto& one : *members) texts.push_back(one.dump());
    return texts;
  }
  /// From which transaction on something is versioned; 0: from the start.
  [[nodiscard]] std::int64_t since(std::string_view name) const {
    const auto* content = find("since", name);
    return content == nullptr ? 0 : std::strtoll(content->c_str(), nullptr, 10);
  }

  /// Writes what differs from the catalog that is there.
  void write(connection& on, const dialect& spelled, const catalog& there) const {
    for (const auto& [at, content] : there.rows_) {
      if (rows_.contains(at)) continue;
      query run{on, "DELETE FROM version_catalog WHERE section = ? AND name = ?"};
      run.bind_text(at.first).bind_text(at.second).run();
    }
    for (const auto& [at, content] : rows_) {
      const auto* known = there.find(at.first, at.second);
      if (known != nullptr && *known == content) continue;
      query run{on, std::string{spelled.put_catalog}};
      run.bind_text(at.first).bind_text(at.second).bind_text(content).run();
    }
  }

 private:
  std::map<place, std::string> rows_{};
};

/// A column's name within the section `since`.
[[nodiscard]] inline std::string since_name(std::string_view table, std::string_view column) {
  return std::string{table} + "." + std::string{column};
}

inline constexpr std::string_view meaning_names[] = {"boolean", "integer", "real", "text",
                                                     "bytes",   "time",    "uuid", "json"};

[[nodiscard]] inline std::string_view meaning_name(column_meaning meaning) {
  return meaning_names[static_cast<std::size_t>(meaning)];
}
[[nodiscard]] inline std::optional<column_meaning> find_meaning(std::string_view name) {
  for (std::size_t i = 0; i < std::size(meaning_names); ++i)
    if (meaning_names[i] == name) return static_cast<column_meaning>(i);
  return std::nullopt;
}

[[nodiscard]] inline nlohmann::json catalog_entry_of(const table_info& table) {
  nlohmann::json made = {{"table", table.name}, {"shadow", table.shadow}};
  const auto names = [&](std::span<const std::uint16_t> columns) {
    auto list = nlohmann::json::array();
    for (const auto index : columns) list.push_back(table.columns[index].name);
    return list;
  };
  made["key"] = names(table.key);
  if (!table.natural.empty()) made["natural_key"] = names(table.natural);
  if (!table.parent.empty()) made["parent"] = names(table.parent);
  if (table.public_id != no_field) made["public_id"] = table.columns[table.public_id].name;
  if (table.value != no_field) made["plain"] = true;
  if (table.position != no_field) made["position"] = table.columns[table.position].name;
  made["columns"] = nlohmann::json::array();
  for (const auto& column : table.columns) {
    if (!column.is_stored()) continue;
    nlohmann::json one = {{"name", column.name},
                          {"field", column.field},
                          {"type", meaning_name(column.ops->meaning)},
                          {"versioned", column.is_versioned()},
                          {"compared", column.is_compared()}};
    if (!column.group.empty()) one["group"] = column.group;
    if (column.is(column_flag::document)) one["document"] = true;
    if (!column.refers_to.empty()) one["refers_to"] = column.refers_to;
    made["columns"].push_back(std::move(one));
  }
  return made;
}
[[nodiscard]] inline nlohmann::json catalog_entry_of(const entity_info& entity) {
  auto made = catalog_entry_of(*entity.table);
  made["versioned"] = entity.versioned;
  made["relations"] = nlohmann::json::array();
  for (const auto& relation : entity.relations) {
    auto one = catalog_entry_of(*relation.table);
    one["field"] = relation.field;
    one["kind"] = relation.kind;
    one["what"] = relation.what == relation_kind::links ? "links" : "children";
    one["ordered"] = relation.ordered;
    one["keeps_duplicates"] = relation.keeps_duplicates;
    if (relation.target != nullptr) one["target"] = relation.target().kind;
    made["relations"].push_back(std::move(one));
  }
  return made;
}

}  // namespace varve::sql
