#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/sql/connection.hpp"
#include "varve/sql/detail/table_past.hpp"
#include "varve/sql/filler.hpp"
#include "varve/sql/transaction_conditions.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

/// The statements of one table, written once from its columns; values are only ever bound.
class table_statements {
 public:
  /// \param target  of an association: the entity that its links lead to; null for other tables.
  table_statements(const dialect& dialect, const table_info& table, const entity_info* target, statement_places& places)
      : updates(places.give_family()),
        wheres(places.give_family()),
        ranges(places.give_family()),
        searches(places.give_family()),
        dialect_(&dialect),
        table_(&table),
        target_(target),
        filler_(has_filler(dialect, table)),
        fills_(std::any_of(table.columns.begin(), table.columns.end(),
                           [](const column_info& c) { return c.is(column_flag::filled); })) {
    const std::string live = quote_name(table.name);
    const std::string by_key = condition(table.key);
    const std::string selected = "SELECT " + live_columns() + " FROM " + live + " r ";

    select_live = places.give(selected + "WHERE " + by_key);
    if (!table.parent.empty())
      select_of_parent =
          places.give(selected + "WHERE " + condition(table.parent) + " ORDER BY " +
                      (table.position != no_field ? column(table.position) + ", " : std::string{}) + list(table.key));
    select_after = places.give(selected + "WHERE " + tuple(table.key) + " > " + marks_of(table.key.size()) +
                               (table.key.size() > 1 ? seek_key(1) : std::string{}) + " ORDER BY " +
                               list(table.key) + " LIMIT ?");
    select_first = places.give(selected + "ORDER BY " + list(table.key) + " LIMIT ?");
    delete_live = places.give("DELETE FROM " + live + " WHERE " + by_key);
    lives = places.give("SELECT 1 FROM " + live + " WHERE " + by_key);
    for (std::uint16_t i = 0; i < table.stored; ++i) {
      if (table.columns[i].is(column_flag::filled)) continue;
      written_.push_back(i);
      if (!table.columns[i].is(column_flag::key)) written_without_key_.push_back(i);
    }
    insert_live = places.give(insert_text(written_));
    insert_live_without_key =
        places.give(insert_text(written_without_key_) + (table.generated_key && dialect.returning != nullptr
                                                             ? dialect.returning(table.columns[table.key[0]].name)
                                                             : std::string{}));
    if (table.generated_key && dialect.keep_key != nullptr)
      keep_key = places.give(dialect.keep_key(table.name, table.columns[table.key[0]].name));
    if (dialect.locks_rows) lock_live = places.give("SELECT 1 FROM " + live + " WHERE " + by_key + " FOR UPDATE");
    add_shadow_statements(places);
  }

  [[nodiscard]] const table_info& table() const { return *table_; }
  [[nodiscard]] bool filler() const { return filler_; }

  /// Whether a row that was written is read back, as the database fills some of its columns.
  [[nodiscard]] bool fills() const { return fills_; }

  /// The columns that a live insert writes, without the key on request.
  [[nodiscard]] const std::vector<std::uint16_t>& written(bool with_key) const {
    return with_key ? written_ : written_without_key_;
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
  /// What tells statements of `select_found` apart.
  [[nodiscard]] static std::vector<std::uint16_t> search_form(const version_filter& filter, bool behind) {
    const unsigned more =
        (filter.key ? 1U : 0U) | (filter.id ? 2U : 0U) | (filter.deletions ? 4U : 0U) | (behind ? 8U : 0U);
    std::vector<std::uint16_t> form{transaction_form(filter.of), static_cast<std::uint16_t>(more)};
    for (const auto& condition : filter.where) {
      form.push_back(static_cast<std::uint16_t>(condition.columns.size()));
      form.insert(form.end(), condition.columns.begin(), condition.columns.end());
      // Fewer values than these marks: they would be more than a statement can bind.
      form.push_back(static_cast<std::uint16_t>(condition.range
                                                    ? 0xFFF0U | ((*condition.range)[0].is_null() ? 0U : 1U) |
                                                          ((*condition.range)[1].is_null() ? 0U : 2U)
                                                    : condition.any_of.size()));
      if (condition.columns.size() == 1)
        form.push_back(static_cast<std::uint16_t>(std::count_if(
            condition.any_of.begin(), condition.any_of.end(), [](const packed_row& one) { return one[0].is_null(); })));
    }
    return form;
  }
  /// Rows of an entity's shadow table that fit, walked over by key and transaction.
  [[nodiscard]] std::string select_found(const version_filter& filter, bool behind) const {
    std::string text = "SELECT " + shadow_columns("?") + " FROM " + quote_name(table_->shadow) + " r";
    if (filter.of.is_about_deeds()) text += " CROSS JOIN version_transaction x";
    text += filter.of.is_about_deeds() ? " WHERE x.id = r.transaction_id AND " : " WHERE ";
    text += transaction_text(*dialect_, transaction_form(filter.of));
    const std::string order = list_of("r", table_->key) + ", r.transaction_id";
    if (filter.key)
      for (const auto index : table_->key) text += "r." + column(index) + " = ? AND ";
    if (behind) {
      const auto first = static_cast<std::size_t>(std::count(text.begin(), text.end(), '?')) + 1;
      text += "(" + order + ") > (" + marks(table_->key.size() + 1) + ")" +
              seek(*dialect_, "r." + column(table_->key[0]), first) + " AND ";
    }
    if (filter.id) text += "r." + column(table_->public_id) + " = ? AND ";
    for (const auto& one : filter.where) {
      if (one.range) {
        const std::string of = "r." + column(one.columns[0]);
        text += of + " IS NOT NULL AND ";
        if (!(*one.range)[0].is_null()) text += of + " >= ? AND ";
        if (!(*one.range)[1].is_null()) text += of + " <= ? AND ";
        continue;
      }
      if (one.columns.size() == 1) {  // one value after the other would be too deep an expression
        const std::string of = "r." + column(one.columns[0]);
        std::string values;
        bool with_null = false;
        for (const auto& wanted : one.any_of)
          if (wanted[0].is_null())
            with_null = true;
          else
            values += values.empty() ? "?" : ", ?";
        text += "(" + (values.empty() ? std::string{"1 = 0"} : of + " IN (" + values + ")") +
                (with_null ? " OR " + of + " IS NULL" : std::string{}) + ") AND ";
        continue;
      }
      std::string all;
      for (const auto place : one.columns)
        all += (all.empty() ? "r." : " AND r.") + column(place) + " " + std::string{dialect_->is_same} + " ?";
      std::string any;
      for (std::size_t i = 0; i < one.any_of.size(); ++i) any += (i > 0 ? " OR " : "") + all;
      text += (any.empty() ? "1 = 0" : "(" + any + ")") + " AND ";
    }
    return text + (filter.deletions ? "1 = 1" : "r.operation_type <> 2") + " ORDER BY " + order + " LIMIT ?";
  }
  /// The columns of the shadow table, in order: those of the live table that are versioned.
  [[nodiscard]] std::size_t versioned_count() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < table_->stored; ++i) count += table_->columns[i].is_versioned() ? 1 : 0;
    return count;
  }
  /// How many values `shadow_columns` binds first (the moment of looked-up columns).
  [[nodiscard]] int moments() const { return target_ != nullptr && target_->has_uuid() ? 1 : 0; }

  statement_text select_live, select_of_parent, select_after, select_first, delete_live, lives, lock_live, insert_live,
      insert_live_without_key;
  statement_text keep_key;  ///< behind an insert with a key that the database could have given; empty: nothing is to do
  /// Whether the row lives, and the begin, end and operation of its newest version.
  statement_text look;
  /// End the open row of a key: the newest begun before the end, or the one that is known to be open.
  statement_text close, close_known;
  /// Where statements are sent without waiting: the same and a copy of the live row, which fail when they write none;
  /// and that a version is open and its row lives.
  statement_text close_checked, copy_checked, require_open;
  /// Gives a row another end.
  statement_text amend_end;
  statement_text newest, copy_by_key, copy_by_parent, insert_shadow, begun_at, shadow_first, shadow_after, open_first,
      open_after, deleted_keys, around, of_parent, of_parents, history_of_parent, newest_first_keys, newest_after;
  statement_text places_first, places_after, delete_shadow;
  table_past past{};  ///< from when on the table is versioned
  /// Families: of `update_live`, `select_where`, `select_versions` and `select_found`.
  std::size_t updates, wheres, ranges, searches;

 private:
  void add_shadow_statements(statement_places& places) {
    const auto& table = *table_;
    const std::string live = quote_name(table.name);
    const std::string shadow = quote_name(table.shadow);
    const std::string by_key = condition(table.key);
    // Bound twice: the application's own column may have another type.
    const std::string live_key = numbered(table.key, 1);
    const std::string shadow_key = numbered(table.key, table.key.size() + 1);
    const std::string now{dialect_->as_is_now};
    look = places.give(
        "SELECT EXISTS (SELECT 1 FROM " + live + " WHERE " + live_key + now +
        "), v.transaction_id, v.end_transaction_id, v.operation_type FROM (SELECT 1 AS one) o LEFT JOIN (SELECT "
        "transaction_id, end_transaction_id, operation_type FROM " +
        shadow + " WHERE " + shadow_key + " ORDER BY transaction_id DESC LIMIT 1" + now + ") v ON 1 = 1");
    newest = places.give("SELECT " + shadow_columns("?") + " FROM " + shadow + " r WHERE " + by_key +
                         " AND transaction_id <= ? ORDER BY transaction_id DESC LIMIT 1");
    const std::string to_end = "UPDATE " + shadow + " SET end_transaction_id = ";
    const std::string where = (filler_ ? std::string{", end_filler = zeroblob(?2)"} : std::string{}) + " WHERE ";
    const std::string ended = to_end + id_mark("?1") + where;
    const std::size_t first = filler_ ? 3 : 2;
    const std::string ended_key = numbered(table.key, first);
    close =
        places.give(ended + ended_key + " AND transaction_id = (SELECT max(transaction_id) FROM " + shadow + " WHERE " +
                    ended_key + " AND transaction_id < " + id_mark("?1", true) + ") AND end_transaction_id IS NULL");
    const std::string known = ended_key + " AND transaction_id = ?" + std::to_string(first + table.key.size());
    close_known = places.give(ended + known + " AND end_transaction_id IS NULL");
    amend_end = places.give(to_end + "?1" + where + known);
    const std::string into = "INSERT INTO " + shadow + " (" + versioned_list() + ", transaction_id, operation_type" +
                             (filler_ ? ", end_filler" : "") + ") ";
    const std::string filled = filler_ ? ", zeroblob(" + std::to_string(filler_bytes) + ")" : std::string{};
    const std::string copied =
        into + "SELECT " + versioned_list() + ", " + id_mark("?") + ", ?" + filled + " FROM " + live + " WHERE ";
    copy_by_key = places.give(copied + by_key);
    if (dialect_->checked != nullptr) {
      close_checked = places.give(dialect_->checked(close_known.text));
      copy_checked = places.give(dialect_->checked(copy_by_key.text));
      require_open = places.give(dialect_->required(
          "EXISTS (SELECT 1 FROM " + shadow + " WHERE " + shadow_key + " AND transaction_id = ?" +
          std::to_string(2 * table.key.size() + 1) + " AND end_transaction_id IS NULL" + now +
          ") AND EXISTS (SELECT 1 FROM " + live + " WHERE " + live_key + now + ")"));
    }
    if (!table.parent.empty()) copy_by_parent = places.give(copied + condition(table.parent));
    insert_shadow =
        places.give(into + "VALUES (" + marks(versioned_count()) + ", " + id_mark("?") + ", ?" + filled + ")");
    const std::string shadow_selected = "SELECT " + shadow_columns("?") + " FROM " + shadow + " r ";
    const std::string in_order = " ORDER BY " + list(table.key) + ", transaction_id LIMIT ?";
    const std::size_t after_moment = static_cast<std::size_t>(moments()) + 1;
    begun_at = places.give(begun_text(shadow));
    shadow_first = places.give(shadow_selected + in_order.substr(1));
    shadow_after = places.give(shadow_selected + "WHERE (" + list(table.key) + ", transaction_id) > (" +
                               marks(table.key.size() + 1) + ")" + seek_key(after_moment) + in_order);
    const std::string open = shadow_selected + "WHERE end_transaction_id IS NULL";
    open_first = places.give(open + " ORDER BY " + list(table.key) + " LIMIT ?");
    open_after = places.give(open + " AND " + tuple(table.key) + " > " + marks_of(table.key.size()) +
                             (table.key.size() > 1 ? seek_key(after_moment) : std::string{}) + " ORDER BY " +
                             list(table.key) + " LIMIT ?");
    add_retention_statements(places);
    if (table.public_id != no_field)
      deleted_keys = places.give("SELECT DISTINCT " + list(table.key) + " FROM " + shadow + " WHERE " +
                                 column(table.public_id) + " = ? AND operation_type = 2 ORDER BY " + list(table.key));
    if (table.parent.empty()) {
      newest_first_keys = places.give(newest_text(shadow, false));
      newest_after = places.give(newest_text(shadow, true));
      return;
    }
    history_of_parent = places.give("SELECT " + shadow_columns("r.transaction_id") + " FROM " + shadow + " r WHERE " +
                                    condition(table.parent) + " AND transaction_id <= ? ORDER BY " + list(table.key) + ", transaction_id");
    const std::string each = around_text(shadow);
    // Where another plan than the walk may be chosen, its order is asked for.
    around = places.give(each + (dialect_->locks_rows ? " ORDER BY " + list_of("v", table.key) : std::string{}));
    const auto holds_at = [](const std::string& mark) {
      return " AND v.operation_type <> 2 AND (v.end_transaction_id IS NULL OR v.end_transaction_id > " + mark + ")";
    };
    const std::string as_items =
        " ORDER BY " + (table.position != no_field ? "v." + column(table.position) : list_of("v", table.key));
    of_parent =
        places.give((dialect_->walks_keys ? each + " AND v.transaction_id <= ?2"
                                          : newest_by_group_text(shadow, condition_of("w", table.parent), "?2")) +
                    holds_at("?2") + " AND " + condition_of("v", table.parent) + as_items);
    of_parents = places.give(newest_of_parents_text(shadow) + holds_at("?1") + as_items);
  }

  /// ?1 is the horizon. What a later row of the key tells is in the key's index; only of the newest row begun before the
  /// horizon the table itself is read.
  void add_retention_statements(statement_places& places) {
    const auto& table = *table_;
    const std::string shadow = quote_name(table.shadow);
    const std::string selected = "SELECT " + list_of("r", table.key) +
                                 ", r.transaction_id, CASE WHEN r.transaction_id >= ?1 THEN 0 WHEN EXISTS (SELECT 1 "
                                 "FROM " +
                                 shadow + " n WHERE " + same_key("n", "r") +
                                 " AND n.transaction_id > r.transaction_id AND n.transaction_id < ?1) OR "
                                 "r.operation_type = 2 OR r.end_transaction_id < ?1 THEN 1 ELSE 0 END FROM " +
                                 shadow + " r ";
    const std::string order = "ORDER BY " + list_of("r", table.key) + ", r.transaction_id LIMIT ?";
    places_first = places.give(selected + order + "2");
    std::string marks;
    for (std::size_t i = 0; i <= table.key.size(); ++i) marks += (i > 0 ? ", ?" : "?") + std::to_string(i + 2);
    places_after = places.give(selected + "WHERE (" + list_of("r", table.key) + ", r.transaction_id) > (" + marks +
                               ")" + seek_key(2, "r.") + " " + order + std::to_string(table.key.size() + 3));
    delete_shadow = places.give("DELETE FROM " + shadow + " WHERE " + condition(table.key) + " AND transaction_id = ?");
  }

  [[nodiscard]] std::string id_mark(std::string_view mark, bool searched = false) const {
    return dialect_->pending_id == nullptr ? std::string{mark} : dialect_->pending_id(mark, searched);
  }
  [[nodiscard]] std::string column(std::size_t index) const { return quote_name(table_->columns[index].name); }
  [[nodiscard]] std::string list(std::span<const std::uint16_t> columns) const {
    std::string text;
    for (const auto index : columns) text += (text.empty() ? "" : ", ") + column(index);
    return text;
  }
  [[nodiscard]] std::string list_of(std::string_view alias, std::span<const std::uint16_t> columns) const {
    std::string text;
    for (const auto index : columns) text += (text.empty() ? "" : ", ") + std::string{alias} + "." + column(index);
    return text;
  }
  [[nodiscard]] std::string tuple(std::span<const std::uint16_t> columns) const {
    return columns.size() == 1 ? list(columns) : "(" + list(columns) + ")";
  }
  /// \param mark  of the key's first value.
  [[nodiscard]] std::string seek_key(std::size_t mark, const std::string& alias = {}) const {
    return seek(*dialect_, alias + column(table_->key[0]), mark);
  }
  [[nodiscard]] static std::string marks(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i > 0 ? ", ?" : "?";
    return text;
  }
  [[nodiscard]] static std::string marks_of(std::size_t count) {
    return count == 1 ? std::string{"?"} : "(" + marks(count) + ")";
  }
  [[nodiscard]] std::string condition(std::span<const std::uint16_t> columns) const {
    std::string text;
    for (const auto index : columns) text += (text.empty() ? "" : " AND ") + column(index) + " = ?";
    return text;
  }
  /// With marks numbered from `first`, so that a value that stands twice is bound once.
  [[nodiscard]] std::string numbered(std::span<const std::uint16_t> columns, std::size_t first) const {
    std::string text;
    for (const auto index : columns)
      text += (text.empty() ? "" : " AND ") + column(index) + " = ?" + std::to_string(first++);
    return text;
  }
  /// With numbered marks: the parent's key is ?1, of several columns ?3, ?4, ... (?2 is the moment).
  [[nodiscard]] std::string condition_of(std::string_view alias, std::span<const std::uint16_t> columns) const {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::size_t mark = i > 0 ? i + 2 : 1;
      text +=
          (text.empty() ? "" : " AND ") + std::string{alias} + "." + column(columns[i]) + " = ?" + std::to_string(mark);
    }
    return text;
  }
  [[nodiscard]] std::string insert_text(std::span<const std::uint16_t> columns) const {
    if (columns.empty()) return "INSERT INTO " + quote_name(table_->name) + std::string{dialect_->no_values};
    return "INSERT INTO " + quote_name(table_->name) + " (" + list(columns) + ") VALUES (" + marks(columns.size()) +
           ")";
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
    const auto as_text = [&](const std::string& of) { return dialect_->as_text == nullptr ? of : dialect_->as_text(of); };
    if (target.public_id == target.key[0]) return as_text(std::string{alias} + "." + column(table_->natural[0]));
    return "(SELECT " + as_text("u." + quote_name(target.columns[target.public_id].name)) + " FROM " + quote_name(target.name) +
           " u WHERE u." + quote_name(target.columns[target.key[0]].name) + " = " + std::string{alias} + "." +
           column(table_->natural[0]) + ")";
  }
  /// All columns of a shadow row (null where not versioned), its interval and operation; `moment` is when a looked-up
  /// uuid is looked up.
  [[nodiscard]] std::string shadow_columns(std::string_view moment, std::string_view alias = "r") const {
    std::string text;
    const std::string dot = std::string{alias} + ".";
    if (moments() != 0) {  // written first, as its moment is bound first
      const auto& target = *target_->table;
      const std::string versions =
          "(SELECT u." + quote_name(target.columns[target.public_id].name) + " FROM " + quote_name(target.shadow) +
          " u WHERE u." + quote_name(target.columns[target.key[0]].name) + " = " + dot + column(table_->natural[0]);
      // What a prune took away was of the life that its oldest row is of.
      text += "coalesce(" + versions + " AND u.transaction_id <= " + std::string{moment} +
              " ORDER BY u.transaction_id DESC LIMIT 1), " + versions + " ORDER BY u.transaction_id LIMIT 1), " +
              live_uuid(alias) + "), ";
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
    const auto nearest = [&](const std::string& same) {
      const std::string rows = "(SELECT w.transaction_id FROM " + shadow + " w WHERE " + same;
      return "coalesce(" + rows + " AND w.transaction_id <= ?2 ORDER BY w.transaction_id DESC LIMIT 1), " + rows +
             " ORDER BY w.transaction_id LIMIT 1))";
    };
    if (own.size() == 1 && dialect_->walks_keys) {
      const std::string c = column(own[0]);
      const std::string same_owner = table_->own_key ? std::string{} : " AND " + condition_of("w", table_->parent);
      return "WITH RECURSIVE k(c) AS (SELECT " + least(c, shadow, parent_is) + " UNION ALL SELECT " +
             least(c, shadow, parent_is + " AND w." + c + " > k.c") + " FROM k WHERE k.c IS NOT NULL) " + selected +
             " FROM k CROSS JOIN " + shadow + " v WHERE v." + c + " = k.c" +
             (table_->own_key ? std::string{} : " AND " + condition_of("v", table_->parent)) +
             " AND v.transaction_id = " + nearest("w." + c + " = k.c" + same_owner);
    }
    return selected + " FROM (SELECT DISTINCT " + list(parent_and_key()) + " FROM " + shadow + " w WHERE " + parent_is +
           ") k CROSS JOIN " + shadow + " v WHERE " + same_key("v", "k") +
           " AND v.transaction_id = " + nearest(same_key("w", "k"));
  }
  /// Of each parent and key of rows w that fit the newest row that is not after a moment. MariaDB reads one step of an
  /// index a key for that, but all rows of a key for the newest one of each key that another query found.
  [[nodiscard]] std::string newest_by_group_text(const std::string& shadow, const std::string& where,
                                                 const std::string& moment) const {
    const auto columns = parent_and_key();
    const std::string keys = list(columns);
    return "SELECT " + shadow_columns(moment, "v") + " FROM (SELECT " + keys +
           ", max(w.transaction_id) AS transaction_id FROM " + shadow + " w WHERE " + where +
           " AND w.transaction_id <= " + moment + " GROUP BY " + keys + ") k CROSS JOIN " + shadow + " v WHERE " +
           same("v", "k", columns) + " AND v.transaction_id = k.transaction_id";
  }
  /// The same of the parents from ?2, ... to the one whose marks are behind, as of ?1. Where it can be, parents and keys
  /// are walked over with an index, one step each, and one behind the last parent.
  [[nodiscard]] std::string newest_of_parents_text(const std::string& shadow) const {
    const std::size_t first = 2, last = first + table_->parent.size();
    if (!has_row_place())
      return newest_by_group_text(shadow, bounded("w", ">=", first) + " AND " + bounded("w", "<=", last), "?1");
    const auto columns = parent_and_key();
    const std::string place = "." + std::string{dialect_->row_place};
    const auto least_place = [&](const std::string& where) {
      return "(SELECT w" + place + " FROM " + shadow + " w WHERE " + where + " ORDER BY " + list_of("w", columns) +
             " LIMIT 1)";
    };
    std::string next;  // the last column that can rise does; SQLite searches by no comparison of rows with columns
    for (std::size_t i = columns.size(); i-- > 0;) {
      const std::string same_until = same("w", "x", std::span{columns}.first(i));
      next += (next.empty() ? "" : ", ") +
              least_place(same_until + (i > 0 ? " AND w." : "w.") + column(columns[i]) + " > x." + column(columns[i]));
    }
    const std::string walked = " WHERE x" + place + " = k.place AND " + bounded("x", "<=", last);
    return "WITH RECURSIVE k(place) AS (SELECT " + least_place(bounded("w", ">=", first)) +
           " UNION ALL SELECT coalesce(" + next + ") FROM k CROSS JOIN " + shadow + " x" + walked + ") SELECT " +
           shadow_columns("?1", "v") + " FROM k CROSS JOIN " + shadow + " x CROSS JOIN " + shadow + " v" + walked +
           " AND " + same("v", "x", columns) + " AND v.transaction_id = (SELECT max(w.transaction_id) FROM " + shadow +
           " w WHERE " + same("w", "x", columns) + " AND w.transaction_id <= ?1)";
  }
  /// That the parent of a row is the one whose marks begin there, or one beyond it: `>=` or `<=`.
  [[nodiscard]] std::string bounded(const std::string& alias, const std::string& comparison, std::size_t mark) const {
    const auto& parent = table_->parent;
    const auto compared = [&](std::size_t i, std::string_view how) {
      return alias + "." + column(parent[i]) + " " + std::string{how} + " ?" + std::to_string(mark + i);
    };
    if (parent.size() == 1 || !dialect_->seeks_rows) {
      std::string text = compared(parent.size() - 1, comparison);
      for (std::size_t i = parent.size() - 1; i-- > 0;)
        text = "(" + compared(i, comparison.substr(0, 1)) + " OR (" + compared(i, "=") + " AND " + text + "))";
      return text;
    }
    std::string numbers;
    for (std::size_t i = 0; i < parent.size(); ++i) numbers += (i > 0 ? ", ?" : "?") + std::to_string(mark + i);
    return "(" + list_of(alias, parent) + ") " + comparison + " (" + numbers + ")";
  }
  /// Whether a row can be found again by its place: a column of that name would hide it.
  [[nodiscard]] bool has_row_place() const {
    return !dialect_->row_place.empty() &&
           std::none_of(table_->columns.begin(), table_->columns.end(),
                        [&](const column_info& c) { return same_name(c.name, dialect_->row_place); });
  }
  /// With the parent's columns ahead an index is read one step a key.
  [[nodiscard]] std::vector<std::uint16_t> parent_and_key() const {
    auto columns = std::vector<std::uint16_t>{table_->parent.begin(), table_->parent.end()};
    for (const auto index : table_->key)
      if (std::find(columns.begin(), columns.end(), index) == columns.end()) columns.push_back(index);
    return columns;
  }
  /// Walks the keys behind ?3, ?4, ..., or all of them, one step a key, and takes of each its newest row not after ?1; at
  /// most ?2 rows.
  [[nodiscard]] std::string newest_text(const std::string& shadow, bool behind) const {
    if (dialect_->locks_rows) {
      // The walk's order is not that of any plan, and sorting it would walk over all keys for each page: all versions
      // of the keys of a page are looked at.
      std::string numbers;
      for (std::size_t i = 0; i < table_->key.size(); ++i) numbers += (i > 0 ? ", ?" : "?") + std::to_string(i + 3);
      const std::string keys = list_of("v", table_->key);
      return "SELECT " + shadow_columns("?1", "v") + " FROM " + shadow + " v WHERE v.transaction_id = (SELECT " +
             "max(w.transaction_id) FROM " + shadow + " w WHERE " + same_key("w", "v") +
             " AND w.transaction_id <= ?1)" +
             (behind ? " AND (" + keys + ") > (" + numbers + ")" + seek_key(3, "v.") : std::string{}) +
             " ORDER BY " + keys + " LIMIT ?2";
    }
    std::string text = walk_text(shadow, behind);
    text += " AND v.transaction_id = (SELECT max(w.transaction_id) FROM " + shadow + " w WHERE ";
    text += table_->key.size() == 1 ? "w." + column(table_->key[0]) + " = k.c" : same_key("w", "k");
    return text + " AND w.transaction_id <= ?1) LIMIT ?2";
  }
  /// Walks all keys, one step a key, and takes the rows that transaction ?1 began: no index has them by transaction, which
  /// would be one page more for each save.
  [[nodiscard]] std::string begun_text(const std::string& shadow) const {
    return walk_text(shadow, false) + " AND v.transaction_id = ?1";
  }
  /// Rows v of each key in turn, of those behind ?3, ?4, ... or of all.
  [[nodiscard]] std::string walk_text(const std::string& shadow, bool behind) const {
    const auto& key = table_->key;
    if (key.size() == 1 && dialect_->walks_keys) {
      const std::string c = column(key[0]);
      return "WITH RECURSIVE k(c) AS (SELECT " + least(c, shadow, behind ? "w." + c + " > ?3" : std::string{}) +
             " UNION ALL SELECT " + least(c, shadow, "w." + c + " > k.c") + " FROM k WHERE k.c IS NOT NULL) SELECT " +
             shadow_columns("?1", "v") + " FROM k CROSS JOIN " + shadow + " v WHERE v." + c + " = k.c";
    }
    std::string keys = "SELECT DISTINCT " + list(key) + " FROM " + shadow + " w";
    if (behind) {
      std::string numbers;
      for (std::size_t i = 0; i < key.size(); ++i) numbers += (i > 0 ? ", ?" : "?") + std::to_string(i + 3);
      keys += " WHERE (" + list(key) + ") > (" + numbers + ")" + seek_key(3);
    }
    return "SELECT " + shadow_columns("?1", "v") + " FROM (" + keys + " ORDER BY " + list(key) + ") k CROSS JOIN " +
           shadow + " v WHERE " + same_key("v", "k");
  }
  /// The least value of a column of rows w that fit.
  [[nodiscard]] std::string least(const std::string& column, const std::string& shadow,
                                  const std::string& where) const {
    const std::string from = " FROM " + shadow + " w" + (where.empty() ? std::string{} : " WHERE " + where);
    if (dialect_->has_every_min) return "(SELECT min(w." + column + ")" + from + ")";
    return "(SELECT w." + column + from + " ORDER BY w." + column + " LIMIT 1)";
  }
  /// That two aliases are rows of one key.
  [[nodiscard]] std::string same_key(const std::string& one, const std::string& other) const {
    return same(one, other, table_->key);
  }
  [[nodiscard]] std::string same(const std::string& one, const std::string& other,
                                 std::span<const std::uint16_t> columns) const {
    std::string text;
    for (const auto index : columns)
      text += (text.empty() ? "" : " AND ") + one + "." + column(index) + " = " + other + "." + column(index);
    return text;
  }

  const dialect* dialect_;
  const table_info* table_;
  const entity_info* target_;
  bool filler_;
  bool fills_;
  std::vector<std::uint16_t> written_{}, written_without_key_{};
};

}  // namespace varve::sql
