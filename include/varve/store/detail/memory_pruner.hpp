#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "varve/store/detail/memory_data.hpp"

namespace varve::detail {

/// Deletes what a prune takes away. The caller has the transaction's turn and the data's lock, and no transaction is
/// open: nothing here can be undone, and each version goes as a whole or not at all.
class memory_pruner {
 public:
  explicit memory_pruner(memory_data& data) : data_(data) {}

  transaction_id move_horizon(transaction_id to) {
    data_.horizon = std::max(data_.horizon, to);
    return data_.horizon;
  }
  pruned_rows prune_rows(std::span<const past_row> rows, std::size_t limit) {
    pruned_rows gone;
    touched at{data_, {}, {}};
    std::vector<found> all;
    all.reserve(rows.size());
    at.nodes.reserve(rows.size());
    at.rows.reserve(rows.size());
    for (; gone.done < rows.size() && gone.rows + gone.records < limit; ++gone.done) {
      const auto& row = rows[gone.done];
      auto& table = data_.table(*row.table);
      auto* node = table.find(row.key);
      const auto* version = node == nullptr ? nullptr : node->second.newest(row.begin, no_limit);
      if (version == nullptr || version->begin != row.begin.value) continue;  // it is gone already
      all.push_back({&table, node, static_cast<std::size_t>(version - node->second.versions.data()), row.begin});
      ++gone.rows;
      gone.records += version->records.size();
    }
    std::sort(all.begin(), all.end());  // neighbours of one key go at once
    for (std::size_t end = all.size(); end > 0;) {
      std::size_t first = end - 1;
      while (first > 0 && all[first - 1].node == all[first].node && all[first - 1].place + 1 == all[first].place)
        --first;
      all[first].table->forget_versions(*all[first].node, all[first].place, all[end - 1].place + 1);
      at.nodes.emplace_back(all[first].table, all[first].node);
      for (; end > first; --end) at.rows.emplace_back(all[end - 1].begin, all[end - 1].table);
    }
    return gone;
  }
  pruned_rows prune_transactions(std::span<const transaction_id> ids, std::size_t limit) {
    pruned_rows gone;
    for (; gone.done < ids.size() && gone.rows < limit; ++gone.done)
      if (data_.journal.forget(ids[gone.done])) ++gone.rows;
    return gone;
  }

 private:
  /// A version to go.
  struct found {
    memory_table* table;
    memory_node* node;
    std::size_t place;
    transaction_id begin;
    friend bool operator<(const found& a, const found& b) {
      return a.node != b.node ? std::less<>{}(a.node, b.node) : a.place < b.place;
    }
  };
  /// What a batch took versions from. However it ends, the journal forgets them before the keys can go.
  struct touched {
    memory_data& data;
    std::vector<std::pair<memory_table*, memory_node*>> nodes;
    std::vector<std::pair<transaction_id, memory_table*>> rows;

    ~touched() {
      const auto unique = [](auto& items) {
        std::sort(items.begin(), items.end());
        items.erase(std::unique(items.begin(), items.end()), items.end());
      };
      unique(rows);
      for (const auto& [id, table] : rows)
        data.journal.forget_rows(id, [&, of = table, at = id](const memory_journal::begun& row) {
          if (row.table != of) return false;
          const auto* version = row.node->second.newest(at, no_limit);
          return version == nullptr || version->begin != at.value;
        });
      unique(nodes);
      for (const auto& [table, node] : nodes) table->tidy(*node);
    }
  };

  memory_data& data_;
};

}  // namespace varve::detail
