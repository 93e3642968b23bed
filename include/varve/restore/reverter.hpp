#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/history/history.hpp"
#include "varve/restore/detail/checks.hpp"
#include "varve/restore/detail/put.hpp"
#include "varve/restore/plan.hpp"
#include "varve/session/session.hpp"

namespace varve {

/// Brings an entity back to a version, one relation at a time; nothing of the past is rewritten.
///
/// Each step is flushed into the session's transaction; `session.commit()` makes one new version of them, whose action
/// kind is `restore` and whose meta names the version restored. Audit stamps, noise, excluded fields and what lies
/// outside the descriptor stay as they are; children keep their keys; the content of linked entities is not touched.
///
/// Errors: `input_error` for a deletion (there is nothing to restore to), a key that another uuid has now, a to-one
///         reference whose target is gone (unless `clear_references`), an excluded column that a deleted entity cannot
///         get back; `backend_error` of kind damaged for a history with holes; `conflict_error` when a child lives
///         under another parent now. All before anything of the restore is written.
/// Threads: as the session.
class reverter {
 public:
  reverter(session& session, const version& version) : work_(&session.work()) { load(version); }
  /// As it comes from `history`: nothing stands for a version that does not exist.
  reverter(session& session, const std::optional<version>& version) : reverter(session, must_exist(version)) {}

  /// To-one references whose target no longer lives are cleared instead of refused.
  reverter& clear_references(bool clear = true) {
    clear_references_ = clear;
    return *this;
  }

  /// What `all` would write. What the application changed in the session is flushed first.
  [[nodiscard]] restore_plan plan() {
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
    for (const auto& column : past_.info->table->columns)
      if (column.has_member() && !detail::is_restored(column) &&
          !column.is_any(column_flag::key | column_flag::public_id))
        made.left_alone.emplace_back(column.field);
    return made;
  }
  /// Restores all, if the entity still is at the version that the plan saw; `conflict_error` else.
  void apply(const restore_plan& plan) {
    auto* live = find_live();
    const auto current = live != nullptr ? live->open : std::nullopt;
    if (current != plan.current)
      throw conflict_error(past_.subject() + " changed since the restore was planned", past_.where(), plan.current,
                           current, {}, true);
    all();
  }

  /// Fields, then each relation in the descriptor's order, each flushed before the next.
  void all() {
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
  /// The scalar fields alone.
  void fields() {
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
  /// One relation alone: `revert.relation<&Dataset::metrics>()`.
  template <auto Member>
  void relation() {
    relation(detail::name_of<Member>);
  }
  void relation(std::string_view field) {
    for (std::size_t r = 0; r < past_.info->relations.size(); ++r) {
      if (past_.info->relations[r].field != field) continue;
      const auto written = begin();
      restore_relation(must_live(), r);
      act(written);
      return;
    }
    throw input_error(std::string{past_.info->kind} + " has no relation " + std::string{field}, past_.where());
  }

  /// Links that were left out so far, as their targets no longer live.
  [[nodiscard]] const std::vector<skipped_link>& skipped() const { return skipped_; }

 private:
  [[nodiscard]] static const version& must_exist(const std::optional<version>& version) {
    if (!version) throw input_error("there is no such version to restore", {{}, {}, "restore"});
    return *version;
  }
  void load(const version& version) {
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

  detail::managed* find_live() {
    auto* live = work_->find(*past_.info, past_.key);
    if (live != nullptr && past_.info->has_uuid()) {
      const auto& column = past_.info->table->columns[past_.info->table->public_id];
      if (!column.ops->same(column.in(live->object.get()), column.in(past_.then.object.get())))
        throw input_error("cannot restore " + past_.subject() + ": its key is taken by another uuid now",
                          past_.where());
    }
    return live;
  }
  detail::managed& must_live() {
    auto* live = find_live();
    if (live == nullptr)
      throw input_error("cannot restore a part of " + past_.subject() + ": it is deleted; restore all of it",
                        past_.where());
    return *live;
  }
  /// What the application changed comes first, so that the checks see it.
  std::size_t begin() {
    work_->flush();
    return work_->writes();
  }
  /// Names the version restored, beside what the application says of its save; not when nothing was restored.
  void act(std::size_t written) {
    if (work_->writes() == written) return;
    const auto& who = work_->who();
    auto meta = who && !who->meta.empty() ? nlohmann::json::parse(who->meta, nullptr, false) : nlohmann::json::object();
    if (!meta.is_object()) meta = {{"meta", std::move(meta)}};
    meta["restored_version"] = to_string(past_.version);
    meta["restored_transaction"] = past_.at.value;
    work_->act_as("restore", meta.dump());
  }

  /// All that can be refused, before anything is written.
  void check(const detail::managed* live) {
    if (live == nullptr) detail::refuse_excluded_without_default(past_);
    work_->reading([&](store_reader& reader) {
      if (live == nullptr && past_.info->has_uuid()) detail::check_uuid_is_free(reader, past_);
      detail::check_references(reader, past_, clear_references_);
      for (const auto& relation : past_.info->relations) detail::check_children(reader, past_, relation);
      return 0;
    });
  }

  void restore_fields(detail::managed& live) {
    work_->reading([&](store_reader& reader) {
      detail::copy_fields(reader, past_, live.object.get());
      return 0;
    });
  }
  void restore_relation(detail::managed& live, std::size_t r) {
    const auto& relation = past_.info->relations[r];
    work_->reading([&](store_reader& reader) {
      detail::check_children(reader, past_, relation);
      detail::put_relation(reader, past_, relation, live.object.get(), skipped_);
      return 0;
    });
    work_->flush();
  }

  /// A deleted entity comes back as an insert under its old key and uuid.
  void insert_again() {
    auto object = detail::make_state(*past_.info);
    work_->reading([&](store_reader& reader) {
      detail::fill_again(reader, past_, object.get(), skipped_);
      return 0;
    });
    auto& entry = work_->add(*past_.info, std::move(object));
    work_->keep_creation_stamps(entry);
    work_->flush();
  }

  // ---- planning ----

  detail::entity_state wanted_state(const detail::managed* live, std::vector<skipped_link>& skipped) {
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
  void count_rows(restore_plan& made, const detail::managed* live, const void* target) const {
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

  detail::unit_of_work* work_;
  detail::past_version past_{};
  std::vector<skipped_link> skipped_{};
  bool clear_references_ = false;
};

}  // namespace varve
