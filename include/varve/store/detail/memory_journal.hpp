#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "varve/store/detail/memory_table.hpp"

namespace varve::detail {

/// The transactions in memory by rising id, with the versions that each began.
class memory_journal final : public undoable {
 public:
  explicit memory_journal(undo_log& log) : log_(&log) {}

  /// A version: its table and key.
  struct begun {
    const memory_table* table = nullptr;
    const memory_node* node = nullptr;
  };

  /// Where all that one transaction says about itself comes from; successive ones share what is the same.
  struct description {
    std::optional<std::string> actor{};
    std::string action_kind{};
    std::string message{};
    std::string meta{};
    friend bool operator==(const description&, const description&) = default;
  };

  /// The id of the next transaction; those from here on are not committed.
  [[nodiscard]] transaction_id next() const { return {next_}; }

  /// Begins a transaction row.
  /// \param token  nil: it has none.
  transaction_id begin(time_point issued_at, const uuid& token, const description& what) {
    log_->reserve();
    std::shared_ptr<const description> said;
    if (!entries_.empty() && *entries_.back().said == what)
      said = entries_.back().said;
    else
      said = std::make_shared<const description>(what);
    const std::int64_t id = next_;
    if (!token.is_nil() && !tokens_.try_emplace(token, id).second)
      throw backend_error(error_kind::input, "memory store: a save's token was used before");
    try {
      entries_.push_back({id, issued_at, token, std::move(said), begun_.size()});
    } catch (...) {
      tokens_.erase(token);
      throw;
    }
    ++next_;
    log_->add({this, nullptr, 0, {}});
    return {id};
  }
  /// Notes a version of the transaction begun last.
  void note(const memory_table& table, const memory_node& node) { begun_.push_back({&table, &node}); }

  void commit(undo_step&) noexcept override {}
  void undo(undo_step&) noexcept override {
    auto& last = entries_.back();
    if (!last.token.is_nil()) tokens_.erase(last.token);
    begun_.erase(begun_.begin() + static_cast<std::ptrdiff_t>(last.first_begun), begun_.end());
    entries_.pop_back();
  }

  // ---- reading; transactions from `limit` on are not seen ----

  [[nodiscard]] std::optional<transaction_entry> find(transaction_id id, transaction_id limit) const {
    const auto at = place_of(id);
    if (id >= limit || at == entries_.size() || entries_[at].id != id.value) return std::nullopt;
    return entry_at(at);
  }
  [[nodiscard]] std::optional<transaction_entry> find(const uuid& token, transaction_id limit) const {
    const auto found = tokens_.find(token);
    return found == tokens_.end() ? std::nullopt : find(transaction_id{found->second}, limit);
  }
  /// The newest that was not issued later than a time. (`issued_at` never goes back in this store.)
  [[nodiscard]] std::optional<transaction_entry> newest(time_point not_after, transaction_id limit) const {
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(place_of(limit));
    const auto after = std::upper_bound(entries_.begin(), end, not_after,
                                        [](time_point time, const entry& e) { return time < e.issued_at; });
    if (after == entries_.begin()) return std::nullopt;
    return entry_at(static_cast<std::size_t>(after - entries_.begin()) - 1);
  }
  /// Calls `visit` with each behind an id until it returns false.
  template <class Visit>
  void each_after(transaction_id after, transaction_id limit, Visit&& visit) const {
    for (std::size_t at = after.value == INT64_MAX ? entries_.size() : place_of({after.value + 1});
         at < entries_.size() && entries_[at].id < limit.value; ++at)
      if (!visit(entry_at(at))) return;
  }
  /// The same with each before an id, newest first.
  template <class Visit>
  void each_before(transaction_id before, Visit&& visit) const {
    for (std::size_t at = place_of(before); at-- > 0;)
      if (!visit(entry_at(at))) return;
  }
  /// Calls `visit` with each version that a transaction began.
  template <class Visit>
  void each_begun(transaction_id id, transaction_id limit, Visit&& visit) const {
    const auto at = place_of(id);
    if (id >= limit || at == entries_.size() || entries_[at].id != id.value) return;
    const std::size_t end = at + 1 < entries_.size() ? entries_[at + 1].first_begun : begun_.size();
    for (std::size_t i = entries_[at].first_begun; i < end; ++i) visit(begun_[i]);
  }
  /// When the newest was issued, the open transaction's included.
  [[nodiscard]] std::optional<time_point> last_issued() const {
    return entries_.empty() ? std::nullopt : std::optional{entries_.back().issued_at};
  }

 private:
  struct entry {
    std::int64_t id = 0;
    time_point issued_at{};
    uuid token{};
    std::shared_ptr<const description> said{};
    std::size_t first_begun = 0;
  };
  struct token_hash {
    std::size_t operator()(const uuid& token) const {
      std::uint64_t halves[2];
      std::memcpy(halves, token.octets.data(), sizeof halves);
      return static_cast<std::size_t>(mixed(halves[0], halves[1]));
    }
  };

  [[nodiscard]] std::size_t place_of(transaction_id id) const {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), id.value,
                                        [](const entry& e, std::int64_t wanted) { return e.id < wanted; });
    return static_cast<std::size_t>(found - entries_.begin());
  }
  [[nodiscard]] transaction_entry entry_at(std::size_t at) const {
    const auto& of = entries_[at];
    transaction_entry made;
    made.id = {of.id};
    made.issued_at = of.issued_at;
    made.actor = of.said->actor;
    made.action_kind = of.said->action_kind;
    made.message = of.said->message;
    made.meta = of.said->meta;
    if (!of.token.is_nil()) made.token = to_string(of.token);
    return made;
  }

  undo_log* log_;
  std::deque<entry> entries_{};
  std::deque<begun> begun_{};
  std::unordered_map<uuid, std::int64_t, token_hash> tokens_{};
  std::int64_t next_ = 1;
};

}  // namespace varve::detail
