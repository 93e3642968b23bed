#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace varve

template <>
struct fmt::formatter<varve::restore_plan> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const varve::restore_plan& plan, Context& context) const {
    std::string text;
    for (const auto& rows : plan.rows)
      text += fmt::format("{}: {} to insert, {} to update, {} to delete\n", rows.table, rows.inserts, rows.updates,
                          rows.deletes);
    if (plan.rows.empty()) text += "nothing to write\n";
    for (const auto& link : plan.skipped)
      text += fmt::format("{}: the link to {} stays out, its target no longer lives\n", link.relation, link.target);
    for (const auto& clash : plan.clashes) text += fmt::format("{} is taken by another entity\n", clash);
    std::string fields;
    for (const auto& field : plan.left_alone) fields += (fields.empty() ? "" : ", ") + field;
    if (!fields.empty()) text += fmt::format("left as they are: {}\n", fields);
    return fmt::formatter<std::string_view>::format(text, context);
  }
};
