#pragma once

#include <memory>
#include <string>

#include "varve/backend/detail/sqlite_connection.hpp"
#include "varve/backend/sqlite.hpp"

namespace varve::sqlite {

namespace detail {

/// A database that only one connection can see.
[[nodiscard]] inline bool is_memory(const std::string& path) {
  return path.empty() || path == ":memory:" || path.starts_with("file::memory:") ||
         (path.starts_with("file:") && path.find("mode=memory") != std::string::npos);
}

}  // namespace detail

VARVE_INLINE store::store(const std::string& path, const options& wanted)
    : store_handle(std::make_shared<sql::sql_store>(
          detail::dialect,
          [path, wanted]() -> std::unique_ptr<sql::connection> {
            return std::make_unique<detail::connection>(path, wanted);
          },
          detail::is_memory(path), false)) {}
VARVE_INLINE store::store(borrowed_handle borrowed)
    : store_handle(std::make_shared<sql::sql_store>(
          detail::dialect,
          [borrowed]() -> std::unique_ptr<sql::connection> { return std::make_unique<detail::connection>(borrowed); },
          true, true)) {}

}  // namespace varve::sqlite
