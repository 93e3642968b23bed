#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/core/uuid.hpp"
#include "varve/core/value.hpp"
#include "varve/store/row_key.hpp"

namespace varve::sql {

/// A row that a statement answered.
class answered_row {
 public:
  answered_row() = default;
  answered_row(const answered_row&) = delete;
  answered_row& operator=(const answered_row&) = delete;
  virtual ~answered_row() = default;

  /// \param index  from 0; the view lasts as long as the row is at hand: of a statement until its next `step` or `reset`.
  [[nodiscard]] virtual value column(int index) = 0;
};

/// A prepared statement. Values that are bound are views, which must last until `reset`.
class statement : public answered_row {
 public:
  using row_taker = std::function<void(answered_row&)>;

  /// \param index  from 1.
  virtual void bind(int index, const value& value) = 0;
  /// Runs to the next row; false at the end.
  virtual bool step() = 0;
  /// Runs to its end. A connection to a server may send it and go on: an error then comes with what asks for an answer,
  /// at the latest with `settle` or the commit.
  virtual void run() {
    while (step()) {
    }
  }
  /// The same; each row of its answer is given away, then as late.
  virtual void run(const row_taker& take) {
    while (step()) take(*this);
  }
  virtual void reset() noexcept = 0;
};

/// A statement's text, and its place among those that each connection of a store keeps prepared.
struct statement_text {
  std::string text{};
  std::size_t place = static_cast<std::size_t>(-1);
};

/// Gives each statement of a store its place, and each family of statements its number.
class statement_places {
 public:
  [[nodiscard]] statement_text give(std::string text) { return {std::move(text), next_++}; }
  [[nodiscard]] std::size_t give_family() { return next_family_++; }

 private:
  std::size_t next_ = 0;
  std::size_t next_family_ = 0;
};

/// A column of a table as the database has it.
struct table_column {
  std::string name{};
  std::string type{};
  bool not_null = false;
  int key_place = 0;        ///< from 1; 0: no part of the primary key
  std::string collation{};  ///< of a text, named where it does not compare by bytes
};

/// A connection to a database, as the SQL store needs it. Errors are thrown as `backend_error` with their class.
/// It keeps the statements that it prepared; one that is in use is not asked for a second time.
class connection {
 public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  virtual ~connection() = default;

  /// The statement of a text, prepared once and found by its place.
  [[nodiscard]] statement& prepared(const statement_text& text) {
    if (text.place >= placed_.size()) placed_.resize(text.place + 1);
    auto& kept = placed_[text.place];
    if (kept == nullptr) kept = prepare(text.text);
    return *kept;
  }
  /// One of a family of statements that differ in the columns they name; `write` makes the text of one that is not
  /// there. At most 256 of all families are kept.
  template <class Write>
  [[nodiscard]] statement& prepared(std::size_t family, std::span<const std::uint16_t> columns, Write&& write) {
    const auto found = families_.find(family_member_view{family, columns});
    if (found != families_.end()) return *found->second;
    if (families_.size() >= 256) families_.clear();
    auto made = prepare(write());
    return *families_.emplace(family_member{family, {columns.begin(), columns.end()}}, std::move(made)).first->second;
  }
  /// The statement of a text that belongs to no store: for what runs rarely.
  [[nodiscard]] statement& prepared(const std::string& text) {
    auto& kept = named_[text];
    if (kept == nullptr) kept = prepare(text);
    return *kept;
  }
  /// Runs a statement without values.
  virtual void execute(const std::string& text) = 0;
  /// The same, without waiting for its answer where that can be.
  virtual void send(const std::string& text) { execute(text); }
  /// Waits for the answers to all that was sent: one round trip, or none.
  virtual void settle() {}
  /// The key that the last insert was given.
  [[nodiscard]] virtual std::int64_t last_key() = 0;
  /// How many rows the last statement changed.
  [[nodiscard]] virtual std::size_t changed_rows() = 0;

  /// Whether a transaction is open: asked of the database, not remembered.
  [[nodiscard]] virtual bool in_transaction() = 0;
  virtual void begin_write() = 0;
  virtual void begin_read() = 0;
  /// Goes on in the application's transaction, which is open.
  virtual void resume() {}
  /// Forgets who waits for answers that are on their way: what they would be written to is gone.
  virtual void abandon() noexcept {}
  /// Runs a statement without values in any state and without memory for it; false when it failed.
  [[nodiscard]] virtual bool try_execute(const std::string& text) noexcept {
    try {
      execute(text);
      return true;
    } catch (...) {
      return false;
    }
  }
  /// An error of kind unknown when COMMIT may have taken effect all the same.
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;
  /// Connects again where the connection was lost and is varve's own.
  virtual void revive() {}
  /// Behind a commit whose answer was lost: connects again, and waits a while for what the database still does with it.
  /// \return whether it is through with it, so that what is not found then was not committed.
  [[nodiscard]] virtual bool settle_lost_commit() noexcept { return false; }
  /// Where a save was not found: waits a while for those that are on their way.
  /// \return whether what is not found then was not committed.
  [[nodiscard]] virtual bool settle_commits(const uuid& token) {
    static_cast<void>(token);
    return true;
  }
  /// Whether an error may mean that another session was first, or that a check within a statement failed: what is there
  /// is to be looked at.
  [[nodiscard]] virtual bool may_be_outrun(const error& failure) const {
    static_cast<void>(failure);
    return false;
  }

  /// Waits until each write transaction that is open now has ended, where writers run side by side; outside of one.
  virtual void wait_for_writers() {}
  /// Within a write transaction: until it ends nobody else plans or changes tables. Where writers take turns that holds by
  /// itself.
  virtual void lock_schema() {}
  /// Likewise: until it ends nobody else saves.
  /// \param live_tables  those that savers lock first, in their order.
  virtual void lock_tables(std::span<const std::string_view> live_tables) { static_cast<void>(live_tables); }

  /// Of an error that says that rows refer to one that is not there: their table, where the database tells it; else empty.
  [[nodiscard]] virtual std::string referring_table(const error& failure) const {
    static_cast<void>(failure);
    return {};
  }

  /// The columns of a table; empty when there is none.
  [[nodiscard]] virtual std::vector<table_column> columns(std::string_view table) = 0;
  /// Whether the values of columns are held to be unique, and whether one refers to another table; asked where what
  /// changes a table commits.
  [[nodiscard]] virtual bool is_unique(std::string_view table, std::span<const std::string_view> columns) {
    static_cast<void>(table);
    static_cast<void>(columns);
    return true;
  }
  [[nodiscard]] virtual bool refers(std::string_view table, std::string_view column) {
    static_cast<void>(table);
    static_cast<void>(column);
    return true;
  }
  /// Of a table whose writes cannot be rolled back: what keeps it from that, as words behind its name; else empty.
  [[nodiscard]] virtual std::string cannot_roll_back(std::string_view table) {
    static_cast<void>(table);
    return {};
  }
  /// The names of indexes that exist.
  [[nodiscard]] virtual bool has_index(std::string_view name) = 0;
  /// The statements after which a column of a table allows null. Run only within a write transaction.
  [[nodiscard]] virtual std::vector<std::string> allow_null(std::string_view table, const table_column& column) = 0;
  /// Ends what a statement of `allow_null` that failed may have left on the connection.
  virtual void end_allow_null() noexcept = 0;
  /// What the database is called in messages.
  [[nodiscard]] virtual std::string name() const = 0;

 protected:
  [[nodiscard]] virtual std::unique_ptr<statement> prepare(const std::string& text) = 0;
  /// For a connection's end: statements go before what they were prepared on.
  void forget_statements() noexcept {
    placed_.clear();
    families_.clear();
    named_.clear();
  }

 private:
  struct family_member {
    std::size_t family;
    std::vector<std::uint16_t> columns;
  };
  struct family_member_view {
    std::size_t family;
    std::span<const std::uint16_t> columns;
  };
  struct family_order {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      if (a.family != b.family) return a.family < b.family;
      return std::lexicographical_compare(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end());
    }
  };

  std::vector<std::unique_ptr<statement>> placed_{};
  std::map<family_member, std::unique_ptr<statement>, family_order> families_{};
  std::map<std::string, std::unique_ptr<statement>> named_{};
};

/// A run of a prepared statement: binds in order, and resets it at the end.
class query {
 public:
  explicit query(statement& prepared) : statement_(&prepared) {}
  query(connection& on, const statement_text& text) : query(on.prepared(text)) {}
  query(connection& on, const std::string& text) : query(on.prepared(text)) {}
  query(const query&) = delete;
  query& operator=(const query&) = delete;
  ~query() { statement_->reset(); }

  query& bind(const value& value) {
    statement_->bind(next_++, value);
    return *this;
  }
  query& bind(std::int64_t number) { return bind(value::of(number)); }
  query& bind_text(std::string_view text) { return bind(value::text(text)); }
  /// Null when the text is empty.
  query& bind_text_or_null(std::string_view text) { return bind(text.empty() ? value::null() : value::text(text)); }
  query& bind(const row_key& key) {
    if (const auto number = key.integer()) return bind(*number);
    const auto& parts = parts_.emplace_front(key.values());
    for (const auto& part : parts.values) bind(part);
    return *this;
  }
  /// Binds some values of a row.
  query& bind(const packed_row& row, std::span<const std::uint16_t> columns) {
    for (const auto column : columns) bind(row[column]);
    return *this;
  }
  bool step() { return statement_->step(); }
  void run() { statement_->run(); }
  void run(const statement::row_taker& take) { statement_->run(take); }
  [[nodiscard]] value column(int index) { return statement_->column(index); }
  [[nodiscard]] std::string text(int index) { return std::string{statement_->column(index).view()}; }

 private:
  statement* statement_;
  int next_ = 1;
  std::forward_list<row_key::parts> parts_{};
};

}  // namespace varve::sql
