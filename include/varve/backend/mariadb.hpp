#pragma once

#include <array>
#include <string>

#include "varve/backend/mariadb_options.hpp"
#include "varve/core/inline.hpp"
#include "varve/schema/schema.hpp"

/// MariaDB 10.11 or newer, over its C client.
namespace varve::mariadb {

/// A store in a MariaDB database.
///
/// It has a pool of connections: sessions and readers in many threads, processes and machines. Writers of different
/// entities run side by side, those of one entity wait for each other. A borrowed connection is one: one thread at a
/// time, and reads while a session's transaction is open see its writes.
/// Times are datetimes in UTC; uuids and documents are text, which is kept and compared byte for byte.
class store : public store_handle {
 public:
  /// \param uri  `mariadb://user:password@host:port/database?socket=/path`; what is left out is the client's default.
  VARVE_INLINE explicit store(const std::string& uri, const options& wanted = {});
  /// On a connection that the application has: within its transaction, which varve neither commits nor rolls back. Its
  /// settings are left as they are, and it must outlive the store.
  VARVE_INLINE explicit store(borrowed_connection borrowed);
};

/// Opens a database with the tables of some kinds: what is missing is created, nothing is dropped.
/// Inlined, as a symbol of its own would have the names of all kinds in it.
template <entity_type... Entities>
[[nodiscard, gnu::always_inline]] inline store open(const std::string& uri, const options& wanted = {}) {
  store opened{uri, wanted};
  create_tables(opened, std::array<const entity_info*, sizeof...(Entities)>{&info_of<Entities>()...});
  return opened;
}

}  // namespace varve::mariadb

namespace varve {

/// Lends a store the application's own connection.
[[nodiscard]] inline mariadb::borrowed_connection borrow(st_mysql* handle) { return {handle}; }

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/backend/detail/mariadb_impl.hpp"
#endif
