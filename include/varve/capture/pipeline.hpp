#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/detail/changes.hpp"
#include "varve/capture/detail/lock_table.hpp"
#include "varve/capture/live_rows.hpp"
#include "varve/core/text.hpp"
#include "varve/core/text_writer.hpp"

namespace varve {

namespace detail {

/// Room that capture works in: the write set and what it is made with. Used again it allocates the rows alone.
struct capture_room {
  write_set set{};
  live_planner planner{};
  lock_table locks{};
  std::vector<std::pair<const entity_info*, row_key>> targets{};
  diff_scratch scratch{};
  row_packer packer{};
};

/// What the stages of a save work on.
struct capture_run {
  capture_room& room;
  std::span<saved_entity> entities;
  const record_limits& limits;
  write_set& set = room.set;
};

/// The targets of links that a state has, or has beyond another.
/// \param changes  what differs between both states, where there are two.
inline void link_targets(const entity_info& info, const void* state, const void* known,
                         const std::vector<item_changes>& changes,
                         std::vector<std::pair<const entity_info*, row_key>>& found) {
  value_buffer buffer;
  for (std::size_t r = 0; r < info.relations.size(); ++r) {
    const auto& relation = info.relations[r];
    if (relation.what != relation_kind::links) continue;
    if (known != nullptr && changes[r].added.empty() && changes[r].changed.empty()) continue;
    const auto& key_column = relation.table->columns[relation.table->natural[0]];
    const auto key_of = [&](const void* link) { return row_key::of(key_column.read(link, buffer)); };
    std::vector<row_key> before;
    const item_view old{relation, known};
    for (std::size_t i = 0; i < old.size(); ++i) before.push_back(key_of(old[i]));
    std::sort(before.begin(), before.end());
    const item_view links{relation, state};
    for (std::size_t i = 0; i < links.size(); ++i) {
      auto key = key_of(links[i]);
      if (!std::binary_search(before.begin(), before.end(), key))
        found.emplace_back(&relation.target(), std::move(key));
    }
  }
}

}  // namespace detail

/// First stage: entities without history keep their previous state, and so does what they link to, one step far.
struct make_baselines {
  static constexpr int place = 1;
  static void run(detail::capture_run& run) {
    using namespace detail;
    auto& targets = run.room.targets;
    find_targets(run);
    auto& locks = run.room.locks;
    locks.clear();
    for (const auto& saved : run.entities)
      if (!saved.key.empty()) locks.add(*saved.entity, saved.key, saved.expected);
    for (const auto& [entity, key] : targets) locks.add(*entity, key, {});
    locks.sort();
    run.set.locks.assign(locks.locks().begin(), locks.locks().end());
    for (auto& saved : run.entities) {
      if (!saved.key.empty()) {
        saved.lock = locks.place(*saved.entity, saved.key);
      } else {
        saved.lock = run.set.locks.size();
        run.set.locks.push_back({saved.entity, {}, saved.live, {}});
      }
    }
    for (auto& saved : run.entities) {
      if (!saved.changed || !saved.needs_baseline()) continue;
      auto& made = run.set.baselines.emplace_back();
      made.lock = saved.lock;
      made.first = saved.absent.empty();
      made.absent = saved.absent;
      made.copy_live = saved.write_live && saved.base == saved.flushed;
      if (!made.copy_live) all_rows(run, saved, made.rows);
    }
    if (targets.empty()) return;
    std::vector<bool> based(run.set.locks.size(), false);
    for (const auto& base : run.set.baselines) based[base.lock] = true;
    for (const auto& [entity, key] : targets) {
      const auto lock = locks.place(*entity, key);
      if (based[lock]) continue;
      based[lock] = true;
      run.set.baselines.emplace_back().lock = lock;
    }
  }

 private:
  /// The entities that are linked to anew and may need a first version.
  static void find_targets(detail::capture_run& run) {
    using namespace detail;
    auto& targets = run.room.targets;
    targets.clear();
    for (const auto& saved : run.entities) {
      if (!saved.changed) continue;
      const bool needs_baseline = saved.needs_baseline();
      if (needs_baseline) link_targets(*saved.entity, saved.base, nullptr, saved.from_base, targets);
      if (saved.now != nullptr)
        link_targets(*saved.entity, saved.now, needs_baseline ? nullptr : saved.base, saved.from_base, targets);
    }
    if (targets.empty()) return;
    std::set<std::pair<std::string_view, row_key>> born;  // inserted by this save: they need no state before it
    for (const auto& saved : run.entities)
      if (saved.base == nullptr && !saved.key.empty()) born.emplace(saved.entity->table->name, saved.key);
    std::erase_if(targets, [&](const auto& target) {
      return !target.first->versioned || target.second.empty() ||
             born.contains({target.first->table->name, target.second});
    });
  }
  /// The rows of the state at the transaction's start, as values: all of them, or what its versions do not have yet.
  static void all_rows(detail::capture_run& run, const detail::saved_entity& saved, std::vector<shadow_row>& rows) {
    using namespace detail;
    const auto& info = *saved.entity;
    const auto add = [&](const table_info& table, row_operation operation, packed_row row) {
      auto key = row_key::of(row, table.key);
      rows.push_back({&table, operation, std::move(row), false, entity_lock::no_row, std::move(key), {}});
    };
    const bool is_whole = saved.absent.empty();
    add(*info.table, is_whole ? row_operation::insert : row_operation::update,
        pack_row(*info.table, saved.base, {}, info.kind, run.room.packer));
    for (std::size_t r = 0; r < info.relations.size(); ++r) {
      if (!is_whole && std::find(saved.absent.begin(), saved.absent.end(), r) == saved.absent.end()) continue;
      const auto& relation = info.relations[r];
      const item_view items{relation, saved.base};
      for (std::size_t i = 0; i < items.size(); ++i)
        add(*relation.table, row_operation::insert,
            pack_row(*relation.table, items[i], context_of(saved.key, relation, r, saved.base_positions, i),
                     relation.kind, run.room.packer));
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
      entity_row(run, saved);
      for (std::size_t r = 0; r < saved.entity->relations.size(); ++r) relation_rows(run, saved, r);
    }
    join_moves(run.set);
  }

 private:
  /// Whether the live row still is what it was at the transaction's start: that is what a delete row keeps.
  [[nodiscard]] static bool is_live_image(const detail::saved_entity& saved) {
    return saved.write_live && saved.base == saved.flushed;
  }

  static void entity_row(detail::capture_run& run, const detail::saved_entity& saved) {
    using namespace detail;
    const auto& table = *saved.entity->table;
    auto& made = run.set.shadow.emplace_back();
    made.table = &table;
    made.operation = saved.base == nullptr  ? row_operation::insert
                     : saved.now == nullptr ? row_operation::remove
                                            : row_operation::update;
    made.copy_live = made.operation != row_operation::remove || is_live_image(saved);
    made.live = saved.live;
    made.key = saved.key;
    if (saved.expected.what == expectation::check::version) made.closes = saved.expected.open;
    if (saved.live != entity_lock::no_row)
      made.row = run.set.live[saved.live].row;
    else if (!saved.write_live || saved.now == nullptr)
      made.row =
          pack_row(table, saved.now != nullptr ? saved.now : saved.base, {}, saved.entity->kind, run.room.packer);
  }

  static void relation_rows(detail::capture_run& run, const detail::saved_entity& saved, std::size_t r) {
    using namespace detail;
    const auto& relation = saved.entity->relations[r];
    const auto& table = *relation.table;
    const auto& changes = saved.from_base[r];
    const bool reordered = is_reordered(saved, r);
    if (changes.empty() && !reordered) return;
    const item_view base{relation, saved.base};
    const item_view now{relation, saved.now};
    const auto pack = [&](const item_view& items, const item_positions* positions, std::size_t item) {
      return pack_row(table, items[item], context_of(saved.key, relation, r, positions, item), relation.kind,
                      run.room.packer);
    };
    const auto add = [&](row_operation operation, packed_row row, bool copy_live, std::size_t live) {
      auto& made = run.set.shadow.emplace_back();
      made.table = &table;
      made.operation = operation;
      const bool has_key = std::none_of(table.key.begin(), table.key.end(), [&](auto c) { return row[c].is_null(); });
      if (has_key) made.key = row_key::of(row, table.key);
      made.row = std::move(row);
      made.copy_live = copy_live;
      made.live = live;
    };
    const auto insert = [&](std::size_t item) {
      const auto live = saved.insert_of(r, item);
      add(row_operation::insert,
          live != entity_lock::no_row ? run.set.live[live].row : pack(now, &saved.now_positions, item), true, live);
    };
    const auto remove = [&](std::size_t item) {
      add(row_operation::remove, pack(base, saved.base_positions, item), is_live_image(saved), entity_lock::no_row);
    };
    auto written = std::find_if(saved.updates.begin(), saved.updates.end(),
                                [&](const saved_entity::item_update& update) { return update.relation == r; });
    const auto update = [&](std::uint32_t item) {
      // Both lists are in the order of one comparison, where nothing was flushed before.
      if (saved.base == saved.flushed)
        while (written != saved.updates.end() && written->relation == r && written->item != item) ++written;
      const bool found = written != saved.updates.end() && written->relation == r && written->item == item;
      if (found)
        add(row_operation::update, run.set.live[written->live].row, true, written->live);
      else
        add(row_operation::update, pack(now, &saved.now_positions, item), true, entity_lock::no_row);
    };
    for (const auto item : changes.removed) remove(item);
    each_kept_item(changes, base.size(), reordered, [&](std::uint32_t from, std::uint32_t to) {
      const void* before = base[from];
      const void* after = now[to];
      if (!same_own_key(table, before, after)) {
        remove(from);
        insert(to);
      } else if ((reordered && (*saved.base_positions)[r][from] != saved.now_positions[r][to]) ||
                 differs_in_compared(table, before, after)) {
        update(to);
      }
    });
    for (const auto item : changes.added) insert(item);
  }

  /// A row that goes and comes under one key in one transaction (a child that moved to another parent) is an update.
  static void join_moves(write_set& set) {
    const auto is_insert = [](const shadow_row& row) { return row.operation == row_operation::insert; };
    if (std::none_of(set.shadow.begin(), set.shadow.end(), is_insert)) return;
    const auto name = [](const shadow_row& row) { return std::pair{row.table->name, row.key}; };
    std::map<std::pair<std::string_view, row_key>, std::size_t> removed;
    for (std::size_t i = 0; i < set.shadow.size(); ++i)
      if (set.shadow[i].operation == row_operation::remove) removed.emplace(name(set.shadow[i]), i);
    if (removed.empty()) return;
    std::vector<bool> gone(set.shadow.size(), false);
    for (auto& row : set.shadow) {
      if (row.operation != row_operation::insert || row.key.empty()) continue;
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
      detail::diff_into(*saved.entity, saved.base, saved.now, saved.from_base, rules_of(*saved.entity),
                        run.room.scratch);
      write(run, saved.lock);
    }
  }

 private:
  static void write(detail::capture_run& run, std::size_t lock) {
    auto& scratch = run.room.scratch;
    text_writer texts{run.set.texts};
    const auto records = scratch.records();
    std::int32_t sequence = 0;
    for (std::size_t first = 0; first < records.size();) {
      const auto field = records[first].field;
      std::size_t end = first + 1;  // the records of one field stand together
      while (end < records.size() && records[end].field == field) ++end;
      if (end - first > run.limits.records_per_field) {
        collapse(run.set, texts, lock, sequence++, records.subspan(first, end - first));
        first = end;
      }
      for (; first < end; ++first) {
        const auto& record = records[first];
        auto& text = begin(run.set, lock, sequence++, record.kind, to_string(record.operation));
        text.path = texts.size();
        scratch.append_path(texts, record);
        text.from = texts.size();
        if (record.operation != operation::add) value(texts, record.from, run.limits);
        text.to = texts.size();
        if (record.operation != operation::remove) value(texts, record.to, run.limits);
        text.end = texts.size();
      }
    }
  }

  /// One record for all of a field, from null to how many; its kind is theirs, or "field" where they have several.
  static void collapse(write_set& set, text_writer& texts, std::size_t lock, std::int32_t sequence,
                       std::span<const change_view> records) {
    const auto kind = records.front().kind;
    const bool one_kind =
        std::all_of(records.begin(), records.end(), [&](const change_view& record) { return record.kind == kind; });
    auto& text = begin(set, lock, sequence, one_kind ? kind : "field", to_string(operation::update));
    text.path = texts.size();
    texts.put('[');
    append_json_string(texts, records.front().field);
    texts.put(']');
    text.from = text.to = texts.size();
    append_number(texts, static_cast<std::int64_t>(records.size()));
    text.end = texts.size();
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

  static void value(text_writer& texts, const value_view& view, const record_limits& limits) {
    const std::size_t start = texts.size();
    view.append_json_to(texts);
    const auto whole = texts.written(start);
    if (whole.size() <= limits.value_bytes) return;
    std::size_t preview = std::min<std::size_t>(256, limits.value_bytes);
    while (preview > 0 && (static_cast<unsigned char>(whole[preview]) & 0xC0U) == 0x80U) --preview;
    const std::string head{whole.substr(0, preview)};
    const auto size_bytes = static_cast<std::int64_t>(whole.size());
    texts.cut(start);
    texts.put("{\"truncated\":true,\"bytes\":");
    append_number(texts, size_bytes);
    texts.put(",\"preview\":");
    append_json_string(texts, head);
    texts.put('}');
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

/// How deep the meta of a save may be nested: a server parses it when it is asked for.
inline constexpr std::size_t deepest_meta = 100;

/// Why a server could not parse a meta that is JSON, as a part of a sentence; null when it can.
[[nodiscard]] inline const char* meta_defect(std::string_view meta) {
  std::size_t depth = 0;
  bool is_text = false;
  for (std::size_t i = 0; i < meta.size(); ++i) {
    const char c = meta[i];
    if (is_text && c == '\\') {
      if (meta.substr(i, 6) == "\\u0000") return "holds a NUL character";
      ++i;
    } else if (c == '"') {
      is_text = !is_text;
    } else if (!is_text && (c == '[' || c == '{')) {
      if (++depth > deepest_meta) return "is nested deeper than 100";
    } else if (!is_text && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return nullptr;
}

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
  if (const char* defect = meta_defect(who.meta))
    throw input_error(std::string{"cannot save: the meta of the save "} + defect, {{}, {}, "save"});
}

/// Turns states into the room's write set, whose attribution is there already, without touching a store.
inline void capture(std::span<saved_entity> entities, const record_limits& limits, capture_room& room) {
  check_attribution(room.set.who);
  room.planner.plan(room.set, entities);
  capture_run run{room, entities, limits};
  save_pipeline::run(run);
}
/// The same with a write set of its own.
[[nodiscard]] inline write_set capture(std::span<saved_entity> entities, const attribution& who,
                                       const record_limits& limits) {
  capture_room room;
  room.set.who = who;
  capture(entities, limits, room);
  return std::move(room.set);
}

/// The locks alone: what a flush checks.
inline void lock_entities(std::span<const saved_entity> entities, capture_room& room) {
  room.locks.clear();
  for (const auto& one : entities)
    if (!one.key.empty()) room.locks.add(*one.entity, one.key, one.expected);
  room.locks.sort();
  room.set.locks.assign(room.locks.locks().begin(), room.locks.locks().end());
}

}  // namespace detail
}  // namespace varve
