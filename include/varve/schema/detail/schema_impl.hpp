#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/schema/detail/planning.hpp"
#include "varve/schema/schema.hpp"

namespace varve {

namespace sql {

inline void refuse_unknown_kinds(connection& on, std::span<const entity_info* const> entities) {
  std::string names;
  const auto known = catalog::read(on);
  for (const auto& [at, content] : known.rows()) {
    const auto& kind = at.second;
    const auto is_kind = [&](const auto* entity) { return entity->kind == kind; };
    if (at.first == "entity" && std::none_of(entities.begin(), entities.end(), is_kind))
      names += (names.empty() ? "" : ", ") + kind;
  }
  if (!names.empty())
    throw schema_error(
        "cannot take the history away: " + on.name() + " also has that of " + names + "; add<> these kinds too",
        {{}, {}, "downgrade"});
}
/// It could neither be committed nor rolled back without the application's own work.
inline void refuse_within_application(connection& on) {
  if (on.in_transaction())
    throw schema_error("cannot change the tables of " + on.name() +
                           " within the application's own transaction: commit it or roll it back first",
                       {{}, {}, "schema"});
}
/// Where each statement stays done: which tables are varve's own is there before they are, so that one who comes after
/// an end in between goes on from there.
inline void note_created(connection& on, const dialect& spelled, schema_plan& plan) {
  auto& first = plan.steps[0].statements;
  const auto is_own = [](const std::string& statement) { return statement.starts_with("CREATE TABLE IF NOT EXISTS "); };
  while (!first.empty() && is_own(first.front())) {
    on.execute(first.front());
    first.erase(first.begin());
  }
  for (const auto& [at, content] : plan.after.rows()) {
    if (at.first != "created" || plan.before.has(at.first, at.second)) continue;
    query run{on, std::string{spelled.put_catalog}};
    run.bind_text(at.first).bind_text(at.second).bind_text(content).run();
  }
  on.settle();
}
/// The number of a transaction that there never is: those of all saves that began before are smaller.
[[nodiscard]] inline std::int64_t burnt_number(connection& on, const dialect& spelled) {
  std::int64_t number = 0;
  {
    query run{on, "INSERT INTO version_transaction (issued_at) VALUES ('2000-01-01 00:00:00')" + spelled.returning("id")};
    run.run([&](answered_row& row) { number = row.column(0).integer(); });
    on.settle();
  }
  query gone{on, std::string{"DELETE FROM version_transaction WHERE id = ?"}};
  gone.bind(number).run();
  return number;
}
/// In the order in which savers lock them.
[[nodiscard]] inline std::vector<std::string_view> live_tables_of(std::vector<const entity_info*> entities) {
  std::sort(entities.begin(), entities.end(), [](const auto* a, const auto* b) { return a->kind.compare(b->kind) < 0; });
  std::vector<std::string_view> tables;
  for (const auto* entity : entities) tables.push_back(entity->table->name);
  return tables;
}
inline void drop_table(connection& on, std::string_view table) {
  if (!on.columns(table).empty()) on.execute("DROP TABLE " + quote_name(table));
}
[[nodiscard]] inline bool is_shadow(connection& on, std::string_view table) {
  const auto columns = on.columns(table);
  return find_column(columns, "end_transaction_id") != nullptr;
}

/// Whether rows are found or kept apart by a column.
[[nodiscard]] inline bool tells_apart(const table_info& table, const column_info& column) {
  const auto has = [&](std::span<const std::uint16_t> columns) {
    return std::any_of(columns.begin(), columns.end(), [&](auto index) { return &table.columns[index] == &column; });
  };
  return has(table.key) || has(table.natural) || has(table.parent) ||
         std::any_of(table.unique.begin(), table.unique.end(), has);
}

inline void check_table(connection& on, const dialect& spelled, const table_info& table, bool versioned,
                        std::vector<std::string>& found) {
  const auto compare = [&](std::string_view name, bool shadow) {
    const auto columns = on.columns(name);
    if (columns.empty()) {
      found.push_back("table " + std::string{name} + " is missing");
      return;
    }
    if (const auto why = on.cannot_roll_back(name); !why.empty())
      found.push_back("table " + std::string{name} + " " + why);
    for (const auto& column : table.columns) {
      if (!(shadow ? column.is_versioned() : column.is_stored())) continue;
      const auto* there = find_column(columns, column.name);
      if (there == nullptr)
        found.push_back("column " + std::string{name} + "." + std::string{column.name} + " is missing");
      else if (!there->collation.empty() && tells_apart(table, column))
        found.push_back("column " + std::string{name} + "." + std::string{column.name} +
                        " has the collation " + there->collation +
                        ", which does not compare by bytes: texts that it takes for the same are one row there and two to "
                        "varve, and checks, which walk in the order of bytes, may report rows that are well");
    }
    for (const auto& column : columns) {
      if (!spelled.cut_when_read.empty() && column.type.starts_with(spelled.cut_when_read))
        found.push_back("column " + std::string{name} + "." + column.name + " is declared " + column.type +
                        ", of which fewer digits are read than it has: make it a double");
      const auto known = std::find_if(table.columns.begin(), table.columns.end(),
                                      [&](const column_info& c) { return c.name == column.name; });
      const bool own = column.name == "transaction_id" || column.name == "end_transaction_id" ||
                       column.name == "operation_type" || column.name == "end_filler" || column.name == "open_mark";
      if (known == table.columns.end() && !(shadow && own))
        found.push_back("column " + std::string{name} + "." + column.name + " is known to no descriptor");
    }
    std::set<std::string> keys;
    for (const auto& column : columns)
      if (column.key_place > 0) keys.insert(column.name);
    std::set<std::string> wanted;
    for (const auto index : table.key) wanted.insert(std::string{table.columns[index].name});
    if (shadow) wanted.insert("transaction_id");
    if (keys != wanted) found.push_back("table " + std::string{name} + " has another primary key than its descriptor");
  };
  compare(table.name, false);
  if (versioned) compare(table.shadow, true);
}

inline void check_catalog(const catalog& known, std::span<const entity_info* const> entities,
                          std::vector<std::string>& found) {
  const auto* version = known.find("schema", "version");
  if (version == nullptr || *version != std::to_string(schema_version))
    found.push_back("the catalog has another schema version than " + std::to_string(schema_version));
  for (const auto* entity : entities) {
    const auto match = match_entity(known, *entity);
    auto differences = contradictions{known}.of(match);
    for (auto& one : unapplied(match)) differences.push_back(std::move(one));
    if (!match.is_known())
      differences.push_back("the catalog does not know the kind " + std::string{entity->kind});
    else if (differences.empty() && *match.old != catalog_entry_of(*entity))
      differences.push_back("the catalog describes the kind " + std::string{entity->kind} +
                            " otherwise than its descriptor; apply() writes it anew");
    for (auto& one : differences) found.push_back(std::move(one));
  }
}

}  // namespace sql

VARVE_INLINE schema::schema(const store_handle& store) : store_(store) {
  auto* base = dynamic_cast<sql::sql_store*>(&store_.base());
  if (base == nullptr)
    throw schema_error("this store has no tables to plan: only SQL stores have a schema", {{}, {}, "schema"});
  sql_ = base;
}
VARVE_INLINE schema& schema::add(const entity_info& entity) {
  for (const auto* known : entities_)
    if (known->table->name == entity.table->name) return *this;
  entities_.push_back(&entity);
  for (const auto& relation : entity.relations)
    if (relation.target != nullptr) add(relation.target());
  for (const auto& reference : entity.references) add(reference.target());
  return *this;
}
VARVE_INLINE std::vector<migration> schema::plan() const {
  const auto on = sql_->take();
  return sql::planner{*on, sql_->spelling()}.run(entities_).steps;
}
VARVE_INLINE void schema::apply() const {
  const auto on = sql_->take();
  sql::refuse_within_application(*on);
  on->begin_write();
  try {
    on->lock_schema();
    auto plan = sql::planner{*on, sql_->spelling()}.run(entities_);
    if (plan.is_empty()) {
      on->rollback();
      return;
    }
    on->lock_tables(sql::live_tables_of(entities_));  // a save that was on its way is in the plan then
    plan = sql::planner{*on, sql_->spelling()}.run(entities_);
    if (sql_->spelling().ddl_commits) sql::note_created(*on, sql_->spelling(), plan);
    for (const auto& step : plan.steps)
      for (const auto& statement : step.statements) on->execute(statement);
    if (sql_->spelling().ddl_commits) {
      on->begin_write();  // for the catalog
      // Saves went on meanwhile, without what is new.
      if (plan.next > 1) sql::date(plan, sql::burnt_number(*on, sql_->spelling()));
    }
    for (const auto& [table, column] : plan.loosened) {
      const auto columns = on->columns(table);
      if (const auto* there = sql::find_column(columns, column); there != nullptr && there->not_null)
        throw schema_error("the column " + table + "." + column + " must allow null now, and " + on->name() +
                               " cannot change it as the table is written: make the table anew without its NOT NULL, "
                               "then apply again",
                           {{}, {}, "schema"});
    }
    plan.after.write(*on, sql_->spelling(), plan.before);
    on->commit();
  } catch (...) {
    on->end_allow_null();
    on->rollback();
    throw;
  }
}
VARVE_INLINE void schema::downgrade() const {
  const auto on = sql_->take();
  sql::refuse_within_application(*on);
  on->begin_write();
  try {
    on->lock_schema();
    on->lock_tables(sql::live_tables_of(entities_));
    sql::refuse_unknown_kinds(*on, entities_);
    const auto known = sql::catalog::read(*on);
    for (const auto& [at, content] : known.rows())  // those of collections that are gone too
      if (at.first == "created" && sql::is_shadow(*on, at.second)) sql::drop_table(*on, at.second);
    sql::drop_table(*on, "version_changes");
    sql::drop_table(*on, "version_transaction");
    sql::drop_table(*on, "version_catalog");
    on->commit();
  } catch (...) {
    on->rollback();
    throw;
  }
}
VARVE_INLINE std::vector<std::string> schema::check() const {
  const auto on = sql_->take();
  std::vector<std::string> found;
  for (const auto* entity : entities_) {
    sql::check_table(*on, sql_->spelling(), *entity->table, entity->versioned, found);
    for (const auto& relation : entity->relations)
      sql::check_table(*on, sql_->spelling(), *relation.table, entity->versioned, found);
  }
  const auto own = sql::own_table_defects(*on);
  for (const auto& defect : own) found.push_back(defect + " is missing");
  if (own.empty()) sql::check_catalog(sql::catalog::read(*on), entities_, found);
  return found;
}

VARVE_INLINE void create_tables(const store_handle& store, std::span<const entity_info* const> kinds) {
  schema tables{store};
  for (const auto* kind : kinds) tables.add(*kind);
  tables.apply();
  for (const auto* kind : kinds) store.base().use(*kind);
}

}  // namespace varve
