/// Questions that a connection to MariaDB asks again: they are prepared, and answer what their text does.

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/mariadb_program.hpp"
#include "varve/backend/detail/mariadb_connection.hpp"

using namespace test;

namespace {

using varve::value;
using connection_under_test = varve::mariadb::detail::connection;

struct asking {
  std::shared_ptr<std::string> database = temporary_mariadb();
  connection_under_test on{*database, {}};

  /// Each row of an answer, each value with what it is of.
  lines ask(const std::string& text, const std::vector<value>& values = {}) {
    lines rows;
    varve::sql::query run{on, text};
    for (const auto& one : values) run.bind(one);
    while (run.step()) {
      std::string row;
      for (int i = 0; i < columns; ++i) {
        const auto v = run.column(i);
        switch (v.kind()) {
          case varve::value_kind::null: row += "null "; break;
          case varve::value_kind::integer: row += fmt::format("i{} ", v.integer()); break;
          case varve::value_kind::real: row += fmt::format("r{} ", v.real()); break;
          case varve::value_kind::text: row += fmt::format("t{} ", v.view()); break;
          case varve::value_kind::blob: row += fmt::format("b{} ", v.view()); break;
        }
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }
  int columns = 1;

  /// How many statements the server has prepared for this connection, and how many it ran so.
  std::string counts() {
    const int before = std::exchange(columns, 2);
    // A text that differs is asked for the first time.
    const auto found =
        ask("SELECT sum(VARIABLE_NAME = 'COM_STMT_PREPARE' AND VARIABLE_VALUE > 0), CAST(sum(IF("
            "VARIABLE_NAME = 'COM_STMT_EXECUTE', VARIABLE_VALUE, 0)) AS SIGNED) FROM information_schema.SESSION_STATUS "
            "WHERE " +
            std::to_string(++asked) + " > 0");
    columns = before;
    return found.at(0);
  }
  int asked = 0;
};

}  // namespace

TEST_CASE("MariaDB: a question that is asked again is prepared, and answers what its text does",
          "[server][mariadb][reading]") {
  asking my;
  my.on.execute(
      "CREATE TABLE all_types (id INT PRIMARY KEY, t TINYINT, s SMALLINT, m MEDIUMINT, b BIGINT, ub BIGINT UNSIGNED, "
      "ui INT "
      "UNSIGNED, f BOOLEAN, d DOUBLE, n DECIMAL(30, 10), w DECIMAL(30, 0), dt DATETIME, dt6 DATETIME(6), ts "
      "TIMESTAMP(3) NULL, "
      "vc VARCHAR(20), ch CHAR(5), lt LONGTEXT, vb VARBINARY(9), lb LONGBLOB, bi BIT(12), en ENUM('one', 'two'), js "
      "JSON, z INT(6) "
      "ZEROFILL) DEFAULT CHARSET utf8mb4");
  my.on.execute(
      "INSERT INTO all_types VALUES (1, -128, -32768, -8388608, -9223372036854775808, 9223372036854775807, 4294967295, "
      "1, 0.1, "
      "12345678901234567890.0123456789, 42, '1000-01-01 00:00:00', '9999-12-31 23:59:59.999999', '2026-11-28 "
      "10:00:00.5', 'ü ', "
      "'a', repeat('x', 70000), X'00FF00', repeat(X'00', 70000), b'100000000001', 'two', '{\"a\": 1}', 7), (2, 127, "
      "32767, 8388607, "
      "9223372036854775807, 0, 0, 0, -1.7976931348623157e308, -0.5, -1, '2026-11-28 10:00:00', '1969-12-31 "
      "23:59:59.000001', NULL, "
      "'', '', '', '', '', b'0', 'one', '[]', 0), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
      "NULL, NULL, "
      "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, 0, 0, 0, 0, 0, 0, 0, 4.9406564584124654e-324, "
      "0, 0, "
      "'0001-01-01 00:00:01', '2000-02-29 12:00:00', '2001-01-01 00:00:01', '🦆', 'b', 'short', X'01', X'02', b'1', "
      "NULL, NULL, 1)");
  my.columns = 23;
  const std::string text = "SELECT * FROM all_types WHERE id >= ?1 AND id <= ?2 AND ?1 < 100 ORDER BY id";
  const std::vector<value> all{value::of(std::int64_t{0}), value::of(std::int64_t{9})};
  const auto as_text = my.ask(text, all);
  REQUIRE(as_text.size() == 4);
  CHECK_THAT(as_text[0], Catch::StartsWith("i1 i-128 i-32768 i-8388608 i-9223372036854775808 i9223372036854775807 "
                                           "i4294967295 i1 r0.1 "));
  CHECK(my.counts() == "i0 i0 ");
  for (int i = 1; i <= 3; ++i) {
    CHECK(my.ask(text, all) == as_text);
    CHECK(my.counts() == fmt::format("i1 i{} ", i));
  }
  // Other values, and an answer that was not read to its end.
  CHECK(my.ask(text, {value::of(std::int64_t{4}), value::of(std::int64_t{4})}) == lines{as_text[3]});
  CHECK(my.ask(text, {value::of(std::int64_t{7}), value::of(std::int64_t{9})}).empty());
  {
    varve::sql::query some{my.on, text};
    some.bind(std::int64_t{0}).bind(std::int64_t{9});
    REQUIRE(some.step());
  }
  CHECK(my.ask(text, all) == as_text);
  CHECK(my.counts() == "i1 i7 ");
}

TEST_CASE("MariaDB: values of each kind reach a prepared question as they are", "[server][mariadb][reading]") {
  asking my;
  my.columns = 6;
  const std::string text = "SELECT hex(?), ? IS NULL, ? = 0.1e0, ? + 0, hex(?), ? = 'a '";
  const std::string long_text(100'000, 'x');
  for (const auto& word : {std::string{"'; \\ ? \0 ü", 11}, std::string{}, long_text}) {
    const std::vector<value> given{value::text(word),       value::null(),
                                   value::of(0.1),          value::of(std::numeric_limits<std::int64_t>::min()),
                                   value::blob("\xFF\x01"), value::text("a")};
    const auto found = my.ask(text, given);
    CHECK(found.at(0).ends_with(" i1 i1 i-9223372036854775808 tFF01 i0 "));
    CHECK(my.ask(text, given) == found);
    CHECK(my.ask(text, given) == found);
  }
  CHECK(my.counts() == "i1 i8 ");
}

TEST_CASE("MariaDB: a prepared question goes on when its table changes, and fails as its text does",
          "[server][mariadb][reading]") {
  asking my;
  my.on.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
  my.on.execute("INSERT INTO t VALUES (1, 300)");
  my.columns = 2;
  const std::string text = "SELECT id, v FROM t WHERE id = ?";
  const std::vector<value> first{value::of(std::int64_t{1})};
  for (int i = 0; i < 3; ++i) CHECK(my.ask(text, first) == lines{"i1 i300 "});
  SECTION("a column of another type") {
    my.on.execute("ALTER TABLE t MODIFY v VARCHAR(20)");
    my.on.execute("UPDATE t SET v = 'a longer text'");
    for (int i = 0; i < 3; ++i) CHECK(my.ask(text, first) == lines{"i1 ta longer text "});
  }
  SECTION("a column whose text is rounded") {
    my.on.execute("ALTER TABLE t MODIFY v FLOAT");
    my.on.execute("UPDATE t SET v = 1.23456789");
    for (int i = 0; i < 3; ++i)
      CHECK(my.ask(text, first) == lines{fmt::format("i1 r{} ", static_cast<double>(1.23457F))});
  }
  SECTION("no table") {
    my.on.execute("DROP TABLE t");
    for (int i = 0; i < 2; ++i) try {
        my.ask(text, first);
        FAIL("there is no table");
      } catch (const varve::backend_error& failure) {
        CHECK(failure.native_code() == 1146);
        CHECK_THAT(failure.what(), Catch::Contains("(error 1146) (SELECT id, v FROM t WHERE id = ?"));
      }
  }
  SECTION("a lock that another has") {
    const std::string locking = "SELECT id, v FROM t WHERE id = ? FOR UPDATE";
    for (int i = 0; i < 2; ++i) CHECK(my.ask(locking, first) == lines{"i1 i300 "});
    mariadb_program other{*my.database};
    other.run("BEGIN");
    other.run("UPDATE t SET v = 301");
    my.on.execute("SET SESSION innodb_lock_wait_timeout = 0");
    try {
      my.ask(locking, first);
      FAIL("the row is locked");
    } catch (const varve::backend_error& failure) {
      CHECK(failure.kind() == varve::error_kind::retry);
    }
    other.run("COMMIT");
    CHECK(my.ask(locking, first) == lines{"i1 i301 "});
    CHECK_FALSE(my.on.in_transaction());
  }
  SECTION("within a transaction") {
    my.on.begin_write();
    CHECK(my.ask(text, first) == lines{"i1 i300 "});  // sent with what waits
    CHECK(my.ask(text, first) == lines{"i1 i300 "});
    CHECK(my.on.in_transaction());
    my.on.commit();
    CHECK_FALSE(my.on.in_transaction());
  }
  SECTION("a connection that is gone") {
    mariadb_program other{*my.database};
    other.end_others();
    CHECK_THROWS_AS(my.ask(text, first), varve::backend_error);
    my.on.revive();
    for (int i = 0; i < 3; ++i) CHECK(my.ask(text, first) == lines{"i1 i300 "});
  }
}

TEST_CASE("MariaDB: a transaction that the server ends while a question is prepared is told to be ended",
          "[server][mariadb][reading]") {
  asking my;
  my.on.execute("CREATE TABLE a (id INT PRIMARY KEY, v INT)");
  my.on.execute("CREATE TABLE b (id INT PRIMARY KEY, v INT)");
  my.on.execute("INSERT INTO b VALUES (1, 1)");
  const std::string text = "SELECT id FROM a WHERE id = ?";
  const std::vector<value> first{value::of(std::int64_t{1})};
  CHECK(my.ask(text, first).empty());  // the next time it is prepared
  my.on.begin_write();
  my.on.execute("UPDATE b SET v = 2");
  REQUIRE(my.on.in_transaction());
  mariadb_program other{*my.database}, watcher{*my.database};
  std::thread renames{[&] { other.try_run("RENAME TABLE a TO c, c TO a, b TO d, d TO b"); }};  // has a, waits for b
  while (watcher.ask("SELECT count(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE = "
                     "'Waiting for table metadata lock'") != lines{"1"})
    std::this_thread::sleep_for(1ms);
  try {
    my.ask(text, first);
    FAIL_CHECK("each waits for the other");
  } catch (const varve::backend_error& failure) {
    CHECK(failure.native_code() == 1213);
    CHECK(failure.kind() == varve::error_kind::retry);
  }
  CHECK_FALSE(my.on.in_transaction());
  my.on.rollback();
  renames.join();
  CHECK(my.ask("SELECT v FROM b") == lines{"i1 "});
}

TEST_CASE("MariaDB: a long text is not kept behind its question", "[server][mariadb][reading]") {
  asking my;
  const std::string text = "SELECT repeat('x', ?)";
  for (const std::int64_t length : {1, 1, 5'000'000, 1, 70'000, 0}) {
    const auto found = my.ask(text, {value::of(length)});
    CHECK(found == lines{"t" + std::string(static_cast<std::size_t>(length), 'x') + " "});
  }
  CHECK(my.counts() == "i1 i5 ");
}

TEST_CASE("MariaDB: what cannot be prepared is asked by its text", "[server][mariadb][reading]") {
  asking my;
  SECTION("an answer whose text has its own form") {
    for (int i = 0; i < 3; ++i) CHECK(my.ask("SELECT CAST('2026-11-28' AS DATE)") == lines{"t2026-11-28 "});
  }
  SECTION("several statements") {
    for (int i = 0; i < 3; ++i) CHECK(my.ask("SET @a = 1; SELECT @a") == lines{"i1 "});
  }
  SECTION("a value that is nearly all that the server takes") {
    const std::string large(my.on.most_bytes() / 4 * 3, 'x');
    const auto length = lines{"i" + std::to_string(large.size()) + " "};
    for (int i = 0; i < 3; ++i) CHECK(my.ask("SELECT length(?)", {value::text(large)}) == length);
  }
  CHECK(my.counts().ends_with(" i0 "));  // none was run so
}
