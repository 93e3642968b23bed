#pragma once

/// Faults in the system calls of SQLite's file system, by its own table of calls and an fdatasync that comes before the
/// system's, and in its allocations. For one source file of a program.

#include <sqlite3.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

namespace faults {

/// What happens at a call.
enum class fault { nothing, die_before, die_within, die_after, io_error, disk_full, short_write };

inline constexpr const char* fault_names[] = {"nothing",   "die before", "die within", "die after",
                                              "I/O error", "disk full",  "short write"};

/// Which call of the process it happens at, and whether at all later ones too.
struct plan {
  fault what = fault::nothing;
  std::size_t at = 0;  ///< the first call is 1
  bool from_then_on = false;
};

namespace detail {

inline plan planned{};
inline std::size_t calls = 0;

using write_call = ssize_t (*)(int, const void*, std::size_t, off_t);
using truncate_call = int (*)(int, off_t);
using unlink_call = int (*)(const char*);
using read_call = ssize_t (*)(int, void*, std::size_t, off_t);

using open_call = int (*)(const char*, int, int);
using lock_call = int (*)(int, int, ...);
using size_call = int (*)(int, struct stat*);
using map_call = void* (*)(void*, std::size_t, int, int, int, off_t);

inline open_call real_open = nullptr;
inline lock_call real_lock = nullptr;
inline size_call real_size = nullptr;
inline map_call real_map = nullptr;
inline write_call real_write = nullptr;
inline read_call real_read = nullptr;
inline truncate_call real_truncate = nullptr;
inline unlink_call real_unlink = nullptr;

[[nodiscard]] inline bool strikes() {
  ++calls;
  return planned.what != fault::nothing && (calls == planned.at || (planned.from_then_on && calls > planned.at));
}
[[noreturn]] inline void die() { _exit(99); }

/// A call without bytes: dies around it or fails.
template <class Call>
int struck(Call&& call) {
  if (!strikes()) return call();
  switch (planned.what) {
    case fault::die_before:
    case fault::die_within: die();
    case fault::die_after: static_cast<void>(call()); die();
    case fault::disk_full: errno = ENOSPC; return -1;
    default: errno = EIO; return -1;
  }
}

inline ssize_t write(int file, const void* bytes, std::size_t size, off_t at) {
  if (!strikes()) return real_write(file, bytes, size, at);
  switch (planned.what) {
    case fault::die_before: die();
    case fault::die_within: static_cast<void>(real_write(file, bytes, size / 2, at)); die();
    case fault::die_after: static_cast<void>(real_write(file, bytes, size, at)); die();
    case fault::disk_full: errno = ENOSPC; return -1;
    case fault::short_write:
      if (size > 1) return real_write(file, bytes, size / 2, at);
      errno = ENOSPC;
      return -1;
    default: errno = EIO; return -1;
  }
}
/// A call that writes nothing: an I/O error alone strikes it.
template <class Result, class Call>
Result read_struck(Result failure, Call&& call) {
  if (planned.what != fault::io_error || !strikes()) return call();
  errno = EIO;
  return failure;
}
inline ssize_t read(int file, void* bytes, std::size_t size, off_t at) {
  return read_struck(ssize_t{-1}, [&] { return real_read(file, bytes, size, at); });
}
inline int open(const char* path, int how, int mode) {
  return read_struck(-1, [&] { return real_open(path, how, mode); });
}
inline int lock(int file, int what, ...) {  // NOLINT: fcntl's own shape; SQLite passes a pointer or nothing
  std::va_list rest;
  va_start(rest, what);
  void* const with = va_arg(rest, void*);
  va_end(rest);
  // Only taking a lock may fail: a file that cannot be unlocked is a broken system.
  const bool takes = what == F_SETLK && static_cast<const struct flock*>(with)->l_type != F_UNLCK;
  // And once alone: SQLite asks for ten seconds for one that it cannot have.
  if (!takes || planned.from_then_on) return real_lock(file, what, with);
  return read_struck(-1, [&] { return real_lock(file, what, with); });
}
inline int size_of(int file, struct stat* found) {
  return read_struck(-1, [&] { return real_size(file, found); });
}
inline void* map(void* at, std::size_t size, int how, int flags, int file, off_t from) {
  return read_struck(MAP_FAILED, [&] { return real_map(at, size, how, flags, file, from); });
}
inline int truncate(int file, off_t size) {
  return struck([&] { return real_truncate(file, size); });
}
inline int unlink(const char* path) {
  return struck([&] { return real_unlink(path); });
}

template <class Call>
void replace(sqlite3_vfs* system, const char* name, Call* real, Call mine) {
  const auto known = system->xGetSystemCall(system, name);
  if (known == nullptr) return;  // of two widths one is in use
  *real = reinterpret_cast<Call>(known);
  system->xSetSystemCall(system, name, reinterpret_cast<sqlite3_syscall_ptr>(mine));
}

// ---- allocations ----

inline sqlite3_mem_methods real_memory{};
inline std::size_t allocations = 0;
inline plan memory_plan{};

[[nodiscard]] inline bool runs_out() {
  ++allocations;
  return memory_plan.at != 0 &&
         (allocations == memory_plan.at || (memory_plan.from_then_on && allocations > memory_plan.at));
}
inline void* allocate(int size) { return runs_out() ? nullptr : real_memory.xMalloc(size); }
inline void* reallocate(void* room, int size) { return runs_out() ? nullptr : real_memory.xRealloc(room, size); }

}  // namespace detail

/// From now on SQLite's calls are counted, and one of them meets a fault. For a process that ends soon.
inline void strike_calls(const plan& planned) {
  auto* system = sqlite3_vfs_find(nullptr);
  detail::planned = planned;
  detail::calls = 0;  // the process before it has synced files too
  detail::replace(system, "pwrite", &detail::real_write, &detail::write);
  detail::replace(system, "pwrite64", &detail::real_write, &detail::write);
  detail::replace(system, "pread", &detail::real_read, &detail::read);
  detail::replace(system, "pread64", &detail::real_read, &detail::read);
  detail::replace(system, "ftruncate", &detail::real_truncate, &detail::truncate);
  detail::replace(system, "unlink", &detail::real_unlink, &detail::unlink);
  detail::replace(system, "open", &detail::real_open, &detail::open);
  detail::replace(system, "fcntl", &detail::real_lock, &detail::lock);
  detail::replace(system, "fstat", &detail::real_size, &detail::size_of);
  detail::replace(system, "mmap", &detail::real_map, &detail::map);
}
/// From now on SQLite's allocations are counted, and one of them fails. No connection may be open.
inline void strike_allocations(const plan& planned) {
  sqlite3_shutdown();
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &detail::real_memory);
  auto mine = detail::real_memory;
  mine.xMalloc = &detail::allocate;
  mine.xRealloc = &detail::reallocate;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
  detail::memory_plan = planned;
}
/// How many calls or allocations there were.
[[nodiscard]] inline std::size_t calls() { return detail::calls; }
[[nodiscard]] inline std::size_t allocations() { return detail::allocations; }

}  // namespace faults

/// SQLite calls this one by its name.
extern "C" int fdatasync(int file) {
  return faults::detail::struck([&] { return static_cast<int>(syscall(SYS_fdatasync, file)); });
}
