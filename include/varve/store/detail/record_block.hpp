#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "varve/store/store.hpp"

namespace varve::detail {

/// The change records of one entity and transaction in one block of memory.
class record_block {
 public:
  record_block() = default;
  /// \param records   of one lock, in their order.
  /// \param first_id  of the first record; the others follow.
  record_block(const write_set& set, std::span<const record_text> records, std::int64_t first_id)
      : size_(records.size()) {
    std::size_t bytes = size_ * sizeof(item);
    for (const auto& record : records)
      bytes += record.kind.size() + record.operation.size() + (record.end - record.path);
    bytes_ = std::make_unique_for_overwrite<char[]>(bytes);
    std::size_t at = size_ * sizeof(item);
    const auto add = [&](std::string_view text) {
      if (!text.empty()) std::memcpy(bytes_.get() + at, text.data(), text.size());
      at += text.size();
    };
    for (std::size_t i = 0; i < size_; ++i) {
      const auto& record = records[i];
      item made{first_id + static_cast<std::int64_t>(i), at, 0, 0, 0, 0, 0, record.sequence};
      add(record.kind);
      made.operation = at;
      add(record.operation);
      made.path = at;
      made.from = at + (record.from - record.path);
      made.to = at + (record.to - record.path);
      made.end = at + (record.end - record.path);
      add(std::string_view{set.texts}.substr(record.path, record.end - record.path));
      std::memcpy(bytes_.get() + i * sizeof(item), &made, sizeof made);
    }
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// One record with owned texts; whose it is, is not in the block.
  [[nodiscard]] change_entry operator[](std::size_t index) const {
    item of;
    std::memcpy(&of, bytes_.get() + index * sizeof(item), sizeof of);
    const auto text = [&](std::size_t begin, std::size_t end) {
      return std::string(bytes_.get() + begin, end - begin);
    };
    change_entry entry;
    entry.id = of.id;
    entry.sequence = of.sequence;
    entry.kind = text(of.kind, of.operation);
    entry.operation = text(of.operation, of.path);
    entry.path = text(of.path, of.from);
    entry.from = text(of.from, of.to);
    entry.to = text(of.to, of.end);
    return entry;
  }

 private:
  struct item {
    std::int64_t id = 0;
    std::size_t kind = 0, operation = 0, path = 0, from = 0, to = 0, end = 0;  ///< where they begin; the last one ends
    std::int32_t sequence = 0;
  };

  std::unique_ptr<char[]> bytes_{};  // the items, then their texts
  std::size_t size_ = 0;
};

}  // namespace varve::detail
