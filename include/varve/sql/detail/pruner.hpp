#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "varve/sql/detail/reader.hpp"

namespace varve::sql {

/// Deletes what a prune takes away, through a connection, within its transaction.
class sql_pruner {
 public:
  sql_pruner(connection& on, statement_book& book) : on_(on), known_(book), book_(book) {}

  transaction_id move_horizon(transaction_id to) {
    take_turn();
    const auto stored = sql_reader{on_, known_}.horizon();
    if (to <= stored) return stored;
    const std::string text = std::to_string(to.value);
    query run{on_, book_.own().put_catalog};
    run.bind_text("schema").bind_text("horizon").bind_text(text).run();
    return to;
  }
  pruned_rows prune_rows(std::span<const past_row> rows, std::size_t limit) {
    take_turn();
    pruned_rows gone;
    for (; gone.done < rows.size() && gone.rows + gone.records < limit; ++gone.done) {
      const auto& row = rows[gone.done];
      {
        query run{on_, book_.of(*row.table).delete_shadow};
        run.bind(row.key).bind(row.begin.value).run();
      }
      gone.rows += on_.changed_rows();
      if (row.kind.empty()) continue;
      query run{on_, book_.own().delete_changes};
      std::string text;
      run.bind(row.begin.value).bind_text(row.kind);
      bind_entity(run, row.key, text, book_.widens_keys());
      run.run();
      gone.records += on_.changed_rows();
    }
    return gone;
  }
  pruned_rows prune_transactions(std::span<const transaction_id> ids, std::size_t limit) {
    take_turn();
    pruned_rows gone;
    for (; gone.done < ids.size() && gone.rows + gone.records < limit; ++gone.done) {
      for (const auto* text : {&book_.own().delete_changes_of, &book_.own().delete_transaction}) {
        query run{on_, *text};
        run.bind(ids[gone.done].value).run();
        (text == &book_.own().delete_transaction ? gone.rows : gone.records) += on_.changed_rows();
      }
    }
    return gone;
  }

 private:
  /// Until the transaction ends no other pruner deletes, whose order could be another.
  void take_turn() {
    if (!book_.locks_rows()) return;
    query held{on_, book_.own().lock_horizon};
    held.step();
  }

  connection& on_;
  statement_book& known_;
  open_book book_;
};

}  // namespace varve::sql
