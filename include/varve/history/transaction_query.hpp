#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>
#include <utility>

#include "varve/core/inline.hpp"
#include "varve/store/store.hpp"

namespace varve {

namespace detail {

/// A filter of transactions, with times that are still to be looked up.
struct transaction_question {
  transaction_filter filter{};
  std::optional<time_point> since{}, until{};

  /// With the times as ids, where they rise with these: a statement for each of them.
  [[nodiscard]] VARVE_INLINE transaction_filter resolved(store_reader& reader) const;
  VARVE_INLINE void ask_meta(std::string_view key, const nlohmann::json& values);
};

}  // namespace detail

/// What every list over transactions can be narrowed by: who, why, when. Each question makes a narrower list.
template <class Query>
class transaction_query {
 public:
  /// Saved by this actor.
  [[nodiscard]] Query by(std::string_view actor) const { return by(actor, name_match::exact); }
  /// By actors whose names begin so.
  [[nodiscard]] Query by_prefix(std::string_view begin) const { return by(begin, name_match::prefix); }
  /// By actors whose names have this in them, ASCII letters in either case.
  [[nodiscard]] Query by_part(std::string_view part) const { return by(part, name_match::part); }
  /// Saves of this kind: `restore`, `import`, ...; an empty one: ordinary saves.
  [[nodiscard]] Query action(std::string_view action_kind) const {
    return with([&](detail::transaction_question& made) { made.filter.action_kind = std::string{action_kind}; });
  }
  /// Saves whose meta is an object with this member; asked for several times, all of them.
  ///
  /// \param value  a text, number, boolean or null; or an array of these, of which one must be it. Compared by value.
  /// Errors: `input_error` for anything else.
  [[nodiscard]] Query with_meta(std::string_view key, const nlohmann::json& value) const {
    return with([&](detail::transaction_question& made) { made.ask_meta(key, value); });
  }
  /// Of transactions from one to another, both included.
  [[nodiscard]] Query between(transaction_id first, transaction_id last) const {
    return with([&](detail::transaction_question& made) {
      made.filter.first = first;
      made.filter.last = last;
    });
  }
  [[nodiscard]] Query at(transaction_id id) const { return between(id, id); }
  /// Issued at this time or later.
  [[nodiscard]] Query since(time_point time) const {
    return with([&](detail::transaction_question& made) { made.since = time; });
  }
  /// Issued before this time.
  [[nodiscard]] Query until(time_point time) const {
    return with([&](detail::transaction_question& made) { made.until = time; });
  }

 protected:
  detail::transaction_question question_{};

 private:
  [[nodiscard]] Query by(std::string_view actor, name_match match) const {
    return with([&](detail::transaction_question& made) {
      made.filter.actor = std::string{actor};
      made.filter.match = match;
    });
  }
  template <class Change>
  [[nodiscard]] Query with(Change&& change) const {
    Query made = static_cast<const Query&>(*this);
    change(static_cast<transaction_query&>(made).question_);
    return made;
  }
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/transaction_query_impl.hpp"
#endif
