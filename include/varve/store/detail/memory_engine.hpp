#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/store/detail/fair_mutex.hpp"
#include "varve/store/detail/versioned_map.hpp"
#include "varve/store/rows.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

[[nodiscard]] inline std::string text_of(std::string_view view) { return std::string{view}; }

/// Eight bytes whose order is the order of the ids.
[[nodiscard]] inline std::string ordered_bytes(std::int64_t number) { return row_key::of(value::of(number)).bytes(); }

/// A live table and its shadow in memory.
struct memory_table {
  memory_table(const table_info& made_of, undo_log& log)
      : info(&made_of), live(log), children(log), targets(log), ids(log), shadow(log), shadow_children(log),
        shadow_begun(log), deleted_ids(log) {
    for (std::size_t i = 0; i < made_of.unique.size(); ++i)
      uniques.push_back(std::make_unique<versioned_map<row_key>>(log));
    for (const auto& column : made_of.columns)
      if (column.is_stored() && !column.is_versioned()) has_unversioned = true;
  }

  const table_info* info;
  bool has_unversioned = false;
  std::int64_t next_key = 1;  ///< never goes back, so a key is never given twice

  versioned_map<packed_row> live;                              ///< key -> row
  versioned_map<row_key> children;                             ///< parent's key + key -> key
  versioned_map<row_key> targets;                              ///< link target's key + key -> key
  versioned_map<row_key> ids;                                  ///< uuid -> key
  std::vector<std::unique_ptr<versioned_map<row_key>>> uniques;  ///< values -> key
  versioned_map<shadow_entry> shadow;                          ///< key + transaction -> row
  versioned_map<row_key> shadow_children;                      ///< parent's key + key -> key, whoever was its child
  versioned_map<row_key> shadow_begun;                         ///< transaction + key -> key
  versioned_map<row_key> deleted_ids;                          ///< uuid + key -> key
};

/// The memory store's data and its single write transaction.
class memory_engine final : public store_base, public std::enable_shared_from_this<memory_engine> {
 public:
  memory_engine() : transactions_(log_), tokens_(log_), changes_(log_), changes_by_entity_(log_) {}

  std::unique_ptr<store_connection> connect() override;
  std::unique_ptr<store_reader> snapshot() override;

  [[nodiscard]] const memory_table* find_table(std::string_view name) const {
    const auto found = tables_.find(name);
    return found == tables_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] fair_mutex& mutex() { return data_mutex_; }

  /// Waits for the turn of the write transaction.
  void take_turn() {
    using namespace std::chrono_literals;
    if (!turn_.try_acquire_for(5s))
      throw backend_error(error_kind::retry,
                          "memory store: another session's write transaction stayed open for 5 s; commit or roll it "
                          "back, or try again");
  }
  void end_turn() noexcept { turn_.release(); }

  // ---- the write transaction; the caller has the turn ----

  apply_result apply(const write_set& set);
  [[nodiscard]] std::size_t mark() const { return log_.size(); }
  void undo_to(std::size_t mark) noexcept {
    const std::unique_lock guard{data_mutex_};
    log_.undo_to(mark);
  }
  void commit() {
    const std::unique_lock guard{data_mutex_};
    log_.commit();
  }

  // ---- reading one side; the caller holds the data's lock ----

  [[nodiscard]] std::optional<packed_row> live(const table_info& table, const row_key& key, bool pending) const;
  [[nodiscard]] packed_row looked_up(const table_info& table, const packed_row& row, std::optional<transaction_id> at,
                                     bool pending) const;
  [[nodiscard]] const versioned_map<std::string>& tokens() const { return tokens_; }
  [[nodiscard]] const versioned_map<transaction_entry>& transactions() const { return transactions_; }
  [[nodiscard]] const versioned_map<change_entry>& changes() const { return changes_; }
  [[nodiscard]] const versioned_map<std::string>& changes_by_entity() const { return changes_by_entity_; }
  [[nodiscard]] const shadow_entry* newest(const memory_table& table, const row_key& key, transaction_id at,
                                           bool pending) const {
    const shadow_entry* found = nullptr;
    const std::string from = key.bytes() + ordered_bytes(at.value);
    table.shadow.each_down_from(from, pending, [&](const std::string& place, const shadow_entry& entry) {
      if (place.compare(0, key.bytes().size(), key.bytes()) == 0) found = &entry;
      return false;
    });
    return found;
  }

 protected:
  void prepare(const entity_info& entity) override {
    const std::unique_lock guard{data_mutex_};
    add_table(*entity.table);
    for (const auto& relation : entity.relations) add_table(*relation.table);
  }

 private:
  void add_table(const table_info& table) {
    auto& place = tables_[text_of(table.name)];
    if (place == nullptr) {
      place = std::make_unique<memory_table>(table, log_);
      return;
    }
    const auto& known = *place->info;
    const bool same = known.columns.size() == table.columns.size() &&
                      std::equal(known.columns.begin(), known.columns.end(), table.columns.begin(),
                                 [](const column_info& a, const column_info& b) { return a.name == b.name; });
    if (!same)
      throw schema_error("memory store: table " + text_of(table.name) +
                         " is already in use with other columns; give one of the two kinds another table<>");
  }
  memory_table& table(const table_info& info) {
    const auto found = tables_.find(info.name);
    if (found == tables_.end()) throw schema_error("memory store: table " + text_of(info.name) + " is not in use");
    return *found->second;
  }

  [[nodiscard]] std::optional<save_conflict> check(const write_set& set, const std::vector<row_key>& keys);
  void write_live(const write_set& set, std::vector<row_key>& keys, apply_result& result);
  void move_to_owner(const write_set& set, std::size_t i, const std::vector<row_key>& keys, apply_result& result);
  void put_live(memory_table& table, const row_key& key, const packed_row& row, const packed_row* old);
  void drop_live(memory_table& table, const row_key& key, const packed_row& row);
  void check_references(const write_set& set, const std::vector<row_key>& keys);
  void write_shadow(const table_info& info, row_operation operation, const row_key& key, packed_row row,
                    transaction_id self);
  void write_transaction(const transaction_entry& entry);
  void write_baseline_rows(const entity_info& entity, const row_key& key, transaction_id id);
  void write_records(const write_set& set, const std::vector<row_key>& entity_keys, transaction_id self);
  [[nodiscard]] time_point next_time(const write_set& set) const;
  [[nodiscard]] transaction_entry entry_of(const write_set& set) const;
  [[nodiscard]] packed_row versioned_part(const memory_table& table, const packed_row& row) const {
    if (!table.has_unversioned) return row;
    return with_values(row, [&](std::size_t i, value& v) {
      if (!table.info->columns[i].is_versioned()) v = value::null();
    });
  }
  [[noreturn]] static void refuse(const table_info& table, const std::string& why) {
    throw backend_error(error_kind::input, "cannot save into table " + text_of(table.name) + ": " + why,
                        {text_of(table.name), {}, "save"});
  }
  [[nodiscard]] static std::optional<row_key> unique_key(const packed_row& row, std::span<const std::uint16_t> columns) {
    for (const auto column : columns)
      if (row[column].is_null()) return std::nullopt;  // as in SQL, nulls do not clash
    return row_key::of(row, columns);
  }

  fair_mutex data_mutex_{};
  std::binary_semaphore turn_{1};
  undo_log log_{};
  std::map<std::string, std::unique_ptr<memory_table>, std::less<>> tables_{};
  versioned_map<transaction_entry> transactions_;   ///< id -> row
  versioned_map<std::string> tokens_;               ///< token -> id
  versioned_map<change_entry> changes_;             ///< transaction, kind, key, sequence -> row
  versioned_map<std::string> changes_by_entity_;    ///< kind, key, transaction, sequence -> place in `changes_`
  std::int64_t next_transaction_ = 1;
  std::int64_t next_change_ = 1;
};

// ---- reading ----

inline std::optional<packed_row> memory_engine::live(const table_info& info, const row_key& key, bool pending) const {
  const auto* found = find_table(info.name);
  if (found == nullptr) return std::nullopt;
  const auto* row = found->live.find(key.bytes(), pending);
  if (row == nullptr) return std::nullopt;
  return looked_up(info, *row, std::nullopt, pending);
}

/// Adds the target's uuid to a row of an association.
inline packed_row memory_engine::looked_up(const table_info& info, const packed_row& row,
                                           std::optional<transaction_id> at, bool pending) const {
  if (info.stored == info.columns.size()) return row;
  std::string id;
  for (const auto* entity : entities())
    for (const auto& relation : entity->relations) {
      if (relation.table->name != info.name || relation.target == nullptr) continue;
      const auto& target = *relation.target().table;
      const auto* stored = find_table(target.name);
      if (stored == nullptr || target.public_id == no_field) continue;
      const auto key = row_key::of(row[relation.table->natural[0]]);
      if (at)
        if (const auto* entry = newest(*stored, key, *at, pending)) id = entry->row[target.public_id].view();
      if (id.empty())
        if (const auto* live_row = stored->live.find(key.bytes(), pending)) id = (*live_row)[target.public_id].view();
    }
  row_packer packer;
  for (std::size_t i = 0; i < info.stored; ++i) packer.add(row[i]);
  packer.add(id.empty() ? value::null() : value::text(id));
  return packer.take();
}

/// Reads the committed side, or that of the open transaction.
class memory_reader final : public store_reader {
 public:
  /// A snapshot holds the data as it is until it ends; otherwise each call sees the state of its moment.
  memory_reader(std::shared_ptr<memory_engine> engine, bool pending, bool snapshot)
      : engine_(std::move(engine)), pending_(pending), held_(engine_->mutex(), std::defer_lock) {
    if (snapshot) held_.lock();
  }

  std::optional<packed_row> live(const table_info& table, const row_key& key) override {
    const auto guard = lock();
    return engine_->live(table, key, pending_);
  }

  std::vector<packed_row> live_of_parent(const table_info& table, const row_key& parent) override {
    const auto guard = lock();
    std::vector<packed_row> rows;
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr) return rows;
    found->children.each_with_prefix(parent.bytes(), pending_, [&](const std::string&, const row_key& key) {
      if (const auto* row = found->live.find(key.bytes(), pending_))
        rows.push_back(engine_->looked_up(table, *row, std::nullopt, pending_));
      return true;
    });
    sort_by_position(table, rows, [](const packed_row& row) -> const packed_row& { return row; });
    return rows;
  }

  std::vector<packed_row> live_where(const table_info& table, std::size_t column, const value& wanted,
                                     std::size_t limit) override {
    const auto guard = lock();
    std::vector<packed_row> rows;
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr) return rows;
    const auto add = [&](const row_key& key) {
      if (const auto* row = found->live.find(key.bytes(), pending_))
        if ((*row)[column] == wanted) rows.push_back(engine_->looked_up(table, *row, std::nullopt, pending_));
      return rows.size() < limit;
    };
    const std::string prefix = row_key::of(wanted).bytes();
    if (column == table.public_id) {
      found->ids.each_with_prefix(prefix, pending_, [&](const std::string&, const row_key& key) { return add(key); });
    } else if (table.columns[column].is(column_flag::natural) && !table.own_key) {
      found->targets.each_with_prefix(prefix, pending_,
                                      [&](const std::string&, const row_key& key) { return add(key); });
    } else {
      found->live.each_from({}, pending_, [&](const std::string&, const packed_row& row) {
        if (row[column] == wanted) rows.push_back(engine_->looked_up(table, row, std::nullopt, pending_));
        return rows.size() < limit;
      });
    }
    return rows;
  }

  std::vector<packed_row> live_after(const table_info& table, const std::optional<row_key>& after,
                                     std::size_t limit) override {
    const auto guard = lock();
    std::vector<packed_row> rows;
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr || limit == 0) return rows;
    found->live.each_from(after ? after->bytes() : std::string{}, pending_,
                          [&](const std::string& key, const packed_row& row) {
                            if (after && key == after->bytes()) return true;
                            rows.push_back(engine_->looked_up(table, row, std::nullopt, pending_));
                            return rows.size() < limit;
                          });
    return rows;
  }

  std::optional<shadow_entry> newest(const table_info& table, const row_key& key, transaction_id at) override {
    const auto guard = lock();
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr) return std::nullopt;
    const auto* entry = engine_->newest(*found, key, at, pending_);
    if (entry == nullptr) return std::nullopt;
    return *entry;
  }

  std::vector<shadow_entry> of_parent(const table_info& table, const row_key& parent, transaction_id at) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr) return rows;
    found->shadow_children.each_with_prefix(parent.bytes(), pending_, [&](const std::string&, const row_key& key) {
      const auto* entry = engine_->newest(*found, key, at, pending_);
      if (entry != nullptr && entry->holds_at(at) && row_key::of(entry->row, table.parent) == parent) {
        rows.push_back(*entry);
        rows.back().row = engine_->looked_up(table, entry->row, at, pending_);
      }
      return true;
    });
    sort_by_position(table, rows, [](const shadow_entry& entry) -> const packed_row& { return entry.row; });
    return rows;
  }

  std::vector<shadow_entry> around(const table_info& table, const row_key& parent, transaction_id at) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr) return rows;
    found->shadow_children.each_with_prefix(parent.bytes(), pending_, [&](const std::string&, const row_key& key) {
      const auto* entry = engine_->newest(*found, key, at, pending_);
      if (entry != nullptr)
        rows.push_back(*entry);
      else
        found->shadow.each_with_prefix(key.bytes(), pending_, [&](const std::string&, const shadow_entry& first) {
          rows.push_back(first);
          return false;
        });
      return true;
    });
    return rows;
  }

  std::vector<shadow_entry> versions(const table_info& table, const row_key& key, const version_range& range) override {
    std::vector<shadow_entry> rows;
    each_version(table, key, range, [&](const shadow_entry& entry) {
      if (rows.size() >= range.limit) return false;
      rows.push_back(entry);
      return true;
    });
    return rows;
  }
  std::size_t count_versions(const table_info& table, const row_key& key, const version_range& range) override {
    std::size_t count = 0;
    each_version(table, key, range, [&](const shadow_entry&) { return ++count > 0; });
    return count;
  }

  std::vector<row_key> deleted_keys(const table_info& table, const uuid& id) override {
    const auto guard = lock();
    std::vector<row_key> keys;
    if (const auto* found = engine_->find_table(table.name))
      found->deleted_ids.each_with_prefix(row_key::of(value::text(to_string(id))).bytes(), pending_,
                                          [&](const std::string&, const row_key& key) {
                                            keys.push_back(key);
                                            return true;
                                          });
    return keys;
  }

  std::vector<shadow_entry> begun_at(const table_info& table, transaction_id at) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    if (const auto* found = engine_->find_table(table.name))
      found->shadow_begun.each_with_prefix(ordered_bytes(at.value), pending_,
                                           [&](const std::string&, const row_key& key) {
                                             if (const auto* entry = engine_->newest(*found, key, at, pending_))
                                               rows.push_back(*entry);
                                             return true;
                                           });
    return rows;
  }

  std::vector<shadow_entry> shadow_after(const table_info& table,
                                         const std::optional<std::pair<row_key, transaction_id>>& after,
                                         std::size_t limit) override {
    const auto guard = lock();
    std::vector<shadow_entry> rows;
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr || limit == 0) return rows;
    const std::string from = after ? after->first.bytes() + ordered_bytes(after->second.value) : std::string{};
    found->shadow.each_from(from, pending_, [&](const std::string& place, const shadow_entry& entry) {
      if (after && place == from) return true;
      rows.push_back(entry);
      return rows.size() < limit;
    });
    return rows;
  }

  std::optional<transaction_entry> transaction(transaction_id id) override {
    const auto guard = lock();
    const auto* found = engine_->transactions().find(ordered_bytes(id.value), pending_);
    if (found == nullptr) return std::nullopt;
    return *found;
  }
  std::vector<transaction_entry> transactions(const std::vector<transaction_id>& ids) override {
    const auto guard = lock();
    std::vector<transaction_entry> rows;
    for (const auto id : ids)
      if (const auto* found = engine_->transactions().find(ordered_bytes(id.value), pending_)) rows.push_back(*found);
    return rows;
  }
  std::vector<transaction_entry> transactions_after(transaction_id after, std::size_t limit) override {
    const auto guard = lock();
    std::vector<transaction_entry> rows;
    engine_->transactions().each_from(ordered_bytes(after.value + 1), pending_,
                                      [&](const std::string&, const transaction_entry& entry) {
                                        if (rows.size() < limit) rows.push_back(entry);
                                        return rows.size() < limit;
                                      });
    return rows;
  }
  std::optional<transaction_entry> transaction_at(time_point time) override {
    const auto guard = lock();
    std::optional<transaction_entry> found;
    engine_->transactions().each_down_from(ordered_bytes(INT64_MAX), pending_,
                                           [&](const std::string&, const transaction_entry& entry) {
                                             if (entry.issued_at > time) return true;
                                             found = entry;
                                             return false;
                                           });
    return found;
  }
  std::optional<transaction_entry> transaction_of(const uuid& token) override {
    const auto guard = lock();
    const auto* id = engine_->tokens().find(to_string(token), pending_);
    if (id == nullptr) return std::nullopt;
    return *engine_->transactions().find(*id, pending_);
  }

  std::vector<change_entry> changes(std::string_view kind, const row_key& key, transaction_id first,
                                    transaction_id last) override {
    const auto guard = lock();
    std::vector<change_entry> rows;
    const std::string prefix = row_key::of(value::text(kind)).bytes() + key.bytes();
    engine_->changes_by_entity().each_from(
        prefix + ordered_bytes(first.value), pending_, [&](const std::string& place, const std::string& at) {
          if (std::string_view{place}.substr(0, prefix.size()) != prefix) return false;
          const auto& entry = *engine_->changes().find(at, pending_);
          if (entry.transaction > last) return false;
          rows.push_back(entry);
          return true;
        });
    return rows;
  }
  std::vector<change_entry> changes_of(transaction_id id) override {
    const auto guard = lock();
    std::vector<change_entry> rows;
    engine_->changes().each_with_prefix(ordered_bytes(id.value), pending_,
                                        [&](const std::string&, const change_entry& entry) {
                                          rows.push_back(entry);
                                          return true;
                                        });
    return rows;
  }

  transaction_id horizon() override { return {}; }
  transaction_id versioned_since(const table_info&, std::size_t) override { return {}; }

 private:
  template <class Rows, class Row>
  static void sort_by_position(const table_info& table, Rows& rows, Row&& row_of) {
    if (table.position == no_field) return;
    std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
      return row_of(a)[table.position].integer() < row_of(b)[table.position].integer();
    });
  }

  template <class Visit>
  void each_version(const table_info& table, const row_key& key, const version_range& range, Visit&& visit) {
    const auto guard = lock();
    const auto* found = engine_->find_table(table.name);
    if (found == nullptr) return;
    const std::string wanted = range.id ? to_string(*range.id) : std::string{};
    const auto one = [&](const std::string& place, const shadow_entry& entry) {
      if (std::string_view{place}.substr(0, key.bytes().size()) != key.bytes()) return false;
      if (range.after && entry.begin <= *range.after) return !range.newest_first;
      if (range.before && entry.begin >= *range.before) return range.newest_first;
      if (range.id && entry.row[table.public_id].view() != wanted) return true;
      return static_cast<bool>(visit(entry));
    };
    if (range.newest_first)
      found->shadow.each_down_from(key.bytes() + ordered_bytes(range.before ? range.before->value : INT64_MAX),
                                   pending_, one);
    else
      found->shadow.each_from(key.bytes() + ordered_bytes(range.after ? range.after->value : INT64_MIN), pending_, one);
  }

  [[nodiscard]] std::shared_lock<fair_mutex> lock() const {
    return held_.owns_lock() ? std::shared_lock<fair_mutex>{} : std::shared_lock{engine_->mutex()};
  }

  std::shared_ptr<memory_engine> engine_;
  bool pending_;
  std::shared_lock<fair_mutex> held_;
};

// ---- writing ----

inline time_point memory_engine::next_time(const write_set& set) const {
  time_point time = set.who.clock;
  transactions_.each_down_from(ordered_bytes(INT64_MAX), true, [&](const std::string&, const transaction_entry& entry) {
    time = std::max(time, entry.issued_at + std::chrono::microseconds{1});
    return false;
  });
  return time;
}

inline transaction_entry memory_engine::entry_of(const write_set& set) const {
  transaction_entry entry;
  entry.issued_at = next_time(set);
  if (set.who.who) entry.actor = set.who.who->name;
  entry.action_kind = set.who.action_kind;
  entry.message = set.who.message;
  entry.meta = set.who.meta;
  entry.token = to_string(set.who.token);
  return entry;
}

inline void memory_engine::write_transaction(const transaction_entry& entry) {
  transactions_.put(ordered_bytes(entry.id.value), entry);
  if (entry.token.empty()) return;
  if (tokens_.find(entry.token, true) != nullptr)
    throw backend_error(error_kind::input, "memory store: a save's token was used before");
  tokens_.put(entry.token, ordered_bytes(entry.id.value));
}

inline std::optional<save_conflict> memory_engine::check(const write_set& set, const std::vector<row_key>& keys) {
  for (std::size_t i = 0; i < set.locks.size(); ++i) {
    const auto& lock = set.locks[i];
    if (keys[i].empty() || lock.expected.what == expectation::check::anything) continue;
    auto& stored = table(*lock.entity->table);
    const bool lives = stored.live.find(keys[i].bytes(), true) != nullptr;
    const auto* newest_row = newest(stored, keys[i], {INT64_MAX}, true);
    const bool open = newest_row != nullptr && !newest_row->end;
    const auto found = open ? std::optional{newest_row->begin} : std::nullopt;
    const bool removed = open && newest_row->operation == row_operation::remove;
    const bool as_expected = lock.expected.what == expectation::check::version      ? lives && found == lock.expected.open
                             : lock.expected.what == expectation::check::no_version ? lives && (!open || removed)
                                                                                    : !lives;
    if (!as_expected) return save_conflict{i, found, lives};
  }
  return std::nullopt;
}

inline void memory_engine::drop_live(memory_table& stored, const row_key& key, const packed_row& row) {
  const auto& info = *stored.info;
  stored.live.erase(key.bytes());
  if (!info.parent.empty()) stored.children.erase(row_key::of(row, info.parent).bytes() + key.bytes());
  if (!info.own_key && info.natural.size() == 1)
    stored.targets.erase(row_key::of(row, info.natural).bytes() + key.bytes());
  if (info.public_id != no_field) stored.ids.erase(row_key::of(row[info.public_id]).bytes());
  for (std::size_t u = 0; u < info.unique.size(); ++u)
    if (const auto values = unique_key(row, info.unique[u])) {
      const auto* holder = stored.uniques[u]->find(values->bytes(), true);
      if (holder != nullptr && *holder == key) stored.uniques[u]->erase(values->bytes());
    }
}

inline void memory_engine::put_live(memory_table& stored, const row_key& key, const packed_row& row,
                                    const packed_row* old) {
  const auto& info = *stored.info;
  if (old != nullptr) drop_live(stored, key, *old);
  for (std::size_t i = 0; i < info.stored; ++i) {
    const auto& column = info.columns[i];
    if (row[i].is_null() && (column.is_any(column_flag::key | column_flag::parent) ||
                             (!column.ops->nullable && column.embedding == nullptr && !column.is(column_flag::filled))))
      refuse(info, "column " + text_of(column.name) + " cannot be null");
  }
  for (std::size_t u = 0; u < info.unique.size(); ++u)
    if (const auto values = unique_key(row, info.unique[u])) {
      if (stored.uniques[u]->find(values->bytes(), true) != nullptr) {
        std::string names;
        for (const auto column : info.unique[u]) names += (names.empty() ? "" : ", ") + text_of(info.columns[column].name);
        refuse(info, "another row has the same unique " + names);
      }
      stored.uniques[u]->put(values->bytes(), key);
    }
  if (info.public_id != no_field) {
    const auto id = row_key::of(row[info.public_id]);
    if (stored.ids.find(id.bytes(), true) != nullptr) refuse(info, "another row has the same uuid");
    stored.ids.put(id.bytes(), key);
  }
  if (!info.parent.empty()) stored.children.put(row_key::of(row, info.parent).bytes() + key.bytes(), key);
  if (!info.own_key && info.natural.size() == 1)
    stored.targets.put(row_key::of(row, info.natural).bytes() + key.bytes(), key);
  stored.live.put(key.bytes(), row);
}

inline void memory_engine::write_live(const write_set& set, std::vector<row_key>& keys, apply_result& result) {
  // Updated rows leave their places in the unique indexes first, so that values may be swapped.
  struct change {
    std::size_t index;
    packed_row row;
  };
  std::vector<change> updates;
  std::vector<packed_row> old_rows;
  for (std::size_t i = 0; i < set.live.size(); ++i) {
    const auto& change_of = set.live[i];
    auto& stored = table(*change_of.table);
    const auto& info = *change_of.table;
    if (change_of.operation == row_operation::insert) continue;
    keys[i] = row_key::of(change_of.row, info.key);
    const auto* old = stored.live.find(keys[i].bytes(), true);
    if (old == nullptr) continue;  // gone by another program: drift, told by the doctor
    const packed_row before = *old;
    if (change_of.operation == row_operation::remove) {
      drop_live(stored, keys[i], before);
    } else {
      packed_row next = with_values(before, [&](std::size_t c, value& v) {
        if (std::find(change_of.columns.begin(), change_of.columns.end(), c) != change_of.columns.end())
          v = change_of.row[c];
      });
      drop_live(stored, keys[i], before);
      updates.push_back({i, std::move(next)});
    }
  }
  for (const auto& update : updates) {
    if (set.live[update.index].owner != entity_lock::no_row) continue;  // its new owner comes first
    auto& stored = table(*set.live[update.index].table);
    put_live(stored, keys[update.index], update.row, nullptr);
    for (const auto& column : stored.info->columns)
      if (column.is(column_flag::filled)) {
        result.given.push_back({update.index, update.row});
        break;
      }
  }
  for (std::size_t i = 0; i < set.live.size(); ++i) {
    const auto& insert = set.live[i];
    if (insert.operation == row_operation::update && insert.owner != entity_lock::no_row) move_to_owner(set, i, keys, result);
    if (insert.operation != row_operation::insert) continue;
    auto& stored = table(*insert.table);
    const auto& info = *insert.table;
    packed_row row = insert.row;
    const bool gives_key = info.generated_key && row[info.key[0]].is_null();
    if (gives_key || insert.owner != entity_lock::no_row) {
      row_key::parts parent;
      if (insert.owner != entity_lock::no_row) parent = keys[insert.owner].values();
      row = with_values(insert.row, [&](std::size_t c, value& v) {
        if (gives_key && c == info.key[0]) v = value::of(stored.next_key);
        if (insert.owner != entity_lock::no_row && info.columns[c].is(column_flag::parent))
          v = parent.values[info.columns[c].ordinal];
      });
    }
    keys[i] = row_key::of(row, info.key);
    if (stored.live.find(keys[i].bytes(), true) != nullptr)
      refuse(info, "key " + keys[i].text() + " is taken by another row");
    put_live(stored, keys[i], row, nullptr);
    if (info.generated_key) {
      const auto number = keys[i].integer();
      if (number && *number >= stored.next_key) stored.next_key = *number + 1;
    }
    result.given.push_back({i, row});
  }
}

/// Writes a row whose new owner was inserted by the same set.
inline void memory_engine::move_to_owner(const write_set& set, std::size_t i, const std::vector<row_key>& keys,
                                         apply_result& result) {
  const auto& moved = set.live[i];
  const auto parent = keys[moved.owner].values();
  auto row = with_values(moved.row, [&](std::size_t c, value& v) {
    if (moved.table->columns[c].is(column_flag::parent)) v = parent.values[moved.table->columns[c].ordinal];
  });
  put_live(table(*moved.table), keys[i], row, nullptr);
  result.given.push_back({i, std::move(row)});
}

/// Parents, link targets and to-one targets must live; nothing may refer to a row that went.
inline void memory_engine::check_references(const write_set& set, const std::vector<row_key>& keys) {
  const auto lives = [&](std::string_view name, const row_key& key) {
    const auto* stored = find_table(name);
    return stored != nullptr && stored->live.find(key.bytes(), true) != nullptr;
  };
  const auto known = entities();
  for (std::size_t i = 0; i < set.live.size(); ++i) {
    const auto& written = set.live[i];
    auto& stored = table(*written.table);
    const auto* row = stored.live.find(keys[i].bytes(), true);
    if (row != nullptr) {
      for (std::size_t c = 0; c < written.table->stored; ++c) {
        const auto& column = written.table->columns[c];
        if (column.refers_to.empty() || (*row)[c].is_null()) continue;
        if (!lives(column.refers_to, row_key::of((*row)[c])))
          refuse(*written.table, "column " + text_of(column.name) + " refers to no row of " + text_of(column.refers_to));
      }
      for (const auto* entity : known)
        for (const auto& relation : entity->relations) {
          if (relation.table->name != written.table->name) continue;
          if (!lives(entity->table->name, row_key::of(*row, relation.table->parent)))
            refuse(*written.table, "its owner in " + text_of(entity->table->name) + " does not exist");
          if (relation.target != nullptr &&
              !lives(relation.target().table->name, row_key::of(*row, relation.table->natural)))
            refuse(*written.table, "the linked " + text_of(relation.target().kind) + " " +
                                       row_key::of(*row, relation.table->natural).text() + " does not exist");
        }
    } else if (written.operation == row_operation::remove) {
      for (const auto* entity : known) {
        for (const auto& relation : entity->relations) {
          if (relation.target == nullptr || relation.target().table->name != written.table->name) continue;
          if (const auto* links = find_table(relation.table->name))
            links->targets.each_with_prefix(keys[i].bytes(), true, [&](const std::string&, const row_key& key) -> bool {
              refuse(*written.table, "row " + keys[i].text() + " is still linked by " + text_of(links->info->name) +
                                         " " + key.text());
            });
        }
        for (const auto& column : entity->table->columns) {
          if (column.refers_to != written.table->name) continue;
          const auto* referring = find_table(entity->table->name);
          if (referring == nullptr) continue;
          const auto place = static_cast<std::size_t>(&column - entity->table->columns.data());
          referring->live.each_from({}, true, [&](const std::string&, const packed_row& other) {
            if (row_key::of(other[place]) == keys[i])
              refuse(*written.table, "row " + keys[i].text() + " is still referred to by column " +
                                         text_of(column.name) + " of " + text_of(entity->table->name));
            return true;
          });
        }
      }
    }
  }
}

inline void memory_engine::write_shadow(const table_info& info, row_operation operation, const row_key& key,
                                        packed_row row, transaction_id self) {
  auto& stored = table(info);
  if (const auto* open = newest(stored, key, {INT64_MAX}, true); open != nullptr && !open->end) {
    shadow_entry closed = *open;
    closed.end = self;
    stored.shadow.put(key.bytes() + ordered_bytes(closed.begin.value), std::move(closed));
  }
  shadow_entry entry;
  entry.row = std::move(row);
  entry.begin = self;
  entry.operation = operation;
  if (!info.parent.empty())
    stored.shadow_children.put(row_key::of(entry.row, info.parent).bytes() + key.bytes(), key);
  stored.shadow_begun.put(ordered_bytes(self.value) + key.bytes(), key);
  if (operation == row_operation::remove && info.public_id != no_field)
    stored.deleted_ids.put(row_key::of(entry.row[info.public_id]).bytes() + key.bytes(), key);
  stored.shadow.put(key.bytes() + ordered_bytes(self.value), std::move(entry));
}

inline void memory_engine::write_baseline_rows(const entity_info& entity, const row_key& key, transaction_id id) {
  auto& stored = table(*entity.table);
  write_shadow(*entity.table, row_operation::insert, key, versioned_part(stored, *stored.live.find(key.bytes(), true)), id);
  for (const auto& relation : entity.relations) {
    auto& children = table(*relation.table);
    std::vector<row_key> keys;
    children.children.each_with_prefix(key.bytes(), true, [&](const std::string&, const row_key& child) {
      keys.push_back(child);
      return true;
    });
    for (const auto& child : keys)
      write_shadow(*relation.table, row_operation::insert, child,
                   versioned_part(children, *children.live.find(child.bytes(), true)), id);
  }
}

inline void memory_engine::write_records(const write_set& set, const std::vector<row_key>& entity_keys,
                                         transaction_id self) {
  for (const auto& record : set.records) {
    change_entry entry;
    entry.id = next_change_++;
    entry.transaction = self;
    entry.entity_kind = set.locks[record.lock].entity->kind;
    entry.entity = entity_keys[record.lock];
    entry.sequence = record.sequence;
    entry.kind = record.kind;
    entry.operation = record.operation;
    entry.path = set.path_of(record);
    entry.from = set.from_of(record);
    entry.to = set.to_of(record);
    const std::string entity = row_key::of(value::text(entry.entity_kind)).bytes() + entry.entity.bytes();
    const std::string place = ordered_bytes(self.value) + entity + ordered_bytes(entry.sequence);
    changes_.put(place, std::move(entry));
    changes_by_entity_.put(entity + ordered_bytes(self.value) + ordered_bytes(record.sequence), place);
  }
}

inline apply_result memory_engine::apply(const write_set& set) {
  const std::unique_lock guard{data_mutex_};
  apply_result result;
  std::vector<row_key> entity_keys;
  for (const auto& lock : set.locks) entity_keys.push_back(lock.key);
  result.conflict = check(set, entity_keys);
  if (result.conflict) return result;

  transaction_entry entry = entry_of(set);
  result.issued_at = entry.issued_at;
  for (const auto& base : set.baselines) {
    const auto& lock = set.locks[base.lock];
    auto& stored = table(*lock.entity->table);
    const auto* known = newest(stored, lock.key, {INT64_MAX}, true);
    const bool has_history = known != nullptr && known->operation != row_operation::remove;
    const bool wanted = !has_history && (!base.copy_live || stored.live.find(lock.key.bytes(), true) != nullptr);
    result.based.push_back(wanted);
    if (!wanted) continue;
    if (!result.before) {
      transaction_entry before = entry;
      before.id = {next_transaction_++};
      before.action_kind = "baseline";
      before.message.clear();
      before.meta.clear();
      before.token.clear();
      if (base.first) {
        const auto& row = base.copy_live ? *stored.live.find(lock.key.bytes(), true) : base.rows.front().row;
        for (std::size_t i = 0; i < lock.entity->table->stored; ++i)
          if (lock.entity->table->columns[i].is(column_flag::changed_by) && !row[i].is_null()) {
            std::string name;
            append_plain(name, row[i]);
            before.actor = name;
          }
      }
      write_transaction(before);
      result.before = before.id;
      entry.issued_at = before.issued_at + std::chrono::microseconds{1};
      result.issued_at = entry.issued_at;
    }
    if (base.copy_live)
      write_baseline_rows(*lock.entity, lock.key, *result.before);
    else
      for (const auto& row : base.rows)
        write_shadow(*row.table, row.operation, row_key::of(row.row, row.table->key),
                     versioned_part(table(*row.table), row.row), *result.before);
  }

  // Images of rows that are about to be deleted.
  std::vector<packed_row> images(set.shadow.size());
  for (std::size_t i = 0; i < set.shadow.size(); ++i) {
    const auto& shadow = set.shadow[i];
    if (shadow.operation != row_operation::remove || !shadow.copy_live) continue;
    auto& stored = table(*shadow.table);
    if (const auto* row = stored.live.find(row_key::of(shadow.row, shadow.table->key).bytes(), true))
      images[i] = versioned_part(stored, *row);
  }

  std::vector<row_key> keys(set.live.size());
  write_live(set, keys, result);
  check_references(set, keys);
  for (std::size_t i = 0; i < set.locks.size(); ++i)
    if (set.locks[i].inserted != entity_lock::no_row) entity_keys[i] = keys[set.locks[i].inserted];

  if (set.shadow.empty()) return result;
  entry.id = {next_transaction_++};
  write_transaction(entry);
  result.self = entry.id;
  for (std::size_t i = 0; i < set.shadow.size(); ++i) {
    const auto& shadow = set.shadow[i];
    auto& stored = table(*shadow.table);
    row_key key = shadow.live == entity_lock::no_row ? row_key::of(shadow.row, shadow.table->key) : keys[shadow.live];
    packed_row image = images[i].empty() ? versioned_part(stored, shadow.row) : images[i];
    if (shadow.copy_live && shadow.operation != row_operation::remove)
      if (const auto* row = stored.live.find(key.bytes(), true)) image = versioned_part(stored, *row);
    write_shadow(*shadow.table, shadow.operation, key, std::move(image), entry.id);
  }
  write_records(set, entity_keys, entry.id);
  return result;
}

/// A session's transactions on the memory store.
class memory_connection final : public store_connection {
 public:
  explicit memory_connection(std::shared_ptr<memory_engine> engine)
      : engine_(std::move(engine)), reader_(engine_, true, false), committed_(engine_, false, false) {}
  memory_connection(const memory_connection&) = delete;
  memory_connection& operator=(const memory_connection&) = delete;
  ~memory_connection() override { rollback(); }

  apply_result commit(const write_set& set) override {
    apply_result result = apply(set);
    if (result.conflict) return result;
    engine_->commit();
    end();
    return result;
  }
  apply_result apply(const write_set& set) override {
    begin();
    try {
      apply_result result = engine_->apply(set);
      if (result.conflict) rollback();
      return result;
    } catch (...) {
      rollback();
      throw;
    }
  }
  void rollback() noexcept override {
    if (!open_) return;
    engine_->undo_to(0);
    end();
  }
  [[nodiscard]] bool in_transaction() const override { return open_; }
  void savepoint(std::size_t depth) override {
    begin();
    marks_.resize(depth);
    marks_.push_back(engine_->mark());
  }
  void rollback_to(std::size_t depth) override {
    engine_->undo_to(marks_.at(depth));
    marks_.resize(depth + 1);
  }
  void release(std::size_t depth) override { marks_.resize(depth); }
  void begin() override {
    if (open_) return;
    engine_->take_turn();
    open_ = true;
  }
  store_reader& reader() override {
    if (open_) return reader_;
    return committed_;
  }
  outcome outcome_of(const uuid& token) override {
    return committed_.transaction_of(token) ? outcome::committed : outcome::not_committed;
  }

 private:
  void end() noexcept {
    open_ = false;
    marks_.clear();
    engine_->end_turn();
  }

  std::shared_ptr<memory_engine> engine_;
  memory_reader reader_;
  memory_reader committed_;
  std::vector<std::size_t> marks_{};
  bool open_ = false;
};

inline std::unique_ptr<store_connection> memory_engine::connect() {
  return std::make_unique<memory_connection>(shared_from_this());
}
inline std::unique_ptr<store_reader> memory_engine::snapshot() {
  return std::make_unique<memory_reader>(shared_from_this(), false, true);
}

}  // namespace varve::detail
