#pragma once

#include <span>
#include <string>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/entity/entity.hpp"
#include "varve/schema/migration.hpp"
#include "varve/store/store.hpp"

namespace varve {

namespace sql {

class sql_store;

}  // namespace sql

/// Creates and checks the tables of an SQL store: the live tables (unless they are the application's own), their shadow
/// tables, and varve's `version_transaction`, `version_changes` and `version_catalog`.
///
///     varve::schema schema{store};
///     schema.add<Dataset>().add<Dashboard>();
///     for (const auto& step : schema.plan()) ...   // the statements, not run
///     schema.apply();                              // a second time it changes nothing
///
/// What became of the structs since the last time is brought into the tables: fields, children and links that came, names
/// of before that `formerly<>` declares. Nothing is ever dropped or narrowed, except by `downgrade`.
class schema {
 public:
  VARVE_INLINE explicit schema(const store_handle& store);

  /// Adds a kind, and what it links and refers to.
  template <entity_type Entity>
  schema& add() {
    return add(info_of<Entity>());
  }
  VARVE_INLINE schema& add(const entity_info& entity);

  /// What `apply` would run: the three migrations, in order.
  [[nodiscard]] VARVE_INLINE std::vector<migration> plan() const;

  /// Brings the database up to date, all or nothing; on MariaDB, which commits each statement, it can be called again.
  ///
  /// Errors: `schema_error` when a table is there that cannot serve (a column of the application's own live table is
  ///         missing, a shadow table without its columns of the interval), or when a descriptor contradicts what the
  ///         catalog says (another key, natural key, owner or table, a uuid that came or went); nothing is changed then.
  VARVE_INLINE void apply() const;

  /// Takes away what varve created, the whole history with it. Live tables stay as they are, also those that `apply`
  /// created, as they hold the application's data.
  ///
  /// Errors: `schema_error` when the database has kinds that were not added here; nothing is changed then.
  VARVE_INLINE void downgrade() const;

  /// Compares descriptors and database; a sentence for each difference, none when all is well.
  [[nodiscard]] VARVE_INLINE std::vector<std::string> check() const;

 private:
  store_handle store_;
  sql::sql_store* sql_ = nullptr;
  std::vector<const entity_info*> entities_{};
};

/// Creates what is missing of the tables of some kinds, and lets the store use them.
/// Errors: as of `schema::apply`.
VARVE_INLINE void create_tables(const store_handle& store, std::span<const entity_info* const> kinds);

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/schema/detail/schema_impl.hpp"
#endif
