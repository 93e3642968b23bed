#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/sql/detail/evolution.hpp"
#include "varve/sql/detail/sessions.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

/// What varve's own tables lack, as "table x" or "column x.y".
[[nodiscard]] inline std::vector<std::string> own_table_defects(connection& on) {
  struct own_table {
    std::string_view name;
    std::vector<std::string_view> columns;
  };
  const own_table tables[] = {
      {"version_transaction", {"id", "issued_at", "actor", "action_kind", "message", "meta", "token"}},
      {"version_changes",
       {"id", "transaction_id", "entity_kind", "entity_id", "sequence", "kind", "operation", "path", "from_value",
        "to_value"}},
      {"version_catalog", {"section", "name", "content"}}};
  std::vector<std::string> missing;
  for (const auto& table : tables) {
    const auto found = on.columns(table.name);
    if (found.empty()) {
      missing.push_back("table " + std::string{table.name});
      continue;
    }
    for (const auto column : table.columns)
      if (std::none_of(found.begin(), found.end(), [&](const table_column& c) { return c.name == column; }))
        missing.push_back("column " + std::string{table.name} + "." + std::string{column});
  }
  return missing;
}

/// The number of the layout of varve's own tables; written into the catalog.
inline constexpr int schema_version = 1;

/// Refuses a database that a newer varve has laid out.
inline void require_known_layout(connection& on) {
  const auto columns = on.columns("version_catalog");
  if (columns.empty()) return;
  query run{on, "SELECT content FROM version_catalog WHERE section = 'schema' AND name = 'version'"};
  if (!run.step()) return;
  const std::string found = run.text(0);
  if (std::strtol(found.c_str(), nullptr, 10) > schema_version)
    throw schema_error(on.name() + " has schema version " + found + ", and this varve knows " +
                           std::to_string(schema_version) + " at most; use the varve that wrote it, or a newer one",
                       {{}, {}, "open"});
}

/// What stands behind the handle of an SQL store.
class sql_store final : public detail::store_base {
 public:
  sql_store(const dialect& dialect, connection_pool::maker make, bool shared, bool borrowed)
      : book_(std::make_shared<statement_book>(dialect)),
        pool_(std::make_shared<connection_pool>(std::move(make), shared, borrowed)) {}

  std::unique_ptr<store_connection> connect() override {
    return std::make_unique<sql_session>(pool_->take(), book_, pool_);
  }
  std::unique_ptr<store_reader> snapshot() override { return std::make_unique<sql_snapshot>(pool_->take(), book_); }

  [[nodiscard]] std::shared_ptr<connection> take() { return pool_->take(); }
  [[nodiscard]] const dialect& spelling() const { return book_->spelling(); }

 protected:
  void prepare(const entity_info& entity) override {
    const auto on = pool_->take();
    std::string missing, unsafe;
    const auto need = [&](std::string_view table, std::span<const column_info> columns, bool shadow) {
      const auto found = on->columns(table);
      if (found.empty()) {
        missing += (missing.empty() ? "" : ", ") + ("table " + std::string{table});
        return;
      }
      if (const auto why = on->cannot_roll_back(table); !why.empty())
        unsafe += (unsafe.empty() ? "" : ", ") + ("table " + std::string{table} + " " + why);
      for (const auto& column : columns) {
        if (!(shadow ? column.is_versioned() : column.is_stored())) continue;
        const bool there =
            std::any_of(found.begin(), found.end(), [&](const table_column& c) { return c.name == column.name; });
        if (!there)
          missing += (missing.empty() ? "" : ", ") + ("column " + std::string{table} + "." + std::string{column.name});
      }
    };
    need(entity.table->name, entity.table->columns, false);
    for (const auto& relation : entity.relations) need(relation.table->name, relation.table->columns, false);
    const auto own_defects = own_table_defects(*on);
    if (entity.versioned) {
      need(entity.table->shadow, entity.table->columns, true);
      for (const auto& relation : entity.relations) need(relation.table->shadow, relation.table->columns, true);
      for (const auto& defect : own_defects) missing += (missing.empty() ? "" : ", ") + defect;
    }
    if (missing.empty()) require_known_layout(*on);
    const auto known = own_defects.empty() ? catalog::read(*on) : catalog{};
    if (entity.versioned) require_same_entry(*on, known, entity, missing);
    if (!missing.empty()) refuse(*on, entity, missing + " missing");
    if (!unsafe.empty())
      throw schema_error(on->name() + " cannot be used for the kind " + std::string{entity.kind} + ": " + unsafe,
                         {std::string{entity.kind}, {}, "open"});
    book_->add(entity, known);
  }

 private:
  [[noreturn]] static void refuse(connection& on, const entity_info& entity, const std::string& why) {
    throw schema_error(on.name() + " is not ready for the kind " + std::string{entity.kind} + ": " + why +
                           "; run varve::schema{store}.add<...>().apply(), or open the store with the kind "
                           "(open<...>), which does that",
                       {std::string{entity.kind}, {}, "open"});
  }
  /// What is written must be what the catalog says, else versions would lack what they seem to have.
  /// \param missing  what the tables lack; where they lack something, that is to be told.
  static void require_same_entry(connection& on, const catalog& known, const entity_info& entity,
                                 const std::string& missing) {
    const auto match = match_entity(known, entity);
    require_no_contradiction(on, known, match);
    const auto differences = unapplied(match);
    if (differences.empty() || (!missing.empty() && !match.is_renamed())) return;
    std::string why;
    for (const auto& one : differences) why += (why.empty() ? "" : ", ") + one;
    refuse(on, entity, why);
  }

  std::shared_ptr<statement_book> book_;
  std::shared_ptr<connection_pool> pool_;
};

}  // namespace varve::sql
