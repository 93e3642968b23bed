// Tables whose making ends at any of its statements.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include "support/entities.hpp"
#include "support/mariadb_program.hpp"
#include "varve/backend/detail/mariadb_connection.hpp"
#include "varve/schema/schema.hpp"

namespace mariadb_apply_before {
struct Shelf {
  std::int64_t id{};
  std::string name{};
};
struct Book {
  std::int64_t id{};
  std::string title{};
};
}  // namespace mariadb_apply_before

namespace mariadb_apply_after {
struct Shelf {
  std::int64_t id{};
  std::string name{};
  std::optional<std::int64_t> best{};
  std::optional<std::string> code{};
};
struct Page {
  std::int64_t id{};
  std::string text{};
};
struct Book {
  std::int64_t id{};
  std::string heading{};
  std::optional<std::int64_t> shelf_id{};
  std::vector<Page> pages{};
};
}  // namespace mariadb_apply_after

template <>
struct varve::entity<mariadb_apply_before::Shelf> : varve::describe<> {};
template <>
struct varve::entity<mariadb_apply_before::Book> : varve::describe<> {};
template <>
struct varve::entity<mariadb_apply_after::Page> : varve::describe<> {};
template <>
struct varve::entity<mariadb_apply_after::Shelf>
    : varve::describe<varve::reference<&mariadb_apply_after::Shelf::best, mariadb_apply_after::Book>,
                      varve::unique<&mariadb_apply_after::Shelf::code>> {};
template <>
struct varve::entity<mariadb_apply_after::Book>
    : varve::describe<varve::formerly<&mariadb_apply_after::Book::heading, "title">,
                      varve::reference<&mariadb_apply_after::Book::shelf_id, mariadb_apply_after::Shelf>,
                      varve::children<&mariadb_apply_after::Book::pages, varve::by<&mariadb_apply_after::Page::text>>> {
};

using namespace test;

namespace {

/// Its connection ends instead of the statement at which it is spent.
class ending_connection final : public varve::sql::connection {
 public:
  ending_connection(const std::string& where, std::shared_ptr<long> left)
      : inner_(where, varve::mariadb::options{}), left_(std::move(left)) {}
  ~ending_connection() override { forget_statements(); }

  void execute(const std::string& text) override {
    if ((*left_)-- <= 0) inner_.execute("KILL CONNECTION_ID()");
    inner_.execute(text);
  }
  void settle() override { inner_.settle(); }
  std::int64_t last_key() override { return inner_.last_key(); }
  std::size_t changed_rows() override { return inner_.changed_rows(); }
  bool in_transaction() override { return inner_.in_transaction(); }
  void begin_write() override { inner_.begin_write(); }
  void begin_read() override { inner_.begin_read(); }
  void commit() override { inner_.commit(); }
  void rollback() noexcept override { inner_.rollback(); }
  void lock_schema() override { inner_.lock_schema(); }
  std::vector<varve::sql::table_column> columns(std::string_view table) override { return inner_.columns(table); }
  bool has_index(std::string_view name) override { return inner_.has_index(name); }
  bool is_unique(std::string_view table, std::span<const std::string_view> columns) override {
    return inner_.is_unique(table, columns);
  }
  bool refers(std::string_view table, std::string_view column) override { return inner_.refers(table, column); }
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
  std::shared_ptr<long> left_;
};

class ending_mariadb : public varve::store_handle {
 public:
  ending_mariadb(const std::string& connection, long statements)
      : store_handle(std::make_shared<varve::sql::sql_store>(
            varve::mariadb::detail::dialect,
            [connection, left = std::make_shared<long>(statements)]() -> std::unique_ptr<varve::sql::connection> {
              return std::make_unique<ending_connection>(connection, left);
            },
            false, false)) {}
};

template <class... Entities>
varve::schema schema_of(const varve::store_handle& store) {
  varve::schema made{store};
  (made.add<Entities>(), ...);
  return made;
}
/// Applies with a program that ends at its nth statement, and then with one that does not.
/// \return whether it ended.
template <class... Entities>
bool apply_twice(const std::string& connection, long n) {
  const ending_mariadb ending{connection, n};
  bool ended = false;
  try {
    schema_of<Entities...>(ending).apply();
  } catch (const varve::error&) {
    ended = true;
  }
  const varve::mariadb::store store{connection};
  const auto whole = schema_of<Entities...>(store);
  whole.apply();
  CHECK(whole.check() == lines{});
  for (const auto& step : whole.plan()) CHECK(step.statements == lines{});
  return ended;
}
/// Columns, indexes and references, but for names that the server chose.
lines made(mariadb_program& program) {
  auto all = program.ask(
      "SELECT concat(table_name, '.', column_name, ' ', column_type, ' ', is_nullable) FROM information_schema.columns "
      "WHERE table_schema = DATABASE() ORDER BY 1");
  for (const char* more :
       {"SELECT concat(table_name, ' ', index_name, ' ', seq_in_index, ' ', column_name) FROM "
        "information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1",
        "SELECT concat(table_name, '.', column_name, ' -> ', referenced_table_name, '.', referenced_column_name) FROM "
        "information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL "
        "ORDER "
        "BY 1"})
    for (auto& one : program.ask(more)) all.push_back(std::move(one));
  std::sort(all.begin(), all.end());
  return all;
}

/// What one has and the other has not.
lines difference(const lines& a, const lines& b) {
  lines found;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(found));
  return found;
}

}  // namespace

TEST_CASE("MariaDB: tables that were made in two attempts are those made in one, wherever the first ended",
          "[server][mariadb][schema]") {
  using namespace mariadb_apply_after;
  const auto reference = temporary_mariadb();
  mariadb_program first{*reference};
  schema_of<Shelf, Book>(varve::mariadb::store{*reference}).apply();
  const auto wanted = made(first);
  bool ended = true;
  long n = 0;
  for (; ended; ++n) {
    INFO("statement " << n);
    const auto connection = temporary_mariadb();
    mariadb_program program{*connection};
    ended = apply_twice<Shelf, Book>(*connection, n);
    CHECK(difference(made(program), wanted) == lines{});
  }
  CHECK(n > 8);
}

TEST_CASE("MariaDB: tables that were changed in two attempts are those changed in one, wherever the first ended",
          "[server][mariadb][schema]") {
  namespace before = mariadb_apply_before;
  namespace after = mariadb_apply_after;
  const auto filled = [](const std::string& connection) {
    const varve::mariadb::store store = varve::mariadb::open<before::Shelf, before::Book>(connection);
    varve::session session{store, varve::actor{"ada"}};
    session.add(before::Shelf{.name = "a"});
    session.add(before::Book{.title = "b"});
    session.commit();
  };
  const auto reference = temporary_mariadb();
  mariadb_program first{*reference};
  filled(*reference);
  schema_of<after::Shelf, after::Book>(varve::mariadb::store{*reference}).apply();
  const auto wanted = made(first);
  bool ended = true;
  long n = 0;
  for (; ended; ++n) {
    INFO("statement " << n);
    const auto connection = temporary_mariadb();
    mariadb_program program{*connection};
    filled(*connection);
    ended = apply_twice<after::Shelf, after::Book>(*connection, n);
    CHECK(difference(made(program), wanted) == lines{});
    const varve::mariadb::store store = varve::mariadb::open<after::Shelf, after::Book>(*connection);
    varve::session session{store, varve::actor{"ada"}};
    auto& book = session.get<after::Book>(1);
    CHECK(book.heading == "b");
    book.pages.push_back({.text = "p"});
    session.commit();
    CHECK(varve::history<after::Book>{store}.versions(1).count() == 3);  // the new collection joins in one of its own
    CHECK(found_by_doctor(store) == lines{});
  }
  CHECK(n > 5);
}

TEST_CASE("MariaDB: two programs that apply at once make the same tables, and downgrade ends where one ended before",
          "[server][mariadb][schema]") {
  using namespace mariadb_apply_after;
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  const varve::mariadb::store store{*connection};
  const auto schema = schema_of<Shelf, Book>(store);
  std::vector<std::thread> programs;
  std::atomic<int> done{0};
  for (int i = 0; i < 4; ++i)
    programs.emplace_back([&] {
      schema_of<Shelf, Book>(varve::mariadb::store{*connection}).apply();
      ++done;
    });
  for (auto& one : programs) one.join();
  CHECK(done == 4);
  CHECK(schema.check() == lines{});
  CHECK(program.ask("SELECT IS_FREE_LOCK(concat('varve ', md5(DATABASE())))") == lines{"1"});
  program.run("DROP TABLE book_version");
  program.run("DROP TABLE version_changes");
  schema.downgrade();
  CHECK(program.ask(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE "
            "'%version%'") == lines{});
  schema.apply();
  CHECK(schema.check() == lines{});
  CHECK(program.ask("SELECT IS_FREE_LOCK(concat('varve ', md5(DATABASE())))") == lines{"1"});
}
