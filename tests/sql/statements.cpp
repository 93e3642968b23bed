#include "varve/sql/statements.hpp"

#include <catch2/catch.hpp>

#include <varve/entity/entity.hpp>

namespace {

struct Word {
  std::int64_t id{};
  std::string text{};
};

struct Page {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::int64_t views{};
  std::vector<Word> words{};
};

std::string_view type_of(const varve::column_info&) { return "T"; }

constexpr varve::sql::dialect plain{.name = "plain",
                                    .type_of = &type_of,
                                    .generated_key = "KEY",
                                    .big_integer = "BIG",
                                    .text = "TEXT",
                                    .any_key = "ANY",
                                    .json = "JSON",
                                    .needs_filler = false};

}  // namespace

template <>
struct varve::entity<Page> : varve::describe<varve::table<"pages">, varve::public_id<&Page::uuid>,
                                             varve::exclude<&Page::views>,
                                             varve::children<&Page::words, varve::by<&Word::text>, varve::ordered>> {};

namespace {

const varve::table_info& pages() { return *varve::info_of<Page>().table; }
const varve::table_info& words() { return *varve::info_of<Page>().relations[0].table; }

TEST_CASE("statements of an entity's live table name its columns and bind all values", "[sql][statements]") {
  const varve::sql::table_statements texts{plain, pages(), nullptr};
  CHECK(texts.select_live == R"(SELECT r."id", r."uuid", r."title", r."views" FROM "pages" r WHERE "id" = ?)");
  CHECK(texts.delete_live == R"(DELETE FROM "pages" WHERE "id" = ?)");
  CHECK(texts.insert_live(texts.written(true)) ==
        R"(INSERT INTO "pages" ("id", "uuid", "title", "views") VALUES (?, ?, ?, ?))");
  CHECK(texts.insert_live(texts.written(false)) ==
        R"(INSERT INTO "pages" ("uuid", "title", "views") VALUES (?, ?, ?))");
  const std::uint16_t title_and_views[] = {2, 3};
  CHECK(texts.update_live(title_and_views) == R"(UPDATE "pages" SET "title" = ?, "views" = ? WHERE "id" = ?)");
}

TEST_CASE("a shadow row is copied from the live row, without what is not versioned", "[sql][statements]") {
  const varve::sql::table_statements texts{plain, pages(), nullptr};
  CHECK(texts.copy_by_key ==
        R"(INSERT INTO "pages_version" ("id", "uuid", "title", transaction_id, operation_type) )"
        R"(SELECT "id", "uuid", "title", ?, ? FROM "pages" WHERE "id" = ?)");
  CHECK(texts.insert_shadow ==
        R"(INSERT INTO "pages_version" ("id", "uuid", "title", transaction_id, operation_type) VALUES (?, ?, ?, ?, ?))");
  CHECK(texts.close ==
        R"(UPDATE "pages_version" SET end_transaction_id = ? WHERE "id" = ? AND transaction_id = )"
        R"((SELECT max(transaction_id) FROM "pages_version" WHERE "id" = ? AND transaction_id < ?) )"
        R"(AND end_transaction_id IS NULL)");
}

TEST_CASE("as-of reads take the newest row not after a moment, never a range over the interval", "[sql][statements]") {
  const varve::sql::table_statements texts{plain, pages(), nullptr};
  CHECK(texts.newest ==
        R"(SELECT NULL, r."id", r."uuid", r."title", NULL, r.transaction_id, r.end_transaction_id, r.operation_type )"
        R"(FROM "pages_version" r WHERE "id" = ? AND transaction_id <= ? ORDER BY transaction_id DESC LIMIT 1)");
}

TEST_CASE("children are read by position and walked key by key in their history", "[sql][statements]") {
  const varve::sql::table_statements texts{plain, words(), nullptr};
  CHECK(texts.select_of_parent ==
        R"(SELECT r."id", r."page_id", r."text", r."position" FROM "word" r WHERE "page_id" = ? )"
        R"(ORDER BY "position", "id")");
  CHECK_THAT(texts.around, Catch::StartsWith("WITH RECURSIVE k(c) AS (SELECT min(w.\"id\") FROM \"word_version\" w"));
  CHECK_THAT(texts.of_parent, Catch::EndsWith(R"(ORDER BY v."position")"));
}

TEST_CASE("version lists page by key: the place goes into the condition, not into an offset", "[sql][statements]") {
  const varve::sql::table_statements texts{plain, pages(), nullptr};
  varve::version_range range;
  range.before = varve::transaction_id{9};
  range.newest_first = true;
  CHECK_THAT(texts.select_versions(range, false),
             Catch::EndsWith(R"(WHERE "id" = ? AND transaction_id < ? ORDER BY transaction_id DESC LIMIT ?)"));
  CHECK(texts.select_versions(range, true) ==
        R"(SELECT count(*) FROM "pages_version" r WHERE "id" = ? AND transaction_id < ?)");
}

TEST_CASE("integers take as many bytes as SQLite's record format gives them", "[sql][statements]") {
  using varve::sql::stored_bytes;
  CHECK(stored_bytes(0) == 0);
  CHECK(stored_bytes(1) == 0);
  CHECK(stored_bytes(2) == 1);
  CHECK(stored_bytes(127) == 1);
  CHECK(stored_bytes(128) == 2);
  CHECK(stored_bytes(32767) == 2);
  CHECK(stored_bytes(32768) == 3);
  CHECK(stored_bytes(8388607) == 3);
  CHECK(stored_bytes(8388608) == 4);
  CHECK(stored_bytes(2147483647) == 4);
  CHECK(stored_bytes(2147483648) == 6);
  CHECK(stored_bytes(140737488355327) == 6);
  CHECK(stored_bytes(140737488355328) == 8);
}

TEST_CASE("only tables with columns of unbounded length have a filler", "[sql][statements]") {
  varve::sql::dialect filling = plain;
  filling.needs_filler = true;
  CHECK(varve::sql::has_filler(filling, pages()));
  CHECK_FALSE(varve::sql::has_filler(filling, words()));  // its only text is the natural key
  CHECK_FALSE(varve::sql::has_filler(plain, pages()));
}

}  // namespace
