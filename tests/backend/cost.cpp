/// What saves and reads cost on SQLite, in counts that do not depend on the machine: statements, pages, VM steps.

#include <sqlite3.h>
#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <varve/backend/sqlite.hpp>
#include <varve/restore/reverter.hpp>
#include <varve/varve.hpp>

namespace {

struct Cell {
  std::int64_t id{};
  std::string name{};
  std::optional<std::string> formula{};
};

struct Sheet {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::optional<std::string> a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{}, i{}, j{};
  std::optional<std::string> body{};
  std::vector<Cell> cells{};
};

struct Memo {
  std::int64_t id{};
  std::string text{};
};

}  // namespace

template <>
struct varve::entity<Memo> : varve::describe<> {};
template <>
struct varve::entity<Sheet> : varve::describe<varve::table<"sheets">, varve::public_id<&Sheet::uuid>,
                                              varve::children<&Sheet::cells, varve::by<&Cell::name>>> {};

namespace {

using names = std::vector<std::string>;

/// A file of the test's own with the tables of a sheet, through one handle that it counts on.
class counted_file {
 public:
  counted_file() {
    char name[] = "/tmp/varve-cost-XXXXXX";
    const int file = mkstemp(name);
    REQUIRE(file >= 0);
    close(file);
    path_ = name;
    REQUIRE(sqlite3_open(path_.c_str(), &handle_) == SQLITE_OK);
    run("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0");
    store_.emplace(varve::borrow(handle_));
    varve::schema{*store_}.add<Sheet>().apply();
  }
  counted_file(const counted_file&) = delete;
  counted_file& operator=(const counted_file&) = delete;
  ~counted_file() {
    store_.reset();
    sqlite3_close(handle_);
    for (const char* more : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + more);
  }

  [[nodiscard]] const varve::sqlite::store& store() const { return *store_; }
  void run(const std::string& text) {
    char* why = nullptr;
    const int code = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, &why);
    INFO(text << ": " << (why != nullptr ? why : ""));
    sqlite3_free(why);
    REQUIRE(code == SQLITE_OK);
  }
  std::int64_t number(const std::string& text) {
    std::int64_t found = -1;
    const auto take = [](void* to, int, char** values, char**) {
      *static_cast<std::int64_t*>(to) = std::strtoll(values[0], nullptr, 10);
      return 0;
    };
    REQUIRE(sqlite3_exec(handle_, text.c_str(), take, &found, nullptr) == SQLITE_OK);
    return found;
  }
  /// The statements that some work runs, as verb and table; transactions by their verb.
  template <class Work>
  names statements(Work&& work) {
    names ran;
    sqlite3_trace_v2(handle_, SQLITE_TRACE_STMT, &note, &ran);
    work();
    sqlite3_trace_v2(handle_, 0, nullptr, nullptr);
    return ran;
  }
  /// How many pages some work writes into the log.
  template <class Work>
  int pages(Work&& work) {
    int current = 0, highest = 0;
    sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_WRITE, &current, &highest, 1);
    work();
    sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_WRITE, &current, &highest, 1);
    return current;
  }
  /// How many steps of SQLite's virtual machine some work takes, when its statements are prepared.
  template <class Work>
  int steps(Work&& work) {
    work();
    each_statement([](sqlite3_stmt* one) { sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 1); });
    work();
    int sum = 0;
    each_statement([&](sqlite3_stmt* one) { sum += sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 1); });
    return sum;
  }
  std::size_t prepared() {
    std::size_t count = 0;
    each_statement([&](sqlite3_stmt*) { ++count; });
    return count;
  }

 private:
  template <class Work>
  void each_statement(Work&& work) {
    for (auto* one = sqlite3_next_stmt(handle_, nullptr); one != nullptr; one = sqlite3_next_stmt(handle_, one))
      work(one);
  }
  static int note(unsigned, void* to, void*, void* text) {
    std::string ran = static_cast<const char*>(text);
    std::string short_form = ran.substr(0, ran.find(' '));
    for (const char* table :
         {"version_transaction", "version_changes", "sheets_version", "cell_version", "sheets", "cell"})
      if (ran.find(table) != std::string::npos) {
        short_form += std::string{" "} + table;
        break;
      }
    static_cast<names*>(to)->push_back(short_form);
    return 0;
  }

  std::string path_{};
  sqlite3* handle_ = nullptr;
  std::optional<varve::sqlite::store> store_{};
};

Sheet sheet_of(int cells) {
  Sheet made;
  made.title = "sheet";
  for (auto* text : {&made.a, &made.b, &made.c, &made.d, &made.e, &made.f, &made.g, &made.h, &made.i, &made.j})
    *text = std::string(80, 'x');
  for (int i = 0; i < cells; ++i) made.cells.push_back({.name = "cell " + std::to_string(i), .formula = "sum(x)"});
  return made;
}
void change(Sheet& sheet, int fields, const std::string& to) {
  std::optional<std::string>* texts[] = {&sheet.a, &sheet.b, &sheet.c, &sheet.d, &sheet.e,
                                         &sheet.f, &sheet.g, &sheet.h, &sheet.i, &sheet.j};
  for (int i = 0; i < fields; ++i) *texts[i] = to;
}

TEST_CASE("a save of one entity runs seven statements, however many fields changed", "[sqlite][cost]") {
  counted_file file;
  varve::session session{file.store(), varve::actor{"ada"}};
  auto& sheet = session.add(sheet_of(0));
  session.commit();
  const int fields = GENERATE(1, 3, 10);
  change(sheet, fields, "changed");
  CHECK(file.statements([&] { session.commit(); }) ==
        names{"BEGIN", "INSERT version_transaction", "UPDATE sheets_version", "UPDATE sheets", "INSERT sheets_version",
              "INSERT version_changes", "COMMIT"});
  CHECK(file.number("SELECT count(*) FROM version_changes") == fields);
}

TEST_CASE("records are inserted sixteen at a time", "[sqlite][cost]") {
  counted_file file;
  varve::session session{file.store(), varve::actor{"ada"}};
  auto& sheet = session.add(sheet_of(40));
  session.commit();
  for (auto& cell : sheet.cells) cell.formula = "avg(x)";
  const auto ran = file.statements([&] { session.commit(); });
  CHECK(std::count(ran.begin(), ran.end(), "INSERT version_changes") == 3);
  CHECK(file.number("SELECT count(*) FROM version_changes") == 40);
  CHECK(file.number("SELECT max(sequence) FROM version_changes") == 39);
  CHECK(varve::history<Sheet>{file.store()}.versions(sheet.id).all().at(1).changes().size() == 40);
}

TEST_CASE("what is written for a field of one child does not depend on how many children there are", "[sqlite][cost]") {
  struct cost {
    names statements{};
    int pages = 0;
  };
  const auto cost_among = [](int children) {
    counted_file file;
    varve::session session{file.store(), varve::actor{"ada"}};
    auto& sheet = session.add(sheet_of(children));
    session.commit();
    const auto save = [&](int round) {
      sheet.cells[static_cast<std::size_t>(round * 37 % children)].formula = std::to_string(round);
      session.commit();
    };
    for (int round = 0; round < 400; ++round) save(round);  // until pages that were filled in order have room
    cost found;
    found.pages = file.pages([&] {
      for (int round = 400; round < 800; ++round) save(round);
    });
    found.statements = file.statements([&] { save(800); });
    return found;
  };
  const auto ten = cost_among(10), hundred = cost_among(100), thousand = cost_among(1000);
  CHECK(ten.statements.size() == 9);  // BEGIN, a transaction, two for the sheet, three for the cell, a record, COMMIT
  CHECK(hundred.statements == ten.statements);
  CHECK(thousand.statements == ten.statements);
  INFO("pages of 400 saves: " << ten.pages << ", " << hundred.pages << ", " << thousand.pages);
  // Among ten, the row to close often lies in a page that the save writes anyway; nothing else may grow.
  CHECK(hundred.pages - ten.pages <= 400);
  CHECK(thousand.pages - hundred.pages <= 200);
}

TEST_CASE("a save of many entities runs a bounded number of statements for each", "[sqlite][cost]") {
  counted_file file;
  const auto statements_of = [&](std::int64_t count) {
    varve::session session{file.store(), varve::actor{"ada"}};
    for (std::int64_t id = 1; id <= count; ++id) session.get<Sheet>(id).title = "among " + std::to_string(count);
    return file.statements([&] { session.commit(); }).size();
  };
  {
    varve::session session{file.store(), varve::actor{"ada"}};
    for (int i = 0; i < 200; ++i) session.add(sheet_of(0));
    session.commit();
  }
  CHECK(statements_of(50) == 3 + 4 * 50);
  CHECK(statements_of(200) == 3 + 4 * 200);
}

TEST_CASE("a restore runs as many statements as rows that it changes ask for, however many there are",
          "[sqlite][cost]") {
  const auto restore = [](int children) {
    counted_file file;
    varve::session session{file.store(), varve::actor{"ada"}};
    auto& sheet = session.add(sheet_of(children));
    session.commit();
    sheet.a = "changed";
    sheet.cells[1].formula = "changed";
    session.commit();
    const auto first = varve::history<Sheet>{file.store()}.versions(sheet.id).all().at(0);
    names ran;
    for (auto& statement : file.statements([&] {
           varve::reverter revert{session, first};
           revert.all();
           session.commit();
         }))
      if (statement != "BEGIN" && statement != "COMMIT" && statement != "ROLLBACK") ran.push_back(std::move(statement));
    CHECK(sheet.cells[1].formula == sheet.cells[0].formula);
    return ran;
  };
  const auto few = restore(3);
  CHECK(few == names{"SELECT",  // the horizon
                     // of the version: its row, whether it joins up to the next one, the rows of its cells, likewise
                     "SELECT sheets_version", "SELECT sheets_version", "WITH cell_version", "SELECT cell_version",
                     "WITH cell_version", "SELECT cell",  // and which cells are there
                     "SELECT sheets_version", "UPDATE sheets", "SELECT cell", "UPDATE cell",
                     "INSERT version_transaction", "UPDATE sheets_version", "INSERT sheets_version",
                     "UPDATE cell_version", "INSERT cell_version", "INSERT version_changes"});
  CHECK(few == restore(100));
}

TEST_CASE("a check runs a bounded number of statements for each version and child, a search for drift for each page",
          "[sqlite][cost]") {
  struct cost {
    std::int64_t check = 0, drift = 0;
  };
  const auto cost_of = [](int sheets) {
    counted_file file;
    varve::session session{file.store(), varve::actor{"ada"}};
    std::vector<Sheet*> added;
    for (int i = 0; i < sheets; ++i) added.push_back(&session.add(sheet_of(3)));
    session.commit();
    for (auto* sheet : added) sheet->cells[1].formula = "changed";
    session.commit();
    cost found;
    found.check = std::ssize(file.statements([&] { CHECK(varve::check_history(file.store()).count() == 0); }));
    found.drift = std::ssize(file.statements([&] { CHECK(varve::find_drift(file.store()).rows.empty()); }));
    return found;
  };
  const auto few = cost_of(50), many = cost_of(150);
  // Two versions, each with its records and cells; four rows of cells, each with its owner's version.
  CHECK(many.check - few.check == 100 * (2 * 2 + 4));
  CHECK(many.drift == few.drift);
  CHECK(many.drift <= 12);
}

/// How many statements some work runs, but for the beginnings and ends of transactions and for those that SQLite itself
/// runs within one.
template <class Work>
std::int64_t count_of(counted_file& file, Work&& work) {
  const auto ran = file.statements(work);
  return std::count_if(ran.begin(), ran.end(), [](const std::string& one) {
    return one != "BEGIN" && one != "COMMIT" && one != "ROLLBACK" && one.rfind("--", 0) != 0;
  });
}

TEST_CASE("loads and questions to a store run as many statements as the pages on saving and reading say",
          "[sqlite][cost]") {
  counted_file file;
  const auto& store = file.store();
  varve::schema{store}.add<Memo>().apply();
  varve::session writer{store, varve::actor{"ada"}};
  writer.attributed()->token = varve::random_uuid();
  const auto token = writer.attributed()->token;
  const Sheet sheet = [&] {
    const auto& added = writer.add(sheet_of(3));
    writer.add(Memo{.text = "a"});
    writer.commit();
    return added;
  }();
  const auto in_a_session = [&](auto&& work) {
    varve::session session{store, varve::actor{"ada"}};
    return count_of(file, [&] { work(session); });
  };
  SECTION("loads: two, one for each collection, one more by uuid, and none of what the session has") {
    CHECK(in_a_session([](auto& session) { session.template get<Memo>(1); }) == 2);
    CHECK(in_a_session([&](auto& session) { session.template get<Sheet>(sheet.id); }) == 2 + 1);
    CHECK(in_a_session([&](auto& session) { session.template get<Sheet>(sheet.uuid); }) == 2 + 1 + 1);
    CHECK(in_a_session([](auto& session) { CHECK(session.template find<Sheet>(99) == nullptr); }) == 2);
    CHECK(in_a_session([](auto& session) { CHECK(session.template find<Sheet>(varve::random_uuid()) == nullptr); }) ==
          1);
    CHECK(in_a_session([&](auto& session) { session.template erase<Sheet>(sheet.id); }) == 2 + 1);
    CHECK(count_of(file, [&] { CHECK(writer.get<Sheet>(sheet.uuid).id == sheet.id); }) == 0);
  }
  SECTION("a value is compared with what is loaded, and a new one with nothing") {
    auto by_uuid = sheet;
    by_uuid.id = 0;
    CHECK(in_a_session([&](auto& session) { session.save(sheet); }) == 2 + 1);
    CHECK(in_a_session([&](auto& session) { session.save(by_uuid); }) == 2 + 1 + 1);
    CHECK(in_a_session([](auto& session) { session.save(sheet_of(2)); }) == 0);
    CHECK(count_of(file, [&] { writer.save(sheet); }) == 0);
    CHECK(in_a_session([&](auto& session) {
            session.save(sheet);
            CHECK_FALSE(session.commit().transaction);
          }) == 2 + 1);
  }
  SECTION("an expected version: one, and a load") {
    const auto at = varve::find_transaction(store, {1})->id;
    CHECK(in_a_session([&](auto& session) { session.template expect<Sheet>(sheet.id, at); }) == 2 + 1 + 1);
    CHECK(count_of(file, [&] { writer.expect<Sheet>(sheet.id, at); }) == 1);
  }
  SECTION("questions to a store") {
    CHECK(count_of(file, [&] { CHECK(store.outcome_of(token) == varve::outcome::committed); }) == 1);
    CHECK(count_of(file, [&] { CHECK(store.outcome_of(varve::random_uuid()) == varve::outcome::not_committed); }) == 2);
    CHECK(count_of(file, [&] { CHECK(varve::find_transaction(store, {1})); }) == 1);
    CHECK(count_of(file, [&] { CHECK(varve::transaction_at(store, varve::now())); }) == 1);
  }
  SECTION("record: both states before, then a save's without its live write") {
    auto titled = sheet;
    titled.title = "by the application";
    auto with_cells = titled;
    with_cells.cells[0].formula = "x";
    const Memo before{.id = 1, .text = "a"}, after{.id = 1, .text = "b"};
    const varve::actor ada{"ada"};
    file.run("BEGIN; UPDATE sheets SET title = 'by the application'; UPDATE memo SET text = 'b'");
    CHECK(count_of(file, [&] { varve::record(store, ada, &before, &after); }) == 11);
    CHECK(count_of(file, [&] { varve::record(store, ada, &sheet, &titled); }) == 11 + 2);
    file.run("UPDATE cell SET formula = 'x' WHERE id = " + std::to_string(with_cells.cells[0].id));
    CHECK(count_of(file, [&] { varve::record(store, ada, &titled, &with_cells); }) == 11 + 2 + 2);
    file.run("COMMIT");
    CHECK(varve::history<Sheet>{store}.versions(sheet.id).count() == 3);
    CHECK(varve::check_history(store).count() == 0);
  }
}

TEST_CASE("schemas, adoption and repair run as many statements as the pages on stores and checking say",
          "[sqlite][cost]") {
  counted_file file;
  const auto& store = file.store();
  {
    varve::session session{store, varve::actor{"ada"}};
    for (int i = 0; i < 2; ++i) session.add(sheet_of(3));
    session.commit();
    for (const std::int64_t id : {1, 2}) session.get<Sheet>(id).title = "other";
    session.commit();
  }
  SECTION("a schema: each of its tables is looked at") {
    varve::schema both{store};
    both.add<Sheet>().add<Memo>().apply();
    varve::schema one{store};
    one.add<Sheet>();
    CHECK(count_of(file, [&] { CHECK(both.check().empty()); }) == 5 + 2 * 2 + 2);
    CHECK(count_of(file, [&] { CHECK(one.check().empty()); }) == 5 + 2 + 2);
    CHECK(count_of(file, [&] { CHECK(!both.plan().empty()); }) == 10 + 2 * 2 + 3);
    CHECK(count_of(file, [&] { one.apply(); }) == 10 + 2 + 3);
    CHECK(count_of(file, [&] { both.downgrade(); }) == 10 + 4 * 3);
  }
  SECTION("adoption: a search, and seven reads and a save for each entity with a collection") {
    const varve::actor olga{"olga"};
    const auto search = count_of(file, [&] { CHECK(varve::find_drift(store).rows.empty()); });
    CHECK(count_of(file, [&] { CHECK(varve::adopt_drift(store, olga).versions == 0); }) == search);
    file.run("UPDATE sheets SET title = 'past varve' WHERE id = 1");
    CHECK(count_of(file, [&] { CHECK(varve::adopt_drift(store, olga).versions == 1); }) == search + 1 + (3 + 4 + 3));
    file.run("UPDATE sheets SET title = 'past varve again'");
    CHECK(count_of(file, [&] { CHECK(varve::adopt_drift(store, olga).versions == 2); }) ==
          search + 1 + 2 * (3 + 4 + 3));
    CHECK(varve::check_history(store).count() == 0);
  }
  SECTION("repair: three checks, two statements for a transaction, and two for each version's records") {
    const auto repaired = [&] { return varve::repair_history(store, varve::actor{"olga"}).repaired.size(); };
    const auto nothing = count_of(file, [&] { CHECK(repaired() == 0); });
    CHECK(nothing <= 3 * count_of(file, [&] { CHECK(varve::check_history(store).count() == 0); }));
    file.run("DELETE FROM version_changes WHERE entity_id = 1");
    CHECK(count_of(file, [&] { CHECK(repaired() == 1); }) == nothing + 2 + 2);
    file.run("DELETE FROM version_changes");
    CHECK(count_of(file, [&] { CHECK(repaired() == 2); }) == nothing + 2 + 2 * 2);
    CHECK(varve::check_history(store).count() == 0);
  }
}

TEST_CASE("statements are prepared once for a connection", "[sqlite][cost]") {
  counted_file file;
  varve::session session{file.store(), varve::actor{"ada"}};
  auto& sheet = session.add(sheet_of(5));
  session.commit();
  const auto save = [&](const std::string& text) {
    sheet.title = text;
    sheet.cells[2].formula = text;
    session.commit();
  };
  save("one");
  const auto prepared = file.prepared();
  for (int i = 0; i < 20; ++i) save(std::to_string(i));
  CHECK(file.prepared() == prepared);
}

TEST_CASE("a new version of a long document costs the pages of its insert, closing the old one next to none",
          "[sqlite][cost]") {
  const auto pages_of = [](bool whole) {
    counted_file file;
    varve::session session{file.store(), varve::actor{"ada"}};
    auto made = sheet_of(0);
    made.body = std::string(200'000, 'x');
    auto& sheet = session.add(made);
    session.commit();
    const auto save = [&](const std::string& title) {
      sheet.title = title;
      session.commit();
    };
    save("other");
    if (whole) return file.pages([&] { save("third"); });
    return file.pages([&] {  // the same live write and the same shadow row, nothing closed, numbered or told
      file.run(
          "BEGIN; UPDATE sheets SET title = 'third'; INSERT INTO sheets_version (id, uuid, title, body, "
          "transaction_id, "
          "operation_type, end_filler) SELECT id, uuid, title, body, 99, 1, zeroblob(8) FROM sheets; COMMIT");
    });
  };
  const int save = pages_of(true), insert = pages_of(false);
  INFO(save << " pages, " << insert << " of them for the insert");
  CHECK(insert >= 50);
  CHECK(save * 10 <= insert * 14);
}

/// A sheet with a long history: each transaction is a version of it and of one of its cells.
void write_history(counted_file& file, int versions, int cells) {
  const std::string upto =
      "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < " + std::to_string(versions) + ") ";
  const std::string end = "nullif(v + 1, " + std::to_string(versions) + " + 1)";
  const std::string of_cells = std::to_string(cells);
  file.run("BEGIN");
  file.run(upto +
           "INSERT INTO version_transaction (id, issued_at, actor) SELECT v, "
           "strftime('%Y-%m-%d %H:%M:%S', 1700000000 + v, 'unixepoch') || '.000000', 'ada' FROM n");
  file.run(upto +
           "INSERT INTO sheets_version (id, uuid, title, a, transaction_id, end_transaction_id, operation_type) "
           "SELECT 1, '7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10', 'v' || v, hex(zeroblob(300)), v, " +
           end + ", v > 1 FROM n");
  file.run(upto +
           "INSERT INTO version_changes (transaction_id, entity_kind, entity_id, sequence, kind, operation, path, "
           "from_value, to_value) SELECT v, 'sheet', 1, 0, 'field', 'edit', '[\"title\"]', '\"v' || (v - 1) || "
           "'\"', '\"v' || v || '\"' FROM n WHERE v > 1");
  // every cell begins with the sheet, and then has a version every `cells` transactions
  file.run(
      upto + ", c(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < " + of_cells +
      "), b(k, at) AS (SELECT k, v FROM n, c WHERE v = 1 OR (v > " + of_cells + " AND v % " + of_cells + " = k % " +
      of_cells +
      ")) INSERT INTO cell_version (id, sheet_id, name, formula, transaction_id, "
      "end_transaction_id, operation_type) SELECT k, 1, 'cell ' || k, 'f' || at, at, lead(at) OVER (PARTITION BY k "
      "ORDER BY at), at > 1 FROM b");
  file.run(
      "INSERT INTO sheets (id, uuid, title, a) SELECT id, uuid, title, a FROM sheets_version WHERE "
      "end_transaction_id IS NULL");
  file.run(
      "INSERT INTO cell (id, sheet_id, name, formula) SELECT id, sheet_id, name, formula FROM cell_version WHERE "
      "end_transaction_id IS NULL");
  file.run("COMMIT");
}

TEST_CASE("reading a version does not take longer the longer the history is", "[sqlite][cost]") {
  counted_file shorter, longer;
  write_history(shorter, 1'000, 100);
  write_history(longer, 20'000, 100);
  const varve::history<Sheet> few{shorter.store()}, many{longer.store()};
  const std::int64_t id = 1;
  const auto same = [&](auto&& read) {
    const int fewer = shorter.steps([&] { read(few, 1'000); });
    const int more = longer.steps([&] { read(many, 20'000); });
    INFO(fewer << " steps, " << more << " in a history of twenty times the length");
    CHECK(fewer > 0);
    CHECK(more * 10 <= fewer * 11);
  };
  SECTION("the transaction of a time is found by halves") {
    const auto found = [](counted_file& file, std::int64_t versions) {
      const auto time = varve::find_transaction(file.store(), {versions / 3})->issued_at;
      return file.steps([&] { CHECK(varve::transaction_at(file.store(), time)->id.value == versions / 3); });
    };
    CHECK(found(longer, 20'000) <= 2 * found(shorter, 1'000));
  }
  SECTION("the newest page of versions") {
    same([&](const auto& history, int) { CHECK(history.versions(id).newest_first().page(25).size() == 25); });
  }
  SECTION("a page in the middle") {
    same([&](const auto& history, std::int64_t versions) {
      const auto page = history.versions(id).newest_first().behind({versions / 2}).page(25);
      CHECK(page.at(0).transaction().value == versions / 2 - 1);
    });
  }
  SECTION("a version and its neighbour") {
    same([&](const auto& history, std::int64_t versions) {
      const auto found = history.version(id, varve::transaction_id{versions / 2});
      REQUIRE(found);
      CHECK(history.previous(*found)->transaction().value == versions / 2 - 1);
    });
  }
  SECTION("a page of what happened, of all records, of a kind and in the middle") {
    same([&](const auto&, std::int64_t versions) {
      const varve::activity all{(versions == 1'000 ? shorter : longer).store()};
      CHECK(all.newest_first().page(25).size() == 25);
      CHECK(all.of_records("field").newest_first().page(25).size() == 25);
      CHECK(all.between({versions / 2}, {versions}).page(25).at(0).place.transaction.value == versions / 2);
    });
  }
  SECTION("all entities as of any transaction") {
    const auto place = GENERATE(0.2, 0.5, 1.0);
    same([&](const auto& history, int versions) {
      CHECK(history.all_as_of(varve::transaction_id{static_cast<std::int64_t>(place * versions)}).size() == 1);
    });
  }
  SECTION("the entity with its children as of any transaction") {
    const auto place = GENERATE(0.2, 0.5, 1.0);
    same([&](const auto& history, int versions) {
      const varve::transaction_id at{static_cast<std::int64_t>(place * versions)};
      const auto sheet = history.as_of(id, at);
      REQUIRE(sheet);
      CHECK(sheet->title == "v" + std::to_string(at.value));
      CHECK(sheet->cells.size() == 100);
    });
  }
}

}  // namespace
