#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/history/detail/id_set.hpp"
#include "varve/history/history_report.hpp"

namespace varve::detail {

struct told_step;

/// What the parts of a check share: where they read, what they know of the whole history, where they tell.
struct examination {
  examination(store_reader& from, const check_options& wanted, history_report& into)
      : reader(from), options(wanted), report(into) {}

  store_reader& reader;
  const check_options& options;
  history_report& report;
  transaction_id horizon{};
  id_set known{};                                  ///< transactions that exist
  id_set begun{};                                  ///< those at which a row begins
  id_set ended{};                                  ///< those at which one ends
  id_set told{};                                   ///< records that belong to a version
  id_set baselines{};                              ///< transactions of baselines, which need not change anything
  std::function<void(const told_step&)> broken{};  ///< is called with steps whose records are not what they must be

  void tell(std::string_view rule, std::string_view table, const row_key& key, transaction_id at, std::string what) {
    ++report.by_rule[std::string{rule}];
    if (report.violations.size() < options.limit)
      report.violations.push_back({rule, std::string{table}, key, at, std::move(what)});
  }

  /// How many violations there are of the rules of one version's records.
  [[nodiscard]] std::size_t broken_records() const {
    std::size_t count = 0;
    for (const auto rule : {"C5", "C7", "R3", "R6", "replay"})
      if (const auto found = report.by_rule.find(rule); found != report.by_rule.end()) count += found->second;
    return count;
  }

  /// A row that a prune takes: it ended before the horizon, or is an older deletion.
  [[nodiscard]] bool is_left_over(const shadow_entry& row) const {
    return row.end ? *row.end < horizon : row.operation == row_operation::remove && row.begin < horizon;
  }

  /// From which transaction on a column is versioned.
  [[nodiscard]] transaction_id since(const table_info& table, std::size_t column) {
    const auto [found, is_new] = since_.try_emplace({&table, column});
    if (is_new) found->second = reader.versioned_since(table, column);
    return found->second;
  }

  /// The paths of what a kind had and has no more.
  [[nodiscard]] const std::vector<nlohmann::json>& removed(const entity_info& info) {
    const auto [found, is_new] = removed_.try_emplace(&info);
    if (is_new)
      for (const auto& path : reader.removed_paths(info.kind)) found->second.push_back(nlohmann::json::parse(path));
    return found->second;
  }
  /// Whether a version does not have a collection yet.
  [[nodiscard]] bool lacks(const relation_info& relation, transaction_id version) {
    return version < reader.versioned_since(*relation.table);
  }

 private:
  std::map<std::pair<const table_info*, std::size_t>, transaction_id> since_{};
  std::map<const entity_info*, std::vector<nlohmann::json>> removed_{};
};

/// The kinds in use that have versions.
[[nodiscard]] inline std::vector<const entity_info*> versioned_kinds(const store_handle& store) {
  auto entities = store.base().entities();
  std::erase_if(entities, [](const auto* entity) { return !entity->versioned; });
  return entities;
}

inline constexpr transaction_id latest_transaction{std::numeric_limits<std::int64_t>::max()};

[[nodiscard]] inline std::string number(transaction_id id) { return std::to_string(id.value); }

/// The first versioned column but noise in which a live row differs from a shadow row; null when there is none. Columns
/// that were not versioned yet when the shadow row began are passed over.
/// \param since  (table, column) gives from which transaction on a column is versioned.
template <class Since>
[[nodiscard]] const column_info* differing_column(const table_info& table, const packed_row& live,
                                                  const shadow_entry& shadow, Since&& since) {
  for (std::size_t i = 0; i < table.stored; ++i) {
    const auto& column = table.columns[i];
    if (!column.is_versioned() || column.is(column_flag::noise) || same_value(live, shadow.row, i)) continue;
    if (shadow.row[i].is_null() && since(table, i) > shadow.begin) continue;
    return &column;
  }
  return nullptr;
}

}  // namespace varve::detail
