#include "varve/backend/sqlite.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <unistd.h>

#include <filesystem>
#include <thread>

#include <varve/varve.hpp>

namespace {

struct Card {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::optional<std::string> body{};
};

}  // namespace

template <>
struct varve::entity<Card> : varve::describe<varve::table<"cards">, varve::public_id<&Card::uuid>> {};

namespace {

/// A file of its own, gone with the test.
class scratch_file {
 public:
  scratch_file() {
    char name[] = "/tmp/varve_test_XXXXXX";
    const int file = mkstemp(name);
    REQUIRE(file >= 0);
    close(file);
    path_ = name;
  }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file() {
    for (const char* more : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path_ + more);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_{};
};

/// A handle of the application's own.
class own_handle {
 public:
  explicit own_handle(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK); }
  own_handle(const own_handle&) = delete;
  own_handle& operator=(const own_handle&) = delete;
  ~own_handle() { sqlite3_close(handle_); }

  int run(const std::string& text) { return sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr); }
  std::int64_t number(const std::string& text) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(handle_, text.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const auto found = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found;
  }
  [[nodiscard]] sqlite3* get() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

TEST_CASE("a file is opened with a write-ahead log and enforced foreign keys, and opens again", "[sqlite]") {
  scratch_file file;
  {
    auto store = varve::sqlite::open<Card>(file.path());
    varve::session session{store, varve::actor{"ada"}};
    session.add(Card{.title = "one"});
    session.commit();
  }
  own_handle look{file.path()};
  CHECK(look.number("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'") == 1);
  auto again = varve::sqlite::open<Card>(file.path());
  CHECK(varve::history<Card>{again}.versions(1).count() == 1);
  CHECK_THROWS_AS(varve::sqlite::open<Card>("/nowhere/at/all.db"), varve::backend_error);
}

TEST_CASE("what a reader sees is committed, whatever a session has flushed", "[sqlite]") {
  scratch_file file;
  auto store = varve::sqlite::open<Card>(file.path());
  varve::session session{store, varve::actor{"ada"}};
  auto& card = session.add(Card{.title = "one"});
  session.commit();
  card.title = "two";
  session.flush();
  varve::session other{store};
  CHECK(other.get<Card>(1).title == "one");
  CHECK(varve::history<Card>{store}.versions(1).count() == 1);
  session.commit();
  varve::session later{store};
  CHECK(later.get<Card>(1).title == "two");
}

TEST_CASE("a second writer waits, and is told to try again when the wait is over", "[sqlite]") {
  scratch_file file;
  varve::sqlite::options hasty;
  hasty.busy_timeout = std::chrono::milliseconds{20};
  auto store = varve::sqlite::open<Card>(file.path(), hasty);
  varve::session first{store, varve::actor{"ada"}};
  varve::session second{store, varve::actor{"bob"}};
  first.add(Card{.title = "one"});
  first.flush();
  second.add(Card{.title = "two"});
  try {
    second.commit();
    FAIL("two writers at once");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::retry);
    CHECK((failure.native_code() & 0xFF) == SQLITE_BUSY);
  }
  first.commit();
  second.rollback();
  second.add(Card{.title = "two"});
  CHECK(second.commit().transaction == varve::transaction_id{2});
}

TEST_CASE("a unit of work is run again while the database is busy, and fails when its attempts are over", "[sqlite]") {
  scratch_file file;
  const auto store = varve::sqlite::open<Card>(file.path());
  varve::session session{store, varve::actor{"bob"}};
  auto& card = session.add(Card{.title = "0"});
  session.commit();
  const auto impatient = varve::sqlite::open<Card>(file.path(), {.busy_timeout = std::chrono::milliseconds{0}});
  session.begin();  // has the lock now
  int runs = 0;
  const auto work = [&](varve::session& unit) {
    unit.get<Card>(card.id).title = "run " + std::to_string(++runs);
    if (runs == 3) session.rollback();
  };
  varve::retry_policy policy{
      .attempts = 2, .first_pause = std::chrono::milliseconds{0}, .longest_pause = std::chrono::milliseconds{1}};
  try {
    varve::transact(impatient, varve::actor{"ada"}, work, policy);
    FAIL("two writers at once");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::retry);
  }
  CHECK(runs == 2);
  policy.attempts = 5;
  const auto done = varve::transact(impatient, varve::actor{"ada"}, work, policy);
  CHECK(runs == 3);
  const varve::history<Card> history{store};
  const auto versions = history.versions(card.id).all();
  REQUIRE(versions.size() == 2);
  CHECK(versions[1].transaction() == done.transaction);
  CHECK(history.state(versions[1]).title == "run 3");
}

TEST_CASE("threads that save at once all succeed, one after the other", "[sqlite]") {
  scratch_file file;
  auto store = varve::sqlite::open<Card>(file.path());
  std::vector<std::thread> threads;
  std::atomic<int> saved{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store, &saved, t] {
      for (int i = 0; i < 25; ++i) {
        varve::transact(store, varve::actor{"t" + std::to_string(t)}, [&](varve::session& session) {
          session.add(Card{.title = std::to_string(t) + "." + std::to_string(i)});
        });
        ++saved;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(saved == 100);
  own_handle look{file.path()};
  CHECK(look.number("SELECT count(*) FROM cards") == 100);
  CHECK(look.number("SELECT count(DISTINCT transaction_id) FROM cards_version") == 100);
}

TEST_CASE("a full database fails the save whole, and the next works once there is room", "[sqlite]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema{store}.add<Card>().apply();
  varve::session session{store, varve::actor{"ada"}};
  auto& card = session.add(Card{.title = "one"});
  session.commit();
  own.run("PRAGMA max_page_count = " + std::to_string(own.number("PRAGMA page_count") + 4));
  card.body = std::string(100'000, 'x');
  try {
    session.commit();
    FAIL("there was no room");
  } catch (const varve::error& failure) {
    CHECK(failure.kind() == varve::error_kind::full);
    CHECK(failure.native_code() == SQLITE_FULL);
  }
  CHECK(sqlite3_get_autocommit(own.get()) != 0);
  CHECK(own.number("SELECT count(*) FROM cards_version") == 1);
  CHECK(own.number("SELECT count(*) FROM version_transaction") == 1);
  CHECK(own.number("SELECT body IS NULL FROM cards") == 1);
  own.run("PRAGMA max_page_count = 100000");
  session.rollback();
  card.body = std::string(100'000, 'x');
  session.commit();
  CHECK(own.number("SELECT count(*) FROM cards_version") == 2);
}

TEST_CASE("PJ-39 within the application's transaction nothing is committed or rolled back", "[sqlite]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema{store}.add<Card>().apply();
  varve::session session{store, varve::actor{"ada"}};
  REQUIRE(own.run("BEGIN") == SQLITE_OK);
  REQUIRE(own.run("INSERT INTO cards (uuid, title) VALUES ('7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10', 'theirs')") == SQLITE_OK);
  session.add(Card{.title = "ours"});
  session.commit();
  CHECK(sqlite3_get_autocommit(own.get()) == 0);
  CHECK(own.number("SELECT count(*) FROM cards") == 2);
  REQUIRE(own.run("ROLLBACK") == SQLITE_OK);
  CHECK(own.number("SELECT count(*) FROM cards") == 0);
  CHECK(own.number("SELECT count(*) FROM version_transaction") == 0);
}

TEST_CASE("tables are not changed within the application's transaction on SQLite, which stays as it is", "[sqlite]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema schema{store};
  schema.add<Card>().apply();
  REQUIRE(own.run("BEGIN") == SQLITE_OK);
  REQUIRE(own.run("INSERT INTO cards (uuid, title) VALUES ('7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10', 'theirs')") == SQLITE_OK);
  CHECK_THROWS_AS(schema.apply(), varve::schema_error);
  CHECK_THROWS_AS(schema.downgrade(), varve::schema_error);
  REQUIRE(own.run("COMMIT") == SQLITE_OK);
  CHECK(own.number("SELECT count(*) FROM cards") == 1);
  CHECK(schema.check().empty());
}

TEST_CASE("two sessions on one borrowed connection do not undo each other's saves", "[sqlite]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema{store}.add<Card>().apply();
  const bool within = GENERATE(false, true);
  if (within) REQUIRE(own.run("BEGIN") == SQLITE_OK);
  {
    varve::session first{store, varve::actor{"ada"}};
    varve::session second{store, varve::actor{"bob"}};
    first.add(Card{.title = "first"});
    first.flush();
    second.add(Card{.title = "second"});
    CHECK_THROWS_WITH(second.commit(), Catch::Contains("another session's transaction is open"));
    first.commit();
    second.rollback();
    second.add(Card{.title = "second"});
    second.commit();
    first.add(Card{.title = "third"});
    first.flush();
    first.rollback();
    CHECK(own.number("SELECT count(*) FROM cards") == 2);
  }
  if (within) REQUIRE(own.run("COMMIT") == SQLITE_OK);
  CHECK(own.number("SELECT count(*) FROM cards") == 2);
  CHECK(own.number("SELECT count(*) FROM version_transaction") == 2);
  CHECK(varve::check_history(store).count() == 0);
}

TEST_CASE("the application's own writes are recorded within its transaction", "[sqlite][record]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema{store}.add<Card>().apply();
  Card before{.id = 4, .uuid = *varve::parse_uuid("7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10"), .title = "one"};
  Card after = before;
  after.title = "two";
  own.run("INSERT INTO cards (id, uuid, title) VALUES (4, '7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10', 'one')");

  SECTION("outside a transaction it is refused") {
    CHECK_THROWS_AS(varve::record(store, varve::actor{"ada"}, &before, &after), varve::input_error);
    CHECK(own.number("SELECT count(*) FROM version_transaction") == 0);
  }
  SECTION("an update of an entity without history makes its baseline first") {
    own.run("BEGIN");
    own.run("UPDATE cards SET title = 'two'");
    const auto result = varve::record(store, varve::actor{"ada"}, &before, &after);
    CHECK(result.before == varve::transaction_id{1});
    CHECK(result.self == varve::transaction_id{2});
    own.run("COMMIT");
    const varve::history<Card> history{store};
    const auto versions = history.versions(4).all();
    REQUIRE(versions.size() == 2);
    CHECK(history.state(versions[0]).title == "one");
    CHECK(history.state(versions[1]).title == "two");
    CHECK(fmt::format("{}", versions[1].changes()) == "changed title \"one\" -> \"two\"");
  }
  SECTION("creations and deletions are told by a missing state") {
    own.run("BEGIN");
    varve::record(store, varve::actor{"ada"}, nullptr, &before);
    own.run("COMMIT");
    own.run("BEGIN");
    own.run("DELETE FROM cards");
    varve::record(store, varve::actor{"bob"}, &before, nullptr);
    own.run("COMMIT");
    const auto versions = varve::history<Card>{store}.versions(before.uuid).all();
    REQUIRE(versions.size() == 2);
    CHECK(versions[0].operation() == varve::row_operation::insert);
    CHECK(versions[1].is_deletion());
    CHECK(varve::history<Card>{store}.state(versions[1]).title == "one");
  }
  SECTION("a conflict over an expected version leaves the transaction usable") {
    own.run("BEGIN");
    varve::record(store, varve::actor{"ada"}, nullptr, &before);
    own.run("COMMIT");
    own.run("BEGIN");
    own.run("UPDATE cards SET title = 'two'");
    varve::record_options options;
    options.expected = varve::transaction_id{99};
    CHECK_THROWS_AS(varve::record(store, varve::actor{"ada"}, &before, &after, options), varve::conflict_error);
    CHECK(sqlite3_get_autocommit(own.get()) == 0);
    options.expected = varve::transaction_id{1};
    CHECK(varve::record(store, varve::actor{"ada"}, &before, &after, options).self.has_value());
    own.run("COMMIT");
    CHECK(own.number("SELECT count(*) FROM cards_version") == 2);
  }
  SECTION("neither state is an error") {
    own.run("BEGIN");
    const Card* nothing = nullptr;
    CHECK_THROWS_AS(varve::record(store, varve::actor{"ada"}, nothing, nothing), varve::input_error);
    own.run("COMMIT");
  }
}

TEST_CASE("closing the version of a long document does not write the document again", "[sqlite]") {
  scratch_file file;
  auto store = varve::sqlite::open<Card>(file.path());
  varve::session session{store, varve::actor{"ada"}};
  auto& card = session.add(Card{.title = "one", .body = std::string(200'000, 'x')});
  session.commit();
  card.body = std::string(200'000, 'y');
  session.commit();
  own_handle look{file.path()};
  CHECK(look.number("SELECT length(end_filler) FROM cards_version WHERE end_transaction_id IS NULL") == 8);
  CHECK(look.number("SELECT length(end_filler) FROM cards_version WHERE end_transaction_id = 2") == 7);
}

TEST_CASE("text, numbers and bytes come back as they went in", "[sqlite]") {
  auto store = varve::sqlite::open<Card>(":memory:");
  varve::session session{store, varve::actor{"O'Brien; DROP TABLE cards --"}};
  const std::string odd = "it's \"quoted\" %_ \xC3\xBC\xE2\x82\xAC\xF0\x9F\x8E\x89\n\r\t";
  auto& card = session.add(Card{.title = odd, .body = std::string(3'000'000, 'z')});
  session.commit();
  varve::session other{store};
  CHECK(other.get<Card>(card.uuid).title == odd);
  CHECK(other.get<Card>(card.uuid).body == card.body);
  CHECK(varve::history<Card>{store}.versions(card.uuid).page(1).at(0).actor() == "O'Brien; DROP TABLE cards --");
}

TEST_CASE("a file that may only be read is read, and a save into it says why not", "[sqlite]") {
  scratch_file file;
  {
    const auto store = varve::sqlite::open<Card>(file.path());
    varve::session session{store, varve::actor{"ada"}};
    session.add(Card{.title = "one"});
    session.commit();
  }
  {
    own_handle own{file.path()};
    REQUIRE(own.run("PRAGMA journal_mode = DELETE") == SQLITE_OK);
  }
  // A handle that cannot write, as a file without the permission gives it (which root always has).
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open_v2(file.path().c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  {
    varve::sqlite::store store{varve::borrow(handle)};
    CHECK(varve::history<Card>{store}.versions(1).count() == 1);
    varve::session session{store, varve::actor{"ada"}};
    session.get<Card>(1).title = "two";
    try {
      session.commit();
      FAIL("it was saved");
    } catch (const varve::backend_error& error) {
      CHECK(error.kind() == varve::error_kind::elsewhere);
    }
  }
  sqlite3_close(handle);
  // The same over a path: SQLite opens what it may not write for reading.
  const auto immutable = "file:" + file.path() + "?immutable=1";
  varve::sqlite::store store{immutable};
  CHECK(varve::history<Card>{store}.versions(1).count() == 1);
}

TEST_CASE("a row that another program deleted is a conflict, and nothing is written", "[sqlite][conflict]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema{store}.add<Card>().apply();
  varve::session session{store, varve::actor{"ada"}};
  auto& card = session.add(Card{.title = "one"});
  session.add(Card{.title = "another"});
  session.commit();
  REQUIRE(own.run("DELETE FROM cards WHERE id = 1") == SQLITE_OK);
  SECTION("when it was changed") { card.title = "two"; }
  SECTION("when it was to be deleted") { session.erase<Card>(1); }
  CHECK_THROWS_AS(session.commit(), varve::conflict_error);
  session.rollback();
  CHECK(own.number("SELECT count(*) FROM version_transaction") == 1);
  CHECK(own.number("SELECT count(*) FROM cards_version WHERE end_transaction_id IS NULL AND operation_type = 0") == 2);
  CHECK(own.number("SELECT seq FROM sqlite_sequence WHERE name = 'version_transaction'") == 1);
}

TEST_CASE("a token that is there already is a conflict over what it saved, and an error over anything else",
          "[sqlite][conflict]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema{store}.add<Card>().apply();
  varve::session first{store, varve::actor{"ada"}};
  first.add(Card{.title = "one"});
  first.commit();
  varve::session again{store, varve::actor{"ada"}};
  again.get<Card>(1).title = "two";
  first.get<Card>(1).title = "two";
  const auto token = varve::random_uuid();
  first.attributed()->token = token;
  first.commit();
  again.attributed()->token = token;
  CHECK_THROWS_AS(again.commit(), varve::conflict_error);
  again.rollback();
  again.add(Card{.title = "three"});
  again.attributed()->token = token;
  CHECK_THROWS_AS(again.commit(), varve::backend_error);
  CHECK(own.number("SELECT count(*) FROM cards") == 1);
  CHECK(own.number("SELECT count(*) FROM version_transaction") == 2);
}

TEST_CASE("times rise with a clock that stands still or goes back", "[sqlite]") {
  own_handle own{":memory:"};
  varve::sqlite::store store{varve::borrow(own.get())};
  varve::schema{store}.add<Card>().apply();
  varve::session session{store, varve::actor{"ada"}};
  varve::time_point clock = *varve::parse_time("2026-01-01 12:00:00");
  session.clock([&] { return clock; });
  auto& card = session.add(Card{.title = "one"});
  session.commit();
  card.title = "two";
  session.commit();
  clock -= std::chrono::hours{1};
  card.title = "three";
  session.commit();
  clock += std::chrono::hours{2};
  card.title = "four";
  session.commit();
  const auto versions = varve::history<Card>{store}.versions(1).all();
  REQUIRE(versions.size() == 4);
  CHECK(varve::to_string(versions[0].issued_at()) == "2026-01-01 12:00:00.000000");
  CHECK(varve::to_string(versions[1].issued_at()) == "2026-01-01 12:00:00.000001");
  CHECK(varve::to_string(versions[2].issued_at()) == "2026-01-01 12:00:00.000002");
  CHECK(varve::to_string(versions[3].issued_at()) == "2026-01-01 13:00:00.000000");
}

TEST_CASE("a table that another connection alters meanwhile is written all the same", "[sqlite]") {
  scratch_file file;
  auto store = varve::sqlite::open<Card>(file.path());
  varve::session session{store, varve::actor{"ada"}};
  auto& card = session.add(Card{.title = "one"});
  session.commit();
  {
    own_handle other{file.path()};
    REQUIRE(other.run("ALTER TABLE cards ADD COLUMN more TEXT DEFAULT 'm'") == SQLITE_OK);
    REQUIRE(other.run("CREATE INDEX cards_more ON cards (more)") == SQLITE_OK);
  }
  card.title = "two";
  session.commit();
  CHECK(varve::history<Card>{store}.versions(1).count() == 2);
}

}  // namespace
