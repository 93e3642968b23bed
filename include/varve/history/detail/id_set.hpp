#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace varve::detail {

/// A set of numbers that mostly stand close together: a bit for each.
class id_set {
 public:
  /// \return whether it was not there before.
  bool insert(std::int64_t id) {
    auto& word = chunks_[chunk_of(id)][word_of(id)];
    const bool is_new = (word & bit_of(id)) == 0;
    word |= bit_of(id);
    return is_new;
  }
  [[nodiscard]] bool contains(std::int64_t id) const {
    const auto found = chunks_.find(chunk_of(id));
    return found != chunks_.end() && (found->second[word_of(id)] & bit_of(id)) != 0;
  }

 private:
  static constexpr std::uint64_t ids_in_chunk = 4096;
  using chunk = std::array<std::uint64_t, ids_in_chunk / 64>;

  [[nodiscard]] static std::uint64_t chunk_of(std::int64_t id) { return static_cast<std::uint64_t>(id) / ids_in_chunk; }
  [[nodiscard]] static std::size_t word_of(std::int64_t id) {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(id) % ids_in_chunk / 64);
  }
  [[nodiscard]] static std::uint64_t bit_of(std::int64_t id) {
    return std::uint64_t{1} << (static_cast<std::uint64_t>(id) % 64);
  }

  std::unordered_map<std::uint64_t, chunk> chunks_{};
};

}  // namespace varve::detail
