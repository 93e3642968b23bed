#pragma once

#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "varve/core/error.hpp"

namespace varve::detail {

/// The error of what fails behind a commit: the save stands. Made ahead, as there may be no memory for it then.
class behind_commit {
 public:
  /// \param what  failed, as words; \param then  what to do, behind the reason
  behind_commit(std::string_view what, std::string_view then, std::string_view operation)
      : what_(what), then_(then), without_memory_(made("there is no memory", operation)) {}

  [[noreturn]] void fail(const std::exception& failure) const {
    std::optional<error> told;
    try {
      told = made(failure.what(), without_memory_.where().operation);
    } catch (const std::bad_alloc&) {
      throw error{without_memory_};  // a copy shares its message
    }
    throw error{*told};
  }

 private:
  [[nodiscard]] error made(std::string_view why, std::string_view operation) const {
    std::string message{"the save is committed, but "};
    message.append(what_).append(": ").append(why).append(then_);
    return {error_kind::other, message, {{}, {}, std::string{operation}}};
  }

  std::string_view what_, then_;
  error without_memory_;
};

[[nodiscard]] inline const behind_commit& taking_note() {
  static const behind_commit made{"this session could not take note of it", "; call rollback() to read it again",
                                  "commit"};
  return made;
}
[[nodiscard]] inline const behind_commit& running_hook() {
  static const behind_commit made{"a hook after it failed", "", "after_commit"};
  return made;
}

}  // namespace varve::detail
