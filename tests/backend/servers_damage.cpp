// What tests/history/doctor.cpp does to a file, on servers.
#include "support/damage.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "support/server.hpp"

using namespace test;

namespace {

/// Runs statements that semicolons part.
void run_all(server_program& program, const std::string& statements) {
  for (std::size_t from = 0; from < statements.size();) {
    const auto to = std::min(statements.find("; ", from), statements.size());
    program.run(statements.substr(from, to - from));
    from = to + 2;
  }
}
/// What keeps damage away is switched off for a connection: foreign keys, and what they cascade to.
void unguard(server_program& program) {
  program.run(by_server<const char*>{"SET session_replication_role = replica",
                                     "SET foreign_key_checks = 0, sql_mode = 'STRICT_TRANS_TABLES,ANSI_QUOTES'"}
                  .here());
}

/// The tables of a place as they were, to be put back after each damage.
class kept_tables {
 public:
  explicit kept_tables(server_program& program) : program_(program) {
    for (const auto& table :
         program.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = " + current_place())) {
      auto& columns = tables_[table];
      for (const auto& column : program.ask("SELECT column_name FROM information_schema.columns WHERE table_schema = " +
                                            current_place() + " AND table_name = '" + table +
                                            "' AND coalesce(generation_expression, '') = '' ORDER BY "
                                            "ordinal_position"))
        columns += std::string{columns.empty() ? "" : ", "} + "\"" + column + "\"";
      program.run("CREATE TABLE kept_" + table + " AS SELECT " + columns + " FROM " + table);
    }
  }
  void put_back() const {
    program_.run("BEGIN");
    for (const auto& [table, columns] : tables_) {
      program_.run("DELETE FROM " + table);
      program_.run("INSERT INTO " + table + " (" + columns + ") SELECT " + columns + " FROM kept_" + table);
    }
    program_.run("COMMIT");
  }

 private:
  server_program& program_;
  std::map<std::string, std::string> tables_{};  ///< with the columns that can be written
};

}  // namespace

TEST_CASE("every kind of damage on a server is found, as it is in a file", "[server][doctor]") {
  const server_place<Dataset, Chart, Dashboard, Recipe> place;
  {
    varve::session session{place.store, varve::actor{"ada"}};
    make_history(session);
  }
  REQUIRE(places_of(varve::check_history(place.store)) == lines{});
  const auto program = place.program();
  unguard(*program);
  const kept_tables tables{*program};
  auto damages = every_damage();
  std::erase_if(damages, [](const damage& one) { return one.where == damaged::sqlite; });
  // Tables without constraints stay so: these come last.
  std::partition(damages.begin(), damages.end(), [](const damage& one) { return *one.loose == 0; });
  CHECK(damages.size() > 60);
  std::set<std::string> loose;
  for (const auto& one : damages) {
    if (*one.loose != 0 && loose.insert(one.loose).second) {
      run_all(*program, without_constraints(one.loose));
      if (which_server() == backend::mariadb)  // which keeps that one
        program->run("ALTER TABLE " + std::string{one.loose} + " MODIFY operation_type int");
    }
    run_all(*program, one.statements);
    varve::check_options options;
    options.page_rows = 2;
    const auto report = varve::check_history(place.store, options);
    const auto found = places_of(report);
    INFO(one.statements);
    CAPTURE(found, one.place);
    CHECK(has(found, one.place));
    tables.put_back();
  }
  CHECK(places_of(varve::check_history(place.store)) == lines{});
}

TEST_CASE("records of a baseline are found on a server", "[server][doctor]") {
  const server_place<Dataset> place;
  make_baseline(place.store);
  CHECK(varve::check_history(place.store).count() == 0);
  const auto program = place.program();
  unguard(*program);
  program->run(damage_of_baseline);
  CHECK(has(places_of(varve::check_history(place.store)), "C8 version_changes 1 1"));
}
