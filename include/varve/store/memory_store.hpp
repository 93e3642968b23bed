#pragma once

#include <array>
#include <iosfwd>
#include <span>

#include "varve/core/inline.hpp"
#include "varve/entity/entity.hpp"
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

  /// Writes all that is committed, live rows and history, as text that `read_snapshot` reads; what a transaction has open
  /// is not part of it. Commits wait while the text is made, not while it is written.
  /// Cost: memory for the whole text.
  /// Errors: `backend_error` of kind full when the stream takes no more.
  VARVE_INLINE void write_snapshot(std::ostream& out) const;
  /// A store with what a snapshot has, as it was: keys and transactions go on from there.
  /// \tparam Entities  all kinds of the snapshot; those that they lead to are among them.
  /// Errors: `backend_error` of kind damaged, with the line, for what is no whole snapshot or was changed; `schema_error`
  /// where it has other tables or columns than the descriptors say.
  template <entity_type... Entities>
  [[nodiscard]] static memory_store read_snapshot(std::istream& in) {
    return read(in, std::array{&info_of<Entities>()...});
  }

 private:
  VARVE_INLINE static memory_store read(std::istream& in, std::span<const entity_info* const> kinds);
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/store/detail/memory_store_impl.hpp"
#endif
