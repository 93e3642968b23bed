#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "varve/entity/tables.hpp"

namespace varve::sql {

/// How one database spells what differs between them. Constant data and functions without state.
struct dialect {
  std::string_view name;

  // ---- tables ----

  /// How many bytes a name has at most; 0: any number.
  std::size_t longest_name = 0;

  /// A column's type in DDL.
  /// \param in_index  it is a part of one.
  std::string_view (*type_of)(const column_info& column, bool in_index);
  /// The type and constraints of a key column that the database gives and never gives twice.
  std::string_view generated_key;
  std::string_view transaction_key{};  ///< of `version_transaction.id`, likewise
  std::string_view record_key{};       ///< of `version_changes.id`, likewise
  std::string_view big_integer;
  std::string_view text;
  std::string_view short_text{};  ///< of what is a part of an index; empty: the same
  std::string_view any_key;       ///< of `entity_id`: integers, and texts of other keys; of a type that has both
  /// Where no type has both: of integers, and the statement that makes a text of `entity_id` once another key is there.
  std::string_view integer_key{};
  std::string_view integer_type{};  ///< as the database tells it
  std::string_view widen_key{};
  std::string_view json;
  std::string_view time{};       ///< of `issued_at`
  std::string_view table_end{};  ///< behind the columns of a table
  /// Where no index can be of some rows alone: a column that is the same in all open rows, and that an index holds apart
  /// for each key.
  std::string_view open_mark{};
  std::string_view deferred = " DEFERRABLE INITIALLY DEFERRED";  ///< behind a foreign key; empty: it is checked at once
  std::string_view no_values = " DEFAULT VALUES";                ///< of an insert that names no column
  bool names_referred = false;  ///< a reference names the column of the key that it is to
  bool refers_ahead = true;     ///< a table may refer to one that is made after it
  bool needs_filler;            ///< closing a row must not change its length
  /// Writers run side by side: rows are locked, an index holds that a key has one open row, times rise along one
  /// entity's versions alone, and statements can be sent without waiting for their answers.
  bool locks_rows = false;
  bool has_partial_indexes = true;
  bool indexes_within_tables = false;  ///< their names are their tables' own, and they are made with them
  bool ddl_commits = false;            ///< what changes a table commits what was done before it

  // ---- statements; marks are ?, or ?1, ?2, ... ----

  bool has_every_min = true;        ///< min() of values of each type
  std::string_view is_same = "IS";  ///< equality that holds of two nulls too
  bool seeks_rows = true;           ///< a comparison of several columns with several values is searched by an index
  bool walks_keys = true;           ///< a recursive query may walk over any number of keys
  std::string_view row_place{};     ///< where that is so: the hidden column that tells a row's place in its table
  /// To sort rows that an index has in order but for a part, and to end at a bound that a subquery finds, all rows behind
  /// are read: which transactions a page is of is found ahead.
  bool finds_pages_ahead = false;
  std::string_view length = "length";  ///< of a text in characters
  /// Of a column of the application's own, whatever its type: its text.
  std::string (*as_text)(const std::string& column) = nullptr;
  /// Behind a column: that it is among the numbers of a JSON list that is bound.
  std::string_view in_list{};
  /// A table of the pairs of a JSON list that is bound: `first` a transaction, `second` a record's `entity_id`.
  std::string_view pairs{};
  std::string_view same_entity{};  ///< that a record `c` is of an entity of such pairs `j`
  /// That the actor `x.actor` has a text in it, ASCII letters in either case.
  std::string_view actor_has_part{};
  /// That the JSON text `x.meta` is an object that fits a filter that is bound (see `transaction_filter::meta`).
  std::string_view meta_fits{};
  /// Where writers take turns: writes a transaction if its time is later than the newest one's and its token is new, else
  /// nothing. Marks 1 to 6: issued_at, actor, action_kind, message, meta, token.
  std::string_view insert_later{};
  /// Where writers run side by side: writes a transaction with the time that is bound, or a later one: behind the newest
  /// and behind others. Marks as above, then one other's id or null, or a JSON list of them.
  /// Returns `id` and the time, as a text.
  std::string (*insert_rising)(bool behind_list) = nullptr;
  /// Writes a row of the catalog, whether it is there or not. Marks 1 to 3.
  std::string_view put_catalog{};
  /// Behind an insert: gives back the key in the first column of what it returns; empty where the connection knows it.
  std::string (*returning)(std::string_view key) = nullptr;
  /// Where an insert with a key does not move on what the database gives next: a statement that does, whose mark is that
  /// key; empty where it does.
  std::string (*keep_key)(std::string_view table, std::string_view key) = nullptr;
  /// Of a mark that is bound to a transaction's id: null stands for the one that the connection wrote last.
  /// \param searched  rows are searched by it.
  std::string (*pending_id)(std::string_view mark, bool searched) = nullptr;
  /// What is inserted as change records of one entity; null: VALUES.
  /// \param shared  transaction, kind and id of the entity, which all rows have in common.
  /// \param rows    rows of the six other values: (...), (...)
  std::string (*record_rows)(const std::string& shared, const std::string& rows) = nullptr;
  /// Behind a query: it sees what is committed by now, also in a transaction whose snapshot is older. Empty where a
  /// write over what is newer fails by itself there.
  std::string_view as_is_now{};
  /// A statement that writes rows as one that fails when it writes none.
  std::string (*checked)(const std::string& statement) = nullptr;
  /// A statement that fails when a condition does not hold.
  std::string (*required)(const std::string& condition) = nullptr;
  /// Whether a column declared with a type keeps each value of a meaning as it is; null: it always does.
  bool (*keeps)(std::string_view declared, column_meaning meaning) = nullptr;
  /// How a type begins whose values are read with fewer digits than they have; empty: there is none.
  std::string_view cut_when_read{};
};

/// Whether `entity_id` of a kind is an integer: of others it is the key's text.
[[nodiscard]] inline bool has_integer_key(const entity_info* entity) {
  const auto& table = *entity->table;
  return table.key.size() == 1 && table.columns[table.key[0]].ops->meaning == column_meaning::integer;
}

/// A name in double quotes, as standard SQL has it.
[[nodiscard]] inline std::string quote_name(std::string_view name) {
  std::string text{"\""};
  for (const char c : name) {
    text.push_back(c);
    if (c == '"') text.push_back('"');
  }
  text.push_back('"');
  return text;
}

/// As databases compare names: whatever the case of ASCII letters.
[[nodiscard]] inline bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Behind a comparison of rows: the same of their first column alone, where an index is searched by no more.
/// \param mark  the number of the mark of its value.
[[nodiscard]] inline std::string seek(const dialect& spelled, const std::string& column, std::size_t mark,
                                      std::string_view comparison = ">=") {
  if (spelled.seeks_rows) return {};
  return " AND " + column + " " + std::string{comparison} + " ?" + std::to_string(mark);
}

}  // namespace varve::sql
