#pragma once

#include <chrono>

struct pg_conn;

namespace varve::postgres {

/// How a connection of varve's own is set up.
struct options {
  /// How long a statement waits for a lock that another session holds.
  std::chrono::milliseconds lock_timeout{5000};
  /// How long a prune waits for saves that are on their way.
  std::chrono::milliseconds prune_timeout{60000};
};

/// The application's own connection, which stays the application's.
struct borrowed_connection {
  pg_conn* handle = nullptr;
};

}  // namespace varve::postgres
