#include "varve/restore/plan.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"
#include "varve/restore/reverter.hpp"

using namespace test;

namespace {

using counts = std::map<std::string, std::size_t>;

class plan_stores : public on_every_store<Dataset> {
 protected:
  [[nodiscard]] varve::version first(std::int64_t key) const { return versions<Dataset>(key).at(0); }
};

const Dataset with_two_metrics{.table_name = "sales",
                               .sql = "select 1",
                               .metrics = {{.metric_name = "revenue", .expression = "sum price"},
                                           {.metric_name = "count", .expression = "count *"}}};

}  // namespace

TEST_CASE("a plan reads well", "[restore]") {
  varve::restore_plan plan;
  CHECK(plan.changes_nothing());
  CHECK(fmt::format("{}", plan) == "nothing to write\n");
  plan.rows = {{.table = "sql_metrics", .inserts = 1, .updates = 2, .deletes = 3}};
  plan.skipped = {{.relation = "slices", .target = "7"}};
  plan.clashes = {"slug"};
  plan.left_alone = {"opened", "hits"};
  CHECK_FALSE(plan.changes_nothing());
  CHECK(fmt::format("{}", plan) ==
        "sql_metrics: 1 to insert, 2 to update, 3 to delete\n"
        "slices: the link to 7 stays out, its target no longer lives\n"
        "slug is taken by another entity\n"
        "left as they are: opened, hits\n");
}

TEST_CASE_METHOD(plan_stores, "a plan says what would be written without writing, and apply does exactly that",
                 "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_two_metrics);
  commit(session);
  dataset.table_name = "renamed";
  dataset.metrics[1].expression = "changed";
  dataset.metrics.erase(dataset.metrics.begin());
  dataset.metrics.push_back({.metric_name = "later"});
  commit(session);
  const auto before = transactions();

  auto restoring = by("rita");
  varve::reverter revert{restoring, first(dataset.id)};
  const auto plan = revert.plan();
  CHECK(plan.version == first(dataset.id).id());
  CHECK(plan.current == versions<Dataset>(dataset.id).at(1).transaction());
  const auto rows_of = [&](const std::string& table) {
    for (const auto& rows : plan.rows)
      if (rows.table == table) return std::array{rows.inserts, rows.updates, rows.deletes};
    return std::array{std::size_t{0}, std::size_t{0}, std::size_t{0}};
  };
  CHECK(plan.rows.size() == 2);
  CHECK(rows_of("tables") == std::array<std::size_t, 3>{0, 1, 0});
  CHECK(rows_of("sql_metrics") == std::array<std::size_t, 3>{1, 1, 1});
  CHECK(plan.skipped.empty());
  CHECK(plan.clashes.empty());
  CHECK(plan.left_alone == lines{"opened", "hits", "created_on", "created_by", "changed_on", "changed_by"});
  CHECK_FALSE(plan.changes_nothing());
  const auto text = fmt::format("{}", plan);
  CHECK_THAT(text, Catch::Contains("tables: 0 to insert, 1 to update, 0 to delete"));
  CHECK_THAT(text, Catch::Contains("sql_metrics: 1 to insert, 1 to update, 1 to delete"));
  CHECK_THAT(text, Catch::Contains("left as they are: opened, hits"));
  CHECK(transactions() == before);
  commit_nothing(restoring);

  revert.apply(plan);
  const auto at = commit(restoring);
  CHECK(written_at(at) == counts{{"sql_metrics_version", 3}, {"tables_version", 1}});
  CHECK(live<Dataset>(dataset.id).table_name == "sales");
}

TEST_CASE_METHOD(plan_stores, "a plan that somebody overtook is a conflict, and nothing is written", "[restore]") {
  auto session = by("ada");
  auto& dataset = session.add(with_two_metrics);
  commit(session);
  dataset.table_name = "renamed";
  commit(session);
  auto restoring = by("rita");
  varve::reverter revert{restoring, first(dataset.id)};
  const auto plan = revert.plan();
  SECTION("saved since, as the session can see") {
    dataset.sql = "select 2";
    commit(session);
    auto later = by("rita");
    varve::reverter again{later, first(dataset.id)};
    CHECK_THROWS_AS(again.apply(plan), varve::conflict_error);
    commit_nothing(later);
  }
  SECTION("saved since, unseen by the session") {
    dataset.sql = "select 2";
    commit(session);
    CHECK_THROWS_AS((revert.apply(plan), restoring.commit()), varve::conflict_error);
    restoring.rollback();
  }
  SECTION("deleted since") {
    session.erase<Dataset>(dataset.id);
    commit(session);
    auto later = by("rita");
    varve::reverter again{later, first(plan.version.entity.integer().value())};
    CHECK_THROWS_AS(again.apply(plan), varve::conflict_error);
    commit_nothing(later);
    return;
  }
  CHECK(live<Dataset>(dataset.id).table_name == "renamed");
  CHECK(live<Dataset>(dataset.id).sql == "select 2");
}
