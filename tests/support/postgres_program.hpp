#pragma once

/// A program beside varve that uses PostgreSQL by itself.

#include <catch2/catch.hpp>

#include <libpq-fe.h>

#include <string>
#include <utility>

#include "support/postgres_schema.hpp"
#include "support/server.hpp"
#include "varve/backend/postgres.hpp"

namespace test {

class postgres_program final : public server_program {
 public:
  explicit postgres_program(const std::string& connection) : handle_(PQconnectdb(connection.c_str())) {
    REQUIRE(PQstatus(handle_) == CONNECTION_OK);
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
    run("SET TimeZone = 'UTC'");
  }
  ~postgres_program() override { PQfinish(handle_); }

  lines ask(const std::string& text) override {
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
  bool try_run(const std::string& text) noexcept override {
    PGresult* done = PQexec(handle_, text.c_str());
    const auto status = PQresultStatus(done);
    PQclear(done);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  }
  bool in_transaction() const override { return PQtransactionStatus(handle_) == PQTRANS_INTRANS; }
  void end_others() override {
    run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = "
        "current_setting('application_name') AND pid <> pg_backend_pid()");
  }
  varve::store_handle borrowed() const override { return varve::postgres::store{varve::borrow(handle_)}; }
  [[nodiscard]] PGconn* handle() const { return handle_; }

 private:
  PGconn* handle_;
};

}  // namespace test
