#pragma once

#include <cstddef>

namespace varve {

/// What storage does to records that are too many or too large. Diffs and replays never see it.
struct record_limits {
  std::size_t records_per_field = 100;  ///< more collapse into one `update` record, from null to how many
  std::size_t value_bytes = 8192;       ///< a larger value is replaced by a marker with its size and a preview
};

}  // namespace varve
