#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/entity/entity.hpp"
#include "varve/schema/ddl.hpp"
#include "varve/sql/sql_store.hpp"

namespace varve {

/// A named, reversible step; without statements there is nothing to do.
struct migration {
  std::string name{};
  std::vector<std::string> statements{};
};

/// Creates and checks the tables of an SQL store: the live tables (unless they are the application's own), their shadow
/// tables, and varve's `version_transaction`, `version_changes` and `version_catalog`.
///
///     varve::schema schema{store};
///     schema.add<Dataset>().add<Dashboard>();
///     for (const auto& step : schema.plan()) ...   // the statements, not run
///     schema.apply();                              // a second time it changes nothing
///
/// Nothing is ever dropped or narrowed, except by `downgrade`.
class schema {
 public:
  explicit schema(const store_handle& store) : store_(store) {
    auto* base = dynamic_cast<sql::sql_store*>(&store_.base());
    if (base == nullptr)
      throw schema_error("this store has no tables to plan: only SQL stores have a schema", {{}, {}, "schema"});
    sql_ = base;
  }

  /// Adds a kind, and what it links and refers to.
  template <entity_type Entity>
  schema& add() {
    return add(info_of<Entity>());
  }
  schema& add(const entity_info& entity) {
    for (const auto* known : entities_)
      if (known->table->name == entity.table->name) return *this;
    entities_.push_back(&entity);
    for (const auto& relation : entity.relations)
      if (relation.target != nullptr) add(relation.target());
    for (const auto& reference : entity.references) add(reference.target());
    return *this;
  }

  /// What `apply` would run: the three migrations, in order.
  [[nodiscard]] std::vector<migration> plan() const {
    const auto on = sql_->take();
    return plan(*on);
  }

  /// Brings the database up to date, all or nothing.
  ///
  /// Errors: `schema_error` when a table is there that cannot serve (a column of the application's own live table is
  ///         missing, a shadow table without its columns of the interval); nothing is changed then.
  void apply() const {
    const auto on = sql_->take();
    on->begin_write();
    try {
      const auto steps = plan(*on);
      sql::require_known_layout(*on);
      const bool first = on->columns("version_catalog").empty();
      for (const auto& step : steps)
        for (const auto& statement : step.statements) on->execute(statement);
      write_catalog(*on, steps, first);
      on->commit();
    } catch (...) {
      on->rollback();
      throw;
    }
  }

  /// Takes away what varve created, the whole history with it. Live tables stay as they are, also those that `apply`
  /// created, as they hold the application's data.
  ///
  /// Errors: `schema_error` when the database has kinds that were not added here; nothing is changed then.
  void downgrade() const {
    const auto on = sql_->take();
    on->begin_write();
    try {
      refuse_unknown_kinds(*on);
      for (const auto* entity : entities_) {
        for (const auto& relation : entity->relations) drop_created(*on, relation.table->shadow);
        drop_created(*on, entity->table->shadow);
      }
      drop(*on, "version_changes");
      drop(*on, "version_transaction");
      drop(*on, "version_catalog");
      on->commit();
    } catch (...) {
      on->rollback();
      throw;
    }
  }

  /// Compares descriptors and database; a sentence for each difference, none when all is well.
  [[nodiscard]] std::vector<std::string> check() const {
    const auto on = sql_->take();
    std::vector<std::string> found;
    for (const auto* entity : entities_) {
      check_table(*on, *entity->table, entity->versioned, found);
      for (const auto& relation : entity->relations) check_table(*on, *relation.table, entity->versioned, found);
    }
    const auto own = sql::own_table_defects(*on);
    for (const auto& defect : own) found.push_back(defect + " is missing");
    if (own.empty()) check_catalog(*on, found);
    return found;
  }

 private:
  void refuse_unknown_kinds(sql::connection& on) const {
    if (on.columns("version_catalog").empty()) return;
    std::string names;
    {
      sql::query run{on, "SELECT name FROM version_catalog WHERE section = 'entity' ORDER BY name"};
      while (run.step()) {
        const std::string kind = run.text(0);
        if (std::none_of(entities_.begin(), entities_.end(), [&](const auto* entity) { return entity->kind == kind; }))
          names += (names.empty() ? "" : ", ") + kind;
      }
    }
    if (!names.empty())
      throw schema_error(
          "cannot take the history away: " + on.name() + " also has that of " + names + "; add<> these kinds too",
          {{}, {}, "downgrade"});
  }
  /// A table that was there before varve stays.
  static void drop_created(sql::connection& on, std::string_view table) {
    if (was_created(on, table)) drop(on, table);
  }
  static void drop(sql::connection& on, std::string_view table) {
    if (!on.columns(table).empty()) on.execute("DROP TABLE " + sql::quote_name(table));
  }

  [[nodiscard]] std::vector<migration> plan(sql::connection& on) const {
    const sql::ddl ddl{sql_->spelling()};
    std::vector<migration> steps{{"1_parents_and_transactions"}, {"2_changes"}, {"3_children_and_links"}};
    if (on.columns("version_transaction").empty() && on.columns("version_catalog").empty())
      append(steps[0], ddl.transactions());
    if (on.columns("version_changes").empty()) append(steps[1], ddl.changes());
    if (steps[0].statements.empty() || steps[1].statements.empty()) require_own_tables(on, steps);
    for (const auto* entity : entities_) {
      plan_live(on, *entity->table, ddl.live_entity(*entity), steps[0]);
      if (entity->versioned) plan_shadow(on, *entity->table, ddl, steps[0]);
      for (const auto& relation : entity->relations) {
        plan_live(on, *relation.table, ddl.live_relation(*entity, relation), steps[2]);
        if (entity->versioned) plan_shadow(on, *relation.table, ddl, steps[2]);
      }
    }
    return steps;
  }
  /// Tables of varve's names that are there must be varve's.
  static void require_own_tables(sql::connection& on, const std::vector<migration>& steps) {
    std::string strange;
    for (const auto& defect : sql::own_table_defects(on)) {
      const bool created = (defect == "table version_changes" && !steps[1].statements.empty()) ||
                           ((defect == "table version_transaction" || defect == "table version_catalog") &&
                            !steps[0].statements.empty());
      if (!created) strange += (strange.empty() ? "" : ", ") + defect;
    }
    if (!strange.empty())
      throw schema_error(on.name() + " has tables with names of varve's own that are not varve's: " + strange +
                             " missing; rename them, or use another database",
                         {{}, {}, "schema"});
  }
  static void append(migration& step, std::vector<std::string> statements) {
    for (auto& statement : statements) step.statements.push_back(std::move(statement));
  }
  [[nodiscard]] static const sql::table_column* find(const std::vector<sql::table_column>& columns,
                                                     std::string_view name) {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
    return found == columns.end() ? nullptr : &*found;
  }
  void plan_live(sql::connection& on, const table_info& table, std::vector<std::string> create, migration& step) const {
    const auto columns = on.columns(table.name);
    if (columns.empty()) {
      append(step, std::move(create));
      return;
    }
    const sql::ddl ddl{sql_->spelling()};
    for (const auto& column : table.columns) {
      if (!column.is_stored() || find(columns, column.name) != nullptr) continue;
      if (!was_created(on, table.name))
        throw schema_error(
            "the live table " + std::string{table.name} + " has no column " + std::string{column.name} +
                "; it is the application's own, so add the column to it, or exclude<> or rename the field",
            {{}, {}, "schema"});
      step.statements.push_back(ddl.add_column(table.name, column));
    }
  }
  void plan_shadow(sql::connection& on, const table_info& table, const sql::ddl& ddl, migration& step) const {
    const auto columns = on.columns(table.shadow);
    if (columns.empty()) {
      append(step, ddl.shadow(table));
      return;
    }
    for (const std::string_view own : {"transaction_id", "end_transaction_id", "operation_type"})
      if (find(columns, own) == nullptr)
        throw schema_error("the table " + std::string{table.shadow} +
                               " exists and is no shadow table: it has no column " + std::string{own} +
                               "; give the kind another shadow_table<>",
                           {{}, {}, "schema"});
    for (const auto& column : table.columns)
      if (column.is_versioned() && find(columns, column.name) == nullptr)
        step.statements.push_back(ddl.add_column(table.shadow, column));
    if (sql::has_filler(sql_->spelling(), table) && find(columns, "end_filler") == nullptr)
      step.statements.push_back("ALTER TABLE " + sql::quote_name(table.shadow) + " ADD COLUMN \"end_filler\" BLOB");
  }

  // ---- the catalog ----

  [[nodiscard]] static bool was_created(sql::connection& on, std::string_view table) {
    if (on.columns("version_catalog").empty()) return false;
    sql::query run{on, "SELECT 1 FROM version_catalog WHERE section = 'created' AND name = ?"};
    run.bind_text(table);
    return run.step();
  }
  static void put(sql::connection& on, std::string_view section, std::string_view name, std::string_view content) {
    sql::query run{on, "INSERT OR REPLACE INTO version_catalog (section, name, content) VALUES (?, ?, ?)"};
    run.bind_text(section).bind_text(name).bind_text(content);
    run.run();
  }
  [[nodiscard]] static nlohmann::json describe_table(const table_info& table) {
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
  [[nodiscard]] static nlohmann::json describe_entity(const entity_info& entity) {
    auto made = describe_table(*entity.table);
    made["versioned"] = entity.versioned;
    made["relations"] = nlohmann::json::array();
    for (const auto& relation : entity.relations) {
      auto one = describe_table(*relation.table);
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
  void write_catalog(sql::connection& on, const std::vector<migration>& steps, bool first) const {
    if (first) {
      put(on, "schema", "version", std::to_string(sql::schema_version));
      put(on, "schema", "horizon", "0");
    }
    std::int64_t next = 1;
    {
      sql::query run{on, "SELECT coalesce(max(id), 0) + 1 FROM version_transaction"};
      run.step();
      next = run.column(0).integer();
    }
    for (const auto& step : steps)
      for (const auto& statement : step.statements) note(on, statement, next);
    for (const auto* entity : entities_) {
      const std::string content = describe_entity(*entity).dump();
      sql::query known{on, "SELECT content FROM version_catalog WHERE section = 'entity' AND name = ?"};
      known.bind_text(entity->kind);
      if (known.step() && known.text(0) == content) continue;
      put(on, "entity", entity->kind, content);
    }
  }
  /// Keeps which live tables are varve's work, and from when on a column is versioned.
  void note(sql::connection& on, const std::string& statement, std::int64_t next) const {
    const auto each = [&](const table_info& table) {
      for (const auto name : {table.name, table.shadow})
        if (statement.starts_with("CREATE TABLE " + sql::quote_name(name) + " ")) put(on, "created", name, "true");
      for (const auto& column : table.columns)
        if (statement.starts_with("ALTER TABLE " + sql::quote_name(table.shadow) + " ADD COLUMN " +
                                  sql::quote_name(column.name) + " "))
          put(on, "since", std::string{table.name} + "." + std::string{column.name}, std::to_string(next));
    };
    for (const auto* entity : entities_) {
      each(*entity->table);
      for (const auto& relation : entity->relations) each(*relation.table);
    }
  }

  // ---- check ----

  static void check_table(sql::connection& on, const table_info& table, bool versioned,
                          std::vector<std::string>& found) {
    const auto compare = [&](std::string_view name, bool shadow) {
      const auto columns = on.columns(name);
      if (columns.empty()) {
        found.push_back("table " + std::string{name} + " is missing");
        return;
      }
      for (const auto& column : table.columns)
        if ((shadow ? column.is_versioned() : column.is_stored()) && find(columns, column.name) == nullptr)
          found.push_back("column " + std::string{name} + "." + std::string{column.name} + " is missing");
      for (const auto& column : columns) {
        const auto known = std::find_if(table.columns.begin(), table.columns.end(),
                                        [&](const column_info& c) { return c.name == column.name; });
        const bool own = column.name == "transaction_id" || column.name == "end_transaction_id" ||
                         column.name == "operation_type" || column.name == "end_filler";
        if (known == table.columns.end() && !(shadow && own))
          found.push_back("column " + std::string{name} + "." + column.name + " is known to no descriptor");
      }
      std::set<std::string> keys;
      for (const auto& column : columns)
        if (column.key_place > 0) keys.insert(column.name);
      std::set<std::string> wanted;
      for (const auto index : table.key) wanted.insert(std::string{table.columns[index].name});
      if (shadow) wanted.insert("transaction_id");
      if (keys != wanted)
        found.push_back("table " + std::string{name} + " has another primary key than its descriptor");
    };
    compare(table.name, false);
    if (versioned) compare(table.shadow, true);
  }
  void check_catalog(sql::connection& on, std::vector<std::string>& found) const {
    {
      sql::query run{on, "SELECT content FROM version_catalog WHERE section = 'schema' AND name = 'version'"};
      if (!run.step() || run.text(0) != std::to_string(sql::schema_version))
        found.push_back("the catalog has another schema version than " + std::to_string(sql::schema_version));
    }
    for (const auto* entity : entities_) {
      sql::query run{on, "SELECT content FROM version_catalog WHERE section = 'entity' AND name = ?"};
      run.bind_text(entity->kind);
      if (!run.step())
        found.push_back("the catalog does not know the kind " + std::string{entity->kind});
      else if (run.text(0) != describe_entity(*entity).dump())
        found.push_back("the catalog describes the kind " + std::string{entity->kind} +
                        " otherwise than its descriptor; apply() writes it anew");
    }
  }

  store_handle store_;
  sql::sql_store* sql_ = nullptr;
  std::vector<const entity_info*> entities_{};
};

}  // namespace varve
