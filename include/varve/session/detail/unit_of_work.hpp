#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "varve/capture/pipeline.hpp"
#include "varve/core/time.hpp"
#include "varve/session/detail/behind_commit.hpp"
#include "varve/session/detail/child_completion.hpp"
#include "varve/session/detail/conflict_report.hpp"
#include "varve/session/detail/given_values.hpp"
#include "varve/session/detail/link_completion.hpp"
#include "varve/session/detail/object_map.hpp"
#include "varve/session/detail/own_values.hpp"
#include "varve/session/detail/saved_objects.hpp"
#include "varve/session/detail/savepoints.hpp"
#include "varve/session/detail/stamps.hpp"
#include "varve/session/hooks.hpp"
#include "varve/store/conflict.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

/// A session without its types: transactions over the objects, and the way from objects to write sets.
class unit_of_work {
 public:
  unit_of_work(store_handle store, std::optional<attribution> who) : objects_(std::move(store)), who_(std::move(who)) {
    static_cast<void>(taking_note());  // made while there is memory for them
    static_cast<void>(running_hook());
  }
  unit_of_work(const unit_of_work&) = delete;
  unit_of_work& operator=(const unit_of_work&) = delete;
  ~unit_of_work() { connection().rollback(); }

  [[nodiscard]] store_handle& store() { return objects_.store(); }
  [[nodiscard]] store_connection& connection() { return objects_.connection(); }
  [[nodiscard]] std::optional<attribution>& who() { return who_; }
  [[nodiscard]] varve::hooks& hooks() { return hooks_; }
  [[nodiscard]] record_limits& limits() { return limits_; }
  void set_clock(std::function<time_point()> clock) { clock_ = std::move(clock); }
  [[nodiscard]] time_point clock() const { return clock_ ? clock_() : now(); }
  void self(session* owner) { owner_ = owner; }

  /// Reads through the open transaction, else one committed state.
  template <class Read>
  auto reading(Read&& read) {
    return objects_.reading(std::forward<Read>(read));
  }

  // ---- the objects ----

  /// Takes over a new object.
  managed& add(const entity_info& info, state_pointer object) {
    require_usable("add");
    refuse_within_save("add");
    store().base().use(info);
    const auto& columns = info.table->columns;
    if (info.has_uuid() && columns[info.table->public_id].is(column_flag::key) && uuid_in(info, object.get()).is_nil())
      set_uuid(info, object.get(), random_uuid());  // it is the key
    row_key key;
    if (!lacks_key(*info.table, object.get())) {
      key = entity_key(info, object.get());
      if (auto* known = objects_.known(info, key)) {
        if (!known->erased)
          throw input_error("cannot add " + describe_entity(info, key) + ": the session manages one under this key",
                            where(info, key, "add"));
        take_over_value(*known, object.get());
        return *known;
      }
    }
    auto& entry = objects_.insert(info, key);
    entry.object = std::move(object);
    return entry;
  }
  /// The managed object of a key, loaded when needed; null when there is none.
  managed* find(const entity_info& info, const row_key& key) {
    require_usable("get");
    return objects_.find(info, key);
  }
  managed& get(const entity_info& info, const row_key& key) {
    if (auto* found = find(info, key)) return *found;
    throw input_error("there is no " + describe_entity(info, key), where(info, key, "get"));
  }
  [[nodiscard]] row_key key_of_uuid(const entity_info& info, const uuid& id) {
    require_usable("get");
    store().base().use(info);
    return objects_.key_of_uuid(info, id);
  }
  /// Saves a value: compared with what lives under its key, or its uuid when it has no key.
  managed& save(const entity_info& info, state_pointer value) {
    require_usable("save");
    refuse_within_save("save");
    store().base().use(info);
    row_key key;
    if (!lacks_key(*info.table, value.get()))
      key = entity_key(info, value.get());
    else if (info.has_uuid() && !uuid_in(info, value.get()).is_nil())
      key = objects_.key_of_uuid(info, uuid_in(info, value.get()));
    managed* known = nullptr;
    if (!key.empty()) {
      known = objects_.known(info, key);
      if (known == nullptr) known = objects_.load(info, key);
    }
    if (known == nullptr) return add(info, std::move(value));
    take_over_value(*known, value.get());
    return *known;
  }
  void erase(const entity_info& info, const row_key& key) {
    refuse_within_save("erase");
    get(info, key).erased = true;
  }
  void expect(const entity_info& info, const row_key& key, std::optional<transaction_id> version) {
    refuse_within_save("expect a version");
    auto& entry = get(info, key);
    const auto found = reading([&](store_reader& reader) { return open_version(reader, info, key); });
    if (found != version || entry.open != version) {
      connection().rollback();
      failed_ = true;
      entry.stale = true;
      if (found != version) throw_conflict(store(), entry, version, found, true);
      throw_conflict(store(), entry, entry.open, found, false);  // the object is older than what is expected
    }
    entry.by_expectation = true;
  }
  [[nodiscard]] managed* entry_of(const void* object) const { return objects_.entry_of(object); }
  [[nodiscard]] const object_map::entries_type& entries() const { return objects_.entries(); }
  /// Whether something waits to be saved.
  [[nodiscard]] bool is_modified() { return objects_.compare_all(); }

  // ---- transactions ----

  void begin() {
    require_usable("begin");
    guarded([&] { connection().begin(); });
  }
  void flush() {
    require_usable("flush");
    refuse_within_save("flush");
    run_hooks(hooks_.before_flush);
    settle_names();
    if (objects_.compare_all()) guarded([&] { flush_entries(false); });
    run_hooks(hooks_.after_flush);
  }
  commit_result commit() {
    require_usable("commit");
    refuse_within_save("commit");
    run_hooks(hooks_.before_commit);
    if (hooks_.after_flush.empty())
      run_hooks(hooks_.before_flush);
    else
      flush();  // what comes after a flush comes before the commit
    commit_result result;
    settle_names();
    if (const bool dirty = objects_.compare_all(); dirty || connection().in_transaction())
      guarded([&] { result = flush_entries(true); });
    else
      once_.reset();
    run_after_commit(result);
    return result;
  }
  /// Undoes the open transaction and puts the objects back in place.
  void rollback() {
    refuse_within_save("roll back");
    connection().rollback();
    failed_ = true;  // until all is put back
    savepoints_.clear();
    once_.reset();
    wrote_ = writing_ = false;
    for (const auto& entry : entries()) {
      entry->checked = entry->keeps_creation = false;
      objects_.put_back(*entry, entry->base);
    }
    objects_.forget_unmanaged();
    objects_.reload_stale();
    failed_ = false;
    run_hooks(hooks_.after_rollback);
  }

  savepoint_place savepoint() {
    flush();
    guarded([&] { connection().savepoint(savepoints_.size()); });
    return savepoints_.add(objects_, once_);
  }
  void rollback_to(const savepoint_place& place) {
    require_usable("rollback_to");
    const std::size_t depth = savepoints_.depth_of(place, "rollback_to");
    failed_ = true;  // until all is put back
    connection().rollback_to(depth);
    once_ = savepoints_.put_back(objects_, depth);
    savepoints_.keep(depth + 1);
    objects_.forget_unmanaged();
    failed_ = false;
    run_hooks(hooks_.after_rollback);
  }
  void release(const savepoint_place& place) {
    require_usable("release");
    const std::size_t depth = savepoints_.depth_of(place, "release");
    guarded([&] { connection().release(depth); });
    savepoints_.keep(depth);
  }

  /// The action kind and meta of the open transaction alone.
  void act_as(std::string action_kind, std::string meta) { once_ = {std::move(action_kind), std::move(meta)}; }
  /// How often rows were written; for those who must know whether something was.
  [[nodiscard]] std::size_t writes() const { return writes_; }
  /// Leaves the creation stamps of an object that is to be inserted again as they are.
  void keep_creation_stamps(managed& entry) { entry.keeps_creation = true; }

 private:
  void require_usable(const char* operation) const {
    if (failed_)
      throw error(error_kind::other,
                  std::string{"cannot "} + operation +
                      ": an error ended this session's transaction; call rollback() to begin a new one",
                  {{}, {}, operation});
  }
  void refuse_within_save(const char* operation) const {
    if (writing_)
      throw error(error_kind::other,
                  std::string{"cannot "} + operation + " in a hook after capture: it sees the save and changes nothing",
                  {{}, {}, operation});
  }
  void require_attribution() const {
    if (!who_ || (who_->who && who_->who->name.empty()))
      throw input_error(
          "nobody is named as the actor of this save; give the session varve::actor{\"name\"}, or "
          "varve::anonymous to say that there is none",
          {{}, {}, "commit"});
  }

  template <class Work>
  void guarded(Work&& work) {
    const bool had_begun = connection().in_transaction();
    try {
      work();
    } catch (...) {
      // Else nothing was written yet, in the store or in objects, and the session can go on.
      const bool lost = had_begun || wrote_ || objects_.was_completed() || has_stale_or_flushed();
      connection().rollback();
      failed_ = failed_ || lost;
      wrote_ = writing_ = false;
      room_.set.clear();
      throw;
    }
  }
  [[nodiscard]] bool has_stale_or_flushed() const {
    return std::any_of(entries().begin(), entries().end(),
                       [](const auto& entry) { return entry->stale || entry->flushed != entry->base; });
  }
  /// What objects and links are called by is right before they are compared.
  void settle_names() {
    guarded([&] {
      objects_.settle_keys();
      links_.refuse_contradictions();
    });
  }
  void run_hooks(const std::vector<std::function<void(session&)>>& list) {
    if (list.empty()) return;
    guarded([&] {
      for (std::size_t i = 0; i < list.size(); ++i) {
        const auto hook = list[i];  // it may add others
        hook(*owner_);
      }
    });
  }
  void run_after_commit(const commit_result& result) {
    for (std::size_t i = 0; i < hooks_.after_commit.size(); ++i) {
      try {
        const auto hook = hooks_.after_commit[i];  // it may add others
        hook(*owner_, result);
      } catch (const std::exception& failure) {
        running_hook().fail(failure);
      }
    }
  }

  // ---- writing ----

  /// Whether an entity is part of a write: it differs, it did earlier in the transaction that is to be committed, or
  /// its version is to be checked.
  [[nodiscard]] static bool is_touched(const managed& entry, bool whole) {
    return entry.dirty || (whole && entry.base != entry.flushed) || (entry.by_expectation && !entry.checked);
  }

  commit_result flush_entries(bool and_commit) {
    require_attribution();
    const bool needs_rows = std::any_of(entries().begin(), entries().end(), [&](const auto& entry) {
      return is_touched(*entry, and_commit) && (entry->erased || !entry->info->relations.empty());
    });
    if (needs_rows || connection().in_transaction()) connection().begin();  // what is read stays true until the commit
    objects_.forget_completion();
    links_.remove_links_to_erased();
    children_.clear();
    for_each_dirty([this](managed& entry) {
      complete_uuid(entry);
      if (children_.complete(entry)) objects_.compare(entry);
    });
    for (auto first = links_.linked_without_key(); !first.empty(); first = links_.linked_without_key()) {
      for (auto* entry : first)
        if (links_.complete(*entry)) objects_.compare(*entry);
      write_entries(first, false);
    }
    for_each_dirty([this](managed& entry) {
      if (links_.complete(entry)) objects_.compare(entry);
    });
    touched_.clear();
    for (const auto& entry : entries()) {
      if (!is_touched(*entry, and_commit)) continue;
      touched_.push_back(entry.get());
      if (!entry->dirty && !entry->erased) link_completion::take_names(*entry);
    }
    const auto done = write_entries(touched_, and_commit);
    wrote_ = false;
    objects_.forget_completion();
    return done;
  }
  /// Also those that the work itself brings in: a child that moves changes its old parent.
  template <class Work>
  void for_each_dirty(Work&& work) {
    for (std::size_t i = 0; i < entries().size(); ++i) {
      auto& entry = *entries()[i];
      if (!entry.erased && entry.dirty) work(entry);
    }
  }

  commit_result write_entries(std::span<managed* const> touched, bool and_commit) {
    commit_result done;
    if (touched.empty()) {
      if (and_commit && connection().in_transaction()) connection().commit(write_set{});
      if (and_commit) end_transaction();
      return done;
    }
    const time_point time = clock();
    if (saved_.size() < touched.size()) saved_.resize(touched.size());
    const std::span saved{saved_.data(), touched.size()};
    for (std::size_t i = 0; i < saved.size(); ++i) {
      describe_save(objects_, *touched[i], store().base().versions(*touched[i]->info), saved[i]);
      find_changes(saved[i]);
      if (saved[i].now != nullptr) stamp(*touched[i], saved[i].changed, *who_, time);
    }
    const auto& set = make_write_set(saved, time, and_commit);
    if (!set.live.empty()) ++writes_;  // another order of what has none is no write
    wrote_ = true;
    const auto result = and_commit ? connection().commit(set) : connection().apply(set);
    if (result.conflict) report_conflict(set, *result.conflict, touched, saved);
    if (!and_commit) {
      take_over_given(set, result, saved, touched);
      note_flushed(saved, touched);
    } else {
      take_over_committed(set, result, saved, touched);
      done.transaction = result.self;
      done.baseline = result.before;
      done.issued_at = result.issued_at;
    }
    room_.set.clear();
    return done;
  }

  const write_set& make_write_set(std::span<saved_entity> saved, time_point time, bool and_commit) {
    auto& set = room_.set;
    set.clear();
    set.who = *who_;
    set.who.clock = time;
    if (set.who.token.is_nil()) set.who.token = random_uuid();
    if (once_) {
      set.who.action_kind = once_->first;
      set.who.meta = once_->second;
    }
    if (and_commit) {
      capture(saved, limits_, room_);
    } else {
      room_.planner.plan(set, saved);
      lock_entities(saved, room_);
    }
    if (and_commit && !hooks_.after_capture.empty()) show_to_hooks(set, saved);
    return set;
  }
  /// The objects must be after the hooks as they are in the set, else they would count as saved with what is not.
  void show_to_hooks(const write_set& set, std::span<const saved_entity> saved) {
    std::vector<state_pointer> captured(saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i)
      if (saved[i].now != nullptr) captured[i] = copy_state(*saved[i].entity, saved[i].now);
    writing_ = true;
    for (std::size_t i = 0; i < hooks_.after_capture.size(); ++i) {
      const auto hook = hooks_.after_capture[i];  // it may add others
      hook(set);
    }
    writing_ = false;
    for (std::size_t i = 0; i < saved.size(); ++i)
      if (saved[i].now != nullptr && object_map::differ(*saved[i].entity, captured[i].get(), saved[i].now))
        throw error(error_kind::other,
                    "cannot commit: a hook after capture wrote to " + describe_entity(*saved[i].entity, saved[i].key) +
                        "; it sees the save and changes nothing, so write in a hook before the commit",
                    where(*saved[i].entity, saved[i].key, "commit"));
  }

  void take_over_given(const write_set& set, const apply_result& result, std::span<const saved_entity> saved,
                       std::span<managed* const> touched) {
    given_.take_over(set, result, saved, touched,
                     [this](managed& entry, row_key key) { objects_.set_key(entry, std::move(key)); });
  }
  /// After a commit. What fails here leaves the save as it is: the session reads it again by a rollback.
  void take_over_committed(const write_set& set, const apply_result& result, std::span<saved_entity> saved,
                           std::span<managed* const> touched) {
    for (auto* entry : touched) entry->stale = true;
    try {
      take_over_given(set, result, saved, touched);
      note_committed(objects_, set, result, saved, touched);
    } catch (const std::exception& failure) {
      failed_ = true;
      who_->token = {};
      taking_note().fail(failure);
    }
    end_transaction();
  }
  void end_transaction() {
    for (const auto& entry : entries()) {
      entry->base = entry->flushed;
      entry->by_expectation = entry->checked = entry->keeps_creation = false;
      entry->key_was_given = entry->uuid_was_given = entry->stale = false;
      entry->given_items.clear();
    }
    savepoints_.clear();
    once_.reset();
    if (who_) who_->token = {};  // a token names one save
  }

  [[noreturn]] void report_conflict(const write_set& set, const save_conflict& conflict,
                                    std::span<managed* const> touched, std::span<const saved_entity> saved) {
    const auto& lock = set.locks[conflict.lock];
    for (std::size_t i = 0; i < saved.size(); ++i) {
      if (saved[i].entity != lock.entity || saved[i].key != lock.key) continue;
      failed_ = true;
      touched[i]->stale = touched[i]->base != nullptr;
      throw_conflict(store(), *touched[i], touched[i]->open, conflict.found, touched[i]->by_expectation);
    }
    throw error(error_kind::conflict, "somebody else saved " + describe_entity(*lock.entity, lock.key) + " first",
                where(*lock.entity, lock.key, "save"));
  }

  object_map objects_;
  child_completion children_{objects_};
  link_completion links_{objects_};
  given_values given_{};
  std::optional<attribution> who_;
  varve::hooks hooks_{};
  record_limits limits_{};
  std::function<time_point()> clock_{};
  session* owner_ = nullptr;
  savepoints savepoints_{};
  once_only once_{};
  std::size_t writes_ = 0;
  bool failed_ = false;
  bool wrote_ = false;
  bool writing_ = false;  ///< hooks look at the write set

  // Room that saves work in, kept from one to the next.
  capture_room room_{};
  std::vector<saved_entity> saved_{};
  std::vector<managed*> touched_{};
};

}  // namespace varve::detail
