#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/time.hpp"
#include "varve/core/uuid.hpp"
#include "varve/store/column_list.hpp"
#include "varve/store/row_key.hpp"

namespace varve {

/// The number of a committed unit of work. Rising along one entity's versions; no commit order across entities.
struct transaction_id {
  std::int64_t value = 0;
  friend auto operator<=>(const transaction_id&, const transaction_id&) = default;
};

/// Who acts: a name, and a number where the application has one (for integer `changed_by` columns).
struct actor {
  std::string name{};
  std::optional<std::int64_t> id{};

  actor(std::string actor_name) : name(std::move(actor_name)) {}  // NOLINT: implicit
  actor(const char* actor_name) : name(actor_name) {}             // NOLINT: implicit
  actor(std::string actor_name, std::int64_t actor_id) : name(std::move(actor_name)), id(actor_id) {}
};

/// Says explicitly that nobody is to be named.
struct anonymous_t {};
inline constexpr anonymous_t anonymous{};

/// What `version_transaction` tells of a save.
struct attribution {
  std::optional<varve::actor> who{};  ///< nothing: explicitly anonymous
  std::string action_kind{};          ///< empty: an ordinary save
  std::string message{};
  std::string meta{};  ///< JSON text; empty: none
  uuid token{};        ///< finds out what became of an unknown outcome
  time_point clock{};  ///< the clock's reading; the store makes it rise

  attribution() = default;
  attribution(varve::actor named) : who(std::move(named)) {}  // NOLINT: implicit
  attribution(anonymous_t) {}                                 // NOLINT: implicit
};

/// What a row of a shadow table records.
enum class row_operation : std::uint8_t { insert = 0, update = 1, remove = 2 };

/// What must hold of an entity once it is locked.
struct expectation {
  enum class check : std::uint8_t {
    anything,     ///< no check
    version,      ///< the open shadow row's transaction is `open`
    no_version,   ///< there is no open shadow row
    no_live_row,  ///< a new entity: nothing lives under the key
  };
  check what = check::anything;
  transaction_id open{};
  bool lives = true;  ///< of `version`: the live row must be there; not where the application deleted it itself
};

/// An entity to be locked and checked.
struct entity_lock {
  const entity_info* entity = nullptr;
  row_key key{};                  ///< empty when the store is to give it
  std::size_t inserted = no_row;  ///< index in `live` of the insert that gives the key
  expectation expected{};

  static constexpr std::size_t no_row = static_cast<std::size_t>(-1);
};

/// A row to be written into a live table.
struct live_row {
  const table_info* table = nullptr;
  row_operation operation = row_operation::insert;
  packed_row row{};                         ///< all stored columns; of a delete those of the state that goes
  column_list columns{};                    ///< of an update: what to set, rising
  std::size_t owner = entity_lock::no_row;  ///< index in `live` of the insert that gives the parent's key
};

/// A row to be written into a shadow table; the row that was open is closed.
struct shadow_row {
  const table_info* table = nullptr;
  row_operation operation = row_operation::insert;
  packed_row row{};                        ///< its values; empty where the live row surely is there to copy
  bool copy_live = true;                   ///< take the image from the live row, of a delete as it was before
  std::size_t live = entity_lock::no_row;  ///< index in `live` of the row's write, which may give the key
  row_key key{};                           ///< empty when the store is to give it
  std::optional<transaction_id> closes{};  ///< the transaction of the open row where it is known; else it is looked for
};

/// An entity whose state is to be kept as its first version, if it has none yet and lives.
struct baseline {
  std::size_t lock = 0;               ///< index in `locks`
  bool copy_live = true;              ///< take all rows from the live tables, before they are written
  std::vector<shadow_row> rows{};     ///< the rows, where the live ones are overwritten already
  bool first = false;                 ///< the entity that is saved (its last author signs), not one that it links to
  std::vector<std::size_t> absent{};  ///< of an entity that has versions: collections that these do not have yet, which
      ///< get one more version with them (`rows` are then those of the entity and these)
};

/// A change record as JSON texts within `write_set::texts`.
struct record_text {
  std::size_t lock = 0;  ///< index in `locks`: whose record
  std::int32_t sequence = 0;
  std::string kind{};  ///< its own: a layout's kinds are texts that the diff made
  std::string_view operation{};
  std::size_t path = 0, from = 0, to = 0, end = 0;  ///< offsets; an empty text is null
};

/// A save as a value: everything that a store does for it, in one go or not at all. Nothing in it is done yet.
struct write_set {
  attribution who{};
  std::vector<entity_lock> locks{};
  std::vector<baseline> baselines{};
  std::vector<live_row> live{};      ///< in the order of execution
  std::vector<shadow_row> shadow{};  ///< empty: no version, no transaction row
  std::vector<record_text> records{};
  std::string texts{};

  /// Makes it empty again, but for the room that it has.
  void clear() {
    locks.clear();
    baselines.clear();
    live.clear();
    shadow.clear();
    records.clear();
    texts.clear();
  }
  [[nodiscard]] bool empty() const { return live.empty() && shadow.empty() && baselines.empty(); }
  [[nodiscard]] std::string_view path_of(const record_text& r) const {
    return std::string_view{texts}.substr(r.path, r.from - r.path);
  }
  [[nodiscard]] std::string_view from_of(const record_text& r) const {
    return std::string_view{texts}.substr(r.from, r.to - r.from);
  }
  [[nodiscard]] std::string_view to_of(const record_text& r) const {
    return std::string_view{texts}.substr(r.to, r.end - r.to);
  }
};

/// A live row as a store left it: with the key that it gave and what the database filled in.
struct given_row {
  std::size_t live = 0;  ///< index in `write_set::live`
  packed_row row{};
};

/// Somebody else saved first.
struct save_conflict {
  std::size_t lock = 0;                   ///< index in `write_set::locks`
  std::optional<transaction_id> found{};  ///< the version that is open; nothing when there is none
  bool lives = false;
};

/// What came of a write set: done, or a conflict and nothing written.
struct apply_result {
  std::optional<save_conflict> conflict{};
  std::optional<transaction_id> before{};  ///< of the baselines
  std::optional<transaction_id> self{};    ///< of the save's versions
  time_point issued_at{};
  std::vector<given_row> given{};
  std::vector<bool> based{};  ///< for each baseline whether it was made
};

}  // namespace varve
