#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "varve/sql/detail/reader.hpp"
#include "varve/sql/detail/reference_order.hpp"
#include "varve/sql/detail/transaction_writer.hpp"
#include "varve/store/rows.hpp"

namespace varve::sql {

/// Writes write sets through a connection, within its transaction.
class sql_writer {
 public:
  sql_writer(connection& on, statement_book& book)
      : on_(on), book_(book), transactions_(on, book.own(), book.spelling().locks_rows) {}

  /// On a conflict or an error what was written is the caller's to roll back.
  /// \param result   empty; where statements are sent it is whole once their answers are there, so it must last until then.
  /// \param at_once  statements are sent, as far as no answer is needed: what is not as it is expected to be makes one of
  ///                 them fail, and what it was tells a second run, which looks first.
  void apply(const write_set& set, apply_result& result, bool at_once) {
    at_once_ = at_once;
    looked_.assign(set.locks.size(), std::nullopt);
    lock(set);
    const auto checking = rows_that_check(set);
    for (std::size_t i = 0; i < set.locks.size() && !result.conflict; ++i)
      if (checking[i] == no_row) result.conflict = check(set, i);
    if (result.conflict) return;

    result.issued_at = set.who.clock;
    baselines(set, result);
    std::vector<std::size_t> lock_of(set.shadow.size(), no_row);  // of the rows that check
    if (!set.shadow.empty()) result.conflict = number(set, checking, result);
    for (std::size_t i = 0; i < set.locks.size() && !result.conflict; ++i) {
      if (checking[i] == no_row) continue;
      lock_of[checking[i]] = i;
      if (!close_known(set.locks[i], *result.self)) result.conflict = conflict_of(i, look(set, i));
    }
    const auto write_row = [&](std::size_t i, const row_key& key) {
      if (result.conflict) return;
      const bool copied = write_shadow(set.shadow[i], key, *result.self, lock_of[i] != no_row);
      if (!copied && lock_of[i] != no_row)
        result.conflict = save_conflict{lock_of[i], set.locks[lock_of[i]].expected.open, false};
    };
    for (std::size_t i = 0; i < set.shadow.size(); ++i)
      if (set.shadow[i].operation == row_operation::remove) write_row(i, set.shadow[i].key);
    if (result.conflict) return;

    std::vector<row_key> keys(set.live.size());
    write_live(set, keys, result);
    for (std::size_t i = 0; i < set.shadow.size(); ++i) {
      const auto& row = set.shadow[i];
      if (row.operation != row_operation::remove) write_row(i, row.live == no_row ? row.key : keys[row.live]);
    }
    const auto self = [&](std::size_t) { return *result.self; };
    if (!result.conflict) records(set, keys, self);
    if (std::exchange(asked_, false)) on_.settle();  // what is told behind a commit must need no memory
  }

  /// What was written before an error is the caller's to roll back.
  transaction_id amend(const amendment& set) {
    const auto& who = set.told.who;
    const std::string token = to_string(who.token);
    const auto self =
        transactions_.add({actor_of(who), who.action_kind, who.message, who.meta, token}, who.clock, set.versions)
            .first;
    for (const auto& interval : set.intervals) amend_end(interval);
    for (std::size_t i = 0; i < set.versions.size(); ++i) {
      query run{on_, book_.own().delete_changes};
      std::string text;
      run.bind(set.versions[i].value).bind_text(set.told.locks[i].entity->kind);
      bind_entity(run, set.told.locks[i].key, text, book_.widens_keys());
      run.run();
    }
    records(set.told, {}, [&](std::size_t lock) { return set.versions[lock]; });
    return self;
  }

 private:
  static constexpr std::size_t no_row = entity_lock::no_row;

  // ---- checks ----

  /// Locks the live rows of the entities, where writers run side by side: what is read from here on stays true.
  void lock(const write_set& set) {
    if (!book_.locks_rows()) return;
    for (const auto& one : set.locks) {
      if (one.key.empty()) continue;
      query run{on_, book_.of(*one.entity->table).lock_live};
      run.bind(one.key).run();
    }
  }

  /// What is there under an entity's key.
  struct entity_look {
    bool lives = false;
    std::optional<transaction_id> open{};
    bool removed = false;  ///< what is open is the row of its deletion
  };
  const entity_look& look(const write_set& set, std::size_t lock) {
    auto& looked = looked_[lock];
    if (looked) return *looked;
    looked.emplace();
    const auto& entity = *set.locks[lock].entity;
    const auto& texts = book_.of(*entity.table);
    query run{on_, entity.versioned ? texts.look : texts.lives};
    run.bind(set.locks[lock].key);
    if (entity.versioned) run.bind(set.locks[lock].key);
    looked->lives = run.step() && run.column(0).integer() == 1;
    if (entity.versioned && !run.column(1).is_null() && run.column(2).is_null()) {
      looked->open = transaction_id{run.column(1).integer()};
      looked->removed = run.column(3).integer() == 2;
    }
    return *looked;
  }
  [[nodiscard]] static save_conflict conflict_of(std::size_t lock, const entity_look& found) {
    return {lock, found.open, found.lives};
  }
  std::optional<save_conflict> check(const write_set& set, std::size_t i) {
    const auto& lock = set.locks[i];
    if (lock.key.empty() || lock.expected.what == expectation::check::anything) return std::nullopt;
    if (at_once_ && lock.expected.what == expectation::check::version && lock.expected.lives &&
        lock.entity->versioned) {
      query run{on_, book_.of(*lock.entity->table).require_open};
      run.bind(lock.key).bind(lock.key).bind(lock.expected.open.value).run();
      return std::nullopt;
    }
    const auto& found = look(set, i);
    const bool as_expected = lock.expected.what == expectation::check::version
                                 ? (found.lives || !lock.expected.lives) && found.open == lock.expected.open
                             : lock.expected.what == expectation::check::no_version
                                 ? found.lives && (!found.open || found.removed)
                                 : !found.lives;
    if (as_expected) return std::nullopt;
    return conflict_of(i, found);
  }
  /// For each lock the shadow row whose writing checks the expected version by itself: closing the row that should be
  /// open misses when it is not, and so does copying a live row that is not there.
  [[nodiscard]] std::vector<std::size_t> rows_that_check(const write_set& set) const {
    std::vector<std::size_t> rows(set.locks.size(), no_row);
    if (!set.baselines.empty()) return rows;  // their transaction comes first, and that after all checks
    if (book_.locks_rows() && !at_once_) return rows;
    std::vector<std::pair<std::string_view, std::size_t>> locks;  // by key
    for (std::size_t i = 0; i < set.locks.size(); ++i)
      if (set.locks[i].expected.what == expectation::check::version && set.locks[i].entity->versioned)
        locks.emplace_back(set.locks[i].key.bytes(), i);
    std::sort(locks.begin(), locks.end());
    for (std::size_t i = 0; i < set.shadow.size() && !locks.empty(); ++i) {
      const auto& row = set.shadow[i];
      if (row.operation == row_operation::insert || !row.copy_live || !row.table->parent.empty()) continue;
      const std::string_view key = row.key.bytes();
      auto at = std::lower_bound(locks.begin(), locks.end(), std::pair{key, std::size_t{0}});
      for (; at != locks.end() && at->first == key; ++at)
        if (set.locks[at->second].entity->table->name == row.table->name) rows[at->second] = i;
    }
    return rows;
  }

  // ---- transactions ----

  /// The versions that a save ends.
  [[nodiscard]] std::vector<transaction_id> ended_versions(const write_set& set, const apply_result& result) {
    std::vector<transaction_id> ended;
    if (result.before) ended.push_back(*result.before);
    for (std::size_t i = 0; i < set.locks.size(); ++i) {
      const auto& lock = set.locks[i];
      if (lock.key.empty() || !lock.entity->versioned) continue;
      if (lock.expected.what == expectation::check::version)
        ended.push_back(lock.expected.open);
      else if (const auto& found = look(set, i); found.open)
        ended.push_back(*found.open);
    }
    return ended;
  }

  /// The transaction of the save's versions. When the clock has not moved on, or the token is there already, the
  /// expected versions are looked at first: a save that comes again after it was committed is a conflict.
  std::optional<save_conflict> number(const write_set& set, const std::vector<std::size_t>& checking,
                                      apply_result& result) {
    const auto& who = set.who;
    const std::string token = to_string(who.token);
    const transaction_values values{actor_of(who), who.action_kind, who.message, who.meta, token};
    if (book_.locks_rows()) {
      const auto ended = ended_versions(set, result);
      result.self = transaction_id{};  // until its answer is there: the statements know it
      transactions_.send(values, who.clock, ended, [&result](answered_row& row) {
        std::tie(result.self.emplace(), result.issued_at) = transaction_writer::told_in(row, result.issued_at);
      });
      if (!at_once_) on_.settle();
      return std::nullopt;
    }
    if (result.before || !transactions_.insert(book_.own().insert_later, values, who.clock)) {
      for (std::size_t i = 0; i < set.locks.size(); ++i)
        if (checking[i] != no_row)
          if (auto conflict = check(set, i)) return conflict;
      if (!result.before) result.issued_at = transactions_.next_time(who.clock);
      transactions_.insert(book_.own().insert_transaction, values, result.issued_at);
    }
    result.self = transaction_id{on_.last_key()};
    return std::nullopt;
  }

  void baselines(const write_set& set, apply_result& result) {
    for (const auto& base : set.baselines) {
      const auto& lock = set.locks[base.lock];
      const auto& known = look(set, base.lock);
      const bool has_history = known.open && !known.removed;
      const bool renews = has_history && lacks_collections(*lock.entity, base, *known.open);
      const bool wanted = renews || (!has_history && (!base.copy_live || known.lives));
      result.based.push_back(wanted);
      if (!wanted) continue;
      if (!result.before) {
        const std::string author = base.first ? last_author(lock, base) : std::string{};
        const transaction_values values{author.empty() ? actor_of(set.who) : value::text(author), "baseline"};
        const auto [before, time] = transactions_.add(values, set.who.clock, based_on(set));
        result.before = before;
        result.issued_at = time + std::chrono::microseconds{1};
      }
      if (base.copy_live) {
        copy_entity(*lock.entity, lock.key, *result.before, renews ? &base.absent : nullptr);
      } else {
        for (const auto& row : base.rows) write_shadow(row, row.key, *result.before, false);
      }
    }
  }
  /// The open rows that baselines may close: of deleted lives, and of versions that collections join.
  [[nodiscard]] std::vector<transaction_id> based_on(const write_set& set) {
    std::vector<transaction_id> open;
    if (!book_.locks_rows()) return open;
    for (const auto& base : set.baselines)
      if (const auto& known = look(set, base.lock); known.open) open.push_back(*known.open);
    return open;
  }
  /// Who last changed the row, when it says so.
  std::string last_author(const entity_lock& lock, const baseline& base) {
    const auto& table = *lock.entity->table;
    std::string name;
    for (std::size_t i = 0; i < table.stored && name.empty(); ++i) {
      if (!table.columns[i].is(column_flag::changed_by)) continue;
      if (base.copy_live) {
        query run{on_, book_.of(table).select_live};
        run.bind(lock.key);
        if (run.step()) detail::append_plain(name, run.column(static_cast<int>(i)));
      } else {
        detail::append_plain(name, base.rows.front().row[i]);
      }
    }
    return name;
  }
  /// Whether a version still is without the collections that a save found it to be without.
  bool lacks_collections(const entity_info& entity, const baseline& base, transaction_id version) {
    return !base.absent.empty() && std::all_of(base.absent.begin(), base.absent.end(), [&](std::size_t r) {
      return version < book_.of(*entity.relations[r].table).past.whole();
    });
  }
  /// The live rows of an entity as its first version. A deleted chain under the same keys is closed first.
  /// \param absent  not null: it has versions, and these collections join them.
  void copy_entity(const entity_info& entity, const row_key& key, transaction_id at,
                   const std::vector<std::size_t>* absent) {
    close(book_.of(*entity.table), key, at);
    {
      query run{on_, book_.of(*entity.table).copy_by_key};
      run.bind(at.value).bind(std::int64_t{absent != nullptr ? 1 : 0}).bind(key);
      run.run();
    }
    for (std::size_t r = 0; r < entity.relations.size(); ++r) {
      if (absent != nullptr && std::find(absent->begin(), absent->end(), r) == absent->end()) continue;
      const auto& relation = entity.relations[r];
      const auto& texts = book_.of(*relation.table);
      std::vector<row_key> children;
      {
        query run{on_, texts.select_of_parent};
        run.bind(key);
        while (run.step()) {
          row_key child;
          for (const auto index : relation.table->key) child.add(run.column(index));
          children.push_back(std::move(child));
        }
      }
      for (const auto& child : children) close(texts, child, at);
      query run{on_, texts.copy_by_parent};
      run.bind(at.value).bind(std::int64_t{0}).bind(key);
      run.run();
    }
  }

  // ---- shadow rows ----

  void close(const table_statements& texts, const row_key& key, transaction_id end) {
    query run{on_, texts.close};
    bind_end(run, texts, end);
    run.bind(key).run();
  }
  /// Closes the version that is expected to be open; false when it is not.
  bool close_known(const entity_lock& lock, transaction_id end) {
    const auto& texts = book_.of(*lock.entity->table);
    query run{on_, at_once_ ? texts.close_checked : texts.close_known};
    bind_end(run, texts, end);
    run.bind(lock.key).bind(lock.expected.open.value).run();
    return at_once_ || on_.changed_rows() == 1;
  }
  void amend_end(const amendment::interval& interval) {
    const auto& texts = book_.of(*interval.table);
    query run{on_, texts.amend_end};
    if (interval.end) {
      bind_end(run, texts, *interval.end);
    } else {
      run.bind(value::null());
      if (texts.filler()) run.bind(filler_bytes);
    }
    run.bind(interval.key).bind(interval.begin.value).run();
    if (on_.changed_rows() != 1)
      throw backend_error(error_kind::damaged, "table " + std::string{interval.table->shadow} + " has no version of " +
                                                   interval.key.text() + " at " + std::to_string(interval.begin.value));
  }
  /// One whose answer is not there yet is null.
  static query& bind_id(query& run, transaction_id id) {
    return run.bind(id.value == 0 ? value::null() : value::of(id.value));
  }
  static void bind_end(query& run, const table_statements& texts, transaction_id end) {
    bind_id(run, end);
    if (texts.filler()) run.bind(filler_bytes - stored_bytes(end.value));
  }
  /// \param closed  the row closes what was open already: it is one that checks.
  /// \return whether there was a live row to copy, if one was to be copied; else the values that came with it are used.
  bool write_shadow(const shadow_row& row, const row_key& key, transaction_id self, bool closed) {
    const auto& texts = book_.of(*row.table);
    if (!closed) close(texts, key, self);
    if (row.copy_live) {
      query run{on_, at_once_ ? texts.copy_checked : texts.copy_by_key};
      bind_id(run, self).bind(static_cast<std::int64_t>(row.operation)).bind(key).run();
      if (at_once_ || on_.changed_rows() > 0) return true;
      if (row.row.empty()) {
        if (closed) return false;
        throw backend_error(error_kind::damaged, "row " + key.text() + " of table " + std::string{row.table->name} +
                                                     " is gone, and the save has no values of it");
      }
    }
    query run{on_, texts.insert_shadow};
    for (std::size_t i = 0; i < row.table->stored; ++i)
      if (row.table->columns[i].is_versioned()) run.bind(row.row[i]);
    bind_id(run, self).bind(static_cast<std::int64_t>(row.operation)).run();
    return false;
  }

  // ---- live rows ----

  void write_live(const write_set& set, std::vector<row_key>& keys, apply_result& result) {
    park_unique_values(set);
    std::optional<reference_order> order;
    if (book_.refers_at_once()) order.emplace(set);
    if (order)
      for (const auto& one : order->releases()) refer(set.live[one.row], one.column, value::null());
    for (std::size_t at = 0; at < set.live.size(); ++at) {
      const auto i = order ? order->order()[at] : at;
      const auto& row = set.live[i];
      const auto& texts = book_.of(*row.table);
      switch (row.operation) {
        case row_operation::remove: {
          keys[i] = row_key::of(row.row, row.table->key);
          query run{on_, texts.delete_live};
          run.bind(keys[i]).run();
          break;
        }
        case row_operation::update: update(set, i, texts, keys); break;
        case row_operation::insert: insert(set, i, texts, keys, order ? &order->late() : nullptr); break;
      }
    }
    if (order)
      for (const auto& one : order->late()) refer(set.live[one.row], one.column, set.live[one.row].row[one.column]);
    if (std::any_of(keys.begin(), keys.end(), [](const row_key& key) { return key.empty(); })) on_.settle();
    for (std::size_t i = 0; i < set.live.size(); ++i)
      if (set.live[i].operation != row_operation::remove)
        read_back(book_.of(*set.live[i].table), set.live[i], i, keys[i], result);
  }
  /// The key of the row that owns another: it may still be on its way.
  [[nodiscard]] row_key::parts owner_of(const live_row& row, const std::vector<row_key>& keys) {
    if (row.owner == entity_lock::no_row) return {};
    if (keys[row.owner].empty()) on_.settle();
    return keys[row.owner].values();
  }
  /// The value of a column of a live row: the owner's key where the row waited for it.
  [[nodiscard]] static value live_value(const live_row& row, std::size_t column, const row_key::parts& owner) {
    const auto& info = row.table->columns[column];
    if (row.owner != entity_lock::no_row && info.is(column_flag::parent)) return owner.values[info.ordinal];
    return row.row[column];
  }
  statement& update_of(const table_statements& texts, std::span<const std::uint16_t> columns) {
    return on_.prepared(texts.updates, columns, [&] { return texts.update_live(columns); });
  }
  void update(const write_set& set, std::size_t i, const table_statements& texts, std::vector<row_key>& keys) {
    const auto& row = set.live[i];
    keys[i] = row_key::of(row.row, row.table->key);
    const auto owner = owner_of(row, keys);
    query run{update_of(texts, row.columns)};
    for (const auto column : row.columns) run.bind(live_value(row, column, owner));
    run.bind(keys[i]).run();
  }
  void refer(const live_row& row, std::uint16_t column, const value& to) {
    query run{update_of(book_.of(*row.table), {&column, 1})};
    run.bind(to).bind(row.row, row.table->key).run();
  }
  /// \param late  references that are null until all rows are there; null: none.
  void insert(const write_set& set, std::size_t i, const table_statements& texts, std::vector<row_key>& keys,
              const std::vector<reference_order::release>* late) {
    const auto& row = set.live[i];
    const auto owner = owner_of(row, keys);
    const bool gives_key = row.table->generated_key && row.row[row.table->key[0]].is_null();
    {
      query run{on_, gives_key ? texts.insert_live_without_key : texts.insert_live};
      const auto is_late = [&](std::uint16_t column) {
        return late != nullptr && std::any_of(late->begin(), late->end(), [&](const reference_order::release& one) {
                 return one.row == i && one.column == column;
               });
      };
      for (const auto column : texts.written(!gives_key))
        run.bind(is_late(column) ? value::null() : live_value(row, column, owner));
      if (gives_key && book_.locks_rows())
        run.run([&keys, i](answered_row& given) { keys[i] = row_key::of(given.column(0)); });
      else
        run.run();
    }
    if (gives_key) {
      if (!book_.locks_rows()) keys[i] = row_key::of(value::of(on_.last_key()));
    } else {
      for (const auto column : row.table->key) keys[i].add(live_value(row, column, owner));
      if (!texts.keep_key.text.empty()) query{on_, texts.keep_key}.bind(keys[i]).run();
    }
  }
  void read_back(const table_statements& texts, const live_row& row, std::size_t i, const row_key& key,
                 apply_result& result) {
    if (row.operation == row_operation::insert && row.table->generated_key) detail::check_given_key(*row.table, key);
    if (texts.fills()) {
      query run{on_, texts.select_live};
      asked_ = true;
      run.bind(key).run([&result, i, table = row.table](answered_row& filled) {
        row_packer packer;
        for (std::size_t c = 0; c < table->stored; ++c) packer.add(filled.column(static_cast<int>(c)));
        result.given.push_back({i, packer.take()});
      });
    } else if (row.operation == row_operation::insert) {
      const auto parts = key.values();
      result.given.push_back({i, with_values(row.row, [&](std::size_t c, value& v) {
                                for (std::size_t k = 0; k < row.table->key.size(); ++k)
                                  if (row.table->key[k] == c) v = parts.values[k];
                              })});
    }
  }

  /// Unique values that are exchanged between rows: each goes to a place of its own first.
  void park_unique_values(const write_set& set) {
    std::map<std::string_view, std::size_t> updates;
    for (const auto& row : set.live)
      if (row.operation == row_operation::update && !row.table->unique.empty()) ++updates[row.table->name];
    if (updates.empty()) return;
    for (const auto& row : set.live) {
      // Alone in its table it can only meet rows that stay, and that is the database's to refuse.
      if (row.operation != row_operation::update || row.table->unique.empty() || updates[row.table->name] < 2) continue;
      for (const auto unique : row.table->unique) {
        const bool touched = std::any_of(unique.begin(), unique.end(), [&](std::uint16_t c) {
          return std::find(row.columns.begin(), row.columns.end(), c) != row.columns.end();
        });
        if (!touched) continue;
        const auto is_written = [&](std::uint16_t c) {
          return std::find(row.columns.begin(), row.columns.end(), c) != row.columns.end();
        };
        auto column = std::find_if(unique.begin(), unique.end(), [&](std::uint16_t c) {
          return is_written(c) && row.table->columns[c].ops->meaning != column_meaning::boolean;  // it has no third value
        });
        if (column == unique.end()) column = std::find_if(unique.begin(), unique.end(), is_written);
        park(row, *column);
      }
    }
  }
  void park(const live_row& row, std::uint16_t column) {
    const auto& info = row.table->columns[column];
    const std::uint16_t columns[] = {column};
    query run{update_of(book_.of(*row.table), columns)};
    const uuid random = random_uuid();
    std::string text = to_string(random);
    if (parked_ == 0) {  // from one that fits a column of 32 bits, too
      for (std::size_t i = 0; i < 3; ++i) parked_ = parked_ * 256 + random.octets[i];
      parked_ += std::int64_t{1} << 29U;
    }
    const std::int64_t number = ++parked_;
    value away;
    if (!info.ops->nullable) {
      switch (info.ops->meaning) {
        case column_meaning::integer:
        case column_meaning::boolean: away = value::of(-number); break;
        case column_meaning::real: away = value::of(-static_cast<double>(number)); break;
        case column_meaning::blob: away = value::blob(text); break;
        case column_meaning::time:
          text = to_string(time_point{std::chrono::sys_days{std::chrono::year{9000} / 1 / 1}} +
                           std::chrono::microseconds{number});
          away = value::text(text);
          break;
        default: away = value::text(text);
      }
    }
    run.bind(away).bind(row.row, row.table->key).run();
  }

  // ---- records ----

  /// The records of an entity are next to each other: as many as fit go into one statement.
  /// \param version_of  gives the transaction of a lock's version.
  template <class VersionOf>
  void records(const write_set& set, const std::vector<row_key>& keys, VersionOf&& version_of) {
    for (std::size_t first = 0; first < set.records.size();) {
      const auto& lock = set.locks[set.records[first].lock];
      std::size_t rows = 1;
      while (rows < own_statements::most_records && first + rows < set.records.size() &&
             set.records[first + rows].lock == set.records[first].lock)
        ++rows;
      query run{on_, book_.own().insert_changes[rows - 1]};
      std::string text;
      bind_id(run, version_of(set.records[first].lock)).bind_text(lock.entity->kind);
      bind_entity(run, lock.inserted == no_row ? lock.key : keys[lock.inserted], text, book_.widens_keys());
      for (const std::size_t end = first + rows; first < end; ++first) {
        const auto& record = set.records[first];
        run.bind(std::int64_t{record.sequence}).bind_text(record.kind).bind_text(record.operation);
        run.bind_text(set.path_of(record));
        run.bind_text_or_null(set.from_of(record)).bind_text_or_null(set.to_of(record));
      }
      run.run();
    }
  }

  connection& on_;
  open_book book_;
  transaction_writer transactions_;
  std::vector<std::optional<entity_look>> looked_{};  ///< by lock, in the set at hand
  bool at_once_ = false;
  bool asked_ = false;  ///< rows are to be read back
  std::int64_t parked_ = 0;  ///< the last number that stood for a unique value on its way
};

}  // namespace varve::sql
