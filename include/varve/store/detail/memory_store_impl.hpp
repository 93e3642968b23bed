#pragma once

#include <memory>

#include "varve/store/detail/memory_engine.hpp"
#include "varve/store/memory_store.hpp"

namespace varve {

VARVE_INLINE memory_store::memory_store() : store_handle(std::make_shared<detail::memory_engine>()) {}

}  // namespace varve
