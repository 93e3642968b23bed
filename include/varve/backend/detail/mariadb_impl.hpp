#pragma once

#include <memory>
#include <string>

#include "varve/backend/detail/mariadb_connection.hpp"
#include "varve/backend/mariadb.hpp"

namespace varve::mariadb {

VARVE_INLINE store::store(const std::string& uri, const options& wanted)
    : store_handle(std::make_shared<sql::sql_store>(
          detail::dialect,
          [uri, wanted]() -> std::unique_ptr<sql::connection> {
            return std::make_unique<detail::connection>(uri, wanted);
          },
          false, false)) {}
VARVE_INLINE store::store(borrowed_connection borrowed)
    : store_handle(std::make_shared<sql::sql_store>(
          detail::dialect,
          [borrowed]() -> std::unique_ptr<sql::connection> { return std::make_unique<detail::connection>(borrowed); },
          true, true)) {}

}  // namespace varve::mariadb
