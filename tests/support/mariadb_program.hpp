#pragma once

/// A program beside varve that uses MariaDB by itself.

#include <catch2/catch.hpp>

#include <mysql.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "support/mariadb_database.hpp"
#include "support/server.hpp"
#include "varve/backend/mariadb.hpp"

namespace test {

/// Its connection is set as varve needs it.
class mariadb_program final : public server_program {
 public:
  explicit mariadb_program(const std::string& uri) : handle_(connected_to_mariadb(uri)) {
    run("SET time_zone = '+00:00'");
    run("SET sql_mode = 'STRICT_TRANS_TABLES'");
    run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  }
  ~mariadb_program() override { mysql_close(handle_); }

  lines ask(const std::string& text) override {
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
  bool try_run(const std::string& text) noexcept override {
    const bool done = mysql_real_query(handle_, text.data(), text.size()) == 0;
    mysql_free_result(mysql_store_result(handle_));
    return done;
  }
  bool in_transaction() const override { return (handle_->server_status & SERVER_STATUS_IN_TRANS) != 0; }
  void end_others() override {
    for (lines left; !(left = others()).empty(); std::this_thread::sleep_for(1ms))
      for (const auto& one : left) try_run("KILL " + one);
  }
  varve::store_handle borrowed() const override { return varve::mariadb::store{varve::borrow(handle_)}; }
  [[nodiscard]] MYSQL* handle() const { return handle_; }

 private:
  lines others() {
    return ask("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()");
  }

  MYSQL* handle_;
};

}  // namespace test
