#pragma once

#include <string>

#include "varve/store/row_key.hpp"
#include "varve/store/write_set.hpp"

namespace varve {

/// A stored value that the type of its field cannot hold, as that was another when it was written. It stays in its table.
struct misfit {
  std::string table{};
  row_key key{};
  std::string column{};
  transaction_id at{};  ///< of the version's row
  std::string value{};  ///< as JSON
};

}  // namespace varve
