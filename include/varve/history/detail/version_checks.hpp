#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/history/detail/examination.hpp"
#include "varve/history/detail/replay.hpp"
#include "varve/history/detail/step_checks.hpp"

namespace varve::detail {

/// A version that changed an entity, with the one before it.
struct told_step {
  const entity_info& info;
  const row_key& key;
  const shadow_entry& before;
  const shadow_entry& row;
  const entity_state& from;
  const entity_state& to;
};

/// The versions of one kind's entities, in the order of key and transaction: their records (C1, C5, C7, C8), what the
/// records say (R3, R6, replay), versions that changed nothing (V2), values that do not fit (V1), and the children and links
/// that hold with them (S9, K1).
class version_checks {
 public:
  version_checks(examination& on, const entity_info& info) : on_(on), info_(info) {}

  /// Passes over a version, whose records are not looked at.
  void pass(const row_key& key, const shadow_entry& row) {
    for (const auto& entry : on_.reader.changes(info_.kind, key, row.begin, row.begin)) on_.told.insert(entry.id);
  }
  /// \param before  the row before it of the same life, where the chain is sound; null where the laws have nothing to say.
  void look(const row_key& key, const shadow_entry* before, const shadow_entry& row) {
    const auto broken = on_.broken_records();
    const auto entries = on_.reader.changes(info_.kind, key, row.begin, row.begin);
    check_entries(key, row, entries);
    if (row.operation == row_operation::remove) {
      check_deletion(key, before, row);
      last_.reset();
      return;
    }
    auto now = load(key, row, before != nullptr && last_ ? last_->at : transaction_id{});
    if (now && before != nullptr && last_ && row.operation == row_operation::update && now->fits && last_->fits) {
      const told_step step{info_, key, *before, row, last_->state, now->state};
      check_step(on_, step, entries);
      if (entries.empty()) check_change(key, *before, row, now->state);
      ++on_.report.replayed;
      if (on_.broken && on_.broken_records() != broken) on_.broken(step);
    }
    last_ = std::move(now);
  }

 private:
  struct past {
    transaction_id at{};
    entity_state state{};
    bool fits = true;  ///< all that is stored; else the laws have nothing to say
  };

  [[nodiscard]] std::string record_name(const change_entry& entry) const {
    return "record " + std::to_string(entry.sequence) + " of " + describe_entity(info_, entry.entity);
  }

  void check_entries(const row_key& key, const shadow_entry& row, const std::vector<change_entry>& entries) {
    std::int32_t next = 0;
    bool in_sequence = true;
    for (const auto& entry : entries) {
      on_.told.insert(entry.id);
      if (!on_.known.contains(entry.transaction.value))
        on_.tell("C1", "version_changes", key, row.begin,
                 record_name(entry) + " belongs to a transaction that is gone");
      check_saying(on_, entry);
      in_sequence = in_sequence && entry.sequence == next++;
    }
    if (!in_sequence)
      on_.tell("C7", "version_changes", key, row.begin, "the records are not numbered 0, 1, 2 and so on");
    if (!entries.empty() && row.operation != row_operation::update)
      on_.tell(
          "C8", "version_changes", key, row.begin,
          row.operation == row_operation::remove ? "a deletion has records" : "a creation or baseline has records");
  }

 public:
  /// C5: a record whose old and new value are the same. A member of a document that came or went with null is told so.
  static void check_saying(examination& on, const change_entry& entry) {
    const auto record = read_record(entry);
    const bool nothing = record ? record->from == record->to : entry.from == entry.to;
    const bool came_or_went = record && record->path.size() > 1 &&
                              (record->operation == operation::add || record->operation == operation::remove) &&
                              record->from.is_null();
    if (nothing && !came_or_went)
      on.tell("C5", "version_changes", entry.entity, entry.transaction,
              "record " + std::to_string(entry.sequence) + " says nothing: its old and new value are the same");
  }

  /// R3, R6 and replay: the records of a step.
  static void check_step(examination& on, const told_step& step, const std::vector<change_entry>& entries) {
    std::vector<change_record> records;
    for (const auto& entry : entries) {
      auto record = read_record(entry);
      if (!record) {
        on.tell("replay", "version_changes", step.key, step.row.begin,
                "record " + std::to_string(entry.sequence) + " cannot be read");
        return;
      }
      records.push_back(*std::move(record));
    }
    step_replay law{on, step.info, step.from, step.before.begin, step.to};
    step_checks{on, *step.info.table, step.key}.compare(step.before, step.row, records, law);
    if (auto broken = law.run(std::move(records)))
      on.tell("replay", step.info.table->shadow, step.key, step.row.begin, *std::move(broken));
  }

 private:
  /// The state of a version; nothing where its rows cannot be read.
  /// \param before  the version before: what it had was told there.
  [[nodiscard]] std::optional<past> load(const row_key& key, const shadow_entry& row, transaction_id before) {
    try {
      entity_state state{make_state(info_), item_positions(info_.relations.size()), {}};
      std::vector<misfit> misfits;
      unpack_row(*info_.table, row.row, state.object.get(), row.begin, &misfits);
      state.begins.resize(info_.relations.size());
      for (std::size_t i = 0; i < info_.relations.size(); ++i) {
        const auto& relation = info_.relations[i];
        const auto entries = on_.reader.of_parent(*relation.table, key, row.begin);
        if (!relation.keeps_duplicates) check_names(*relation.table, entries, before);
        std::vector<packed_row> rows;
        for (const auto& entry : entries) {
          state.begins[i].push_back(entry.begin);
          rows.push_back(entry.row);
        }
        fill_relation(relation, i, rows, state, &misfits);
      }
      const bool fits = misfits.empty();
      for (auto& found : misfits)
        if (found.at > before) tell_misfit(found);
      return past{row.begin, std::move(state), fits};
    } catch (const error& failed) {
      if (failed.kind() != error_kind::damaged) throw;
      on_.tell("replay", info_.table->shadow, key, row.begin,
               std::string{"its state cannot be read: "} + failed.what());
      return std::nullopt;
    }
  }
  /// V1: named by its shadow table, as the other rules do.
  void tell_misfit(const misfit& found) {
    std::string_view shadow = info_.table->shadow;
    for (const auto& relation : info_.relations)
      if (relation.table->name == found.table) shadow = relation.table->shadow;
    on_.tell("V1", shadow, found.key, found.at,
             "column " + found.column + " holds a value that its field's type cannot");
  }
  /// S9, where one of two of a name is younger than the version before.
  void check_names(const table_info& table, const std::vector<shadow_entry>& entries, transaction_id before) {
    std::map<row_key, const shadow_entry*> names;
    for (const auto& entry : entries) {
      const auto [found, is_new] = names.emplace(row_key::of(entry.row, table.natural), &entry);
      if (is_new) continue;
      const auto& later = found->second->begin > entry.begin ? *found->second : entry;
      const auto& earlier = &later == &entry ? *found->second : entry;
      if (later.begin > before)
        on_.tell("S9", table.shadow, row_key::of(later.row, table.key), later.begin,
                 "its name is also that of " + row_key::of(earlier.row, table.key).text() + " under the same owner");
    }
  }

  /// V2: a version without records whose row, children and links are those of the version before. What was described then
  /// and is no more may have changed, and a baseline only tells what is versioned from now on; behind the horizon rows that
  /// changed with it may have been pruned.
  void check_change(const row_key& key, const shadow_entry& before, const shadow_entry& row, const entity_state& now) {
    if (row.begin < on_.horizon || on_.baselines.contains(row.begin.value) || now.begins != last_->state.begins) return;
    const auto from_the_start = [](const table_info&, std::size_t) { return transaction_id{}; };
    if (differing_column(*info_.table, row.row, before, from_the_start) != nullptr || !on_.removed(info_).empty())
      return;
    on_.tell("V2", info_.table->shadow, key, row.begin, "nothing is otherwise than in the version before");
  }

  void check_deletion(const row_key& key, const shadow_entry* before, const shadow_entry& row) {
    if (before != nullptr) step_checks{on_, *info_.table, key}.compare_deletion(*before, row);
    for (const auto& relation : info_.relations)
      for (const auto& entry : on_.reader.of_parent(*relation.table, key, row.begin))
        on_.tell("K1", relation.table->shadow, row_key::of(entry.row, relation.table->key), entry.begin,
                 "it outlives " + describe_entity(info_, key) + ", deleted at " + number(row.begin));
  }

  examination& on_;
  const entity_info& info_;
  std::optional<past> last_{};
};

}  // namespace varve::detail
