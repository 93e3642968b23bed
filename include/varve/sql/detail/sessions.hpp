#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/sql/detail/pruner.hpp"
#include "varve/sql/detail/reader.hpp"
#include "varve/sql/detail/writer.hpp"
#include "varve/store/conflict.hpp"

namespace varve::sql {

/// The connections of an SQL store: a pool of its own ones, or a single one that is shared (an in-memory database, the
/// application's handle).
class connection_pool {
 public:
  using maker = std::function<std::unique_ptr<connection>()>;
  connection_pool(maker make, bool shared, bool borrowed)
      : make_(std::move(make)), shared_(shared), borrowed_(borrowed) {}

  [[nodiscard]] bool is_shared() const { return shared_; }
  [[nodiscard]] bool is_borrowed() const { return borrowed_; }
  /// Of a shared connection: the session that has a transaction or a savepoint open on it; null: none.
  [[nodiscard]] const void* holder() const { return holder_; }
  void hold(const void* session) { holder_ = session; }
  void let_go(const void* session) {
    if (holder_ == session) holder_ = nullptr;
  }
  /// A part of the names of one session's savepoints.
  [[nodiscard]] static std::string next_name() {
    static std::atomic<std::uint64_t> last{0};
    return "varve_" + std::to_string(++last);
  }

  std::shared_ptr<connection> take() {
    std::unique_lock guard{*idle_mutex_};
    if (shared_) {
      if (one_ == nullptr) one_ = make_();
      return one_;
    }
    std::unique_ptr<connection> taken;
    if (!idle_->empty()) {
      taken = std::move(idle_->back());
      idle_->pop_back();
    }
    guard.unlock();
    if (taken == nullptr)
      taken = make_();
    else
      taken->revive();
    // Back into the pool when it is let go, if the pool is still there.
    return {taken.release(), [pool = std::weak_ptr{idle_}, mutex = idle_mutex_](connection* done) {
              std::unique_ptr<connection> back{done};
              if (back->in_transaction()) back->rollback();
              if (back->in_transaction()) return;  // nobody else is to have what is left of it
              try {
                const std::lock_guard held{*mutex};
                if (const auto idle = pool.lock()) idle->push_back(std::move(back));
              } catch (const std::bad_alloc&) {  // then it ends here
              }
            }};
  }

 private:
  maker make_;
  bool shared_;
  bool borrowed_;
  std::shared_ptr<std::mutex> idle_mutex_ = std::make_shared<std::mutex>();
  std::shared_ptr<std::vector<std::unique_ptr<connection>>> idle_ =
      std::make_shared<std::vector<std::unique_ptr<connection>>>();
  std::shared_ptr<connection> one_{};
  std::atomic<const void*> holder_{nullptr};
};

/// A committed state, read in one transaction.
class sql_snapshot final : public sql_reader {
 public:
  sql_snapshot(std::shared_ptr<connection> on, std::shared_ptr<statement_book> book)
      : sql_reader(*on, *book), on_(std::move(on)), book_(std::move(book)) {
    if (on_->in_transaction()) {
      on_->resume();
    } else {
      on_->begin_read();
      began_ = true;
    }
  }
  ~sql_snapshot() override {
    if (began_) on_->rollback();
  }

 private:
  std::shared_ptr<connection> on_;
  std::shared_ptr<statement_book> book_;
  bool began_ = false;
};

/// Made ahead, as there is no memory for it when it is thrown.
inline const outcome_unknown no_memory_to_ask{"whether the save was committed is not known: there is no memory to ask",
                                              {{}, {}, "commit"}};

/// A session's transactions.
class sql_session final : public store_connection {
 public:
  sql_session(std::shared_ptr<connection> on, std::shared_ptr<statement_book> book,
              std::shared_ptr<connection_pool> pool)
      : on_(std::move(on)),
        book_(std::move(book)),
        pool_(std::move(pool)),
        reader_(*on_, *book_),
        writer_(*on_, *book_) {}
  ~sql_session() override { rollback(); }

  apply_result commit(const write_set& set) override {
    return told_of_references(set, [&](apply_result& result) {
      if (book_->spelling().locks_rows && put_at_once(set, true, result)) return;
      put(set, result);
      if (!result.conflict) end(set, result);
    });
  }
  apply_result apply(const write_set& set) override {
    return told_of_references(set, [&](apply_result& result) {
      if (!book_->spelling().locks_rows || !put_at_once(set, false, result)) put(set, result);
    });
  }
  transaction_id amend(const amendment& set) override {
    const auto self = write([&] { return writer_.amend(set); });
    end(set.told.who.token, true);
    return self;
  }
  void rollback() noexcept override {
    if (!mine_) return;
    done();
    if (!joined_) {
      on_->rollback();
      return;
    }
    joined_ = false;
    on_->abandon();
    if (on_->in_transaction() && !undo(unit_))
      while (undo(flush_)) {
      }  // the application's transaction has ended and another has begun, which is left as it was found
  }
  [[nodiscard]] bool in_transaction() const override { return mine_; }
  void savepoint(std::size_t depth) override {
    begin();
    written_ = true;
    const std::string text = "SAVEPOINT " + point(depth);
    if (pool_->is_borrowed())
      on_->execute(text);  // nothing is on its way when the application goes on
    else
      on_->send(text);
  }
  void rollback_to(std::size_t depth) override { on_->execute("ROLLBACK TO " + point(depth)); }
  void release(std::size_t depth) override { on_->execute("RELEASE SAVEPOINT " + point(depth)); }
  void begin() override {
    if (mine_) {
      if (on_->in_transaction()) return;
      done();
      joined_ = false;
      throw backend_error(error_kind::other, on_->name() + ": the transaction ended by itself; begin a new one");
    }
    if (on_->in_transaction()) {
      if (!pool_->is_borrowed() || (pool_->holder() != nullptr && pool_->holder() != this))
        throw backend_error(error_kind::retry, on_->name() +
                                                   ": another session's transaction is open on its only "
                                                   "connection; commit or roll it back first");
      on_->resume();
    }
    if (on_->in_transaction()) {  // which may have ended by itself, and nothing told so yet
      on_->execute(unit_.set);    // within the application's transaction, which stays the application's
      joined_ = true;
    } else {
      on_->begin_write();
    }
    mine_ = true;
    written_ = deleted_ = false;
    pool_->hold(this);
  }
  transaction_id last_settled() override {
    if (!book_->spelling().locks_rows) return store_connection::last_settled();
    transaction_id last;
    {
      query run{*on_, book_->own().last_id};
      run.step();
      last = {run.column(0).integer()};
    }
    on_->wait_for_writers();
    return last;
  }
  transaction_id move_horizon(transaction_id to) override {
    return as_transaction([&](sql_pruner work) { return work.move_horizon(to); });
  }
  pruned_rows prune_rows(std::span<const past_row> rows, std::size_t limit) override {
    return as_transaction([&](sql_pruner work) { return work.prune_rows(rows, limit); });
  }
  pruned_rows prune_transactions(std::span<const transaction_id> ids, std::size_t limit) override {
    return as_transaction([&](sql_pruner work) { return work.prune_transactions(ids, limit); });
  }
  store_reader& reader() override { return reader_; }
  outcome outcome_of(const uuid& token) override {
    std::optional<transaction_entry> made;
    const auto found = look_for(token, made);
    if (found != outcome::not_committed) return found;
    return on_->settle_commits(token) ? look_for(token, made) : outcome::cannot_be_asked;
  }
  [[nodiscard]] bool is_within_application() const override {
    return pool_->is_borrowed() && (joined_ || (!mine_ && on_->in_transaction()));
  }

 private:
  /// Written ahead: a rollback must not need memory for them.
  struct savepoint_texts {
    explicit savepoint_texts(const std::string& name)
        : set("SAVEPOINT " + name), undo("ROLLBACK TO " + name), release("RELEASE SAVEPOINT " + name) {}
    std::string set, undo, release;
  };

  /// Where writers run side by side another may have linked to what a set deletes: who comes again sees the link.
  template <class Work>
  apply_result told_of_references(const write_set& set, Work&& work) {
    apply_result result;
    const bool deletes = (mine_ && deleted_) || std::any_of(set.live.begin(), set.live.end(), [](const live_row& row) {
                           return row.operation == row_operation::remove && row.table->parent.empty();
                         });
    try {
      work(result);
      deleted_ = deletes;
      return result;
    } catch (const backend_error& failure) {
      if (!deletes || failure.kind() != error_kind::input || !book_->is_relation(on_->referring_table(failure))) throw;
      throw backend_error(error_kind::retry, failure.what(), failure.where(), failure.native_code());
    }
  }
  /// Writes a set, looking first at what it expects.
  void put(const write_set& set, apply_result& result) {
    write([&] {
      writer_.apply(set, result, false);
      on_->settle();
      if (result.conflict) rollback();
    });
  }
  /// Writes a set, and commits it, with as few round trips as it can.
  /// \return false when something is not as it is expected to be: nothing of the set is left then, and what it is can be
  ///         told by one who looks first.
  bool put_at_once(const write_set& set, bool and_commit, apply_result& result) {
    begin();
    const bool within = written_;  // that is to stay
    const savepoint_texts* mark = joined_ ? &flush_ : within ? &try_ : nullptr;
    written_ = true;
    try {
      if (mark != nullptr) on_->send(mark->set);
      writer_.apply(set, result, true);
      if (result.conflict) {
        rollback();
        return true;
      }
      if (within && !joined_) on_->send(mark->release);
      if (joined_ || !and_commit) on_->settle();
      if (and_commit) end(set, result, true);
      return true;
    } catch (const error& failure) {
      on_->abandon();
      const bool looks = on_->may_be_outrun(failure) && (mark == nullptr || undo(*mark));
      if (!looks || mark == nullptr) rollback();
      if (!looks) throw;
    } catch (...) {
      rollback();
      throw;
    }
    result = {};
    return false;
  }
  template <class Work>
  std::invoke_result_t<Work, sql_pruner> as_transaction(Work&& work) {
    begin();
    try {
      const auto gone = work(sql_pruner{*on_, *book_});
      if (joined_) {
        release_unit();
      } else {
        on_->commit();
        done();
      }
      return gone;
    } catch (...) {
      rollback();
      throw;
    }
  }
  /// Writes within the transaction; what an error leaves of it is rolled back.
  template <class Step>
  std::invoke_result_t<Step> write(Step&& step) {
    begin();
    written_ = true;
    try {
      if (joined_) on_->send(flush_.set);
      return step();
    } catch (...) {
      rollback();
      throw;
    }
  }
  /// Commits a set that was written.
  void end(const write_set& set, apply_result& result, bool at_once = false) {
    const auto made = end(set.who.token, !set.shadow.empty(), at_once);
    if (!made) return;
    result.self = made->id;  // which was on its way with the commit's answer
    result.issued_at = made->issued_at;
  }
  /// Commits what was written.
  /// \param marked   the token tells afterwards whether it was.
  /// \param at_once  what was sent may have failed because something was not as expected: that is left to the caller.
  /// \return nothing where it was answered; else what the token told.
  std::optional<transaction_entry> end(const uuid& token, bool marked, bool at_once = false) {
    if (joined_) {
      release_unit();
      return std::nullopt;
    }
    try {
      on_->commit();
    } catch (const error& failure) {
      if (at_once && on_->may_be_outrun(failure)) throw;
      rollback();
      if (failure.kind() != error_kind::unknown) throw;
      // Found is committed. Not found is an answer only when the database is through with it: a log that could not be
      // synced may be read at the next opening.
      const bool is_through = marked && on_->settle_lost_commit();
      std::optional<transaction_entry> made;
      const auto found = marked ? look_for(token, made) : outcome::cannot_be_asked;
      if (found == outcome::committed) return made;
      if (found == outcome::not_committed && is_through)
        throw backend_error(error_kind::retry, std::string{"the save was not committed: "} + failure.what(),
                            failure.where(), failure.native_code());
      fail_unknown(failure, marked ? token : uuid{});
    } catch (...) {  // no memory: perhaps for what came with the answer
      rollback();
      const bool is_through = marked && on_->settle_lost_commit();
      std::optional<transaction_entry> made;
      const auto found = marked ? look_for(token, made) : outcome::cannot_be_asked;
      if (found == outcome::committed) return made;
      if (found == outcome::not_committed && is_through) throw;
      throw outcome_unknown{no_memory_to_ask, marked ? token : uuid{}};
    }
    done();
    return std::nullopt;
  }
  [[noreturn]] static void fail_unknown(const error& failure, const uuid& token) {
    std::optional<outcome_unknown> told;
    try {
      told.emplace(std::string{"whether the save was committed is not known: "} + failure.what(), failure.where(),
                   failure.native_code(), token);
    } catch (const std::bad_alloc&) {
      throw outcome_unknown{no_memory_to_ask, token};
    }
    throw outcome_unknown{*told};
  }
  outcome look_for(const uuid& token, std::optional<transaction_entry>& made) noexcept {
    try {
      if (!mine_) on_->revive();
      made = reader_.transaction_of(token);
      return made ? outcome::committed : outcome::not_committed;
    } catch (...) {
      return outcome::cannot_be_asked;
    }
  }
  /// False when there is no such savepoint.
  bool undo(const savepoint_texts& savepoint) noexcept {
    return on_->try_execute(savepoint.undo) && on_->try_execute(savepoint.release);
  }
  /// Leaves what was saved to the application's transaction, if that still is the one in which the save began.
  void release_unit() {
    try {
      on_->execute(unit_.release);
    } catch (const error&) {
      rollback();
      throw backend_error(error_kind::other, on_->name() +
                                                 ": the application's transaction in which this save began has "
                                                 "ended meanwhile; nothing of the save is kept");
    }
    done();
    joined_ = false;
  }
  [[nodiscard]] std::string point(std::size_t depth) const { return name_ + "_" + std::to_string(depth); }
  /// Nothing of this session's is open any more.
  void done() noexcept {
    mine_ = false;
    pool_->let_go(this);
  }

  std::shared_ptr<connection> on_;
  std::shared_ptr<statement_book> book_;
  std::shared_ptr<connection_pool> pool_;
  sql_reader reader_;
  sql_writer writer_;
  std::string name_ = connection_pool::next_name();  ///< of savepoints
  savepoint_texts unit_{name_ + "_unit"};    ///< around all that this session does in the application's transaction
  savepoint_texts flush_{name_ + "_flush"};  ///< around one write there
  savepoint_texts try_{name_ + "_try"};      ///< around one that may have to look first, behind others of this session
  bool mine_ = false;                        ///< a transaction or a savepoint is open that this session began
  bool joined_ = false;                      ///< it is a savepoint within the application's transaction
  bool written_ = false;                     ///< something was written in it, or may have been
  bool deleted_ = false;                     ///< an entity was deleted in it
};

}  // namespace varve::sql
