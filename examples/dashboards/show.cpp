#include "show.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "describe.hpp"

#include "varve/history/history.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/session.hpp"

namespace dashboards {
namespace {

constexpr std::size_t most_lines = 8;

void print_lines(const std::vector<std::string>& lines, std::string_view indent, std::FILE* out) {
  for (std::size_t i = 0; i < std::min(lines.size(), most_lines); ++i) fmt::print(out, "{}{}\n", indent, lines[i]);
  if (lines.size() > most_lines) fmt::print(out, "{}... and {} more\n", indent, lines.size() - most_lines);
}

void print_version(const varve::version& version, std::FILE* out) {
  auto lines = describe(version.changes().records());
  auto head = version.changes().headline();
  if (head.empty() && version.action_kind() == "restore") head = "restored an older version";
  if (head.empty() && lines.empty()) head = "changed only what no record tells of";
  if (head.empty()) {
    head = lines.front();
    lines.erase(lines.begin());
  }
  fmt::print(out, "{:>4}  {:%F %T}  {}  {}\n", version.number(),
             std::chrono::floor<std::chrono::seconds>(version.issued_at()), version.actor(), head);
  print_lines(lines, std::string(35, ' '), out);
}

template <class Entity>
void print_timeline(const varve::store_handle& store, const entity_name& name, std::FILE* out) {
  const varve::history<Entity> history{store};
  std::string title;
  for (const auto& version : history.versions(name.uuid))
    if (!version.is_deletion()) title = title_of(history.state(version));
  fmt::print(out, "\n{} \"{}\" {}\n", to_string(name.kind), title, varve::to_string(name.uuid));
  for (const auto& version : history.versions(name.uuid)) print_version(version, out);
}

template <class Entity>
void print_comparison(const varve::store_handle& store, const entity_name& name, std::FILE* out) {
  const varve::history<Entity> history{store};
  auto versions = history.versions(name.uuid).all();
  std::erase_if(versions, [](const varve::version& version) { return version.is_deletion(); });
  if (versions.size() < 2) return;
  const auto delta = history.diff(versions.front(), versions.back());
  fmt::print(out, "\nversion {} of {} \"{}\" beside version {}: {} differences\n", versions.front().number(),
             to_string(name.kind), title_of(delta.after), versions.back().number(), delta.records.size());
  print_lines(describe(delta.records), "      ", out);
}

template <class Call>
void with_type(entity_kind kind, Call&& call) {
  switch (kind) {
    case entity_kind::dashboard: return call(std::type_identity<Dashboard>{});
    case entity_kind::chart: return call(std::type_identity<Chart>{});
    case entity_kind::dataset: return call(std::type_identity<Dataset>{});
  }
}

/// Whether both collections of a dataset differ.
bool both_changed(const state& before, const state& after) {
  const auto names = ", " + differences(before, after) + ",";
  return names.find(", columns,") != std::string::npos && names.find(", metrics,") != std::string::npos;
}

}  // namespace

chosen_entities choose(const expected_histories& histories) {
  chosen_entities chosen;
  std::size_t most[3] = {0, 0, 0};
  for (const auto& [name, versions] : histories.versions()) {
    auto& best = most[static_cast<std::size_t>(name.kind)];
    if (name.kind == entity_kind::dataset) {
      std::optional<std::size_t> place;
      for (std::size_t i = 1; i < versions.size(); ++i)
        if (versions[i - 1].document && versions[i].document &&
            both_changed(*versions[i - 1].document, *versions[i].document))
          place = i - 1;
      const bool better = place.has_value() != chosen.both_changed ? place.has_value() : versions.size() > best;
      if (!better || !histories.live(name)) continue;
      chosen.dataset = name;
      chosen.both_changed = place.has_value();
      chosen.before_change = place.value_or(0);
    } else {
      if (versions.size() <= best) continue;
      (name.kind == entity_kind::chart ? chosen.chart : chosen.dashboard) = name;
    }
    best = versions.size();
  }
  return chosen;
}

void show_timeline(const varve::store_handle& store, const entity_name& name, std::FILE* out) {
  with_type(name.kind, [&]<class Entity>(std::type_identity<Entity>) { print_timeline<Entity>(store, name, out); });
}

void show_comparison(const varve::store_handle& store, const entity_name& name, std::FILE* out) {
  with_type(name.kind, [&]<class Entity>(std::type_identity<Entity>) { print_comparison<Entity>(store, name, out); });
}

void show_restore(const varve::store_handle& store, const entity_name& name, std::size_t number, std::FILE* out) {
  const varve::history<Dataset> history{store};
  const auto versions = history.versions(name.uuid).page(number + 1);
  if (versions.size() <= number) return;
  const auto& then = versions[number];

  varve::session session{store, varve::actor{"ada", 2}};
  varve::reverter revert{session, then};
  fmt::print(out, "\nrestoring dataset \"{}\" to version {}\n{}", title_of(history.state(then)), number, revert.plan());
  revert.all();
  session.commit();
  for (const auto& version : history.versions(name.uuid).newest_first().page(1)) print_version(version, out);
}

}  // namespace dashboards
