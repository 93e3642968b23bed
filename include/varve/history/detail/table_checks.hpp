#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "varve/history/detail/examination.hpp"
#include "varve/history/detail/row_streams.hpp"
#include "varve/history/detail/version_checks.hpp"

namespace varve::detail {

/// One walk over a live table and its shadow side by side, in key order: the chain of each key (S1 to S8, T4, P1), the
/// open row against the live one (L1 to L4), and for each row what its room in the history asks (versions of an entity, or
/// the owner of a child or link).
class table_checks {
 public:
  /// \param relation  null: the entity's own table.
  table_checks(examination& on, const entity_info& owner, const relation_info* relation)
      : on_(on),
        owner_(owner),
        relation_(relation),
        table_(relation == nullptr ? *owner.table : *relation->table),
        versions_(on, owner) {}

  void run() {
    live_stream live{on_.reader, table_, std::nullopt, on_.options.page_rows};
    shadow_stream shadow{on_.reader, table_, on_.options.page_rows};
    while (const auto* first = shadow.peek()) {
      const auto key = row_key::of(first->row, table_.key);
      pass_unversioned(live, &key);
      walk_chain(shadow, key);
      const auto* lives = live.peek();
      const bool is_there = lives != nullptr && row_key::of(*lives, table_.key) == key;
      check_live(key, is_there ? lives : nullptr);
      if (is_there) {
        ++on_.report.live_rows;
        live.skip();
      }
    }
    pass_unversioned(live, nullptr);
  }

 private:
  void tell(std::string_view rule, const row_key& key, transaction_id at, std::string what) {
    on_.tell(rule, table_.shadow, key, at, std::move(what));
  }

  // ---- one chain ----

  void walk_chain(shadow_stream& shadow, const row_key& key) {
    last_.reset();
    std::optional<transaction_id> place;
    std::size_t open = 0, rows = 0;
    for (const auto* row = shadow.peek(); row != nullptr && row_key::of(row->row, table_.key) == key;
         row = shadow.peek()) {
      ++on_.report.shadow_rows;
      check_row(key, *row);
      if (place == row->begin)
        tell("S6", key, row->begin, "two rows begin there");
      else if (on_.is_left_over(*row))
        pass_left_over(key, *row);
      else
        chain_row(key, *row);
      place = row->begin;
      if (!on_.is_left_over(*row)) {
        ++rows;
        open += row->end ? 0 : 1;
        last_ = *row;
      }
      shadow.skip();
    }
    if (rows == 0) return;
    if (last_->end) tell("S7", key, last_->begin, "it ends at " + number(*last_->end) + ", where no version begins");
    if (open != 1) tell("S4", key, last_->begin, std::to_string(open) + " rows are open instead of one");
  }

  /// What a row says by itself.
  void check_row(const row_key& key, const shadow_entry& row) {
    on_.begun.insert(row.begin.value);
    if (row.end) on_.ended.insert(row.end->value);
    if (!on_.known.contains(row.begin.value)) tell("S1", key, row.begin, "its transaction does not exist");
    if (static_cast<unsigned>(row.operation) > 2) tell("S2", key, row.begin, "its operation is none");
    if (row.end && *row.end <= row.begin)
      tell("S3", key, row.begin, "it ends at " + number(*row.end) + ", not after its beginning");
    if (row.end && !on_.known.contains(row.end->value))
      tell("T4", key, row.begin, "it ends at " + number(*row.end) + ", a transaction that does not exist");
  }

  /// What a prune takes says no more of the history; its records go with it.
  void pass_left_over(const row_key& key, const shadow_entry& row) {
    tell("P1", key, row.begin, "a prune up to " + number(on_.horizon) + " left it over");
    if (relation_ == nullptr) versions_.pass(key, row);
  }
  /// A row after the one before it.
  void chain_row(const row_key& key, const shadow_entry& row) {
    const bool creates = row.operation == row_operation::insert;
    const bool joins = last_ && last_->end == row.begin;
    if (!last_) {
      if (!creates && row.begin >= on_.horizon) tell("S5", key, row.begin, "the history begins with no creation");
    } else {
      if (!joins)
        tell("S7", key, last_->begin,
             (last_->end ? "it ends at " + number(*last_->end) : std::string{"it is open"}) +
                 ", and the next version begins at " + number(row.begin));
      const bool lived = last_->operation != row_operation::remove;
      if (creates == lived)
        tell("S8", key, row.begin, creates ? "a creation of what lived" : "a change of what was deleted");
      else if (lived && table_.public_id != no_field && !same_value(last_->row, row.row, table_.public_id))
        tell("S8", key, row.begin, "its uuid is another than before, under the same key");
    }
    const bool continues = joins && !creates && last_->operation != row_operation::remove;
    const auto* before = continues ? &*last_ : nullptr;
    if (relation_ == nullptr)
      versions_.look(key, before, row);
    else
      check_item(key, before, row);
  }

  // ---- children and links ----

  /// K2: a change of a child or link is a version of its owner, of the old one too when the child moved.
  void check_item(const row_key& key, const shadow_entry* before, const shadow_entry& row) {
    if (before != nullptr && row.operation == row_operation::remove)
      step_checks{on_, table_, key}.compare_deletion(*before, row);
    if (row.begin < on_.horizon) return;  // its owner's version may have been pruned
    const auto parent = row_key::of(row.row, table_.parent);
    check_owner(key, row.begin, parent);
    if (before == nullptr) return;
    const auto old = row_key::of(before->row, table_.parent);
    if (old != parent) check_owner(key, row.begin, old);
  }
  void check_owner(const row_key& key, transaction_id at, const row_key& parent) {
    const auto version = on_.reader.newest(*owner_.table, parent, at);
    if (version && version->begin == at) return;
    tell("K2", key, at, describe_entity(owner_, parent) + ", its owner, has no version of that transaction");
    if (version || told_owner_ == parent || on_.reader.newest(*owner_.table, parent, latest_transaction)) return;
    told_owner_ = parent;
    if (on_.reader.live(*owner_.table, parent))
      on_.tell("L4", owner_.table->shadow, parent, {},
               "it lives without a version, and its " + std::string{relation_->field} + " have some");
  }

  // ---- live rows ----

  void check_live(const row_key& key, const packed_row* live) {
    if (!last_ || last_->end) return;
    const bool removed = last_->operation == row_operation::remove;
    if (removed && live != nullptr) {
      tell("L1", key, last_->begin, "it lives, and its newest version is a deletion");
    } else if (!removed && live == nullptr) {
      tell("L2", key, last_->begin, "it does not live, and its newest version is no deletion");
    } else if (live != nullptr) {
      const auto* column = differing_column(
          table_, *live, *last_, [&](const table_info& table, std::size_t c) { return on_.since(table, c); });
      if (column != nullptr)
        tell("L3", key, last_->begin,
             "column " + std::string{column->name} + " of its newest version is not as it lives");
    }
  }
  /// L4: live rows without any version. An entity that was never saved since versioning began is exempt, as a whole, and
  /// one that was not saved since the collection is versioned with that.
  /// \param until  those with a smaller key; all that remain when null.
  void pass_unversioned(live_stream& live, const row_key* until) {
    for (const auto* row = live.peek(); row != nullptr; row = live.peek()) {
      const auto key = row_key::of(*row, table_.key);
      if (until != nullptr && !(key < *until)) return;
      ++on_.report.live_rows;
      if (relation_ != nullptr) {
        const auto parent = row_key::of(*row, table_.parent);
        const auto version = on_.reader.newest(*owner_.table, parent, latest_transaction);
        if (version && !on_.lacks(*relation_, version->begin))
          tell("L4", key, {}, "it lives without a version, and " + describe_entity(owner_, parent) + " has some");
      }
      live.skip();
    }
  }

  examination& on_;
  const entity_info& owner_;
  const relation_info* relation_;
  const table_info& table_;
  version_checks versions_;
  std::optional<shadow_entry> last_{};
  std::optional<row_key> told_owner_{};
};

}  // namespace varve::detail
