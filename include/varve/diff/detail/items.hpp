#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/diff/detail/collection.hpp"

namespace varve::detail {

/// Whether two items have one natural key, of links one target: what `natural_label` would say, without a text.
[[nodiscard]] inline bool same_name(const relation_info& relation, const void* a, const void* b) {
  const auto& table = *relation.table;
  if (relation.what == relation_kind::links && table.columns.back().is(column_flag::looked_up)) {
    const auto& left = *static_cast<const uuid*>(table.columns.back().in(a));
    const auto& right = *static_cast<const uuid*>(table.columns.back().in(b));
    if (!left.is_nil() || !right.is_nil()) return left == right;
  }
  for (const auto index : table.natural) {
    const auto& column = table.columns[index];
    const void* left = column.in(a);
    const void* right = column.in(b);
    if (column.ops->same(left, right)) continue;
    if (table.natural.size() > 1 || !column.ops->nullable) return false;
    value_buffer left_text, right_text;  // a name that is null and one that is "" are one name
    const value x = column.ops->read(left, left_text);
    const value y = column.ops->read(right, right_text);
    if (!x.view().empty() || !y.view().empty() || x.kind() == value_kind::integer || y.kind() == value_kind::integer)
      return false;
  }
  return true;
}

[[nodiscard]] inline std::uint64_t hash_name(const relation_info& relation, const void* item, value_buffer& buffer) {
  const auto& table = *relation.table;
  constexpr auto mixed = [](std::uint64_t hash, std::uint64_t more) {
    hash ^= more;
    hash *= 0x9E3779B97F4A7C15U;
    return hash ^ (hash >> 32U);
  };
  if (relation.what == relation_kind::links && table.columns.back().is(column_flag::looked_up)) {
    const auto& id = *static_cast<const uuid*>(table.columns.back().in(item));
    if (!id.is_nil()) {
      std::uint64_t words[2];
      std::memcpy(words, id.octets.data(), sizeof words);
      return mixed(words[0], words[1]);
    }
  }
  std::uint64_t hash = 0;
  for (const auto index : table.natural) {
    const value part = table.columns[index].read(item, buffer);
    if (part.kind() == value_kind::integer)
      hash = mixed(hash, static_cast<std::uint64_t>(part.integer()));
    else if (part.kind() == value_kind::real)
      hash = mixed(hash, std::bit_cast<std::uint64_t>(part.real() == 0 ? 0.0 : part.real()));
    else
      hash = mixed(hash, std::hash<std::string_view>{}(part.view()));
  }
  return hash;
}

/// What differs between two states of a collection, by natural key; positions are indexes of the two vectors.
struct item_changes {
  struct pair {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };
  std::vector<pair> changed{};           ///< of one name, not the same in every column; by `from`
  std::vector<std::uint32_t> removed{};  ///< of the left side
  std::vector<std::uint32_t> added{};    ///< of the right side
  /// For each item of the left side its match or `no_item`; filled on request, for collections whose order counts.
  std::vector<std::uint32_t> to_of_from{};
  bool in_step = true;  ///< each item was matched with the one in its place

  /// Nothing came, went or changed; items may have moved.
  [[nodiscard]] bool empty() const { return changed.empty() && removed.empty() && added.empty(); }
  void clear() {
    changed.clear();
    removed.clear();
    added.clear();
    to_of_from.clear();
    in_step = true;
  }
};

/// The natural labels of all items of a state, which may be null.
[[nodiscard]] inline std::vector<std::string> labels_of(const relation_info& relation, const void* row) {
  return row == nullptr ? std::vector<std::string>{} : natural_labels(relation, row);
}
/// Those of both sides, duplicates told apart.
[[nodiscard]] inline std::pair<std::vector<std::string>, std::vector<std::string>> side_labels(
    const relation_info& relation, const void* before, const void* after) {
  std::pair labels{labels_of(relation, before), labels_of(relation, after)};
  label_sides(labels.first, labels.second);
  return labels;
}
/// Whether a name stands twice in a state.
[[nodiscard]] inline bool has_twice(const relation_info& relation, const void* row) {
  const auto labels = labels_of(relation, row);
  return has_duplicates({labels.begin(), labels.end()});
}

/// Matches the items of two states of a collection.
///
/// Both sides are walked in order while their items have one name; at a place where they have not, up to four items
/// ahead are looked at on either side, and after eight such places in a row all that remains is matched by a table.
/// Items of one name (of collections that keep duplicates) are matched the nth with the nth.
class item_comparison {
 public:
  item_comparison(const relation_info& relation, const void* before, const void* after)
      : relation_(relation),
        before_(before),
        after_(after),
        stride_(relation.items->stride),
        from_(first(before)),
        to_(first(after)),
        from_size_(before == nullptr ? 0 : relation.size(before)),
        to_size_(after == nullptr ? 0 : relation.size(after)) {}

  void run(item_changes& out, bool whole) {
    out.clear();
    whole_ = whole;
    if (whole) out.to_of_from.assign(from_size_, no_item);
    walk(out);
    out.in_step = left_.empty() && right_.empty();
    if (out.in_step) return;
    if (relation_.keeps_duplicates && (has_twice(relation_, before_) || has_twice(relation_, after_))) {
      match_occurrences(out);
      return;
    }
    match_rest(out);
  }

 private:
  static constexpr std::uint32_t look_ahead = 4;
  static constexpr int patience = 8;
  static constexpr std::size_t few_pairs = 64;

  [[nodiscard]] const std::byte* first(const void* row) const {
    return row == nullptr ? nullptr : static_cast<const std::byte*>(relation_.items->data(relation_.in(row)));
  }
  [[nodiscard]] const void* from(std::uint32_t i) const { return from_ + i * stride_; }
  [[nodiscard]] const void* to(std::uint32_t j) const { return to_ + j * stride_; }
  [[nodiscard]] bool one_name(std::uint32_t i, std::uint32_t j) const { return same_name(relation_, from(i), to(j)); }

  void walk(item_changes& out) {
    const auto n = static_cast<std::uint32_t>(from_size_);
    const auto m = static_cast<std::uint32_t>(to_size_);
    const auto mismatch = relation_.table->row->mismatch;
    std::uint32_t i = 0, j = 0;
    int misses = 0;
    while (i < n && j < m) {
      const std::uint32_t run = std::min(n - i, m - j);
      const auto same = static_cast<std::uint32_t>(mismatch(from(i), to(j), run));
      if (same > 0) misses = 0;
      if (whole_)
        for (std::uint32_t k = 0; k < same; ++k) out.to_of_from[i + k] = j + k;
      i += same;
      j += same;
      if (same == run) break;
      if (one_name(i, j)) {
        take(out, i++, j++);
        misses = 0;
        continue;
      }
      const auto [skip_from, skip_to] = next_in_step(i, j);
      if (skip_from == 0 && skip_to == 0) {
        left_.push_back(i++);
        right_.push_back(j++);
        if (++misses == patience) break;
        continue;
      }
      for (std::uint32_t k = 0; k < skip_from; ++k) left_.push_back(i++);
      for (std::uint32_t k = 0; k < skip_to; ++k) right_.push_back(j++);
    }
    for (; i < n; ++i) left_.push_back(i);
    for (; j < m; ++j) right_.push_back(j);
  }

  struct step {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };
  /// How many items of one side come before both are in step again; none when that is not near.
  [[nodiscard]] step next_in_step(std::uint32_t i, std::uint32_t j) const {
    for (std::uint32_t k = 1; k <= look_ahead; ++k) {
      if (j + k < to_size_ && one_name(i, j + k)) return {0, k};
      if (i + k < from_size_ && one_name(i + k, j)) return {k, 0};
    }
    return {};
  }

  void take(item_changes& out, std::uint32_t i, std::uint32_t j) {
    out.changed.push_back({i, j});
    if (whole_) out.to_of_from[i] = j;
  }
  void take_if_changed(item_changes& out, std::uint32_t i, std::uint32_t j) {
    if (whole_) out.to_of_from[i] = j;
    if (relation_.table->row->mismatch(from(i), to(j), 1) == 0) out.changed.push_back({i, j});
  }

  /// Matches what the walk left over.
  void match_rest(item_changes& out) {
    const std::size_t in_order = out.changed.size();
    if (left_.size() * right_.size() <= few_pairs)
      match_few(out);
    else
      match_by_table(out);
    if (out.changed.size() > in_order)
      std::sort(out.changed.begin(), out.changed.end(),
                [](const item_changes::pair& a, const item_changes::pair& b) { return a.from < b.from; });
  }

  void match_few(item_changes& out) {
    for (const auto i : left_) {
      const auto found = std::find_if(right_.begin(), right_.end(),
                                      [&](std::uint32_t j) { return j != no_item && one_name(i, j); });
      if (found == right_.end()) {
        out.removed.push_back(i);
        continue;
      }
      take_if_changed(out, i, *found);
      *found = no_item;
    }
    for (const auto j : right_)
      if (j != no_item) out.added.push_back(j);
  }

  /// An open-addressing table over the left side alone, probed with the right one.
  void match_by_table(item_changes& out) {
    const std::size_t size = std::bit_ceil(left_.size() * 2 + 2);
    const std::size_t mask = size - 1;
    struct slot {
      std::uint32_t hash = 0;
      std::uint32_t place = no_item;  // of left_
    };
    std::vector<slot> slots(size);
    value_buffer buffer;
    for (std::uint32_t k = 0; k < left_.size(); ++k) {
      const auto hash = static_cast<std::uint32_t>(hash_name(relation_, from(left_[k]), buffer));
      std::size_t at = hash & mask;
      while (slots[at].place != no_item) at = (at + 1) & mask;  // equal names stand in their order
      slots[at] = {hash, k};
    }
    std::vector<bool> matched(left_.size(), false);
    for (const auto j : right_) {
      const auto hash = static_cast<std::uint32_t>(hash_name(relation_, to(j), buffer));
      std::uint32_t found = no_item;
      for (std::size_t at = hash & mask; slots[at].place != no_item; at = (at + 1) & mask) {
        const auto place = slots[at].place;
        if (slots[at].hash != hash || matched[place] || !one_name(left_[place], j)) continue;
        found = place;
        break;
      }
      if (found == no_item) {
        out.added.push_back(j);
        continue;
      }
      matched[found] = true;
      take_if_changed(out, left_[found], j);
    }
    for (std::uint32_t k = 0; k < left_.size(); ++k)
      if (!matched[k]) out.removed.push_back(left_[k]);
  }

  /// The slow and exact way: the nth item of a name with the nth.
  void match_occurrences(item_changes& out) {
    out.clear();
    out.in_step = false;
    if (whole_) out.to_of_from.assign(from_size_, no_item);
    auto [left, right] = side_labels(relation_, before_, after_);
    const auto matched = match_labels(left, right);
    for (std::uint32_t i = 0; i < from_size_; ++i) {
      if (matched.to_of_from[i] == no_item)
        out.removed.push_back(i);
      else
        take_if_changed(out, i, matched.to_of_from[i]);
    }
    out.added = matched.added;
  }

  const relation_info& relation_;
  const void* before_;
  const void* after_;
  std::size_t stride_;
  const std::byte* from_;
  const std::byte* to_;
  std::size_t from_size_;
  std::size_t to_size_;
  bool whole_ = false;
  std::vector<std::uint32_t> left_{}, right_{};  ///< what the walk could not match
};

/// What differs between two states of a collection; a state that is null has no items.
inline void compare_items(const relation_info& relation, const void* before, const void* after, item_changes& out) {
  item_comparison{relation, before, after}.run(out, false);
}
/// The same with all matches, for collections whose order counts.
inline void match_items(const relation_info& relation, const void* before, const void* after, item_changes& out) {
  item_comparison{relation, before, after}.run(out, true);
}

}  // namespace varve::detail
