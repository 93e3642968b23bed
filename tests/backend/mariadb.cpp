#include "varve/backend/mariadb.hpp"

#include "support/entities.hpp"
#include "support/mariadb_program.hpp"
#include "varve/schema/schema.hpp"

using namespace test;

TEST_CASE("a table of an engine that cannot roll back is refused", "[server][mariadb][schema]") {
  const auto connection = temporary_mariadb();
  mariadb_program program{*connection};
  const varve::mariadb::store store{*connection};
  varve::schema schema{store};
  schema.add<Note>().apply();
  program.run("ALTER TABLE notes ENGINE = MyISAM");
  CHECK_THROWS_WITH(varve::mariadb::store{*connection}.base().use(varve::info_of<Note>()),
                    Catch::Contains("table notes is of the engine MyISAM, which cannot roll back"));
  const auto found = schema.check();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("engine MyISAM"));
}

TEST_CASE("a column of the application's own that does not compare by bytes is named", "[server][mariadb][schema]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store = varve::mariadb::open<Dataset>(*connection);
  varve::schema schema{store};
  schema.add<Dataset>();
  CHECK(schema.check() == lines{});
  mariadb_program program{*connection};
  program.run("ALTER TABLE tables MODIFY slug VARCHAR(100) COLLATE utf8mb4_bin NULL");  // pads texts with spaces
  const auto found = schema.check();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains("tables.slug has the collation utf8mb4_bin"));
}

TEST_CASE("apply goes on where one ended in between", "[server][mariadb][schema]") {
  const auto connection = temporary_mariadb();
  const varve::mariadb::store store{*connection};
  mariadb_program program{*connection};
  varve::schema schema{store};
  schema.add<Dataset>();
  std::vector<std::string> all;
  for (const auto& step : schema.plan())
    for (const auto& statement : step.statements) all.push_back(statement);
  REQUIRE(all.size() > 4);
  // What it had done by then: the first tables, what the catalog notes before, and some of the others.
  program.run("SET sql_mode = 'STRICT_TRANS_TABLES,ANSI_QUOTES'");
  const auto done = GENERATE(1U, 2U, 3U, 4U);
  for (std::size_t i = 0; i < done; ++i) program.run(all[i]);
  if (done >= 2)
    program.run(
        "INSERT INTO version_catalog (section, name, content) VALUES ('created', 'tables', 'true'), ('created', "
        "'tables_version', 'true')");
  schema.apply();
  CHECK(schema.check() == lines{});
  CHECK(program.ask("SELECT content FROM version_catalog WHERE section = 'schema' ORDER BY name") == lines{"0", "1"});
  store.base().use(varve::info_of<Dataset>());
  varve::session session{store, varve::actor{"ada"}};
  session.add(Dataset{.table_name = "sales", .metrics = {{.metric_name = "sum"}}});
  session.commit();
  CHECK(found_by_doctor(store) == lines{});
}
