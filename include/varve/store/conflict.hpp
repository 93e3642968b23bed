#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/core/uuid.hpp"
#include "varve/store/version_id.hpp"

namespace varve {

/// Somebody else saved the entity first; nothing was written.
class conflict_error : public error {
 public:
  conflict_error(const std::string& message, error_where where, std::optional<transaction_id> expected,
                 std::optional<transaction_id> found, std::vector<std::string> fields, bool by_expectation)
      : error(error_kind::conflict, message, std::move(where)),
        expected_(expected),
        found_(found),
        fields_(std::move(fields)),
        by_expectation_(by_expectation) {}

  /// The version that the session held; nothing when it held none.
  [[nodiscard]] const std::optional<transaction_id>& expected() const noexcept { return expected_; }
  /// The version that is there; nothing when there is none.
  [[nodiscard]] const std::optional<transaction_id>& found() const noexcept { return found_; }
  /// The fields and collections that differ between the two.
  [[nodiscard]] const std::vector<std::string>& fields() const noexcept { return fields_; }
  /// The caller named the version by `expect`: running the same again cannot help.
  [[nodiscard]] bool is_final() const noexcept { return by_expectation_; }

 private:
  std::optional<transaction_id> expected_;
  std::optional<transaction_id> found_;
  std::vector<std::string> fields_;
  bool by_expectation_;
};

/// COMMIT was sent, and whether it took effect cannot be told: the database cannot be asked, or the save left no mark.
class outcome_unknown : public error {
 public:
  outcome_unknown(const std::string& message, error_where where, int native_code = 0, const uuid& token = {})
      : error(error_kind::unknown, message, std::move(where), native_code), token_(token) {}

  /// The same of another save: takes no memory, as a copy shares its message.
  outcome_unknown(const outcome_unknown& like, const uuid& token) : error(like), token_(token) {}

  /// The save's, which `store_handle::outcome_of` takes once the database can be asked again; nil when the save made no
  /// version and so left no mark.
  [[nodiscard]] const uuid& token() const noexcept { return token_; }

 private:
  uuid token_;
};

}  // namespace varve
