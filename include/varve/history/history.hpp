#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/diff/diff.hpp"
#include "varve/store/detail/make_key.hpp"
#include "varve/history/detail/reading.hpp"
#include "varve/history/version.hpp"

namespace varve {

namespace detail {

/// Finds the entity that a query names.
template <class Entity, class... Parts>
[[nodiscard]] std::optional<subject> resolve(store_reader& reader, const Parts&... parts) {
  const auto& info = info_of<Entity>();
  if (!info.versioned) return std::nullopt;
  if constexpr (names_public_id<Entity, Parts...>) {
    return find_subject(reader, info, parts...);
  } else {
    value_buffer buffer;
    const auto key = make_key<Entity>(buffer, parts...);
    return key ? find_subject(reader, info, *key) : std::nullopt;
  }
}

}  // namespace detail

/// The versions of one entity, read page by page while they are walked over: three statements a page.
class version_list {
 public:
  version_list(store_handle store, const entity_info& info, std::optional<detail::subject> of)
      : store_(std::move(store)), info_(&info), of_(std::move(of)) {}

  /// Newest first instead of oldest first.
  [[nodiscard]] version_list newest_first() const {
    auto made = *this;
    made.range_.newest_first = true;
    return made;
  }
  /// Those behind a version in the list's direction (a keyset, as fast at the end as at the start).
  [[nodiscard]] version_list behind(transaction_id place) const {
    auto made = *this;
    (made.range_.newest_first ? made.range_.before : made.range_.after) = place;
    return made;
  }
  /// Those from one transaction to another, both included; an open end is left out.
  [[nodiscard]] version_list between(std::optional<transaction_id> first, std::optional<transaction_id> last) const {
    auto made = *this;
    if (first) made.range_.after = {first->value - 1};
    if (last) made.range_.before = {last->value + 1};
    return made;
  }

  /// The first `size` of them.
  [[nodiscard]] std::vector<version> page(std::size_t size) const {
    if (!of_ || size == 0) return {};
    const auto snapshot = store_.base().snapshot();
    auto range = range_;
    range.limit = size;
    range.id = of_->id;
    return detail::make_versions(store_, *snapshot, *info_, *of_, snapshot->versions(*info_->table, of_->key, range));
  }
  [[nodiscard]] std::vector<version> all() const { return page(static_cast<std::size_t>(-1)); }
  /// How many there are. One statement, which counts them.
  [[nodiscard]] std::size_t count() const {
    if (!of_) return 0;
    auto range = range_;
    range.id = of_->id;
    return store_.base().snapshot()->count_versions(*info_->table, of_->key, range);
  }

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = version;
    using difference_type = std::ptrdiff_t;
    using pointer = const version*;
    using reference = const version&;

    iterator() = default;
    explicit iterator(version_list rest) : rest_(std::make_shared<version_list>(std::move(rest))) { read(); }
    reference operator*() const { return (*page_)[at_]; }
    pointer operator->() const { return &(*page_)[at_]; }
    iterator& operator++() {
      if (++at_ == page_->size()) {
        const bool more = page_->size() == page_size;
        rest_ = std::make_shared<version_list>(rest_->behind(page_->back().transaction()));
        page_ = nullptr;
        if (more) read();
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.page_ == b.page_ && (!a.page_ || a.at_ == b.at_); }

   private:
    static constexpr std::size_t page_size = 100;
    void read() {
      at_ = 0;
      auto page = std::make_shared<std::vector<version>>(rest_->page(page_size));
      page_ = page->empty() ? nullptr : std::move(page);
    }
    std::shared_ptr<version_list> rest_{};
    std::shared_ptr<std::vector<version>> page_{};
    std::size_t at_ = 0;
  };
  [[nodiscard]] iterator begin() const { return iterator{*this}; }
  [[nodiscard]] iterator end() const { return {}; }

 private:
  store_handle store_;
  const entity_info* info_;
  std::optional<detail::subject> of_;
  version_range range_{};
};

/// Two versions of an entity and the records between them, as a save would have written them.
template <entity_type Entity>
struct version_diff {
  Entity before{};
  Entity after{};
  std::vector<change_record> records{};
};

/// Reads the history of one kind of entity. An entity is named by its uuid, or by the values of its key (where it goes
/// together with something else, a key of several columns is a `std::tuple`).
///
/// Every call reads one committed state and changes nothing; an unknown entity has an empty list and no states.
/// The handle is held by value, so `history<T>{store}.versions(id)` may be looped over.
template <entity_type Entity>
class history {
 public:
  explicit history(store_handle store) : store_(std::move(store)) { store_.base().use(info()); }

  /// All versions, oldest first.
  template <class... Parts>
  [[nodiscard]] version_list versions(const Parts&... parts) const {
    const auto snapshot = store_.base().snapshot();
    return {store_, info(), detail::resolve<Entity>(*snapshot, parts...)};
  }

  /// The version with this uuid; nothing when the entity has no such version.
  /// Cost: one statement, and one hash for each of the entity's versions.
  [[nodiscard]] std::optional<varve::version> version(const uuid& entity, const uuid& id) const {
    return find_version(entity, id);
  }
  template <class Key>
    requires(!std::is_same_v<Key, uuid>)
  [[nodiscard]] std::optional<varve::version> version(const Key& key, const uuid& id) const {
    return find_version(key, id);
  }
  /// The version made at exactly this transaction; nothing when that did not touch the entity.
  template <class Key>
  [[nodiscard]] std::optional<varve::version> version(const Key& key, transaction_id at) const {
    const auto snapshot = store_.base().snapshot();
    const auto of = detail::resolve<Entity>(*snapshot, key);
    if (!of) return std::nullopt;
    auto row = detail::row_at(*snapshot, info(), *of, at);
    if (!row || row->begin != at) return std::nullopt;
    return one(*snapshot, *of, std::move(*row));
  }
  /// A version by its id, as other calls gave it.
  [[nodiscard]] std::optional<varve::version> version(const version_id& id) const {
    const auto snapshot = store_.base().snapshot();
    auto row = snapshot->newest(*info().table, id.entity, id.transaction);
    if (!row || row->begin != id.transaction) return std::nullopt;
    const detail::subject of{id.entity, detail::uuid_of_row(info(), row->row)};
    return one(*snapshot, of, std::move(*row));
  }
  /// The newest version not after a time or a transaction, a deletion included; nothing when there was none yet.
  template <class Key, class When>
  [[nodiscard]] std::optional<varve::version> latest(const Key& key, const When& when) const {
    const auto snapshot = store_.base().snapshot();
    const auto of = detail::resolve<Entity>(*snapshot, key);
    if (!of) return std::nullopt;
    auto row = detail::row_at(*snapshot, info(), *of, moment(when));
    if (!row) return std::nullopt;
    return one(*snapshot, *of, std::move(*row));
  }
  [[nodiscard]] std::optional<varve::version> previous(const varve::version& of) const { return neighbour(of, true); }
  [[nodiscard]] std::optional<varve::version> next(const varve::version& of) const { return neighbour(of, false); }

  /// The entity as of a time or a transaction; nothing when it did not exist then.
  template <class Key, class When>
  [[nodiscard]] std::optional<Entity> as_of(const Key& key, const When& when) const {
    const auto snapshot = store_.base().snapshot();
    const auto of = detail::resolve<Entity>(*snapshot, key);
    if (!of) return std::nullopt;
    const auto row = detail::row_at(*snapshot, info(), *of, moment(when));
    if (!row || row->operation == row_operation::remove) return std::nullopt;
    transaction_id at = row->begin;
    if constexpr (std::is_same_v<When, transaction_id>) at = when;
    return take(detail::load_version(*snapshot, info(), of->key, row->row, at));
  }

  /// The entity as a version left it; of a deletion its last values, without children and links.
  [[nodiscard]] Entity state(const varve::version& of) const {
    const auto snapshot = store_.base().snapshot();
    return take(detail::load_version(*snapshot, info(), of.id().entity, of.row().row, of.transaction()));
  }

  /// What differs between two versions of an entity.
  [[nodiscard]] version_diff<Entity> diff(const varve::version& older, const varve::version& newer) const {
    return diff(older, newer, rules_of(info()));
  }
  [[nodiscard]] version_diff<Entity> diff(const varve::version& older, const varve::version& newer,
                                          const rule_set& rules) const {
    version_diff<Entity> made{state(older), state(newer), {}};
    made.records = varve::diff(made.before, made.after, rules);
    return made;
  }

  [[nodiscard]] static const entity_info& info() { return info_of<Entity>(); }

 private:
  [[nodiscard]] static transaction_id moment(transaction_id at) { return at; }
  template <class Duration>
  [[nodiscard]] static time_point moment(std::chrono::sys_time<Duration> at) {
    return std::chrono::floor<std::chrono::microseconds>(at);
  }

  [[nodiscard]] varve::version one(store_reader& reader, const detail::subject& of, shadow_entry row) const {
    std::vector<shadow_entry> rows;
    rows.push_back(std::move(row));
    return std::move(detail::make_versions(store_, reader, info(), of, std::move(rows)).front());
  }
  template <class Key>
  [[nodiscard]] std::optional<varve::version> find_version(const Key& key, const uuid& id) const {
    const auto snapshot = store_.base().snapshot();
    const auto of = detail::resolve<Entity>(*snapshot, key);
    if (!of) return std::nullopt;
    const auto subject = detail::version_subject(info(), of->key, of->id.value_or(uuid{}));
    version_range range;
    range.id = of->id;
    range.newest_first = true;
    for (auto& row : snapshot->versions(*info().table, of->key, range))
      if (version_uuid(subject, row.begin) == id) return one(*snapshot, *of, std::move(row));
    return std::nullopt;
  }
  [[nodiscard]] std::optional<varve::version> neighbour(const varve::version& of, bool back) const {
    const auto snapshot = store_.base().snapshot();
    const detail::subject who{of.id().entity, detail::uuid_of_row(info(), of.row().row)};
    version_range range;
    range.id = who.id;
    range.limit = 1;
    range.newest_first = back;
    (back ? range.before : range.after) = of.transaction();
    auto rows = snapshot->versions(*info().table, who.key, range);
    if (rows.empty()) return std::nullopt;
    return one(*snapshot, who, std::move(rows[0]));
  }
  [[nodiscard]] static Entity take(detail::entity_state state) {
    return std::move(*static_cast<Entity*>(state.object.get()));
  }

  store_handle store_;
};

/// The transaction that was the newest at an instant; nothing before the first.
[[nodiscard]] inline std::optional<transaction_entry> transaction_at(const store_handle& store, time_point time) {
  return store.base().snapshot()->transaction_at(time);
}
[[nodiscard]] inline std::optional<transaction_entry> find_transaction(const store_handle& store, transaction_id id) {
  return store.base().snapshot()->transaction(id);
}

/// An entity that a transaction touched.
struct touched_entity {
  std::string kind{};
  row_key key{};
  row_operation operation = row_operation::insert;
};

/// The entities that a transaction touched, of the kinds in use, by kind and key. One statement a kind.
[[nodiscard]] inline std::vector<touched_entity> touched_by(const store_handle& store, transaction_id id) {
  std::vector<touched_entity> found;
  const auto snapshot = store.base().snapshot();
  for (const auto* entity : store.base().entities()) {
    if (!entity->versioned) continue;
    for (const auto& row : snapshot->begun_at(*entity->table, id))
      found.push_back({std::string{entity->kind}, row_key::of(row.row, entity->table->key), row.operation});
  }
  std::sort(found.begin(), found.end(), [](const touched_entity& a, const touched_entity& b) {
    return std::pair{a.kind, a.key} < std::pair{b.kind, b.key};
  });
  return found;
}

}  // namespace varve
