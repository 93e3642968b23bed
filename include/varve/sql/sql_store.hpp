#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/sql/detail/sessions.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

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
    std::string missing;
    const auto need = [&](std::string_view table, std::span<const column_info> columns, bool shadow) {
      const auto found = on->columns(table);
      if (found.empty()) {
        missing += (missing.empty() ? "" : ", ") + ("table " + std::string{table});
        return;
      }
      for (const auto& column : columns) {
        if (!(shadow ? column.is_versioned() : column.is_stored())) continue;
        const bool there = std::any_of(found.begin(), found.end(), [&](const table_column& c) { return c.name == column.name; });
        if (!there)
          missing += (missing.empty() ? "" : ", ") + ("column " + std::string{table} + "." + std::string{column.name});
      }
    };
    need(entity.table->name, entity.table->columns, false);
    for (const auto& relation : entity.relations) need(relation.table->name, relation.table->columns, false);
    if (entity.versioned) {
      need(entity.table->shadow, entity.table->columns, true);
      for (const auto& relation : entity.relations) need(relation.table->shadow, relation.table->columns, true);
      for (const std::string_view table : {"version_transaction", "version_changes", "version_catalog"})
        need(table, {}, false);
    }
    if (!missing.empty())
      throw schema_error(on->name() + " is not ready for the kind " + std::string{entity.kind} + ": " + missing +
                             " missing; run varve::schema{store}.add<...>().apply(), or open the store with the kind "
                             "(open<...>), which does that",
                         {std::string{entity.kind}, {}, "open"});
    book_->add(entity);
  }

 private:
  std::shared_ptr<statement_book> book_;
  std::shared_ptr<connection_pool> pool_;
};

}  // namespace varve::sql
