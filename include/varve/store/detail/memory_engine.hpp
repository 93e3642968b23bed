#pragma once

#include <chrono>
#include <cstddef>
#include <istream>
#include <memory>
#include <mutex>
#include <ostream>
#include <semaphore>
#include <shared_mutex>
#include <span>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/store/detail/memory_data.hpp"
#include "varve/store/detail/memory_pruner.hpp"
#include "varve/store/detail/memory_reader.hpp"
#include "varve/store/detail/memory_snapshot.hpp"
#include "varve/store/detail/memory_writer.hpp"
#include "varve/store/store.hpp"

namespace varve::detail {

/// The memory store's data and the turn of its single write transaction.
class memory_engine final : public store_base, public std::enable_shared_from_this<memory_engine> {
 public:
  std::unique_ptr<store_connection> connect() override;
  std::unique_ptr<store_reader> snapshot() override { return std::make_unique<memory_reader>(data(), false, true); }

  /// The data, which keeps the engine alive.
  [[nodiscard]] std::shared_ptr<memory_data> data() { return {shared_from_this(), &data_}; }

  /// Writes what is committed. It is collected under the lock and written without it: a slow disk holds up nobody.
  void write_snapshot(std::ostream& out) {
    std::ostringstream collected;
    {
      const std::shared_lock guard{data_.mutex};
      snapshot_writer{data_, collected}.run(writer_.next_record());
    }
    out << collected.view() << std::flush;
    if (!out)
      throw backend_error(
          error_kind::full,
          "cannot write a snapshot of the memory store: the stream takes no more; what it has is not whole");
  }
  /// Reads a snapshot into the empty store.
  void read_snapshot(std::istream& in) {
    const std::unique_lock guard{data_.mutex};
    writer_.continue_at(snapshot_reader{data_, in}.run());
  }

  /// Waits for the turn of the write transaction.
  void take_turn() {
    using namespace std::chrono_literals;
    if (!turn_.try_acquire() && !turn_.try_acquire_for(5s))
      throw backend_error(error_kind::retry,
                          "memory store: another session's write transaction stayed open for 5 s; commit or roll it "
                          "back, or try again");
  }
  void end_turn() noexcept { turn_.release(); }

  // ---- the write transaction; the caller has the turn ----

  apply_result apply(const write_set& set, bool and_commit) {
    const std::unique_lock guard{data_.mutex};
    auto result = writer_.apply(set);
    if (and_commit && !result.conflict) {
      data_.log.commit();
      data_.committed = data_.journal.next();
    }
    return result;
  }
  /// Runs one step of a prune on the data; no transaction is open.
  template <class Work>
  auto prune(Work&& work) {
    const std::unique_lock guard{data_.mutex};
    return work(memory_pruner{data_});
  }
  transaction_id amend(const amendment& set) {
    const std::unique_lock guard{data_.mutex};
    const auto self = writer_.amend(set);
    data_.log.commit();
    data_.committed = data_.journal.next();
    return self;
  }
  [[nodiscard]] std::size_t mark() const { return data_.log.size(); }
  void undo_to(std::size_t mark) noexcept {
    const std::unique_lock guard{data_.mutex};
    data_.log.undo_to(mark);
  }

 protected:
  void prepare(const entity_info& entity) override {
    const std::unique_lock guard{data_.mutex};
    data_.add(entity);
  }

 private:
  memory_data data_{};
  memory_writer writer_{data_};
  std::binary_semaphore turn_{1};
};

/// A session's transactions on the memory store.
class memory_connection final : public store_connection {
 public:
  explicit memory_connection(std::shared_ptr<memory_engine> engine)
      : engine_(std::move(engine)), own_(engine_->data(), true, false), committed_(engine_->data(), false, false) {}
  memory_connection(const memory_connection&) = delete;
  memory_connection& operator=(const memory_connection&) = delete;
  ~memory_connection() override { rollback(); }

  apply_result commit(const write_set& set) override {
    auto result = write(set, true);
    if (!result.conflict) end();
    return result;
  }
  apply_result apply(const write_set& set) override { return write(set, false); }
  transaction_id amend(const amendment& set) override {
    begin();
    try {
      const auto self = engine_->amend(set);
      end();
      return self;
    } catch (...) {
      rollback();
      throw;
    }
  }
  void rollback() noexcept override {
    if (!open_) return;
    engine_->undo_to(0);
    end();
  }
  [[nodiscard]] bool in_transaction() const override { return open_; }
  void savepoint(std::size_t depth) override {
    begin();
    marks_.resize(depth);
    marks_.push_back(engine_->mark());
  }
  void rollback_to(std::size_t depth) override {
    engine_->undo_to(marks_.at(depth));
    marks_.resize(depth + 1);
  }
  void release(std::size_t depth) override { marks_.resize(depth); }
  void begin() override {
    if (open_) return;
    engine_->take_turn();
    open_ = true;
  }
  transaction_id move_horizon(transaction_id to) override {
    return pruned([&](memory_pruner work) { return work.move_horizon(to); });
  }
  pruned_rows prune_rows(std::span<const past_row> rows, std::size_t limit) override {
    return pruned([&](memory_pruner work) { return work.prune_rows(rows, limit); });
  }
  pruned_rows prune_transactions(std::span<const transaction_id> ids, std::size_t limit) override {
    return pruned([&](memory_pruner work) { return work.prune_transactions(ids, limit); });
  }
  store_reader& reader() override {
    if (open_) return own_;
    return committed_;
  }
  outcome outcome_of(const uuid& token) override {
    return committed_.transaction_of(token) ? outcome::committed : outcome::not_committed;
  }

 private:
  struct turn {
    memory_engine& engine;
    ~turn() { engine.end_turn(); }
  };
  apply_result write(const write_set& set, bool and_commit) {
    begin();
    try {
      auto result = engine_->apply(set, and_commit);
      if (result.conflict) rollback();
      return result;
    } catch (...) {
      rollback();
      throw;
    }
  }
  template <class Work>
  std::invoke_result_t<Work, memory_pruner> pruned(Work&& work) {
    engine_->take_turn();
    const turn taken{*engine_};
    return engine_->prune(work);
  }
  void end() noexcept {
    open_ = false;
    marks_.clear();
    engine_->end_turn();
  }

  std::shared_ptr<memory_engine> engine_;
  memory_reader own_;
  memory_reader committed_;
  std::vector<std::size_t> marks_{};
  bool open_ = false;
};

inline std::unique_ptr<store_connection> memory_engine::connect() {
  return std::make_unique<memory_connection>(shared_from_this());
}

}  // namespace varve::detail
