#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/conversion.hpp"
#include "varve/diff/detail/apply.hpp"
#include "varve/sql/detail/catalog.hpp"
#include "varve/store/store.hpp"

namespace varve::sql {

/// What the fields of a kind were before: their names and types. Stored records stay as they were written and are read
/// with the names and types of now.
class former_fields {
 public:
  former_fields() = default;
  /// \param changes  the content of the catalog's section `former`, in the order in which it happened.
  explicit former_fields(const nlohmann::json& changes) {
    for (const auto& one : changes)
      changes_.push_back({{one.value("before", std::int64_t{0})},
                          one.value("step", std::int64_t{0}),
                          one.value("relation", ""),
                          one.value("group", ""),
                          one.value("kind", false),
                          one.value("from", ""),
                          one.value("to", ""),
                          find_meaning(one.value("type", ""))});
  }
  [[nodiscard]] bool empty() const { return changes_.empty(); }

  /// Gives a record of the kind the names and types of now.
  void update(change_entry& entry) const {
    if (changes_.empty() || !(entry.transaction < changes_.back().before)) return;
    told record{nlohmann::json::parse(entry.path, nullptr, false), parse(entry.from), parse(entry.to)};
    record.is_count = entry.operation == "update";
    if (!record.path.is_array() || record.path.empty() || !record.path[0].is_string()) return;
    for (auto first = changes_.begin(); first != changes_.end();) {
      const auto end = std::find_if(
          first, changes_.end(), [&](const change& c) { return c.before != first->before || c.step != first->step; });
      if (entry.transaction < first->before) step({first, end}, record, entry.kind);
      first = end;
    }
    entry.path = record.path.dump();
    if (!record.from.is_discarded() && !entry.from.empty()) entry.from = record.from.dump();
    if (!record.to.is_discarded() && !entry.to.empty()) entry.to = record.to.dump();
  }

 private:
  struct change {
    transaction_id before{};  ///< records of earlier transactions have the old name and type
    std::int64_t step = 0;    ///< what changed at one time has the same
    std::string relation{};   ///< of a child's field: the collection, as it was called then; empty for the entity's own
    std::string group{};      ///< of a field in an embedded struct, likewise
    bool is_kind = false;     ///< the records of the collection had another kind
    std::string from{};
    std::string to{};
    std::optional<column_meaning> type{};  ///< the field's from then on, where it was another
  };
  /// What changed at one time: each name is looked up once.
  struct changes_at_once {
    std::vector<change>::const_iterator first, last;
    [[nodiscard]] auto begin() const { return first; }
    [[nodiscard]] auto end() const { return last; }
  };
  struct told {
    nlohmann::json path, from, to;
    bool is_count = false;  ///< of records that were collapsed: the values are not the field's
  };
  using members_by_name = std::map<std::string, const change*>;

  [[nodiscard]] static nlohmann::json parse(const std::string& text) {
    return text.empty() ? nlohmann::json{} : nlohmann::json::parse(text, nullptr, false);
  }
  static void step(const changes_at_once& changes, told& record, std::string& kind) {
    const auto head = record.path[0].get<std::string>();
    for (const auto& one : changes)
      if (one.is_kind && one.relation == head && one.from == kind) {
        kind = one.to;
        break;
      }
    if (!record.is_count) item(changes, head, record.from);
    if (!record.is_count) item(changes, head, record.to);
    own(changes, head, record);
  }
  /// The value of a child or link: its members, or a plain value.
  static void item(const changes_at_once& changes, const std::string& relation, nlohmann::json& value) {
    members_by_name members;
    std::map<std::string, members_by_name> inner;
    for (const auto& one : changes) {
      if (one.is_kind || one.relation.empty() || one.relation != relation) continue;
      (one.group.empty() ? members : inner[one.group]).emplace(one.from, &one);
    }
    if (const auto plain = members.find(""); plain != members.end()) {
      convert(*plain->second, value);
      return;
    }
    if (!value.is_object() || varve::detail::is_marker(value)) return;
    for (const auto& [group, of] : inner)
      if (const auto found = value.find(group); found != value.end()) update_members(of, *found);
    update_members(members, value);
  }
  /// The entity's own fields: the path, the value, and the members of an embedded struct told as a whole.
  static void own(const changes_at_once& changes, const std::string& head, told& record) {
    members_by_name inner;
    for (const auto& one : changes)
      if (!one.is_kind && one.relation.empty() && !one.group.empty() && one.group == head)
        inner.emplace(one.from, &one);
    if (!inner.empty() && record.path.size() > 1 && record.path[1].is_string()) {
      const auto found = inner.find(record.path[1].get<std::string>());
      if (found != inner.end()) {
        record.path[1] = found->second->to;
        if (record.path.size() == 2) convert(*found->second, record);
      }
    } else if (!inner.empty()) {
      update_members(inner, record.from);
      update_members(inner, record.to);
    }
    for (const auto& one : changes)
      if (!one.is_kind && one.relation.empty() && one.group.empty() && one.from == head) {
        record.path[0] = one.to;
        if (record.path.size() == 1) convert(one, record);
        return;
      }
  }
  static void update_members(const members_by_name& members, nlohmann::json& value) {
    if (members.empty() || !value.is_object() || varve::detail::is_marker(value)) return;
    auto made = nlohmann::json::object();
    for (auto& [name, member] : value.items()) {
      const auto found = members.find(name);
      if (found != members.end()) convert(*found->second, member);
      made[found == members.end() ? name : found->second->to] = std::move(member);
    }
    value = std::move(made);
  }
  static void convert(const change& one, nlohmann::json& value) {
    if (one.type && !varve::detail::is_marker(value)) value = varve::detail::converted_json(*one.type, value);
  }
  static void convert(const change& one, told& record) {
    if (record.is_count) return;
    convert(one, record.from);
    convert(one, record.to);
  }

  std::vector<change> changes_{};
};

}  // namespace varve::sql
