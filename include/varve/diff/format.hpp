#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
[[nodiscard]] inline std::string brief(const nlohmann::json& value, std::size_t most = 60) {
  std::string text = value.dump();
  if (text.size() <= most) return text;
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return text.substr(0, cut) + "...";
}

/// A record as a phrase: `changed table_name "sales" -> "sales_2026"`, `added metric revenue`.
[[nodiscard]] inline std::string to_text(const change_record& record) {
  const auto step = [](const nlohmann::json& part) { return part.is_string() ? part.get<std::string>() : part.dump(); };
  std::string path;
  for (const auto& part : record.path) {
    if (!path.empty()) path += '.';
    path += step(part);
  }
  if (record.operation == operation::update) return path + ": " + record.to.dump() + " changes";
  if (record.kind == "field") {
    if (record.operation == operation::add) return "set " + path + " " + brief(record.to);
    if (record.operation == operation::remove) return "cleared " + path;
    return "changed " + path + " " + brief(record.from) + " -> " + brief(record.to);
  }
  if (record.operation == operation::move && record.path.size() == 1 && record.to.is_array())
    return "reordered " + path;
  constexpr std::string_view verbs[] = {"added", "removed", "edited", "moved", "updated"};
  std::string name = record.path.empty() ? std::string{} : step(record.path.back());
  const auto& value = record.operation == operation::remove ? record.from : record.to;
  if (value.is_object() && value.contains("name") && value["name"].is_string())
    name = fmt::format("\"{}\"", value["name"].get_ref<const std::string&>());
  else if (record.operation == operation::edit && record.path.size() == 2 && !value.is_object())
    name = fmt::format("{} {} -> {}", name, brief(record.from), brief(record.to));  // a leaf of a node, or a promoted member
  return fmt::format("{} {} {}", verbs[static_cast<std::size_t>(record.operation)], record.kind, name);
}

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
    std::string text = changes.headline();
    for (const auto& record : changes) {
      if (!text.empty()) text += "; ";
      text += varve::to_text(record);
    }
    return fmt::formatter<std::string_view>::format(text, context);
  }
};
