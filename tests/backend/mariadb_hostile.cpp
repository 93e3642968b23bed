// Values that look like SQL, settings of others' connections, and what an error leaves behind.
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <thread>

#include "support/entities.hpp"
#include "support/mariadb_program.hpp"
#include "varve/backend/detail/mariadb_connection.hpp"
#include "varve/capture/record.hpp"
#include "varve/history/activity.hpp"
#include "varve/history/retention.hpp"
#include "varve/session/transact.hpp"

namespace mariadb_hostile {

struct Probe {
  std::int64_t id{};
  std::int64_t whole{};
  double real{};
  std::string text{};
  varve::bytes raw{};
  varve::time_point at{};
  bool flag{};
  std::string settings{};
};
struct Odd {
  std::int64_t id{};
  std::string name{};
};
struct Counted {
  std::int64_t id{};
  std::uint64_t big{};
};
struct Measured {
  std::int64_t id{};
  float small{};
};

}  // namespace mariadb_hostile

template <>
struct varve::entity<mariadb_hostile::Probe> : varve::describe<varve::document<&mariadb_hostile::Probe::settings>> {};
template <>
struct varve::entity<mariadb_hostile::Odd>
    : varve::describe<varve::table<"odd`?;'x">, varve::shadow_table<"odd`?;'x past">,
                      varve::column<&mariadb_hostile::Odd::name, "na`m?e;'">> {};
template <>
struct varve::entity<mariadb_hostile::Counted> : varve::describe<> {};
template <>
struct varve::entity<mariadb_hostile::Measured> : varve::describe<> {};

using namespace test;
using namespace mariadb_hostile;

namespace {

bool is_same(const Probe& a, const Probe& b) {
  return a.whole == b.whole && a.real == b.real && a.text == b.text && a.raw == b.raw && a.at == b.at &&
         a.flag == b.flag && a.settings == b.settings;
}
varve::time_point day(int year, unsigned month, unsigned number) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(number)};
}
std::vector<Probe> samples() {
  const std::vector<std::string> texts{"",
                                       "'",
                                       "\\",
                                       "\\'",
                                       "a\\",
                                       "'; DROP TABLE probe; -- ",
                                       "\\'; DROP TABLE probe; -- ",
                                       "/* ? */ ; ? `x` \"y\" # -- ?1",
                                       "/*!50000 SELECT 1 */",
                                       "\xF0\x9F\xA6\x86 \xF4\x8F\xBF\xBF",
                                       "\n\r\t\x1A\b",
                                       "a ",
                                       "%_",
                                       "\xEF\xBF\xBD"};
  const std::vector<double> reals{0.0,
                                  -0.0,
                                  0.1 + 0.2,
                                  1e308,
                                  -1.7976931348623157e308,
                                  std::numeric_limits<double>::denorm_min(),
                                  -std::numeric_limits<double>::denorm_min(),
                                  std::numeric_limits<double>::min(),
                                  123456789012345680.0,
                                  1e15,
                                  1e22,
                                  5e-324,
                                  -1.0 / 3};
  const std::vector<std::int64_t> wholes{0, -1, std::numeric_limits<std::int64_t>::min(),
                                         std::numeric_limits<std::int64_t>::max()};
  const std::vector<varve::time_point> times{start, day(1000, 1, 1), day(1969, 12, 31) + 23h + 59min + 59s + 999999us,
                                             day(9999, 12, 31) + 23h + 59min + 59s + 999999us, day(2038, 1, 20) + 1us};
  std::vector<Probe> made;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Probe one{.whole = wholes[i % wholes.size()],
              .real = reals[i % reals.size()],
              .text = texts[i],
              .at = times[i % times.size()],
              .flag = i % 2 == 1,
              .settings = R"({"a":"\\ ' ? ;"})"};
    for (int b = 0; b < 256; ++b) one.raw.push_back(static_cast<varve::bytes::value_type>(b));
    made.push_back(std::move(one));
  }
  return made;
}
void rename(const varve::store_handle& store, std::int64_t id, const std::string& text) {
  varve::session session{store, varve::actor{"ada"}};
  session.get<Note>(id).text = text;
  session.commit();
}
std::int64_t new_note(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  auto& note = session.add(Note{.text = "a"});
  session.commit();
  return note.id;
}

}  // namespace

TEST_CASE("MariaDB: values that look like SQL come back as they were, whatever the connection makes of a backslash",
          "[server][mariadb][input]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  const varve::store_handle own = varve::mariadb::open<Probe, Odd>(*connection);
  const auto mode = GENERATE(0, 1, 2);
  if (mode == 2) program.run("SET sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'");
  const varve::store_handle store = mode == 0 ? own : varve::mariadb::store{varve::borrow(program.handle())};
  store.base().use(varve::info_of<Probe>());
  store.base().use(varve::info_of<Odd>());
  INFO("mode " << mode);
  for (const auto& one : samples()) {
    INFO(one.text);
    varve::attribution who{varve::actor{"a" + one.text}};
    who.message = one.text;
    varve::session session{store, who};
    auto& added = session.add(Probe{.real = 7.5, .text = "first", .settings = "{}"});
    auto& odd = session.add(Odd{.name = "x" + one.text});
    session.commit();
    const auto id = added.id;
    added = one;
    added.id = id;
    odd.name += "'";
    session.commit();
    varve::session other{store, varve::actor{"bob"}};
    CHECK(is_same(other.get<Probe>(id), one));
    CHECK(other.get<Odd>(odd.id).name == "x" + one.text + "'");
    const varve::history<Probe> history{store};
    const auto versions = history.versions(id).all();
    REQUIRE(versions.size() == 2);
    CHECK(is_same(history.state(versions[1]), one));
    CHECK(versions[1].message() == one.text);
  }
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: each double comes back bit by bit", "[server][mariadb][input]") {
  const auto connection = temporary_mariadb();
  varve::mariadb::detail::connection on{*connection, {}};
  on.execute("CREATE TABLE numbers (id BIGINT PRIMARY KEY, x DOUBLE NOT NULL)");
  std::mt19937_64 random{7};
  std::vector<double> all{std::numeric_limits<double>::denorm_min(), -std::numeric_limits<double>::denorm_min()};
  while (all.size() < 2000) {
    const std::uint64_t bits = random();
    double x = 0;
    std::memcpy(&x, &bits, sizeof x);
    if (std::isfinite(x) && x != 0) all.push_back(x);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    varve::sql::query run{on, std::string{"INSERT INTO numbers VALUES (?, ?)"}};
    run.bind(static_cast<std::int64_t>(i)).bind(varve::value::of(all[i])).run();
  }
  on.settle();
  varve::sql::query run{on, std::string{"SELECT x FROM numbers ORDER BY id"}};
  std::size_t wrong = 0, i = 0;
  for (; run.step(); ++i) {
    const double x = run.column(0).real();
    if (std::memcmp(&x, &all[i], sizeof x) != 0) ++wrong;
  }
  CHECK(i == all.size());
  CHECK(wrong == 0);
}

TEST_CASE("MariaDB: a save that is more than the server takes is refused whole, and the connection goes on",
          "[server][mariadb][input]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Probe>(*connection);
  varve::session session{store, varve::actor{"ada"}};
  auto& one = session.add(Probe{.text = "a", .settings = "{}"});
  auto& two = session.add(Probe{.text = "b", .settings = "{}"});
  session.commit();
  const auto first = one.id, second = two.id;
  one.text = "small";
  two.text = std::string(65U << 20U, 'x');
  try {
    session.commit();
    FAIL("it was stored");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::input);
    CHECK_THAT(failure.what(), Catch::Contains("max_allowed_packet"));
  }
  varve::session other{store, varve::actor{"ada"}};
  CHECK(other.get<Probe>(first).text == "a");
  // What is more in all, but not in one statement, goes in several parts.
  const std::string long_text(10U << 20U, '\'');  // each doubled
  other.get<Probe>(first).text = long_text;
  other.get<Probe>(second).text = long_text + "2";
  other.commit();
  varve::session third{store, varve::actor{"ada"}};
  CHECK(third.get<Probe>(second).text == long_text + "2");
  CHECK(varve::history<Probe>{store}.versions(first).count() == 2);
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: a number that no field has room for is an error, and not another number",
          "[server][mariadb][input]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  program.run("CREATE TABLE counted (id bigint AUTO_INCREMENT PRIMARY KEY, big bigint unsigned NOT NULL)");
  program.run("CREATE TABLE measured (id bigint AUTO_INCREMENT PRIMARY KEY, small float NOT NULL)");
  const varve::mariadb::store store = varve::mariadb::open<Counted, Measured>(*connection);
  program.run("INSERT INTO counted VALUES (1, 18446744073709551615), (2, 9223372036854775807)");
  varve::session session{store, varve::actor{"ada"}};
  CHECK(session.get<Counted>(2).big == 9223372036854775807U);
  CHECK_THROWS_AS(session.get<Counted>(1), varve::error);
  // The text protocol has six digits of a FLOAT: check() names it.
  varve::schema schema{store};
  schema.add<Measured>();
  const auto found = schema.check();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("measured.small") && Catch::Contains("float"));
}

TEST_CASE("MariaDB: in the application's snapshot of before, a save does not write over a newer version",
          "[server][mariadb][conflict]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store own = varve::mariadb::open<Note>(*connection);
  const auto id = new_note(own);
  mariadb_program program{*connection};
  const varve::mariadb::store borrowed{varve::borrow(program.handle())};
  borrowed.base().use(varve::info_of<Note>());
  program.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  program.run("BEGIN");
  CHECK(program.ask("SELECT body FROM notes") == lines{"a"});  // its snapshot
  SECTION("of a session") {
    varve::session session{borrowed, varve::actor{"bob"}};
    auto& loaded = session.get<Note>(id);
    rename(own, id, "newer");
    loaded.text = "mine";
    CHECK_THROWS_AS(session.commit(), varve::conflict_error);
  }
  SECTION("of a record") {
    rename(own, id, "newer");
    program.run("SAVEPOINT until_here");
    program.run("UPDATE notes SET body = 'mine'");  // the application's own loss, if it committed
    Note before{.id = id, .text = "a"}, after{.id = id, .text = "mine"};
    varve::record_options options;
    options.expected = varve::transaction_id{1};
    CHECK_THROWS_AS(varve::record(borrowed, varve::actor{"bob"}, &before, &after, options), varve::conflict_error);
    program.run("ROLLBACK TO until_here");
  }
  SECTION("of one that changes nothing that has versions") {
    varve::session session{borrowed, varve::actor{"bob"}};
    auto& loaded = session.get<Note>(id);
    rename(own, id, "newer");
    loaded.edited_by = 5;
    try {
      session.commit();
    } catch (const varve::conflict_error&) {
    }
  }
  program.run("COMMIT");
  CHECK(program.ask("SELECT body FROM notes") == lines{"newer"});
  CHECK(varve::history<Note>{own}.versions(id).count() == 2);
  CHECK(found_by_doctor(own) == lines{});
}

TEST_CASE("MariaDB: a borrowed connection's setting is refused by its name, or harmless", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store own = varve::mariadb::open<Dataset>(*connection);
  const auto id = [&] {
    varve::session session{own, varve::actor{"ada"}};
    auto& made = session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "a"}, {.metric_name = "b"}}});
    session.commit();
    return made.id;
  }();
  struct setting {
    const char* set;
    const char* refused;  ///< by this name; null: harmless
  };
  const auto one = GENERATE(
      setting{"autocommit = 0", nullptr}, setting{"sql_auto_is_null = 1", nullptr},
      setting{"foreign_key_checks = 0", "foreign_key_checks"}, setting{"unique_checks = 0", "unique_checks"},
      setting{"sql_safe_updates = 1", nullptr}, setting{"max_statement_time = 20", nullptr},
      setting{"tx_read_only = 1", nullptr}, setting{"sql_select_limit = 1", "sql_select_limit"},
      setting{"completion_type = 'CHAIN'", "completion_type"},
      setting{"completion_type = 'RELEASE'", "completion_type"}, setting{"lc_messages = 'de_DE'", "lc_messages"},
      setting{"sql_mode = 'STRICT_ALL_TABLES,EMPTY_STRING_IS_NULL'", "sql_mode"},
      setting{"sql_mode = 'STRICT_ALL_TABLES,ORACLE'", nullptr},
      setting{"sql_mode = 'STRICT_ALL_TABLES,ANSI,ONLY_FULL_GROUP_BY,HIGH_NOT_PRECEDENCE'", nullptr},
      setting{"tx_isolation = 'REPEATABLE-READ'", nullptr}, setting{"tx_isolation = 'SERIALIZABLE'", nullptr},
      setting{"collation_connection = 'utf8mb4_general_ci'", nullptr},
      setting{"collation_connection = 'utf8mb4_unicode_ci'", nullptr},
      setting{"character_set_results = NULL", "character_set_results"});
  const bool joined = GENERATE(false, true);
  INFO(one.set << (joined ? " joined" : " alone"));
  mariadb_program program{*connection};
  program.run(std::string{"SET SESSION "} + one.set);
  if (joined) program.run("START TRANSACTION READ WRITE");
  std::string told;
  try {
    const varve::mariadb::store borrowed{varve::borrow(program.handle())};
    borrowed.base().use(varve::info_of<Dataset>());
    varve::session session{borrowed, varve::actor{"bob"}};
    auto& loaded = session.get<Dataset>(id);
    loaded.sql = "it's \\ ";
    loaded.metrics[1].expression = "2";
    loaded.metrics.push_back({.metric_name = "c"});
    session.commit();
    loaded.metrics.erase(loaded.metrics.begin());
    session.commit();
    varve::session other{borrowed, varve::actor{"bob"}};
    other.add(Dataset{.table_name = "other", .slug = "s"});
    other.commit();
    other.erase<Dataset>(id);
    other.commit();
    CHECK(varve::history<Dataset>{borrowed}.versions(id).count() == 4);
    CHECK(found_by_doctor(borrowed) == lines{});
  } catch (const std::exception& failure) {
    told = failure.what();
  }
  if (one.refused == nullptr) {
    CHECK(told == "");
    program.run("COMMIT");
    CHECK(varve::history<Dataset>{own}.versions(id).count() == 4);
    CHECK(found_by_doctor(own) == lines{});
  } else {
    CHECK_THAT(told, Catch::Contains("cannot be used: its " + std::string{one.refused}));
  }
}

TEST_CASE("MariaDB: varve's own settings hold whatever the server's defaults are", "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  for (const char* set :
       {"completion_type = 'CHAIN'", "lc_messages = 'de_DE'", "sql_select_limit = 1", "sql_safe_updates = 1",
        "sql_auto_is_null = 1", "foreign_key_checks = 0", "unique_checks = 0", "tx_isolation = 'SERIALIZABLE'",
        "tx_read_only = 1", "autocommit = 0", "time_zone = '+09:00'", "character_set_client = 'latin1'",
        "character_set_results = NULL", "sql_mode = 'ORACLE,EMPTY_STRING_IS_NULL,PAD_CHAR_TO_FULL_LENGTH'"})
    program.run(std::string{"SET SESSION "} + set);
  for (const auto& text : varve::mariadb::detail::own_settings(5s)) program.run(text);
  static_cast<void>(varve::mariadb::open<Dataset>(*connection));
  const varve::mariadb::store store{varve::borrow(program.handle())};
  store.base().use(varve::info_of<Dataset>());
  varve::session session{store, varve::actor{"ada"}};
  auto& made = session.add(
      Dataset{.table_name = "sales", .slug = "secret", .metrics = {{.metric_name = "a"}, {.metric_name = "b"}}});
  session.commit();
  made.metrics[1].expression = "2";
  session.commit();
  varve::session other{store, varve::actor{"ada"}};
  CHECK(other.get<Dataset>(made.id).metrics.size() == 2);
  other.add(Dataset{.table_name = "x", .slug = "secret"});
  try {
    other.commit();
    FAIL("it was stored");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::input);
    CHECK_THAT(failure.what(), Catch::Contains("slug") && !Catch::Contains("secret"));
  }
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: an error in the middle of a save leaves nothing of it, and the connection goes on",
          "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  varve::mariadb::options options;
  options.lock_timeout = 1s;
  const varve::mariadb::store store = varve::mariadb::open<Dataset>(*connection, options);
  mariadb_program program{*connection};
  varve::session session{store, varve::actor{"ada"}};
  auto& made = session.add(Dataset{.table_name = "sales", .slug = "one", .metrics = {{.metric_name = "a"}}});
  session.add(Dataset{.table_name = "other", .slug = "two"});
  session.commit();
  const auto id = made.id;
  const auto rows = [&] {
    return program.ask(
        "SELECT concat((SELECT count(*) FROM tables_version), ' ', (SELECT count(*) FROM version_changes), "
        "' ', (SELECT count(*) FROM version_transaction), ' ', (SELECT group_concat(t.`sql`) FROM tables t))");
  };
  const auto before = rows();
  varve::error_kind wanted{};
  varve::session second{store, varve::actor{"ada"}};
  auto& loaded = second.get<Dataset>(id);
  loaded.sql = "new";
  SECTION("a wait that is too long, of which the server rolls back a statement alone") {
    program.run("BEGIN");
    program.run("SELECT * FROM sql_metrics FOR UPDATE");
    loaded.metrics[0].expression = "x";
    wanted = varve::error_kind::retry;
  }
  std::thread ending;
  SECTION("somebody who ends the query, which could have been behind its commit") {
    program.run("BEGIN");
    program.run("SELECT * FROM sql_metrics FOR UPDATE");
    loaded.metrics[0].expression = "x";
    wanted = varve::error_kind::retry;
    ending = std::thread{[&] {
      mariadb_program other{*connection};
      lines waiting;
      for (int i = 0; i < 80 && waiting.empty(); ++i) {
        std::this_thread::sleep_for(10ms);
        waiting = other.ask(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND COMMAND = 'Query' AND ID <> "
            "CONNECTION_ID() AND TIME_MS > 50");
      }
      if (!waiting.empty()) other.run("KILL QUERY " + waiting.front());
    }};
  }
  SECTION("a value that is there already") {
    loaded.slug = "two";
    wanted = varve::error_kind::input;
  }
  SECTION("a trigger of the application's that refuses") {
    program.run("CREATE TRIGGER refuse BEFORE INSERT ON version_changes FOR EACH ROW SIGNAL SQLSTATE '45000'");
    wanted = varve::error_kind::other;
  }
  try {
    second.commit();
    FAIL("it was stored");
  } catch (const varve::error& failure) {
    INFO(failure.what());
    CHECK(failure.kind() == wanted);
    CHECK((failure.native_code() == 1317) == ending.joinable());
  }
  if (ending.joinable()) ending.join();
  program.run("ROLLBACK");
  CHECK(rows() == before);
  program.run("DROP TRIGGER IF EXISTS refuse");
  varve::session third{store, varve::actor{"ada"}};
  third.get<Dataset>(id).sql = "newer";
  third.commit();
  CHECK(varve::history<Dataset>{store}.versions(id).count() == 2);
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: triggers of the application's, and statements within them, do not count as rows of a save",
          "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Note>(*connection);
  const auto id = new_note(store);
  mariadb_program program{*connection};
  program.run("CREATE TABLE log (n int)");
  program.run("INSERT INTO log VALUES (1), (2)");
  program.run("CREATE TRIGGER one AFTER UPDATE ON notes_past FOR EACH ROW UPDATE log SET n = n");
  program.run("CREATE TRIGGER two AFTER INSERT ON notes_past FOR EACH ROW DELETE FROM log WHERE n > 100");
  program.run("CREATE TRIGGER three AFTER UPDATE ON notes FOR EACH ROW INSERT INTO log SELECT n FROM log");
  varve::session stale{store, varve::actor{"bob"}};
  auto& loaded = stale.get<Note>(id);
  rename(store, id, "b");
  loaded.text = "c";
  CHECK_THROWS_AS(stale.commit(), varve::conflict_error);
  CHECK(varve::history<Note>{store}.versions(id).count() == 2);
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: a database whose texts compare whatever their case has varve's compared by bytes",
          "[server][mariadb]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  const auto* collation = GENERATE("latin1_swedish_ci", "utf8mb4_unicode_ci");
  INFO(collation);
  program.run(std::string{"ALTER DATABASE CHARACTER SET "} +
              std::string{collation}.substr(0, std::strcspn(collation, "_")) + " COLLATE " + collation);
  const varve::mariadb::store own = varve::mariadb::open<Dataset, Country>(*connection);
  varve::schema schema{own};
  schema.add<Dataset>().add<Country>();
  CHECK(schema.check() == lines{});
  const bool borrows = GENERATE(false, true);
  program.run(std::string{"SET collation_connection = 'utf8mb4_general_ci'"});
  const varve::store_handle store = borrows ? varve::mariadb::store{varve::borrow(program.handle())} : own;
  store.base().use(varve::info_of<Dataset>());
  store.base().use(varve::info_of<Country>());
  varve::attribution who{varve::actor{"Ada"}};
  who.message = "a\\b";
  varve::session session{store, who};
  for (const char* code : {"de", "DE", "de ", "d\\e", "\xC3\xA9", "e"})
    session.add(Country{.code = code, .name = code});
  auto& made =
      session.add(Dataset{.table_name = "t", .slug = "s", .metrics = {{.metric_name = "a"}, {.metric_name = "A"}}});
  session.add(Dataset{.table_name = "t", .slug = "S"});
  session.commit();
  made.metrics[0].metric_name = "a ";
  made.metrics[1].metric_name = "a\\";
  session.commit();
  varve::session other{store, varve::actor{"bob"}};
  for (const char* code : {"de", "DE", "de ", "d\\e", "\xC3\xA9", "e"})
    CHECK(other.get<Country>(std::string{code}).name == code);
  CHECK(varve::history<Country>{store}.versions(std::string{"d\\e"}).count() == 1);
  CHECK_FALSE(varve::activity{store}.by("Ada").page(10).empty());
  CHECK(varve::activity{store}.by("ada").page(10).empty());
  CHECK(found_by_doctor(store) == lines{});
}

TEST_CASE("MariaDB: two programs prune while others save, and nobody waits for ever or finds a hole",
          "[server][mariadb][retention]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Dataset>(*connection);
  std::vector<std::int64_t> ids;
  {
    varve::session session{store, varve::actor{"ada"}};
    std::vector<Dataset*> added;
    for (int i = 0; i < 4; ++i)
      added.push_back(&session.add(Dataset{.table_name = "t" + std::to_string(i), .metrics = {{.metric_name = "a"}}}));
    session.commit();
    for (const auto* one : added) ids.push_back(one->id);
  }
  std::atomic<int> saves{0}, failures{0};
  std::atomic<bool> ends{false};
  std::vector<std::thread> programs;
  for (std::size_t i = 0; i < 3; ++i)
    programs.emplace_back([&, i] {
      const varve::mariadb::store own = varve::mariadb::open<Dataset>(*connection);
      for (int n = 0; n < 60; ++n) {
        try {
          varve::transact(own, varve::actor{"ada"}, [&](varve::session& unit) {
            auto& one = unit.get<Dataset>(ids[(i + static_cast<std::size_t>(n)) % ids.size()]);
            one.sql = std::to_string(i * 1000 + static_cast<std::size_t>(n));
            one.metrics[0].expression = one.sql.value();
            if (n % 5 == 0) one.metrics.push_back({.metric_name = std::to_string(i) + "." + std::to_string(n)});
          });
          ++saves;
        } catch (const varve::error&) {
          ++failures;
        }
      }
    });
  std::atomic<int> prunes{0}, refused{0};
  std::vector<std::thread> pruners;
  for (int i = 0; i < 2; ++i)
    pruners.emplace_back([&] {
      const varve::mariadb::store own = varve::mariadb::open<Dataset>(*connection);
      while (!ends) {
        try {
          varve::prune(own, 0us);
          ++prunes;
        } catch (const varve::error& failure) {
          if (failure.kind() != varve::error_kind::retry) ++failures;
          ++refused;
        }
      }
    });
  for (auto& one : programs) one.join();
  ends = true;
  for (auto& one : pruners) one.join();
  INFO(refused << " prunes were to be tried again");
  CHECK(saves == 180);
  CHECK(failures == 0);
  CHECK(prunes > 0);
  CHECK(found_by_doctor(store) == lines{});
}
