#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "varve/store/store.hpp"

namespace dashboards {

/// Whether a database's name is that of one on a server: `postgres://...`, `postgresql://...` or
/// `mariadb://...`.
[[nodiscard]] bool is_on_server(std::string_view database);

/// Its name as it may be shown: without what is behind `?`, and without a password.
[[nodiscard]] std::string without_secrets(const std::string& database);

/// Opens a store on a server, with the tables that the replay needs.
/// Errors: `std::runtime_error` when there is a history already, or this program was built without that server.
[[nodiscard]] varve::store_handle open_on_server(const std::string& database);

/// The name of a new, empty place in the same database, which goes with the last copy of the pointer.
[[nodiscard]] std::shared_ptr<const std::string> place_beside(const std::string& database);

}  // namespace dashboards
