#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/detail/entity_walk.hpp"
#include "varve/diff/detail/lock_step.hpp"
#include "varve/diff/detail/walk.hpp"
#include "varve/diff/rules.hpp"
#include "varve/diff/scratch.hpp"

namespace varve::detail {

/// Makes change records of what a walk finds.
class record_sink final : public diff_sink {
 public:
  record_sink(const rule_set& rules, diff_scratch& scratch) : rules_(rules), scratch_(scratch) {}

  void on_column(const column_info& column, const void* before, const void* after) override {
    scratch_.about(column.group.empty() ? column.field : column.group);
    value_buffer buffer;
    const bool was = !read_told(column, column.in(before), buffer).is_null();
    const bool is = !read_told(column, column.in(after), buffer).is_null();
    add_column(column, before, after, was, is);
  }
  void on_group(const table_info& table, const column_info& first, const void* before, const void* after) override {
    scratch_.about(first.group);
    const path_step path[] = {{first.group}};
    const bool was = first.in(before) != nullptr;
    scratch_.add("field", was ? operation::remove : operation::add, path,
                 was ? value_view::of_group(table, first.group, before) : value_view{},
                 was ? value_view{} : value_view::of_group(table, first.group, after));
  }
  void on_document(const column_info& column, const void* before, const void* after) override {
    scratch_.about(column.field);
    const document_job job{rules_.of(column.field), scratch_, told_, column.field};
    const void* a = column.in(before);
    const void* b = column.in(after);
    bool was = false, is = false;
    if (column.ops->json != nullptr) {
      const auto* from = column.ops->json(a);
      const auto* to = column.ops->json(b);
      was = from != nullptr;
      is = to != nullptr;
      if (walk_values(job, from, to)) return;
    } else {
      const auto from = text_of(column, a);
      const auto to = text_of(column, b);
      was = from.has_value();
      is = to.has_value();
      if (compare_texts(job, from, to)) return;
    }
    if (!equivalent(column, a, b)) add_column(column, before, after, was, is);
  }
  void on_item(const relation_info& relation, const void* from, const void* to, std::string_view label) override {
    scratch_.about(relation.field);
    if (relation_begin_ == none) relation_begin_ = scratch_.raw_records().size();
    const auto op = from == nullptr ? operation::add : to == nullptr ? operation::remove : operation::edit;
    const auto name =
        label.empty() ? name_of(relation, from != nullptr ? from : to) : scratch_.keep(std::string{label});
    if (relation.what == relation_kind::links && op != operation::edit && rules_.folds(relation.field) &&
        std::find(told_.begin(), told_.end(), std::pair{op, std::string{name}}) != told_.end())
      return;
    const path_step path[] = {{relation.field}, {name}};
    scratch_.add(relation.kind, op, path, item_value(relation, from), item_value(relation, to));
  }
  void on_order(const relation_info& relation, const std::vector<std::string>& from,
                const std::vector<std::string>& to) override {
    scratch_.about(relation.field);
    const path_step path[] = {{relation.field}};
    scratch_.add(relation.kind, operation::move, path, value_view::of_raw(scratch_.keep(nlohmann::json(from).dump())),
                 value_view::of_raw(scratch_.keep(nlohmann::json(to).dump())));
  }
  void after_relation(const relation_info& relation) override {
    if (relation.what == relation_kind::links && rules_.sorted_links() && relation_begin_ != none) {
      auto& records = scratch_.raw_records();
      const auto rank = [](operation op) { return op == operation::remove ? 0 : op == operation::add ? 2 : 1; };
      std::sort(records.begin() + static_cast<std::ptrdiff_t>(relation_begin_), records.end(),
                [&](const change_view& a, const change_view& b) {
                  if (a.operation != b.operation) return rank(a.operation) < rank(b.operation);
                  return scratch_.path(a).back().name < scratch_.path(b).back().name;
                });
    }
    relation_begin_ = none;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// The text where it stands; one that a column type converts to is kept.
  document_text text_of(const column_info& column, const void* field) {
    if (column.ops->text != nullptr) {
      const auto* held = column.ops->text(field);
      return held == nullptr ? document_text{} : document_text{*held};
    }
    const value text = column.ops->read(field, buffer_);
    return text.is_null() ? document_text{} : document_text{scratch_.keep(std::string{text.view()})};
  }

  void add_column(const column_info& column, const void* before, const void* after, bool was, bool is) {
    path_step path[2];
    std::size_t size = 0;
    if (!column.group.empty()) path[size++] = {column.group};
    path[size++] = {column.field};
    // Inside an embedded struct null is a value like others only when both sides have one; else the side is absent.
    const auto op = !was ? operation::add : !is ? operation::remove : operation::edit;
    scratch_.add("field", op, {path, size}, was ? value_view::of_column(column, before) : value_view{},
                 is ? value_view::of_column(column, after) : value_view{});
  }

  /// A text as it stands in the item, anything else written into the scratch.
  std::string_view name_of(const relation_info& relation, const void* item) {
    const auto& table = *relation.table;
    if (relation.what == relation_kind::children && table.natural.size() == 1) {
      const auto& column = table.columns[table.natural[0]];
      const value name = read_told(column, column.in(item), buffer_);
      if (name.kind() == value_kind::text && name.view().data() != buffer_.text.data()) return name.view();
    }
    return scratch_.keep(natural_label(table, relation.what, item));
  }

  /// A child whole; a link as its target's name, with payload as an object.
  value_view item_value(const relation_info& relation, const void* item) {
    if (item == nullptr) return {};
    if (relation.what == relation_kind::children) return value_view::of_item(*relation.table, item);
    const bool payload = std::any_of(relation.table->columns.begin(), relation.table->columns.end(),
                                     [](const auto& c) { return is_told(c) && !c.is(column_flag::natural); });
    const auto& uuid_column = relation.table->columns.back();
    const auto& id = *static_cast<const uuid*>(uuid_column.in(item));
    const auto& key = relation.table->columns[relation.table->natural[0]];
    if (!payload) return id.is_nil() ? value_view::of_column(key, item) : value_view::of_column(uuid_column, item);
    std::string text;
    value_view::of_item(*relation.table, item).append_json_to(text);
    auto object = nlohmann::json::parse(text);
    if (!id.is_nil()) object[std::string{key.field}] = to_string(id);
    return value_view::of_raw(scratch_.keep(object.dump()));
  }

  const rule_set& rules_;
  diff_scratch& scratch_;
  told_links told_{};
  value_buffer buffer_{};
  std::size_t relation_begin_ = none;
};

}  // namespace varve::detail
