#pragma once

/// A program beside varve that uses MariaDB by itself, and a store whose round trips are counted.

#include <catch2/catch.hpp>

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fixture.hpp"
#include "support/mariadb_database.hpp"
#include "varve/backend/detail/mariadb_connection.hpp"
#include "varve/backend/mariadb.hpp"

namespace test {

/// A connection of the application, set as varve needs it.
class mariadb_program {
 public:
  explicit mariadb_program(const std::string& uri) : handle_(connected_to_mariadb(uri)) {
    run("SET time_zone = '+00:00'");
    run("SET sql_mode = 'STRICT_TRANS_TABLES'");
    run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  }
  mariadb_program(const mariadb_program&) = delete;
  mariadb_program& operator=(const mariadb_program&) = delete;
  ~mariadb_program() { mysql_close(handle_); }

  void run(const std::string& text) { ask(text); }
  /// The rows of a query, each as its columns joined by a bar.
  lines ask(const std::string& text) {
    const bool done = mysql_real_query(handle_, text.data(), text.size()) == 0;
    INFO(text << ": " << mysql_error(handle_));
    lines rows;
    if (MYSQL_RES* answer = mysql_store_result(handle_); answer != nullptr) {
      while (const MYSQL_ROW found = mysql_fetch_row(answer)) {
        std::string row;
        for (unsigned c = 0; c < mysql_num_fields(answer); ++c)
          row += (c > 0 ? "|" : "") + std::string{found[c] == nullptr ? "NULL" : found[c]};
        rows.push_back(std::move(row));
      }
      mysql_free_result(answer);
    }
    REQUIRE(done);
    return rows;
  }
  /// Ends all connections to the program's database but its own.
  void kill_others() {
    for (const auto& one : ask("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> "
                               "CONNECTION_ID()"))
      mysql_query(handle_, ("KILL " + one).c_str());
  }
  [[nodiscard]] MYSQL* handle() const { return handle_; }

 private:
  MYSQL* handle_;
};

/// A store whose connections tell how often they waited for the server.
class counted_mariadb : public varve::store_handle {
 public:
  explicit counted_mariadb(const std::string& connection)
      : counted_mariadb(connection, std::make_shared<std::vector<varve::mariadb::detail::connection*>>()) {}

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
  using connections = std::shared_ptr<std::vector<varve::mariadb::detail::connection*>>;
  counted_mariadb(const std::string& connection, connections made)
      : store_handle(std::make_shared<varve::sql::sql_store>(
            varve::mariadb::detail::dialect,
            [connection, made]() -> std::unique_ptr<varve::sql::connection> {
              auto one = std::make_unique<varve::mariadb::detail::connection>(connection, varve::mariadb::options{});
              made->push_back(one.get());  // it lives as long as the pool
              return one;
            },
            false, false)),
        made_(std::move(made)) {}

  connections made_;
};

/// A connection that breaks behind each commit, whose answer is lost.
class losing_mariadb_connection final : public varve::sql::connection {
 public:
  explicit losing_mariadb_connection(const std::string& where) : inner_(where, varve::mariadb::options{}) {}
  ~losing_mariadb_connection() override { forget_statements(); }

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
      inner_.execute("KILL CONNECTION_ID()");
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
    return std::make_unique<varve::mariadb::detail::statement>(inner_, text);
  }

 private:
  varve::mariadb::detail::connection inner_;
};

/// A store whose connections do.
class losing_mariadb : public varve::store_handle {
 public:
  explicit losing_mariadb(const std::string& connection)
      : store_handle(std::make_shared<varve::sql::sql_store>(
            varve::mariadb::detail::dialect, [connection] { return std::make_unique<losing_mariadb_connection>(connection); },
            false, false)) {}
};

}  // namespace test
