#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/history/detail/examination.hpp"
#include "varve/history/detail/row_streams.hpp"
#include "varve/history/drift_report.hpp"

namespace varve::detail {

/// Walks over live tables and the open rows of their shadows side by side.
class drift_scan {
 public:
  drift_scan(store_reader& reader, const drift_query& query) : reader_(reader), query_(query) {}

  [[nodiscard]] drift_page run(const std::vector<const entity_info*>& entities) {
    bool reached = !query_.after;
    for (const auto* entity : entities) {
      if (!table(*entity, nullptr, reached)) return std::move(page_);
      for (const auto& relation : entity->relations)
        if (!table(*entity, &relation, reached)) return std::move(page_);
    }
    page_.next.reset();
    return std::move(page_);
  }

 private:
  /// False when the page is full.
  bool table(const entity_info& owner, const relation_info* relation, bool& reached) {
    const auto& info = relation == nullptr ? *owner.table : *relation->table;
    std::optional<row_key> after;
    if (!reached) {
      if (info.name != query_.after->table) return true;
      reached = true;
      after = query_.after->after;
    }
    live_stream live{reader_, info, after, query_.page_rows};
    open_stream open{reader_, info, after, query_.page_rows};
    for (;;) {
      const auto* row = live.peek();
      const auto* version = open.peek();
      if (row == nullptr && version == nullptr) return true;
      if (page_.rows.size() >= std::max<std::size_t>(query_.limit, 1)) return false;
      auto row_at = row == nullptr ? row_key{} : row_key::of(*row, info.key);
      auto version_at = version == nullptr ? row_key{} : row_key::of(version->row, info.key);
      const bool has_row = row != nullptr && (version == nullptr || !(version_at < row_at));
      const bool has_version = version != nullptr && (row == nullptr || !(row_at < version_at));
      auto key = has_row ? std::move(row_at) : std::move(version_at);
      look(owner, relation, key, has_row ? row : nullptr, has_version ? version : nullptr);
      page_.next = drift_place{std::string{info.name}, std::move(key)};
      if (has_row) live.skip();
      if (has_version) open.skip();
    }
  }

  void look(const entity_info& owner, const relation_info* relation, const row_key& key, const packed_row* live,
            const shadow_entry* open) {
    const auto& info = relation == nullptr ? *owner.table : *relation->table;
    const auto owner_of = [&](const packed_row& row) {
      return relation == nullptr ? key : row_key::of(row, info.parent);
    };
    const auto found = [&](const row_key& entity, drift_kind what, std::string_view column) {
      page_.rows.push_back({std::string{owner.kind}, entity, std::string{info.name}, key, what, std::string{column}});
    };
    if (open != nullptr && open->operation == row_operation::remove) {
      if (live != nullptr) found(owner_of(*live), drift_kind::unversioned, {});
    } else if (live == nullptr) {
      found(owner_of(open->row), drift_kind::gone, {});
    } else if (open != nullptr) {
      const auto* column = differing_column(info, *live, *open, [&](const table_info& table, std::size_t c) {
        return reader_.versioned_since(table, c);
      });
      if (column != nullptr) found(owner_of(*live), drift_kind::changed, column->name);
    } else {
      const auto entity = owner_of(*live);
      const auto version = reader_.newest(*owner.table, entity, latest_transaction);
      const bool is_not_yet = version && relation != nullptr && version->begin < reader_.versioned_since(info);
      if (version && !is_not_yet)
        found(entity, drift_kind::unversioned, {});
      else if (!version && query_.no_history && relation == nullptr)
        found(entity, drift_kind::no_history, {});
    }
  }

  store_reader& reader_;
  const drift_query& query_;
  drift_page page_{};
};

}  // namespace varve::detail
