#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/pipeline.hpp"
#include "varve/history/detail/version_checks.hpp"
#include "varve/store/amendment.hpp"

namespace varve::detail {

/// Tells the records of versions anew, from the state before and their own, as their saves did.
class record_repair {
 public:
  record_repair(examination& on, const record_limits& limits, std::size_t limit, amendment& out)
      : on_(on), limits_(limits), limit_(limit), out_(out) {}

  /// Amends a version, if what its records would be now passes every check.
  void tell_anew(const told_step& step) {
    if (out_.versions.size() >= limit_) return;
    const auto fresh = records_of(step);
    history_report report;
    examination check{on_.reader, on_.options, report};
    version_checks::check_step(check, step, entries_of(fresh, step));
    if (report.count() == 0) add(fresh, step);
  }

 private:
  [[nodiscard]] write_set records_of(const told_step& step) const {
    std::vector<saved_entity> saves(1);
    auto& save = saves.front();
    save.entity = &step.info;
    save.key = step.key;
    save.base = save.flushed = step.from.object.get();
    save.base_positions = save.flushed_positions = &step.from.positions;
    save.now = step.to.object.get();
    save.now_positions = step.to.positions;
    find_changes(save);
    save.changed = true;
    capture_room room;
    room.set.locks.push_back({save.entity, save.key, entity_lock::no_row, {}});
    capture_run run{room, saves, limits_};
    make_change_log::run(run);
    return std::move(room.set);
  }
  [[nodiscard]] static std::vector<change_entry> entries_of(const write_set& set, const told_step& step) {
    std::vector<change_entry> entries;
    for (const auto& record : set.records) {
      auto& entry = entries.emplace_back();
      entry.transaction = step.row.begin;
      entry.entity_kind = step.info.kind;
      entry.entity = step.key;
      entry.sequence = record.sequence;
      entry.kind = record.kind;
      entry.operation = record.operation;
      entry.path = set.path_of(record);
      entry.from = set.from_of(record);
      entry.to = set.to_of(record);
    }
    return entries;
  }
  void add(const write_set& fresh, const told_step& step) {
    auto& told = out_.told;
    const std::size_t lock = told.locks.size(), offset = told.texts.size();
    told.locks.push_back(fresh.locks.front());
    told.texts += fresh.texts;
    for (auto record : fresh.records) {
      record.lock = lock;
      for (auto* place : {&record.path, &record.from, &record.to, &record.end}) *place += offset;
      told.records.push_back(std::move(record));
    }
    out_.versions.push_back(step.row.begin);
  }

  examination& on_;
  const record_limits& limits_;
  std::size_t limit_;
  amendment& out_;
};

}  // namespace varve::detail
