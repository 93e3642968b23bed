#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/sql/statements.hpp"

namespace varve::sql {

/// The DDL of live tables, shadow tables and varve's own, from tables of columns.
class ddl {
 public:
  explicit ddl(const dialect& spelled) : dialect_(spelled) {}

  [[nodiscard]] std::vector<std::string> live_entity(const entity_info& entity) const {
    return {"CREATE TABLE " + quote_name(entity.table->name) + " (" + live_columns(*entity.table) +
            (dialect_.refers_ahead ? references(*entity.table) : std::string{}) + uniques(*entity.table) + table_end()};
  }
  /// Where a table cannot refer to one that is made after it: the statements that let a column refer, once all are there.
  [[nodiscard]] std::vector<std::string> late_reference(const table_info& table, const column_info& column) const {
    if (dialect_.refers_ahead || column.refers_to.empty()) return {};
    return {"ALTER TABLE " + quote_name(table.name) + " ADD" + reference(column)};
  }
  [[nodiscard]] std::vector<std::string> live_relation(const entity_info& owner, const relation_info& relation) const {
    const auto& table = *relation.table;
    std::string text = "CREATE TABLE " + quote_name(table.name) + " (" + live_columns(table) + references(table) +
                       foreign_key(table, table.parent, *owner.table);
    if (relation.target != nullptr) text += foreign_key(table, table.natural, *relation.target().table);
    if (has_unique_names(relation))
      text += ", UNIQUE (" + list(table, table.parent) + ", " + list(table, table.natural) + ")";
    return with_indexes(text + uniques(table), live_indexes(relation));
  }
  /// A shadow table: every versioned column, nullable but for the key, and the interval.
  [[nodiscard]] std::vector<std::string> shadow(const table_info& table) const {
    std::string text = "CREATE TABLE " + quote_name(table.shadow) + " (";
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto& column = table.columns[i];
      if (!column.is_versioned()) continue;
      text += quote_name(column.name) + " " + type_of(table, column) +
              (column.is(column_flag::key) ? " NOT NULL" : "") + ", ";
    }
    text += "\"transaction_id\" " + std::string{dialect_.big_integer} + " NOT NULL, \"end_transaction_id\" " +
            std::string{dialect_.big_integer} + ", \"operation_type\" SMALLINT NOT NULL";
    if (has_filler(dialect_, table)) text += ", \"end_filler\" BLOB";
    if (!dialect_.open_mark.empty()) text += ", \"open_mark\" " + std::string{dialect_.open_mark};
    return with_indexes(text + ", PRIMARY KEY (" + list(table, table.key) + ", \"transaction_id\")",
                        shadow_indexes(table));
  }

  /// The name of an index: the table's and a suffix. One that the database would cut off has a hash in the place of its
  /// end.
  [[nodiscard]] std::string index_name(std::string_view table, std::string_view suffix) const {
    std::string name = std::string{table} + std::string{suffix};
    if (dialect_.longest_name == 0 || name.size() <= dialect_.longest_name) return name;
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : table) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    std::size_t kept = dialect_.longest_name - suffix.size() - 9;
    while (kept > 0 && (static_cast<unsigned char>(table[kept]) & 0xC0U) == 0x80U) --kept;  // within a UTF-8 sequence
    name.resize(kept);
    name.push_back('_');
    for (int shift = 28; shift >= 0; shift -= 4) name.push_back("0123456789abcdef"[(hash >> shift) & 15U]);
    return name + std::string{suffix};
  }

  struct table_index {
    std::string suffix{};  ///< of its name
    std::string columns{};
    std::string statement{};
    bool is_unique = false;
  };
  [[nodiscard]] std::vector<table_index> live_indexes(const relation_info& relation) const {
    const auto& table = *relation.table;
    std::vector<table_index> found;
    if (table.own_key && !has_unique_names(relation))
      found.push_back(index_on(table.name, "_by_owner", list(table, table.parent)));
    if (relation.target != nullptr) found.push_back(index_on(table.name, "_by_target", list(table, table.natural)));
    return found;
  }
  [[nodiscard]] std::vector<table_index> shadow_indexes(const table_info& table) const {
    std::vector<table_index> found;
    if (!table.parent.empty() && table.own_key)
      found.push_back(index_on(table.shadow, "_by_owner",
                               list(table, table.parent) + ", " + list(table, table.key) + ", \"transaction_id\""));
    if (dialect_.locks_rows)
      found.push_back(index_on(table.shadow, "_open",
                               list(table, table.key) + (dialect_.open_mark.empty() ? "" : ", \"open_mark\""),
                               "\"end_transaction_id\" IS NULL", true));
    if (table.public_id != no_field)
      found.push_back(index_on(table.shadow, "_deleted", quote_name(table.columns[table.public_id].name),
                               "\"operation_type\" = 2"));
    return found;
  }
  [[nodiscard]] std::vector<std::string> transactions() const {
    const std::string create = dialect_.ddl_commits ? "CREATE TABLE IF NOT EXISTS " : "CREATE TABLE ";
    const auto key = dialect_.transaction_key.empty() ? dialect_.generated_key : dialect_.transaction_key;
    return {create + "version_transaction (id " + std::string{key} + ", issued_at " + std::string{dialect_.time} +
                " NOT NULL, actor " + std::string{dialect_.text} + ", action_kind " + std::string{dialect_.text} +
                ", message " + std::string{dialect_.text} + ", meta " + std::string{dialect_.json} + ", token " +
                short_text() + " UNIQUE" + table_end(),
            create + "version_catalog (section " + short_text() + " NOT NULL, name " + short_text() +
                " NOT NULL, content " + std::string{dialect_.json} + " NOT NULL, PRIMARY KEY (section, name)" +
                table_end()};
  }
  /// \param integer_keys  each kind's key is one integer.
  [[nodiscard]] std::vector<std::string> changes(bool integer_keys) const {
    const std::string text{dialect_.text};
    const bool narrow = integer_keys && !dialect_.integer_key.empty();
    return with_indexes(
        "CREATE TABLE version_changes (id " + std::string{dialect_.record_key} + ", transaction_id " +
            std::string{dialect_.big_integer} +
            " NOT NULL REFERENCES version_transaction (id) ON DELETE CASCADE, entity_kind " + short_text() +
            " NOT NULL, entity_id " + std::string{narrow ? dialect_.integer_key : dialect_.any_key} +
            " NOT NULL, sequence INTEGER NOT NULL, kind " + short_text() + " NOT NULL, operation " + text +
            " NOT NULL, path " + std::string{dialect_.json} + " NOT NULL, from_value " + std::string{dialect_.json} +
            ", to_value " + std::string{dialect_.json} + ", UNIQUE (transaction_id, entity_kind, entity_id, sequence)",
        {{"_by_entity", "entity_kind, entity_id, transaction_id",
          "CREATE INDEX version_changes_by_entity ON version_changes (entity_kind, entity_id, transaction_id)"},
         {"_by_kind", "kind, transaction_id",
          "CREATE INDEX version_changes_by_kind ON version_changes (kind, transaction_id)"}});
  }
  /// A column that a struct gained, nullable whatever the field.
  /// \param name  of its live or its shadow table.
  [[nodiscard]] std::string add_column(const table_info& table, std::string_view name,
                                       const column_info& column) const {
    return "ALTER TABLE " + quote_name(name) + " ADD COLUMN " + quote_name(column.name) + " " + type_of(table, column);
  }
  /// The same of a live table, with what it refers to.
  [[nodiscard]] std::string add_live_column(const table_info& table, const column_info& column) const {
    const bool refers = dialect_.refers_ahead && !column.refers_to.empty();
    return add_column(table, table.name, column) + (refers ? " REFERENCES " + target(column) : std::string{});
  }
  /// What `unique<>` says of columns of which one is new; there is no such constraint in the table yet.
  [[nodiscard]] std::string add_unique(const table_info& table, std::span<const std::uint16_t> columns) const {
    std::string name{table.name};
    for (const auto index : columns) name += "_" + std::string{table.columns[index].name};
    return "CREATE UNIQUE INDEX " + quote_name(index_name(name, "_unique")) + " ON " + quote_name(table.name) + " (" +
           list(table, columns) + ")";
  }

  [[nodiscard]] static std::string rename_table(std::string_view from, std::string_view to) {
    return "ALTER TABLE " + quote_name(from) + " RENAME TO " + quote_name(to);
  }
  [[nodiscard]] static std::string rename_column(std::string_view table, std::string_view from, std::string_view to) {
    return "ALTER TABLE " + quote_name(table) + " RENAME COLUMN " + quote_name(from) + " TO " + quote_name(to);
  }
  [[nodiscard]] static std::string rename_kind(std::string_view from, std::string_view to) {
    return "UPDATE version_changes SET entity_kind = " + quote_text(to) + " WHERE entity_kind = " + quote_text(from);
  }

 private:
  [[nodiscard]] std::string table_end() const { return ")" + std::string{dialect_.table_end}; }
  [[nodiscard]] std::string short_text() const {
    return std::string{dialect_.short_text.empty() ? dialect_.text : dialect_.short_text};
  }
  /// Whether a column of a table, or of its shadow table, is a part of an index there.
  [[nodiscard]] static bool in_index(const table_info& table, const column_info& column) {
    if (column.is_any(column_flag::key | column_flag::natural | column_flag::parent | column_flag::public_id) ||
        !column.refers_to.empty())
      return true;
    return std::any_of(table.unique.begin(), table.unique.end(), [&](const auto& columns) {
      return std::any_of(columns.begin(), columns.end(), [&](auto i) { return &table.columns[i] == &column; });
    });
  }
  [[nodiscard]] std::string type_of(const table_info& table, const column_info& column) const {
    return std::string{dialect_.type_of(column, in_index(table, column))};
  }
  /// A table whose text lacks its end, and its indexes: within it where they can be.
  [[nodiscard]] std::vector<std::string> with_indexes(std::string text, const std::vector<table_index>& indexes) const {
    std::vector<std::string> statements;
    for (const auto& one : indexes)
      if (dialect_.indexes_within_tables)
        text += (one.is_unique ? ", UNIQUE INDEX " : ", INDEX ") + quote_name(one.suffix.substr(1)) + " (" +
                one.columns + ")";
      else
        statements.push_back(one.statement);
    statements.insert(statements.begin(), text + table_end());
    return statements;
  }
  [[nodiscard]] static std::string quote_text(std::string_view text) {
    std::string quoted{"'"};
    for (const char c : text) {
      quoted.push_back(c);
      if (c == '\'') quoted.push_back(c);
    }
    return quoted + "'";
  }
  [[nodiscard]] static bool has_unique_names(const relation_info& relation) {
    return relation.table->own_key && !relation.keeps_duplicates;
  }
  /// \param where  which rows it is of, if not of all.
  [[nodiscard]] table_index index_on(std::string_view table, std::string_view suffix, const std::string& columns,
                                     std::string_view where = {}, bool is_unique = false) const {
    std::string text = (is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") + quote_name(index_name(table, suffix)) +
                       " ON " + quote_name(table) + " (" + columns + ")";
    if (!where.empty() && dialect_.has_partial_indexes) text.append(" WHERE ").append(where);
    return {std::string{suffix}, columns, std::move(text), is_unique};
  }
  [[nodiscard]] static std::string list(const table_info& table, std::span<const std::uint16_t> columns) {
    std::string text;
    for (const auto index : columns) text += (text.empty() ? "" : ", ") + quote_name(table.columns[index].name);
    return text;
  }
  [[nodiscard]] std::string live_columns(const table_info& table) const {
    std::string text;
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto& column = table.columns[i];
      if (!text.empty()) text += ", ";
      if (table.generated_key && i == table.key[0]) {
        text += quote_name(column.name) + " " + std::string{dialect_.generated_key};
        continue;
      }
      text += quote_name(column.name) + " " + type_of(table, column);
      if (!column.ops->nullable && column.embedding == nullptr && !column.is(column_flag::filled)) text += " NOT NULL";
      if (column.is(column_flag::public_id)) text += " UNIQUE";
    }
    if (!table.generated_key) text += ", PRIMARY KEY (" + list(table, table.key) + ")";
    return text;
  }
  [[nodiscard]] static std::string uniques(const table_info& table) {
    std::string text;
    for (const auto unique : table.unique) text += ", UNIQUE (" + list(table, unique) + ")";
    return text;
  }
  [[nodiscard]] std::string foreign_key(const table_info& table, std::span<const std::uint16_t> columns,
                                        const table_info& target) const {
    return ", FOREIGN KEY (" + list(table, columns) + ") REFERENCES " + quote_name(target.name) + " (" +
           list(target, target.key) + ")" + std::string{dialect_.deferred};
  }
  [[nodiscard]] std::string references(const table_info& table) const {
    std::string text;
    for (const auto& column : table.columns)
      if (!column.refers_to.empty()) text += "," + reference(column);
    return text;
  }
  [[nodiscard]] std::string target(const column_info& column) const {
    const std::string key = dialect_.names_referred ? " (" + quote_name(column.refers_to_key) + ")" : std::string{};
    return quote_name(column.refers_to) + key + std::string{dialect_.deferred};
  }
  [[nodiscard]] std::string reference(const column_info& column) const {
    return " FOREIGN KEY (" + quote_name(column.name) + ") REFERENCES " + target(column);
  }

  const dialect& dialect_;
};

}  // namespace varve::sql
