#include "varve/history/retention.hpp"

#include "support/random_history.hpp"
#include "support/stores.hpp"

using namespace test;

/// Random histories, pruned again and again, against a model of what was.

namespace {

class random_stores : public on_every_store<Dataset, Chart, Dashboard, Recipe> {
 protected:
  /// Prunes what had ended at a random moment, perhaps not to the end.
  void prune_and_check(random_history& history) {
    const auto transactions = history.model.transactions();
    if (transactions.empty()) return;
    std::vector<std::pair<past_entity, varve::transaction_id>> some;
    std::vector<std::string> then;
    for (const auto& [entity, list] : history.model.listed())
      if (!list.empty() && history.pick(2) == 0) {
        some.emplace_back(entity, list[history.pick(list.size())].at);
        then.push_back(restored(store, some.back().first, some.back().second));
      }

    const auto at = varve::find_transaction(store, transactions[history.pick(transactions.size())]);
    varve::prune_options options;
    options.batch_rows = 1 + history.pick(8);
    options.pause = 0ms;
    if (history.pick(3) == 0) options.most_rows = 1 + history.pick(20);
    if (history.pick(3) == 0)
      options.progress = [steps = history.pick(10)](const varve::prune_report&) mutable { return steps-- > 0; };
    options.clock = [time = at ? at->issued_at : start] { return time; };
    const auto before = store.base().snapshot()->horizon();
    const auto report = varve::prune(store, 0s, options);
    CHECK(report.horizon >= before);
    CHECK(report.horizon == store.base().snapshot()->horizon());

    CHECK(history.model.disagreements(store, report.horizon, report.finished) == lines{});
    const auto now = everything_in(store);
    CHECK(violations(now, true) == lines{});
    CHECK(broken_laws(store) == lines{});
    CHECK(found_by_doctor(store) == lines{});
    if (report.finished) CHECK(unpruned(now) == lines{});
    if (report.finished) CHECK(varve::check_history(store).count() == 0);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto again = restored(store, some[i].first, some[i].second);
      if (again != "no such version") CHECK(again == then[i]);
    }
    history.model.forget(store);
  }

  void run(unsigned seed, int steps) {
    adopted_ = true;
    INFO("seed " << seed);
    random_history history{store, seed};
    for (int i = 0; i < steps; ++i) {
      history.step();
      if (history.pick(8) == 0) prune_and_check(history);
    }
    CHECK(history.refused * 2 < steps);
  }
};

}  // namespace

TEST_CASE_METHOD(random_stores, "whatever is pruned, what is listed reads and restores as before", "[retention]") {
  const auto seed = GENERATE(range(1U, 13U));
  run(seed, 60);
}

TEST_CASE_METHOD(random_stores, "whatever is pruned, what is listed reads and restores as before, many times", "[.long][retention]") {
  const auto seed = GENERATE(range(1000U, 2000U));
  run(seed, 100);
}
