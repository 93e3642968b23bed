#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/detail/changes.hpp"
#include "varve/capture/live_rows.hpp"
#include "varve/core/text.hpp"

namespace varve {

namespace detail {

/// What the stages of a save work on.
struct capture_run {
  write_set& set;
  std::vector<saved_entity>& entities;
  const record_limits& limits;
  diff_scratch scratch{};
  row_packer packer{};
};

/// Locks in the order (kind, key), each entity once; new entities, whose key is not known yet, come last.
class lock_table {
 public:
  explicit lock_table(write_set& set) : set_(set) {}

  void add(const entity_info& entity, const row_key& key, const expectation& expected) {
    auto& lock = wanted_[{std::string{entity.kind}, key}];
    lock.entity = &entity;
    lock.key = key;
    if (expected.what != expectation::check::anything) lock.expected = expected;
  }
  /// Moves the locks into the write set.
  void finish() {
    for (auto& [named, lock] : wanted_) {
      places_.emplace(named, set_.locks.size());
      set_.locks.push_back(lock);
    }
  }
  [[nodiscard]] std::size_t place(const entity_info& entity, const row_key& key) const {
    return places_.at({std::string{entity.kind}, key});
  }

 private:
  using name = std::pair<std::string, row_key>;
  write_set& set_;
  std::map<name, entity_lock> wanted_{};
  std::map<name, std::size_t> places_{};
};

/// The targets of links that a state has, or has beyond another.
inline void link_targets(const entity_info& info, const void* state, const void* known,
                         std::vector<std::pair<const entity_info*, row_key>>& found) {
  value_buffer buffer;
  for (const auto& relation : info.relations) {
    if (relation.what != relation_kind::links) continue;
    const auto& key_column = relation.table->columns[relation.table->natural[0]];
    std::vector<row_key> before;
    if (known != nullptr)
      for (std::size_t i = 0; i < relation.size(known); ++i)
        before.push_back(row_key::of(key_column.read(relation.item(known, i), buffer)));
    for (std::size_t i = 0; i < relation.size(state); ++i) {
      auto key = row_key::of(key_column.read(relation.item(state, i), buffer));
      if (std::find(before.begin(), before.end(), key) == before.end()) found.emplace_back(&relation.target(), key);
    }
  }
}

}  // namespace detail

/// First stage: entities without history keep their previous state, and so does what they link to, one step far.
struct make_baselines {
  static constexpr int place = 1;
  static void run(detail::capture_run& run) {
    using namespace detail;
    lock_table locks{run.set};
    std::vector<std::pair<const entity_info*, row_key>> targets;
    for (auto& saved : run.entities) {
      if (!saved.key.empty()) locks.add(*saved.entity, saved.key, saved.expected);
      if (!saved.changed) continue;
      const bool needs_baseline = saved.base != nullptr && !saved.has_history;
      if (needs_baseline) link_targets(*saved.entity, saved.base, nullptr, targets);
      if (saved.now != nullptr) link_targets(*saved.entity, saved.now, needs_baseline ? nullptr : saved.base, targets);
    }
    std::set<std::pair<std::string_view, row_key>> born;  // inserted by this save: they need no state before it
    for (const auto& saved : run.entities)
      if (saved.base == nullptr && !saved.key.empty()) born.emplace(saved.entity->table->name, saved.key);
    std::erase_if(targets, [&](const auto& target) {
      return !target.first->versioned || target.second.empty() ||
             born.contains({target.first->table->name, target.second});
    });
    for (const auto& [entity, key] : targets) locks.add(*entity, key, {});
    locks.finish();
    for (auto& saved : run.entities) {
      if (!saved.key.empty()) {
        saved.lock = locks.place(*saved.entity, saved.key);
      } else {
        saved.lock = run.set.locks.size();
        run.set.locks.push_back({saved.entity, {}, saved.live, {}});
      }
    }
    std::vector<std::size_t> based;
    for (auto& saved : run.entities) {
      if (!saved.changed || saved.base == nullptr || saved.has_history) continue;
      baseline made;
      made.lock = saved.lock;
      made.first = true;
      made.copy_live = saved.write_live && saved.base == saved.flushed;
      if (!made.copy_live) all_rows(run, saved, made.rows);
      run.set.baselines.push_back(std::move(made));
      based.push_back(saved.lock);
    }
    for (const auto& [entity, key] : targets) {
      const auto lock = locks.place(*entity, key);
      if (std::find(based.begin(), based.end(), lock) != based.end()) continue;
      based.push_back(lock);
      baseline made;
      made.lock = lock;
      run.set.baselines.push_back(std::move(made));
    }
  }

 private:
  /// All rows of the state at the transaction's start, as values.
  static void all_rows(detail::capture_run& run, const detail::saved_entity& saved, std::vector<shadow_row>& rows) {
    using namespace detail;
    const auto& info = *saved.entity;
    rows.push_back({info.table, row_operation::insert, pack_row(*info.table, saved.base, {}, info.kind, run.packer),
                    false, entity_lock::no_row});
    for (std::size_t r = 0; r < info.relations.size(); ++r) {
      const auto& relation = info.relations[r];
      for (std::size_t i = 0; i < relation.size(saved.base); ++i)
        rows.push_back(
            {relation.table, row_operation::insert,
             pack_row(*relation.table, relation.item(saved.base, i),
                      context_of(saved.key, relation, r, saved.base_positions, i), relation.kind, run.packer),
             false, entity_lock::no_row});
    }
  }
};

/// Second stage: a shadow row for each entity that changed and for each child and link that did.
struct make_shadow_rows {
  static constexpr int place = 2;
  static void run(detail::capture_run& run) {
    using namespace detail;
    for (auto& saved : run.entities) {
      if (!saved.changed) continue;
      const auto& table = *saved.entity->table;
      const auto operation = saved.base == nullptr  ? row_operation::insert
                             : saved.now == nullptr ? row_operation::remove
                                                    : row_operation::update;
      const void* state = saved.now != nullptr ? saved.now : saved.base;
      add(run, {&table, operation, pack_row(table, state, {}, saved.entity->kind, run.packer),
                operation != row_operation::remove || is_live_image(saved), saved.live});
      for (std::size_t r = 0; r < saved.entity->relations.size(); ++r) relation_rows(run, saved, r);
    }
    join_moves(run.set);
  }

 private:
  static void add(detail::capture_run& run, shadow_row row) { run.set.shadow.push_back(std::move(row)); }

  /// Whether the live row still is what it was at the transaction's start: that is what a delete row keeps.
  [[nodiscard]] static bool is_live_image(const detail::saved_entity& saved) {
    return saved.write_live && saved.base == saved.flushed;
  }

  static void relation_rows(detail::capture_run& run, const detail::saved_entity& saved, std::size_t r) {
    using namespace detail;
    const auto& relation = saved.entity->relations[r];
    const auto& table = *relation.table;
    const auto& changes = saved.from_base[r];
    const bool reordered = is_reordered(saved, r);
    const auto pack = [&](const void* object, const item_positions* positions, std::size_t item) {
      return pack_row(table, relation.item(object, item), context_of(saved.key, relation, r, positions, item),
                      relation.kind, run.packer);
    };
    const auto insert = [&](std::size_t item) {
      add(run, {&table, row_operation::insert, pack(saved.now, &saved.now_positions, item), true,
                saved.write_live && item < saved.items[r].size() ? saved.items[r][item] : entity_lock::no_row});
    };
    const auto remove = [&](std::size_t item) {
      add(run, {&table, row_operation::remove, pack(saved.base, saved.base_positions, item), is_live_image(saved),
                entity_lock::no_row});
    };
    for (const auto item : changes.removed) remove(item);
    each_kept_item(changes, saved.base == nullptr ? 0 : relation.size(saved.base), reordered,
                   [&](std::uint32_t from, std::uint32_t to) {
                     const void* before = relation.item(saved.base, from);
                     const void* after = relation.item(saved.now, to);
                     if (!same_own_key(table, before, after)) {
                       remove(from);
                       insert(to);
                     } else if ((reordered && (*saved.base_positions)[r][from] != saved.now_positions[r][to]) ||
                                differs_in_compared(table, before, after)) {
                       add(run, {&table, row_operation::update, pack(saved.now, &saved.now_positions, to), true,
                                 entity_lock::no_row});
                     }
                   });
    for (const auto item : changes.added) insert(item);
  }

  /// A row that goes and comes under one key in one transaction (a child that moved to another parent) is an update.
  static void join_moves(write_set& set) {
    const auto name = [](const shadow_row& row) {
      return std::pair{row.table->name, row_key::of(row.row, row.table->key).bytes()};
    };
    std::map<std::pair<std::string_view, std::string>, std::size_t> removed;
    for (std::size_t i = 0; i < set.shadow.size(); ++i)
      if (set.shadow[i].operation == row_operation::remove) removed.emplace(name(set.shadow[i]), i);
    if (removed.empty()) return;
    std::vector<bool> gone(set.shadow.size(), false);
    for (auto& row : set.shadow) {
      if (row.operation != row_operation::insert || row.row[row.table->key[0]].is_null()) continue;
      const auto found = removed.find(name(row));
      if (found == removed.end()) continue;
      gone[found->second] = true;
      row.operation = row_operation::update;
    }
    std::size_t i = 0;
    std::erase_if(set.shadow, [&](const shadow_row&) { return gone[i++]; });
  }
};

/// Third stage: change records of updates, as JSON texts.
struct make_change_log {
  static constexpr int place = 3;
  static void run(detail::capture_run& run) {
    for (auto& saved : run.entities) {
      if (!saved.changed || saved.base == nullptr || saved.now == nullptr) continue;
      detail::diff_into(*saved.entity, saved.base, saved.now, saved.from_base, rules_of(*saved.entity), run.scratch);
      write(run, saved.lock);
    }
  }

 private:
  static void write(detail::capture_run& run, std::size_t lock) {
    const auto records = run.scratch.records();
    std::map<std::string_view, std::size_t> counts;
    std::map<std::string_view, std::string_view> kinds;  // "field" where a document has records of several
    for (const auto& record : records) {
      ++counts[record.field];
      const auto [known, first] = kinds.try_emplace(record.field, record.kind);
      if (!first && known->second != record.kind) known->second = "field";
    }
    std::int32_t sequence = 0;
    std::string_view collapsed;
    for (const auto& record : records) {
      const auto field = record.field;
      const std::size_t count = counts[field];
      if (count > run.limits.records_per_field) {
        if (field == collapsed) continue;
        collapsed = field;
        auto& text = begin(run.set, lock, sequence++, kinds[field], to_string(operation::update));
        text.path = run.set.texts.size();
        run.set.texts.push_back('[');
        append_json_string(run.set.texts, field);
        run.set.texts.push_back(']');
        text.from = text.to = run.set.texts.size();
        append_number(run.set.texts, static_cast<std::int64_t>(count));
        text.end = run.set.texts.size();
        continue;
      }
      auto& text = begin(run.set, lock, sequence++, record.kind, to_string(record.operation));
      text.path = run.set.texts.size();
      run.scratch.append_path(run.set.texts, record);
      text.from = run.set.texts.size();
      if (record.operation != operation::add) value(run, record.from);
      text.to = run.set.texts.size();
      if (record.operation != operation::remove) value(run, record.to);
      text.end = run.set.texts.size();
    }
  }

  static record_text& begin(write_set& set, std::size_t lock, std::int32_t sequence, std::string_view kind,
                            std::string_view operation) {
    auto& text = set.records.emplace_back();
    text.lock = lock;
    text.sequence = sequence;
    text.kind = kind;
    text.operation = operation;
    return text;
  }

  static void value(detail::capture_run& run, const value_view& view) {
    auto& texts = run.set.texts;
    const std::size_t start = texts.size();
    view.append_json_to(texts);
    const std::size_t size = texts.size() - start;
    if (size <= run.limits.value_bytes) return;
    std::size_t preview = std::min<std::size_t>(256, run.limits.value_bytes);
    while (preview > 0 && (static_cast<unsigned char>(texts[start + preview]) & 0xC0U) == 0x80U) --preview;
    const std::string head = texts.substr(start, preview);
    texts.resize(start);
    texts += "{\"truncated\":true,\"bytes\":";
    append_number(texts, static_cast<std::int64_t>(size));
    texts += ",\"preview\":";
    append_json_string(texts, head);
    texts.push_back('}');
  }
};

namespace detail {

template <class... Stages>
[[nodiscard]] consteval bool stages_in_order() {
  int last = 0;
  bool rising = true;
  ((rising = rising && Stages::place == last + 1, last = Stages::place), ...);
  return rising && last == 3;
}

}  // namespace detail

/// The stages of a save in their order, which is part of the type.
template <class... Stages>
struct pipeline {
  static_assert(detail::stages_in_order<Stages...>(),
                "varve: the pipeline of a save runs make_baselines, then make_shadow_rows, then make_change_log");

  static void run(detail::capture_run& run) { (Stages::run(run), ...); }
};

using save_pipeline = pipeline<make_baselines, make_shadow_rows, make_change_log>;

namespace detail {

/// Refuses what no store can keep of a save's own description.
inline void check_attribution(const attribution& who) {
  const auto check = [](const char* name, std::string_view text) {
    if (const char* defect = text_defect(text))
      throw input_error(std::string{"cannot save: the "} + name + " of the save " + defect, {{}, {}, "save"});
  };
  if (who.who) check("actor", who.who->name);
  check("action kind", who.action_kind);
  check("message", who.message);
  check("meta", who.meta);
  if (!who.meta.empty() && !nlohmann::json::accept(who.meta))
    throw input_error("cannot save: the meta of the save is no JSON", {{}, {}, "save"});
}

/// Turns states into a write set, without touching a store.
[[nodiscard]] inline write_set capture(std::vector<saved_entity>& entities, const attribution& who,
                                       const record_limits& limits) {
  check_attribution(who);
  write_set set;
  set.who = who;
  plan_live_rows(set, entities);
  capture_run run{set, entities, limits};
  save_pipeline::run(run);
  return set;
}

}  // namespace detail
}  // namespace varve
