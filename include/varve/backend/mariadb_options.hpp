#pragma once

#include <chrono>

struct st_mysql;

namespace varve::mariadb {

/// How a connection of varve's own is set up.
struct options {
  /// How long a statement waits for a lock that another session holds; the server counts whole seconds.
  std::chrono::milliseconds lock_timeout{5000};
  /// How long a prune waits for saves that are on their way.
  std::chrono::milliseconds prune_timeout{60000};
  /// On a node of a Galera cluster: a transaction first waits until the node has what was committed on others before.
  /// Without it a version that was just saved on one node may be missing on another.
  bool sync_wait = true;
};

/// The application's own connection, which stays the application's.
struct borrowed_connection {
  st_mysql* handle = nullptr;
};

}  // namespace varve::mariadb
