#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/sql/detail/reader.hpp"
#include "varve/store/rows.hpp"

namespace varve::sql {

/// Writes write sets through a connection.
class sql_writer {
 public:
  sql_writer(connection& on, statement_book& book) : on_(on), book_(book) {}

  apply_result apply(const write_set& set) {
    apply_result result;
    std::vector<row_key> entity_keys;
    for (const auto& lock : set.locks) entity_keys.push_back(lock.key);
    result.conflict = check(set);
    if (result.conflict) return result;

    result.issued_at = set.who.clock;
    if (!set.shadow.empty()) result.issued_at = next_time(set.who.clock);
    baselines(set, result);
    if (!set.shadow.empty()) result.self = insert_transaction(set.who.action_kind, set.who.message, set.who.meta,
                                                              to_string(set.who.token), actor_of(set.who), result.issued_at);
    std::vector<bool> copied(set.shadow.size(), false);
    for (std::size_t i = 0; i < set.shadow.size(); ++i)
      if (set.shadow[i].operation == row_operation::remove) {
        write_shadow(set.shadow[i], set.shadow[i].key, *result.self);
        copied[i] = true;
      }
    std::vector<row_key> keys(set.live.size());
    write_live(set, keys, result);
    for (std::size_t i = 0; i < set.locks.size(); ++i)
      if (set.locks[i].inserted != entity_lock::no_row) entity_keys[i] = keys[set.locks[i].inserted];
    for (std::size_t i = 0; i < set.shadow.size(); ++i) {
      const auto& row = set.shadow[i];
      if (copied[i]) continue;
      write_shadow(row, row.live == entity_lock::no_row ? row.key : keys[row.live], *result.self);
    }
    records(set, entity_keys, result);
    return result;
  }

 private:
  struct open_state {
    std::optional<transaction_id> open{};
    bool removed = false;
  };
  open_state open_of(const table_info& table, const row_key& key) {
    query run{on_, book_.of(table).open_row};
    run.bind(key);
    open_state found;
    if (run.step() && run.column(1).is_null()) {
      found.open = transaction_id{run.column(0).integer()};
      found.removed = run.column(2).integer() == 2;
    }
    return found;
  }
  bool lives(const table_info& table, const row_key& key) {
    query run{on_, book_.of(table).lives};
    run.bind(key);
    return run.step();
  }

  std::optional<save_conflict> check(const write_set& set) {
    for (std::size_t i = 0; i < set.locks.size(); ++i) {
      const auto& lock = set.locks[i];
      if (lock.key.empty() || lock.expected.what == expectation::check::anything) continue;
      const auto found = lock.entity->versioned ? open_of(*lock.entity->table, lock.key) : open_state{};
      const bool alive = lives(*lock.entity->table, lock.key);
      const bool as_expected =
          lock.expected.what == expectation::check::version      ? alive && found.open == lock.expected.open
          : lock.expected.what == expectation::check::no_version ? alive && (!found.open || found.removed)
                                                                 : !alive;
      if (!as_expected) return save_conflict{i, found.open, alive};
    }
    return std::nullopt;
  }

  time_point next_time(time_point clock) {
    query run{on_, "SELECT issued_at FROM version_transaction ORDER BY id DESC LIMIT 1"};
    if (!run.step()) return clock;
    const auto last = parse_time(run.column(0).view());
    return last ? std::max(clock, *last + std::chrono::microseconds{1}) : clock;
  }
  [[nodiscard]] static std::optional<std::string> actor_of(const attribution& who) {
    if (!who.who) return std::nullopt;
    return who.who->name;
  }
  transaction_id insert_transaction(std::string_view action_kind, std::string_view message,
                                    std::string_view meta, std::string_view token,
                                    const std::optional<std::string>& actor, time_point issued_at) {
    query run{on_,
              "INSERT INTO version_transaction (issued_at, actor, action_kind, message, meta, token) VALUES (?, ?, ?, "
              "?, ?, ?)"};
    const std::string time = to_string(issued_at);
    run.bind_text(time);
    run.bind(actor ? value::text(*actor) : value::null());
    run.bind_text_or_null(action_kind).bind_text_or_null(message).bind_text_or_null(meta).bind_text_or_null(token);
    run.run();
    return {on_.last_key()};
  }

  void baselines(const write_set& set, apply_result& result) {
    for (const auto& base : set.baselines) {
      const auto& lock = set.locks[base.lock];
      const auto known = open_of(*lock.entity->table, lock.key);
      const bool has_history = known.open && !known.removed;
      const bool wanted = !has_history && (!base.copy_live || lives(*lock.entity->table, lock.key));
      result.based.push_back(wanted);
      if (!wanted) continue;
      if (!result.before) {
        result.before = insert_transaction("baseline", {}, {}, {}, baseline_actor(set, base), result.issued_at);
        result.issued_at += std::chrono::microseconds{1};
      }
      if (base.copy_live) {
        copy_entity(*lock.entity, lock.key, *result.before);
      } else {
        for (const auto& row : base.rows) write_shadow(row, row.key, *result.before);
      }
    }
  }
  /// Who last changed the row, when it says so.
  std::optional<std::string> baseline_actor(const write_set& set, const baseline& base) {
    const auto& lock = set.locks[base.lock];
    const auto& table = *lock.entity->table;
    for (std::size_t i = 0; base.first && i < table.stored; ++i) {
      if (!table.columns[i].is(column_flag::changed_by)) continue;
      std::string name;
      if (base.copy_live) {
        query run{on_, book_.of(table).select_live};
        run.bind(lock.key);
        if (run.step()) detail::append_plain(name, run.column(static_cast<int>(i)));
      } else {
        detail::append_plain(name, base.rows.front().row[i]);
      }
      if (!name.empty()) return name;
    }
    return actor_of(set.who);
  }
  /// The live rows of an entity as its first version. A deleted chain under the same keys is closed first.
  void copy_entity(const entity_info& entity, const row_key& key, transaction_id at) {
    close(book_.of(*entity.table), key, at);
    {
      query run{on_, book_.of(*entity.table).copy_by_key};
      run.bind(at.value).bind(std::int64_t{0}).bind(key);
      run.run();
    }
    for (const auto& relation : entity.relations) {
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

  void close(const table_statements& texts, const row_key& key, transaction_id end) {
    query run{on_, texts.close};
    run.bind(end.value);
    if (texts.filler()) run.bind(filler_bytes - stored_bytes(end.value));
    run.bind(key).bind(key).bind(end.value);
    run.run();
  }
  void write_shadow(const shadow_row& row, const row_key& key, transaction_id self) {
    const auto& texts = book_.of(*row.table);
    close(texts, key, self);
    if (row.copy_live) {
      query run{on_, texts.copy_by_key};
      run.bind(self.value).bind(static_cast<std::int64_t>(row.operation)).bind(key);
      run.run();
      if (on_.changed_rows() > 0) return;
      if (row.row.empty())
        throw backend_error(error_kind::damaged, "row " + key.text() + " of table " + std::string{row.table->name} +
                                                     " is gone, and the save has no values of it");
    }
    query run{on_, texts.insert_shadow};
    for (std::size_t i = 0; i < row.table->stored; ++i)
      if (row.table->columns[i].is_versioned()) run.bind(row.row[i]);
    run.bind(self.value).bind(static_cast<std::int64_t>(row.operation));
    run.run();
  }

  // ---- live rows ----

  void write_live(const write_set& set, std::vector<row_key>& keys, apply_result& result) {
    park_unique_values(set);
    for (std::size_t i = 0; i < set.live.size(); ++i) {
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
        case row_operation::insert: insert(set, i, texts, keys); break;
      }
      if (row.operation != row_operation::remove) read_back(texts, row, i, keys[i], result);
    }
  }
  /// The value of a column of a live row: the owner's key where the row waited for it.
  [[nodiscard]] static value live_value(const live_row& row, std::size_t column, const row_key::parts& owner) {
    const auto& info = row.table->columns[column];
    if (row.owner != entity_lock::no_row && info.is(column_flag::parent)) return owner.values[info.ordinal];
    return row.row[column];
  }
  void update(const write_set& set, std::size_t i, const table_statements& texts, std::vector<row_key>& keys) {
    const auto& row = set.live[i];
    keys[i] = row_key::of(row.row, row.table->key);
    row_key::parts owner;
    if (row.owner != entity_lock::no_row) owner = keys[row.owner].values();
    query run{on_, texts.update_live(row.columns)};
    for (const auto column : row.columns) run.bind(live_value(row, column, owner));
    run.bind(keys[i]).run();
  }
  void insert(const write_set& set, std::size_t i, const table_statements& texts, std::vector<row_key>& keys) {
    const auto& row = set.live[i];
    row_key::parts owner;
    if (row.owner != entity_lock::no_row) owner = keys[row.owner].values();
    const bool gives_key = row.table->generated_key && row.row[row.table->key[0]].is_null();
    const auto columns = texts.written(!gives_key);
    {
      query run{on_, texts.insert_live(columns)};
      for (const auto column : columns) run.bind(live_value(row, column, owner));
      run.run();
    }
    if (gives_key) {
      keys[i] = row_key::of(value::of(on_.last_key()));
    } else {
      for (const auto column : row.table->key) keys[i].add(live_value(row, column, owner));
    }
  }
  void read_back(const table_statements& texts, const live_row& row, std::size_t i, const row_key& key,
                 apply_result& result) {
    const bool filled = std::any_of(row.table->columns.begin(), row.table->columns.end(),
                                    [](const column_info& c) { return c.is(column_flag::filled); });
    if (filled) {
      row_packer packer;
      query run{on_, texts.select_live};
      run.bind(key);
      if (!run.step()) return;
      for (std::size_t c = 0; c < row.table->stored; ++c) packer.add(run.column(static_cast<int>(c)));
      result.given.push_back({i, packer.take()});
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
      if (row.operation == row_operation::update) ++updates[row.table->name];
    for (const auto& row : set.live) {
      // Alone in its table it can only meet rows that stay, and that is the database's to refuse.
      if (row.operation != row_operation::update || updates[row.table->name] < 2) continue;
      for (const auto unique : row.table->unique) {
        const bool touched = std::any_of(unique.begin(), unique.end(), [&](std::uint16_t c) {
          return std::find(row.columns.begin(), row.columns.end(), c) != row.columns.end();
        });
        if (!touched) continue;
        const auto column = *std::find_if(unique.begin(), unique.end(), [&](std::uint16_t c) {
          return std::find(row.columns.begin(), row.columns.end(), c) != row.columns.end();
        });
        park(row, column);
      }
    }
  }
  void park(const live_row& row, std::uint16_t column) {
    const auto& info = row.table->columns[column];
    const std::uint16_t columns[] = {column};
    query run{on_, book_.of(*row.table).update_live(columns)};
    const uuid random = random_uuid();
    const std::string text = to_string(random);
    std::int64_t number = 0;
    for (std::size_t i = 0; i < 7; ++i) number = number * 256 + random.octets[i];
    value away;
    if (!info.ops->nullable) {
      switch (info.ops->meaning) {
        case column_meaning::integer:
        case column_meaning::boolean: away = value::of(-number); break;
        case column_meaning::real: away = value::of(-static_cast<double>(number)); break;
        case column_meaning::blob: away = value::blob(text); break;
        default: away = value::text(text);
      }
    }
    run.bind(away).bind(row.row, row.table->key).run();
  }

  // ---- records ----

  void records(const write_set& set, const std::vector<row_key>& entity_keys, const apply_result& result) {
    for (const auto& record : set.records) {
      query run{on_,
                "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
                "from_value, to_value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
      run.bind(result.self->value).bind_text(set.locks[record.lock].entity->kind);
      std::string text;
      bind_entity(run, entity_keys[record.lock], text);
      run.bind(std::int64_t{record.sequence}).bind_text(record.kind).bind_text(record.operation);
      run.bind_text(set.path_of(record));
      run.bind_text_or_null(set.from_of(record)).bind_text_or_null(set.to_of(record));
      run.run();
    }
  }

  connection& on_;
  statement_book& book_;
};

}  // namespace varve::sql
