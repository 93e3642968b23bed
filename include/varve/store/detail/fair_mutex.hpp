#pragma once

#include <mutex>
#include <shared_mutex>

namespace varve::detail {

/// A shared mutex that never lets a writer starve: readers that come while one waits let it go first. A thread that
/// reads already may read again at any time.
class fair_mutex {
 public:
  void lock() {
    const std::lock_guard turn{gate_};  // held while the readers that are inside leave
    data_.lock();
  }
  void unlock() { data_.unlock(); }

  void lock_shared() {
    if (reading()++ > 0) {
      data_.lock_shared();
      return;
    }
    const std::lock_guard turn{gate_};
    data_.lock_shared();
  }
  void unlock_shared() {
    --reading();
    data_.unlock_shared();
  }

 private:
  /// How many shared locks this thread holds, of all such mutexes.
  [[nodiscard]] static int& reading() {
    thread_local int count = 0;
    return count;
  }

  std::mutex gate_{};
  std::shared_mutex data_{};
};

}  // namespace varve::detail
