#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/pipeline.hpp"
#include "varve/history/detail/examination.hpp"
#include "varve/history/drift_report.hpp"
#include "varve/store/state.hpp"

namespace varve::detail {

/// An entity by its kind and key.
struct entity_place {
  const entity_info* info = nullptr;
  row_key key{};
  friend bool operator<(const entity_place& a, const entity_place& b) {
    return a.info->kind != b.info->kind ? a.info->kind < b.info->kind : a.key < b.key;
  }
};

/// Makes versions of what lives, of entities that drifted, in one transaction.
class adoption {
 public:
  adoption(const store_handle& store, const attribution& who, const adopt_options& options, adopted_drift& result)
      : store_(store), who_(who), options_(options), result_(result) {}

  /// Adopts some entities, with those that lost children to them or got some of theirs; one by one where that cannot be
  /// done together.
  void adopt(const std::vector<entity_place>& entities) {
    try {
      adopt_together(entities);
    } catch (const error& failed) {
      const bool skips = failed.kind() == error_kind::input || failed.kind() == error_kind::damaged ||
                         failed.kind() == error_kind::conflict;
      if (!skips) throw;
      if (entities.size() > 1)
        for (const auto& one : entities) adopt({one});
      else if (!entities.empty())
        skip(entities.front(), failed.what());
    }
  }

 private:
  /// An entity with what its newest version holds and what lives.
  struct candidate {
    entity_place place{};
    std::optional<shadow_entry> open{};
    entity_state before{};                                         ///< nothing in it where there was no such entity
    entity_state now{};                                            ///< nothing in it where there is none
    std::vector<std::pair<const table_info*, row_key>> changed{};  ///< rows that live and differ from their versions
    bool differs = false;
    bool moved = false;  ///< a child of it was another's
  };

  void skip(const entity_place& of, std::string why) {
    const bool known = std::any_of(result_.skipped.begin(), result_.skipped.end(), [&](const skipped_drift& skipped) {
      return skipped.kind == of.info->kind && skipped.entity == of.key;
    });
    if (!known) result_.skipped.push_back({std::string{of.info->kind}, of.key, std::move(why)});
  }

  void adopt_together(const std::vector<entity_place>& entities) {
    const auto connection = store_.base().connect();
    connection->begin();
    std::map<entity_place, candidate> found;
    std::deque<entity_place> waiting{entities.begin(), entities.end()};
    while (!waiting.empty()) {
      const auto place = std::move(waiting.front());
      waiting.pop_front();
      if (found.contains(place)) continue;
      auto made = read(connection->reader(), place, waiting);
      found.emplace(place, std::move(made));
    }
    std::vector<candidate*> drifted, unknown;
    for (auto& [place, one] : found) {
      if (!one.open && !one.moved)
        unknown.push_back(&one);
      else if (one.differs)
        drifted.push_back(&one);
    }
    if (!drifted.empty()) {
      write_versions(*connection, drifted);
      connection->begin();
    }
    if (options_.baselines && !unknown.empty()) write_baselines(*connection, unknown);
    connection->rollback();
  }

  // ---- reading ----

  /// Reads both states of an entity; owners whose children it has, or that have children of its own, join those waiting.
  candidate read(store_reader& reader, const entity_place& place, std::deque<entity_place>& waiting) {
    const auto& info = *place.info;
    candidate made;
    made.place = place;
    made.open = reader.newest(*info.table, place.key, latest_transaction);
    if (made.open && made.open->end)
      throw backend_error(
          error_kind::damaged,
          describe_entity(info, place.key) + " has a history without an open version; check_history() tells more");
    const bool had = made.open && made.open->operation != row_operation::remove;
    if (had) made.before = load_version(reader, info, place.key, made.open->row, made.open->begin);
    if (auto live = load_live(reader, info, place.key)) made.now = *std::move(live);
    made.differs = had != (made.now.object != nullptr);
    if (had && made.now.object != nullptr) {
      const auto live = reader.live(*info.table, place.key);
      compare(reader, *info.table, *live, *made.open, made);
    }
    for (const auto& relation : info.relations) read_items(reader, relation, had, waiting, made);
    if (made.now.object != nullptr) check_names(info, made);
    return made;
  }
  void read_items(store_reader& reader, const relation_info& relation, bool had, std::deque<entity_place>& waiting,
                  candidate& of) {
    const auto& table = *relation.table;
    std::map<row_key, shadow_entry> versions;
    if (had)
      for (auto& entry : reader.of_parent(table, of.place.key, of.open->begin))
        versions.emplace(row_key::of(entry.row, table.key), std::move(entry));
    const auto join = [&](const packed_row& row) {
      entity_place other{of.place.info, row_key::of(row, table.parent)};
      if (other.key == of.place.key) return;
      of.moved = true;
      waiting.push_back(std::move(other));
    };
    for (const auto& row : reader.live_of_parent(table, of.place.key)) {
      const auto key = row_key::of(row, table.key);
      const auto version = versions.find(key);
      if (version != versions.end()) {
        compare(reader, table, row, version->second, of);
        versions.erase(version);
        continue;
      }
      if (of.now.object == nullptr) continue;
      of.differs = true;
      const auto other = table.own_key ? reader.newest(table, key, latest_transaction) : std::nullopt;
      if (other && !other->end && other->operation != row_operation::remove) join(other->row);
    }
    for (const auto& [key, version] : versions) {
      of.differs = true;
      const auto other = table.own_key ? reader.live(table, key) : std::nullopt;
      if (other) join(*other);
    }
  }
  static void compare(store_reader& reader, const table_info& table, const packed_row& live,
                      const shadow_entry& version, candidate& of) {
    const auto since = [&](const table_info& in, std::size_t column) { return reader.versioned_since(in, column); };
    if (differing_column(table, live, version, since) == nullptr) return;
    of.differs = true;
    of.changed.emplace_back(&table, row_key::of(live, table.key));
  }
  static void check_names(const entity_info& info, const candidate& of) {
    for (const auto& relation : info.relations)
      if (!relation.keeps_duplicates && has_twice(relation, of.now.object.get()))
        throw input_error(describe_entity(info, of.place.key) + " has two " + std::string{relation.field} +
                          " of one natural key");
  }

  // ---- writing ----

  [[nodiscard]] attribution signature() const {
    auto who = who_;
    if (who.action_kind.empty()) who.action_kind = "external";
    who.clock = options_.clock == time_point{} ? now() : options_.clock;
    who.token = random_uuid();
    return who;
  }

  void write_versions(store_connection& connection, const std::vector<candidate*>& drifted) {
    std::vector<saved_entity> saves(drifted.size());
    for (std::size_t i = 0; i < drifted.size(); ++i) {
      auto& one = *drifted[i];
      auto& save = saves[i];
      save.entity = one.place.info;
      save.key = one.place.key;
      save.base = save.flushed = one.before.object.get();
      save.base_positions = save.flushed_positions = save.base != nullptr ? &one.before.positions : nullptr;
      save.now = one.now.object.get();
      if (save.now != nullptr) save.now_positions = one.now.positions;
      save.write_live = false;
      save.expected.what = save.base == nullptr ? expectation::check::no_version : expectation::check::version;
      save.expected.lives = save.now != nullptr;
      if (save.base != nullptr) save.expected.open = one.open->begin;
      find_changes(save);
      save.changed = true;  // by rows: stamps and texts that say the same count too
    }
    auto set = capture(saves, signature(), options_.limits);
    for (const auto* one : drifted) add_rows(set, *one);
    const auto done = commit(connection, set);
    result_.versions += drifted.size();
    result_.transactions.push_back(*done.self);
  }
  /// Rows that differ in what no comparison of states sees.
  static void add_rows(write_set& set, const candidate& of) {
    for (const auto& [table, key] : of.changed) {
      const auto is_there = [&, name = table->name, &at = key](const shadow_row& row) {
        return row.table->name == name && row.key == at;
      };
      if (std::any_of(set.shadow.begin(), set.shadow.end(), is_there)) continue;
      auto& made = set.shadow.emplace_back();
      made.table = table;
      made.operation = row_operation::update;
      made.key = key;
    }
  }

  void write_baselines(store_connection& connection, const std::vector<candidate*>& unknown) {
    write_set set;
    set.who = signature();
    for (const auto* one : unknown) {
      if (one->now.object == nullptr) continue;
      set.baselines.emplace_back().lock = set.locks.size();
      set.locks.push_back({one->place.info, one->place.key, entity_lock::no_row, {}});
    }
    if (set.baselines.empty()) return;
    const auto done = commit(connection, set);
    result_.baselines += static_cast<std::size_t>(std::count(done.based.begin(), done.based.end(), true));
    if (done.before) result_.transactions.push_back(*done.before);
  }

  static apply_result commit(store_connection& connection, const write_set& set) {
    auto done = connection.commit(set);
    if (done.conflict)
      throw error(error_kind::conflict,
                  describe_entity(*set.locks[done.conflict->lock].entity, set.locks[done.conflict->lock].key) +
                      " was saved meanwhile; its drift is looked for again by the next run");
    return done;
  }

  const store_handle& store_;
  const attribution& who_;
  const adopt_options& options_;
  adopted_drift& result_;
};

}  // namespace varve::detail
