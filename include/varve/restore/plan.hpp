#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/store/version_id.hpp"

namespace varve {

/// A link that a restore leaves out, as its target no longer lives.
struct skipped_link {
  std::string relation{};
  std::string target{};  ///< its uuid, else its key

  friend bool operator==(const skipped_link&, const skipped_link&) = default;
};

/// How many rows of one table a restore would write.
struct planned_rows {
  std::string table{};
  std::size_t inserts = 0;
  std::size_t updates = 0;
  std::size_t deletes = 0;
};

/// What a restore would write, and what would not come back. A value: nothing is written by making it.
struct restore_plan {
  version_id version{};
  std::optional<transaction_id> current{};  ///< the version that the entity is at; `apply` holds it to that
  std::vector<planned_rows> rows{};         ///< tables without a row to write are left out
  std::vector<skipped_link> skipped{};
  std::vector<std::string> clashes{};       ///< unique values that another entity has now
  std::vector<std::string> left_alone{};    ///< fields that stay as they are

  [[nodiscard]] bool changes_nothing() const { return rows.empty(); }
};

/// The plan for people, a line for each thing.
[[nodiscard]] VARVE_INLINE std::string to_text(const restore_plan& plan);

}  // namespace varve

template <>
struct fmt::formatter<varve::restore_plan> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const varve::restore_plan& plan, Context& context) const {
    return fmt::formatter<std::string_view>::format(varve::to_text(plan), context);
  }
};

#ifndef VARVE_COMPILED
#include "varve/restore/detail/plan_impl.hpp"
#endif
