#pragma once

#include <cstddef>
#include <cstdint>

namespace varve::detail {

/// Where a savepoint stands, and which it is.
struct savepoint_place {
  std::size_t depth = 0;
  std::uint64_t serial = 0;
};

}  // namespace varve::detail
