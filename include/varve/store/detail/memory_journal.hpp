#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "varve/store/detail/memory_table.hpp"
#include "varve/store/detail/token_table.hpp"

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
    if (!blocks_.empty() && *blocks_.back().entries.back().said == what)
      said = blocks_.back().entries.back().said;
    else
      said = std::make_shared<const description>(what);
    const std::int64_t id = next_;
    const bool is_named = !token.is_nil();
    if (is_named && !tokens_.add(token, id))
      throw backend_error(error_kind::input, "memory store: a save's token was used before");
    try {
      add({id, issued_at, token, std::move(said), 0});
    } catch (...) {
      if (is_named) tokens_.erase(token);
      throw;
    }
    ++next_;
    log_->add({this, nullptr, 0, {}});
    return {id};
  }
  /// Notes a version of the transaction begun last.
  void note(const memory_table& table, const memory_node& node) { blocks_.back().rows.push_back({&table, &node}); }

  /// Puts a transaction back behind those that are there, with the versions that it began.
  void restore(transaction_id id, time_point issued_at, const uuid& token, description what,
               const std::vector<begun>& versions) {
    if (!token.is_nil()) tokens_.add(token, id.value);
    add({id.value, issued_at, token, std::make_shared<const description>(std::move(what)), 0});
    auto& rows = blocks_.back().rows;
    rows.insert(rows.end(), versions.begin(), versions.end());
  }
  /// Says which id comes next.
  void continue_at(transaction_id next) { next_ = next.value; }

  void commit(undo_step&) noexcept override {}
  void undo(undo_step&) noexcept override {
    auto& block = blocks_.back();
    const auto& last = block.entries.back();
    if (!last.token.is_nil()) tokens_.erase(last.token);
    block.rows.erase(block.rows.begin() + static_cast<std::ptrdiff_t>(last.first_row), block.rows.end());
    block.entries.pop_back();
    if (block.entries.empty()) blocks_.pop_back();
  }

  // ---- retention; no transaction is open ----

  /// Forgets versions that a transaction began.
  template <class Condition>
  void forget_rows(transaction_id id, Condition&& condition) noexcept {
    const auto at = place_of(id);
    if (is_at(at, id)) forget_rows(at, condition);
  }
  /// Forgets a transaction. \return whether it was there.
  bool forget(transaction_id id) noexcept {
    const auto at = place_of(id);
    if (!is_at(at, id)) return false;
    forget_rows(at, [](const begun&) { return true; });
    auto& block = blocks_[at.block];
    const auto found = block.entries.begin() + static_cast<std::ptrdiff_t>(at.entry);
    if (!found->token.is_nil()) tokens_.erase(found->token);
    block.entries.erase(found);
    if (block.entries.empty())
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at.block));
    else
      shrink(block.entries);
    return true;
  }

  // ---- reading; transactions from `limit` on are not seen ----

  [[nodiscard]] std::optional<transaction_entry> find(transaction_id id, transaction_id limit) const {
    const auto at = place_of(id);
    if (id >= limit || !is_at(at, id)) return std::nullopt;
    return described(entry_at(at));
  }
  [[nodiscard]] std::optional<transaction_entry> find(const uuid& token, transaction_id limit) const {
    const auto found = tokens_.find(token);
    return found ? find(transaction_id{*found}, limit) : std::nullopt;
  }
  /// The newest that was not issued later than a time. (`issued_at` never goes back in this store.)
  [[nodiscard]] std::optional<transaction_entry> newest(time_point not_after, transaction_id limit) const {
    const auto block = std::upper_bound(blocks_.begin(), blocks_.end(), not_after, [](time_point time, const auto& of) {
      return time < of.entries.front().issued_at;
    });
    for (auto b = block; b != blocks_.begin();) {
      const auto& entries = (--b)->entries;
      auto after = std::upper_bound(entries.begin(), entries.end(), not_after,
                                    [](time_point time, const entry& e) { return time < e.issued_at; });
      while (after != entries.begin())  // only the open transaction's are at or above the limit
        if ((--after)->id < limit.value) return described(*after);
    }
    return std::nullopt;
  }
  /// Calls `visit` with each behind an id until it returns false.
  template <class Visit>
  void each_after(transaction_id after, transaction_id limit, Visit&& visit) const {
    if (after.value == INT64_MAX) return;
    auto at = place_of({after.value + 1});
    for (; at.block < blocks_.size(); ++at.block, at.entry = 0)
      for (; at.entry < blocks_[at.block].entries.size(); ++at.entry)
        if (entry_at(at).id >= limit.value || !visit(described(entry_at(at)))) return;
  }
  /// The same with each before an id, newest first.
  template <class Visit>
  void each_before(transaction_id before, Visit&& visit) const {
    for (auto at = place_of(before);;) {
      if (at.entry == 0) {
        if (at.block == 0) return;
        at.entry = blocks_[--at.block].entries.size();
      }
      --at.entry;
      if (!visit(described(entry_at(at)))) return;
    }
  }
  /// Calls `visit` with each version that a transaction began.
  template <class Visit>
  void each_begun(transaction_id id, transaction_id limit, Visit&& visit) const {
    const auto at = place_of(id);
    if (id >= limit || !is_at(at, id)) return;
    const auto [first, end] = rows_of(at);
    for (auto i = first; i < end; ++i) visit(blocks_[at.block].rows[static_cast<std::size_t>(i)]);
  }
  /// When the newest was issued, the open transaction's included.
  [[nodiscard]] std::optional<time_point> last_issued() const {
    return blocks_.empty() ? std::nullopt : std::optional{blocks_.back().entries.back().issued_at};
  }

 private:
  struct entry {
    std::int64_t id = 0;
    time_point issued_at{};
    uuid token{};
    std::shared_ptr<const description> said{};
    std::size_t first_row = 0;  ///< of the versions it began, in its block
  };
  /// Some neighbouring transactions, so that those in the middle can go without moving all later ones.
  struct part {
    static constexpr std::size_t most_entries = 256;
    std::vector<entry> entries{};  ///< never empty
    std::vector<begun> rows{};     ///< versions they began, in their order
  };
  struct place {
    std::size_t block = 0, entry = 0;
  };

  void add(entry made) {
    const bool is_full = blocks_.empty() || blocks_.back().entries.size() >= part::most_entries;
    if (is_full) {
      part next;
      next.entries.reserve(part::most_entries);
      next.rows.reserve(part::most_entries);
      next.entries.push_back(std::move(made));
      blocks_.push_back(std::move(next));
    } else {
      made.first_row = blocks_.back().rows.size();
      blocks_.back().entries.push_back(std::move(made));
    }
  }
  template <class Condition>
  void forget_rows(const place& at, Condition&& condition) noexcept {
    auto& block = blocks_[at.block];
    const auto [first, end] = rows_of(at);
    const auto begin = block.rows.begin();
    const auto kept = std::remove_if(begin + first, begin + end, condition);
    const auto gone = static_cast<std::size_t>(begin + end - kept);
    block.rows.erase(kept, begin + end);
    for (std::size_t i = at.entry + 1; i < block.entries.size(); ++i) block.entries[i].first_row -= gone;
    shrink(block.rows);
  }
  /// Gives room back where much of it is empty and memory can be had.
  template <class Item>
  static void shrink(std::vector<Item>& items) noexcept {
    if (items.capacity() <= 4 * items.size() + 4) return;
    try {
      items.shrink_to_fit();
    } catch (const std::bad_alloc&) {  // the room stays
    }
  }
  /// Where an id is, or the next one behind it.
  [[nodiscard]] place place_of(transaction_id id) const {
    const auto block =
        std::lower_bound(blocks_.begin(), blocks_.end(), id.value,
                         [](const auto& of, std::int64_t wanted) { return of.entries.back().id < wanted; });
    if (block == blocks_.end()) return {blocks_.size(), 0};
    const auto found = std::lower_bound(block->entries.begin(), block->entries.end(), id.value,
                                        [](const entry& e, std::int64_t wanted) { return e.id < wanted; });
    return {static_cast<std::size_t>(block - blocks_.begin()),
            static_cast<std::size_t>(found - block->entries.begin())};
  }
  [[nodiscard]] const entry& entry_at(const place& at) const { return blocks_[at.block].entries[at.entry]; }
  [[nodiscard]] bool is_at(const place& at, transaction_id id) const {
    return at.block < blocks_.size() && entry_at(at).id == id.value;
  }
  /// The first and behind the last of the versions that an entry began.
  [[nodiscard]] std::pair<std::ptrdiff_t, std::ptrdiff_t> rows_of(const place& at) const {
    const auto& of = blocks_[at.block];
    const std::size_t end = at.entry + 1 < of.entries.size() ? of.entries[at.entry + 1].first_row : of.rows.size();
    return {static_cast<std::ptrdiff_t>(of.entries[at.entry].first_row), static_cast<std::ptrdiff_t>(end)};
  }
  [[nodiscard]] static transaction_entry described(const entry& of) {
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
  std::deque<part> blocks_{};
  token_table tokens_{};
  std::int64_t next_ = 1;
};

}  // namespace varve::detail
