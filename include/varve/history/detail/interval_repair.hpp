#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "varve/history/detail/examination.hpp"
#include "varve/history/detail/row_streams.hpp"
#include "varve/store/amendment.hpp"

namespace varve::detail {

/// Finds the versions of a table that end wrongly where the right end can be told.
class interval_repair {
 public:
  interval_repair(examination& on, const table_info& table, std::size_t limit, amendment& out)
      : on_(on), table_(table), limit_(limit), out_(out) {}

  void run() {
    shadow_stream rows{on_.reader, table_, on_.options.page_rows};
    std::optional<shadow_entry> last;
    row_key last_key;
    for (const auto* row = rows.peek(); row != nullptr; row = rows.peek()) {
      auto key = row_key::of(row->row, table_.key);
      if (last && key == last_key)
        end_before(last_key, *last, row->begin);
      else if (last)
        end_newest(last_key, *last);
      last = *row;
      last_key = std::move(key);
      rows.skip();
    }
    if (last) end_newest(last_key, *last);
  }

 private:
  /// A version that another follows ends where that begins. One that ends earlier, at a transaction that exists, was
  /// followed by one that is missing.
  void end_before(const row_key& key, const shadow_entry& row, transaction_id next) {
    if (row.end == next || next == row.begin) return;
    const bool is_gap = row.end && *row.end > row.begin && *row.end < next && on_.known.contains(row.end->value);
    if (!is_gap && !on_.is_left_over(row)) set(key, row, next);
  }
  /// The newest version is open. One that is not is only followed by none where it is what lives.
  void end_newest(const row_key& key, const shadow_entry& row) {
    if (!row.end || on_.is_left_over(row)) return;
    const auto live = on_.reader.live(table_, key);
    const bool removed = row.operation == row_operation::remove;
    if (live.has_value() == removed) return;
    const auto since = [&](const table_info& table, std::size_t column) { return on_.since(table, column); };
    if (removed || differing_column(table_, *live, row, since) == nullptr) set(key, row, std::nullopt);
  }
  void set(const row_key& key, const shadow_entry& row, std::optional<transaction_id> end) {
    if (out_.intervals.size() < limit_) out_.intervals.push_back({&table_, key, row.begin, end});
  }

  examination& on_;
  const table_info& table_;
  std::size_t limit_;
  amendment& out_;
};

}  // namespace varve::detail
