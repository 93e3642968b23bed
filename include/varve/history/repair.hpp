#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/capture/record_limits.hpp"
#include "varve/core/inline.hpp"
#include "varve/history/doctor.hpp"

namespace varve {

/// What is repaired at most, and how.
struct repair_options {
  std::size_t limit = 1000;  ///< of ends, and of versions' records; what is beyond is left to another call
  check_options check{};     ///< of the check that follows
  record_limits limits{};
  time_point clock{};  ///< the system's when not given
};

/// One thing that was repaired.
struct repaired_place {
  std::string table{};  ///< the shadow table
  row_key key{};
  transaction_id version{};  ///< at which the row begins
  bool records = false;      ///< its records were told anew; else its end was set
};

/// What came of a repair.
struct repair_report {
  std::vector<repaired_place> repaired{};
  std::vector<transaction_id> transactions{};
  history_report left{};  ///< what a check finds afterwards: what cannot be derived

  [[nodiscard]] std::size_t ends() const { return repaired.size() - records(); }
  [[nodiscard]] VARVE_INLINE std::size_t records() const;
};

/// Repairs what can be derived: where versions end (S3, S4, S7, T4), from the version that follows or the row that lives;
/// and the records of a version (C5, C7, R3, R6, replay), from the state before it and its own. Rows' values are never
/// touched, no row comes or goes. A missing version, a record of no version and drift are not for it (see `adopt_drift`).
///
/// Ends first, as states are read by them, then records: one transaction of the action kind `repair` each, which has no row;
/// each all or nothing. Nothing to repair, no transaction.
/// Errors: `input_error` when nobody is named, anonymous included; what the store says.
/// Cost:   three checks of the whole history.
/// Threads: writers wait for the first two.
VARVE_INLINE repair_report repair_history(const store_handle& store, attribution who,
                                          const repair_options& options = {});

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/repair_impl.hpp"
#endif
