#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/diff/diff.hpp"
#include "varve/diff/visitor.hpp"
#include "varve/history/blame.hpp"
#include "varve/history/timeline.hpp"
#include "varve/history/version_list.hpp"
#include "varve/history/version_search.hpp"
#include "varve/store/detail/make_key.hpp"
#include "varve/store/misfit.hpp"

namespace varve {

namespace detail {

/// An entity as a query names it: by its uuid or by its key; by neither where a value cannot be its key.
struct entity_name {
  std::optional<uuid> id{};
  std::optional<row_key> key{};
};

template <class Entity, class... Parts>
[[nodiscard]] entity_name name_of_entity(const Parts&... parts) {
  if constexpr (names_public_id<Entity, Parts...>) {
    return {(parts, ...), {}};
  } else {
    value_buffer buffer;
    return {{}, make_key<Entity>(buffer, parts...)};
  }
}

/// Reads the history of one kind of entity, whatever its type. A struct that is handed out owns itself.
class kind_history {
 public:
  VARVE_INLINE kind_history(store_handle store, const entity_info& info);

  [[nodiscard]] const store_handle& store() const { return store_; }
  [[nodiscard]] VARVE_INLINE version_list versions(const entity_name& name) const;
  [[nodiscard]] VARVE_INLINE std::optional<version> find(const entity_name& name, const uuid& id) const;
  [[nodiscard]] VARVE_INLINE std::optional<version> at(const entity_name& name, transaction_id at) const;
  [[nodiscard]] VARVE_INLINE std::optional<version> at(const version_id& id) const;
  [[nodiscard]] VARVE_INLINE std::optional<version> latest(const entity_name& name, transaction_id at) const;
  [[nodiscard]] VARVE_INLINE std::optional<version> latest(const entity_name& name, time_point at) const;
  [[nodiscard]] VARVE_INLINE std::optional<version> neighbour(const version& of, bool back) const;

  [[nodiscard]] VARVE_INLINE std::shared_ptr<void> as_of(const entity_name& name, transaction_id at) const;
  [[nodiscard]] VARVE_INLINE std::shared_ptr<void> as_of(const entity_name& name, time_point at) const;
  [[nodiscard]] VARVE_INLINE std::shared_ptr<void> state(const version& of,
                                                         std::vector<misfit>* misfits = nullptr) const;
  /// Two states to be compared: what one version does not have yet is as in the other.
  [[nodiscard]] VARVE_INLINE std::pair<std::shared_ptr<void>, std::shared_ptr<void>> states(const version& older,
                                                                                            const version& newer) const;

  [[nodiscard]] VARVE_INLINE std::vector<blame_entry> blame(const entity_name& name, transaction_id at) const;
  [[nodiscard]] VARVE_INLINE std::vector<blame_entry> blame(const entity_name& name, time_point at) const;
  /// \param fields  indexes of the struct's fields.
  [[nodiscard]] VARVE_INLINE std::vector<version> that_changed(const entity_name& name,
                                                               const std::vector<std::size_t>& fields) const;
  using state_taker = std::function<void(const version_id&, row_operation, void*)>;
  /// A page of the states of all entities of the kind; `take` gets each with its version's key and transaction.
  VARVE_INLINE void each_as_of(transaction_id at, const std::optional<row_key>& behind, std::size_t limit,
                               bool with_deleted, const state_taker& take) const;
  VARVE_INLINE void each_as_of(time_point at, const std::optional<row_key>& behind, std::size_t limit,
                               bool with_deleted, const state_taker& take) const;

 private:
  /// \param until  where times do not rise with the ids: only what was issued not later counts; no id of such a one is
  ///               behind `at`.
  VARVE_INLINE void each_state(store_reader& reader, transaction_id at, std::optional<time_point> until,
                               const std::optional<row_key>& behind, std::size_t limit, bool with_deleted,
                               const state_taker& take) const;
  [[nodiscard]] VARVE_INLINE std::optional<subject> resolve(store_reader& reader, const entity_name& name) const;
  [[nodiscard]] VARVE_INLINE version one(store_reader& reader, const subject& of, shadow_entry row) const;

  store_handle store_;
  const entity_info* info_;
};

}  // namespace detail

/// Two versions of an entity and the records between them, as a save would have written them.
template <entity_type Entity>
struct version_diff {
  Entity before{};
  Entity after{};
  std::vector<change_record> records{};
};

/// An entity as of an instant, with the version that it is.
template <entity_type Entity>
struct past_entity {
  version_id id{};
  bool is_deleted = false;  ///< then the state has its last values, without children and links
  Entity state{};
};

/// Reads the history of one kind of entity. An entity is named by its uuid, or by the values of its key (where it goes
/// together with something else, a key of several columns is a `std::tuple`).
///
/// Every call reads one committed state and changes nothing; an unknown entity has an empty list and no states.
/// The handle is held by value, so `history<T>{store}.versions(id)` may be looped over.
template <entity_type Entity>
class history {
 public:
  explicit history(store_handle store) : kind_(std::move(store), info()) {}

  /// All versions, oldest first.
  template <class... Parts>
  [[nodiscard]] version_list versions(const Parts&... parts) const {
    return kind_.versions(detail::name_of_entity<Entity>(parts...));
  }

  /// The version with this uuid; nothing when the entity has no such version.
  /// Cost: one statement, and one hash for each of the entity's versions.
  [[nodiscard]] std::optional<varve::version> version(const uuid& entity, const uuid& id) const {
    return kind_.find(detail::name_of_entity<Entity>(entity), id);
  }
  template <class Key>
  requires(!std::is_same_v<Key, uuid>)
      [[nodiscard]] std::optional<varve::version> version(const Key& key, const uuid& id) const {
    return kind_.find(detail::name_of_entity<Entity>(key), id);
  }
  /// The version made at exactly this transaction; nothing when that did not touch the entity.
  template <class Key>
  [[nodiscard]] std::optional<varve::version> version(const Key& key, transaction_id at) const {
    return kind_.at(detail::name_of_entity<Entity>(key), at);
  }
  /// A version by its id, as other calls gave it.
  [[nodiscard]] std::optional<varve::version> version(const version_id& id) const { return kind_.at(id); }
  /// The newest version not after a time or a transaction, a deletion included; nothing when there was none yet.
  template <class Key, class When>
  [[nodiscard]] std::optional<varve::version> latest(const Key& key, const When& when) const {
    return kind_.latest(detail::name_of_entity<Entity>(key), moment(when));
  }
  [[nodiscard]] std::optional<varve::version> previous(const varve::version& of) const {
    return kind_.neighbour(of, true);
  }
  [[nodiscard]] std::optional<varve::version> next(const varve::version& of) const {
    return kind_.neighbour(of, false);
  }

  /// The entity as of a time or a transaction; nothing when it did not exist then.
  template <class Key, class When>
  [[nodiscard]] std::optional<Entity> as_of(const Key& key, const When& when) const {
    const auto found = kind_.as_of(detail::name_of_entity<Entity>(key), moment(when));
    if (found == nullptr) return std::nullopt;
    return std::move(*static_cast<Entity*>(found.get()));
  }

  /// The entity as a version left it; of a deletion its last values, without children and links.
  ///
  /// Errors: `backend_error` of kind damaged when the type of a field cannot hold what was stored; it names the row.
  [[nodiscard]] Entity state(const varve::version& of) const {
    return std::move(*static_cast<Entity*>(kind_.state(of).get()));
  }
  /// The same where fields may have changed their type: values that do not fit are told, and their fields have their
  /// defaults.
  [[nodiscard]] Entity state(const varve::version& of, std::vector<misfit>& misfits) const {
    return std::move(*static_cast<Entity*>(kind_.state(of, &misfits).get()));
  }

  /// The entities that lived at a time or a transaction, by rising key, at most `limit` of those behind a key.
  /// Cost: for each 100 entities one statement, and one for each collection; as of a time one more. On a server as of a
  /// time one more for each 100, and those of each entity by itself whose newest version, by its id, was issued later.
  template <class When>
  [[nodiscard]] std::vector<past_entity<Entity>> all_as_of(const When& when, std::size_t limit = unlimited,
                                                           const std::optional<version_id>& behind = {}) const {
    return states(when, limit, behind, false);
  }
  /// The same with those that were deleted before and not yet put back. One whose key another entity took since is not
  /// among them: its versions are found by its uuid.
  template <class When>
  [[nodiscard]] std::vector<past_entity<Entity>> all_as_of_with_deleted(
      const When& when, std::size_t limit = unlimited, const std::optional<version_id>& behind = {}) const {
    return states(when, limit, behind, true);
  }
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

  /// Who set each field, each member of its documents, each child and link and their fields, to what they are or were at
  /// a time or a transaction; nothing when the entity did not live then.
  /// Cost: two statements, one for each 100 older versions until all is known, and one for each collection.
  template <class Key>
  [[nodiscard]] std::vector<blame_entry> blame(const Key& key) const {
    return blame(key, transaction_id{std::numeric_limits<std::int64_t>::max()});
  }
  template <class Key, class When>
  [[nodiscard]] std::vector<blame_entry> blame(const Key& key, const When& when) const {
    return kind_.blame(detail::name_of_entity<Entity>(key), moment(when));
  }

  /// The versions in which one of these fields or collections changed, oldest first: `that_changed<&T::sql>(id)`. A
  /// creation changes each field that is not null, and each collection that is not empty; so does, where older versions
  /// were pruned, the oldest that is kept.
  /// Cost: all versions of the entity are read, in pages, and all rows of the collections.
  template <auto... Members, class Key>
  [[nodiscard]] std::vector<varve::version> that_changed(const Key& key) const {
    return kind_.that_changed(detail::name_of_entity<Entity>(key),
                              {detail::index_of<Entity>(detail::name_of<Members>)...});
  }

  /// Versions of all entities of the kind in which a field had a value: `history.where<&T::status>("open")`, to be
  /// narrowed further, to `.of<T>(id)` too.
  template <auto Member>
  [[nodiscard]] version_search where(const detail::type_of<Member>& value) const {
    return version_search{kind_.store()}.template where<Member, Entity>(value);
  }

  /// Versions of one entity, each with the children and links that it added, changed or took away:
  /// `history.timeline(history.versions(id).newest_first().page(20))`.
  /// Cost: one statement for each collection, which reads its rows up to the newest of these versions, and one more.
  [[nodiscard]] std::vector<timeline_entry> timeline(const std::vector<varve::version>& versions) const {
    return detail::timeline_of(kind_.store(), info(), versions);
  }

  /// What differs between two versions of an entity. Fields, children and links that one of them does not have yet are as
  /// in the other.
  [[nodiscard]] version_diff<Entity> diff(const varve::version& older, const varve::version& newer) const {
    return diff(older, newer, rules_of(info()));
  }
  [[nodiscard]] version_diff<Entity> diff(const varve::version& older, const varve::version& newer,
                                          const rule_set& rules) const {
    const auto [before, after] = kind_.states(older, newer);
    version_diff<Entity> made{
        std::move(*static_cast<Entity*>(before.get())), std::move(*static_cast<Entity*>(after.get())), {}};
    made.records = varve::diff(made.before, made.after, rules);
    return made;
  }

  [[nodiscard]] static const entity_info& info() { return info_of<Entity>(); }

 private:
  template <class When>
  [[nodiscard]] std::vector<past_entity<Entity>> states(const When& when, std::size_t limit,
                                                        const std::optional<version_id>& behind,
                                                        bool with_deleted) const {
    std::vector<past_entity<Entity>> found;
    kind_.each_as_of(
        moment(when), behind ? std::optional{behind->entity} : std::nullopt, limit, with_deleted,
        [&](const version_id& id, row_operation operation, void* state) {
          found.push_back({id, operation == row_operation::remove, std::move(*static_cast<Entity*>(state))});
        });
    return found;
  }
  [[nodiscard]] static transaction_id moment(transaction_id at) { return at; }
  template <class Duration>
  [[nodiscard]] static time_point moment(std::chrono::sys_time<Duration> at) {
    return std::chrono::floor<std::chrono::microseconds>(at);
  }

  detail::kind_history kind_;
};

/// The newest transaction, by its id, of those issued not later than an instant; nothing before the first. Where writers
/// run side by side, one with a smaller id may be issued later: ask an entity's history what it was as of a time.
[[nodiscard]] VARVE_INLINE std::optional<transaction_entry> transaction_at(const store_handle& store, time_point time);
[[nodiscard]] VARVE_INLINE std::optional<transaction_entry> find_transaction(const store_handle& store,
                                                                             transaction_id id);

/// An entity that a transaction touched.
struct touched_entity {
  std::string kind{};
  row_key key{};
  row_operation operation = row_operation::insert;
};

/// The entities that a transaction touched, of the kinds in use, by kind and key. One statement a kind, which walks over
/// its entities, and not over their versions.
[[nodiscard]] VARVE_INLINE std::vector<touched_entity> touched_by(const store_handle& store, transaction_id id);

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/history_impl.hpp"
#endif
