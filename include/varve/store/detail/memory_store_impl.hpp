#pragma once

#include <memory>

#include "varve/store/detail/memory_engine.hpp"
#include "varve/store/memory_store.hpp"

namespace varve {

VARVE_INLINE memory_store::memory_store() : store_handle(std::make_shared<detail::memory_engine>()) {}

VARVE_INLINE void memory_store::write_snapshot(std::ostream& out) const {
  static_cast<detail::memory_engine&>(base()).write_snapshot(out);
}
VARVE_INLINE memory_store memory_store::read(std::istream& in, std::span<const entity_info* const> kinds) {
  memory_store made;
  auto& engine = static_cast<detail::memory_engine&>(made.base());
  for (const auto* kind : kinds) engine.use(*kind);
  engine.read_snapshot(in);
  return made;
}

}  // namespace varve
