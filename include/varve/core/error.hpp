#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace varve {

/// What a caller can do about an error.
enum class error_kind {
  retry,      ///< run the whole unit of work again: deadlock, serialization failure, busy
  elsewhere,  ///< ask another server: this one is read-only, starting or out of its group
  unknown,    ///< COMMIT was sent and its outcome cannot be told
  full,       ///< no room left: make some, then save again
  input,      ///< a value, key or call that cannot be stored; nothing was written
  conflict,   ///< somebody else saved first
  damaged,    ///< the database or its history is not sound
  schema,     ///< tables and descriptors do not agree
  other,
};

/// The kind as a word for messages.
[[nodiscard]] constexpr const char* to_string(error_kind kind) {
  switch (kind) {
    case error_kind::retry: return "retry";
    case error_kind::elsewhere: return "elsewhere";
    case error_kind::unknown: return "unknown";
    case error_kind::full: return "full";
    case error_kind::input: return "input";
    case error_kind::conflict: return "conflict";
    case error_kind::damaged: return "damaged";
    case error_kind::schema: return "schema";
    case error_kind::other: break;
  }
  return "other";
}

/// The entity kind, its key as text and the operation that failed; empty where not known.
struct error_where {
  std::string entity{};
  std::string key{};
  std::string operation{};
};

/// The base of all errors that varve throws.
///
/// `what()` says what was tried, on what, why not and, where there is something, what to do.
/// Values of fields are never in it; keys are.
class error : public std::runtime_error {
 public:
  error(error_kind kind, const std::string& message, error_where where = {}, int native_code = 0)
      : std::runtime_error(message), kind_(kind), where_(std::move(where)), native_code_(native_code) {}

  [[nodiscard]] error_kind kind() const noexcept { return kind_; }
  [[nodiscard]] const error_where& where() const noexcept { return where_; }
  /// The database's own code (SQLite: the extended result code); 0 when there is none.
  [[nodiscard]] int native_code() const noexcept { return native_code_; }

 private:
  error_kind kind_;
  error_where where_;
  int native_code_;
};

/// The database refused or failed.
class backend_error : public error {
 public:
  using error::error;
};

/// The database's tables and the descriptors do not agree; the message names what to run.
class schema_error : public error {
 public:
  explicit schema_error(const std::string& message, error_where where = {})
      : error(error_kind::schema, message, std::move(where)) {}
};

/// A value, key or call that cannot be stored; nothing was written.
class input_error : public error {
 public:
  explicit input_error(const std::string& message, error_where where = {})
      : error(error_kind::input, message, std::move(where)) {}
};

}  // namespace varve
