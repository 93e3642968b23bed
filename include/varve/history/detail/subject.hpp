#pragma once

#include <optional>

#include "varve/core/uuid.hpp"
#include "varve/store/row_key.hpp"

namespace varve::detail {

/// Whose history: a key, and the uuid that lived under it.
struct subject {
  row_key key{};
  std::optional<uuid> id{};
};

}  // namespace varve::detail
