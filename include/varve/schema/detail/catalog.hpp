#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/schema/migration.hpp"
#include "varve/sql/sql_store.hpp"

/// `version_catalog`: what the descriptors say, for tools that do not have them.
namespace varve::sql {

[[nodiscard]] inline bool was_created(connection& on, std::string_view table) {
  if (on.columns("version_catalog").empty()) return false;
  query run{on, "SELECT 1 FROM version_catalog WHERE section = 'created' AND name = ?"};
  run.bind_text(table);
  return run.step();
}
inline void put_in_catalog(connection& on, std::string_view section, std::string_view name, std::string_view content) {
  query run{on, "INSERT OR REPLACE INTO version_catalog (section, name, content) VALUES (?, ?, ?)"};
  run.bind_text(section).bind_text(name).bind_text(content);
  run.run();
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
  if (table.position != no_field) made["position"] = table.columns[table.position].name;
  made["columns"] = nlohmann::json::array();
  constexpr std::string_view types[] = {"boolean", "integer", "real", "text", "bytes", "time", "uuid", "json"};
  for (const auto& column : table.columns) {
    if (!column.is_stored()) continue;
    nlohmann::json one = {{"name", column.name},
                          {"field", column.field},
                          {"type", types[static_cast<std::size_t>(column.ops->meaning)]},
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
/// Keeps which live tables are varve's work, and from when on a column is versioned.
inline void note_statement(connection& on, std::span<const entity_info* const> entities, const std::string& statement,
                           std::int64_t next) {
  const auto each = [&](const table_info& table) {
    for (const auto name : {table.name, table.shadow})
      if (statement.starts_with("CREATE TABLE " + quote_name(name) + " ")) put_in_catalog(on, "created", name, "true");
    for (const auto& column : table.columns)
      if (statement.starts_with("ALTER TABLE " + quote_name(table.shadow) + " ADD COLUMN " + quote_name(column.name) +
                                " "))
        put_in_catalog(on, "since", std::string{table.name} + "." + std::string{column.name}, std::to_string(next));
  };
  for (const auto* entity : entities) {
    each(*entity->table);
    for (const auto& relation : entity->relations) each(*relation.table);
  }
}

/// \param first  the catalog is new.
inline void write_catalog(connection& on, std::span<const entity_info* const> entities,
                          const std::vector<migration>& steps, bool first) {
  if (first) {
    put_in_catalog(on, "schema", "version", std::to_string(schema_version));
    put_in_catalog(on, "schema", "horizon", "0");
  }
  std::int64_t next = 1;
  {
    query run{on, "SELECT coalesce(max(id), 0) + 1 FROM version_transaction"};
    run.step();
    next = run.column(0).integer();
  }
  for (const auto& step : steps)
    for (const auto& statement : step.statements) note_statement(on, entities, statement, next);
  for (const auto* entity : entities) {
    const std::string content = catalog_entry_of(*entity).dump();
    query known{on, "SELECT content FROM version_catalog WHERE section = 'entity' AND name = ?"};
    known.bind_text(entity->kind);
    if (known.step() && known.text(0) == content) continue;
    put_in_catalog(on, "entity", entity->kind, content);
  }
}
inline void check_catalog(connection& on, std::span<const entity_info* const> entities,
                          std::vector<std::string>& found) {
  {
    query run{on, "SELECT content FROM version_catalog WHERE section = 'schema' AND name = 'version'"};
    if (!run.step() || run.text(0) != std::to_string(schema_version))
      found.push_back("the catalog has another schema version than " + std::to_string(schema_version));
  }
  for (const auto* entity : entities) {
    query run{on, "SELECT content FROM version_catalog WHERE section = 'entity' AND name = ?"};
    run.bind_text(entity->kind);
    if (!run.step())
      found.push_back("the catalog does not know the kind " + std::string{entity->kind});
    else if (run.text(0) != catalog_entry_of(*entity).dump())
      found.push_back("the catalog describes the kind " + std::string{entity->kind} +
                      " otherwise than its descriptor; apply() writes it anew");
  }
}

}  // namespace varve::sql
