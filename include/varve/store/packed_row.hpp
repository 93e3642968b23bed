#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/core/value.hpp"
#include "varve/entity/tables.hpp"

namespace varve {

/// The values of one row in one block of memory that is shared and never changes; two rows are the same when their
/// bytes are. Columns are those of the table, in its order; a column that a row does not have is null.
class packed_row {
 public:
  packed_row() = default;

  [[nodiscard]] bool empty() const { return bytes_ == nullptr; }
  [[nodiscard]] std::size_t columns() const { return empty() ? 0 : word(0); }
  [[nodiscard]] std::size_t size_bytes() const { return size_; }

  /// The value of a column, a view into the row; null beyond the last.
  [[nodiscard]] value operator[](std::size_t column) const {
    if (column >= columns()) return value::null();
    const std::size_t count = columns();
    const std::size_t begin = column == 0 ? 0 : word(column);
    const std::size_t end = word(column + 1);
    const char* body = bytes_.get() + 4 * (count + 1) + count;
    switch (static_cast<value_kind>(bytes_[static_cast<std::ptrdiff_t>(4 * (count + 1) + column)])) {
      case value_kind::null: break;
      case value_kind::integer: {
        std::int64_t number = 0;
        std::memcpy(&number, body + begin, sizeof number);
        return value::of(number);
      }
      case value_kind::real: {
        double number = 0;
        std::memcpy(&number, body + begin, sizeof number);
        return value::of(number);
      }
      case value_kind::text: return value::text({body + begin, end - begin});
      case value_kind::blob: return value::blob({body + begin, end - begin});
    }
    return value::null();
  }

  friend bool operator==(const packed_row& a, const packed_row& b) {
    return a.size_ == b.size_ && (a.bytes_ == b.bytes_ || std::memcmp(a.bytes_.get(), b.bytes_.get(), a.size_) == 0);
  }
  /// Whether two rows have the same value in a column.
  friend bool same_value(const packed_row& a, const packed_row& b, std::size_t column) {
    if (a.bytes_ == b.bytes_) return true;
    const bool in_a = column < a.columns();
    if (!in_a || column >= b.columns()) return a[column] == b[column];
    const auto left = a.place(column);
    const auto right = b.place(column);
    return left.kind == right.kind && left.size == right.size &&
           (left.size == 0 || std::memcmp(left.bytes, right.bytes, left.size) == 0);
  }

 private:
  friend class row_packer;

  struct place_of {
    char kind;
    const char* bytes;
    std::size_t size;
  };
  [[nodiscard]] place_of place(std::size_t column) const {
    const std::size_t count = columns();
    const std::size_t begin = column == 0 ? 0 : word(column);
    const char* kinds = bytes_.get() + 4 * (count + 1);
    return {kinds[column], kinds + count + begin, word(column + 1) - begin};
  }

  [[nodiscard]] std::uint32_t word(std::size_t index) const {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes_.get() + 4 * index, sizeof number);
    return number;
  }

  // count, the end of each value in the body, the kinds, the body
  std::shared_ptr<const char[]> bytes_{};
  std::size_t size_ = 0;
};

/// Whether two rows have the same values in some columns.
[[nodiscard]] inline bool same_values(const packed_row& a, const packed_row& b,
                                      std::span<const std::uint16_t> columns) {
  for (const auto column : columns)
    if (!same_value(a, b, column)) return false;
  return true;
}

/// Packs values into a row, one after the other. Used again, it allocates the row only.
class row_packer {
 public:
  void add(const value& value) {
    kinds_.push_back(static_cast<char>(value.kind()));
    switch (value.kind()) {
      case value_kind::null: break;
      case value_kind::integer: {
        const std::int64_t number = value.integer();
        body_.append(reinterpret_cast<const char*>(&number), sizeof number);
        break;
      }
      case value_kind::real: {
        const double number = value.real() == 0 ? 0 : value.real();  // -0 is stored as 0: the same number
        body_.append(reinterpret_cast<const char*>(&number), sizeof number);
        break;
      }
      case value_kind::text:
      case value_kind::blob: body_ += value.view(); break;
    }
    if (body_.size() > 0xFFFFFFFFU) throw input_error("a row is larger than 4 GiB");
    ends_.push_back(static_cast<std::uint32_t>(body_.size()));
  }

  /// The row of all values added since the last call.
  [[nodiscard]] packed_row take() {
    packed_row row;
    const std::size_t count = ends_.size();
    row.size_ = 4 * (count + 1) + count + body_.size();
    const auto block = std::make_shared_for_overwrite<char[]>(row.size_);
    const auto columns = static_cast<std::uint32_t>(count);
    std::memcpy(block.get(), &columns, 4);
    if (count > 0) std::memcpy(block.get() + 4, ends_.data(), 4 * count);
    if (count > 0) std::memcpy(block.get() + 4 * (count + 1), kinds_.data(), count);
    if (!body_.empty()) std::memcpy(block.get() + 4 * (count + 1) + count, body_.data(), body_.size());
    row.bytes_ = block;
    clear();
    return row;
  }
  /// Drops the values added since the last `take`.
  void clear() {
    ends_.clear();
    kinds_.clear();
    body_.clear();
  }

 private:
  std::vector<std::uint32_t> ends_{};
  std::string kinds_{};
  std::string body_{};
};

/// The same row with some values replaced: `replace(index, value)` returns whether it set `value`.
template <class Replace>
[[nodiscard]] packed_row with_values(const packed_row& row, Replace&& replace) {
  row_packer packer;
  for (std::size_t i = 0; i < row.columns(); ++i) {
    value next = row[i];
    replace(i, next);
    packer.add(next);
  }
  return packer.take();
}

}  // namespace varve
