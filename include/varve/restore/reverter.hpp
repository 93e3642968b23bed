#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/history/history.hpp"
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
///         under another parent now. All before anything is written.
/// Threads: as the session.
class reverter {
 public:
  reverter(session& session, const version& version) : work_(&session.work()), info_(&version.info()), version_(version) {
    load();
  }
  /// As it comes from `history`: nothing stands for a version that does not exist.
  reverter(session& session, const std::optional<version>& version) : reverter(session, must_exist(version)) {}

  /// To-one references whose target no longer lives are cleared instead of refused.
  reverter& clear_references(bool clear = true) {
    clear_references_ = clear;
    return *this;
  }

  /// What `all` would write.
  [[nodiscard]] restore_plan plan() {
    restore_plan made;
    made.version = version_.id();
    auto* live = find_live();
    made.current = live != nullptr ? live->open : std::nullopt;
    const auto target = wanted_state(live, made.skipped);
    count_rows(made, live, target.object.get());
    made.clashes = unique_clashes(target.object.get());
    for (const auto& column : info_->table->columns)
      if (column.has_member() && !is_restored(column) && !column.is_any(column_flag::key | column_flag::public_id))
        made.left_alone.emplace_back(column.field);
    return made;
  }
  /// Restores all, if the entity still is at the version that the plan saw; `conflict_error` else.
  void apply(const restore_plan& plan) {
    auto* live = find_live();
    const auto current = live != nullptr ? live->open : std::nullopt;
    if (current != plan.current)
      throw conflict_error(detail::describe_entity(*info_, key_) + " changed since the restore was planned",
                           {std::string{info_->kind}, key_.text(), "restore"}, plan.current, current, {}, true);
    all();
  }

  /// Fields, then each relation in the descriptor's order, each flushed before the next.
  void all() {
    auto* live = find_live();
    if (live == nullptr) {
      insert_again();
    } else {
      check();
      restore_fields(*live);
      work_->flush();
      for (std::size_t r = 0; r < info_->relations.size(); ++r) restore_relation(*live, r);
    }
    act();
  }
  /// The scalar fields alone.
  void fields() {
    auto& live = must_live();
    work_->reading([&](store_reader& reader) {
      check_references(reader);
      return 0;
    });
    restore_fields(live);
    work_->flush();
    act();
  }
  /// One relation alone: `revert.relation<&Dataset::metrics>()`.
  template <auto Member>
  void relation() {
    relation(detail::name_of<Member>);
  }
  void relation(std::string_view field) {
    for (std::size_t r = 0; r < info_->relations.size(); ++r) {
      if (info_->relations[r].field != field) continue;
      auto& live = must_live();
      restore_relation(live, r);
      act();
      return;
    }
    throw input_error(std::string{info_->kind} + " has no relation " + std::string{field},
                      {std::string{info_->kind}, key_.text(), "restore"});
  }

  /// Links that were left out so far, as their targets no longer live.
  [[nodiscard]] const std::vector<skipped_link>& skipped() const { return skipped_; }

 private:
  [[nodiscard]] static const version& must_exist(const std::optional<version>& version) {
    if (!version) throw input_error("there is no such version to restore", {{}, {}, "restore"});
    return *version;
  }
  [[nodiscard]] error_where where() const { return {std::string{info_->kind}, key_.text(), "restore"}; }
  [[nodiscard]] std::string subject() const { return detail::describe_entity(*info_, key_); }

  /// Fields that a restore writes.
  [[nodiscard]] static bool is_restored(const column_info& column) {
    return column.has_member() && column.is_compared() && !column.is_any(column_flag::key | column_flag::public_id);
  }
  /// A column that was not versioned yet at that time is left alone.
  [[nodiscard]] bool was_versioned(store_reader& reader, const table_info& table, const column_info& column) const {
    return reader.versioned_since(table, static_cast<std::size_t>(&column - table.columns.data())) <=
           version_.transaction();
  }

  void load() {
    key_ = version_.id().entity;
    if (version_.is_deletion())
      throw input_error("cannot restore " + subject() + " to a version that is its deletion; take the one before",
                        where());
    work_->reading([&](store_reader& reader) {
      check_whole(reader);
      then_ = detail::load_version(reader, *info_, key_, version_.row().row, version_.transaction());
      return 0;
    });
  }

  /// Refuses a version whose rows do not join up to today's.
  void check_whole(store_reader& reader) {
    const transaction_id at = version_.transaction();
    std::map<std::string, std::size_t> holes;
    const auto joined = [&](const table_info& table, const shadow_entry& row) {
      if (!row.end) return true;
      version_range next;
      next.after = row.begin;
      next.limit = 1;
      const auto following = reader.versions(table, row_key::of(row.row, table.key), next);
      return !following.empty() && following[0].begin == *row.end;
    };
    const auto own = reader.newest(*info_->table, key_, at);
    if (!own || own->begin != at) throw input_error(subject() + " has no such version any more", where());
    if (!joined(*info_->table, *own)) ++holes[std::string{info_->kind}];
    for (const auto& relation : info_->relations)
      for (const auto& row : reader.around(*relation.table, key_, at)) {
        const bool born_later = row.begin > at;
        const bool moved_in = born_later && row.operation == row_operation::update &&
                              reader.newest(*relation.table, row_key::of(row.row, relation.table->key), at).has_value();
        const bool no_beginning = born_later && row.operation != row_operation::insert && !moved_in;
        if (no_beginning || (!born_later && !joined(*relation.table, row))) ++holes[std::string{relation.kind}];
      }
    if (holes.empty()) return;
    std::string counts;
    for (const auto& [kind, count] : holes) counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
    throw backend_error(error_kind::damaged,
                        "cannot restore " + subject() + " to version " + to_string(version_.uuid()) +
                            ": its history has holes (" + counts + "), so the state is not whole; nothing was written",
                        where());
  }

  detail::managed* find_live() {
    auto* live = work_->find(*info_, key_);
    if (live != nullptr && info_->has_uuid()) {
      const auto& column = info_->table->columns[info_->table->public_id];
      if (!column.ops->same(column.in(live->object.get()), column.in(then_.object.get())))
        throw input_error("cannot restore " + subject() + ": its key is taken by another uuid now", where());
    }
    return live;
  }
  detail::managed& must_live() {
    auto* live = find_live();
    if (live == nullptr)
      throw input_error("cannot restore a part of " + subject() + ": it is deleted; restore all of it", where());
    return *live;
  }
  void act() {
    nlohmann::json meta = nlohmann::json::object();
    meta["restored_version"] = to_string(version_.uuid());
    meta["restored_transaction"] = version_.transaction().value;
    work_->act_as("restore", meta.dump());
  }

  // ---- checks ahead of writing ----

  void check() {
    work_->reading([&](store_reader& reader) {
      check_references(reader);
      for (const auto& relation : info_->relations) check_children(reader, relation);
      return 0;
    });
  }
  void check_references(store_reader& reader) {
    value_buffer buffer;
    for (const auto& reference : info_->references) {
      const auto& column = info_->table->columns[reference.column];
      if (!is_restored(column)) continue;
      const value target = column.read(then_.object.get(), buffer);
      if (target.is_null() || reader.live(*reference.target().table, row_key::of(target))) continue;
      if (!clear_references_)
        throw input_error("cannot restore " + subject() + ": " + std::string{column.field} + " refers to " +
                              std::string{reference.target().kind} + " " + row_key::of(target).text() +
                              ", which no longer lives; clear_references() restores the rest",
                          where());
      column.ops->write(column.outer(then_.object.get()), value::null());
    }
  }
  void check_children(store_reader& reader, const relation_info& relation) {
    if (relation.what != relation_kind::children || !relation.table->own_key) return;
    for (std::size_t i = 0; i < relation.size(then_.object.get()); ++i) {
      const auto child = detail::key_of_row(*relation.table, relation.item(then_.object.get(), i), {&key_, 0});
      const auto row = reader.live(*relation.table, child);
      if (!row || row_key::of(*row, relation.table->parent) == key_) continue;
      if (row_key::of(*row, relation.table->natural) ==
          detail::key_columns(*relation.table, relation.table->natural, relation.item(then_.object.get(), i)))
        throw conflict_error("cannot restore " + subject() + ": " + std::string{relation.kind} + " " + child.text() +
                                 " lives under another parent now",
                             where(), version_.transaction(), std::nullopt, {std::string{relation.field}}, true);
    }
  }

  // ---- the steps ----

  void restore_fields(detail::managed& live) {
    work_->reading([&](store_reader& reader) {
      copy_fields(reader, live.object.get());
      return 0;
    });
  }
  void copy_fields(store_reader& reader, void* to) {
    const auto& table = *info_->table;
    for (const auto& column : table.columns) {
      if (!is_restored(column) || !was_versioned(reader, table, column)) continue;
      copy_field(column, to, then_.object.get());
    }
  }
  static void copy_field(const column_info& column, void* to, const void* from) {
    const void* source = column.in(from);
    void* place = column.outer(to);
    if (column.embedding != nullptr) {
      if (source == nullptr) {
        column.embedding->reset(place);
        return;
      }
      place = static_cast<std::byte*>(column.embedding->emplace(place)) + column.inner_offset;
    }
    column.ops->assign(place, source);
  }

  void restore_relation(detail::managed& live, std::size_t r) {
    const auto& relation = info_->relations[r];
    work_->reading([&](store_reader& reader) {
      check_children(reader, relation);
      put_relation(reader, relation, live.object.get(), skipped_);
      return 0;
    });
    work_->flush();
  }

  /// Makes a collection of `to` what it was then.
  void put_relation(store_reader& reader, const relation_info& relation, void* to,
                    std::vector<skipped_link>& skipped) {
    if (relation.what == relation_kind::links)
      put_links(reader, relation, to, skipped);
    else
      put_children(reader, relation, to);
  }

  void put_links(store_reader& reader, const relation_info& relation, void* to, std::vector<skipped_link>& skipped) {
    const auto& target = relation.target();
    const auto& key_column = relation.table->columns[relation.table->natural[0]];
    value_buffer buffer;
    std::vector<std::size_t> living;
    for (std::size_t i = 0; i < relation.size(then_.object.get()); ++i) {
      const void* item = relation.item(static_cast<const void*>(then_.object.get()), i);
      const auto row = reader.live(*target.table, row_key::of(key_column.read(item, buffer)));
      bool lives = row.has_value();
      if (lives && target.has_uuid()) {
        const auto& id = *static_cast<const uuid*>(relation.table->columns.back().in(item));
        lives = id.is_nil() || to_string(id) == (*row)[target.table->public_id].view();
      }
      if (lives) {
        living.push_back(i);
        continue;
      }
      skipped_link left{std::string{relation.field}, detail::natural_label(*relation.table, relation.what, item)};
      if (std::find(skipped.begin(), skipped.end(), left) == skipped.end()) skipped.push_back(std::move(left));
    }
    relation.items->resize(relation.in(to), living.size());
    for (std::size_t i = 0; i < living.size(); ++i)
      relation.table->row->assign(relation.item(to, i),
                                  relation.item(static_cast<const void*>(then_.object.get()), living[i]));
  }

  void put_children(store_reader& reader, const relation_info& relation, void* to) {
    const auto& table = *relation.table;
    const void* then = then_.object.get();
    const auto match = detail::match_items(relation, to, then);
    std::vector<detail::state_pointer> items;
    std::vector<std::size_t> now_of(relation.size(then), detail::no_item);
    for (std::size_t i = 0; i < match.from.size(); ++i)
      if (match.matched.to_of_from[i] != detail::no_item) now_of[match.matched.to_of_from[i]] = i;
    std::set<row_key> kept;
    for (std::size_t i = 0; i < now_of.size(); ++i)
      if (now_of[i] != detail::no_item)
        kept.insert(detail::key_of_row(table, relation.item(static_cast<const void*>(to), now_of[i]), {&key_, 0}));
    for (std::size_t i = 0; i < now_of.size(); ++i) {
      const void* source = relation.item(then, i);
      if (now_of[i] == detail::no_item) {
        items.push_back(detail::state_pointer{table.row->copy(source), table.row->destroy});
        if (table.generated_key) free_key(reader, table, kept, items.back().get());
        continue;
      }
      items.push_back(detail::state_pointer{table.row->copy(relation.item(static_cast<const void*>(to), now_of[i])),
                                            table.row->destroy});
      for (const auto& column : table.columns)
        if (column.has_member() && column.is_compared() && !column.is_any(column_flag::parent | column_flag::position) &&
            (!column.is(column_flag::key) || column.is(column_flag::natural)) && was_versioned(reader, table, column))
          copy_field(column, items.back().get(), source);
    }
    relation.items->resize(relation.in(to), items.size());
    for (std::size_t i = 0; i < items.size(); ++i) table.row->swap(relation.item(to, i), items[i].get());
  }
  /// A child that comes back gets its old key when nothing has it that stays.
  void free_key(store_reader& reader, const table_info& table, const std::set<row_key>& kept, void* item) {
    const auto key = detail::key_of_row(table, item, {&key_, 0});
    const auto row = reader.live(table, key);
    const bool is_free = !kept.contains(key) && (!row || row_key::of(*row, table.parent) == key_);
    if (!is_free)
      detail::write_field(table, table.columns[table.key[0]], item, value::of(std::int64_t{0}));
  }

  /// A deleted entity comes back as an insert under its old key and uuid.
  void insert_again() {
    check();
    auto object = detail::make_state(*info_);
    refuse_excluded_without_default();
    work_->reading([&](store_reader& reader) {
      if (info_->has_uuid()) check_uuid_is_free(reader);
      fill_again(reader, object.get(), skipped_);
      return 0;
    });
    auto& entry = work_->add(*info_, std::move(object));
    work_->keep_creation_stamps(entry);
    work_->flush();
  }
  void fill_again(store_reader& reader, void* object, std::vector<skipped_link>& skipped) {
    for (const auto& column : info_->table->columns)
      if (column.has_member() && column.is_versioned()) copy_field(column, object, then_.object.get());
    for (const auto& relation : info_->relations) put_relation(reader, relation, object, skipped);
  }
  void check_uuid_is_free(store_reader& reader) {
    value_buffer buffer;
    const auto& column = info_->table->columns[info_->table->public_id];
    const auto rows = reader.live_where(*info_->table, info_->table->public_id,
                                        column.read(then_.object.get(), buffer), 1);
    if (!rows.empty())
      throw input_error("cannot restore " + subject() + ": its uuid lives under key " +
                            row_key::of(rows[0], info_->table->key).text() + " now",
                        where());
  }
  /// An excluded column of a deleted entity is gone; it gets its field's default, unless that cannot stand.
  void refuse_excluded_without_default() {
    const auto& table = *info_->table;
    for (std::size_t c = 0; c < table.stored; ++c) {
      const auto& column = table.columns[c];
      if (!column.is(column_flag::excluded) || column.ops->nullable) continue;
      bool is_unique = !column.refers_to.empty();
      for (const auto unique : table.unique)
        is_unique = is_unique || std::find(unique.begin(), unique.end(), c) != unique.end();
      if (is_unique)
        throw input_error("cannot restore " + subject() + ": its column " + std::string{column.name} +
                              " is not versioned, allows no null and has no default that could stand",
                          where());
    }
  }

  // ---- planning ----

  detail::entity_state wanted_state(const detail::managed* live, std::vector<skipped_link>& skipped) {
    detail::entity_state made;
    check();
    work_->reading([&](store_reader& reader) {
      if (live == nullptr) {
        made.object = detail::make_state(*info_);
        fill_again(reader, made.object.get(), skipped);
      } else {
        made.object = detail::copy_state(*info_, live->object.get());
        copy_fields(reader, made.object.get());
        for (const auto& relation : info_->relations) put_relation(reader, relation, made.object.get(), skipped);
      }
      return 0;
    });
    return made;
  }
  void count_rows(restore_plan& made, const detail::managed* live, const void* target) const {
    detail::saved_entity saved;
    saved.entity = info_;
    saved.key = key_;
    saved.base = saved.flushed = live != nullptr ? live->object.get() : nullptr;
    saved.base_positions = saved.flushed_positions = live != nullptr && live->flushed ? &live->flushed->positions : nullptr;
    saved.now = target;
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
  std::vector<std::string> unique_clashes(const void* target) {
    std::vector<std::string> clashes;
    work_->reading([&](store_reader& reader) {
      value_buffer buffer;
      for (const auto unique : info_->table->unique) {
        if (unique.empty()) continue;
        const value first = info_->table->columns[unique[0]].read(target, buffer);
        if (first.is_null()) continue;
        for (const auto& row : reader.live_where(*info_->table, unique[0], first, static_cast<std::size_t>(-1))) {
          if (row_key::of(row, info_->table->key) == key_) continue;
          if (row_key::of(row, unique) != detail::key_columns(*info_->table, unique, target)) continue;
          std::string names;
          for (const auto column : unique)
            names += (names.empty() ? "" : ", ") + std::string{info_->table->columns[column].field};
          clashes.push_back(std::move(names));
        }
      }
      return 0;
    });
    return clashes;
  }

  detail::unit_of_work* work_;
  const entity_info* info_;
  version version_;
  row_key key_{};
  detail::entity_state then_{};
  std::vector<skipped_link> skipped_{};
  bool clear_references_ = false;
};

}  // namespace varve
