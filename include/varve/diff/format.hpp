#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/diff/record.hpp"

namespace varve {

/// The records of one version, with what kind of version it is; prints as one line of text.
class change_list {
 public:
  change_list() = default;
  /// \param headline  what is said instead of records ("created", "deleted"); empty where the records speak.
  change_list(std::string headline, std::vector<change_record> records)
      : headline_(std::move(headline)), records_(std::move(records)) {}

  [[nodiscard]] const std::string& headline() const { return headline_; }
  [[nodiscard]] const std::vector<change_record>& records() const { return records_; }
  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] auto begin() const { return records_.begin(); }
  [[nodiscard]] auto end() const { return records_.end(); }

 private:
  std::string headline_{};
  std::vector<change_record> records_{};
};

/// A value for people: JSON, cut after `most` characters.
[[nodiscard]] VARVE_INLINE std::string brief(const nlohmann::json& value, std::size_t most = 60);

/// A record as a phrase: `changed table_name "sales" -> "sales_2026"`, `added metric revenue`.
[[nodiscard]] VARVE_INLINE std::string to_text(const change_record& record);
/// All records of a version as one line.
[[nodiscard]] VARVE_INLINE std::string to_text(const change_list& changes);

}  // namespace varve

template <>
struct fmt::formatter<varve::change_record> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const varve::change_record& record, Context& context) const {
    return fmt::formatter<std::string_view>::format(varve::to_text(record), context);
  }
};

template <>
struct fmt::formatter<varve::change_list> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const varve::change_list& changes, Context& context) const {
    return fmt::formatter<std::string_view>::format(varve::to_text(changes), context);
  }
};

#ifndef VARVE_COMPILED
#include "varve/diff/detail/format_impl.hpp"
#endif
