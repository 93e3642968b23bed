#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/detail/apply.hpp"
#include "varve/diff/detail/lock_step.hpp"
#include "varve/diff/diff.hpp"

namespace varve::detail {

/// Which child a record tells of, however its duplicates were numbered in that step: natural key, and the how manyth.
struct item_name {
  std::string key{};
  std::size_t rank = 1;

  friend bool operator==(const item_name&, const item_name&) = default;
  friend auto operator<=>(const item_name&, const item_name&) = default;
};

/// Natural keys of a collection that look like a numbered duplicate (`name|2`) and come or go in some step.
/// Those that never change in any step cannot be known; with several of them a number may differ.
using literal_keys = std::set<std::string, std::less<>>;

/// The label of an item: the nth duplicate has the next n that no literal key has.
[[nodiscard]] inline std::string label_of(const item_name& item, const literal_keys& literals) {
  std::string label = item.key;
  std::size_t number = 1;
  for (std::size_t rank = 1; rank < item.rank; ++rank) {
    do {
      label = item.key + "|" + std::to_string(++number);
    } while (literals.contains(label));
  }
  return label;
}

/// The opposite, for a label whose natural key is known.
[[nodiscard]] inline item_name name_of_label(std::string_view key, std::string_view label,
                                             const literal_keys& literals) {
  item_name item{std::string{key}, 1};
  if (label.size() <= key.size() + 1) return item;
  const auto digits = label.substr(key.size() + 1);
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  for (std::size_t n = 2; n <= number; ++n)
    if (!literals.contains(item.key + "|" + std::to_string(n))) ++item.rank;
  return item;
}

/// Folds the records of several steps: by path, where a whole that met its parts is told as the diff would tell it.
class record_squasher : record_reader {
 public:
  record_squasher(const entity_info& info, const rule_set& rules) : record_reader(info), info_(info), rules_(rules) {}

  [[nodiscard]] std::vector<change_record> squash(std::span<const std::vector<change_record>> steps) {
    for (const auto& step : steps)
      for (const auto& record : step)
        if (relation_of(record) == nullptr) add(record);
    for (auto& [path, net] : nets_) tell(net);
    for (const auto& relation : info_.relations) fold_items(relation, steps);
    return std::move(told_);
  }

 private:
  struct net_change {
    json path{};
    std::string kind{};
    std::optional<json> from{};
    std::optional<json> to{};
    operation last = operation::edit;
  };

  [[nodiscard]] const relation_info* relation_of(const change_record& record) const {
    for (const auto& relation : info_.relations)
      if (record.path[0] == relation.field) return &relation;
    return nullptr;
  }
  /// The column that a path begins with, or the first of an embedded struct; null for a layout's node.
  [[nodiscard]] const column_info* column_at(const json& path) const {
    for (const auto& column : info_.table->columns)
      if (path[0] == (column.group.empty() ? column.field : column.group)) return &column;
    return nullptr;
  }
  [[nodiscard]] static bool is_prefix(const json& shorter, const json& longer) {
    return shorter.size() < longer.size() && std::equal(shorter.begin(), shorter.end(), longer.begin());
  }
  [[nodiscard]] static bool is_document(const column_info& column) {
    return column.is(column_flag::document) && column.group.empty();
  }

  static void fold(net_change& net, const change_record& record) {
    net.kind = record.kind;
    const bool is_edit = record.operation == operation::add || record.operation == operation::remove;
    net.last = is_edit ? operation::edit : record.operation;
    if (record.operation == operation::remove)
      net.to.reset();
    else
      net.to = record.to;
  }
  [[nodiscard]] static net_change begin(const change_record& record, json path) {
    net_change net;
    net.path = std::move(path);
    if (record.operation != operation::add) net.from = record.from;
    return net;
  }

  // ---- fields, embedded structs and documents ----

  void add(const change_record& record) {
    const auto* column = column_at(record.path);
    if (column != nullptr && (is_document(*column) || !column->group.empty())) {
      for (auto& [path, net] : nets_)
        if (is_prefix(net.path, record.path)) {  // a part of what is told whole
          change_part(*column, net.to, net.path.size(), record);
          return;
        }
      std::vector<std::string> parts;
      for (const auto& [path, net] : nets_)
        if (is_prefix(record.path, net.path)) parts.push_back(path);
      if (!parts.empty()) {
        net_change whole = begin(record, record.path);
        for (const auto& part : parts) {  // what the whole was before its parts changed
          const auto& net = nets_[part];
          change_record back;
          back.path = net.path;
          back.operation = !net.from ? operation::remove : !net.to ? operation::add : operation::edit;
          back.from = net.to.value_or(json{});
          back.to = net.from.value_or(json{});
          change_part(*column, whole.from, record.path.size(), back);
          nets_.erase(part);
        }
        fold(whole, record);
        nets_.emplace(record.path.dump(), std::move(whole));
        return;
      }
    }
    const auto [found, first] = nets_.try_emplace(record.path.dump());
    if (first) found->second = begin(record, record.path);
    fold(found->second, record);
  }

  /// Changes a part of a whole value; a document held as text stays text.
  static void change_part(const column_info& column, std::optional<json>& whole, std::size_t skip,
                          const change_record& record) {
    if (!column.group.empty()) {  // its members are never missing, only null
      if (whole) (*whole)[record.path[1].get<std::string>()] = record.to;
      return;
    }
    const auto path = std::span{record.path.get_ref<const json::array_t&>()}.subspan(skip);
    if (skip == 1 && column.ops->json == nullptr) {
      const auto held = text_of(whole);
      auto text = held ? object_text(*held) : std::nullopt;
      if (!text) text = "{}";
      static_cast<void>(apply_to_text(*text, path, record));
      whole = std::move(*text);
      return;
    }
    json value = whole.value_or(json{});
    if (skip == 1 && !value.is_object()) value = json::object();
    static_cast<void>(apply_to_json(value, path, record, true));
    whole = std::move(value);
  }
  [[nodiscard]] static document_text text_of(const std::optional<json>& whole) {
    return whole && whole->is_string() ? document_text{whole->get_ref<const std::string&>()} : std::nullopt;
  }

  [[nodiscard]] static bool is_blank_or_none(const std::optional<json>& value) { return !value || is_blank(*value); }

  [[nodiscard]] static bool says_nothing(const column_info& column, const std::optional<json>& from,
                                         const std::optional<json>& to) {
    if (column.ops->meaning == column_meaning::text && !column.is(column_flag::distinct_null) &&
        is_blank_or_none(from) && is_blank_or_none(to))
      return true;
    return from.has_value() == to.has_value() && (!from || same_json(*from, *to));
  }

  void tell(const net_change& net) {
    if (!net.from && !net.to) return;
    if (const auto* column = column_at(net.path)) {
      if (is_document(*column)) {
        if (tell_document(*column, net)) return;
      } else if (!column->group.empty()) {
        if (net.path.size() == 1 && net.from && net.to) return tell_members(*column, net);
        if (net.path.size() == 2) column = column_of_member(*column, net.path[1]);
      }
      if (column != nullptr && net.path.size() <= 2 && !is_part_of_document(*column, net) &&
          says_nothing(*column, net.from, net.to))
        return;
    }
    if (net.from && net.to && same_json(*net.from, *net.to)) return;
    add_record(net);
  }
  [[nodiscard]] static bool is_part_of_document(const column_info& column, const net_change& net) {
    return is_document(column) && net.path.size() > 1;
  }
  [[nodiscard]] const column_info* column_of_member(const column_info& first, const json& member) const {
    for (const auto& column : info_.table->columns)
      if (column.group == first.group && member == column.field) return &column;
    return nullptr;
  }

  void add_record(const net_change& net) {
    change_record record;
    record.kind = net.kind;
    record.path = net.path;
    record.operation = !net.from ? operation::add : !net.to ? operation::remove : net.last;
    if (net.from) record.from = *net.from;
    if (net.to) record.to = *net.to;
    told_.push_back(std::move(record));
  }

  /// Tells an embedded struct that is there on both sides member by member.
  void tell_members(const column_info& first, const net_change& net) {
    for (const auto& column : info_.table->columns) {
      if (column.group != first.group || !column.is_compared()) continue;
      const auto member = [&](const json& whole) -> std::optional<json> {
        const json& value = member_or_null(whole, column.field);
        const bool can_hold_null = column.ops->meaning == column_meaning::json && !column.ops->nullable;
        return value.is_null() && !can_hold_null ? std::nullopt : std::optional{value};
      };
      net_change part{net.path, "field", member(*net.from), member(*net.to)};
      part.path.push_back(std::string{column.field});
      if (!says_nothing(column, part.from, part.to)) add_record(part);
    }
  }

  /// Tells a document, or a whole member of it, as the diff does; false when that is one record of the whole.
  bool tell_document(const column_info& column, const net_change& net) {
    diff_scratch scratch;
    told_links told;
    const document_job job{rules_.of(column.field), scratch, told, column.field};
    json from = json::object();
    json to = json::object();
    if (net.path.size() > 1) {
      const bool is_list = job.rules.promoted.contains(net.path[1].is_string() ? net.path[1].get<std::string>() : "");
      if (is_list && net.path.size() > 2) return false;  // an item of it
      if (!put(from, net.path, net.from) || !put(to, net.path, net.to)) return false;
      document_walk{job}.run(from, to);
    } else if (column.ops->json != nullptr) {
      if (!walk_values(job, net.from ? &*net.from : nullptr, net.to ? &*net.to : nullptr)) return false;
    } else if (!compare_texts(job, text_of(net.from), text_of(net.to))) {
      return false;
    }
    for (auto& part : owned_records(scratch)) told_.push_back(std::move(part));
    return true;
  }
  /// Puts a part's value where it stands in a document; a part is told where both ends have what it is a part of.
  [[nodiscard]] static bool put(json& object, const json& path, const std::optional<json>& value) {
    json* place = &object;
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
      if (!path[i].is_string()) return false;
      place = &((*place)[path[i].get<std::string>()] = json::object());
    }
    if (!path.back().is_string()) return false;
    if (value) (*place)[path.back().get<std::string>()] = *value;
    return true;
  }

  // ---- collections ----

  using item_names = std::map<std::string, item_name, std::less<>>;

  [[nodiscard]] std::string natural_key(const relation_info& relation, const change_record& record) const {
    const auto& value = record.operation == operation::add ? record.to : record.from;
    return natural_label(*relation.table, relation.what, item_of(relation, record, value).get());
  }
  [[nodiscard]] static bool is_item(const relation_info& relation, const change_record& record) {
    return record.path.size() == 2 && record.path[0] == relation.field && record.path[1].is_string();
  }
  [[nodiscard]] static bool may_be_numbered(const relation_info& relation, std::string_view label) {
    return relation.what == relation_kind::children && label.find('|') != std::string_view::npos;
  }

  /// Of the keys that look like numbered duplicates: those that are there before a step, kept up from step to step.
  static void pass(const change_record& record, const std::string& key, literal_keys& present) {
    if (record.operation == operation::add)
      present.insert(key);
    else if (record.operation == operation::remove)
      present.erase(key);
  }

  void fold_items(const relation_info& relation, std::span<const std::vector<change_record>> steps) {
    literal_keys first, seen;
    for (const auto& step : steps)
      for (const auto& record : step) {
        if (!is_item(relation, record)) continue;
        const auto& label = record.path[1].get_ref<const std::string&>();
        if (!may_be_numbered(relation, label) || label != natural_key(relation, record)) continue;
        if (record.operation != operation::edit && seen.insert(label).second && record.operation == operation::remove)
          first.insert(label);
      }
    std::map<item_name, net_change> nets;
    std::vector<item_name> from, to;  // the order of both ends, behind what never moved
    std::string order_kind;
    literal_keys present = first;
    for (const auto& step : steps) {
      literal_keys literals = present;
      for (const auto& record : step)
        if (is_item(relation, record)) {
          const auto& label = record.path[1].get_ref<const std::string&>();
          if (seen.contains(label) && natural_key(relation, record) == label) pass(record, label, present);
        }
      literals.insert(present.begin(), present.end());

      item_names names;
      std::vector<item_name> removed, added;
      const change_record* order = nullptr;
      for (const auto& record : step) {
        if (record.path[0] != relation.field) continue;
        if (!is_item(relation, record)) {
          if (record.operation == operation::move)
            order = &record;
          else
            add(record);
          continue;
        }
        const auto& label = record.path[1].get_ref<const std::string&>();
        const auto name = may_be_numbered(relation, label)
                              ? name_of_label(natural_key(relation, record), label, literals)
                              : item_name{label, 1};
        names.emplace(label, name);
        if (record.operation == operation::remove) removed.push_back(name);
        if (record.operation == operation::add) added.push_back(name);
        const auto [found, is_first] = nets.try_emplace(name);
        if (is_first) found->second = begin(record, {});
        fold(found->second, record);
      }
      if (!relation.ordered) continue;
      const std::size_t known = to.size();
      std::vector<item_name> before = std::move(removed), after;
      if (order != nullptr) {
        before = names_of(relation, labels_of(*order, order->from), names, literals);
        after = names_of(relation, labels_of(*order, order->to), names, literals);
      } else {
        after = std::move(added);  // what was removed stood at the end, and there stands what was added
      }
      if (before.size() > known)
        from.insert(from.begin(), before.begin(), before.end() - static_cast<std::ptrdiff_t>(known));
      to.resize(known - std::min(known, before.size()));
      to.insert(to.end(), after.begin(), after.end());
    }
    literal_keys ends = std::move(first);
    ends.insert(present.begin(), present.end());
    std::vector<item_name> edited, gone, come;
    for (const auto& [name, net] : nets) (net.from && net.to ? edited : net.from ? gone : come).push_back(name);
    sort_by_place(gone, from);
    sort_by_place(come, to);
    for (const auto* group : {&gone, &edited, &come})
      for (const auto& name : *group) {
        auto& net = nets.at(name);
        if (!net.from && !net.to) continue;
        if (net.from && net.to && same_json(*net.from, *net.to)) continue;
        net.path = json::array({std::string{relation.field}, label_of(name, ends)});
        add_record(net);
      }
    tell_order(relation, from, to, ends);
  }

  [[nodiscard]] static std::vector<item_name> names_of(const relation_info& relation,
                                                       const std::vector<std::string>& labels, const item_names& names,
                                                       const literal_keys& literals) {
    std::vector<item_name> found;
    for (const auto& label : labels) {
      const auto known = names.find(label);
      const auto bar = label.rfind('|');
      if (known != names.end())
        found.push_back(known->second);
      else if (!relation.keeps_duplicates || bar == std::string::npos || literals.contains(label))
        found.push_back({label, 1});
      else
        found.push_back(name_of_label(std::string_view{label}.substr(0, bar), label, literals));
    }
    return found;
  }

  /// In the order of a side of an ordered collection; of others, where nothing is known of it, by name.
  static void sort_by_place(std::vector<item_name>& names, const std::vector<item_name>& order) {
    const auto place = [&](const item_name& name) { return std::find(order.begin(), order.end(), name); };
    std::sort(names.begin(), names.end(), [&](const item_name& a, const item_name& b) {
      return std::pair{place(a), a} < std::pair{place(b), b};
    });
  }

  void tell_order(const relation_info& relation, const std::vector<item_name>& before,
                  const std::vector<item_name>& after, const literal_keys& ends) {
    std::vector<std::string> from, to;
    for (const auto& name : before) from.push_back(label_of(name, ends));
    for (const auto& name : after) to.push_back(label_of(name, ends));
    const auto matched = match_labels(from, to);
    if (order_follows(to.size(), matched.to_of_from, matched.added.size())) return;
    drop_common_prefix(from, to);
    add_record({json::array({std::string{relation.field}}), std::string{relation.kind}, from, to, operation::move});
  }

  const entity_info& info_;
  const rule_set& rules_;
  std::map<std::string, net_change> nets_{};
  std::vector<change_record> told_{};
};

}  // namespace varve::detail
