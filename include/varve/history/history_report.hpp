#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// One place where a history is not what it must be.
struct violation {
  /// `S1` to `S9`, `T3` to `T5`, `L1` to `L4`, `C1` to `C9`, `R3`, `R6`, `K1`, `K2`, `P1`, `V1`, `V2`, `replay`
  std::string_view rule{};
  std::string table{};  ///< the shadow table, of records `version_changes`, of transactions `version_transaction`
  row_key key{};        ///< of the row, of records the entity's; empty where none is meant
  transaction_id transaction{};  ///< at which the row begins, or whose record it is; 0 where none is meant
  std::string what{};            ///< what is wrong; keys and names of columns are in it, no values

  /// It harms nothing: a clock that went back (T5), or what a prune that did not finish left over (P1).
  [[nodiscard]] bool is_warning() const { return rule == "T5" || rule == "P1"; }
  /// As a sentence: `S7 tables_version 7 at 12: it ends at 14, and the next version begins at 15`.
  [[nodiscard]] VARVE_INLINE std::string text() const;
};

/// What `check_history` looked at and found.
struct history_report {
  std::vector<violation> violations{};  ///< in the order in which they were found, up to the limit
  std::map<std::string, std::size_t, std::less<>> by_rule{};  ///< how many of each rule, those beyond the limit too
  std::size_t live_rows = 0, shadow_rows = 0, records = 0, transactions = 0;  ///< looked at
  std::size_t replayed = 0;             ///< versions whose records were applied, forwards and backwards
  std::vector<std::string> left_out{};  ///< kinds with a history here that are not in use by the store

  /// Nothing was found but warnings.
  [[nodiscard]] VARVE_INLINE bool is_sound() const;
  /// How many violations there are, warnings and those beyond the limit included.
  [[nodiscard]] VARVE_INLINE std::size_t count() const;
  /// As lines of text: what was looked at, then each violation.
  [[nodiscard]] VARVE_INLINE std::string text() const;
};

/// How much a check keeps and reads at a time.
struct check_options {
  std::size_t limit = 1000;      ///< how many violations are kept; the rest is counted
  std::size_t page_rows = 1000;  ///< how many rows are in memory at a time
};

}  // namespace varve

template <>
struct fmt::formatter<varve::violation> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const varve::violation& found, Context& context) const {
    return fmt::formatter<std::string_view>::format(found.text(), context);
  }
};

template <>
struct fmt::formatter<varve::history_report> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const varve::history_report& report, Context& context) const {
    return fmt::formatter<std::string_view>::format(report.text(), context);
  }
};

#ifndef VARVE_COMPILED
#include "varve/history/detail/history_report_impl.hpp"
#endif
