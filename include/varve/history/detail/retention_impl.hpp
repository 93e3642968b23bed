#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "varve/history/retention.hpp"

namespace varve {

namespace detail {

/// One run of a prune.
class pruning {
 public:
  pruning(const store_handle& store, const prune_options& options)
      : store_(store.base()), options_(options), writer_(store_.connect()) {
    const auto entities = store_.entities();
    for (const auto* entity : entities) {
      if (!entity->versioned) continue;
      add(entities_, *entity->table, entity->kind);
      for (const auto& relation : entity->relations) add(relations_, *relation.table, {});
    }
  }

  prune_report run(time_point cut_off) {
    const auto first = first_not_older(cut_off);
    report_.horizon = again([&] { return writer_->move_horizon(first); });
    report_.finished = delete_all();
    return report_;
  }

 private:
  struct pruned_table {
    const table_info* info;
    std::string_view kind;  ///< of an entity's own table
  };
  using pruned_tables = std::vector<pruned_table>;
  /// What is read at once.
  static constexpr std::size_t page_rows = 500;
  /// So many rows are put in order at once.
  static constexpr std::size_t sorted_rows = std::size_t{1} << 17U;
  /// For so many ids at once it is kept which are named by rows.
  static constexpr std::int64_t window_ids = std::int64_t{1} << 24U;

  static void add(pruned_tables& tables, const table_info& table, std::string_view kind) {
    for (const auto& known : tables)
      if (known.info->shadow == table.shadow) return;
    tables.push_back({&table, kind});
  }

  /// The first transaction that is young enough, from the horizon on; the one that comes next when there is none. Writers
  /// may run side by side, and one with a lower number than others may still be on its way: it is waited for, and what
  /// began meanwhile is left to the next run.
  [[nodiscard]] transaction_id first_not_older(time_point cut_off) {
    const auto last = again([&] { return writer_->last_settled(); });
    transaction_id found = read([](store_reader& reader) { return reader.horizon(); });
    for (bool more = true; more;) {
      const auto page = transactions_after({found.value - 1}, page_rows);
      for (const auto& entry : page) {
        if (entry.id > last) return {last.value + 1};
        if (entry.issued_at >= cut_off) return entry.id;
        found = {entry.id.value + 1};
      }
      more = page.size() == page_rows;
    }
    return found;
  }

  /// \return whether the run came to its end.
  bool delete_all() {
    for (auto first = transaction_from({0}); first && *first < report_.horizon;
         first = transaction_from(window_end())) {
      window_ = *first;
      named_.assign(static_cast<std::size_t>(std::min(report_.horizon.value - window_.value, window_ids)), true);
      if (!read_transactions() || !delete_rows(entities_) || !delete_rows(relations_)) return false;
      const auto named = read([&](store_reader& reader) { return reader.named_by_others(window_, window_end()); });
      for (const auto id : named) name(id);
      if (!delete_transactions()) return false;
    }
    return true;
  }
  [[nodiscard]] transaction_id window_end() const { return {window_.value + static_cast<std::int64_t>(named_.size())}; }
  void name(transaction_id id) {
    if (id >= window_ && id < window_end()) named_[static_cast<std::size_t>(id.value - window_.value)] = true;
  }
  [[nodiscard]] std::optional<transaction_id> transaction_from(transaction_id id) {
    const auto found = transactions_after({id.value - 1}, 1);
    return found.empty() ? std::nullopt : std::optional{found[0].id};
  }

  /// Deletes what is past, the oldest first: a version that is still listed may link to what was deleted after it, and
  /// finds its uuid there.
  bool delete_rows(const pruned_tables& tables) {
    for (bool more = true; more;) {
      std::vector<past_row> past;
      more = false;
      for (const auto& table : tables)
        if (!walk(table, past, more)) return false;
      keep_oldest(past, sorted_rows, more);
      std::sort(past.begin(), past.end(), begins_earlier);
      for (std::span<const past_row> left{past}; !left.empty();) {
        const auto gone = again_smaller([&](std::size_t most) { return writer_->prune_rows(left, most); });
        report_.rows += gone.rows;
        left = left.subspan(gone.done);
        if (!goes_on(gone)) return false;
      }
    }
    return true;
  }
  /// Walks a shadow table once, and notes the transactions that rows begin with which stay. (They end at the horizon or
  /// later.)
  bool walk(const pruned_table& table, std::vector<past_row>& past, bool& more_past) {
    std::optional<shadow_place> after;
    for (bool more = true; more;) {
      auto page = read(
          [&](store_reader& reader) { return reader.places_after(*table.info, after, report_.horizon, page_rows); });
      more = page.size() == page_rows;
      if (more) after = page.back();
      for (auto& place : page) {
        if (place.is_past)
          past.push_back({table.info, table.kind, std::move(place.key), place.begin});
        else
          name(place.begin);
      }
      if (past.size() >= 2 * sorted_rows) keep_oldest(past, sorted_rows, more_past);
      if (!told()) return false;
    }
    return true;
  }
  [[nodiscard]] static bool begins_earlier(const past_row& a, const past_row& b) { return a.begin < b.begin; }
  static void keep_oldest(std::vector<past_row>& past, std::size_t most, bool& more_past) {
    if (past.size() <= most) return;
    more_past = true;
    std::nth_element(past.begin(), past.begin() + static_cast<std::ptrdiff_t>(most), past.end(), begins_earlier);
    past.erase(past.begin() + static_cast<std::ptrdiff_t>(most), past.end());
  }
  /// Before the rows are: those that come in between, of another node's late commit, are left to the next run, as rows
  /// that name them may have come behind the reading of their table.
  bool read_transactions() {
    transaction_id after{window_.value - 1};
    for (bool more = true; more;) {
      const auto page = transactions_after(after, page_rows);
      more = page.size() == page_rows && page.back().id < window_end();
      for (const auto& entry : page) {
        if (entry.id >= window_end()) break;
        after = entry.id;
        named_[static_cast<std::size_t>(entry.id.value - window_.value)] = false;
      }
      if (!told()) return false;
    }
    return true;
  }
  bool delete_transactions() {
    std::vector<transaction_id> unnamed;
    for (std::size_t i = 0; i < named_.size(); ++i) {
      if (!named_[i]) unnamed.push_back({window_.value + static_cast<std::int64_t>(i)});
      const bool more = i + 1 < named_.size();
      while (unnamed.size() >= (more ? options_.batch_rows : 1)) {
        const auto gone = again_smaller([&](std::size_t most) { return writer_->prune_transactions(unnamed, most); });
        report_.transactions += gone.rows;
        unnamed.erase(unnamed.begin(), unnamed.begin() + static_cast<std::ptrdiff_t>(gone.done));
        if (!goes_on(gone)) return false;
      }
    }
    return true;
  }

  [[nodiscard]] std::vector<transaction_entry> transactions_after(transaction_id after, std::size_t most) {
    return read([&](store_reader& reader) { return reader.transactions_after(after, most); });
  }
  template <class Step>
  std::invoke_result_t<Step, store_reader&> read(Step&& step) {
    return again([&] { return step(*store_.snapshot()); });
  }
  /// A batch: the fewer rows it has, the more likely it comes through between writers.
  template <class Step>
  pruned_rows again_smaller(Step&& step) {
    auto most = std::min(options_.batch_rows, options_.most_rows - report_.deleted());
    return again([&] { return step(std::exchange(most, std::max<std::size_t>(most / 2, 1))); });
  }
  /// A step that changes nothing unless it succeeds.
  template <class Step>
  std::invoke_result_t<Step> again(Step&& step) {
    for (retry_pauses pauses{options_.retry};;) {
      const bool is_alone = !writer_->is_within_application();
      std::optional<std::chrono::milliseconds> pause;
      try {
        return step();
      } catch (const error& failure) {
        if (failure.kind() != error_kind::retry || !is_alone || !(pause = pauses.next()) || !told()) throw;
      }
      std::this_thread::sleep_for(*pause);
    }
  }

  [[nodiscard]] bool told() const { return !options_.progress || options_.progress(report_); }
  /// After a batch.
  [[nodiscard]] bool goes_on(const pruned_rows& gone) {
    report_.records += gone.records;
    if (!told() || report_.deleted() >= options_.most_rows) return false;
    if (options_.pause.count() > 0) std::this_thread::sleep_for(options_.pause);
    return true;
  }

  store_base& store_;
  const prune_options& options_;
  std::unique_ptr<store_connection> writer_;
  pruned_tables entities_{}, relations_{};
  prune_report report_{};
  transaction_id window_{};
  std::vector<bool> named_{};  ///< by id in the window; an id that is not there counts as named
};

}  // namespace detail

VARVE_INLINE prune_report prune(const store_handle& store, std::chrono::microseconds older_than,
                                const prune_options& options) {
  if (older_than.count() < 0) throw input_error("cannot prune: the age is negative", {{}, {}, "prune"});
  if (!options.clock) throw input_error("cannot prune: there is no clock", {{}, {}, "prune"});
  if (options.batch_rows == 0 || options.most_rows == 0)
    throw input_error("cannot prune: a batch and a run must be at least one row", {{}, {}, "prune"});
  return detail::pruning{store, options}.run(options.clock() - older_than);
}

VARVE_INLINE std::optional<std::chrono::days> retention_from_environment() {
  const char* set = std::getenv("VARVE_RETENTION_DAYS");
  if (set == nullptr) return std::chrono::days{30};
  const std::string_view text{set};
  int days = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), days);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || days < 0 || days > 36500)
    throw input_error("VARVE_RETENTION_DAYS must be a whole number of days from 0 (keep all) to 36500",
                      {{}, {}, "prune"});
  return days == 0 ? std::nullopt : std::optional{std::chrono::days{days}};
}

VARVE_INLINE retention_worker::retention_worker(store_handle store, retention_schedule schedule)
    : store_(std::move(store)), schedule_(std::move(schedule)) {
  if (!schedule_.options.clock) throw input_error("a retention worker needs a clock", {{}, {}, "prune"});
  if (schedule_.at < std::chrono::minutes{0} || schedule_.at >= std::chrono::days{1})
    throw input_error("a retention worker's time must be within a day", {{}, {}, "prune"});
  schedule_.options.progress = [this, asked = std::move(schedule_.options.progress)](const prune_report& report) {
    const bool wanted = !asked || asked(report);
    const std::lock_guard guard{mutex_};
    return wanted && !stopping_;
  };
  next_ = next_after(schedule_.options.clock());
  if (schedule_.keep) thread_ = std::thread{[this] { work(); }};
}
VARVE_INLINE retention_worker::~retention_worker() {
  {
    const std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}
VARVE_INLINE void retention_worker::wake() {
  {
    const std::lock_guard guard{mutex_};
    woken_ = true;
  }
  changed_.notify_all();
}
VARVE_INLINE time_point retention_worker::next_after(time_point time) const {
  const auto today = std::chrono::floor<std::chrono::days>(time) + schedule_.at;
  return today > time ? time_point{today} : time_point{today + std::chrono::days{1}};
}
VARVE_INLINE void retention_worker::work() {
  using namespace std::chrono_literals;
  for (std::unique_lock guard{mutex_}; !stopping_;) {
    const time_point now = schedule_.options.clock();
    if (now >= next_) {
      next_ = next_after(now);
      guard.unlock();
      run();
      guard.lock();
      continue;
    }
    next_ = std::min(next_, next_after(now));  // earlier, where the clock was set back
    changed_.wait_for(guard, std::min<std::chrono::microseconds>(next_ - now, 1min),
                      [&] { return stopping_ || woken_; });
    woken_ = false;
  }
}
VARVE_INLINE void retention_worker::run() noexcept {
  prune_report report;
  std::exception_ptr failure;
  try {
    report = prune(store_, *schedule_.keep, schedule_.options);
  } catch (...) {
    failure = std::current_exception();
  }
  try {
    if (failure == nullptr && schedule_.on_done) schedule_.on_done(report);
    if (failure != nullptr && schedule_.on_failure) schedule_.on_failure(failure);
  } catch (...) {  // there is nobody to tell
  }
}

}  // namespace varve
