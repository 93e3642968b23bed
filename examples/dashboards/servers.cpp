#include "servers.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "entities.hpp"

#ifdef DASHBOARDS_POSTGRES
#include <libpq-fe.h>

#include "varve/backend/postgres.hpp"
#include "varve/core/uuid.hpp"
#endif

namespace dashboards {

bool is_on_server(std::string_view database) {
  return database.starts_with("postgres://") || database.starts_with("postgresql://");
}

std::string without_secrets(const std::string& database) {
  auto shown = database.substr(0, database.find('?'));
  const auto user = shown.find("://") + 3, sign = shown.rfind('@');
  if (const auto colon = shown.find(':', user); sign != std::string::npos && colon < sign)
    shown.erase(colon, sign - colon);
  return shown;
}

#ifdef DASHBOARDS_POSTGRES

namespace {

void run_on_server(const std::string& database, const std::string& statement) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection{PQconnectdb(database.c_str()), &PQfinish};
  const std::unique_ptr<PGresult, void (*)(PGresult*)> done{PQexec(connection.get(), statement.c_str()), &PQclear};
  if (PQresultStatus(done.get()) != PGRES_COMMAND_OK)
    throw std::runtime_error(fmt::format("{}: {}", statement, PQerrorMessage(connection.get())));
}

}  // namespace

varve::store_handle open_on_server(const std::string& database) {
  varve::store_handle store = varve::postgres::open<Dashboard, Chart, Dataset>(database);
  if (!store.base().snapshot()->transactions_after({}, 1).empty())
    throw std::runtime_error(fmt::format("{} has a history already; name an empty database or schema", without_secrets(database)));
  return store;
}

std::shared_ptr<const std::string> place_beside(const std::string& database) {
  const std::string schema = "varve_copy_" + to_string(varve::random_uuid()).substr(0, 8);
  run_on_server(database, "CREATE SCHEMA " + schema);
  const char* sign = database.find('?') == std::string::npos ? "?" : "&";
  // Of an option that is named twice the last counts.
  return {new std::string{database + sign + "options=-csearch_path%3D" + schema},
          [database, schema](const std::string* name) {
            delete name;
            try {
              run_on_server(database, "SET client_min_messages = error; DROP SCHEMA " + schema + " CASCADE");
            } catch (const std::exception& failure) {
              fmt::print(stderr, "the schema {} is left behind: {}\n", schema, failure.what());
            }
          }};
}

#else

varve::store_handle open_on_server(const std::string& database) {
  throw std::runtime_error(fmt::format("cannot open {}: this program was built without varve::postgres", without_secrets(database)));
}
std::shared_ptr<const std::string> place_beside(const std::string& database) {
  return std::make_shared<const std::string>(database);
}

#endif

}  // namespace dashboards
