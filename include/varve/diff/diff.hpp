#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "varve/diff/detail/collection.hpp"
#include "varve/diff/detail/items.hpp"
#include "varve/diff/detail/lock_step.hpp"
#include "varve/diff/detail/walk.hpp"
#include "varve/diff/rules.hpp"
#include "varve/diff/scratch.hpp"
#include "varve/entity/entity.hpp"

namespace varve {

namespace detail {

/// What a walk over two states of an entity finds, in the order of records.
class diff_sink {
 public:
  virtual void on_column(const column_info& column, const void* before, const void* after) = 0;
  /// An embedded struct that is there on one side only.
  virtual void on_group(const table_info& table, const column_info& first, const void* before, const void* after) = 0;
  virtual void on_document(const column_info& column, const void* before, const void* after) = 0;
  /// `from` is null for an addition, `to` for a removal.
  /// \param label  the item's name in paths, where names stand twice; else empty, and the item tells it.
  virtual void on_item(const relation_info& relation, const void* from, const void* to, std::string_view label) = 0;
  /// The labels of both sides, without those that both begin with.
  virtual void on_order(const relation_info& relation, const std::vector<std::string>& from,
                        const std::vector<std::string>& to) = 0;
  virtual void after_relation(const relation_info&) {}

 protected:
  ~diff_sink() = default;
};

/// Null and "" say the same in an entity's own text.
[[nodiscard]] inline bool equivalent(const column_info& column, const void* a, const void* b) {
  if (column.ops->meaning != column_meaning::text || column.is(column_flag::distinct_null)) return false;
  value_buffer buffer;
  const value left = a == nullptr ? value::null() : column.ops->read(a, buffer);
  const value right = b == nullptr ? value::null() : column.ops->read(b, buffer);
  return left.view().empty() && right.view().empty();
}

/// Columns that records tell of: no key, no uuid, no stamp, nothing excluded.
[[nodiscard]] constexpr bool is_entity_told(const column_info& column) {
  return column.is_compared() && !column.is_any(column_flag::key | column_flag::public_id);
}

inline void walk_columns(const table_info& table, const void* before, const void* after, diff_sink& sink) {
  if (table.row->mismatch(before, after, 1) == 1) return;
  struct difference {
    const column_info* column;
    bool whole_group;
  };
  std::vector<difference> scalars;
  std::vector<const column_info*> documents;
  for (const auto& column : table.columns) {
    if (!is_entity_told(column)) continue;
    const void* a = column.in(before);
    const void* b = column.in(after);
    if (a == nullptr && b == nullptr) continue;
    if (a == nullptr || b == nullptr) {
      if (scalars.empty() || scalars.back().column->group != column.group) scalars.push_back({&column, true});
      continue;
    }
    if (column.ops->same(a, b)) continue;
    if (column.is(column_flag::document) && column.group.empty())
      documents.push_back(&column);
    else if (!equivalent(column, a, b))
      scalars.push_back({&column, false});
  }
  const auto outer = [](const column_info& c) { return c.group.empty() ? c.field : c.group; };
  std::sort(scalars.begin(), scalars.end(), [&](const difference& a, const difference& b) {
    const auto left = outer(*a.column);
    const auto right = outer(*b.column);
    return left != right ? left < right : a.column->field < b.column->field;
  });
  for (const auto& [column, whole] : scalars) {
    if (whole)
      sink.on_group(table, *column, before, after);
    else
      sink.on_column(*column, before, after);
  }
  for (const auto* column : documents) sink.on_document(*column, before, after);
}

/// Tells a sink what was found between two states of a collection; of one whose order counts with all matches.
inline void tell_relation(const relation_info& relation, const void* before, const void* after,
                          const item_changes& changes, diff_sink& sink) {
  if (changes.empty() && (changes.in_step || !relation.ordered)) return;
  const bool reordered = relation.ordered && !changes.in_step;
  std::vector<std::string> from, to;  // numbered, where names stand twice
  if (reordered || (relation.keeps_duplicates && (has_twice(relation, before) || has_twice(relation, after))))
    std::tie(from, to) = side_labels(relation, before, after);
  const auto label = [](const std::vector<std::string>& labels, std::uint32_t place) {
    return labels.empty() ? std::string_view{} : std::string_view{labels[place]};
  };
  auto removed = changes.removed.begin();
  const auto tell_removed = [&](std::uint32_t end) {
    for (; removed != changes.removed.end() && *removed < end; ++removed)
      sink.on_item(relation, relation.item(before, *removed), nullptr, label(from, *removed));
  };
  for (const auto& pair : changes.changed) {
    tell_removed(pair.from);
    const void* a = relation.item(before, pair.from);
    const void* b = relation.item(after, pair.to);
    if (differs_in_told(relation, a, b)) sink.on_item(relation, a, b, label(from, pair.from));
  }
  tell_removed(no_item);
  for (const auto place : changes.added) sink.on_item(relation, nullptr, relation.item(after, place), label(to, place));
  if (reordered && !order_follows(to.size(), changes.to_of_from, changes.added.size())) {
    drop_common_prefix(from, to);
    sink.on_order(relation, from, to);
  }
  sink.after_relation(relation);
}

inline void walk_relation(const relation_info& relation, const void* before, const void* after, item_changes& changes,
                          diff_sink& sink) {
  compare_items(relation, before, after, changes);
  if (relation.ordered && !changes.in_step) match_items(relation, before, after, changes);
  tell_relation(relation, before, after, changes, sink);
}

/// \param changes  room to work in.
inline void walk_entity(const entity_info& info, const void* before, const void* after, item_changes& changes,
                        diff_sink& sink) {
  walk_columns(*info.table, before, after, sink);
  for (const auto& relation : info.relations) walk_relation(relation, before, after, changes, sink);
}

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
    append_item(text, *relation.table, item, buffer_);
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

/// Compares two states of an entity; the records are in the scratch and view both states.
inline void diff_into(const entity_info& info, const void* before, const void* after, const rule_set& rules,
                      diff_scratch& scratch) {
  scratch.clear();
  record_sink sink{rules, scratch};
  walk_entity(info, before, after, scratch.items(), sink);
}
/// The same where the collections have been compared already.
inline void diff_into(const entity_info& info, const void* before, const void* after,
                      std::span<const item_changes> collections, const rule_set& rules, diff_scratch& scratch) {
  scratch.clear();
  record_sink sink{rules, scratch};
  walk_columns(*info.table, before, after, sink);
  for (std::size_t r = 0; r < info.relations.size(); ++r)
    tell_relation(info.relations[r], before, after, collections[r], sink);
}

[[nodiscard]] inline std::vector<change_record> owned_records(const diff_scratch& scratch) {
  std::vector<change_record> records;
  records.reserve(scratch.records().size());
  for (const auto& record : scratch.records()) records.push_back(scratch.owned(record));
  return records;
}

}  // namespace detail

/// Change records between two states, owned: fields in the order of their names, documents, then collections.
///
/// \param rules  of documents; the descriptor's when not given. The default rules lose nothing.
/// Cost:         one comparison of both states; memory only for what differs.
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> diff(const Entity& before, const Entity& after, const rule_set& rules) {
  diff_scratch scratch;
  detail::diff_into(info_of<Entity>(), &before, &after, rules, scratch);
  return detail::owned_records(scratch);
}
template <entity_type Entity>
[[nodiscard]] std::vector<change_record> diff(const Entity& before, const Entity& after) {
  return diff(before, after, rules_of(info_of<Entity>()));
}

/// The same as borrowed records, in `scratch`: they view both states and the scratch, so temporaries are refused.
template <entity_type Entity>
std::span<const change_view> diff(const Entity& before, const Entity& after, diff_scratch& scratch,
                                  const rule_set& rules) {
  detail::diff_into(info_of<Entity>(), &before, &after, rules, scratch);
  return scratch.records();
}
template <entity_type Entity>
std::span<const change_view> diff(const Entity& before, const Entity& after, diff_scratch& scratch) {
  return diff(before, after, scratch, rules_of(info_of<Entity>()));
}
template <entity_type Entity>
void diff(const Entity&& before, const Entity& after, diff_scratch& scratch) = delete;
template <entity_type Entity>
void diff(const Entity& before, const Entity&& after, diff_scratch& scratch) = delete;
template <entity_type Entity>
void diff(const Entity&& before, const Entity&& after, diff_scratch& scratch) = delete;

/// Whether two states are equivalent: no record tells them apart.
template <entity_type Entity>
[[nodiscard]] bool equivalent(const Entity& before, const Entity& after, const rule_set& rules) {
  diff_scratch scratch;
  return diff(before, after, scratch, rules).empty();
}
template <entity_type Entity>
[[nodiscard]] bool equivalent(const Entity& before, const Entity& after) {
  return equivalent(before, after, default_rules());
}

}  // namespace varve
