#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "varve/store/store.hpp"

namespace varve::detail {

/// The rows of a table one after the other, read in pages: `read(last row, limit)` gives those behind a row.
template <class Row>
class row_stream {
 public:
  virtual ~row_stream() = default;

  /// The next row without taking it; null at the end.
  [[nodiscard]] const Row* peek() {
    if (at_ == page_.size() && !ended_) {
      auto next = read(page_.empty() ? nullptr : &page_.back(), page_rows_);
      ended_ = next.empty();
      page_ = std::move(next);
      at_ = 0;
    }
    return at_ < page_.size() ? &page_[at_] : nullptr;
  }
  /// Takes the row that `peek` showed.
  void skip() { ++at_; }

 protected:
  explicit row_stream(std::size_t page_rows) : page_rows_(page_rows == 0 ? 1 : page_rows) {}
  virtual std::vector<Row> read(const Row* last, std::size_t limit) = 0;

 private:
  std::size_t page_rows_;
  std::vector<Row> page_{};
  std::size_t at_ = 0;
  bool ended_ = false;
};

/// The live rows of a table by key.
class live_stream final : public row_stream<packed_row> {
 public:
  live_stream(store_reader& reader, const table_info& table, std::optional<row_key> after, std::size_t page_rows)
      : row_stream(page_rows), reader_(reader), table_(table), after_(std::move(after)) {}

 private:
  std::vector<packed_row> read(const packed_row* last, std::size_t limit) override {
    if (last != nullptr) after_ = row_key::of(*last, table_.key);
    return reader_.live_after(table_, after_, limit);
  }
  store_reader& reader_;
  const table_info& table_;
  std::optional<row_key> after_;
};

/// The open rows of a shadow table by key, those of deletions too.
class open_stream final : public row_stream<shadow_entry> {
 public:
  open_stream(store_reader& reader, const table_info& table, std::optional<row_key> after, std::size_t page_rows)
      : row_stream(page_rows), reader_(reader), table_(table), after_(std::move(after)) {}

 private:
  std::vector<shadow_entry> read(const shadow_entry* last, std::size_t limit) override {
    if (last != nullptr) after_ = row_key::of(last->row, table_.key);
    return reader_.open_after(table_, after_, limit);
  }
  store_reader& reader_;
  const table_info& table_;
  std::optional<row_key> after_;
};

/// All rows of a shadow table by key and transaction, several of one place too.
class shadow_stream final : public row_stream<shadow_entry> {
 public:
  shadow_stream(store_reader& reader, const table_info& table, std::size_t page_rows)
      : row_stream(page_rows), reader_(reader), table_(table) {}

 private:
  std::vector<shadow_entry> read(const shadow_entry* last, std::size_t limit) override {
    if (last != nullptr) after_ = place_of(*last);
    auto rows = reader_.shadow_after(table_, after_, limit + 1);
    if (rows.size() <= limit) return rows;
    // More rows of the last one's place may follow, which is no place to go on behind: it is read again.
    const auto end = place_of(rows.back());
    auto kept = rows.size();
    while (kept > 0 && place_of(rows[kept - 1]) == end) --kept;
    if (kept > 0) rows.resize(kept);
    return rows;
  }
  [[nodiscard]] std::pair<row_key, transaction_id> place_of(const shadow_entry& row) const {
    return {row_key::of(row.row, table_.key), row.begin};
  }
  store_reader& reader_;
  const table_info& table_;
  std::optional<std::pair<row_key, transaction_id>> after_{};
};

}  // namespace varve::detail
