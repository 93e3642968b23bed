#pragma once

#include <array>
#include <string>

#include "varve/backend/postgres_options.hpp"
#include "varve/core/inline.hpp"
#include "varve/schema/schema.hpp"

/// PostgreSQL 13 or newer, over libpq.
namespace varve::postgres {

/// A store in a PostgreSQL database.
///
/// It has a pool of connections: sessions and readers in many threads, processes and machines. Writers of different
/// entities run side by side, those of one entity wait for each other. A borrowed connection is one: one thread at a
/// time, and reads while a session's transaction is open see its writes.
/// Times are timestamps in UTC; uuids and documents are text, which is kept and compared byte for byte.
class store : public store_handle {
 public:
  /// \param connection  a connection string or URI, as libpq has it: `host=... dbname=...` or `postgres://...`.
  VARVE_INLINE explicit store(const std::string& connection, const options& wanted = {});
  /// On a connection that the application has: within its transaction, which varve neither commits nor rolls back. Its
  /// settings are left as they are, and it must outlive the store.
  VARVE_INLINE explicit store(borrowed_connection borrowed);
};

/// The SQLSTATE of an error that has one; empty of another. As a number, in base 36, it is the error's `native_code`.
[[nodiscard]] inline std::string sqlstate(const error& failure) {
  std::string state;
  for (int number = failure.native_code(); number > 0; number /= 36) {
    const int digit = number % 36;
    state.insert(state.begin(), static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10));
  }
  return state.empty() ? state : std::string(5 - state.size(), '0') + state;
}

/// Opens a database with the tables of some kinds: what is missing is created, nothing is dropped.
/// Inlined, as a symbol of its own would have the names of all kinds in it.
template <entity_type... Entities>
[[nodiscard, gnu::always_inline]] inline store open(const std::string& connection, const options& wanted = {}) {
  store opened{connection, wanted};
  create_tables(opened, std::array<const entity_info*, sizeof...(Entities)>{&info_of<Entities>()...});
  return opened;
}

}  // namespace varve::postgres

namespace varve {

/// Lends a store the application's own connection.
[[nodiscard]] inline postgres::borrowed_connection borrow(pg_conn* handle) { return {handle}; }

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/backend/detail/postgres_impl.hpp"
#endif
