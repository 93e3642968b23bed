#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "varve/restore/detail/checks.hpp"
#include "varve/restore/detail/put.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/detail/unit_of_work.hpp"

namespace varve {

namespace detail {

[[nodiscard]] inline const version& existing(const std::optional<version>& version) {
  if (!version) throw input_error("there is no such version to restore", {{}, {}, "restore"});
  return *version;
}

}  // namespace detail

VARVE_INLINE reverter::reverter(session& session, const version& version) : work_(&session.work()) { load(version); }
VARVE_INLINE reverter::reverter(session& session, const std::optional<version>& version)
    : reverter(session, detail::existing(version)) {}

VARVE_INLINE restore_plan reverter::plan() {
  restore_plan made;
  made.version = past_.id;
  work_->flush();
  auto* live = find_live();
  made.current = live != nullptr ? live->open : std::nullopt;
  const auto target = wanted_state(live, made.skipped);
  count_rows(made, live, target.object.get());
  work_->reading([&](store_reader& reader) {
    made.clashes = detail::unique_clashes(reader, past_, target.object.get());
    return 0;
  });
  work_->reading([&](store_reader& reader) {
    for (const auto& column : past_.info->table->columns)
      if (column.has_member() && !column.is_any(column_flag::key | column_flag::public_id) &&
          !(detail::is_restored(column) && detail::has_column(reader, *past_.info->table, column, past_.at)))
        made.left_alone.emplace_back(column.field);
    for (const auto& relation : past_.info->relations)
      if (!detail::has_relation(reader, past_, relation)) made.left_alone.emplace_back(relation.field);
    return 0;
  });
  return made;
}
VARVE_INLINE void reverter::apply(const restore_plan& plan) {
  auto* live = find_live();
  const auto current = live != nullptr ? live->open : std::nullopt;
  if (current != plan.current)
    throw conflict_error(past_.subject() + " changed since the restore was planned", past_.where(), plan.current,
                         current, {}, true);
  all();
}
VARVE_INLINE void reverter::all() {
  const auto written = begin();
  auto* live = find_live();
  check(live);
  if (live == nullptr) {
    insert_again();
  } else {
    restore_fields(*live);
    work_->flush();
    for (std::size_t r = 0; r < past_.info->relations.size(); ++r) restore_relation(*live, r);
  }
  act(written);
}
VARVE_INLINE void reverter::fields() {
  const auto written = begin();
  auto& live = must_live();
  work_->reading([&](store_reader& reader) {
    detail::check_references(reader, past_, clear_references_);
    return 0;
  });
  restore_fields(live);
  work_->flush();
  act(written);
}
VARVE_INLINE void reverter::relation(std::string_view field) {
  for (std::size_t r = 0; r < past_.info->relations.size(); ++r) {
    if (past_.info->relations[r].field != field) continue;
    const bool is_there = work_->reading(
        [&](store_reader& reader) { return detail::has_relation(reader, past_, past_.info->relations[r]); });
    if (!is_there)
      throw input_error("cannot restore the " + std::string{field} + " of " + past_.subject() +
                            ": they were not versioned yet at version " + to_string(past_.version),
                        past_.where());
    const auto written = begin();
    restore_relation(must_live(), r);
    act(written);
    return;
  }
  throw input_error(std::string{past_.info->kind} + " has no relation " + std::string{field}, past_.where());
}
VARVE_INLINE void reverter::load(const version& version) {
  past_.info = &version.info();
  past_.id = version.id();
  past_.key = past_.id.entity;
  past_.version = version.uuid();
  past_.at = version.transaction();
  if (version.is_deletion())
    throw input_error("cannot restore " + past_.subject() + " to a version that is its deletion; take the one before",
                      past_.where());
  work_->reading([&](store_reader& reader) {
    detail::check_whole(reader, past_);
    past_.then = detail::load_version(reader, *past_.info, past_.key, version.row().row, past_.at);
    return 0;
  });
}
VARVE_INLINE detail::managed* reverter::find_live() {
  auto* live = work_->find(*past_.info, past_.key);
  if (live != nullptr && past_.info->has_uuid()) {
    const auto& column = past_.info->table->columns[past_.info->table->public_id];
    if (!column.ops->same(column.in(live->object.get()), column.in(past_.then.object.get())))
      throw input_error("cannot restore " + past_.subject() + ": its key is taken by another uuid now", past_.where());
  }
  return live;
}
VARVE_INLINE detail::managed& reverter::must_live() {
  auto* live = find_live();
  if (live == nullptr)
    throw input_error("cannot restore a part of " + past_.subject() + ": it is deleted; restore all of it",
                      past_.where());
  return *live;
}
/// What the application changed comes first, so that the checks see it.
VARVE_INLINE std::size_t reverter::begin() {
  work_->flush();
  return work_->writes();
}
/// Names the version restored, beside what the application says of its save; not when nothing was restored.
VARVE_INLINE void reverter::act(std::size_t written) {
  if (work_->writes() == written) return;
  const auto& who = work_->who();
  auto meta = who && !who->meta.empty() ? nlohmann::json::parse(who->meta, nullptr, false) : nlohmann::json::object();
  if (!meta.is_object()) meta = {{"meta", std::move(meta)}};
  meta["restored_version"] = to_string(past_.version);
  meta["restored_transaction"] = past_.at.value;
  work_->act_as("restore", meta.dump());
}
/// All that can be refused, before anything is written.
VARVE_INLINE void reverter::check(const detail::managed* live) {
  if (live == nullptr) detail::refuse_excluded_without_default(past_);
  work_->reading([&](store_reader& reader) {
    if (live == nullptr && past_.info->has_uuid()) detail::check_uuid_is_free(reader, past_);
    detail::check_references(reader, past_, clear_references_);
    for (const auto& relation : past_.info->relations) detail::check_children(reader, past_, relation);
    return 0;
  });
}
VARVE_INLINE void reverter::restore_fields(detail::managed& live) {
  work_->reading([&](store_reader& reader) {
    detail::copy_fields(reader, past_, live.object.get());
    return 0;
  });
}
VARVE_INLINE void reverter::restore_relation(detail::managed& live, std::size_t r) {
  const auto& relation = past_.info->relations[r];
  work_->reading([&](store_reader& reader) {
    detail::check_children(reader, past_, relation);
    detail::put_relation(reader, past_, relation, live.object.get(), skipped_);
    return 0;
  });
  work_->flush();
}
/// A deleted entity comes back as an insert under its old key and uuid.
VARVE_INLINE void reverter::insert_again() {
  auto object = detail::make_state(*past_.info);
  work_->reading([&](store_reader& reader) {
    detail::fill_again(reader, past_, object.get(), skipped_);
    return 0;
  });
  auto& entry = work_->add(*past_.info, std::move(object));
  work_->keep_creation_stamps(entry);
  work_->flush();
}
VARVE_INLINE detail::entity_state reverter::wanted_state(const detail::managed* live,
                                                         std::vector<skipped_link>& skipped) {
  detail::entity_state made;
  check(live);
  work_->reading([&](store_reader& reader) {
    if (live == nullptr) {
      made.object = detail::make_state(*past_.info);
      detail::fill_again(reader, past_, made.object.get(), skipped);
    } else {
      made.object = detail::copy_state(*past_.info, live->object.get());
      detail::copy_fields(reader, past_, made.object.get());
      for (const auto& relation : past_.info->relations)
        detail::put_relation(reader, past_, relation, made.object.get(), skipped);
    }
    return 0;
  });
  return made;
}
VARVE_INLINE void reverter::count_rows(restore_plan& made, const detail::managed* live, const void* target) const {
  detail::saved_entity saved;
  saved.entity = past_.info;
  saved.key = past_.key;
  saved.base = saved.flushed = live != nullptr ? live->object.get() : nullptr;
  saved.base_positions = saved.flushed_positions =
      live != nullptr && live->flushed ? &live->flushed->positions : nullptr;
  saved.now = target;
  detail::find_changes(saved);
  std::vector<detail::saved_entity> entities{std::move(saved)};
  write_set set;
  detail::plan_live_rows(set, entities);
  for (const auto& row : set.live) {
    auto found = std::find_if(made.rows.begin(), made.rows.end(),
                              [&](const planned_rows& rows) { return rows.table == row.table->name; });
    if (found == made.rows.end()) found = made.rows.insert(made.rows.end(), {std::string{row.table->name}});
    ++(row.operation == row_operation::insert   ? found->inserts
       : row.operation == row_operation::update ? found->updates
                                                : found->deletes);
  }
}

}  // namespace varve
