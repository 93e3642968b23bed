#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "varve/capture/pipeline.hpp"
#include "varve/core/time.hpp"
#include "varve/session/detail/managed.hpp"
#include "varve/session/detail/savepoint_place.hpp"
#include "varve/session/hooks.hpp"
#include "varve/store/conflict.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

/// A session without its types: the identity map, and the way from objects to write sets.
class unit_of_work {
 public:
  unit_of_work(store_handle store, std::optional<attribution> who)
      : store_(std::move(store)), connection_(store_.base().connect()), who_(std::move(who)) {}
  unit_of_work(const unit_of_work&) = delete;
  unit_of_work& operator=(const unit_of_work&) = delete;
  ~unit_of_work() { connection_->rollback(); }

  [[nodiscard]] store_handle& store() { return store_; }
  [[nodiscard]] store_connection& connection() { return *connection_; }
  [[nodiscard]] std::optional<attribution>& who() { return who_; }
  [[nodiscard]] varve::hooks& hooks() { return hooks_; }
  [[nodiscard]] record_limits& limits() { return limits_; }
  void set_clock(std::function<time_point()> clock) { clock_ = std::move(clock); }
  [[nodiscard]] time_point clock() const { return clock_ ? clock_() : now(); }

  /// Reads through the open transaction, else one committed state.
  template <class Read>
  auto reading(Read&& read) {
    if (connection_->in_transaction()) return read(connection_->reader());
    const auto snapshot = store_.base().snapshot();
    return read(*snapshot);
  }

  // ---- the identity map ----

  /// Takes over a new object.
  managed& add(const entity_info& info, state_pointer object) {
    require_usable("add");
    use(info);
    row_key key;
    if (!lacks_key(*info.table, object.get())) {
      key = entity_key(info, object.get());
      if (auto* known = find_entry(info, key)) {
        if (!known->erased)
          throw input_error("cannot add " + describe_entity(info, key) + ": the session manages one under this key",
                            where(info, key, "add"));
        revive(*known, object.get());
        return *known;
      }
    }
    auto& entry = insert_entry(info, key);
    entry.object = std::move(object);
    return entry;
  }

  /// The managed object of a key, loaded when needed; null when there is none.
  managed* find(const entity_info& info, const row_key& key) {
    require_usable("get");
    use(info);
    if (auto* known = find_entry(info, key)) return known->erased ? nullptr : known;
    return load(info, key);
  }
  managed& get(const entity_info& info, const row_key& key) {
    if (auto* found = find(info, key)) return *found;
    throw input_error("there is no " + describe_entity(info, key), where(info, key, "get"));
  }
  [[nodiscard]] row_key key_of_uuid(const entity_info& info, const uuid& id) {
    require_usable("get");
    use(info);
    for (const auto& entry : entries_)
      if (entry->info->table->name == info.table->name && !entry->erased && uuid_of(*entry) == id &&
          !entry->key.empty())
        return entry->key;
    return reading([&](store_reader& reader) {
      const auto rows = reader.live_where(*info.table, info.table->public_id, value::text(to_string(id)), 1);
      return rows.empty() ? row_key{} : row_key::of(rows[0], info.table->key);
    });
  }

  /// Saves a value: compared with what lives under its key, or its uuid when it has no key.
  managed& save(const entity_info& info, state_pointer value) {
    require_usable("save");
    use(info);
    row_key key;
    if (!lacks_key(*info.table, value.get()))
      key = entity_key(info, value.get());
    else if (info.has_uuid() && !uuid_in(info, value.get()).is_nil())
      key = key_of_uuid(info, uuid_in(info, value.get()));
    managed* known = nullptr;
    if (!key.empty()) {
      known = find_entry(info, key);
      if (known == nullptr) known = load(info, key);
    }
    if (known == nullptr) return add(info, std::move(value));
    if (known->erased) {
      revive(*known, value.get());
    } else {
      take_over(*known, value.get());
    }
    return *known;
  }

  void erase(const entity_info& info, const row_key& key) {
    auto& entry = get(info, key);
    entry.erased = true;
  }

  void expect(const entity_info& info, const row_key& key, std::optional<transaction_id> version) {
    auto& entry = get(info, key);
    const auto found = reading([&](store_reader& reader) { return open_version(reader, info, key); });
    if (found != version || entry.open != version) {
      connection_->rollback();
      failed_ = true;
      entry.stale = true;
      if (found != version) throw_conflict(entry, version, found, true);
      throw_conflict(entry, entry.open, found, false);  // the object is older than what is expected
    }
    entry.by_expectation = true;
  }

  // ---- transactions ----

  void flush() {
    require_usable("flush");
    run_hooks(hooks_.before_flush);
    if (look_for_changes()) guarded([&] { flush_entries(false); });
    run_hooks(hooks_.after_flush);
  }

  commit_result commit() {
    require_usable("commit");
    run_hooks(hooks_.before_commit);
    if (hooks_.after_flush.empty())
      run_hooks(hooks_.before_flush);
    else
      flush();  // what comes after a flush comes before the commit
    commit_result result;
    if (const bool dirty = look_for_changes(); dirty || connection_->in_transaction())
      guarded([&] { result = flush_entries(true); });
    else
      once_.reset();
    run_after_commit(result);
    return result;
  }

  /// Undoes the open transaction and puts the objects back in place.
  void rollback() {
    connection_->rollback();
    savepoints_.clear();
    once_.reset();
    checked_.clear();
    restored_stamps_.clear();
    wrote_ = false;
    for (auto& entry : entries_) put_back(*entry, entry->base);
    forget_unmanaged();
    const bool reload = std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) { return entry->stale; });
    if (reload) reload_stale();
    failed_ = false;
    run_hooks(hooks_.after_rollback);
  }

  savepoint_place savepoint() {
    flush();
    const std::size_t depth = savepoints_.size();
    guarded([&] { connection_->savepoint(depth); });
    saved_point point;
    point.serial = ++last_savepoint_;
    point.once = once_;
    for (auto& entry : entries_) point.states.emplace_back(entry.get(), entry->flushed);
    savepoints_.push_back(std::move(point));
    return {depth, last_savepoint_};
  }
  void rollback_to(const savepoint_place& place) {
    const std::size_t depth = depth_of(place, "rollback_to");
    connection_->rollback_to(depth);
    for (auto& entry : entries_) {
      const auto& states = savepoints_[depth].states;
      const auto known =
          std::find_if(states.begin(), states.end(), [&](const auto& s) { return s.first == entry.get(); });
      // What was loaded later is as the transaction found it.
      const auto& state = known != states.end() ? known->second : entry->base;
      put_back(*entry, state);
      entry->erased = !state && entry->base;  // it was erased before the savepoint
    }
    once_ = savepoints_[depth].once;
    savepoints_.resize(depth + 1);
    forget_unmanaged();
    run_hooks(hooks_.after_rollback);
  }
  void release(const savepoint_place& place) {
    const std::size_t depth = depth_of(place, "release");
    guarded([&] { connection_->release(depth); });
    savepoints_.resize(depth);
  }

  /// Whether something waits to be saved.
  [[nodiscard]] bool is_modified() { return look_for_changes(); }
  [[nodiscard]] managed* entry_of(const void* object) {
    for (const auto& entry : entries_)
      if (entry->object.get() == object) return entry.get();
    return nullptr;
  }
  void begin() {
    require_usable("begin");
    guarded([&] { connection_->begin(); });
  }
  [[nodiscard]] const std::vector<std::unique_ptr<managed>>& entries() const { return entries_; }
  void self(session* owner) { owner_ = owner; }

 private:
  using map_key = std::pair<std::string, row_key>;
  struct saved_point {
    std::uint64_t serial = 0;
    std::vector<std::pair<managed*, managed::state>> states{};
    std::optional<std::pair<std::string, std::string>> once{};
  };

  [[nodiscard]] static error_where where(const entity_info& info, const row_key& key, const char* operation) {
    return {std::string{info.kind}, key.text(), operation};
  }
  [[nodiscard]] static uuid uuid_in(const entity_info& info, const void* object) {
    if (!info.has_uuid()) return {};
    return *static_cast<const uuid*>(info.table->columns[info.table->public_id].in(object));
  }
  [[nodiscard]] static uuid uuid_of(const managed& entry) { return uuid_in(*entry.info, entry.object.get()); }
  static void set_uuid(const entity_info& info, void* object, const uuid& id) {
    *static_cast<uuid*>(info.table->columns[info.table->public_id].outer(object)) = id;
  }

  void use(const entity_info& info) { store_.base().use(info); }

  [[nodiscard]] std::size_t depth_of(const savepoint_place& place, const char* operation) const {
    require_usable(operation);
    if (place.depth >= savepoints_.size() || savepoints_[place.depth].serial != place.serial)
      throw input_error("this savepoint is over", {{}, {}, operation});
    return place.depth;
  }

  void require_usable(const char* operation) const {
    if (failed_)
      throw error(error_kind::other,
                  std::string{"cannot "} + operation +
                      ": an error ended this session's transaction; call rollback() to begin a new one",
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
    const bool had_begun = connection_->in_transaction();
    try {
      work();
    } catch (...) {
      const bool lost = had_begun || wrote_;  // else nothing was written yet, and the session can go on
      connection_->rollback();
      failed_ = failed_ || lost;
      wrote_ = false;
      throw;
    }
  }
  void run_hooks(const std::vector<std::function<void(session&)>>& list) {
    if (list.empty()) return;
    guarded([&] {
      for (const auto& hook : list) hook(*owner_);
    });
  }
  void run_after_commit(const commit_result& result) {
    for (const auto& hook : hooks_.after_commit) {
      try {
        hook(*owner_, result);
      } catch (const std::exception& failure) {
        throw error(error_kind::other,
                    std::string{"the save is committed, but a hook after it failed: "} + failure.what(),
                    {{}, {}, "after_commit"});
      }
    }
  }

  // ---- entries ----

  managed* find_entry(const entity_info& info, const row_key& key) {
    const auto found = map_.find({std::string{info.table->name}, key});
    return found == map_.end() ? nullptr : found->second;
  }
  managed& insert_entry(const entity_info& info, const row_key& key) {
    auto& entry = *entries_.emplace_back(std::make_unique<managed>());
    entry.info = &info;
    entry.key = key;
    if (!key.empty()) map_[{std::string{info.table->name}, key}] = &entry;
    return entry;
  }

  managed* load(const entity_info& info, const row_key& key) {
    std::optional<entity_state> state;
    std::optional<transaction_id> open;
    reading([&](store_reader& reader) {
      state = load_live(reader, info, key);
      if (state && info.versioned) open = open_version(reader, info, key);
      return 0;
    });
    if (!state) return nullptr;
    auto& entry = insert_entry(info, key);
    entry.object = copy_state(info, state->object.get());
    entry.base = entry.flushed = std::make_shared<entity_state>(std::move(*state));
    entry.open = open;
    return &entry;
  }

  void reload_stale() {
    for (auto& entry : entries_) {
      if (!entry->stale) continue;
      entry->stale = false;
      entry->by_expectation = false;
      std::optional<entity_state> state;
      reading([&](store_reader& reader) {
        state = load_live(reader, *entry->info, entry->key);
        entry->open = state && entry->info->versioned ? open_version(reader, *entry->info, entry->key) : std::nullopt;
        return 0;
      });
      if (state) {
        entry->base = entry->flushed = std::make_shared<entity_state>(std::move(*state));
        put_back(*entry, entry->base);
      } else {
        map_.erase({std::string{entry->info->table->name}, entry->key});
        orphans_.push_back(std::move(entry));
      }
    }
    std::erase(entries_, nullptr);
  }

  /// Copies a value over a managed object; key and uuid stay.
  void take_over(managed& entry, const void* value) {
    const auto& info = *entry.info;
    const uuid known = uuid_of(entry);
    if (entry.object.get() != value) info.table->row->assign(entry.object.get(), value);
    if (info.has_uuid() && uuid_of(entry).is_nil()) set_uuid(info, entry.object.get(), known);
    for (const auto index : info.table->key) {  // a value that was found by its uuid has no key yet
      const auto& column = info.table->columns[index];
      if (entry.flushed) column.ops->assign(column.outer(entry.object.get()), column.in(entry.flushed->object.get()));
    }
  }
  void revive(managed& entry, const void* value) {
    take_over(entry, value);
    entry.erased = false;
  }

  void put_back(managed& entry, const managed::state& state) {
    entry.flushed = state;
    entry.erased = false;
    if (state) entry.info->table->row->assign(entry.object.get(), state->object.get());
  }
  /// Objects that were added and never committed stay alive, but are not watched any more.
  void forget_unmanaged() {
    for (auto& entry : entries_) {
      if (entry->base || entry->flushed) continue;
      if (!entry->key.empty()) map_.erase({std::string{entry->info->table->name}, entry->key});
      take_out_given(*entry);
      orphans_.push_back(std::move(entry));
    }
    std::erase(entries_, nullptr);
  }
  /// What a transaction gave that is undone is taken out of the object again.
  static void take_out_given(managed& entry) {
    const auto& info = *entry.info;
    const auto clear_key = [](const table_info& table, void* row) {
      write_field(table, table.columns[table.key[0]], row, value::of(std::int64_t{0}));
    };
    if (entry.key_was_given) clear_key(*info.table, entry.object.get());
    if (entry.uuid_was_given) set_uuid(info, entry.object.get(), {});
    if (entry.given_items.empty()) return;
    for (std::size_t r = 0; r < info.relations.size(); ++r) {
      const auto& relation = info.relations[r];
      for (std::size_t i = 0; relation.table->own_key && i < relation.size(entry.object.get()); ++i) {
        void* item = relation.item(entry.object.get(), i);
        if (entry.given_items.contains({r, key_of_row(*relation.table, item, {})})) clear_key(*relation.table, item);
      }
    }
  }

  static void look_again(managed& entry) {
    entry.dirty = !same_state(*entry.info, entry.flushed_object(), entry.wanted());
  }
  /// Compares every object with its live rows; whether one differs.
  bool look_for_changes() {
    bool found = false;
    for (const auto& entry : entries_) {
      look_again(*entry);
      found = found || entry->dirty;
    }
    return found;
  }

  // ---- what a flush completes in the objects before it writes them ----

  /// Owners of links to entities that are deleted lose these links and get a version.
  void remove_links_to_erased() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      auto& entry = *entries_[i];
      if (!entry.erased) continue;
      if (entry.flushed) load_owners_of_links_to(entry);
      for (const auto& other : entries_)
        for (const auto& relation : other->info->relations)
          if (relation.target != nullptr && relation.target().table->name == entry.info->table->name && !other->erased)
            drop_link(*other, relation, entry);
    }
  }
  void load_owners_of_links_to(const managed& entry) {
    const auto target = entry.key.values();
    for (const auto* owner : store_.base().entities())
      for (const auto& relation : owner->relations) {
        if (relation.target == nullptr || relation.target().table->name != entry.info->table->name) continue;
        for (const auto& row : connection_->reader().live_where(*relation.table, relation.table->natural[0],
                                                                target.values[0], static_cast<std::size_t>(-1))) {
          auto* holder = find(*owner, row_key::of(row, relation.table->parent));
          if (holder != nullptr && holder->flushed && !has_link(relation, holder->flushed_object(), entry))
            refuse_stale(*holder);  // somebody linked them since it was loaded
        }
      }
  }
  [[nodiscard]] static bool leads_to(const relation_info& relation, const void* link, const managed& target) {
    const uuid id = uuid_of(target);
    if (!id.is_nil() && *static_cast<const uuid*>(relation.table->columns.back().in(link)) == id) return true;
    value_buffer buffer;
    return row_key::of(relation.table->columns[relation.table->natural[0]].read(link, buffer)) == target.key;
  }
  [[nodiscard]] static bool has_link(const relation_info& relation, const void* object, const managed& target) {
    for (std::size_t i = 0; i < relation.size(object); ++i)
      if (leads_to(relation, relation.item(object, i), target)) return true;
    return false;
  }
  static void drop_link(managed& holder, const relation_info& relation, const managed& target) {
    if (erase_items(relation, holder.object.get(), [&](const void* link) { return leads_to(relation, link, target); }))
      look_again(holder);
  }
  [[noreturn]] void refuse_stale(managed& entry) {
    failed_ = true;
    entry.stale = true;
    throw_conflict(entry, entry.open, open_version(connection_->reader(), *entry.info, entry.key),
                   entry.by_expectation);
  }
  static void complete_uuid(managed& entry) {
    const auto& info = *entry.info;
    if (!info.has_uuid()) return;
    const uuid known = entry.base ? uuid_in(info, entry.base->object.get()) : uuid{};
    if (uuid_of(entry).is_nil()) {
      set_uuid(info, entry.object.get(), known.is_nil() ? random_uuid() : known);
      entry.uuid_was_given = known.is_nil();
    }
    if (!known.is_nil() && uuid_of(entry) != known)
      throw input_error("cannot save " + describe_entity(info, entry.key) +
                            ": its uuid changed; a uuid belongs to its key for ever, so save another entity instead",
                        where(info, entry.key, "save"));
  }

  /// \return whether the object has other values now.
  bool complete_children(managed& entry) {
    bool wrote = false;
    for (const auto& relation : entry.info->relations)
      if (relation.what == relation_kind::children) wrote = complete_children(entry, relation) || wrote;
    return wrote;
  }
  bool complete_links(managed& entry) {
    bool wrote = false;
    for (const auto& relation : entry.info->relations)
      if (relation.what == relation_kind::links) wrote = complete_links(entry, relation) || wrote;
    return wrote;
  }

  /// Links that say only a key are the same as those that are written, and have their uuids in records too.
  static void take_link_names(managed& entry, const relation_info& relation) {
    const auto& uuid_column = relation.table->columns.back();
    for (std::size_t i = 0; i < relation.size(entry.object.get()); ++i) {
      auto& id = *static_cast<uuid*>(uuid_column.outer(relation.item(entry.object.get(), i)));
      if (id.is_nil()) id = *static_cast<const uuid*>(uuid_column.in(relation.item(entry.flushed_object(), i)));
    }
  }
  static void take_link_names(managed& entry) {
    for (const auto& relation : entry.info->relations)
      if (relation.what == relation_kind::links) take_link_names(entry, relation);
  }
  bool complete_links(managed& entry, const relation_info& relation) {
    if (entry.flushed && same_items(relation, entry.flushed->object.get(), entry.object.get())) {
      take_link_names(entry, relation);
      return false;
    }
    bool wrote = false;
    const auto& target = relation.target();
    const auto& key_column = relation.table->columns[relation.table->natural[0]];
    const auto& uuid_column = relation.table->columns.back();
    value_buffer buffer;
    std::set<row_key> seen;
    for (std::size_t i = 0; i < relation.size(entry.object.get()); ++i) {
      void* item = relation.item(entry.object.get(), i);
      auto& id = *static_cast<uuid*>(uuid_column.outer(item));
      row_key key;
      const bool has_key = !lacks_target_key(*relation.table, item);
      if (has_key)
        key = row_key::of(key_column.read(item, buffer));
      else if (!id.is_nil() && target.has_uuid())
        key = key_of_uuid(target, id);
      const auto lives = key.empty() ? std::nullopt : live_uuid(target, key);
      if (!lives || (!id.is_nil() && !lives->is_nil() && *lives != id))
        throw input_error("cannot save " + describe_entity(*entry.info, entry.key) + ": " +
                              std::string{relation.field} + " links to " + std::string{target.kind} + " " +
                              (id.is_nil() ? key.text() : to_string(id)) + ", which does not live",
                          where(*entry.info, entry.key, "save"));
      const auto parts = key.values();
      wrote = wrote || !has_key || id.is_nil();
      if (!has_key) key_column.ops->write(key_column.outer(item), parts.values[0]);
      if (id.is_nil()) id = *lives;
      if (!seen.insert(key).second)
        throw input_error("cannot save " + describe_entity(*entry.info, entry.key) + ": " +
                              std::string{relation.field} + " links to " + std::string{target.kind} + " " + key.text() +
                              " twice",
                          where(*entry.info, entry.key, "save"));
    }
    return wrote;
  }
  /// The uuid of a living entity (nil when its kind has none); nothing when it does not live.
  [[nodiscard]] std::optional<uuid> live_uuid(const entity_info& info, const row_key& key) {
    if (auto* known = find_entry(info, key)) {
      if (known->erased) return std::nullopt;
      return uuid_of(*known);  // where it is not written yet, it will be before its links
    }
    const auto row = connection_->reader().live(*info.table, key);
    if (!row) return std::nullopt;
    if (!info.has_uuid()) return uuid{};
    return parse_uuid((*row)[info.table->public_id].view()).value_or(uuid{});
  }

  /// Children are matched by natural key with those that live, and take over their keys.
  bool complete_children(managed& entry, const relation_info& relation) {
    const auto& table = *relation.table;
    void* object = entry.object.get();
    item_changes changes;
    compare_items(relation, entry.flushed_object(), object, changes);
    if (changes.empty() && changes.in_step) return false;
    if (!changes.added.empty() && !relation.keeps_duplicates) refuse_duplicates(entry, relation);
    set_parent_members(entry, relation);
    if (!table.own_key) return true;
    for (const auto& pair : changes.changed) {
      const void* before = relation.item(entry.flushed_object(), pair.from);
      void* item = relation.item(object, pair.to);
      if (same_own_key(table, before, item)) continue;
      if (!claimed_.emplace(table.name, key_of_row(table, before, {})).second) {
        if (table.generated_key) write_field(table, table.columns[table.key[0]], item, value::of(std::int64_t{0}));
        continue;  // another parent has taken the child itself
      }
      for (const auto index : table.key) {
        const auto& column = table.columns[index];
        column.ops->assign(column.outer(item), column.in(before));
      }
    }
    if (changes.added.empty()) return true;
    if (entry.base && entry.base != entry.flushed) take_back_keys(entry, relation, changes.added);
    std::set<row_key> known;
    for (std::size_t i = 0; entry.flushed && i < relation.size(entry.flushed_object()); ++i)
      known.insert(key_of_row(table, relation.item(entry.flushed_object(), i), {}));
    for (const auto added : changes.added) {
      void* item = relation.item(object, added);
      if (lacks_key(table, item)) continue;
      const auto key = key_of_row(table, item, {});
      const bool is_first = claimed_.emplace(table.name, key).second;
      if (known.contains(key) || !is_first) {
        // A new natural key is another child, and so is a copy: it gets a key of its own, when the store can give one.
        if (table.generated_key) write_field(table, table.columns[table.key[0]], item, value::of(std::int64_t{0}));
      } else {
        take_from_other_parent(entry, relation, key);
      }
    }
    return true;
  }
  /// A child that an earlier flush removed and that is there again takes its key back, unless that moved away.
  void take_back_keys(managed& entry, const relation_info& relation, const std::vector<std::uint32_t>& added) {
    const auto& table = *relation.table;
    item_changes since_base;
    match_items(relation, entry.base_object(), entry.object.get(), since_base);
    for (std::size_t i = 0; i < since_base.to_of_from.size(); ++i) {
      const auto target = since_base.to_of_from[i];
      if (target == no_item || std::find(added.begin(), added.end(), target) == added.end()) continue;
      const void* before = relation.item(entry.base_object(), i);
      if (connection_->reader().live(table, key_of_row(table, before, {}))) continue;
      for (const auto index : table.key) {
        const auto& column = table.columns[index];
        column.ops->assign(column.outer(relation.item(entry.object.get(), target)), column.in(before));
      }
    }
  }
  void refuse_duplicates(const managed& entry, const relation_info& relation) const {
    auto labels = natural_labels(relation, entry.object.get());
    std::sort(labels.begin(), labels.end());
    const auto twice = std::adjacent_find(labels.begin(), labels.end());
    if (twice != labels.end())
      throw input_error("cannot save " + describe_entity(*entry.info, entry.key) + ": " + std::string{relation.field} +
                            " has two items with the natural key " + *twice +
                            "; give each its own, or declare keep_duplicates",
                        where(*entry.info, entry.key, "save"));
  }
  void set_parent_members(managed& entry, const relation_info& relation) const {
    if (entry.key.empty()) return;
    const auto parent = entry.key.values();
    for (const auto index : relation.table->parent) {
      const auto& column = relation.table->columns[index];
      if (!column.has_member()) continue;
      for (std::size_t i = 0; i < relation.size(entry.object.get()); ++i)
        write_field(*relation.table, column, relation.item(entry.object.get(), i), parent.values[column.ordinal]);
    }
  }
  /// A child with a key that lives under another parent moves: both parents change.
  void take_from_other_parent(managed& entry, const relation_info& relation, const row_key& key) {
    const auto row = connection_->reader().live(*relation.table, key);
    if (!row) return;
    const auto parent = row_key::of(*row, relation.table->parent);
    if (parent == entry.key) return;
    auto* other = find(*entry.info, parent);
    if (other == nullptr) return;
    for (const auto& theirs : other->info->relations)
      if (theirs.table->name == relation.table->name)
        if (erase_items(theirs, other->object.get(),
                        [&](const void* item) { return key_of_row(*theirs.table, item, {}) == key; }))
          look_again(*other);
  }

  // ---- stamps ----

  static void stamp_time(const table_info& table, const column_info& column, void* object, time_point time) {
    value_buffer buffer;
    append_text(buffer.text, time);
    write_field(table, column, object, value::text(buffer.text));
  }
  void stamp_actor(const table_info& table, const column_info& column, void* object) const {
    if (column.ops->meaning == column_meaning::integer) {
      write_field(table, column, object, who_->who && who_->who->id ? value::of(*who_->who->id) : value::null());
    } else {
      write_field(table, column, object, who_->who ? value::text(who_->who->name) : value::null());
    }
  }
  /// Audit stamps are the save's: set when it makes a version, else as they were.
  void stamp(managed& entry, bool changed, time_point time) const {
    const auto& table = *entry.info->table;
    void* object = entry.object.get();
    for (const auto& column : table.columns) {
      if (!column.is_stamp()) continue;
      const bool creation = column.is_any(column_flag::created_on | column_flag::created_by);
      const void* known = entry.base ? entry.base->object.get() : nullptr;
      if (known != nullptr && (creation || !changed)) {
        column.ops->assign(column.outer(object), column.in(known));
      } else if (creation && restored_stamps_.contains(&entry)) {
        continue;  // a deleted entity comes back with the stamps that it had
      } else if (column.is_any(column_flag::created_on | column_flag::changed_on)) {
        stamp_time(table, column, object, time);
      } else {
        stamp_actor(table, column, object);
      }
    }
  }

 public:
  /// The action kind and meta of the open transaction alone.
  void act_as(std::string action_kind, std::string meta) { once_ = {std::move(action_kind), std::move(meta)}; }
  /// How often rows were written; for those who must know whether something was.
  [[nodiscard]] std::size_t writes() const { return writes_; }
  /// Leaves the creation stamps of an object that is to be inserted again as they are.
  void keep_creation_stamps(managed& entry) { restored_stamps_.insert(&entry); }

 private:
  // ---- writing ----

  saved_entity saved_of(managed& entry) {
    saved_entity saved;
    saved.entity = entry.info;
    saved.key = entry.key;
    saved.base = entry.base_object();
    saved.base_positions = entry.base ? &entry.base->positions : nullptr;
    saved.flushed = entry.flushed_object();
    saved.flushed_positions = entry.flushed ? &entry.flushed->positions : nullptr;
    saved.now = entry.wanted();
    saved.versioned = store_.base().versions(*entry.info);
    saved.has_history = entry.open.has_value();
    const bool checked = checked_.contains(&entry);
    if (!checked && saved.versioned) {
      if (!entry.base)
        saved.expected.what = expectation::check::no_live_row;
      else if (entry.open)
        saved.expected = {expectation::check::version, *entry.open};
      else
        saved.expected.what = expectation::check::no_version;
    }
    return saved;
  }

  /// Entities whose net state changed since the transaction began, or that are not yet written.
  [[nodiscard]] std::vector<managed*> touched_entries(bool whole) {
    std::vector<managed*> touched;
    for (const auto& entry : entries_) {
      const bool net = whole && entry->base != entry->flushed;
      const bool expected = entry->by_expectation && !checked_.contains(entry.get());
      if (entry->dirty || net || expected) touched.push_back(entry.get());
    }
    return touched;
  }

  commit_result flush_entries(bool and_commit) {
    require_attribution();
    bool needs_rows = false;
    for (const auto* entry : touched_entries(and_commit))
      needs_rows = needs_rows || entry->erased || !entry->info->relations.empty();
    if (needs_rows || connection_->in_transaction()) connection_->begin();  // what is read stays true until the commit
    remove_links_to_erased();
    claimed_.clear();
    for_each_dirty([this](managed& entry) {
      complete_uuid(entry);
      if (complete_children(entry)) look_again(entry);
    });
    for (auto first = linked_without_key(); !first.empty(); first = linked_without_key()) {
      for (auto* entry : first) complete_links(*entry);
      write_entries(first, false);
    }
    for_each_dirty([this](managed& entry) {
      if (complete_links(entry)) look_again(entry);
    });
    const auto touched = touched_entries(and_commit);
    for (auto* entry : touched)
      if (!entry->dirty && !entry->erased) take_link_names(*entry);
    const auto done = write_entries(touched, and_commit);
    wrote_ = false;
    return done;
  }
  /// Also those that the work itself brings in: a child that moves changes its old parent.
  template <class Work>
  void for_each_dirty(Work&& work) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      auto& entry = *entries_[i];
      if (!entry.erased && entry.dirty) work(entry);
    }
  }
  /// New entities that others link to by uuid, and that the store must give a key before these links can be written.
  [[nodiscard]] std::vector<managed*> linked_without_key() {
    std::map<std::pair<std::string_view, uuid>, managed*> waiting;
    for (const auto& entry : entries_)
      if (entry->key.empty() && !entry->erased && entry->info->has_uuid())
        waiting.emplace(std::pair{entry->info->table->name, uuid_of(*entry)}, entry.get());
    if (waiting.empty()) return {};
    std::set<const managed*> linked, bound;  // the latter wait for a key of another themselves
    for (const auto& entry : entries_) {
      if (entry->erased) continue;
      for (const auto& relation : entry->info->relations) {
        if (relation.what != relation_kind::links || !relation.target().has_uuid()) continue;
        for (std::size_t i = 0; i < relation.size(entry->object.get()); ++i) {
          const auto found =
              waiting.find({relation.target().table->name, uuid_in_link(relation, entry->object.get(), i)});
          if (found == waiting.end() || found->second == entry.get()) continue;
          linked.insert(found->second);
          bound.insert(entry.get());
        }
      }
    }
    std::vector<managed*> first;  // in the order in which they were added, so that keys are given in it
    for (const auto& entry : entries_)
      if (linked.contains(entry.get()) && !bound.contains(entry.get())) first.push_back(entry.get());
    return first;
  }
  [[nodiscard]] static uuid uuid_in_link(const relation_info& relation, const void* object, std::size_t item) {
    return *static_cast<const uuid*>(relation.table->columns.back().in(relation.item(object, item)));
  }

  commit_result write_entries(const std::vector<managed*>& touched, bool and_commit) {
    commit_result done;
    if (touched.empty()) {
      if (and_commit) finish_commit({}, {});
      return done;
    }
    ++writes_;
    const time_point time = clock();
    std::vector<saved_entity> saved;
    saved.reserve(touched.size());
    for (auto* entry : touched) {
      saved.push_back(saved_of(*entry));
      find_changes(saved.back());
      if (saved.back().now != nullptr) stamp(*entry, saved.back().changed, time);
    }
    write_set set;
    if (and_commit) {
      set = capture(saved, attribution_at(time), limits_);
      for (const auto& hook : hooks_.after_capture) hook(set);
    } else {
      set.who = attribution_at(time);
      plan_live_rows(set, saved);
      lock_entities(set, saved);
    }
    wrote_ = true;
    const auto result = write(set, and_commit);
    if (result.conflict) report_conflict(set, *result.conflict, touched, saved);
    take_over_given(set, result, saved, touched);
    if (and_commit) {
      finish_commit(saved, touched);
      done.transaction = result.self;
      done.baseline = result.before;
      done.issued_at = result.issued_at;
      for (std::size_t i = 0; i < saved.size(); ++i) {
        if (saved[i].changed && result.self) touched[i]->open = touched[i]->erased ? std::nullopt : result.self;
      }
      note_baselines(set, result);
      drop_erased();
    } else {
      for (std::size_t i = 0; i < saved.size(); ++i) {
        auto& entry = *touched[i];
        checked_.insert(&entry);
        entry.flushed = entry.erased ? nullptr : keep(entry, std::move(saved[i].now_positions));
        entry.dirty = false;
      }
    }
    return done;
  }

  [[nodiscard]] managed::state keep(const managed& entry, item_positions positions) {
    return std::make_shared<entity_state>(
        entity_state{copy_state(*entry.info, entry.object.get()), std::move(positions), {}});
  }

  [[nodiscard]] attribution attribution_at(time_point time) const {
    attribution made = *who_;
    made.clock = time;
    if (made.token.is_nil()) made.token = random_uuid();
    if (once_) {
      made.action_kind = once_->first;
      made.meta = once_->second;
    }
    return made;
  }

  static void lock_entities(write_set& set, std::vector<saved_entity>& saved) {
    lock_table locks;
    for (const auto& one : saved)
      if (!one.key.empty()) locks.add(*one.entity, one.key, one.expected);
    locks.sort();
    set.locks = locks.locks();
  }

  apply_result write(const write_set& set, bool and_commit) {
    return and_commit ? connection_->commit(set) : connection_->apply(set);
  }

  /// Writes the keys and values that the store gave into the objects.
  void take_over_given(const write_set& set, const apply_result& result, const std::vector<saved_entity>& saved,
                       const std::vector<managed*>& touched) {
    std::vector<const packed_row*> given(set.live.size(), nullptr);
    for (const auto& row : result.given) given[row.live] = &row.row;
    const auto fill = [](const table_info& table, const packed_row& row, void* object) {
      for (std::size_t c = 0; c < table.stored; ++c)
        if (table.columns[c].has_member() &&
            table.columns[c].is_any(column_flag::key | column_flag::filled | column_flag::parent))
          write_field(table, table.columns[c], object, row[c]);
    };
    for (std::size_t i = 0; i < saved.size(); ++i) {
      auto& entry = *touched[i];
      if (entry.erased) continue;
      const auto& info = *entry.info;
      if (saved[i].live != entity_lock::no_row && given[saved[i].live] != nullptr) {
        fill(*info.table, *given[saved[i].live], entry.object.get());
        if (entry.key.empty()) {
          entry.key = row_key::of(*given[saved[i].live], info.table->key);
          entry.key_was_given = true;
          map_[{std::string{info.table->name}, entry.key}] = &entry;
        }
      }
      for (std::size_t r = 0; r < info.relations.size(); ++r)
        for (std::size_t k = 0; k < saved[i].items[r].size(); ++k)
          if (const auto live = saved[i].items[r][k]; live != entity_lock::no_row && given[live] != nullptr) {
            const auto& table = *info.relations[r].table;
            void* item = info.relations[r].item(entry.object.get(), k);
            if (lacks_key(table, item)) entry.given_items.emplace(r, row_key::of(*given[live], table.key));
            fill(table, *given[live], item);
          }
    }
    fill_updated(set, result, touched);
  }
  /// Columns that the database fills anew when a row is updated.
  void fill_updated(const write_set& set, const apply_result& result, const std::vector<managed*>& touched) {
    std::map<std::pair<std::string_view, row_key>, const packed_row*> rows;
    for (const auto& row : result.given)
      if (const auto& live = set.live[row.live]; live.operation == row_operation::update)
        rows[{live.table->name, row_key::of(row.row, live.table->key)}] = &row.row;
    if (rows.empty()) return;
    const auto fill = [&](const table_info& table, const row_key& key, void* object) {
      const auto found = rows.find({table.name, key});
      for (std::size_t c = 0; found != rows.end() && c < table.stored; ++c)
        if (table.columns[c].is(column_flag::filled)) write_field(table, table.columns[c], object, (*found->second)[c]);
    };
    for (auto* entry : touched) {
      if (entry->erased) continue;
      fill(*entry->info->table, entry->key, entry->object.get());
      for (const auto& relation : entry->info->relations)
        for (std::size_t i = 0; i < relation.size(entry->object.get()); ++i) {
          void* item = relation.item(entry->object.get(), i);
          fill(*relation.table, key_of_row(*relation.table, item, {&entry->key, 0}), item);
        }
    }
  }

  void finish_commit(std::vector<saved_entity> saved, const std::vector<managed*>& touched) {
    if (touched.empty() && connection_->in_transaction()) {
      const write_set nothing;
      connection_->commit(nothing);
    }
    for (std::size_t i = 0; i < saved.size(); ++i) {
      auto& entry = *touched[i];
      if (!entry.erased && entry.base && entry.base == entry.flushed && entry.base.use_count() == 2) {
        patch_state(saved[i], entry.object.get(), entry.spare, *entry.base);
        entry.base->positions = std::move(saved[i].now_positions);
      } else {
        entry.flushed = entry.erased ? nullptr : keep(entry, std::move(saved[i].now_positions));
      }
      entry.dirty = false;
    }
    for (auto& entry : entries_) {
      entry->base = entry->flushed;
      entry->by_expectation = false;
      entry->key_was_given = entry->uuid_was_given = false;
      entry->given_items.clear();
    }
    checked_.clear();
    restored_stamps_.clear();
    savepoints_.clear();
    once_.reset();
    if (who_) who_->token = {};  // a token names one save
  }

  /// Entities that got their first version on the way have a history now.
  void note_baselines(const write_set& set, const apply_result& result) {
    for (std::size_t i = 0; i < set.baselines.size() && i < result.based.size(); ++i) {
      const auto& lock = set.locks[set.baselines[i].lock];
      auto* entry = result.based[i] ? find_entry(*lock.entity, lock.key) : nullptr;
      if (entry != nullptr && !entry->open) entry->open = result.before;
    }
  }
  void drop_erased() {
    for (auto& entry : entries_) {
      if (!entry->erased) continue;
      if (!entry->key.empty()) map_.erase({std::string{entry->info->table->name}, entry->key});
      orphans_.push_back(std::move(entry));
    }
    std::erase(entries_, nullptr);
  }

  // ---- conflicts ----

  [[noreturn]] void report_conflict(const write_set& set, const save_conflict& conflict,
                                    const std::vector<managed*>& touched, const std::vector<saved_entity>& saved) {
    const auto& lock = set.locks[conflict.lock];
    for (std::size_t i = 0; i < saved.size(); ++i) {
      if (saved[i].entity != lock.entity || saved[i].key != lock.key) continue;
      failed_ = true;
      touched[i]->stale = touched[i]->base != nullptr;
      throw_conflict(*touched[i], touched[i]->open, conflict.found, touched[i]->by_expectation);
    }
    throw error(error_kind::conflict, "somebody else saved " + describe_entity(*lock.entity, lock.key) + " first",
                where(*lock.entity, lock.key, "save"));
  }

  /// The state that was expected: what the session loaded, or the version that the caller named.
  [[nodiscard]] static state_pointer expected_state(store_reader& reader, const managed& entry,
                                                    std::optional<transaction_id> expected) {
    if (expected && expected != entry.open) {
      const auto row = reader.newest(*entry.info->table, entry.key, *expected);
      if (row && row->begin == *expected)
        return load_version(reader, *entry.info, entry.key, row->row, *expected).object;
    }
    return entry.base->object;
  }

  [[noreturn]] void throw_conflict(const managed& entry, std::optional<transaction_id> expected,
                                   std::optional<transaction_id> found, bool by_expectation) {
    const auto& info = *entry.info;
    std::vector<std::string> fields;
    std::string text = describe_entity(info, entry.key);
    const auto name = [&](transaction_id id) {
      return to_string(version_uuid(version_subject(info, entry.key, uuid_of(entry)), id));
    };
    const auto snapshot = store_.base().snapshot();
    const auto there = load_live(*snapshot, info, entry.key);
    if (!there) {
      text += entry.base ? " was deleted" : " does not live";
    } else if (!entry.base) {
      text += " exists already";
    } else {
      text += " was saved";
      const auto held = expected_state(*snapshot, entry, expected);
      diff_scratch scratch;
      diff_into(info, held.get(), there->object.get(), default_rules(), scratch);
      for (const auto& record : scratch.records()) {
        std::string field{scratch.path(record).front().name};
        if (std::find(fields.begin(), fields.end(), field) == fields.end()) fields.push_back(std::move(field));
      }
    }
    if (found)
      if (const auto by = snapshot->transaction(*found)) {
        if (by->actor) text += " by \"" + *by->actor + "\"";
        text += " as version " + name(*found) + " at " + to_string(by->issued_at);
      }
    text += expected ? " while this session held version " + name(*expected)
                     : std::string{" while this session held no version of it"};
    if (!fields.empty()) {
      text += "; fields that differ:";
      for (const auto& field : fields) text += " " + field;
    }
    throw conflict_error(text, where(info, entry.key, "save"), expected, found, std::move(fields), by_expectation);
  }

  store_handle store_;
  std::unique_ptr<store_connection> connection_;
  std::optional<attribution> who_;
  varve::hooks hooks_{};
  record_limits limits_{};
  std::function<time_point()> clock_{};
  session* owner_ = nullptr;
  std::vector<std::unique_ptr<managed>> entries_{};
  std::map<map_key, managed*> map_{};
  std::vector<std::unique_ptr<managed>> orphans_{};  ///< alive as long as the session, not watched
  std::vector<saved_point> savepoints_{};
  std::uint64_t last_savepoint_ = 0;
  std::set<const managed*> checked_{};  ///< entities whose version was checked under the open transaction's lock
  std::set<const managed*> restored_stamps_{};
  std::set<std::pair<std::string_view, row_key>> claimed_{};  ///< keys of children that a flush moves to another parent
  std::optional<std::pair<std::string, std::string>> once_{};
  std::size_t writes_ = 0;
  bool failed_ = false;
  bool wrote_ = false;
};

}  // namespace varve::detail
