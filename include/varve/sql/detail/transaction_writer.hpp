#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/time.hpp"
#include "varve/sql/detail/statement_book.hpp"
#include "varve/store/write_set.hpp"

namespace varve::sql {

/// What a row of `version_transaction` has beside its id and time; views.
struct transaction_values {
  value actor{};
  std::string_view action_kind{}, message{}, meta{}, token{};
};
[[nodiscard]] inline value actor_of(const attribution& who) {
  return who.who ? value::text(who.who->name) : value::null();
}

/// Writes rows of `version_transaction`, with times that rise.
class transaction_writer {
 public:
  /// \param rises_alone  times rise along each entity's versions alone, as writers run side by side.
  transaction_writer(connection& on, const own_statements& texts, bool rises_alone)
      : on_(on), texts_(texts), rises_alone_(rises_alone) {}

  /// False when nothing was inserted.
  bool insert(const statement_text& text, const transaction_values& values, time_point time) {
    const std::string issued = to_string(time);
    query run{on_, text};
    run.bind_text(issued).bind(values.actor).bind_text_or_null(values.action_kind).bind_text_or_null(values.message);
    run.bind_text_or_null(values.meta).bind_text_or_null(values.token).run();
    return on_.changed_rows() > 0;
  }
  /// The clock, or the newest transaction's time plus a microsecond.
  time_point next_time(time_point clock) {
    query run{on_, texts_.last_issued};
    if (!run.step()) return clock;
    const auto last = parse_time(run.column(0).view());
    return last ? std::max(clock, *last + std::chrono::microseconds{1}) : clock;
  }
  /// Where writers run side by side: writes a transaction, which may be sent without waiting for it, with a time behind the newest one's and those of some others.
  /// \param take  gets its id and time.
  void send(const transaction_values& values, time_point clock, const std::vector<transaction_id>& behind,
            const statement::row_taker& take) {
    const std::string issued = to_string(clock);
    query run{on_, behind.size() > 1 ? texts_.insert_rising_behind_list : texts_.insert_rising};
    run.bind_text(issued).bind(values.actor).bind_text_or_null(values.action_kind).bind_text_or_null(values.message);
    run.bind_text_or_null(values.meta).bind_text_or_null(values.token);
    std::string list{"["};
    if (behind.size() > 1) {
      for (const auto id : behind) list += (list.size() > 1 ? "," : "") + std::to_string(id.value);
      run.bind_text(list += "]");
    } else {
      run.bind(behind.empty() ? value::null() : value::of(behind.front().value));
    }
    run.run(take);
  }
  [[nodiscard]] static std::pair<transaction_id, time_point> told_in(answered_row& row, time_point clock) {
    const auto issued = parse_time(row.column(1).view());
    return {{row.column(0).integer()}, issued.value_or(clock)};
  }
  /// Writes a transaction now.
  /// \param behind  versions whose times its own must be behind.
  /// \return its id and time.
  std::pair<transaction_id, time_point> add(const transaction_values& values, time_point clock,
                                            const std::vector<transaction_id>& behind) {
    std::pair<transaction_id, time_point> made;
    if (rises_alone_) {
      send(values, clock, behind, [&](answered_row& row) { made = told_in(row, clock); });
      on_.settle();
    } else {
      made.second = next_time(clock);  // behind the newest is behind all
      insert(texts_.insert_transaction, values, made.second);
      made.first = transaction_id{on_.last_key()};
    }
    return made;
  }

 private:
  connection& on_;
  const own_statements& texts_;
  bool rises_alone_;
};

}  // namespace varve::sql
