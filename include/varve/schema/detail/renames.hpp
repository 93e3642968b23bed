#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "varve/sql/detail/evolution.hpp"

namespace varve::sql {

/// The paths in records of fields and collections that a kind has no more.
/// \param known  those of before.
[[nodiscard]] inline nlohmann::json removed_paths(const entity_match& match,
                                                  const std::optional<nlohmann::json>& known) {
  std::set<nlohmann::json> paths;
  if (known) paths.insert(known->begin(), known->end());
  for (const auto* gone : match.table.removed) {
    auto path = nlohmann::json::array();
    if (const auto group = text_in(*gone, "group"); !group.empty()) path.push_back(group);
    path.push_back(text_in(*gone, "field"));
    paths.insert(std::move(path));
    if (const auto group = text_in(*gone, "group"); !group.empty()) paths.insert(nlohmann::json::array({group}));
  }
  for (const auto* gone : match.removed) paths.insert(nlohmann::json::array({text_in(*gone, "field")}));
  std::set<std::string> partly;                              // embedded structs that have lost a field
  for (const auto& column : match.entity->table->columns) {  // what came back
    const auto field = nlohmann::json::array({column.field});
    paths.erase(column.group.empty() ? field : nlohmann::json::array({column.group, column.field}));
  }
  for (const auto& path : paths)
    if (path.size() > 1) partly.insert(path[0].get<std::string>());
  for (const auto& column : match.entity->table->columns)
    if (!column.group.empty() && !partly.contains(std::string{column.group}))
      paths.erase(nlohmann::json::array({column.group}));
  for (const auto& relation : match.entity->relations) paths.erase(nlohmann::json::array({relation.field}));
  auto list = nlohmann::json::array();
  for (const auto& path : paths) list.push_back(path);
  return list;
}

/// Collects what the fields, collections and records of a kind were called before, for the catalog.
class renames {
 public:
  /// \param before  records of earlier transactions have the old names.
  explicit renames(std::int64_t before) : before_(before) {}

  [[nodiscard]] nlohmann::json of(const entity_match& match) {
    if (!match.is_known()) return made_;
    fields(match.table, {});
    for (const auto& one : match.relations) {
      if (!one.table.is_known()) continue;
      const auto field = text_in(*one.table.old, "field");
      fields(one.table, field);
      add(field, {}, text_in(*one.table.old, "kind"), one.relation->kind, true);
      add({}, {}, field, one.relation->field, false);
    }
    return made_;
  }

 private:
  void fields(const table_match& match, const std::string& relation) {
    for (std::size_t i = 0; i < match.table->stored; ++i) {
      const auto& column = match.table->columns[i];
      if (match.origins[i] == nullptr || !column.has_member()) continue;
      if (!column.group.empty()) add(relation, {}, match.groups[i], column.group, false);
      add(relation, match.groups[i], match.fields[i], column.field, false);
    }
  }
  void add(const std::string& relation, const std::string& group, const std::string& from, std::string_view to,
           bool is_kind) {
    if (from == to || from.empty()) return;
    nlohmann::json one = {{"before", before_}, {"from", from}, {"to", to}};
    if (!relation.empty()) one["relation"] = relation;
    if (!group.empty()) one["group"] = group;
    if (is_kind) one["kind"] = true;
    if (seen_.insert(one.dump()).second) made_.push_back(std::move(one));
  }

  std::int64_t before_;
  nlohmann::json made_ = nlohmann::json::array();
  std::set<std::string> seen_{};
};

}  // namespace varve::sql
