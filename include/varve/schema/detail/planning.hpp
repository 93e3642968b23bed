#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/schema/ddl.hpp"
#include "varve/schema/detail/catalog.hpp"

namespace varve::sql {

inline void append_to(migration& step, std::vector<std::string> statements) {
  for (auto& statement : statements) step.statements.push_back(std::move(statement));
}
[[nodiscard]] inline const table_column* find_column(const std::vector<table_column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}
/// Tables of varve's names that are there must be varve's.
inline void require_own_tables(connection& on, const std::vector<migration>& steps) {
  std::string strange;
  for (const auto& defect : own_table_defects(on)) {
    const bool created =
        (defect == "table version_changes" && !steps[1].statements.empty()) ||
        ((defect == "table version_transaction" || defect == "table version_catalog") && !steps[0].statements.empty());
    if (!created) strange += (strange.empty() ? "" : ", ") + defect;
  }
  if (!strange.empty())
    throw schema_error(on.name() + " has tables with names of varve's own that are not varve's: " + strange +
                           " missing; rename them, or use another database",
                       {{}, {}, "schema"});
}
inline void plan_live(connection& on, const dialect& spelling, const table_info& table, std::vector<std::string> create,
                      migration& step) {
  const auto columns = on.columns(table.name);
  if (columns.empty()) {
    append_to(step, std::move(create));
    return;
  }
  const ddl texts{spelling};
  for (const auto& column : table.columns) {
    if (!column.is_stored() || find_column(columns, column.name) != nullptr) continue;
    if (!was_created(on, table.name))
      throw schema_error("the live table " + std::string{table.name} + " has no column " + std::string{column.name} +
                             "; it is the application's own, so add the column to it, or exclude<> or rename the field",
                         {{}, {}, "schema"});
    step.statements.push_back(texts.add_column(table.name, column));
  }
}
inline void plan_shadow(connection& on, const dialect& spelling, const table_info& table, migration& step) {
  const ddl texts{spelling};
  const auto columns = on.columns(table.shadow);
  if (columns.empty()) {
    append_to(step, texts.shadow(table));
    return;
  }
  for (const std::string_view own : {"transaction_id", "end_transaction_id", "operation_type"})
    if (find_column(columns, own) == nullptr)
      throw schema_error("the table " + std::string{table.shadow} +
                             " exists and is no shadow table: it has no column " + std::string{own} +
                             "; give the kind another shadow_table<>",
                         {{}, {}, "schema"});
  for (const auto& column : table.columns)
    if (column.is_versioned() && find_column(columns, column.name) == nullptr)
      step.statements.push_back(texts.add_column(table.shadow, column));
  if (has_filler(spelling, table) && find_column(columns, "end_filler") == nullptr)
    step.statements.push_back("ALTER TABLE " + quote_name(table.shadow) + " ADD COLUMN \"end_filler\" BLOB");
}

[[nodiscard]] inline std::vector<migration> plan_migrations(connection& on, const dialect& spelling,
                                                            std::span<const entity_info* const> entities) {
  const ddl texts{spelling};
  std::vector<migration> steps{{"1_parents_and_transactions"}, {"2_changes"}, {"3_children_and_links"}};
  if (on.columns("version_transaction").empty() && on.columns("version_catalog").empty())
    append_to(steps[0], texts.transactions());
  if (on.columns("version_changes").empty()) append_to(steps[1], texts.changes());
  if (steps[0].statements.empty() || steps[1].statements.empty()) require_own_tables(on, steps);
  for (const auto* entity : entities) {
    plan_live(on, spelling, *entity->table, texts.live_entity(*entity), steps[0]);
    if (entity->versioned) plan_shadow(on, spelling, *entity->table, steps[0]);
    for (const auto& relation : entity->relations) {
      plan_live(on, spelling, *relation.table, texts.live_relation(*entity, relation), steps[2]);
      if (entity->versioned) plan_shadow(on, spelling, *relation.table, steps[2]);
    }
  }
  return steps;
}

}  // namespace varve::sql
