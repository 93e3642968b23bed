#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
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

[[nodiscard]] inline std::uint64_t hash_name(const relation_info& relation, const void* item) {
  const auto& table = *relation.table;
  if (relation.what == relation_kind::links && table.columns.back().is(column_flag::looked_up)) {
    const auto& id = *static_cast<const uuid*>(table.columns.back().in(item));
    if (!id.is_nil()) return hash_text({reinterpret_cast<const char*>(id.octets.data()), id.octets.size()});
  }
  std::uint64_t hash = 0;
  for (const auto index : table.natural) {
    const auto& column = table.columns[index];
    hash = mixed(hash, column.ops->hash(column.in(item)));
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

  // Room to work in, kept from one comparison to the next.
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t place = no_item;
  };
  std::vector<std::uint32_t> left{}, right{};  ///< what the walk could not match
  std::vector<slot> slots{};
  std::vector<std::uint32_t> hashes{};
  std::vector<std::uint8_t> matched{};

  /// Nothing came, went or changed; items may have moved.
  [[nodiscard]] bool empty() const { return changed.empty() && removed.empty() && added.empty(); }
  void clear() {
    changed.clear();
    removed.clear();
    added.clear();
    to_of_from.clear();
    left.clear();
    right.clear();
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
  item_comparison(const relation_info& relation, const void* before, const void* after, item_changes& out)
      : relation_(relation),
        before_(before),
        after_(after),
        from_(relation, before),
        to_(relation, after),
        from_size_(from_.size()),
        to_size_(to_.size()),
        out_(out) {}

  void run(bool whole) {
    out_.clear();
    whole_ = whole;
    if (whole) out_.to_of_from.assign(from_size_, no_item);
    walk();
    out_.in_step = out_.left.empty() && out_.right.empty();
    if (out_.in_step) return;
    if (relation_.keeps_duplicates && (has_twice(relation_, before_) || has_twice(relation_, after_))) {
      match_occurrences();
      return;
    }
    match_rest();
  }

 private:
  static constexpr std::uint32_t look_ahead = 4;
  static constexpr int patience = 8;
  static constexpr std::size_t few_pairs = 64;

  [[nodiscard]] const void* from(std::uint32_t i) const { return from_[i]; }
  [[nodiscard]] const void* to(std::uint32_t j) const { return to_[j]; }
  [[nodiscard]] bool one_name(std::uint32_t i, std::uint32_t j) const { return same_name(relation_, from(i), to(j)); }

  void walk() {
    const auto n = static_cast<std::uint32_t>(from_size_);
    const auto m = static_cast<std::uint32_t>(to_size_);
    std::uint32_t i = 0, j = 0;
    int misses = 0;
    while (i < n && j < m) {
      const std::uint32_t run = std::min(n - i, m - j);
      const auto same = static_cast<std::uint32_t>(same_run(*relation_.table, from_, i, to_, j, run));
      if (same > 0) misses = 0;
      if (whole_)
        for (std::uint32_t k = 0; k < same; ++k) out_.to_of_from[i + k] = j + k;
      i += same;
      j += same;
      if (same == run) break;
      if (one_name(i, j)) {
        take(i++, j++);
        misses = 0;
        continue;
      }
      const auto [skip_from, skip_to] = next_in_step(i, j);
      if (skip_from == 0 && skip_to == 0) {
        out_.left.push_back(i++);
        out_.right.push_back(j++);
        if (++misses == patience) break;
        continue;
      }
      for (std::uint32_t k = 0; k < skip_from; ++k) out_.left.push_back(i++);
      for (std::uint32_t k = 0; k < skip_to; ++k) out_.right.push_back(j++);
    }
    for (; i < n; ++i) out_.left.push_back(i);
    for (; j < m; ++j) out_.right.push_back(j);
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

  void take(std::uint32_t i, std::uint32_t j) {
    out_.changed.push_back({i, j});
    if (whole_) out_.to_of_from[i] = j;
  }
  void take_if_changed(std::uint32_t i, std::uint32_t j) {
    if (whole_) out_.to_of_from[i] = j;
    if (relation_.table->row->mismatch(from(i), to(j), 1) == 0) out_.changed.push_back({i, j});
  }

  /// Matches what the walk left over.
  void match_rest() {
    const std::size_t in_order = out_.changed.size();
    if (out_.left.size() * out_.right.size() <= few_pairs)
      match_few();
    else
      match_by_table();
    if (out_.changed.size() > in_order)
      std::sort(out_.changed.begin(), out_.changed.end(),
                [](const item_changes::pair& a, const item_changes::pair& b) { return a.from < b.from; });
  }

  void match_few() {
    for (const auto i : out_.left) {
      const auto found = std::find_if(out_.right.begin(), out_.right.end(),
                                      [&](std::uint32_t j) { return j != no_item && one_name(i, j); });
      if (found == out_.right.end()) {
        out_.removed.push_back(i);
        continue;
      }
      take_if_changed(i, *found);
      *found = no_item;
    }
    for (const auto j : out_.right)
      if (j != no_item) out_.added.push_back(j);
  }

  /// An open-addressing table over the left side alone, probed with the right one. What comes next is fetched ahead.
  void match_by_table() {
    const std::size_t size = std::bit_ceil(out_.left.size() * 2 + 2);
    const std::size_t mask = size - 1;
    auto& slots = out_.slots;
    slots.assign(size, {});
    for (std::uint32_t k = 0; k < out_.left.size(); ++k) {
      const auto hash = static_cast<std::uint32_t>(hash_name(relation_, from(out_.left[k])));
      std::size_t at = hash & mask;
      while (slots[at].place != no_item) at = (at + 1) & mask;  // equal names stand in their order
      slots[at] = {hash, k};
    }
    auto& hashes = out_.hashes;
    hashes.clear();
    for (const auto j : out_.right) hashes.push_back(static_cast<std::uint32_t>(hash_name(relation_, to(j))));
    out_.matched.assign(out_.left.size(), 0);
    for (std::size_t k = 0; k < out_.right.size(); ++k) {
      if (k + 16 < hashes.size()) __builtin_prefetch(&slots[hashes[k + 16] & mask]);
      if (k + 8 < hashes.size()) {
        const auto place = slots[hashes[k + 8] & mask].place;
        if (place != no_item) __builtin_prefetch(from(out_.left[place]));
      }
      if (!match_by_hash(out_.right[k], hashes[k], mask)) out_.added.push_back(out_.right[k]);
    }
    for (std::uint32_t k = 0; k < out_.left.size(); ++k)
      if (out_.matched[k] == 0) out_.removed.push_back(out_.left[k]);
  }
  [[nodiscard]] bool match_by_hash(std::uint32_t j, std::uint32_t hash, std::size_t mask) {
    for (std::size_t at = hash & mask; out_.slots[at].place != no_item; at = (at + 1) & mask) {
      const auto place = out_.slots[at].place;
      if (out_.slots[at].hash != hash || out_.matched[place] != 0) continue;
      const std::uint32_t i = out_.left[place];
      const bool same = relation_.table->row->mismatch(from(i), to(j), 1) == 1;
      if (!same && !one_name(i, j)) continue;
      out_.matched[place] = 1;
      if (whole_) out_.to_of_from[i] = j;
      if (!same) out_.changed.push_back({i, j});
      return true;
    }
    return false;
  }

  /// The slow and exact way: the nth item of a name with the nth.
  void match_occurrences() {
    out_.clear();
    out_.in_step = false;
    if (whole_) out_.to_of_from.assign(from_size_, no_item);
    auto [left, right] = side_labels(relation_, before_, after_);
    const auto matched = match_labels(left, right);
    for (std::uint32_t i = 0; i < from_size_; ++i) {
      if (matched.to_of_from[i] == no_item)
        out_.removed.push_back(i);
      else
        take_if_changed(i, matched.to_of_from[i]);
    }
    out_.added = matched.added;
  }

  const relation_info& relation_;
  const void* before_;
  const void* after_;
  item_view from_;
  item_view to_;
  std::size_t from_size_;
  std::size_t to_size_;
  item_changes& out_;
  bool whole_ = false;
};

/// What differs between two states of a collection; a state that is null has no items.
inline void compare_items(const relation_info& relation, const void* before, const void* after, item_changes& out) {
  item_comparison{relation, before, after, out}.run(false);
}
/// The same with all matches, for collections whose order counts.
inline void match_items(const relation_info& relation, const void* before, const void* after, item_changes& out) {
  item_comparison{relation, before, after, out}.run(true);
}

}  // namespace varve::detail
