#include "varve/history/retention.hpp"

#include "support/history_run.hpp"
#include "support/rounds.hpp"
#include "support/stores.hpp"

using namespace test;

/// Random histories, pruned again and again: what a model says of them, and what restores give.

namespace {

class random_stores : public on_every_store<Dataset, Chart, Dashboard, Recipe, Poster> {
 protected:
  /// Prunes what had ended at a random moment, perhaps not to the end.
  void prune_and_check(history_run& history, std::mt19937& random) {
    const auto pick = [&](std::size_t size) { return random() % size; };
    history.settle();
    const auto& model = history.model;
    if (model.deeds.empty()) return;
    std::vector<std::pair<home, varve::transaction_id>> some;
    std::vector<std::string> then;
    for (const auto& [at, chain] : model.chains)
      if (!chain.empty() && pick(2) == 0) {
        some.emplace_back(at, chain[pick(chain.size())].at);
        then.push_back(restored(store, some.back().first, some.back().second));
      }
    varve::prune_options options;
    options.batch_rows = 1 + pick(8);
    options.pause = 0ms;
    if (pick(3) == 0) options.most_rows = 1 + pick(20);
    if (pick(3) == 0) options.progress = [left = pick(10)](const varve::prune_report&) mutable { return left-- > 0; };
    const auto cut_off = std::next(model.deeds.begin(), static_cast<std::ptrdiff_t>(pick(model.deeds.size())));
    options.clock = [time = cut_off->second.issued_at] { return time; };
    const auto before = store.base().snapshot()->horizon();
    const auto report = history.prune(options);
    CHECK(report.horizon >= before);
    CHECK(report.horizon == store.base().snapshot()->horizon());
    if (report.finished) CHECK(varve::check_history(store).count() == 0);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto again = restored(store, some[i].first, some[i].second);
      if (again != "no such version") CHECK(again == then[i]);
    }
  }

  void run(unsigned seed, std::size_t count) {
    adopted_ = true;
    INFO("seed " << seed);
    history_run history{store};
    std::mt19937 random{seed};
    for (const auto& one : random_steps(seed, count, {act::prune, act::edit_past})) {
      history.take(one);
      if (random() % 12 == 0) prune_and_check(history, random);
    }
    history.settle();
    CHECK(history.found() == lines{});
    CHECK(history_check{history.model, store}.disagreements() == lines{});
  }
};

}  // namespace

TEST_CASE_METHOD(random_stores, "whatever is pruned, what is listed reads and restores as before", "[retention]") {
  const auto seeds = static_cast<unsigned>(rounds(wanted_server() ? 4 : 12));  // a server takes its time
  const auto seed = GENERATE_COPY(range(1U, 1 + seeds));
  run(seed, 100);
}

TEST_CASE_METHOD(random_stores, "whatever is pruned, what is listed reads and restores as before, many times",
                 "[.long][retention]") {
  const auto seed = GENERATE(range(1000U, 2000U));
  run(seed, 150);
}
