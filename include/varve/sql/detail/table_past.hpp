#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "varve/sql/detail/catalog.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

/// From which transactions on a table is versioned, as a whole and by column.
class table_past {
 public:
  table_past() = default;
  table_past(const catalog& known, const table_info& table) : whole_{known.since(table.name)} {
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto since = known.since(since_name(table.name, table.columns[i].name));
      if (since != 0 && columns_.empty()) columns_.resize(table.stored);
      if (since != 0) columns_[i] = {since};
    }
  }
  [[nodiscard]] transaction_id whole() const { return whole_; }
  [[nodiscard]] transaction_id column(std::size_t i) const {
    return i < columns_.size() ? std::max(whole_, columns_[i]) : whole_;
  }

 private:
  transaction_id whole_{};
  std::vector<transaction_id> columns_{};  ///< empty: all from the start
};

}  // namespace varve::sql
