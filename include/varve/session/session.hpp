#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "varve/entity/entity.hpp"
#include "varve/store/conflict.hpp"
#include "varve/session/detail/unit_of_work.hpp"
#include "varve/store/detail/make_key.hpp"

namespace varve {

/// Takes back what was flushed since it was made, unless it was released.
class savepoint {
 public:
  savepoint(detail::unit_of_work& work, detail::unit_of_work::savepoint_place place) : work_(&work), place_(place) {}

  /// Undoes what was saved since, and puts the objects back. The savepoint stays and can be rolled back to again.
  void rollback() { work_->rollback_to(place_); }
  /// Keeps what was saved since, as part of the transaction.
  void release() { work_->release(place_); }

 private:
  detail::unit_of_work* work_;
  detail::unit_of_work::savepoint_place place_;
};

/// A unit of work: watches objects, finds what changed in them and saves it with its history.
///
/// The session owns its objects; a reference that it handed out stays valid as long as the session, also after a
/// rollback. (Not so references to children, which live in vectors.)
///
/// Errors: `conflict_error` when somebody else saved first, `input_error` for what cannot be stored (nothing is written
///         then), `backend_error` for what the database says. After an error that ended a transaction the session
///         refuses work until `rollback()`.
/// Threads: one at a time; a session may move between them.
class session {
 public:
  /// \param who  `varve::actor{"ada"}`, or `varve::anonymous` to say that nobody is to be named.
  session(store_handle store, attribution who)
      : work_(std::make_unique<detail::unit_of_work>(std::move(store), std::move(who))) {
    work_->self(this);
  }
  session(store_handle store, varve::actor who) : session(std::move(store), attribution{std::move(who)}) {}
  session(store_handle store, anonymous_t who) : session(std::move(store), attribution{who}) {}
  /// For reading; a save is refused until `attribute` said who acts.
  explicit session(store_handle store)
      : work_(std::make_unique<detail::unit_of_work>(std::move(store), std::nullopt)) {
    work_->self(this);
  }
  session(session&& other) noexcept : work_(std::move(other.work_)) { work_->self(this); }
  session& operator=(session&& other) noexcept {
    work_ = std::move(other.work_);
    work_->self(this);
    return *this;
  }
  ~session() = default;

  /// Takes over a new object; it is inserted by the next flush.
  template <entity_type Entity>
  Entity& add(Entity entity) {
    const auto& info = info_of<Entity>();
    auto& entry = work_->add(info, detail::own(info, new Entity(std::move(entity))));
    return *static_cast<Entity*>(entry.object.get());
  }

  /// The object of a key (or of a public id), loaded when the session has not got it yet.
  ///
  /// Errors: `input_error` when there is none.
  template <entity_type Entity, class... Parts>
  Entity& get(const Parts&... parts) {
    const auto& info = info_of<Entity>();
    return *static_cast<Entity*>(work_->get(info, key_from<Entity>(parts...)).object.get());
  }
  /// The same, null when there is none.
  template <entity_type Entity, class... Parts>
  Entity* find(const Parts&... parts) {
    const auto& info = info_of<Entity>();
    const auto key = key_from<Entity>(parts...);
    auto* entry = key.empty() ? nullptr : work_->find(info, key);
    return entry == nullptr ? nullptr : static_cast<Entity*>(entry->object.get());
  }

  /// Saves a value: inserted, or compared with what lives under its key, or under its uuid when it has no key. Children
  /// are matched by natural key and keep their own. The session keeps no reference to it.
  template <entity_type Entity>
  Entity& save(const Entity& entity) {
    const auto& info = info_of<Entity>();
    return *static_cast<Entity*>(work_->save(info, detail::copy_state(info, &entity)).object.get());
  }

  /// Deletes an entity with its children and links, and the links that others have to it (their owners get a version).
  template <entity_type Entity, class... Parts>
  void erase(const Parts&... parts) {
    work_->erase(info_of<Entity>(), key_from<Entity>(parts...));
  }

  /// Asks that an entity still is at a version. `conflict_error`, now or at the save, when it is not.
  ///
  /// \param key  a uuid, the key's value, or a `std::tuple` of the values of a key of several columns.
  template <entity_type Entity, class Key>
  void expect(const Key& key, transaction_id version) {
    work_->expect(info_of<Entity>(), key_from<Entity>(key), version);
  }

  /// Writes what changed to the live tables, within the transaction that it begins.
  void flush() { work_->flush(); }
  /// Flushes, makes the history of the whole transaction and commits it. Without a change it does nothing.
  commit_result commit() { return work_->commit(); }
  /// Undoes the transaction and puts the objects back as they were.
  void rollback() { work_->rollback(); }
  /// Flushes, and marks the place to come back to.
  [[nodiscard]] varve::savepoint savepoint() { return {*work_, work_->savepoint()}; }
  /// Begins the write transaction now instead of at the first flush, so that what is read from here on stays true.
  void begin() { work_->begin(); }

  /// Whether an object of the session waits to be saved.
  [[nodiscard]] bool is_modified() { return work_->is_modified(); }
  /// The records that saving an object now would make; all of it is new when it never was saved: no records.
  template <entity_type Entity>
  [[nodiscard]] std::vector<change_record> pending(const Entity& entity) {
    diff_scratch scratch;
    const auto* entry = work_->entry_of(&entity);
    if (entry == nullptr || !entry->base || entry->erased) return {};
    detail::diff_into(info_of<Entity>(), entry->base->object.get(), &entity, rules_of(info_of<Entity>()), scratch);
    return detail::owned_records(scratch);
  }

  /// Who acts from now on, with action kind, message and meta.
  void attribute(attribution who) { work_->who() = std::move(who); }
  [[nodiscard]] std::optional<attribution>& attributed() { return work_->who(); }
  [[nodiscard]] varve::hooks& hooks() { return work_->hooks(); }
  /// What storage does to many or large records.
  [[nodiscard]] record_limits& limits() { return work_->limits(); }
  /// The clock for `issued_at` and stamps; the system's when empty.
  void clock(std::function<time_point()> clock) { work_->set_clock(std::move(clock)); }

  [[nodiscard]] store_handle store() const { return work_->store(); }
  [[nodiscard]] detail::unit_of_work& work() { return *work_; }

 private:
  template <class Entity, class... Parts>
  row_key key_from(const Parts&... parts) {
    if constexpr (detail::names_public_id<Entity, Parts...>) {
      return work_->key_of_uuid(info_of<Entity>(), parts...);
    } else {
      value_buffer buffer;
      if (auto key = detail::make_key<Entity>(buffer, parts...)) return *std::move(key);
      throw input_error("the key of a " + std::string{info_of<Entity>().kind} + " " + buffer.defect);
    }
  }

  std::unique_ptr<detail::unit_of_work> work_;
};

}  // namespace varve
