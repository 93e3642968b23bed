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

/// A connection that breaks behind each commit, whose answer is lost.
class losing_connection final : public varve::sql::connection {
 public:
  explicit losing_connection(const std::string& where) : inner_(where, varve::postgres::options{}) {}
  ~losing_connection() override { forget_statements(); }

  void execute(const std::string& text) override { inner_.execute(text); }
  void settle() override { inner_.settle(); }
  std::int64_t last_key() override { return inner_.last_key(); }
  std::size_t changed_rows() override { return inner_.changed_rows(); }
  bool in_transaction() override { return inner_.in_transaction(); }
  void begin_write() override { inner_.begin_write(); }
  void begin_read() override { inner_.begin_read(); }
  void commit() override {
    inner_.commit();
    try {
      inner_.execute("SELECT pg_terminate_backend(pg_backend_pid())");
    } catch (const varve::error&) {  // as it must
    }
    throw varve::backend_error(varve::error_kind::unknown, "the answer was lost");
  }
  void rollback() noexcept override { inner_.rollback(); }
  void revive() override {
    forget_statements();
    inner_.revive();
  }
  bool settle_lost_commit() noexcept override {
    forget_statements();
    return inner_.settle_lost_commit();
  }
  bool may_be_outrun(const varve::error& failure) const override { return inner_.may_be_outrun(failure); }
  std::vector<varve::sql::table_column> columns(std::string_view table) override { return inner_.columns(table); }
  bool has_index(std::string_view name) override { return inner_.has_index(name); }
  std::vector<std::string> allow_null(std::string_view table, const varve::sql::table_column& column) override {
    return inner_.allow_null(table, column);
  }
  void end_allow_null() noexcept override {}
  std::string name() const override { return inner_.name(); }

 protected:
  std::unique_ptr<varve::sql::statement> prepare(const std::string& text) override {
    return std::make_unique<varve::postgres::detail::statement>(inner_, text);
  }

 private:
  varve::postgres::detail::connection inner_;
};

/// A store whose connections do.
class losing_store : public varve::store_handle {
 public:
  explicit losing_store(const std::string& connection)
      : store_handle(std::make_shared<varve::sql::sql_store>(
            varve::postgres::detail::dialect, [connection] { return std::make_unique<losing_connection>(connection); },
            false, false)) {}
};

}  // namespace test
