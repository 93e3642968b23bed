#include "golden.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "varve/diff/diff.hpp"

namespace dashboards {
namespace {

using nlohmann::json;

std::vector<varve::change_record> records_between(const state& before, const state& after, rule_name rules) {
  const auto& set = rules_for(to_string(kind_of(before)), rules);
  return std::visit(
      [&](const auto& from) { return varve::diff(from, std::get<std::remove_cvref_t<decltype(from)>>(after), set); },
      before);
}

/// A record as golden files have it, with the members of children that are null left out.
json plain(const json& record, bool with_operation) {
  json made = record;
  if (!with_operation) made.erase("operation");
  const auto& path = made.at("path");
  if (path.size() == 2 && (path[0] == "columns" || path[0] == "metrics"))
    for (const char* side : {"from_value", "to_value"})
      if (auto& value = made[side]; value.is_object())
        for (auto member = value.begin(); member != value.end();)
          member = member->is_null() ? value.erase(member) : std::next(member);
  return made;
}

/// Of columns with one name only the last.
state last_of_each_name(const state& of) {
  auto made = of;
  auto* dataset = std::get_if<Dataset>(&made);
  if (dataset == nullptr) return made;
  std::map<std::string, std::size_t> last;
  for (std::size_t i = 0; i < dataset->columns.size(); ++i) last[dataset->columns[i].column_name] = i;
  std::vector<TableColumn> columns;
  for (std::size_t i = 0; i < dataset->columns.size(); ++i)
    if (last[dataset->columns[i].column_name] == i) columns.push_back(dataset->columns[i]);
  dataset->columns = std::move(columns);
  return made;
}

bool has_repeated_names(const state& of) {
  const auto* dataset = std::get_if<Dataset>(&of);
  if (dataset == nullptr) return false;
  std::set<std::string> names;
  for (const auto& column : dataset->columns)
    if (!names.insert(column.column_name).second) return true;
  return false;
}

/// Whether a list holds two items of one key and it matters which of them counts: there the program that wrote the
/// golden records loses a change, or its revisions disagree.
bool hangs_on_repeated_names(const state& before, const state& after, rule_name rules) {
  if (!has_repeated_names(before) && !has_repeated_names(after)) return false;
  return records_between(before, after, rules) !=
         records_between(last_of_each_name(before), last_of_each_name(after), rules);
}

std::string first_difference(const json& ours, const json& golden) {
  for (std::size_t i = 0; i < std::max(ours.size(), golden.size()); ++i) {
    const json left = i < ours.size() ? ours[i] : json{};
    const json right = i < golden.size() ? golden[i] : json{};
    if (left != right) return fmt::format("record {} is {}, golden {}", i, left.dump(), right.dump());
  }
  return {};
}

}  // namespace

golden_result compare_golden(const corpus& corpus, const std::filesystem::path& file, rule_name rules) {
  std::map<std::tuple<std::string, std::string, std::int64_t>, const state*> documents;
  for (const auto& save : corpus.saves)
    for (const auto& line : save.lines)
      if (line.document)
        documents.try_emplace({std::string{to_string(line.name.kind)}, line.key, line.seq}, &*line.document);

  golden_result result;
  std::ifstream stream{file, std::ios::binary};
  if (!stream) throw std::runtime_error(fmt::format("cannot read {}", file.string()));
  std::string text;
  for (std::size_t number = 1; std::getline(stream, text); ++number) {
    if (text.empty()) continue;
    try {
      const auto line = json::parse(text);
      const auto entity = line.at("entity").get<std::string>();
      const auto key = line.at("key").get<std::string>();
      const auto seq = line.at("seq").get<std::int64_t>();
      const auto name = fmt::format("{} {} seq {}", entity, key, seq);
      ++result.pairs;
      const auto before = documents.find({entity, key, seq - 1});
      const auto after = documents.find({entity, key, seq});
      if (before == documents.end() || after == documents.end()) {
        ++result.mismatches;
        result.details.push_back(name + ": the corpus has no such pair");
        continue;
      }
      json golden = json::array();
      bool with_operation = rules != rule_name::sip;
      for (const auto& record : line.at("records")) {
        const auto one = plain(record, with_operation);
        if (one.at("from_value") == one.at("to_value"))
          ++result.voids;
        else
          golden.push_back(one);
      }
      json ours = json::array();
      for (const auto& record : records_between(*before->second, *after->second, rules))
        ours.push_back(plain(record, with_operation));
      if (hangs_on_repeated_names(*before->second, *after->second, rules)) {
        result.excepted.push_back(name);
      } else if (ours != golden) {
        ++result.mismatches;
        result.details.push_back(name + ": " + first_difference(ours, golden));
      }
    } catch (const json::exception& error) {
      throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), number, error.what()));
    }
  }
  return result;
}

}  // namespace dashboards
