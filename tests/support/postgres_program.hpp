#pragma once

/// A program beside varve that uses PostgreSQL by itself, and a store whose round trips are counted.

#include <catch2/catch.hpp>

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fixture.hpp"
#include "support/postgres_schema.hpp"
#include "varve/backend/detail/postgres_connection.hpp"
#include "varve/backend/postgres.hpp"

namespace test {

/// A connection of the application.
class postgres_program {
 public:
  explicit postgres_program(const std::string& connection) : handle_(PQconnectdb(connection.c_str())) {
    REQUIRE(PQstatus(handle_) == CONNECTION_OK);
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
    run("SET TimeZone = 'UTC'");
  }
  postgres_program(const postgres_program&) = delete;
  postgres_program& operator=(const postgres_program&) = delete;
  ~postgres_program() { PQfinish(handle_); }

  void run(const std::string& text) { ask(text); }
  /// The rows of a query, each as its columns joined by a bar.
  lines ask(const std::string& text) {
    PGresult* done = PQexec(handle_, text.c_str());
    const auto status = PQresultStatus(done);
    INFO(text << ": " << PQresultErrorMessage(done));
    lines rows;
    for (int i = 0; i < PQntuples(done); ++i) {
      std::string row;
      for (int c = 0; c < PQnfields(done); ++c)
        row += (c > 0 ? "|" : "") + std::string{PQgetisnull(done, i, c) != 0 ? "NULL" : PQgetvalue(done, i, c)};
      rows.push_back(std::move(row));
    }
    PQclear(done);
    REQUIRE((status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK));
    return rows;
  }
  [[nodiscard]] PGconn* handle() const { return handle_; }

 private:
  PGconn* handle_;
};

/// A store whose connections tell how often they waited for the server.
class counted_store : public varve::store_handle {
 public:
  explicit counted_store(const std::string& connection)
      : counted_store(connection, std::make_shared<std::vector<varve::postgres::detail::connection*>>()) {}

  [[nodiscard]] std::uint64_t trips() const {
    std::uint64_t all = 0;
    for (const auto* one : *made_) all += one->trips();
    return all;
  }
  template <class Work>
  [[nodiscard]] std::uint64_t trips_of(Work&& work) const {
    const auto before = trips();
    work();
    return trips() - before;
  }

 private:
  using connections = std::shared_ptr<std::vector<varve::postgres::detail::connection*>>;
  counted_store(const std::string& connection, connections made)
      : store_handle(std::make_shared<varve::sql::sql_store>(
            varve::postgres::detail::dialect,
            [connection, made]() -> std::unique_ptr<varve::sql::connection> {
              auto one = std::make_unique<varve::postgres::detail::connection>(connection, varve::postgres::options{});
              made->push_back(one.get());  // it lives as long as the pool
              return one;
            },
            false, false)),
        made_(std::move(made)) {}

  connections made_;
};

}  // namespace test
