#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/sql/dialect.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

/// Whether closing a shadow row would rewrite a long value: the table has a column of unbounded length.
[[nodiscard]] inline bool has_filler(const dialect& dialect, const table_info& table) {
  if (!dialect.needs_filler) return false;
  for (const auto& column : table.columns) {
    if (!column.is_versioned() || column.is_any(column_flag::key | column_flag::natural | column_flag::public_id))
      continue;
    const auto meaning = column.ops->meaning;
    if (meaning == column_meaning::json || meaning == column_meaning::blob ||
        (meaning == column_meaning::text && !column.ops->by_name))
      return true;
  }
  return false;
}

/// The width of the filler column of an open row, in bytes; a closed row's is shorter by those of its end id.
inline constexpr std::int64_t filler_bytes = 8;

/// How many bytes SQLite's record format gives an integer (its serial types; 0 and 1 have none).
[[nodiscard]] constexpr std::int64_t stored_bytes(std::int64_t number) {
  if (number == 0 || number == 1) return 0;
  const auto fits = [number](int bits) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    return number >= -limit && number < limit;
  };
  return fits(8) ? 1 : fits(16) ? 2 : fits(24) ? 3 : fits(32) ? 4 : fits(48) ? 6 : 8;
}

/// The texts of all statements of one table, written once from its columns; values are only ever bound.
class table_statements {
 public:
  /// \param target  of an association: the entity that its links lead to; null for other tables.
  table_statements(const dialect& dialect, const table_info& table, const entity_info* target)
      : table_(&table), target_(target), filler_(has_filler(dialect, table)) {
    const std::string live = quote_name(table.name);
    const std::string shadow = quote_name(table.shadow);
    const std::string by_key = condition(table.key);
    const std::string selected = "SELECT " + live_columns() + " FROM " + live + " r ";

    select_live = selected + "WHERE " + by_key;
    if (!table.parent.empty())
      select_of_parent = selected + "WHERE " + condition(table.parent) + " ORDER BY " +
                         (table.position != no_field ? column(table.position) + ", " : std::string{}) +
                         list(table.key);
    select_after = selected + "WHERE " + tuple(table.key) + " > " + places(table.key.size()) + " ORDER BY " +
                   list(table.key) + " LIMIT ?";
    select_first = selected + "ORDER BY " + list(table.key) + " LIMIT ?";
    delete_live = "DELETE FROM " + live + " WHERE " + by_key;
    lives = "SELECT 1 FROM " + live + " WHERE " + by_key;

    const std::string of_key = condition(table.key);
    newest = "SELECT " + shadow_columns("?") + " FROM " + shadow + " r WHERE " + of_key +
             " AND transaction_id <= ? ORDER BY transaction_id DESC LIMIT 1";
    open_row = "SELECT transaction_id, end_transaction_id, operation_type FROM " + shadow + " WHERE " + of_key +
               " ORDER BY transaction_id DESC LIMIT 1";
    close = "UPDATE " + shadow + " SET end_transaction_id = ?" +
            (filler_ ? std::string{", end_filler = zeroblob(?)"} : std::string{}) + " WHERE " + of_key +
            " AND transaction_id = (SELECT max(transaction_id) FROM " + shadow + " WHERE " + of_key +
            " AND transaction_id < ?) AND end_transaction_id IS NULL";
    const std::string into = "INSERT INTO " + shadow + " (" + versioned_list() + ", transaction_id, operation_type" +
                             (filler_ ? ", end_filler" : "") + ") ";
    const std::string filled = filler_ ? ", zeroblob(8)" : "";
    copy_by_key = into + "SELECT " + versioned_list() + ", ?, ?" + filled + " FROM " + live + " WHERE " + by_key;
    if (!table.parent.empty())
      copy_by_parent =
          into + "SELECT " + versioned_list() + ", ?, ?" + filled + " FROM " + live + " WHERE " + condition(table.parent);
    insert_shadow = into + "VALUES (" + marks(versioned_count()) + ", ?, ?" + filled + ")";
    begun_at = "SELECT " + shadow_columns("?") + " FROM " + shadow + " r WHERE transaction_id = ?";
    shadow_first = "SELECT " + shadow_columns("?") + " FROM " + shadow + " r ORDER BY " + list(table.key) +
                   ", transaction_id LIMIT ?";
    shadow_after = "SELECT " + shadow_columns("?") + " FROM " + shadow + " r WHERE (" + list(table.key) +
                   ", transaction_id) > (" + marks(table.key.size() + 1) + ") ORDER BY " + list(table.key) +
                   ", transaction_id LIMIT ?";
    if (table.public_id != no_field)
      deleted_keys = "SELECT DISTINCT " + list(table.key) + " FROM " + shadow + " WHERE " + column(table.public_id) +
                     " = ? AND operation_type = 2";
    if (!table.parent.empty()) around = around_text(shadow);
    of_parent = around.empty() ? around
                               : around + " AND v.operation_type <> 2 AND v.transaction_id <= ?2 AND "
                                          "(v.end_transaction_id IS NULL OR v.end_transaction_id > ?2) AND " +
                                     condition_of("v", table.parent);
    if (!of_parent.empty() && table.position != no_field) of_parent += " ORDER BY v." + column(table.position);
    if (!of_parent.empty() && table.position == no_field) of_parent += " ORDER BY " + list_of("v", table.key);
  }

  [[nodiscard]] const table_info& table() const { return *table_; }
  [[nodiscard]] bool filler() const { return filler_; }

  /// All columns that a live insert writes: those that the database fills are left out, and its key on request.
  [[nodiscard]] std::vector<std::uint16_t> written(bool with_key) const {
    std::vector<std::uint16_t> columns;
    for (std::uint16_t i = 0; i < table_->stored; ++i)
      if (!table_->columns[i].is(column_flag::filled) && (with_key || !table_->columns[i].is(column_flag::key)))
        columns.push_back(i);
    return columns;
  }
  [[nodiscard]] std::string insert_live(std::span<const std::uint16_t> columns) const {
    if (columns.empty()) return "INSERT INTO " + quote_name(table_->name) + " DEFAULT VALUES";
    return "INSERT INTO " + quote_name(table_->name) + " (" + list(columns) + ") VALUES (" + marks(columns.size()) + ")";
  }
  [[nodiscard]] std::string update_live(std::span<const std::uint16_t> columns) const {
    std::string text = "UPDATE " + quote_name(table_->name) + " SET ";
    for (std::size_t i = 0; i < columns.size(); ++i) text += (i > 0 ? ", " : "") + column(columns[i]) + " = ?";
    return text + " WHERE " + condition(table_->key);
  }
  [[nodiscard]] std::string select_where(std::size_t place) const {
    return "SELECT " + live_columns() + " FROM " + quote_name(table_->name) + " r WHERE " + column(place) +
           " = ? ORDER BY " + list(table_->key) + " LIMIT ?";
  }
  /// \param count  rows are counted instead of read.
  [[nodiscard]] std::string select_versions(const version_range& range, bool count) const {
    std::string text = count ? std::string{"SELECT count(*)"} : "SELECT " + shadow_columns("?");
    text += " FROM " + quote_name(table_->shadow) + " r WHERE " + condition(table_->key);
    if (range.after) text += " AND transaction_id > ?";
    if (range.before) text += " AND transaction_id < ?";
    if (range.id) text += " AND " + column(table_->public_id) + " = ?";
    if (count) return text;
    return text + " ORDER BY transaction_id" + (range.newest_first ? " DESC" : "") + " LIMIT ?";
  }
  /// The columns of the shadow table, in order: those of the live table that are versioned.
  [[nodiscard]] std::size_t versioned_count() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < table_->stored; ++i) count += table_->columns[i].is_versioned() ? 1 : 0;
    return count;
  }
  /// How many values `shadow_columns` binds first (the moment of looked-up columns).
  [[nodiscard]] int moments() const { return target_ != nullptr && target_->has_uuid() ? 1 : 0; }

  std::string select_live, select_of_parent, select_after, select_first, delete_live, lives;
  std::string newest, open_row, close, copy_by_key, copy_by_parent, insert_shadow, begun_at, shadow_first, shadow_after,
      deleted_keys, around, of_parent;

 private:
  [[nodiscard]] std::string column(std::size_t index) const { return quote_name(table_->columns[index].name); }
  [[nodiscard]] std::string list(std::span<const std::uint16_t> columns) const {
    std::string text;
    for (const auto index : columns) text += (text.empty() ? "" : ", ") + column(index);
    return text;
  }
  [[nodiscard]] std::string list_of(std::string_view alias, std::span<const std::uint16_t> columns) const {
    std::string text;
    for (const auto index : columns)
      text += (text.empty() ? "" : ", ") + std::string{alias} + "." + column(index);
    return text;
  }
  [[nodiscard]] std::string tuple(std::span<const std::uint16_t> columns) const {
    return columns.size() == 1 ? list(columns) : "(" + list(columns) + ")";
  }
  [[nodiscard]] static std::string marks(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i > 0 ? ", ?" : "?";
    return text;
  }
  [[nodiscard]] static std::string places(std::size_t count) {
    return count == 1 ? std::string{"?"} : "(" + marks(count) + ")";
  }
  [[nodiscard]] std::string condition(std::span<const std::uint16_t> columns) const {
    std::string text;
    for (const auto index : columns) text += (text.empty() ? "" : " AND ") + column(index) + " = ?";
    return text;
  }
  /// With numbered marks: the parent's key is ?1, of several columns ?3, ?4, ... (?2 is the moment).
  [[nodiscard]] std::string condition_of(std::string_view alias,
                                         std::span<const std::uint16_t> columns) const {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::size_t mark = i > 0 ? i + 2 : 1;
      text += (text.empty() ? "" : " AND ") + std::string{alias} + "." + column(columns[i]) + " = ?" +
              std::to_string(mark);
    }
    return text;
  }
  [[nodiscard]] std::string versioned_list() const {
    std::string text;
    for (std::size_t i = 0; i < table_->stored; ++i)
      if (table_->columns[i].is_versioned()) text += (text.empty() ? "" : ", ") + column(i);
    return text;
  }
  /// The columns of a live row, the target's uuid last.
  [[nodiscard]] std::string live_columns() const {
    std::string text;
    for (std::size_t i = 0; i < table_->stored; ++i) text += (i > 0 ? ", " : "") + ("r." + column(i));
    if (table_->stored < table_->columns.size()) text += ", " + live_uuid("r");
    return text;
  }
  [[nodiscard]] std::string live_uuid(std::string_view alias) const {
    if (moments() == 0) return "NULL";
    const auto& target = *target_->table;
    return "(SELECT u." + quote_name(target.columns[target.public_id].name) + " FROM " + quote_name(target.name) +
           " u WHERE u." + quote_name(target.columns[target.key[0]].name) + " = " + std::string{alias} + "." +
           column(table_->natural[0]) + ")";
  }
  /// All columns of a shadow row (null where not versioned), its interval and operation; `moment` is when a looked-up
  /// uuid is looked up.
  [[nodiscard]] std::string shadow_columns(std::string_view moment, std::string_view alias = "r") const {
    std::string text;
    const std::string dot = std::string{alias} + ".";
    if (moments() != 0 && moment == "?") {
      // Bound first, so it has to be written first.
      const auto& target = *target_->table;
      text += "coalesce((SELECT u." + quote_name(target.columns[target.public_id].name) + " FROM " +
              quote_name(target.shadow) + " u WHERE u." + quote_name(target.columns[target.key[0]].name) + " = " + dot +
              column(table_->natural[0]) + " AND u.transaction_id <= ? ORDER BY u.transaction_id DESC LIMIT 1), " +
              live_uuid(alias) + "), ";
    } else if (moments() != 0) {
      const auto& target = *target_->table;
      text += "coalesce((SELECT u." + quote_name(target.columns[target.public_id].name) + " FROM " +
              quote_name(target.shadow) + " u WHERE u." + quote_name(target.columns[target.key[0]].name) + " = " + dot +
              column(table_->natural[0]) + " AND u.transaction_id <= " + std::string{moment} +
              " ORDER BY u.transaction_id DESC LIMIT 1), " + live_uuid(alias) + "), ";
    } else {
      text += "NULL, ";
    }
    for (std::size_t i = 0; i < table_->stored; ++i)
      text += table_->columns[i].is_versioned() ? dot + column(i) + ", " : std::string{"NULL, "};
    return text + dot + "transaction_id, " + dot + "end_transaction_id, " + dot + "operation_type";
  }

  /// Walks the keys of a parent with an index, one step a key, and takes of each its newest row not after ?2, else its
  /// first. (A range over the validity interval reads all of a long history.)
  [[nodiscard]] std::string around_text(const std::string& shadow) const {
    std::vector<std::uint16_t> own;
    for (const auto index : table_->key)
      if (table_->own_key || !table_->columns[index].is(column_flag::parent)) own.push_back(index);
    const std::string parent_is = condition_of("w", table_->parent);
    const std::string selected = "SELECT " + shadow_columns("?2", "v");
    if (own.size() == 1) {
      const std::string c = column(own[0]);
      const std::string same_owner = table_->own_key ? std::string{} : " AND " + condition_of("w", table_->parent);
      const std::string newest_of = "coalesce((SELECT max(w.transaction_id) FROM " + shadow + " w WHERE w." + c +
                                    " = k.c" + same_owner + " AND w.transaction_id <= ?2), (SELECT min(w.transaction_id) FROM " +
                                    shadow + " w WHERE w." + c + " = k.c" + same_owner + "))";
      return "WITH RECURSIVE k(c) AS (SELECT min(w." + c + ") FROM " + shadow + " w WHERE " + parent_is +
             " UNION ALL SELECT (SELECT min(w." + c + ") FROM " + shadow + " w WHERE " + parent_is + " AND w." + c +
             " > k.c) FROM k WHERE k.c IS NOT NULL) " + selected + " FROM k CROSS JOIN " + shadow + " v WHERE v." + c +
             " = k.c" + (table_->own_key ? std::string{} : " AND " + condition_of("v", table_->parent)) +
             " AND v.transaction_id = " + newest_of;
    }
    std::string same_key;
    for (const auto index : table_->key)
      same_key += (same_key.empty() ? "w." : " AND w.") + column(index) + " = v." + column(index);
    return selected + " FROM (SELECT DISTINCT " + list(table_->key) + " FROM " + shadow + " w WHERE " + parent_is +
           ") k CROSS JOIN " + shadow + " v WHERE " + joined_key() +
           " AND v.transaction_id = coalesce((SELECT max(w.transaction_id) FROM " + shadow + " w WHERE " + same_key +
           " AND w.transaction_id <= ?2), (SELECT min(w.transaction_id) FROM " + shadow + " w WHERE " + same_key + "))";
  }
  [[nodiscard]] std::string joined_key() const {
    std::string text;
    for (const auto index : table_->key)
      text += (text.empty() ? "v." : " AND v.") + column(index) + " = k." + column(index);
    return text;
  }

  const table_info* table_;
  const entity_info* target_;
  bool filler_;
};

}  // namespace varve::sql
