#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "varve/diff/detail/apply.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

/// What the fields of a kind were called before. Stored records stay as they were written and are read with the names
/// of now.
class record_names {
 public:
  record_names() = default;
  /// \param renames  the content of the catalog's section `renamed`, in the order in which it happened.
  explicit record_names(const nlohmann::json& renames) {
    for (const auto& one : renames)
      renames_.push_back({{one.value("before", std::int64_t{0})},
                          one.value("relation", ""),
                          one.value("group", ""),
                          one.value("kind", false),
                          one.value("from", ""),
                          one.value("to", "")});
  }
  [[nodiscard]] bool empty() const { return renames_.empty(); }

  /// Gives a record of the kind the names of now.
  void update(change_entry& entry) const {
    if (renames_.empty() || !(entry.transaction < renames_.back().before)) return;
    told record{nlohmann::json::parse(entry.path, nullptr, false), parse(entry.from), parse(entry.to)};
    if (!record.path.is_array() || record.path.empty() || !record.path[0].is_string()) return;
    for (auto first = renames_.begin(); first != renames_.end();) {
      const auto end = std::find_if(first, renames_.end(), [&](const rename& r) { return r.before != first->before; });
      if (entry.transaction < first->before) step({first, end}, record, entry.kind);
      first = end;
    }
    entry.path = record.path.dump();
    if (!record.from.is_discarded() && !entry.from.empty()) entry.from = record.from.dump();
    if (!record.to.is_discarded() && !entry.to.empty()) entry.to = record.to.dump();
  }

 private:
  struct rename {
    transaction_id before{};  ///< records of earlier transactions have the old name
    std::string relation{};   ///< of a child's field: the collection, as it was called then; empty for the entity's own
    std::string group{};      ///< of a field in an embedded struct, likewise
    bool is_kind = false;     ///< the records of the collection had another kind
    std::string from{};
    std::string to{};
  };
  /// What was renamed at one time: each name is looked up once.
  struct renames_at_once {
    std::vector<rename>::const_iterator first, last;
    [[nodiscard]] auto begin() const { return first; }
    [[nodiscard]] auto end() const { return last; }
  };
  struct told {
    nlohmann::json path, from, to;
  };

  [[nodiscard]] static nlohmann::json parse(const std::string& text) {
    return text.empty() ? nlohmann::json{} : nlohmann::json::parse(text, nullptr, false);
  }
  static void step(const renames_at_once& renames, told& record, std::string& kind) {
    const auto head = record.path[0].get<std::string>();
    for (const auto& one : renames)
      if (one.is_kind && one.relation == head && one.from == kind) {
        kind = one.to;
        break;
      }
    members(renames, head, record.from);
    members(renames, head, record.to);
    own(renames, head, record);
  }
  /// The members of a child's or payload's value.
  static void members(const renames_at_once& renames, const std::string& relation, nlohmann::json& value) {
    if (!value.is_object() || varve::detail::is_marker(value)) return;
    std::map<std::string, std::string> names;
    std::map<std::string, std::map<std::string, std::string>> inner;
    for (const auto& one : renames) {
      if (one.is_kind || one.relation.empty() || one.relation != relation) continue;
      (one.group.empty() ? names : inner[one.group]).emplace(one.from, one.to);
    }
    for (const auto& [group, of] : inner)
      if (const auto found = value.find(group); found != value.end()) rename_members(of, *found);
    rename_members(names, value);
  }
  /// The entity's own fields: the path, and the members of an embedded struct told as a whole.
  static void own(const renames_at_once& renames, const std::string& head, told& record) {
    std::map<std::string, std::string> inner;
    for (const auto& one : renames)
      if (!one.is_kind && one.relation.empty() && !one.group.empty() && one.group == head)
        inner.emplace(one.from, one.to);
    if (!inner.empty() && record.path.size() > 1 && record.path[1].is_string()) {
      const auto found = inner.find(record.path[1].get<std::string>());
      if (found != inner.end()) record.path[1] = found->second;
    } else if (!inner.empty()) {
      rename_members(inner, record.from);
      rename_members(inner, record.to);
    }
    for (const auto& one : renames)
      if (!one.is_kind && one.relation.empty() && one.group.empty() && one.from == head) {
        record.path[0] = one.to;
        return;
      }
  }
  static void rename_members(const std::map<std::string, std::string>& names, nlohmann::json& value) {
    if (names.empty() || !value.is_object() || varve::detail::is_marker(value)) return;
    auto made = nlohmann::json::object();
    for (auto& [name, member] : value.items()) {
      const auto found = names.find(name);
      made[found == names.end() ? name : found->second] = std::move(member);
    }
    value = std::move(made);
  }

  std::vector<rename> renames_{};
};

}  // namespace varve::sql
