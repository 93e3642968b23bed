#pragma once

#include <functional>
#include <vector>

#include "varve/store/write_set.hpp"

namespace varve {

class session;

/// What a commit did.
struct commit_result {
  std::optional<transaction_id> transaction{};  ///< of the versions made; nothing when none was
  std::optional<transaction_id> baseline{};     ///< of the first versions of entities that had no history
  time_point issued_at{};
};

/// Functions of the application around a save, called in the order in which they were added.
///
/// One that throws before COMMIT rolls everything back. When one throws after it, the save stands.
struct hooks {
  /// Ahead of each flush, also that of a commit.
  std::vector<std::function<void(session&)>> before_flush{};
  /// The live tables are written, the transaction is open. Costs a commit one trip to the database more.
  std::vector<std::function<void(session&)>> after_flush{};
  /// Once for each commit, ahead of capture; may save more, and may change the attribution.
  std::vector<std::function<void(session&)>> before_commit{};
  /// Sees the finished versions and records, before they are written. Costs a commit a copy of each object that is
  /// saved, and a comparison with it.
  std::vector<std::function<void(const write_set&)>> after_capture{};
  std::vector<std::function<void(session&, const commit_result&)>> after_commit{};
  std::vector<std::function<void(session&)>> after_rollback{};
};

}  // namespace varve
