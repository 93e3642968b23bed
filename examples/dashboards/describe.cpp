#include "describe.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

#include "varve/diff/format.hpp"

namespace dashboards {
namespace {

using nlohmann::json;
using varve::change_record;
using varve::operation;

bool is_child(const change_record& record) {
  return record.path.size() == 2 && (record.path[0] == "columns" || record.path[0] == "metrics");
}

/// A text in lower case, with `_` for all that is no letter or digit.
std::string plain(const json& text) {
  std::string made;
  if (!text.is_string()) return made;
  for (const char c : text.get_ref<const std::string&>()) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    made += !word ? '_' : upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return made;
}

/// Whether two children are one under another name: called alike or computed alike, and otherwise the same.
bool is_renamed(json from, json to) {
  bool alike = false;
  for (const char* name : {"column_name", "metric_name", "verbose_name", "expression"}) {
    const auto before = plain(from.value(name, json{}));
    alike = alike || (!before.empty() && before == plain(to.value(name, json{})));
    from.erase(name);
    to.erase(name);
  }
  return alike && from == to;
}

/// The addition that brings a removed child back under another name.
std::optional<std::size_t> renamed_to(const std::vector<change_record>& records, std::size_t removed,
                                      const std::vector<bool>& told) {
  const auto& gone = records[removed];
  if (!is_child(gone) || gone.operation != operation::remove || !gone.from.is_object()) return std::nullopt;
  for (std::size_t i = removed + 1; i < records.size(); ++i)
    if (!told[i] && records[i].operation == operation::add && records[i].path[0] == gone.path[0] &&
        records[i].to.is_object() && is_renamed(gone.from, records[i].to))
      return i;
  return std::nullopt;
}

/// Which members of a child changed: `edited column country (type, verbose_name)`.
std::string edited_child(const change_record& record) {
  std::string members;
  for (const auto& [name, value] : record.to.items())
    if (record.from.value(name, json{}) != value) (members += members.empty() ? "" : ", ") += name;
  return fmt::format("{} ({})", varve::to_text(record), members);
}

/// Texts stand on one line.
std::string on_one_line(std::string text) {
  constexpr std::size_t most = 110;
  for (std::size_t at = 0; (at = text.find("\\n", at)) != std::string::npos;) {
    text[at] = ' ';
    text.erase(at + 1, 1);
  }
  if (text.size() <= most) return text;
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return text.substr(0, cut) + "...";
}

/// An item of a list that has no name: its value stands for it.
std::string nameless_item(const change_record& record) {
  switch (record.operation) {
    case operation::add: return fmt::format("added {} {}", record.kind, varve::brief(record.to));
    case operation::remove: return fmt::format("removed {} {}", record.kind, varve::brief(record.from));
    default: return fmt::format("edited {} {} -> {}", record.kind, varve::brief(record.from), varve::brief(record.to));
  }
}

/// A leaf of a layout's node: `edited chart CHART-63bEuxjDMJ: height 72 -> 82`.
std::string node_leaf(const change_record& record) {
  std::string leaf;
  for (std::size_t i = 1; i < record.path.size(); ++i)
    (leaf += i == 1 ? "" : ".") +=
        record.path[i].is_string() ? record.path[i].get<std::string>() : record.path[i].dump();
  return fmt::format("edited {} {}: {} {} -> {}", record.kind, record.path[0].get<std::string>(), leaf,
                     varve::brief(record.from), varve::brief(record.to));
}

bool is_node(const change_record& record) {
  constexpr std::string_view kinds[] = {"chart", "row", "column", "tab", "tabs", "header", "markdown", "divider"};
  return !is_child(record) && record.path[0] != "slices" &&
         std::find(std::begin(kinds), std::end(kinds), record.kind) != std::end(kinds);
}

bool is_long(const json& text) { return text.is_string() && text.get_ref<const std::string&>().size() > 60; }

std::string describe(const change_record& record) {
  if (record.path.size() == 1 && record.operation == operation::edit)
    for (const std::string_view title : {"dashboard_title", "slice_name", "table_name"})
      if (record.path[0] == title) return fmt::format("renamed {} to {}", record.from.dump(), record.to.dump());
  if (record.kind == "field" && record.path.size() == 1 && is_long(record.from) && is_long(record.to))
    return fmt::format("changed {} ({} -> {} bytes)", record.path[0].get<std::string>(),
                       record.from.get_ref<const std::string&>().size(),
                       record.to.get_ref<const std::string&>().size());
  if (is_child(record) && record.operation == operation::edit) return edited_child(record);
  if (record.path.back().is_number()) return nameless_item(record);
  if (is_node(record) && record.path.size() > 1) return node_leaf(record);
  return varve::to_text(record);
}

}  // namespace

std::vector<std::string> describe(const std::vector<change_record>& records) {
  std::vector<std::string> lines;
  std::vector<bool> told(records.size(), false);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (told[i]) continue;
    if (const auto other = renamed_to(records, i, told)) {
      told[*other] = true;
      lines.push_back(fmt::format("renamed {} {} to {}", records[i].kind, records[i].path[1].get<std::string>(),
                                  records[*other].path[1].get<std::string>()));
    } else {
      lines.push_back(on_one_line(describe(records[i])));
    }
  }
  return lines;
}

}  // namespace dashboards
