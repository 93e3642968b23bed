#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>

#include "corpus.hpp"
#include "golden.hpp"
#include "replay.hpp"
#include "verify.hpp"

namespace dashboards {

/// Everything that a run has found out.
struct run_result {
  corpus lines{};
  std::size_t saves = 0;
  std::size_t links_dropped = 0;
  std::size_t expected_versions = 0;
  std::vector<bad_line> bad{};  ///< while reading and while saving
  history_counts counts{};
  verify_result verified{};
  golden_result golden{};

  /// Whether nothing was found that should not be.
  [[nodiscard]] bool is_clean() const;
};

[[nodiscard]] nlohmann::json report_of(const run_result& run);
/// Errors: `std::runtime_error` when the file cannot be written.
void write_report(const run_result& run, const std::filesystem::path& file);

}  // namespace dashboards
