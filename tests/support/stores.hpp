#pragma once

/// The fixture that runs a test case over every store.

#include <cstdlib>
#include <optional>
#include <string_view>

#include "support/fixture.hpp"

#if __has_include("varve/backend/sqlite.hpp")
#include <filesystem>

#include "varve/backend/sqlite.hpp"
#define VARVE_TEST_SQLITE 1
#else
#define VARVE_TEST_SQLITE 0
#endif

#ifdef VARVE_TEST_POSTGRES
#include "support/postgres_schema.hpp"
#include "varve/backend/postgres.hpp"
#endif

#ifdef VARVE_TEST_MARIADB
#include "support/mariadb_database.hpp"
#include "varve/backend/mariadb.hpp"
#endif

namespace test {

enum class backend { memory, sqlite_file, sqlite_memory, postgres, mariadb };

[[nodiscard]] inline const char* name_of(backend which) {
  switch (which) {
    case backend::memory: return "memory";
    case backend::sqlite_file: return "SQLite, file";
    case backend::sqlite_memory: return "SQLite, :memory:";
    case backend::postgres: return "PostgreSQL";
    case backend::mariadb: break;
  }
  return "MariaDB";
}

/// The server that VARVE_TEST_STORES names.
[[nodiscard]] inline std::optional<backend> wanted_server() {
  const char* named = std::getenv("VARVE_TEST_STORES");
  [[maybe_unused]] const std::string_view server = named == nullptr ? "" : named;
#ifdef VARVE_TEST_POSTGRES
  if (server == "postgres") return backend::postgres;
#endif
#ifdef VARVE_TEST_MARIADB
  if (server == "mariadb" || server == "galera") return backend::mariadb;  // on the cluster's first node
#endif
  return std::nullopt;
}

/// The test case is run once with each; with the server that VARVE_TEST_STORES names alone, where it names one.
/// \param of_threads  those alone whose sessions may be in several threads: `:memory:` has one connection.
[[nodiscard]] inline backend each_backend(bool of_threads = false) {
  if (const auto server = wanted_server()) {
    const backend one = *server;
    return GENERATE_COPY(values({one}));
  }
#if VARVE_TEST_SQLITE
  if (of_threads) return GENERATE(values({backend::memory, backend::sqlite_file}));
  return GENERATE(values({backend::memory, backend::sqlite_file, backend::sqlite_memory}));
#else
  static_cast<void>(of_threads);
  return GENERATE(values({backend::memory}));
#endif
}

/// The path of a new database, which goes with the last copy of the pointer.
[[nodiscard]] inline std::shared_ptr<std::string> temporary_database() {
#if VARVE_TEST_SQLITE
  const auto path = (std::filesystem::temp_directory_path() / ("varve-" + to_string(varve::random_uuid()) + ".db")).string();
  return {new std::string{path}, [](std::string* name) {
            std::error_code ignored;
            for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(*name + suffix, ignored);
            delete name;
          }};
#else
  return {};
#endif
}

/// Where a store of this kind is, which goes with the last copy of the pointer.
[[nodiscard]] inline std::shared_ptr<std::string> place_of(backend which) {
#ifdef VARVE_TEST_POSTGRES
  if (which == backend::postgres) return temporary_schema();
#endif
#ifdef VARVE_TEST_MARIADB
  if (which == backend::mariadb) return temporary_mariadb();
#endif
  return which == backend::sqlite_file ? temporary_database() : nullptr;
}

template <class... Entities>
[[nodiscard]] varve::store_handle open_store(backend which, const std::shared_ptr<std::string>& path) {
#ifdef VARVE_TEST_POSTGRES
  if (which == backend::postgres) return varve::postgres::open<Entities...>(*path);
#endif
#ifdef VARVE_TEST_MARIADB
  if (which == backend::mariadb) return varve::mariadb::open<Entities...>(*path);
#endif
#if VARVE_TEST_SQLITE
  if (which != backend::memory)
    return varve::sqlite::open<Entities...>(which == backend::sqlite_memory ? std::string{":memory:"} : *path);
#else
  static_cast<void>(path);
#endif
  return varve::memory_store{};
}

/// `using stores = test::on_every_store<Dataset, Chart>;` then `TEST_CASE_METHOD(stores, ...)`.
template <class... Entities>
class on_every_store : public fixture {
 public:
  on_every_store() : on_every_store(each_backend()) {}

 protected:
  explicit on_every_store(backend chosen) : on_every_store(chosen, place_of(chosen)) {}

  backend which;
  /// Of a store on disk: another handle on the same file, as a second process would have; else the store itself.
  [[nodiscard]] varve::store_handle opened_again() const {
    return path_ != nullptr ? open_store<Entities...>(which, path_) : store;
  }

 private:
  on_every_store(backend chosen, const std::shared_ptr<std::string>& path)
      : fixture(open_store<Entities...>(chosen, path), name_of(chosen), path), which(chosen), path_(path) {
    (store.base().use(varve::info_of<Entities>()), ...);
  }

  std::shared_ptr<std::string> path_;
};

}  // namespace test
