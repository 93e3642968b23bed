#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/history/detail/table_checks.hpp"
#include "varve/history/doctor.hpp"

namespace varve {

namespace detail {

/// Notes which transactions exist, and tells where time goes back.
inline void read_transactions(examination& on) {
  transaction_id last{std::numeric_limits<std::int64_t>::min()};
  std::optional<time_point> issued;
  for (;;) {
    const auto page = on.reader.transactions_after(last, std::max<std::size_t>(on.options.page_rows, 1));
    if (page.empty()) return;
    for (const auto& entry : page) {
      ++on.report.transactions;
      on.known.insert(entry.id.value);
      if (entry.action_kind == "baseline") on.baselines.insert(entry.id.value);
      if (issued && entry.issued_at < *issued)
        on.tell("T5", "version_transaction", {}, entry.id, "it was issued before the transaction before it");
      issued = entry.issued_at;
    }
    last = page.back().id;
  }
}

/// Transactions without rows. One that repaired has none; below the horizon a row may also end there.
inline void check_transactions(examination& on) {
  transaction_id last{std::numeric_limits<std::int64_t>::min()};
  for (;;) {
    const auto page = on.reader.transactions_after(last, std::max<std::size_t>(on.options.page_rows, 1));
    if (page.empty()) return;
    for (const auto& entry : page) {
      if (on.begun.contains(entry.id.value) || entry.action_kind == "repair") continue;
      if (entry.id >= on.horizon)
        on.tell("T3", "version_transaction", {}, entry.id, "no row begins at it");
      else if (!on.ended.contains(entry.id.value))
        on.tell("P1", "version_transaction", {}, entry.id, "a prune left it over: no row begins or ends at it");
    }
    last = page.back().id;
  }
}

/// Records that no version has.
inline void check_records(examination& on) {
  const auto is_left_out = [&](const std::string& kind) {
    return std::find(on.report.left_out.begin(), on.report.left_out.end(), kind) != on.report.left_out.end();
  };
  transaction_id last{std::numeric_limits<std::int64_t>::min()};
  for (;;) {
    const auto page = on.reader.changes_after(last, std::max<std::size_t>(on.options.page_rows, 1));
    if (page.empty()) return;
    for (const auto& entry : page) {
      ++on.report.records;
      if (on.told.contains(entry.id)) continue;
      const auto name =
          "record " + std::to_string(entry.sequence) + " of " + entry.entity_kind + " " + entry.entity.text();
      if (!on.known.contains(entry.transaction.value))
        on.tell("C1", "version_changes", entry.entity, entry.transaction,
                name + " belongs to a transaction that is gone");
      if (is_left_out(entry.entity_kind)) continue;
      on.tell("C9", "version_changes", entry.entity, entry.transaction, name + " belongs to no version");
      version_checks::check_saying(on, entry);
    }
    last = page.back().transaction;
  }
}

/// Checks all that a reader sees of some kinds.
inline void examine(examination& on, const std::vector<const entity_info*>& entities) {
  on.report.left_out = on.reader.kinds();
  std::erase_if(on.report.left_out, [&](const std::string& kind) {
    return std::any_of(entities.begin(), entities.end(), [&](const auto* entity) { return entity->kind == kind; });
  });
  on.horizon = on.reader.horizon();
  read_transactions(on);
  for (const auto* entity : entities) {
    table_checks{on, *entity, nullptr}.run();
    for (const auto& relation : entity->relations) table_checks{on, *entity, &relation}.run();
  }
  check_records(on);
  if (on.report.left_out.empty()) check_transactions(on);
}

}  // namespace detail

VARVE_INLINE history_report check_history(const store_handle& store, const check_options& options) {
  history_report report;
  const auto entities = detail::versioned_kinds(store);
  if (entities.empty()) return report;
  const auto snapshot = store.base().snapshot();
  detail::examination on{*snapshot, options, report};
  detail::examine(on, entities);
  return report;
}

}  // namespace varve
