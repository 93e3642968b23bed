#include "report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>

namespace dashboards {

bool run_result::is_clean() const {
  return bad.empty() && counts.versions == expected_versions && verified.details.empty() && golden.mismatches == 0;
}

nlohmann::json report_of(const run_result& run) {
  std::size_t ignored = 0;
  for (const auto& [member, count] : run.lines.ignored) ignored += count;
  auto bad = nlohmann::json::array();
  for (const auto& line : run.bad) bad.push_back({{"file", line.file}, {"line", line.number}, {"reason", line.reason}});
  return {{"saves", run.saves},
          {"transactions", run.counts.transactions},
          {"versions", run.counts.versions},
          {"expected_versions", run.expected_versions},
          {"versions_without_records", run.counts.without_records},
          {"links_dropped", run.links_dropped},
          {"members_ignored", ignored},
          {"members_ignored_names", run.lines.ignored},
          {"bad_lines", bad},
          {"readback_mismatches", run.verified.readback_mismatches},
          {"replay_mismatches", run.verified.replay_mismatches},
          {"restores", run.verified.restores},
          {"restore_mismatches", run.verified.restore_mismatches},
          {"restore_links_skipped", run.verified.restore_links_skipped},
          {"invariant_violations", run.verified.invariant_violations},
          {"golden_pairs", run.golden.pairs},
          {"golden_mismatches", run.golden.mismatches},
          {"golden_void", run.golden.voids},
          {"golden_excepted", run.golden.excepted.size()},
          {"golden_excepted_pairs", run.golden.excepted},
          {"details", [&] {
             auto all = run.verified.details;
             all.insert(all.end(), run.golden.details.begin(), run.golden.details.end());
             return all;
           }()}};
}

void write_report(const run_result& run, const std::filesystem::path& file) {
  std::ofstream stream{file, std::ios::binary};
  stream << report_of(run).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  stream.close();
  if (!stream) throw std::runtime_error(fmt::format("cannot write {}", file.string()));
}

}  // namespace dashboards
