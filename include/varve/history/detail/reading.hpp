#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/history/detail/subject.hpp"
#include "varve/history/version.hpp"
#include "varve/store/state.hpp"

namespace varve::detail {

[[nodiscard]] inline std::optional<uuid> uuid_of_row(const entity_info& info, const packed_row& row) {
  if (!info.has_uuid()) return std::nullopt;
  return parse_uuid(row[info.table->public_id].view());
}

/// The entity of a key: the uuid that lives or last lived under it.
[[nodiscard]] inline std::optional<subject> find_subject(store_reader& reader, const entity_info& info,
                                                         const row_key& key) {
  const auto newest = reader.newest(*info.table, key, {std::numeric_limits<std::int64_t>::max()});
  if (!newest) return std::nullopt;
  return subject{key, uuid_of_row(info, newest->row)};
}

/// The entity of a uuid: where it lives, else where it was deleted last.
[[nodiscard]] inline std::optional<subject> find_subject(store_reader& reader, const entity_info& info,
                                                         const uuid& id) {
  const auto rows = reader.live_where(*info.table, info.table->public_id, value::text(to_string(id)), 1);
  if (!rows.empty()) return subject{row_key::of(rows[0], info.table->key), id};
  std::optional<subject> found;
  transaction_id latest{};
  for (const auto& key : reader.deleted_keys(*info.table, id)) {
    version_range range;
    range.id = id;
    range.newest_first = true;
    range.limit = 1;
    const auto entries = reader.versions(*info.table, key, range);
    if (!entries.empty() && (!found || entries[0].begin > latest)) {
      found = subject{key, id};
      latest = entries[0].begin;
    }
  }
  return found;
}

[[nodiscard]] inline change_record to_record(const change_entry& entry) {
  change_record record;
  record.kind = entry.kind;
  record.operation = parse_operation(entry.operation).value_or(operation::edit);
  record.path = nlohmann::json::parse(entry.path);
  if (!entry.from.empty()) record.from = nlohmann::json::parse(entry.from);
  if (!entry.to.empty()) record.to = nlohmann::json::parse(entry.to);
  return record;
}

/// Makes versions of rows of a shadow table whose transactions and records are read already.
class version_maker {
 public:
  version_maker(store_reader& reader, const entity_info& info, const std::vector<shadow_entry>& rows) : info_(&info) {
    for (const auto& row : rows) ids_.push_back(row.begin);
    for (auto& entry : reader.transactions(ids_)) transactions_.emplace(entry.id, std::move(entry));
  }
  [[nodiscard]] const std::vector<transaction_id>& ids() const { return ids_; }

  /// \param offset  how far the version is behind the one that `numbers` counts up to.
  [[nodiscard]] version make(const subject& of, shadow_entry row, std::vector<change_record> changes,
                             std::shared_ptr<numbering> numbers, std::size_t offset) const {
    const auto known = transactions_.find(row.begin);
    if (known == transactions_.end())
      throw backend_error(error_kind::damaged, "the history of " + describe_entity(*info_, of.key) +
                                                   " names transaction " + std::to_string(row.begin.value) +
                                                   ", which does not exist");
    std::string headline;
    if (row.operation == row_operation::remove) headline = "deleted";
    if (row.operation == row_operation::update && known->second.action_kind == "baseline") headline = "baseline";
    if (row.operation == row_operation::insert)
      headline = known->second.action_kind == "baseline"  ? "baseline"
                 : known->second.action_kind == "restore" ? "restored"
                                                          : "created";
    return {*info_,
            of.key,
            version_subject(*info_, of.key, of.id.value_or(uuid{})),
            std::move(row),
            known->second,
            change_list{std::move(headline), std::move(changes)},
            std::move(numbers),
            offset};
  }

 private:
  const entity_info* info_;
  std::vector<transaction_id> ids_{};
  std::map<transaction_id, transaction_entry> transactions_{};
};

/// Makes versions of neighbouring rows of an entity's shadow table, in either direction: two statements more.
[[nodiscard]] inline std::vector<version> make_versions(store_handle store, store_reader& reader,
                                                        const entity_info& info, const subject& of,
                                                        std::vector<shadow_entry> rows) {
  std::vector<version> versions;
  if (rows.empty()) return versions;
  const version_maker maker{reader, info, rows};
  const auto [low, high] = std::minmax_element(maker.ids().begin(), maker.ids().end());
  std::map<transaction_id, std::vector<change_record>> changes;
  for (const auto& entry : reader.changes(info.kind, of.key, *low, *high))
    changes[entry.transaction].push_back(to_record(entry));
  const auto numbers = std::make_shared<numbering>(std::move(store), info, of.key, of.id, *low);
  const bool rising = rows.front().begin == *low;
  versions.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t offset = rising ? i : rows.size() - 1 - i;
    auto& told = changes[rows[i].begin];
    versions.push_back(maker.make(of, std::move(rows[i]), std::move(told), numbers, offset));
  }
  return versions;
}

/// The newest of the entity's own rows that began not later than a transaction, its delete row included.
[[nodiscard]] inline std::optional<shadow_entry> row_at(store_reader& reader, const entity_info& info,
                                                        const subject& of, transaction_id at) {
  version_range range;
  range.id = of.id;
  if (at.value < INT64_MAX) range.before = transaction_id{at.value + 1};
  range.newest_first = true;
  range.limit = 1;
  auto rows = reader.versions(*info.table, of.key, range);
  if (rows.empty()) return std::nullopt;
  return std::move(rows[0]);
}

/// The newest of the entity's versions that was issued not later than a time: a search over transaction ids, as the
/// times of one entity's versions rise with them.
[[nodiscard]] inline std::optional<shadow_entry> row_at(store_reader& reader, const entity_info& info,
                                                        const subject& of, time_point time) {
  const auto issued = [&](const shadow_entry& row) {
    const auto known = reader.transaction(row.begin);
    return known && known->issued_at <= time;
  };
  version_range newest_range;
  newest_range.id = of.id;
  newest_range.newest_first = true;
  newest_range.limit = 1;
  auto newest = reader.versions(*info.table, of.key, newest_range);
  if (newest.empty()) return std::nullopt;
  if (issued(newest[0])) return newest[0];
  newest_range.newest_first = false;
  auto oldest = reader.versions(*info.table, of.key, newest_range);
  if (!issued(oldest[0])) return std::nullopt;
  shadow_entry low = oldest[0];
  std::int64_t high = newest[0].begin.value;  // known to be too late
  for (;;) {
    const std::int64_t middle = low.begin.value + (high - low.begin.value) / 2;
    if (middle == low.begin.value) break;
    const auto row = row_at(reader, info, of, transaction_id{middle});
    if (row && row->begin > low.begin) {
      if (issued(*row))
        low = *row;
      else
        high = row->begin.value;
      continue;
    }
    version_range above;  // nothing begins in (low, middle]
    above.id = of.id;
    above.after = {middle};
    above.limit = 1;
    const auto next = reader.versions(*info.table, of.key, above);
    if (next.empty() || next[0].begin.value >= high || !issued(next[0])) break;
    low = next[0];
  }
  return low;
}

}  // namespace varve::detail
