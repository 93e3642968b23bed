#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "varve/core/uuid.hpp"
#include "varve/diff/record.hpp"

namespace varve::detail {

/// A value as plain text: the form of keys in paths and in `entity_id`.
inline void append_plain(std::string& out, const value& value) {
  switch (value.kind()) {
    case value_kind::null: break;
    case value_kind::integer: append_number(out, value.integer()); break;
    case value_kind::real: append_number(out, value.real()); break;
    case value_kind::blob: append_hex(out, value.view()); break;
    case value_kind::text: out += value.view(); break;
  }
}

/// The opposite: sets a field that is not null to what its plain text says; false when that does not fit.
[[nodiscard]] inline bool write_plain(const column_info& column, void* field, std::string_view text) {
  switch (column.ops->meaning) {
    case column_meaning::boolean:
    case column_meaning::integer: {
      std::int64_t number = 0;
      const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
      return failed == std::errc{} && end == text.data() + text.size() && column.ops->write(field, value::of(number));
    }
    case column_meaning::blob: {
      std::string raw;
      return parse_hex(text, raw) && column.ops->write(field, value::blob(raw));
    }
    default: return column.ops->write(field, value::text(text));
  }
}

/// The natural key of a child as a step of a path: one column's plain text, of several a compact JSON array. A link is
/// named by its target's uuid, else by its key.
[[nodiscard]] inline std::string natural_label(const table_info& table, relation_kind what, const void* row) {
  value_buffer buffer;
  std::string label;
  if (what == relation_kind::links) {
    const auto& last = table.columns.back();
    if (last.is(column_flag::looked_up)) {
      const auto& id = *static_cast<const uuid*>(last.in(row));
      if (!id.is_nil()) return to_string(id);
    }
  }
  if (table.natural.size() == 1) {
    const auto& column = table.columns[table.natural[0]];
    append_plain(label, read_told(column, column.in(row), buffer));
    return label;
  }
  label.push_back('[');
  for (const auto index : table.natural) {
    if (label.size() > 1) label.push_back(',');
    const auto& column = table.columns[index];
    append_json(label, column.ops->meaning, read_told(column, column.in(row), buffer));
  }
  label.push_back(']');
  return label;
}

/// The natural labels of all items of a collection.
[[nodiscard]] inline std::vector<std::string> natural_labels(const relation_info& relation, const void* row) {
  std::vector<std::string> labels;
  const item_view items{relation, row};
  labels.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    labels.push_back(natural_label(*relation.table, relation.what, items[i]));
  return labels;
}

/// Tells equal labels apart: the nth becomes `label|n`, with the next n that no literal has.
inline void number_duplicates(std::vector<std::string>& labels, const std::set<std::string, std::less<>>& literals) {
  std::unordered_map<std::string, std::size_t> next;
  for (auto& label : labels) {
    auto [found, first] = next.try_emplace(label, 2);
    if (first) continue;
    std::string numbered;
    do {
      numbered = label + "|" + std::to_string(found->second++);
    } while (literals.contains(numbered));
    label = std::move(numbered);
  }
}

[[nodiscard]] inline bool has_duplicates(std::vector<std::string_view> labels) {
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end()) != labels.end();
}

/// Labels both sides so that duplicates are kept apart and a literal `name|2` is never mistaken for one.
inline void label_sides(std::vector<std::string>& from, std::vector<std::string>& to) {
  if (!has_duplicates({from.begin(), from.end()}) && !has_duplicates({to.begin(), to.end()})) return;
  std::set<std::string, std::less<>> literals{from.begin(), from.end()};
  literals.insert(to.begin(), to.end());
  number_duplicates(from, literals);
  number_duplicates(to, literals);
}

[[nodiscard]] inline bool same_field(const column_info& column, const void* a, const void* b) {
  const void* left = column.in(a);
  const void* right = column.in(b);
  if (left == nullptr || right == nullptr) return left == right;
  return column.ops->same(left, right);
}

/// Whether records tell two rows of one name apart that are not the same: they differ in a told column, of links in the
/// payload. Mostly it is enough to look at the few columns that are not told.
[[nodiscard]] inline bool differs_in_told(const relation_info& relation, const void* a, const void* b) {
  const auto told = [&](const column_info& column) {
    return is_told(column) && !(relation.what == relation_kind::links && column.is(column_flag::natural));
  };
  const auto& columns = relation.table->columns;
  const bool others_same = std::all_of(columns.begin(), columns.end(), [&](const column_info& column) {
    return told(column) || !column.has_member() || same_field(column, a, b);
  });
  if (others_same) return true;
  return std::any_of(columns.begin(), columns.end(),
                     [&](const column_info& column) { return told(column) && !same_field(column, a, b); });
}

inline constexpr std::uint32_t no_item = 0xFFFFFFFF;

/// Items of two sides matched by natural key, the nth of a key with the nth.
struct matched_items {
  std::vector<std::uint32_t> to_of_from{};  ///< for each item of the left side its match, or `no_item`
  std::vector<std::uint32_t> added{};       ///< items of the right side without a match, in their order
};

[[nodiscard]] inline matched_items match_labels(const std::vector<std::string>& from,
                                                const std::vector<std::string>& to) {
  matched_items matched;
  matched.to_of_from.assign(from.size(), no_item);
  std::unordered_map<std::string_view, std::uint32_t> places;
  std::size_t i = 0;
  const std::size_t shorter = std::min(from.size(), to.size());
  for (; i < shorter && from[i] == to[i]; ++i) matched.to_of_from[i] = static_cast<std::uint32_t>(i);
  for (std::size_t k = i; k < from.size(); ++k) places.emplace(from[k], static_cast<std::uint32_t>(k));
  for (std::size_t k = i; k < to.size(); ++k) {
    const auto found = places.find(to[k]);
    if (found == places.end())
      matched.added.push_back(static_cast<std::uint32_t>(k));
    else
      matched.to_of_from[found->second] = static_cast<std::uint32_t>(k);
  }
  return matched;
}

/// How many items of `count` are the same in every column, from these places on.
[[nodiscard]] inline std::size_t same_run(const table_info& table, const item_view& a, std::size_t i,
                                          const item_view& b, std::size_t j, std::size_t count) {
  if (count == 0) return 0;
  if (a.in_a_row()) return table.row->mismatch(a[i], b[j], count);
  std::size_t same = 0;
  while (same < count && table.row->mismatch(a[i + same], b[j + same], 1) == 1) ++same;
  return same;
}

/// Whether two collections are the same in every column, item by item.
[[nodiscard]] inline bool same_items(const relation_info& relation, const void* before, const void* after) {
  if (relation.size(before) != relation.size(after)) return false;
  const item_view left{relation, before};
  const item_view right{relation, after};
  return same_run(*relation.table, left, 0, right, 0, left.size()) == left.size();
}

/// Whether the order is the one that a collection would have if only its additions and removals were known: what stays,
/// then what is new.
[[nodiscard]] inline bool order_follows(std::size_t to_size, const std::vector<std::uint32_t>& to_of_from,
                                        std::size_t added) {
  std::size_t place = 0;
  bool gap = false;
  for (const auto target : to_of_from) {  // forward: survivors keep their order and come first
    if (target == no_item) {
      gap = true;
      continue;
    }
    if (gap || target != place) return false;  // backward: what was removed stood behind all that stays
    ++place;
  }
  return place + added == to_size;
}

/// What comes first on both sides did not move: it is left out, and so stays in its place.
inline void drop_common_prefix(std::vector<std::string>& from, std::vector<std::string>& to) {
  const auto [a, b] = std::mismatch(from.begin(), from.end(), to.begin(), to.end());
  from.erase(from.begin(), a);
  to.erase(to.begin(), b);
}

}  // namespace varve::detail
