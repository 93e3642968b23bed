#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "varve/history/history_report.hpp"

namespace varve {

VARVE_INLINE std::string violation::text() const {
  std::string text{rule};
  text += " " + table;
  if (!key.empty()) text += " " + key.text();
  if (transaction.value != 0) text += " at " + std::to_string(transaction.value);
  return text + ": " + what;
}

VARVE_INLINE bool history_report::is_sound() const {
  return std::all_of(by_rule.begin(), by_rule.end(), [](const auto& rule) {
    return violation{rule.first, {}, {}, {}, {}}.is_warning();
  });
}
VARVE_INLINE std::size_t history_report::count() const {
  std::size_t all = 0;
  for (const auto& rule : by_rule) all += rule.second;
  return all;
}
VARVE_INLINE std::string history_report::text() const {
  std::string text = std::to_string(live_rows) + " live rows, " + std::to_string(shadow_rows) + " rows of history, " +
                     std::to_string(transactions) + " transactions, " + std::to_string(records) + " records, " +
                     std::to_string(replayed) + " versions replayed: " +
                     (count() == 0 ? std::string{"nothing found"} : std::to_string(count()) + " found");
  for (const auto& kind : left_out) text += "\nnot looked at: kind " + kind;
  for (const auto& found : violations) text += "\n" + found.text();
  if (violations.size() < count()) text += "\nand " + std::to_string(count() - violations.size()) + " more";
  return text;
}

}  // namespace varve
