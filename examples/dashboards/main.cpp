// Replays real versions of dashboards, charts and datasets into a database, and shows their history.

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "expected.hpp"
#include "golden.hpp"
#include "options.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "servers.hpp"
#include "show.hpp"
#include "verify.hpp"

namespace {

using namespace dashboards;

/// A line that grows on a terminal, and nothing elsewhere.
class progress_bar {
 public:
  progress_bar(std::string what, std::size_t total)
      : what_(std::move(what)), total_(total), shown_(isatty(STDERR_FILENO) == 1) {
    if (shown_ && total_ > 0) draw();
  }
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  ~progress_bar() {
    if (shown_ && total_ > 0) std::fputs("\r\033[K", stderr);
  }
  void step() {
    ++done_;
    if (shown_ && (done_ * width / total_ != (done_ - 1) * width / total_)) draw();
  }

 private:
  static constexpr std::size_t width = 40;
  void draw() const {
    const auto filled = done_ * width / total_;
    fmt::print(stderr, "\r{:<10} [{:#<{}}{:.<{}}] {}/{}", what_, "", filled, "", width - filled, done_, total_);
    std::fflush(stderr);
  }

  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool shown_;
};

/// A copy of what the replay left, for restores: of a file a copy of it, else another replay, on a server into a place of
/// its own.
class store_copy {
 public:
  store_copy(const opened_store& original, const corpus& lines, bool adopt)
      : place_(original.server.empty() ? nullptr : place_beside(original.server)),
        copy_(original.file.empty() ? again(lines, adopt, place_ == nullptr ? "memory:" : *place_)
                                    : open_copy(original, temporary_file("varve-copy"))) {}
  store_copy(const store_copy&) = delete;
  store_copy& operator=(const store_copy&) = delete;
  ~store_copy() {
    if (!copy_.file.empty()) remove_database(copy_.file);
  }
  [[nodiscard]] const varve::store_handle& handle() const { return copy_.handle; }

 private:
  static opened_store again(const corpus& lines, bool adopt, const std::string& database) {
    expected_histories histories;
    return replay(lines, database, adopt, histories).store;
  }
  std::shared_ptr<const std::string> place_;
  opened_store copy_;
};

void verify(const opened_store& store, const corpus& lines, bool adopt, const expected_histories& histories,
            verify_result& result) {
  progress_bar bar{"verifying", 2 * histories.versions().size()};
  verify_history(store.handle, histories, result, [&] { bar.step(); });
  const store_copy copy{store, lines, adopt};
  verify_restores(copy.handle(), histories, result, [&] { bar.step(); });
}

void show(const opened_store& store, const expected_histories& histories, const corpus& lines, bool adopt,
          bool restore) {
  const auto chosen = choose(histories);
  for (const auto& name : {chosen.dashboard, chosen.chart, chosen.dataset})
    if (name) show_timeline(store.handle, *name, stdout);
  if (chosen.chart) show_comparison(store.handle, *chosen.chart, stdout);
  if (!chosen.dataset) return;
  if (restore) {
    show_restore(store.handle, *chosen.dataset, chosen.before_change, stdout);
  } else {
    const store_copy copy{store, lines, adopt};
    fmt::print("\nOn a copy, so that the history stays what was replayed:");
    show_restore(copy.handle(), *chosen.dataset, chosen.before_change, stdout);
  }
}

void print_some(const std::vector<std::string>& sentences) {
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < std::min(sentences.size(), most); ++i)
    fmt::print(stderr, "  {}\n", sentences[i].substr(0, 400));
  if (sentences.size() > most) fmt::print(stderr, "  ... and {} more\n", sentences.size() - most);
}

void summarise(const run_result& run, const options& asked) {
  fmt::print("{} saves, {} versions in {} transactions", run.saves, run.counts.versions, run.counts.transactions);
  if (run.counts.without_records > 0) fmt::print(", {} without records", run.counts.without_records);
  if (run.links_dropped > 0) fmt::print("; {} links dropped, whose charts did not live", run.links_dropped);
  fmt::print("\n");
  for (const auto& [member, count] : run.lines.ignored)
    fmt::print("no field takes {}: left out {} times\n", member, count);
  if (run.counts.versions != run.expected_versions)
    fmt::print("the lines ask for {} versions\n", run.expected_versions);
  const auto& found = run.verified;
  if (asked.verify) {
    fmt::print("read back: {} mismatches; laws of replay: {} mismatches; invariants: {} violations\n",
               found.readback_mismatches, found.replay_mismatches, found.invariant_violations);
    fmt::print("{} restores: {} mismatches, {} links skipped, whose charts are gone\n", found.restores,
               found.restore_mismatches, found.restore_links_skipped);
    print_some(found.details);
  }
  if (!asked.golden.empty()) {
    fmt::print("golden: {} pairs, {} mismatches, {} records void, {} pairs excepted\n", run.golden.pairs,
               run.golden.mismatches, run.golden.voids, run.golden.excepted.size());
    for (const auto& pair : run.golden.excepted)
      fmt::print("  excepted, a list holds two items of one key: {}\n", pair);
    print_some(run.golden.details);
  }
}

int run(const options& asked) {
  run_result found;
  found.lines = read_corpus(asked.corpora.empty() ? carried_corpora() : asked.corpora);
  found.bad = found.lines.bad;
  expected_histories histories;
  const auto database = asked.database.empty() ? temporary_file("varve-dashboards").string() : asked.database;
  auto replayed = [&] {
    progress_bar bar{"replaying", found.lines.saves.size()};
    return replay(found.lines, database, asked.adopt, histories, [&](std::size_t) { bar.step(); });
  }();
  found.saves = replayed.saves;
  found.links_dropped = replayed.links_dropped;
  found.bad.insert(found.bad.end(), replayed.bad.begin(), replayed.bad.end());
  found.expected_versions = histories.count();
  found.counts = count_history(replayed.store.handle);
  for (const auto& line : found.bad) fmt::print(stderr, "{}\n", to_string(line));
  if (asked.verify) verify(replayed.store, found.lines, asked.adopt, histories, found.verified);
  if (!asked.golden.empty()) found.golden = compare_golden(found.lines, asked.golden, *asked.rules);
  summarise(found, asked);
  if (!asked.report.empty()) write_report(found, asked.report);
  if (!asked.verify && asked.golden.empty() && asked.report.empty())
    show(replayed.store, histories, found.lines, asked.adopt, asked.corpora.empty());
  const auto place = replayed.store.server.empty() ? replayed.store.file.string() : without_secrets(replayed.store.server);
  if (!place.empty()) fmt::print("\nThe history is in {}\n", place);
  return found.is_clean() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const auto asked = parse_options({arguments + 1, arguments + count});
    if (asked.help) {
      fmt::print("{}", usage());
      return 0;
    }
    return run(asked);
  } catch (const usage_error& error) {
    fmt::print(stderr, "dashboards: {}\nTry --help.\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "dashboards: {}\n", error.what());
    return 1;
  }
}
