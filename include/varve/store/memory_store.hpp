#pragma once

#include "varve/core/inline.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// A store in the process: no database, no file. Transactions take turns; many threads read meanwhile, each call one
/// committed state. Keys, unique columns and references are enforced as a database would.
///
/// Copies share one store, which ends with the last of them, its sessions and its queries.
/// Cost: a row is one block of memory, shared between the live and the open shadow row.
class memory_store : public store_handle {
 public:
  VARVE_INLINE memory_store();
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/store/detail/memory_store_impl.hpp"
#endif
