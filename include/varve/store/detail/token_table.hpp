#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "varve/core/uuid.hpp"
#include "varve/entity/column_type.hpp"

namespace varve::detail {

/// Transaction ids by token, in one flat table with linear probing, at most two thirds full.
class token_table {
 public:
  /// Adds a token; false when it is there already. An error leaves the table as it was.
  bool add(const uuid& token, std::int64_t transaction) {
    if (3 * (size_ + 1) > 2 * slots_.size()) grow();
    slot& at = slots_[place_of(slots_, token)];
    if (at.transaction != 0) return false;
    at = {token, transaction};
    ++size_;
    return true;
  }
  void erase(const uuid& token) noexcept {
    if (slots_.empty()) return;
    std::size_t empty = place_of(slots_, token);
    if (slots_[empty].transaction == 0) return;
    slots_[empty] = {};
    --size_;
    // What was pushed past the empty slot by what stood there moves into it, so that no search ends too early.
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = (empty + 1) & mask; slots_[i].transaction != 0; i = (i + 1) & mask) {
      const std::size_t wanted = hash(slots_[i].token) & mask;
      if (((i - wanted) & mask) < ((i - empty) & mask)) continue;
      slots_[empty] = std::exchange(slots_[i], {});
      empty = i;
    }
  }
  [[nodiscard]] std::optional<std::int64_t> find(const uuid& token) const {
    if (slots_.empty()) return std::nullopt;
    const slot& at = slots_[place_of(slots_, token)];
    return at.transaction == 0 ? std::nullopt : std::optional{at.transaction};
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct slot {
    uuid token{};
    std::int64_t transaction = 0;  ///< 0: the slot is empty
  };

  [[nodiscard]] static std::size_t hash(const uuid& token) {
    std::uint64_t halves[2];
    std::memcpy(halves, token.octets.data(), sizeof halves);
    return static_cast<std::size_t>(mixed(halves[0], halves[1]));
  }
  /// Where a token is, or the empty slot where it belongs.
  [[nodiscard]] static std::size_t place_of(const std::vector<slot>& slots, const uuid& token) {
    const std::size_t mask = slots.size() - 1;
    std::size_t i = hash(token) & mask;
    while (slots[i].transaction != 0 && slots[i].token != token) i = (i + 1) & mask;
    return i;
  }
  void grow() {
    std::vector<slot> larger(slots_.empty() ? 16 : 2 * slots_.size());
    for (const slot& one : slots_)
      if (one.transaction != 0) larger[place_of(larger, one.token)] = one;
    slots_ = std::move(larger);
  }

  std::vector<slot> slots_{};  ///< a power of two, or none
  std::size_t size_ = 0;
};

}  // namespace varve::detail
