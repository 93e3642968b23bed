#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/apply.hpp"
#include "varve/diff/detail/apply.hpp"
#include "varve/diff/diff.hpp"
#include "varve/history/detail/examination.hpp"
#include "varve/store/state.hpp"

namespace varve::detail {

/// Whether rules of a document summarise: what they pass over no record tells.
[[nodiscard]] inline bool is_narrative(const document_rules& rules) {
  return rules.lenient || !rules.ignored.empty() || !rules.promoted.empty() || rules.layout.has_value();
}

/// The law of replay for one step: the records of a version, applied to the state before it, give a state equivalent to
/// its own, and backwards.
///
/// What the law does not reach is left out: what summarising rules cover, records that were cut for storage, columns that
/// were not versioned yet.
class step_replay {
 public:
  step_replay(examination& on, const entity_info& info, const entity_state& before, transaction_id from,
              const entity_state& after)
      : on_(on), info_(info), rules_(rules_of(info)), before_(before), after_(after) {
    for (const auto& path : on.removed(info)) left_out_.push_back(path);
    leave_out_columns(from);
    for (const auto& relation : info.relations) {
      if (on.lacks(relation, from))
        left_out_.push_back(nlohmann::json::array({relation.field}));
      else
        leave_out_items(relation);
    }
  }

  /// Whether what a path names is beyond the law.
  [[nodiscard]] bool is_left_out(const nlohmann::json& path) const {
    return std::any_of(left_out_.begin(), left_out_.end(), [&](const nlohmann::json& head) {
      return head.size() <= path.size() && std::equal(head.begin(), head.end(), path.begin());
    });
  }

  /// What the law is broken by; nothing when it holds.
  [[nodiscard]] std::optional<std::string> run(std::vector<change_record> records) {
    for (const auto& record : records) leave_out_cut(record);
    for (const auto& record : records)
      for (const auto* value : {&record.from, &record.to})
        if (value->is_object() && value->contains("uuid") && (*value)["uuid"].is_string())
          told_links_.insert((*value)["uuid"].get<std::string>());
    std::erase_if(records, [&](const change_record& record) { return is_cut(record) || is_left_out(record.path); });
    if (auto broken = replay(before_, records, after_)) return "its records do not lead to its state: " + *broken;
    if (auto broken = replay(after_, invert(records), before_))
      return "its records do not lead back to the state before: " + *broken;
    return std::nullopt;
  }

 private:
  void leave_out_columns(transaction_id from) {
    const auto& table = *info_.table;
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto& column = table.columns[i];
      if (column.is_versioned() && on_.since(table, i) > from)
        left_out_.push_back(nlohmann::json::array({std::string{column.group.empty() ? column.field : column.group}}));
    }
  }
  /// Items whose rows are older than one of their columns.
  void leave_out_items(const relation_info& relation) {
    transaction_id newest{};
    for (std::size_t i = 0; i < relation.table->stored; ++i)
      if (relation.table->columns[i].is_versioned()) newest = std::max(newest, on_.since(*relation.table, i));
    if (newest == transaction_id{}) return;
    const auto place = static_cast<std::size_t>(&relation - info_.relations.data());
    for (const auto* state : {&before_, &after_}) {
      const auto labels = natural_labels(relation, state->object.get());
      for (std::size_t i = 0; i < labels.size(); ++i)
        if (state->begins[place][i] < newest) leave_out_item(relation, labels[i]);
    }
  }
  void leave_out_item(const relation_info& relation, const std::string& label) {
    auto path = nlohmann::json::array({std::string{relation.field}});
    if (!relation.ordered && !relation.keeps_duplicates) path.push_back(label);
    left_out_.push_back(std::move(path));
  }

  [[nodiscard]] static bool is_cut(const change_record& record) {
    return record.operation == operation::update || is_marker(record.from) || is_marker(record.to);
  }
  /// What a record that was cut may have told.
  void leave_out_cut(const change_record& record) {
    if (!is_cut(record) || !record.path.is_array() || record.path.empty() || !record.path[0].is_string()) return;
    const auto& field = record.path[0].get_ref<const std::string&>();
    for (const auto& relation : info_.relations)
      if (relation.field == field) {
        if (record.path.size() == 2 && record.path[1].is_string())
          leave_out_item(relation, record.path[1].get<std::string>());
        else
          left_out_.push_back(nlohmann::json::array({field}));
        return;
      }
    for (const auto& column : info_.table->columns) {
      if ((column.group.empty() ? column.field : column.group) != field) continue;
      auto path = nlohmann::json::array({field});
      if (column.is(column_flag::document) && record.path.size() > 1) path.push_back(record.path[1]);
      left_out_.push_back(std::move(path));
      if (column.is(column_flag::document)) leave_out_members(rules_.of(column.field));
      return;
    }
    for (const auto& column : info_.table->columns)  // a layout's own record
      if (column.is(column_flag::document)) leave_out_members(rules_.of(column.field));
  }
  /// The links that a layout's records tell of.
  void leave_out_members(const document_rules& rules) {
    if (rules.layout && !rules.layout->membership.empty())
      left_out_.push_back(nlohmann::json::array({rules.layout->membership}));
  }

  [[nodiscard]] std::optional<std::string> replay(const entity_state& from, std::span<const change_record> records,
                                                  const entity_state& to) {
    const auto state = copy_state(info_, from.object.get());
    try {
      apply_records(info_, rules_, state.get(), records);
    } catch (const error& failed) {
      return failed.what();
    } catch (const nlohmann::json::exception&) {
      return "one of them cannot be applied";
    }
    return difference(state.get(), to.object.get());
  }
  [[nodiscard]] std::optional<std::string> difference(const void* replayed, const void* stored) {
    if (auto found = first_difference(replayed, stored, default_rules(), false)) return found;
    if (info_.rules == nullptr) return std::nullopt;
    return first_difference(replayed, stored, rules_, true);
  }
  /// \param narrative  looks at the documents whose rules summarise, else at all but these.
  [[nodiscard]] std::optional<std::string> first_difference(const void* replayed, const void* stored,
                                                            const rule_set& by, bool narrative) {
    diff_into(info_, replayed, stored, by, scratch_);
    for (const auto& found : scratch_.records()) {
      const auto* document = document_of(found.field);
      if (document != nullptr && rules_.of(document->field).layout) continue;
      if (narrative != (document != nullptr && is_narrative(rules_.of(document->field)))) continue;
      const auto path = scratch_.owned(found).path;
      if (is_left_out(path)) continue;
      const bool is_link = path.size() == 2 && path[1].is_string() && rules_.folds(found.field);
      if (is_link && told_links_.contains(path[1].get_ref<const std::string&>())) continue;
      return path.dump() + " differs";
    }
    return std::nullopt;
  }
  [[nodiscard]] const column_info* document_of(std::string_view field) const {
    for (const auto& column : info_.table->columns)
      if (column.is(column_flag::document) && column.group.empty() && column.field == field) return &column;
    return nullptr;
  }

  examination& on_;
  const entity_info& info_;
  const rule_set& rules_;
  const entity_state& before_;
  const entity_state& after_;
  std::vector<nlohmann::json> left_out_{};
  std::set<std::string, std::less<>> told_links_{};
  diff_scratch scratch_{};
};

}  // namespace varve::detail
