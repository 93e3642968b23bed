#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/capture/record_limits.hpp"
#include "varve/core/inline.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// How a live row and its newest version disagree.
enum class drift_kind : std::uint8_t {
  changed,      ///< a versioned column is another, noise aside
  unversioned,  ///< the row lives and has no open version, although its entity has a history
  gone,         ///< the row does not live, and its newest version is no deletion
  no_history,   ///< no drift: an entity that was never saved since versioning began; told on request only
};

[[nodiscard]] constexpr std::string_view to_string(drift_kind kind) {
  constexpr std::string_view words[] = {"changed", "unversioned", "gone", "no history"};
  return words[static_cast<std::size_t>(kind)];
}

/// A row that was written past varve.
struct drift {
  std::string kind{};   ///< the entity's
  row_key entity{};     ///< its key; of a child that moved the one where it lives
  std::string table{};  ///< the live table of the row: the entity's own, a child's or a link's
  row_key row{};        ///< the row's key
  drift_kind what = drift_kind::changed;
  std::string column{};  ///< of `changed`: the first that differs

  /// `dataset 7: sql_metrics 3 changed in expression`
  [[nodiscard]] VARVE_INLINE std::string text() const;
};

/// Where a search for drift goes on.
struct drift_place {
  std::string table{};
  row_key after{};
};

/// What to look for, and where.
struct drift_query {
  std::size_t limit = 1000;            ///< how many rows are found at most
  std::optional<drift_place> after{};  ///< nothing: from the start
  bool no_history = false;             ///< entities without any history too
  std::size_t page_rows = 1000;        ///< how many rows of a table are in memory at a time
};

/// What was found, by table and key.
struct drift_page {
  std::vector<drift> rows{};
  std::optional<drift_place> next{};  ///< where to go on; nothing when everything was looked at
};

/// How drift is adopted.
struct adopt_options {
  std::size_t batch_rows = 100;  ///< how many drifted rows are adopted in one transaction, with all of their entities
  bool baselines = false;        ///< entities without any history get their first version as well
  record_limits limits{};
  time_point clock{};  ///< the system's when not given
};

/// An entity whose drift was left as it is.
struct skipped_drift {
  std::string kind{};
  row_key entity{};
  std::string why{};
};

/// What came of an adoption.
struct adopted_drift {
  std::size_t versions = 0;   ///< of entities that had drifted
  std::size_t baselines = 0;  ///< of entities without history
  std::vector<transaction_id> transactions{};
  std::vector<skipped_drift> skipped{};
};

}  // namespace varve

template <>
struct fmt::formatter<varve::drift> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const varve::drift& found, Context& context) const {
    return fmt::formatter<std::string_view>::format(found.text(), context);
  }
};
