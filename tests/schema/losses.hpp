#pragma once

#include <string>
#include <vector>

#include <varve/schema/migration.hpp>

namespace test {

using names = std::vector<std::string>;

/// The statements of a plan that take a table, a column or rows away. An index goes with the name of its table, and what
/// becomes nullable loses nothing.
inline names losses(const std::vector<varve::migration>& plan) {
  names found;
  for (const auto& step : plan)
    for (const auto& statement : step.statements)
      if ((statement.find("DROP ") != std::string::npos && !statement.starts_with("DROP INDEX ") &&
           !statement.ends_with(" DROP NOT NULL")) ||
          statement.find("DELETE FROM ") != std::string::npos || statement.find("REPLACE INTO ") != std::string::npos ||
          statement.find("TRUNCATE ") != std::string::npos)
        found.push_back(statement);
  return found;
}

}  // namespace test
