#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "corpus.hpp"
#include "rules.hpp"

namespace dashboards {

/// How change records compare with those that another program has written down.
struct golden_result {
  std::size_t pairs = 0;
  std::size_t mismatches = 0;
  std::size_t voids = 0;                ///< golden records that say nothing once members that are null are left out
  std::vector<std::string> excepted{};  ///< pairs whose records hang on how items of one key are told apart
  std::vector<std::string> details{};   ///< of the mismatches
};

/// Compares neighbouring documents of a corpus, read into structs with all their links, and holds the records against
/// golden ones, one JSON object a line: `entity`, `key`, `seq`, `records`.
///
/// A struct cannot tell a member that is absent from one that is null, so the members of children that are null are
/// left out on both sides. Order counts; `operation` does not where the golden records have none. Errors:
/// `std::runtime_error` for a file or line that cannot be read.
[[nodiscard]] golden_result compare_golden(const corpus& corpus, const std::filesystem::path& file, rule_name rules);

}  // namespace dashboards
