#pragma once

/// A database of its own on the MariaDB server that the environment names, for one test case.

#include <mysql.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "varve/backend/detail/mariadb_address.hpp"
#include "varve/core/uuid.hpp"

namespace test {

/// A connection of the application.
[[nodiscard]] inline MYSQL* connected_to_mariadb(const std::string& uri, unsigned long flags = 0) {
  const auto at = varve::mariadb::detail::address::of(uri);
  MYSQL* handle = mysql_init(nullptr);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(handle, at.host.c_str(), at.user.c_str(), at.password.c_str(), at.database.c_str(), at.port,
                         at.socket.empty() ? nullptr : at.socket.c_str(), flags) == nullptr) {
    std::fprintf(stderr, "MariaDB server %s: %s\n", uri.c_str(), mysql_error(handle));
    std::exit(1);
  }
  return handle;
}

/// Runs a statement on a connection of its own; what fails ends the program, as no test can go on.
inline void run_on_mariadb(const std::string& uri, const std::string& text) {
  MYSQL* handle = connected_to_mariadb(uri);
  if (mysql_real_query(handle, text.data(), text.size()) != 0) {
    std::fprintf(stderr, "MariaDB server %s: %s\n", uri.c_str(), mysql_error(handle));
    std::exit(1);
  }
  mysql_close(handle);
}

/// The URI of a new database, which goes with the last copy of the pointer.
/// The server is the one whose URI stands in the file that VARVE_TEST_SERVER names; where there is none, the program
/// ends with 77, which ctest counts as skipped.
[[nodiscard]] inline std::shared_ptr<std::string> temporary_mariadb() {
  const char* file = std::getenv("VARVE_TEST_SERVER");
  std::string server;
  if (file != nullptr) std::getline(std::ifstream{file}, server);
  if (server.empty()) {
    std::fputs("no MariaDB server runs for the tests\n", stderr);
    std::exit(77);
  }
  std::string name = "t" + to_string(varve::random_uuid());
  std::erase(name, '-');
  run_on_mariadb(server, "CREATE DATABASE " + name);
  auto uri = server;
  const auto from = uri.find('/', std::string{"mariadb://"}.size()) + 1;
  uri.replace(from, uri.find('?') - from, name);
  return {new std::string{uri}, [server, name](std::string* text) {
            run_on_mariadb(server, "DROP DATABASE " + name);
            delete text;
          }};
}

}  // namespace test
