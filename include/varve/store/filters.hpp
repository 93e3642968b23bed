#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/core/uuid.hpp"
#include "varve/store/packed_row.hpp"
#include "varve/store/row_key.hpp"
#include "varve/store/write_set.hpp"

namespace varve {

/// How an actor's name is asked for.
enum class name_match : std::uint8_t {
  exact,
  prefix,
  part,  ///< anywhere in it, ASCII letters in either case
};

/// Which transactions; what is left empty or open restricts nothing.
struct transaction_filter {
  std::optional<transaction_id> first{};  ///< included
  std::optional<transaction_id> last{};   ///< included
  /// Issued then or later, and before then: for stores whose times do not rise with the ids; of others these are ids.
  std::optional<time_point> since{}, until{};
  std::optional<std::string> actor{};
  name_match match = name_match::exact;
  std::optional<std::string> action_kind{};  ///< "" asks for ordinary saves
  /// JSON, a list of pairs: a key, and a list of the values (texts, numbers, booleans, null) of which it has one.
  std::string meta{};

  /// Whether more than the transaction's id is asked for.
  [[nodiscard]] bool is_about_deeds() const { return since || until || actor || action_kind || !meta.empty(); }
};

/// Which change records; what is left empty or open restricts nothing.
struct record_filter {
  std::string entity_kind{};
  std::string kind{};       ///< the record's: `field`, `column`, ...
  std::string operation{};  ///< `add`, `edit`, ...
  std::string path{};       ///< a JSON array: records of this place and of what is within it
  transaction_filter of{};
  bool newest_first = false;

  /// Whether a record's place is the path or within it.
  [[nodiscard]] bool is_within(std::string_view place) const {
    if (path.empty() || place == path) return true;
    const std::size_t stem = path.size() - 1;  // without the closing bracket
    return place.size() > stem && place[stem] == ',' && place.substr(0, stem) == std::string_view{path}.substr(0, stem);
  }
};

/// Columns that have one of some values, or a column within a range.
struct value_condition {
  std::vector<std::uint16_t> columns{};
  std::vector<packed_row> any_of{};  ///< of each the values of these columns, in their order
  /// Of one column the first and the last value, both included, instead of `any_of`; an end that is null is open.
  std::optional<packed_row> range{};

  [[nodiscard]] bool holds(const packed_row& row) const {
    if (range) {
      const auto key = row_key::of(row[columns[0]]);
      const value first = (*range)[0], last = (*range)[1];
      return !row[columns[0]].is_null() && (first.is_null() || row_key::of(first) <= key) &&
             (last.is_null() || key <= row_key::of(last));
    }
    for (const auto& wanted : any_of) {
      bool same = true;
      for (std::size_t i = 0; i < columns.size(); ++i) same = same && row[columns[i]] == wanted[i];
      if (same) return true;
    }
    return false;
  }
};

/// Which rows of an entity's shadow table; what is left empty or open restricts nothing.
struct version_filter {
  std::optional<row_key> key{};
  std::optional<uuid> id{};
  std::vector<value_condition> where{};  ///< all of them
  bool deletions = false;                ///< rows of deletions too
  transaction_filter of{};
};

/// A change record's place in the order of all: by transaction, then as they were written.
struct record_place {
  transaction_id transaction{};
  std::int64_t id = 0;
  friend auto operator<=>(const record_place&, const record_place&) = default;
};

}  // namespace varve
