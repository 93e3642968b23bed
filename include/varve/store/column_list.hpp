#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace varve {

/// Indexes of columns. Up to eight need no memory of their own.
class column_list {
 public:
  void push_back(std::uint16_t column) {
    if (size_ < few_.size()) {
      few_[size_] = column;
    } else {
      if (size_ == few_.size()) many_.assign(few_.begin(), few_.end());
      many_.push_back(column);
    }
    ++size_;
  }
  [[nodiscard]] const std::uint16_t* data() const { return size_ <= few_.size() ? few_.data() : many_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const std::uint16_t* begin() const { return data(); }
  [[nodiscard]] const std::uint16_t* end() const { return data() + size_; }
  [[nodiscard]] std::uint16_t operator[](std::size_t index) const { return data()[index]; }

 private:
  std::array<std::uint16_t, 8> few_{};
  std::vector<std::uint16_t> many_{};  // all of them, once there are more
  std::size_t size_ = 0;
};

}  // namespace varve
