#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#include "varve/diff/format.hpp"

namespace varve {

VARVE_INLINE std::string brief(const nlohmann::json& value, std::size_t most) {
  std::string text = value.dump();
  if (text.size() <= most) return text;
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return text.substr(0, cut) + "...";
}

VARVE_INLINE std::string to_text(const change_record& record) {
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
  if (value.is_object() && value.contains("name") && value["name"].is_string() && value["name"] != "")
    name = fmt::format("\"{}\"", value["name"].get_ref<const std::string&>());
  else if (record.operation == operation::edit && record.path.size() == 2 && !value.is_object())
    name = fmt::format("{} {} -> {}", name, brief(record.from), brief(record.to));  // a leaf of a node, or a promoted member
  return fmt::format("{} {} {}", verbs[static_cast<std::size_t>(record.operation)], record.kind, name);
}

VARVE_INLINE std::string to_text(const change_list& changes) {
  std::string text = changes.headline();
  for (const auto& record : changes) {
    if (!text.empty()) text += "; ";
    text += to_text(record);
  }
  return text;
}

}  // namespace varve
