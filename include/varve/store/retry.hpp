#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

namespace varve {

/// How often and with which pauses work is tried that the database asks to run again.
struct retry_policy {
  int attempts = 10;
  std::chrono::milliseconds first_pause{5};  ///< doubled for each attempt, then cut by a random half
  std::chrono::milliseconds longest_pause{500};
};

namespace detail {

/// The pauses of one piece of work. Two that stand in each other's way would do so again if both waited equally long, so
/// that each has a random part.
class retry_pauses {
 public:
  explicit retry_pauses(const retry_policy& policy) : left_(policy.attempts), most_(policy) {}

  /// The pause before the next attempt; nothing when there is none left.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next() {
    if (--left_ <= 0) return std::nullopt;
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto full = most_.first_pause.count(), half = full / 2;
    most_.first_pause = std::min(most_.first_pause * 2, most_.longest_pause);
    return std::chrono::milliseconds{
        std::uniform_int_distribution<std::chrono::milliseconds::rep>{half, std::max(half, full)}(random)};
  }

 private:
  int left_;
  retry_policy most_;
};

}  // namespace detail
}  // namespace varve
