#pragma once

#include <memory>
#include <string>

#include "varve/backend/detail/postgres_connection.hpp"
#include "varve/backend/postgres.hpp"

namespace varve::postgres {

VARVE_INLINE store::store(const std::string& connection, const options& wanted)
    : store_handle(std::make_shared<sql::sql_store>(
          detail::dialect,
          [connection, wanted]() -> std::unique_ptr<sql::connection> {
            return std::make_unique<detail::connection>(connection, wanted);
          },
          false, false)) {}
VARVE_INLINE store::store(borrowed_connection borrowed)
    : store_handle(std::make_shared<sql::sql_store>(
          detail::dialect,
          [borrowed]() -> std::unique_ptr<sql::connection> { return std::make_unique<detail::connection>(borrowed); },
          true, true)) {}

}  // namespace varve::postgres
