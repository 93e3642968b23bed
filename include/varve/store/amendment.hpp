#pragma once

#include <optional>
#include <vector>

#include "varve/store/write_set.hpp"

namespace varve {

/// Corrects what a history tells about itself, and no state in it: where versions end, and the records of versions. It is
/// written under a transaction of its own, which begins no row.
struct amendment {
  /// The end of a version; nothing: it is open.
  struct interval {
    const table_info* table = nullptr;
    row_key key{};
    transaction_id begin{};
    std::optional<transaction_id> end{};
  };

  /// Who amends, and records: those of each lock replace all that the entity's version in `versions` has.
  write_set told{};
  std::vector<transaction_id> versions{};  ///< for each of `told.locks`
  std::vector<interval> intervals{};

  [[nodiscard]] bool empty() const { return versions.empty() && intervals.empty(); }
};

}  // namespace varve
