#include "servers.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "entities.hpp"
#include "varve/core/uuid.hpp"

#ifdef DASHBOARDS_POSTGRES
#include <libpq-fe.h>

#include "varve/backend/postgres.hpp"
#endif
#ifdef DASHBOARDS_MARIADB
#include "varve/backend/detail/mariadb_connection.hpp"
#include "varve/backend/mariadb.hpp"
#endif

namespace dashboards {

bool is_on_server(std::string_view database) {
  return database.starts_with("postgres://") || database.starts_with("postgresql://") ||
         database.starts_with("mariadb://");
}

std::string without_secrets(const std::string& database) {
  auto shown = database.substr(0, database.find('?'));
  const auto user = shown.find("://") + 3, sign = shown.rfind('@');
  if (const auto colon = shown.find(':', user); sign != std::string::npos && colon < sign)
    shown.erase(colon, sign - colon);
  return shown;
}

namespace {

[[nodiscard]] bool is_on_mariadb(std::string_view database) { return database.starts_with("mariadb://"); }

[[noreturn]] void refuse(const std::string& database) {
  throw std::runtime_error(fmt::format("cannot open {}: this program was built without varve::{}",
                                       without_secrets(database), is_on_mariadb(database) ? "mariadb" : "postgres"));
}

void run_on_server(const std::string& database, const std::string& statement) {
#ifdef DASHBOARDS_MARIADB
  if (is_on_mariadb(database)) return varve::mariadb::detail::connection{database, {}}.execute(statement);
#endif
#ifdef DASHBOARDS_POSTGRES
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection{PQconnectdb(database.c_str()), &PQfinish};
  const std::unique_ptr<PGresult, void (*)(PGresult*)> done{PQexec(connection.get(), statement.c_str()), &PQclear};
  if (PQresultStatus(done.get()) != PGRES_COMMAND_OK)
    throw std::runtime_error(fmt::format("{}: {}", statement, PQerrorMessage(connection.get())));
#else
  static_cast<void>(statement);
  refuse(database);
#endif
}

/// A new, empty place, which goes by a statement.
[[nodiscard]] std::shared_ptr<const std::string> place(std::string name, const std::string& database,
                                                       const std::string& drop) {
  return {new std::string{std::move(name)}, [database, drop](const std::string* held) {
            delete held;
            try {
              run_on_server(database, drop);
            } catch (const std::exception& failure) {
              fmt::print(stderr, "something is left behind ({}): {}\n", drop, failure.what());
            }
          }};
}

[[nodiscard]] varve::store_handle opened(const std::string& database) {
#ifdef DASHBOARDS_MARIADB
  if (is_on_mariadb(database)) return varve::mariadb::open<Dashboard, Chart, Dataset>(database);
#endif
#ifdef DASHBOARDS_POSTGRES
  if (!is_on_mariadb(database)) return varve::postgres::open<Dashboard, Chart, Dataset>(database);
#endif
  refuse(database);
}

}  // namespace

varve::store_handle open_on_server(const std::string& database) {
  auto store = opened(database);
  if (!store.base().snapshot()->transactions_after({}, 1).empty())
    throw std::runtime_error(fmt::format("{} has a history already; name an empty database or schema", without_secrets(database)));
  return store;
}

std::shared_ptr<const std::string> place_beside(const std::string& database) {
  const std::string name = "varve_copy_" + to_string(varve::random_uuid()).substr(0, 8);
  if (is_on_mariadb(database)) {  // a database on the same server
    run_on_server(database, "CREATE DATABASE " + name);
    auto beside = database;
    const auto slash = beside.find('/', std::string_view{"mariadb://"}.size());
    beside.replace(slash + 1, beside.find('?') - slash - 1, name);
    return place(std::move(beside), database, "DROP DATABASE " + name);
  }
  run_on_server(database, "CREATE SCHEMA " + name);
  const char* sign = database.find('?') == std::string::npos ? "?" : "&";
  // Of an option that is named twice the last counts.
  return place(database + sign + "options=-csearch_path%3D" + name, database,
               "SET client_min_messages = error; DROP SCHEMA " + name + " CASCADE");
}

}  // namespace dashboards
