#pragma once

#include <array>
#include <string>

#include "varve/backend/sqlite_options.hpp"
#include "varve/core/inline.hpp"
#include "varve/schema/schema.hpp"

/// SQLite 3.35 or newer, over its C API.
namespace varve::sqlite {

/// A store in a SQLite file, or in memory (`":memory:"`).
///
/// A file has a pool of connections: sessions and readers in many threads and processes, one writer at a time (others
/// wait `busy_timeout`, then get an error of kind retry). An in-memory database and a borrowed handle have one
/// connection: one thread at a time, and reads while a session's transaction is open see its writes.
/// Times are text `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, uuids and JSON are text.
class store : public store_handle {
 public:
  VARVE_INLINE explicit store(const std::string& path, const options& wanted = {});
  /// On a handle that the application has: within its transaction, which varve neither commits nor rolls back. The
  /// handle's settings are left as they are, and it must outlive the store.
  VARVE_INLINE explicit store(borrowed_handle borrowed);
};

/// Opens a file (or `":memory:"`) with the tables of some kinds: what is missing is created, nothing is dropped.
/// Inlined, as a symbol of its own would have the names of all kinds in it.
template <entity_type... Entities>
[[nodiscard, gnu::always_inline]] inline store open(const std::string& path, const options& wanted = {}) {
  store opened{path, wanted};
  create_tables(opened, std::array<const entity_info*, sizeof...(Entities)>{&info_of<Entities>()...});
  return opened;
}

}  // namespace varve::sqlite

namespace varve {

/// Lends a store the application's own SQLite handle.
[[nodiscard]] inline sqlite::borrowed_handle borrow(sqlite3* handle) { return {handle}; }

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/backend/detail/sqlite_impl.hpp"
#endif
