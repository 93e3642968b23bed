#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/store/amendment.hpp"
#include "varve/store/filters.hpp"
#include "varve/store/write_set.hpp"

namespace varve {

/// A row of a shadow table.
struct shadow_entry {
  packed_row row{};  ///< the table's columns; unversioned ones are null
  transaction_id begin{};
  std::optional<transaction_id> end{};  ///< nothing: open
  row_operation operation = row_operation::insert;

  [[nodiscard]] bool holds_at(transaction_id at) const {
    return begin <= at && (!end || at < *end) && operation != row_operation::remove;
  }
};

/// A row of `version_transaction`.
struct transaction_entry {
  transaction_id id{};
  time_point issued_at{};
  std::optional<std::string> actor{};
  std::string action_kind{};
  std::string message{};
  std::string meta{};
  std::string token{};
};

/// A row of `version_changes`; path and values are JSON texts, null values empty.
struct change_entry {
  std::int64_t id = 0;
  transaction_id transaction{};
  std::string entity_kind{};
  row_key entity{};
  std::int32_t sequence = 0;
  std::string kind{};
  std::string operation{};
  std::string path{};
  std::string from{};
  std::string to{};
};

/// Which rows of one key's history, in which order.
struct version_range {
  std::optional<transaction_id> after{};   ///< begun later than this
  std::optional<transaction_id> before{};  ///< begun earlier than this
  bool newest_first = false;
  std::size_t limit = static_cast<std::size_t>(-1);
  std::optional<uuid> id{};  ///< of one that has this uuid only
};

/// A change record with the transaction that it belongs to.
struct told_change {
  transaction_entry transaction{};
  change_entry change{};
};

/// A row of a shadow table by its place in the order (key, transaction), as retention walks it.
struct shadow_place {
  row_key key{};
  transaction_id begin{};
  bool is_past = false;  ///< ended before the horizon, or a delete row begun before it
};

/// A shadow row that retention takes away.
struct past_row {
  const table_info* table = nullptr;
  std::string_view kind{};  ///< of an entity's own table: the version's records go with the row
  row_key key{};
  transaction_id begin{};
};

/// What a batch of a prune did.
struct pruned_rows {
  std::size_t done = 0;  ///< how many of those asked for are gone
  std::size_t rows = 0;  ///< how many of these were still there
  std::size_t records = 0;
};

/// One committed state of a store, or an open transaction's own. Looked up rows have their target's uuid last.
class store_reader {
 public:
  virtual ~store_reader() = default;

  virtual std::optional<packed_row> live(const table_info& table, const row_key& key) = 0;
  /// The rows of one parent in key order, ordered collections by position.
  virtual std::vector<packed_row> live_of_parent(const table_info& table, const row_key& parent) = 0;
  /// Rows whose column has this value, at most `limit`. Fast for uuids and the columns of associations.
  virtual std::vector<packed_row> live_where(const table_info& table, std::size_t column, const value& value,
                                             std::size_t limit) = 0;
  /// Rows in key order behind `after`.
  virtual std::vector<packed_row> live_after(const table_info& table, const std::optional<row_key>& after,
                                             std::size_t limit) = 0;

  /// The newest row of a key that began not later than `at`, whatever it is.
  virtual std::optional<shadow_entry> newest(const table_info& table, const row_key& key, transaction_id at) = 0;
  /// The rows of one parent that hold at a transaction: newest of each key, then those that are ended or deletes out.
  virtual std::vector<shadow_entry> of_parent(const table_info& table, const row_key& parent, transaction_id at) = 0;
  /// The same of all parents from one key to another in the order of keys; each parent's rows in the order of `of_parent`.
  virtual std::vector<shadow_entry> of_parents(const table_info& table, const row_key& first, const row_key& last,
                                               transaction_id at) = 0;
  /// For each key that ever was this parent's: its newest row not after a transaction, else its first; nothing left out.
  virtual std::vector<shadow_entry> around(const table_info& table, const row_key& parent, transaction_id at) = 0;
  virtual std::vector<shadow_entry> versions(const table_info& table, const row_key& key,
                                             const version_range& range) = 0;
  virtual std::size_t count_versions(const table_info& table, const row_key& key, const version_range& range) = 0;
  /// The keys under which an entity with this uuid has lived and been deleted.
  virtual std::vector<row_key> deleted_keys(const table_info& table, const uuid& id) = 0;
  /// The rows of one parent's children or links that began not later than `at`, by key and transaction. Rows of the same
  /// key under another parent are not among them. A link's uuid is the one that its target had when the row began.
  virtual std::vector<shadow_entry> history_of_parent(const table_info& table, const row_key& parent,
                                                      transaction_id at) = 0;
  /// Of each key behind `after` its newest row that began not later than `at`, in key order; keys without one are left
  /// out. For tables that have no parent.
  virtual std::vector<shadow_entry> newest_after(const table_info& table, transaction_id at,
                                                 const std::optional<row_key>& after, std::size_t limit) = 0;
  /// All rows of a shadow table that began at one transaction.
  virtual std::vector<shadow_entry> begun_at(const table_info& table, transaction_id at) = 0;
  /// Rows of a shadow table in the order (key, transaction) behind a place.
  virtual std::vector<shadow_entry> shadow_after(const table_info& table,
                                                 const std::optional<std::pair<row_key, transaction_id>>& after,
                                                 std::size_t limit) = 0;
  /// The open rows of a shadow table, those of deletions too, in key order behind `after`.
  virtual std::vector<shadow_entry> open_after(const table_info& table, const std::optional<row_key>& after,
                                               std::size_t limit) = 0;

  /// Rows of a shadow table in the order (key, transaction) behind a place, without their values.
  virtual std::vector<shadow_place> places_after(const table_info& table, const std::optional<shadow_place>& after,
                                                 transaction_id horizon, std::size_t limit) = 0;
  /// Transactions from `first` to before `end` that shadow rows of kinds which are not in use begin or end with.
  virtual std::vector<transaction_id> named_by_others(transaction_id first, transaction_id end) = 0;

  virtual std::optional<transaction_entry> transaction(transaction_id id) = 0;
  /// Those that exist of a list, in its order.
  virtual std::vector<transaction_entry> transactions(const std::vector<transaction_id>& ids) = 0;
  virtual std::vector<transaction_entry> transactions_after(transaction_id after, std::size_t limit) = 0;
  /// Whether times rise with the ids over all transactions, as writers take turns; else along one entity's versions alone.
  [[nodiscard]] virtual bool times_rise() const { return true; }
  /// The newest transaction, by its id, of those issued not later than a time.
  virtual std::optional<transaction_entry> transaction_at(time_point time) = 0;
  virtual std::optional<transaction_entry> transaction_of(const uuid& token) = 0;
  /// Records of one entity from `first` to `last`, by transaction and sequence.
  virtual std::vector<change_entry> changes(std::string_view kind, const row_key& key, transaction_id first,
                                            transaction_id last) = 0;
  /// Records of all entities of one transaction, by kind, key and sequence.
  virtual std::vector<change_entry> changes_of(transaction_id id) = 0;
  /// Records of all entities behind a place, in the filter's direction.
  virtual std::vector<told_change> told_changes(const record_filter& filter, const std::optional<record_place>& behind,
                                                std::size_t limit) = 0;
  /// Records behind a transaction, by transaction: at least `limit` where there are as many, those of a transaction
  /// together. Of a key that is no single integer or text, `entity` has the text.
  virtual std::vector<change_entry> changes_after(transaction_id after, std::size_t limit) = 0;
  /// Records of some versions of entities of a kind, those of a version in their order; keys as in `changes_after`.
  virtual std::vector<change_entry> changes_at(std::string_view kind,
                                               const std::vector<std::pair<transaction_id, row_key>>& versions) = 0;
  /// Rows of an entity's shadow table that fit, in the order (key, transaction) behind a place.
  virtual std::vector<shadow_entry> find_versions(const table_info& table, const version_filter& filter,
                                                  const std::optional<std::pair<row_key, transaction_id>>& behind,
                                                  std::size_t limit) = 0;
  /// The kinds that have a history here, in use or not.
  virtual std::vector<std::string> kinds() = 0;
  /// From which transaction on history is complete; 0 when nothing was ever pruned.
  virtual transaction_id horizon() = 0;
  /// From which transaction on a column is versioned, or a whole table of children or links; 0: from the start. What
  /// began before does not have it.
  virtual transaction_id versioned_since(const table_info& table, std::size_t column) = 0;
  virtual transaction_id versioned_since(const table_info& table) = 0;
  /// The paths in records of fields and collections that a kind had and has no more, as JSON texts.
  virtual std::vector<std::string> removed_paths(std::string_view kind) = 0;
};

/// What is known of a save whose outcome was unknown.
enum class outcome : std::uint8_t { committed, not_committed, cannot_be_asked };

/// The transactions of one session.
class store_connection {
 public:
  virtual ~store_connection() = default;

  /// Begins unless begun; locks, checks, numbers and writes all of the set, then commits. On a conflict or an error
  /// everything of the transaction is undone.
  virtual apply_result commit(const write_set& set) = 0;
  /// The same without the commit: a flush. On a conflict or an error the transaction is rolled back.
  virtual apply_result apply(const write_set& set) = 0;
  /// Begins unless begun, corrects what the history tells of itself and commits: all or nothing. Nothing is checked but
  /// that the versions are there; what the caller went by it has read within the transaction.
  /// \return the transaction of the amendment.
  virtual transaction_id amend(const amendment& set) = 0;
  virtual void rollback() noexcept = 0;
  [[nodiscard]] virtual bool in_transaction() const = 0;
  virtual void savepoint(std::size_t depth) = 0;
  virtual void rollback_to(std::size_t depth) = 0;
  virtual void release(std::size_t depth) = 0;
  /// Begins the write transaction now, so that what is read stays true until the commit.
  virtual void begin() = 0;
  /// Reads what this connection sees: within a transaction its own writes.
  virtual store_reader& reader() = 0;
  virtual outcome outcome_of(const uuid& token) = 0;

  // Retention: each call is a write transaction of its own, for a connection that has none open.

  /// A number up to which no transaction is on its way any more, as it waits for those that are; the largest number where
  /// saves take turns.
  virtual transaction_id last_settled() { return {std::numeric_limits<std::int64_t>::max()}; }
  /// Moves the horizon on, never back. \return where it is then.
  virtual transaction_id move_horizon(transaction_id to) = 0;
  /// Deletes shadow rows in the order of the list, until `limit` rows and records are gone.
  virtual pruned_rows prune_rows(std::span<const past_row> rows, std::size_t limit) = 0;
  /// Deletes transactions that no shadow row begins or ends with, likewise, with records that were left of them.
  virtual pruned_rows prune_transactions(std::span<const transaction_id> ids, std::size_t limit) = 0;

  /// Whether a transaction of the application's own is open on its own connection: varve works within it and neither
  /// commits it nor rolls it back.
  [[nodiscard]] virtual bool is_within_application() const { return false; }
};

namespace detail {

/// What stands behind a handle; stores derive from it.
class store_base {
 public:
  store_base() = default;
  store_base(const store_base&) = delete;
  store_base& operator=(const store_base&) = delete;
  virtual ~store_base() = default;

  virtual std::unique_ptr<store_connection> connect() = 0;
  virtual std::unique_ptr<store_reader> snapshot() = 0;

  /// Makes a kind known: its tables are ready to be used, or the error says what to run.
  void use(const entity_info& entity) {
    {
      const std::lock_guard guard{mutex_};
      for (const auto* known : entities_)
        if (known == &entity || is_same(*known, entity)) return;
      for (const auto* known : entities_) require_own_tables(*known, entity);
    }
    prepare(entity);
    {
      const std::lock_guard guard{mutex_};
      entities_.push_back(&entity);
    }
    for (const auto& relation : entity.relations)
      if (relation.target != nullptr) use(relation.target());
    for (const auto& reference : entity.references) use(reference.target());
  }
  /// The kinds in use.
  [[nodiscard]] std::vector<const entity_info*> entities() const {
    const std::lock_guard guard{mutex_};
    return entities_;
  }
  [[nodiscard]] bool versions(const entity_info& entity) const { return entity.versioned && versioning_; }
  void switch_versioning(bool on) { versioning_ = on; }

 protected:
  virtual void prepare(const entity_info& entity) = 0;

 private:
  /// No table may be that of two collections, or of a collection and a kind.
  static void require_own_tables(const entity_info& known, const entity_info& entity) {
    const auto require = [&](const table_info& one, const table_info& other) {
      if (one.name == other.name || one.shadow == other.shadow)
        throw schema_error("kind " + std::string{entity.kind} + " cannot be used beside kind " +
                               std::string{known.kind} + ": both have a table " +
                               std::string{one.name == other.name ? one.name : one.shadow} +
                               "; name those of one with table<>",
                           {std::string{entity.kind}, {}, "use"});
    };
    for (const auto& relation : known.relations) require(*relation.table, *entity.table);
    for (const auto& relation : entity.relations) {
      require(*known.table, *relation.table);
      for (const auto& other : known.relations) require(*other.table, *relation.table);
    }
  }
  /// Whether two descriptors are of one kind: the address of constant data differs between shared objects.
  [[nodiscard]] static bool is_same(const entity_info& known, const entity_info& entity) {
    const bool kinds = known.kind == entity.kind;
    const bool tables = known.table->name == entity.table->name;
    if (!kinds && !tables) return false;
    if (kinds && tables && known.type == entity.type && same_columns(*known.table, *entity.table)) return true;
    throw schema_error("kind " + std::string{entity.kind} + " with table " + std::string{entity.table->name} +
                           " cannot be used beside kind " + std::string{known.kind} + " with table " +
                           std::string{known.table->name} + ": give each its own kind<> and table<>",
                       {std::string{entity.kind}, {}, "use"});
  }
  [[nodiscard]] static bool same_columns(const table_info& a, const table_info& b) {
    return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                      [](const column_info& x, const column_info& y) { return x.name == y.name; });
  }

  mutable std::mutex mutex_{};
  std::vector<const entity_info*> entities_{};
  std::atomic<bool> versioning_ = true;
};

}  // namespace detail

/// A store, whichever it is: cheap to copy, alive as long as a copy is. Many threads may use one.
class store_handle {
 public:
  /// Switches the making of versions off (or on again) for all that is saved from now on. What is written meanwhile
  /// without a version is drift.
  void versioning(bool on) { store_->switch_versioning(on); }

  /// What became of a save that ended with `outcome_unknown`, by the token that the error has. A database that is not there
  /// `cannot_be_asked`, and nor can it be of a nil token. Servers are waited for while the save is on its way (PostgreSQL:
  /// while any is), up to their lock timeout; while that takes longer, and on a standby, what is not found
  /// `cannot_be_asked` either.
  /// `not_committed` may come too early while the database still has the commit before it: behind an error of the disk it
  /// is final after the file was opened anew, behind a lost connection once the server has ended that connection's work.
  [[nodiscard]] outcome outcome_of(const uuid& token) const {
    if (token.is_nil()) return outcome::cannot_be_asked;
    try {
      return store_->connect()->outcome_of(token);
    } catch (const error&) {
      return outcome::cannot_be_asked;
    }
  }

  [[nodiscard]] detail::store_base& base() const { return *store_; }

 protected:
  explicit store_handle(std::shared_ptr<detail::store_base> store) : store_(std::move(store)) {}
  std::shared_ptr<detail::store_base> store_;
};

}  // namespace varve
