#include "expected.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace dashboards {
namespace {

/// Takes links out of a dashboard whose chart `lives` denies; returns how many.
template <class Lives>
std::size_t drop_dead_links(state& of, Lives&& lives) {
  auto* board = std::get_if<Dashboard>(&of);
  if (board == nullptr) return 0;
  return std::erase_if(board->slices, [&](const varve::link<Chart>& link) { return !lives(link.uuid); });
}

template <class Lives>
void add_line(planned_save& planned, const corpus_line& line, Lives&& lives) {
  planned_line made{&line, nullptr};
  if (line.document) {
    auto document = std::make_shared<state>(*line.document);
    planned.links_dropped += drop_dead_links(*document, lives);
    made.document = std::move(document);
  }
  planned.lines.push_back(std::move(made));
}

}  // namespace

planned_save expected_histories::plan(const corpus_save& save) const {
  std::set<varve::uuid> born, gone;
  for (const auto& line : save.lines)
    if (line.name.kind == entity_kind::chart) (line.document ? born : gone).insert(line.name.uuid);
  const auto lives_after = [&](const varve::uuid& chart) {
    return born.contains(chart) || (lives(chart) && !gone.contains(chart));
  };
  planned_save planned{&save, {}, 0};
  for (const auto& line : save.lines) add_line(planned, line, lives_after);
  return planned;
}

planned_save expected_histories::plan_adoption(const corpus& corpus) const {
  std::set<entity_name> known;
  std::vector<const corpus_line*> first;
  for (const auto& save : corpus.saves)
    for (const auto& line : save.lines)
      if (line.document && known.insert(line.name).second) first.push_back(&line);
  planned_save planned;
  for (const auto* line : first)
    add_line(planned, *line, [&](const varve::uuid& chart) { return known.contains({entity_kind::chart, chart}); });
  return planned;
}

void expected_histories::adopt(const planned_save& adopted) {
  for (const auto& line : adopted.lines) live_[line.line->name] = {line.document, false};
}

void expected_histories::apply(const planned_save& planned) {
  // Before a dashboard's version, the charts that it links to have a history, as they were before the save.
  for (const auto& line : planned.lines) {
    const auto known = live_.find(line.line->name);
    const bool lives = known != live_.end();
    if (lives && line.document && same(*known->second.document, *line.document)) continue;
    if (!lives && !line.document) continue;
    if (lives) {
      if (!known->second.has_history) make_baselines_of_links(known->second.document.get());
      make_baseline(known->first, known->second);
    }
    make_baselines_of_links(line.document.get());
  }
  std::set<varve::uuid> gone;
  for (const auto& line : planned.lines) {
    const auto& name = line.line->name;
    const auto known = live_.find(name);
    if (!line.document) {
      if (known == live_.end()) continue;
      versions_[name].push_back({version_kind::deleted, nullptr});
      live_.erase(known);
      if (name.kind == entity_kind::chart) gone.insert(name.uuid);
    } else if (known == live_.end()) {
      versions_[name].push_back({version_kind::created, line.document});
      live_[name] = {line.document, true};
    } else {
      if (!same(*known->second.document, *line.document))
        versions_[name].push_back({version_kind::changed, line.document});
      known->second.document = line.document;
    }
  }
  drop_links_to(gone, planned);
}

void expected_histories::make_baseline(const entity_name& name, living& entity) {
  if (std::exchange(entity.has_history, true)) return;
  versions_[name].push_back({version_kind::baseline, entity.document});
}

void expected_histories::make_baselines_of_links(const state* of) {
  const auto* board = of == nullptr ? nullptr : std::get_if<Dashboard>(of);
  if (board == nullptr) return;
  for (const auto& link : board->slices)
    if (const auto chart = live_.find({entity_kind::chart, link.uuid}); chart != live_.end())
      make_baseline(chart->first, chart->second);
}

/// A dashboard without a line of its own loses its links to charts that are deleted: a version without a line.
void expected_histories::drop_links_to(const std::set<varve::uuid>& gone, const planned_save& planned) {
  if (gone.empty()) return;
  std::set<entity_name> has_line;
  for (const auto& line : planned.lines) has_line.insert(line.line->name);
  for (auto& [name, entity] : live_) {
    if (name.kind != entity_kind::dashboard || has_line.contains(name)) continue;
    auto next = std::make_shared<state>(*entity.document);
    if (drop_dead_links(*next, [&](const varve::uuid& chart) { return !gone.contains(chart); }) == 0) continue;
    if (!entity.has_history) make_baselines_of_links(entity.document.get());
    make_baseline(name, entity);
    versions_[name].push_back({version_kind::changed, next});
    entity.document = std::move(next);
  }
}

std::size_t expected_histories::count() const {
  std::size_t count = 0;
  for (const auto& [name, versions] : versions_) count += versions.size();
  return count;
}

const state* expected_histories::live(const entity_name& name) const {
  const auto found = live_.find(name);
  return found == live_.end() ? nullptr : found->second.document.get();
}

}  // namespace dashboards
