#pragma once

/// A schema of its own on the PostgreSQL server that the environment names, for one test case.

#include <libpq-fe.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "varve/core/uuid.hpp"

namespace test {

/// The connection string that stands in the file which VARVE_TEST_SERVER names; where there is none, the program ends
/// with 77, which ctest counts as skipped.
[[nodiscard]] inline std::string server_for_tests() {
  const char* file = std::getenv("VARVE_TEST_SERVER");
  std::string server;
  if (file != nullptr) std::getline(std::ifstream{file}, server);
  if (server.empty()) {
    std::fputs("no PostgreSQL server runs for the tests\n", stderr);
    std::exit(77);
  }
  return server;
}

/// Runs statements on a connection that the program keeps for them, as the server spends more on a new one than on most
/// of these; what fails ends the program, as no test can go on.
inline void run_on_server(const std::string& text) {
  static const std::string server = server_for_tests();
  static const std::unique_ptr<PGconn, void (*)(PGconn*)> connection{PQconnectdb(server.c_str()), &PQfinish};
  PGresult* done = PQexec(connection.get(), text.c_str());
  const auto status = PQresultStatus(done);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    std::fprintf(stderr, "PostgreSQL server %s: %s", server.c_str(), PQerrorMessage(connection.get()));
    std::exit(1);
  }
  PQclear(done);
}

/// The connection string of a new schema, which goes with the last copy of the pointer.
[[nodiscard]] inline std::shared_ptr<std::string> temporary_schema() {
  const std::string server = server_for_tests();
  std::string name = "t" + to_string(varve::random_uuid());
  std::erase(name, '-');
  run_on_server("SET client_min_messages = error; CREATE SCHEMA " + name);
  // What connects there is known by the same name.
  return {new std::string{server + " application_name=" + name + " options='-c search_path=" + name + "'"},
          [name](std::string* text) {
            run_on_server("SET client_min_messages = error; DROP SCHEMA " + name + " CASCADE");
            delete text;
          }};
}

/// The same place, with one more setting of the server's for what connects there.
[[nodiscard]] inline std::string with_setting(std::string connection, const std::string& setting) {
  connection.insert(connection.rfind('\''), " -c " + setting);
  return connection;
}

/// A connection string as a URI.
[[nodiscard]] inline std::string uri_of(const std::string& connection) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parts{
      PQconninfoParse(connection.c_str(), nullptr), &PQconninfoFree};
  std::string uri = "postgres://?";
  for (const auto* part = parts.get(); part != nullptr && part->keyword != nullptr; ++part) {
    if (part->val == nullptr) continue;
    uri += (uri.ends_with('?') ? "" : "&") + std::string{part->keyword} + "=";
    for (const char* c = part->val; *c != 0; ++c) {
      char digits[4];
      std::snprintf(digits, sizeof digits, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(*c)));
      uri += digits;
    }
  }
  return uri;
}

}  // namespace test
