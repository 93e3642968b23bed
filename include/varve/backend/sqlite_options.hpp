#pragma once

#include <chrono>

struct sqlite3;

namespace varve::sqlite {

/// How a connection of varve's own is set up.
struct options {
  bool wal = true;        ///< write-ahead log: readers and a writer side by side (files only)
  bool full_sync = true;  ///< what is committed survives a power cut; false: survives a crash of the process
  std::chrono::milliseconds busy_timeout{5000};  ///< how long to wait for another writer
};

/// The application's own handle, which stays the application's.
struct borrowed_handle {
  sqlite3* handle = nullptr;
};

}  // namespace varve::sqlite
