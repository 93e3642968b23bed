#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/session/detail/object_map.hpp"
#include "varve/session/detail/savepoint_place.hpp"

namespace varve::detail {

/// The action kind and meta that the open transaction alone has.
using once_only = std::optional<std::pair<std::string, std::string>>;

/// The savepoints of an open transaction with the states that the objects had there.
class savepoints {
 public:
  [[nodiscard]] std::size_t size() const { return points_.size(); }
  void clear() { points_.clear(); }
  /// Keeps the first ones.
  void keep(std::size_t count) { points_.resize(count); }

  savepoint_place add(const object_map& objects, const once_only& once) {
    point made;
    made.serial = ++last_;
    made.once = once;
    for (const auto& entry : objects.entries()) made.states.emplace_back(entry.get(), entry->flushed);
    std::sort(made.states.begin(), made.states.end(), before);
    points_.push_back(std::move(made));
    return {points_.size() - 1, last_};
  }
  [[nodiscard]] std::size_t depth_of(const savepoint_place& place, const char* operation) const {
    if (place.depth >= points_.size() || points_[place.depth].serial != place.serial)
      throw input_error("this savepoint is over", {{}, {}, operation});
    return place.depth;
  }
  /// Puts all objects back to where they were; what was loaded later is as the transaction found it.
  /// \return what the transaction alone had.
  const once_only& put_back(object_map& objects, std::size_t depth) const {
    const auto& states = points_[depth].states;
    for (const auto& entry : objects.entries()) {
      const auto known = std::lower_bound(states.begin(), states.end(), state_of{entry.get(), {}}, before);
      const auto& state = known != states.end() && known->first == entry.get() ? known->second : entry->base;
      objects.put_back(*entry, state);
      entry->erased = !state && entry->base;  // it was erased before the savepoint
    }
    return points_[depth].once;
  }

 private:
  using state_of = std::pair<managed*, managed::state>;
  struct point {
    std::uint64_t serial = 0;
    std::vector<state_of> states{};  ///< by rising address
    once_only once{};
  };
  static bool before(const state_of& a, const state_of& b) { return std::less<>{}(a.first, b.first); }

  std::vector<point> points_{};
  std::uint64_t last_ = 0;
};

}  // namespace varve::detail
