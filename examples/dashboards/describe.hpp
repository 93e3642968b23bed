#pragma once

#include <string>
#include <vector>

#include "varve/diff/record.hpp"

namespace dashboards {

/// Change records as lines for people: `added column country`, `renamed "Sales" to "Revenue"`, `edited filter gender`.
/// A child that went, and came back called or computed alike and otherwise the same, is told as renamed.
[[nodiscard]] std::vector<std::string> describe(const std::vector<varve::change_record>& records);

}  // namespace dashboards
