#pragma once

// Documents like the layout of a dashboard (`position_json`), in pairs of states, as texts.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "varve/diff/rules.hpp"
#include "varve/entity/entity.hpp"

namespace bench {

/// The document held as text.
struct Layout {
  std::int64_t id{};
  std::string document{};
};

/// The document held as parsed JSON.
struct ParsedLayout {
  std::int64_t id{};
  nlohmann::json document{};
};

}  // namespace bench

template <>
struct varve::entity<bench::Layout>
    : varve::describe<varve::table<"layouts">, varve::document<&bench::Layout::document>> {};
template <>
struct varve::entity<bench::ParsedLayout>
    : varve::describe<varve::table<"parsed_layouts">, varve::document<&bench::ParsedLayout::document>> {};

namespace bench {

/// Leaf by leaf, as the peers compare; lists whole.
inline varve::rule_set leaf_rules() {
  varve::document_rules rules;
  rules.depth = 64;
  varve::rule_set set;
  return set.document<&Layout::document>(rules);
}

struct document_case {
  std::string name;                                          ///< "1 edit/20 KB"
  std::vector<std::pair<std::string, std::string>> pairs{};  ///< the states before and after, to be compared in turn
  std::size_t records = 0;                                   ///< of each pair; 0: real documents, at least one
};

/// One chart in the layout, about 270 bytes.
inline nlohmann::json node_of(std::mt19937& random, const std::string& id) {
  return {{"type", "CHART"},
          {"id", id},
          {"children", nlohmann::json::array()},
          {"parents", {"ROOT_ID", "GRID_ID", "ROW-" + std::to_string(random() % 100)}},
          {"meta",
           {{"width", 2 + random() % 10},
            {"height", 20 + random() % 60},
            {"chartId", random() % 100000},
            {"sliceName", "A chart named no. " + std::to_string(random() % 100000)},
            {"sliceNameOverride", "Shown as \"" + std::to_string(random() % 1000) + "\""},
            {"uuid", std::to_string(random()) + "-" + std::to_string(random())}}}};
}

/// A document of about `bytes`, compact; with some edits of a chart's width, or a chart inserted.
inline std::pair<std::string, std::string> layouts_of(std::mt19937& random, std::size_t bytes, std::size_t edits,
                                                      bool inserted) {
  auto before = nlohmann::json::object();
  before["DASHBOARD_VERSION_KEY"] = "v2";
  std::vector<std::string> ids;
  for (std::size_t size = 0; size < bytes; size += before[ids.back()].dump().size() + ids.back().size() + 4) {
    ids.push_back("CHART-" + std::to_string(1'000'000 + ids.size()) + std::to_string(random() % 1000));
    before[ids.back()] = node_of(random, ids.back());
  }
  auto after = before;
  for (std::size_t k = 0; k < edits; ++k) {
    auto& width = after[ids[(2 * k + 1) * ids.size() / (2 * edits)]]["meta"]["width"];
    width = width.get<int>() + 100;
  }
  if (inserted) {
    const std::string id = ids[ids.size() / 2] + "-NEW";
    after[id] = node_of(random, id);
  }
  return {before.dump(), after.dump()};
}

/// Pairs of about 400 KB in all, at most 64 of them.
inline document_case layout_case(std::size_t kilobytes, std::size_t edits, bool inserted) {
  std::mt19937 random{20261123};
  document_case made;
  made.name = (inserted ? "1 inserted" : edits == 0 ? "equal" : edits == 1 ? "1 edit" : std::to_string(edits) + " edits") +
              ("/" + std::to_string(kilobytes));
  made.records = inserted ? 1 : edits;
  const std::size_t count = kilobytes >= 200 ? 4 : kilobytes >= 20 ? 20 : 64;
  for (std::size_t i = 0; i < count; ++i) made.pairs.push_back(layouts_of(random, kilobytes * 1000, edits, inserted));
  return made;
}

}  // namespace bench
