#pragma once

#include <cstdint>

#include "varve/core/uuid.hpp"

namespace varve {

/// An item of a collection of links: names another entity by key and, where it has one, by uuid.
///
/// One of the two is enough in a new link; a save fills the other in. Two links are the same when they name
/// the same target.
template <class Target, class Key = std::int64_t>
struct link {
  using target = Target;
  Key key{};
  varve::uuid uuid{};

  friend bool operator==(const link&, const link&) = default;
};

namespace detail {

/// By uuid where both have one, else by key.
template <class Target, class Key>
[[nodiscard]] bool same_target(const link<Target, Key>& a, const link<Target, Key>& b) {
  return a.uuid.is_nil() || b.uuid.is_nil() ? a.key == b.key : a.uuid == b.uuid;
}

template <class T>
inline constexpr bool is_link = false;
template <class Target, class Key>
inline constexpr bool is_link<link<Target, Key>> = true;

}  // namespace detail

}  // namespace varve
