#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rules.hpp"

namespace dashboards {

/// What the program was asked for.
struct options {
  std::vector<std::filesystem::path> corpora{};  ///< empty: those that the project carries
  std::string database{};                        ///< empty: a new file in the folder for temporary files
  std::filesystem::path golden{};                ///< empty: none
  std::optional<rule_name> rules{};
  bool adopt = false;
  bool verify = false;
  std::filesystem::path report{};
  bool help = false;
};

/// A call that cannot be understood; says why in one sentence.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Errors: `usage_error`.
[[nodiscard]] options parse_options(const std::vector<std::string_view>& arguments);

[[nodiscard]] std::string_view usage();

/// The corpora that the project carries.
[[nodiscard]] std::vector<std::filesystem::path> carried_corpora();

}  // namespace dashboards
