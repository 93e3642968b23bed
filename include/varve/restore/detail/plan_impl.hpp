#pragma once

#include <fmt/format.h>

#include <string>

#include "varve/restore/plan.hpp"

namespace varve {

VARVE_INLINE std::string to_text(const restore_plan& plan) {
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
  return text;
}

}  // namespace varve
