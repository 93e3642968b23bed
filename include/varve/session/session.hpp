#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/capture/record_limits.hpp"
#include "varve/core/inline.hpp"
#include "varve/diff/record.hpp"
#include "varve/entity/entity.hpp"
#include "varve/session/detail/savepoint_place.hpp"
#include "varve/session/hooks.hpp"
#include "varve/store/conflict.hpp"
#include "varve/store/detail/make_key.hpp"
#include "varve/store/store.hpp"

namespace varve {

namespace detail {

class unit_of_work;
struct managed;

}  // namespace detail

/// Takes back what was flushed since it was made, unless it was released.
class savepoint {
 public:
  savepoint(detail::unit_of_work& work, detail::savepoint_place place) : work_(&work), place_(place) {}

  /// Undoes what was saved since, and puts the objects back. The savepoint stays and can be rolled back to again.
  VARVE_INLINE void rollback();
  /// Keeps what was saved since, as part of the transaction.
  VARVE_INLINE void release();

 private:
  detail::unit_of_work* work_;
  detail::savepoint_place place_;
};

/// A unit of work: watches objects, finds what changed in them and saves it with its history.
///
/// The session owns its objects; a reference that it handed out stays valid as long as the session, also after a
/// rollback. (Not so references to children, which live in their containers.)
///
/// Errors: `conflict_error` when somebody else saved first, `input_error` for what cannot be stored (nothing is written
///         then), `backend_error` for what the database says. After an error that ended a transaction the session
///         refuses work until `rollback()`.
/// Threads: one at a time; a session may move between them.
class session {
 public:
  /// \param who  `varve::actor{"ada"}`, or `varve::anonymous` to say that nobody is to be named.
  VARVE_INLINE session(store_handle store, attribution who);
  session(store_handle store, varve::actor who) : session(std::move(store), attribution{std::move(who)}) {}
  session(store_handle store, anonymous_t who) : session(std::move(store), attribution{who}) {}
  /// For reading; a save is refused until `attribute` said who acts.
  VARVE_INLINE explicit session(store_handle store);
  VARVE_INLINE session(session&& other) noexcept;
  VARVE_INLINE session& operator=(session&& other) noexcept;
  VARVE_INLINE ~session();

  /// Takes over a new object; it is inserted by the next flush.
  template <entity_type Entity>
  Entity& add(Entity entity) {
    return *static_cast<Entity*>(add(info_of<Entity>(), std::make_shared<Entity>(std::move(entity))));
  }

  /// The object of a key (or of a public id), loaded when the session has not got it yet.
  ///
  /// Errors: `input_error` when there is none.
  template <entity_type Entity, class... Parts>
  Entity& get(const Parts&... parts) {
    return *static_cast<Entity*>(get(info_of<Entity>(), key_from<Entity>(parts...)));
  }
  /// The same, null when there is none.
  template <entity_type Entity, class... Parts>
  Entity* find(const Parts&... parts) {
    return static_cast<Entity*>(find(info_of<Entity>(), key_from<Entity>(parts...)));
  }

  /// Saves a value: inserted, or compared with what lives under its key, or under its uuid when it has no key. Children
  /// are matched by natural key and keep their own. The session keeps no reference to it.
  template <entity_type Entity>
  Entity& save(const Entity& entity) {
    return *static_cast<Entity*>(save(info_of<Entity>(), &entity));
  }

  /// Deletes an entity with its children and links, and the links that others have to it (their owners get a version).
  template <entity_type Entity, class... Parts>
  void erase(const Parts&... parts) {
    erase(info_of<Entity>(), key_from<Entity>(parts...));
  }

  /// Asks that an entity still is at a version. `conflict_error`, now or at the save, when it is not.
  ///
  /// \param key  a uuid, the key's value, or a `std::tuple` of the values of a key of several columns.
  template <entity_type Entity, class Key>
  void expect(const Key& key, transaction_id version) {
    expect(info_of<Entity>(), key_from<Entity>(key), version);
  }

  /// Writes what changed to the live tables, within the transaction that it begins.
  VARVE_INLINE void flush();
  /// Flushes, makes the history of the whole transaction and commits it. Without a change it does nothing.
  VARVE_INLINE commit_result commit();
  /// Undoes the transaction and puts the objects back as they were.
  VARVE_INLINE void rollback();
  /// Flushes, and marks the place to come back to.
  [[nodiscard]] VARVE_INLINE varve::savepoint savepoint();
  /// Begins the write transaction now instead of at the first flush, so that what is read from here on stays true.
  VARVE_INLINE void begin();

  /// Whether an object of the session waits to be saved.
  [[nodiscard]] VARVE_INLINE bool is_modified();
  /// The records that saving an object now would make; all of it is new when it never was saved: no records.
  template <entity_type Entity>
  [[nodiscard]] std::vector<change_record> pending(const Entity& entity) {
    return pending(info_of<Entity>(), &entity);
  }

  /// Who acts from now on, with action kind, message and meta.
  VARVE_INLINE void attribute(attribution who);
  [[nodiscard]] VARVE_INLINE std::optional<attribution>& attributed();
  [[nodiscard]] VARVE_INLINE varve::hooks& hooks();
  /// What storage does to many or large records.
  [[nodiscard]] VARVE_INLINE record_limits& limits();
  /// The clock for `issued_at` and stamps; the system's when empty.
  VARVE_INLINE void clock(std::function<time_point()> clock);

  [[nodiscard]] VARVE_INLINE store_handle store() const;
  [[nodiscard]] detail::unit_of_work& work() { return *work_; }

 private:
  VARVE_INLINE void* add(const entity_info& info, std::shared_ptr<void> object);
  VARVE_INLINE void* get(const entity_info& info, const row_key& key);
  VARVE_INLINE void* find(const entity_info& info, const row_key& key);
  VARVE_INLINE void* save(const entity_info& info, const void* value);
  VARVE_INLINE void erase(const entity_info& info, const row_key& key);
  VARVE_INLINE void expect(const entity_info& info, const row_key& key, transaction_id version);
  [[nodiscard]] VARVE_INLINE std::vector<change_record> pending(const entity_info& info, const void* object);
  [[nodiscard]] VARVE_INLINE row_key key_of_uuid(const entity_info& info, const uuid& id);

  template <class Entity, class... Parts>
  row_key key_from(const Parts&... parts) {
    if constexpr (detail::names_public_id<Entity, Parts...>) {
      return key_of_uuid(info_of<Entity>(), parts...);
    } else {
      value_buffer buffer;
      if (auto key = detail::make_key<Entity>(buffer, parts...)) return *std::move(key);
      throw input_error("the key of a " + std::string{info_of<Entity>().kind} + " " + buffer.defect);
    }
  }

  std::unique_ptr<detail::unit_of_work> work_;
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/session/detail/session_impl.hpp"
#endif
