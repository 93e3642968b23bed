#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/detail/changes.hpp"
#include "varve/session/detail/given_values.hpp"
#include "varve/session/detail/managed.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

/// The objects of a session, one for each key, loaded where needed; and what they differ in from the live rows.
class object_map {
 public:
  using entries_type = std::vector<std::unique_ptr<managed>>;

  explicit object_map(store_handle store) : store_(std::move(store)), connection_(store_.base().connect()) {}

  [[nodiscard]] store_handle& store() { return store_; }
  [[nodiscard]] store_connection& connection() { return *connection_; }
  [[nodiscard]] const entries_type& entries() const { return entries_; }

  /// Reads through the open transaction, else one committed state.
  template <class Read>
  auto reading(Read&& read) {
    if (connection_->in_transaction()) return read(connection_->reader());
    const auto snapshot = store_.base().snapshot();
    return read(*snapshot);
  }

  // ---- one object a key ----

  [[nodiscard]] managed* known(const entity_info& info, const row_key& key) const {
    const auto found = map_.find({info.table->name, key});
    return found == map_.end() ? nullptr : found->second;
  }
  managed& insert(const entity_info& info, const row_key& key) {
    if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() * 2 + 8);
    auto made = std::make_unique<managed>();
    made->info = &info;
    made->key = key;
    if (!key.empty()) map_[{info.table->name, key}] = made.get();
    return *entries_.emplace_back(std::move(made));
  }
  /// Notes the key that the store gave.
  void set_key(managed& entry, row_key key) {
    map_[{entry.info->table->name, key}] = &entry;
    entry.key = std::move(key);
    entry.key_was_given = true;
  }
  /// The living object of a key, loaded when it is not there; null when there is none.
  managed* find(const entity_info& info, const row_key& key) {
    store_.base().use(info);
    if (auto* entry = known(info, key)) return entry->erased ? nullptr : entry;
    return load(info, key);
  }
  managed* load(const entity_info& info, const row_key& key) {
    std::optional<entity_state> state;
    std::optional<transaction_id> open;
    std::vector<std::size_t> absent;
    reading([&](store_reader& reader) {
      if (info.versioned) open = open_version(reader, info, key);  // before what it must not be older than
      state = load_live(reader, info, key);
      if (state && open) absent = absent_relations(reader, info, *open);
      return 0;
    });
    if (!state) return nullptr;
    auto object = copy_state(info, state->object.get());
    auto live = std::make_shared<entity_state>(std::move(*state));
    auto& entry = insert(info, key);
    entry.object = std::move(object);
    entry.base = entry.flushed = std::move(live);
    entry.open = open;
    entry.absent = std::move(absent);
    return &entry;
  }
  [[nodiscard]] managed* entry_of(const void* object) const {
    for (const auto& entry : entries_)
      if (entry->object.get() == object) return entry.get();
    return nullptr;
  }
  [[nodiscard]] row_key key_of_uuid(const entity_info& info, const uuid& id) {
    for (const auto& entry : entries_)
      if (entry->info->table->name == info.table->name && !entry->erased && uuid_of(*entry) == id &&
          !entry->key.empty())
        return entry->key;
    return reading([&](store_reader& reader) {
      const auto rows = reader.live_where(*info.table, info.table->public_id, value::text(to_string(id)), 1);
      return rows.empty() ? row_key{} : row_key::of(rows[0], info.table->key);
    });
  }

  /// Brings the keys under which new objects are known in line with what the application wrote into them. Refuses one
  /// that changed in an object that lives.
  void settle_keys() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      auto& entry = *entries_[i];
      if (entry.erased) continue;
      if (entry.flushed) {
        if (!same_own_key(*entry.info->table, entry.flushed_object(), entry.object.get())) refuse_changed_key(entry);
        continue;
      }
      row_key key;
      if (!lacks_key(*entry.info->table, entry.object.get())) key = entity_key(*entry.info, entry.object.get());
      if (key == entry.key) continue;
      if (entry.base) refuse_changed_key(entry);
      if (take_new_key(entry, std::move(key))) --i;
    }
  }

  // ---- differences ----

  /// Compares every object with its live rows, in one walk over each; whether one differs.
  /// Cost: nothing is allocated while nothing differs.
  bool compare_all() {
    used_ = 0;
    bool found = false;
    for (const auto& entry : entries_) entry->changes = managed::not_compared;
    for (const auto& entry : entries_) found = compare(*entry) || found;
    return found;
  }
  /// Compares one, again where its object was written to; what its collections differ in is kept until the next
  /// comparison of all.
  bool compare(managed& entry) {
    const void* before = entry.flushed_object();
    const void* now = entry.wanted();
    entry.dirty = false;
    if (before == now) return false;  // both null: deleted and gone
    const bool is_new_place = entry.changes == managed::not_compared;
    const std::size_t place = is_new_place ? used_ : entry.changes;
    if (place == changes_.size()) changes_.emplace_back();
    entry.dirty = compare_collections(*entry.info, before, now, changes_[place]) || before == nullptr ||
                  now == nullptr || entry.info->table->row->mismatch(before, now, 1) == 0;
    if (entry.dirty && is_new_place) {
      entry.changes = place;
      ++used_;
    }
    return entry.dirty;
  }
  /// Whether two objects are of other values.
  [[nodiscard]] static bool differ(const entity_info& info, const void* a, const void* b) {
    std::vector<item_changes> changes;
    return compare_collections(info, a, b, changes) || info.table->row->mismatch(a, b, 1) == 0;
  }
  /// What the collections of a dirty object differ in, by relation.
  [[nodiscard]] std::vector<item_changes>& changes(const managed& entry) { return changes_[entry.changes]; }

  /// A flush wrote into objects what its refusal does not take back: only a rollback puts these as they were.
  void note_completion() { was_completed_ = true; }
  void forget_completion() { was_completed_ = false; }
  [[nodiscard]] bool was_completed() const { return was_completed_; }

  // ---- going back ----

  void put_back(managed& entry, const managed::state& state) {
    entry.flushed = state;
    entry.erased = false;
    if (state) entry.info->table->row->assign(entry.object.get(), state->object.get());
  }
  /// Objects that were added and never committed stay alive, but are not watched any more.
  void forget_unmanaged() {
    const auto is_unmanaged = [](const managed& entry) {
      return !entry.base && !entry.flushed && !(entry.stale && !entry.key.empty());
    };
    for (const auto& entry : entries_)
      if (is_unmanaged(*entry)) take_out_given(*entry);
    drop_if(is_unmanaged);
  }
  void drop_erased() {
    drop_if([](const managed& entry) { return entry.erased; });
  }
  /// Loads what the store has in another state than known here; what does not live any more is not watched either.
  void reload_stale() {
    if (std::none_of(entries_.begin(), entries_.end(), [](const auto& entry) { return entry->stale; })) return;
    for (auto& entry : entries_) {
      if (!entry->stale) continue;
      std::optional<entity_state> state;
      std::optional<transaction_id> open;
      std::vector<std::size_t> absent;
      reading([&](store_reader& reader) {
        if (entry->info->versioned) open = open_version(reader, *entry->info, entry->key);
        state = load_live(reader, *entry->info, entry->key);
        if (state && open) absent = absent_relations(reader, *entry->info, *open);
        return 0;
      });
      entry->open = state ? open : std::nullopt;
      entry->absent = std::move(absent);
      entry->base = entry->flushed = state ? std::make_shared<entity_state>(std::move(*state)) : nullptr;
      put_back(*entry, entry->base);
      entry->stale = false;
      entry->by_expectation = entry->key_was_given = entry->uuid_was_given = false;
      entry->given_items.clear();
    }
    drop_if([](const managed& entry) { return !entry.base && !entry.flushed && !entry.key.empty(); });
  }

 private:
  [[noreturn]] static void refuse_changed_key(const managed& entry) {
    const auto& info = *entry.info;
    throw input_error("cannot save " + describe_entity(info, entry.key) + ": its key changed to " +
                          entity_key(info, entry.object.get()).text() +
                          "; a key belongs to its entity for ever, so save another entity instead",
                      where(info, entry.key, "save"));
  }
  /// \return whether the entry is gone: the one of that key, which was erased, has its object now.
  bool take_new_key(managed& entry, row_key key) {
    const auto& info = *entry.info;
    if (!entry.key.empty()) map_.erase({info.table->name, entry.key});
    entry.key = {};
    if (key.empty()) return false;
    auto* other = known(info, key);
    if (other == nullptr) {
      map_[{info.table->name, key}] = &entry;
      entry.key = std::move(key);
      return false;
    }
    if (!other->erased)
      throw input_error("cannot save " + describe_entity(info, key) + ": the session manages another under this key",
                        where(info, key, "save"));
    if (uuid_of(entry).is_nil() && info.has_uuid()) set_uuid(info, entry.object.get(), uuid_of(*other));
    orphans_.reserve(orphans_.size() + 1);
    std::swap(other->object, entry.object);
    other->erased = false;
    const auto place =
        std::find_if(entries_.begin(), entries_.end(), [&](const auto& one) { return one.get() == &entry; });
    orphans_.push_back(std::move(*place));
    entries_.erase(place);
    return true;
  }

  template <class Condition>
  void drop_if(Condition&& condition) {
    const auto count =
        std::count_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return condition(*entry); });
    if (count == 0) return;
    orphans_.reserve(orphans_.size() + static_cast<std::size_t>(count));
    for (auto& entry : entries_) {
      if (!condition(*entry)) continue;
      const auto known = map_.find({entry->info->table->name, entry->key});
      if (known != map_.end() && known->second == entry.get()) map_.erase(known);
      orphans_.push_back(std::move(entry));
    }
    std::erase(entries_, nullptr);
  }

  store_handle store_;
  std::unique_ptr<store_connection> connection_;
  entries_type entries_{};
  std::map<std::pair<std::string_view, row_key>, managed*> map_{};
  entries_type orphans_{};                            ///< alive as long as the session, not watched
  std::vector<std::vector<item_changes>> changes_{};  ///< of dirty objects, and room for those to come
  std::size_t used_ = 0;
  bool was_completed_ = false;
};

}  // namespace varve::detail
