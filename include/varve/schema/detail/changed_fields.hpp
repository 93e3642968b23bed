#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
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
  if (known) {
    std::map<std::string, std::string_view> groups;  // embedded structs that are called otherwise now
    for (std::size_t i = 0; i < match.table.table->stored; ++i)
      if (match.table.origins[i] != nullptr && !match.table.groups[i].empty())
        groups.emplace(match.table.groups[i], match.table.table->columns[i].group);
    for (auto path : *known) {
      if (const auto found = groups.find(path[0].get<std::string>()); found != groups.end()) path[0] = found->second;
      paths.insert(std::move(path));
    }
  }
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

/// Collects what the names and types of fields, collections and records of a kind were before, for the catalog.
class changed_fields {
 public:
  /// \param before  records of earlier transactions have the old names and types.
  /// \param known   what changed before that.
  changed_fields(std::int64_t before, const nlohmann::json& known)
      : before_(before), step_(known.empty() ? 1 : known.back().value("step", std::int64_t{0}) + 1) {}

  [[nodiscard]] nlohmann::json of(const entity_match& match) {
    if (!match.is_known()) return made_;
    fields(match.table, {});
    for (const auto& one : match.relations) {
      if (!one.table.is_known()) continue;
      const auto field = text_in(*one.table.old, "field");
      fields(one.table, field);
      const auto kind = text_in(*one.table.old, "kind");
      if (kind != one.relation->kind && !kind.empty())
        add({{"relation", field}, {"from", kind}, {"to", one.relation->kind}, {"kind", true}});
      if (field != one.relation->field) add({{"from", field}, {"to", one.relation->field}});
    }
    return made_;
  }

 private:
  void fields(const table_match& match, const std::string& relation) {
    for (std::size_t i = 0; i < match.table->stored; ++i) {
      const auto& column = match.table->columns[i];
      if (match.origins[i] == nullptr || !column.has_member()) continue;
      const bool is_plain = match.table->value == i;  // told without a name
      nlohmann::json one = {{"from", is_plain ? "" : match.fields[i]},
                            {"to", is_plain ? std::string_view{} : column.field}};
      if (!relation.empty()) one["relation"] = relation;
      if (!column.group.empty()) {
        if (match.groups[i] != column.group) {
          nlohmann::json group = {{"from", match.groups[i]}, {"to", column.group}};
          if (!relation.empty()) group["relation"] = relation;
          add(std::move(group));
        }
        one["group"] = match.groups[i];
      }
      const auto type = meaning_name(column.ops->meaning);
      if (text_in(*match.origins[i], "type") != type) one["type"] = type;
      if (one["from"] != one["to"] || one.contains("type")) add(std::move(one));
    }
  }
  void add(nlohmann::json one) {
    one["before"] = before_;
    one["step"] = step_;
    if (seen_.insert(one.dump()).second) made_.push_back(std::move(one));
  }

  std::int64_t before_;
  std::int64_t step_;
  nlohmann::json made_ = nlohmann::json::array();
  std::set<std::string> seen_{};
};

}  // namespace varve::sql
