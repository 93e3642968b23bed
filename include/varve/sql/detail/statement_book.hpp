#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/sql/detail/former_fields.hpp"
#include "varve/sql/statements.hpp"
#include "varve/sql/transaction_conditions.hpp"

namespace varve::sql {

/// The statements of varve's own tables.
struct own_statements {
  /// How many change records one statement inserts at most.
  static constexpr std::size_t most_records = 16;

  /// What a statement that selects records with their transactions asks for, behind the conditions on transactions; the
  /// order is that of its marks.
  enum class told_condition : std::uint16_t {
    entity_kind = 1U << transaction_bits,
    kind = 1U << (transaction_bits + 1),
    operation = 1U << (transaction_bits + 2),
    path = 1U << (transaction_bits + 3),
    behind = 1U << (transaction_bits + 4),
    newest_first = 1U << (transaction_bits + 5),  ///< no condition
  };

  own_statements(const dialect& spelled, statement_places& places) : told(places.give_family()), dialect_(&spelled) {
    const std::string transaction =
        "SELECT id, issued_at, actor, action_kind, message, meta, token FROM version_transaction ";
    last_id = places.give("SELECT coalesce(max(id), 0) FROM version_transaction");
    last_issued = places.give("SELECT issued_at FROM version_transaction ORDER BY id DESC LIMIT 1");
    const std::string columns =
        "INTO version_transaction (issued_at, actor, action_kind, message, meta, token) VALUES (";
    const std::string returning = spelled.returning == nullptr ? std::string{} : spelled.returning("id");
    insert_later = places.give(std::string{spelled.insert_later});
    insert_transaction = places.give("INSERT " + columns + "?1, ?2, ?3, ?4, ?5, ?6)" + returning);
    if (spelled.locks_rows) {
      insert_rising = places.give(spelled.insert_rising(false));
      insert_rising_behind_list = places.give(spelled.insert_rising(true));
    }
    by_id = places.give(transaction + "WHERE id = ?");
    by_ids = places.give(transaction + "WHERE id " + std::string{spelled.in_list});
    by_token = places.give(transaction + "WHERE token = ?");
    after_id = places.give(transaction + "WHERE id > ? ORDER BY id LIMIT ?");
    // Where times rise with the ids, as writers take turns, the newest id whose time is not later is found by halves.
    const std::string middle = "(s.low + s.high) / 2";
    const std::string early =
        "coalesce((SELECT CASE WHEN x.issued_at <= ?1 THEN 1 ELSE 0 END FROM version_transaction x WHERE x.id <= " +
        middle + " ORDER BY x.id DESC LIMIT 1), 1) = 1";
    issued_until = places.give(
        "WITH RECURSIVE s(low, high) AS (SELECT coalesce((SELECT min(id) FROM version_transaction), 1) - 1, "
        "coalesce((SELECT max(id) FROM version_transaction), 0) + 1 UNION ALL SELECT CASE WHEN " +
        early + " THEN " + middle + " ELSE s.low END, CASE WHEN " + early + " THEN s.high ELSE " + middle +
        " END FROM s WHERE s.high - s.low > 1) " + transaction +
        "WHERE id <= (SELECT max(low) FROM s) ORDER BY id DESC LIMIT 1");
    if (spelled.locks_rows) issued_until = places.give(transaction + "WHERE issued_at <= ?1 ORDER BY id DESC LIMIT 1");

    const std::string change = change_of("c") + "version_changes c WHERE ";
    changes = places.give(change +
                          "c.entity_kind = ? AND c.entity_id = ? AND c.transaction_id BETWEEN ? AND ? ORDER BY "
                          "c.transaction_id, c.sequence");
    changes_of = places.give(change + "c.transaction_id = ? ORDER BY c.entity_kind, c.entity_id, c.sequence");
    changes_at =
        places.give(change_of("c") + std::string{spelled.pairs} +
                    " j CROSS JOIN version_changes c WHERE c.transaction_id = j.first AND c.entity_kind = ? AND " +
                    std::string{spelled.same_entity});
    const std::string page =
        "(SELECT transaction_id FROM version_changes WHERE transaction_id > ?1 ORDER BY transaction_id LIMIT ?2) t";
    const std::string of_page = spelled.finds_pages_ahead
                                    ? "(SELECT DISTINCT t.transaction_id FROM " + page +
                                          ") d CROSS JOIN version_changes c WHERE c.transaction_id = d.transaction_id"
                                    : "version_changes c WHERE c.transaction_id > ?1 AND c.transaction_id <= (SELECT "
                                      "max(t.transaction_id) FROM " +
                                          page + ")";
    changes_after =
        places.give(change_of("c") + of_page + " ORDER BY c.transaction_id, c.entity_kind, c.entity_id, c.sequence");
    kinds = places.give("SELECT name, content FROM version_catalog WHERE section = 'entity' ORDER BY name");
    const std::string into_changes =
        "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
        "from_value, to_value) ";
    const std::string shared =
        (spelled.pending_id == nullptr ? std::string{"?1"} : spelled.pending_id("?1", false)) + ", ?2, ?3";
    std::string all;
    for (std::size_t rows = 1, mark = 4; rows <= most_records; ++rows) {
      all += (rows > 1 ? ", (" : "(") + (spelled.record_rows == nullptr ? shared + ", " : std::string{});
      for (int i = 0; i < 6; ++i) all += (i > 0 ? ", ?" : "?") + std::to_string(mark++);
      all += ")";
      insert_changes[rows - 1] = places.give(
          into_changes + (spelled.record_rows == nullptr ? "VALUES " + all : spelled.record_rows(shared, all)));
    }
    const std::string where_horizon =
        "SELECT content FROM version_catalog WHERE section = 'schema' AND name = 'horizon'";
    horizon = places.give(where_horizon);
    lock_horizon = places.give(where_horizon + (spelled.locks_rows ? " FOR UPDATE" : ""));
    put_catalog = places.give(std::string{spelled.put_catalog});
    delete_transaction = places.give("DELETE FROM version_transaction WHERE id = ?");
    delete_changes_of = places.give("DELETE FROM version_changes WHERE transaction_id = ?");
    delete_changes =
        places.give("DELETE FROM version_changes WHERE transaction_id = ? AND entity_kind = ? AND entity_id = ?");
  }

  /// Records behind a place with their transactions, walked over by transaction.
  [[nodiscard]] std::string select_told(std::uint16_t form) const {
    const auto wants = [&](told_condition condition) { return (form & static_cast<std::uint16_t>(condition)) != 0; };
    const bool newest_first = wants(told_condition::newest_first);
    std::string text = "version_changes r CROSS JOIN version_transaction x WHERE x.id = r.transaction_id AND " +
                       transaction_text(*dialect_, form);
    const auto add = [&](told_condition condition, std::string_view sql) {
      if (wants(condition)) text.append(sql).append(" AND ");
    };
    // PostgreSQL would walk over all transactions before to merge them with the records.
    const auto asks = [&](transaction_condition condition) {
      return (form & static_cast<std::uint16_t>(condition)) != 0;
    };
    if (asks(transaction_condition::first)) text += "x.id >= ? AND ";
    if (asks(transaction_condition::last)) text += "x.id <= ? AND ";
    // Of writers in turn (SQLite) the index of entities is kept out by +: by it, all records of the kind would be sorted.
    add(told_condition::entity_kind, dialect_->locks_rows ? "r.entity_kind = ?" : "+r.entity_kind = ?");
    add(told_condition::kind, "r.kind = ?");
    add(told_condition::operation, "r.operation = ?");
    const std::string within = "(r.path = ? OR substr(r.path, 1, " + std::string{dialect_->length} + "(?)) = ?)";
    add(told_condition::path, within);
    const auto first = static_cast<std::size_t>(std::count(text.begin(), text.end(), '?')) + 1;
    const std::string behind = (newest_first ? "(r.transaction_id, r.id) < (?, ?) AND x.id <= ?"
                                             : "(r.transaction_id, r.id) > (?, ?) AND x.id >= ?") +
                               seek(*dialect_, "r.transaction_id", first, newest_first ? "<=" : ">=");
    add(told_condition::behind, behind);
    const std::string direction = newest_first ? " DESC" : "";
    text += "r.transaction_id > 0";
    const std::string in_order = " ORDER BY r.transaction_id" + direction;
    const std::string selected =
        change_of("r", ", x.id, x.issued_at, x.actor, x.action_kind, x.message, x.meta, x.token");
    if (!dialect_->finds_pages_ahead) return selected + text + in_order + ", r.id" + direction + " LIMIT ?";
    const auto marks = number_marks(text);
    const std::string most = " LIMIT ?" + std::to_string(marks + 1);
    return selected + "(SELECT DISTINCT i.transaction_id FROM (SELECT r.transaction_id FROM " + text + in_order + most +
           ") i) d CROSS JOIN " + text + " AND r.transaction_id = d.transaction_id" + in_order + ", r.id" + direction +
           most;
  }

  /// Writes a transaction if its time is later than the newest one's, else nothing.
  statement_text insert_later;
  /// Writes a transaction with a time behind another one's, or behind those of a list; where writers run side by side.
  statement_text insert_rising, insert_rising_behind_list;
  statement_text insert_transaction, last_issued, last_id;
  statement_text by_id, by_ids, by_token, after_id, issued_until;
  /// Of 1, 2, ... records of one entity: ?1 the transaction, ?2 and ?3 the entity, then six values for each.
  std::array<statement_text, most_records> insert_changes;
  statement_text changes, changes_of, changes_at, changes_after;
  statement_text kinds;
  std::size_t told;  ///< the family of `select_told`
  statement_text horizon, lock_horizon;
  statement_text put_catalog, delete_transaction, delete_changes_of, delete_changes;

 private:
  /// The columns of a record, and what else is selected.
  [[nodiscard]] static std::string change_of(const std::string& alias, std::string_view more = {}) {
    std::string text;
    for (const auto* name : {"id", "transaction_id", "entity_kind", "entity_id", "sequence", "kind", "operation",
                             "path", "from_value", "to_value"})
      text.append(text.empty() ? "SELECT " : ", ").append(alias).append(".").append(name);
    return text.append(more).append(" FROM ");
  }
  /// Gives each mark that has none its number, so that the text may stand twice.
  /// \return how many marks it gave one.
  static std::size_t number_marks(std::string& text) {
    std::size_t marks = 0;
    for (auto at = text.find('?'); at != std::string::npos; at = text.find('?', at + 1))
      if (at + 1 == text.size() || text[at + 1] < '0' || text[at + 1] > '9')
        text.insert(at + 1, std::to_string(++marks));
    return marks;
  }

  const dialect* dialect_;
};

/// The statements of all tables in use, shared by the connections of one store.
class statement_book {
 public:
  explicit statement_book(const dialect& spelled) : dialect_(&spelled), own_(spelled, places_) {}

  [[nodiscard]] const dialect& spelling() const { return *dialect_; }
  [[nodiscard]] const own_statements& own() const { return own_; }

  const table_statements& of(const table_info& table) {
    const std::lock_guard guard{mutex_};
    const auto found = tables_.find(table.name);
    if (found == tables_.end()) throw schema_error("table " + std::string{table.name} + " is not in use by this store");
    return *found->second;
  }
  /// What the fields of a kind were before; null when they have the names and types that they always had.
  [[nodiscard]] std::shared_ptr<const former_fields> former_of(std::string_view kind) {
    if (!has_former_) return nullptr;
    const std::lock_guard guard{mutex_};
    const auto found = former_.find(kind);
    return found == former_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::vector<std::string> removed_paths(std::string_view kind) {
    const std::lock_guard guard{mutex_};
    const auto found = removed_.find(kind);
    return found == removed_.end() ? std::vector<std::string>{} : found->second;
  }
  /// Whether a kind in use has keys of one integer, which a column of texts has as texts.
  [[nodiscard]] bool has_integer_key(std::string_view kind) {
    const std::lock_guard guard{mutex_};
    return integer_keys_.contains(kind);
  }
  /// Whether fields of any kind had other names or types.
  [[nodiscard]] bool has_former() const { return has_former_; }
  /// Whether a shadow table is of a kind in use.
  [[nodiscard]] bool has_shadow(std::string_view shadow) {
    const std::lock_guard guard{mutex_};
    return std::any_of(tables_.begin(), tables_.end(),
                       [&](const auto& known) { return known.second->table().shadow == shadow; });
  }
  /// Whether a table in use has children or links.
  [[nodiscard]] bool is_relation(std::string_view name) {
    const std::lock_guard guard{mutex_};
    const auto found = tables_.find(name);
    return found != tables_.end() && !found->second->table().parent.empty();
  }
  void add(const entity_info& entity, const catalog& known) {
    for (const auto& [at, content] : known.rows()) {  // also of kinds that are not in use: their records can be read
      const std::lock_guard guard{mutex_};
      if (at.first == "former") {
        former_.insert_or_assign(at.second, std::make_shared<const former_fields>(*known.json("former", at.second)));
        has_former_ = true;
      } else if (at.first == "removed") {
        removed_.insert_or_assign(at.second, known.list("removed", at.second));
      }
    }
    if (sql::has_integer_key(&entity)) {
      const std::lock_guard guard{mutex_};
      integer_keys_.emplace(entity.kind);
    }
    add(*entity.table, nullptr, known);
    for (const auto& relation : entity.relations)
      add(*relation.table, relation.target != nullptr ? &relation.target() : nullptr, known);
  }

 private:
  void add(const table_info& table, const entity_info* target, const catalog& known) {
    const std::lock_guard guard{mutex_};
    auto& place = tables_[std::string{table.name}];
    if (place != nullptr) return;
    place = std::make_unique<table_statements>(*dialect_, table, target, places_);
    place->past = table_past{known, table};
  }

  const dialect* dialect_;
  statement_places places_{};
  own_statements own_;
  std::mutex mutex_{};
  std::map<std::string, std::unique_ptr<table_statements>, std::less<>> tables_{};
  std::map<std::string, std::shared_ptr<const former_fields>, std::less<>> former_{};
  std::atomic<bool> has_former_ = false;
  std::map<std::string, std::vector<std::string>, std::less<>> removed_{};
  std::set<std::string, std::less<>> integer_keys_{};
};

/// A book as one user of a connection reads it: a table that was looked up once is found by its address.
class open_book {
 public:
  explicit open_book(statement_book& book) : book_(&book) {}

  [[nodiscard]] const own_statements& own() const { return book_->own(); }
  [[nodiscard]] bool has_integer_key(std::string_view kind) const { return book_->has_integer_key(kind); }
  [[nodiscard]] bool widens_keys() const { return !book_->spelling().widen_key.empty(); }
  [[nodiscard]] bool locks_rows() const { return book_->spelling().locks_rows; }
  [[nodiscard]] bool refers_at_once() const { return book_->spelling().deferred.empty(); }
  [[nodiscard]] bool has_shadow(std::string_view shadow) const { return book_->has_shadow(shadow); }
  [[nodiscard]] std::shared_ptr<const former_fields> former_of(std::string_view kind) const {
    return book_->former_of(kind);
  }
  [[nodiscard]] bool has_former() const { return book_->has_former(); }
  [[nodiscard]] std::vector<std::string> removed_paths(std::string_view kind) const {
    return book_->removed_paths(kind);
  }
  const table_statements& of(const table_info& table) {
    for (const auto& [known, texts] : found_)
      if (known == &table) return *texts;
    return *found_.emplace_back(&table, &book_->of(table)).second;
  }

 private:
  statement_book* book_;
  std::vector<std::pair<const table_info*, const table_statements*>> found_{};
};

}  // namespace varve::sql
