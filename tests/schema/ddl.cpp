#include "varve/schema/ddl.hpp"

#include <catch2/catch.hpp>

#include <varve/backend/detail/sqlite_connection.hpp>
#include <varve/entity/entity.hpp>

namespace {

struct Author {
  std::int64_t id{};
  std::string name{};
};

struct Chapter {
  std::int64_t id{};
  std::string heading{};
  std::optional<std::string> text{};
};

struct Book {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::optional<std::int64_t> pages{};
  std::vector<Chapter> chapters{};
  std::vector<varve::link<Author>> authors{};
};

}  // namespace

template <>
struct varve::entity<Author> : varve::describe<varve::table<"authors">> {};

template <>
struct varve::entity<Book>
    : varve::describe<varve::table<"books">, varve::public_id<&Book::uuid>, varve::unique<&Book::title>,
                      varve::children<&Book::chapters, varve::by<&Chapter::heading>, varve::table<"chapters">>,
                      varve::links<&Book::authors, varve::table<"book_authors">>> {};

namespace {

const varve::sql::ddl& sqlite() {
  static const varve::sql::ddl made{varve::sqlite::detail::dialect};
  return made;
}

TEST_CASE("a live table has its key, what cannot be null and what is unique", "[schema][ddl]") {
  CHECK(sqlite().live_entity(varve::info_of<Book>()) ==
        std::vector<std::string>{
            R"(CREATE TABLE "books" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "uuid" TEXT NOT NULL UNIQUE, )"
            R"("title" TEXT NOT NULL, "pages" INTEGER, UNIQUE ("title")))"});
}

TEST_CASE("a child table refers to its parent and allows a natural key once", "[schema][ddl]") {
  const auto& book = varve::info_of<Book>();
  CHECK(sqlite().live_relation(book, book.relations[0]) ==
        std::vector<std::string>{
            R"(CREATE TABLE "chapters" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "book_id" INTEGER NOT NULL, )"
            R"("heading" TEXT NOT NULL, "text" TEXT, FOREIGN KEY ("book_id") REFERENCES "books" ("id") )"
            R"(DEFERRABLE INITIALLY DEFERRED, UNIQUE ("book_id", "heading")))"});
}

TEST_CASE("an association has the pair as its key and is found from both ends", "[schema][ddl]") {
  const auto& book = varve::info_of<Book>();
  const auto statements = sqlite().live_relation(book, book.relations[1]);
  REQUIRE(statements.size() == 2);
  CHECK_THAT(statements[0], Catch::Contains(R"(PRIMARY KEY ("book_id", "author_id"))"));
  CHECK_THAT(statements[0], Catch::Contains(R"(REFERENCES "authors" ("id"))"));
  CHECK(statements[1] == R"(CREATE INDEX "book_authors_by_target" ON "book_authors" ("author_id"))");
}

TEST_CASE("a shadow table has every versioned column nullable but the key, and the interval", "[schema][ddl]") {
  const auto& book = varve::info_of<Book>();
  CHECK(sqlite().shadow(*book.table) ==
        std::vector<std::string>{
            R"(CREATE TABLE "books_version" ("id" INTEGER NOT NULL, "uuid" TEXT, "title" TEXT, "pages" INTEGER, )"
            R"("transaction_id" INTEGER NOT NULL, "end_transaction_id" INTEGER, "operation_type" SMALLINT NOT NULL, )"
            R"("end_filler" BLOB, PRIMARY KEY ("id", "transaction_id")))",
            R"(CREATE INDEX "books_version_deleted" ON "books_version" ("uuid") WHERE "operation_type" = 2)"});
  CHECK(sqlite().shadow(*book.relations[0].table)[1] ==
        R"(CREATE INDEX "chapters_version_by_owner" ON "chapters_version" ("book_id", "id", "transaction_id"))");
}

TEST_CASE("varve's own tables never give a transaction's id twice", "[schema][ddl]") {
  CHECK_THAT(sqlite().transactions()[0], Catch::Contains("id INTEGER PRIMARY KEY AUTOINCREMENT"));
  CHECK_THAT(sqlite().changes(false)[0], Catch::Contains("ON DELETE CASCADE"));
}

}  // namespace
