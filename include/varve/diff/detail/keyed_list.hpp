#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/detail/teller.hpp"

namespace varve::detail {

/// An item of one of the two lists that are compared.
struct list_place {
  int side;
  std::size_t at;
};

/// The keys of all items of both sides: as short as tells them apart, then numbered.
inline void label_list(diff_scratch& scratch, const keyed_list& rule, const json& from, const json& to,
                       std::vector<path_step>& left, std::vector<path_step>& right) {
  const json* sides[] = {&from, &to};
  std::vector<path_step>* labels[] = {&left, &right};
  std::map<std::string, std::vector<list_place>> groups;
  for (int s = 0; s < 2; ++s) {
    labels[s]->assign(sides[s]->size(), path_step{});
    for (std::size_t i = 0; i < sides[s]->size(); ++i) {
      const auto first = rule.parts.empty() ? std::nullopt : rule.parts[0]((*sides[s])[i]);
      if (first)
        groups[*first].push_back({s, i});
      else
        (*labels[s])[i].position = static_cast<std::int64_t>(i);
    }
  }
  for (std::size_t part = 1; part < rule.parts.size(); ++part) {
    std::map<std::string, std::vector<list_place>> finer;
    for (auto& [key, entries] : groups) {
      const auto is_left = [](const list_place& p) { return p.side == 0; };
      const auto on_left = std::count_if(entries.begin(), entries.end(), is_left);
      const auto on_right = static_cast<std::ptrdiff_t>(entries.size()) - on_left;
      if (on_left < 2 && on_right < 2) {
        auto& kept = finer[key];
        kept.insert(kept.end(), entries.begin(), entries.end());
        continue;
      }
      for (const auto& e : entries) {
        const auto next = rule.parts[part]((*sides[e.side])[e.at]);
        finer[next ? key + "|" + *next : key].push_back(e);
      }
    }
    groups = std::move(finer);
  }
  for (const auto& [key, entries] : groups) {
    std::size_t seen[2] = {0, 0};
    for (const auto& e : entries) {
      const std::size_t n = ++seen[e.side];
      std::string text = key;
      if (!rule.last_wins && n > 1) {
        std::size_t number = n;
        while (groups.contains(key + "|" + std::to_string(number))) ++number;
        text += "|" + std::to_string(number);
      }
      (*labels[e.side])[e.at].name = scratch.keep(std::move(text));
    }
  }
}

/// Compares two arrays item by item, as the rule tells them apart.
inline void compare_lists(const document_job& job, const promotion& rule, step_stack& path, const json& from,
                          const json& to) {
  if (same_json(from, to)) return;
  std::vector<path_step> left, right;
  label_list(job.scratch, *rule.items, from, to, left, right);
  using places = std::map<std::pair<std::int64_t, std::string_view>, std::size_t>;
  const auto index = [](const std::vector<path_step>& labels) {
    places found;
    for (std::size_t i = 0; i < labels.size(); ++i)
      found.insert_or_assign({labels[i].position, labels[i].name}, i);  // the last one wins
    return found;
  };
  const places in_from = index(left);
  const places in_to = index(right);
  std::vector<bool> told(left.size(), false);
  for (std::size_t i = 0; i < left.size(); ++i) {
    const std::pair key{left[i].position, left[i].name};
    const std::size_t last = in_from.at(key);
    if (told[last]) continue;  // a repeated key stands where it first stood
    told[last] = true;
    const auto found = in_to.find(key);
    if (found != in_to.end() && same_json(from[last], to[found->second])) continue;
    path.push_back(left[i]);
    tell_value(job, rule.kind, path, &from[last], found == in_to.end() ? nullptr : &to[found->second]);
    path.pop_back();
  }
  std::vector<bool> added(right.size(), false);
  for (const auto& step : right) {
    const std::pair key{step.position, step.name};
    const std::size_t last = in_to.at(key);
    if (added[last] || in_from.contains(key)) continue;
    added[last] = true;
    path.push_back(step);
    tell_value(job, rule.kind, path, nullptr, &to[last]);
    path.pop_back();
  }
}

}  // namespace varve::detail
