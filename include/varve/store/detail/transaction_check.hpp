#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "varve/store/store.hpp"

namespace varve::detail {

/// Whether transactions fit a filter, their ids aside.
class transaction_check {
 public:
  explicit transaction_check(const transaction_filter& filter) : filter_(&filter) {
    if (!filter.meta.empty()) meta_ = nlohmann::json::parse(filter.meta);
    if (filter.actor && filter.match == name_match::part) part_ = lower(*filter.actor);
  }

  [[nodiscard]] bool operator()(const transaction_entry& entry) const {
    if (filter_->actor && (!entry.actor || !fits(*entry.actor))) return false;
    if (filter_->action_kind && entry.action_kind != *filter_->action_kind) return false;
    if (meta_.is_null()) return true;
    const auto told = nlohmann::json::parse(entry.meta, nullptr, false);
    return told.is_object() && std::all_of(meta_.begin(), meta_.end(), [&](const nlohmann::json& wanted) {
             const auto found = told.find(wanted[0].get_ref<const std::string&>());
             return found != told.end() && std::find(wanted[1].begin(), wanted[1].end(), *found) != wanted[1].end();
           });
  }

 private:
  [[nodiscard]] bool fits(std::string_view name) const {
    switch (filter_->match) {
      case name_match::exact: return name == *filter_->actor;
      case name_match::prefix: return name.substr(0, filter_->actor->size()) == *filter_->actor;
      case name_match::part: break;
    }
    return lower(name).find(part_) != std::string::npos;
  }
  [[nodiscard]] static std::string lower(std::string_view text) {
    std::string made{text};
    for (char& letter : made)
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return made;
  }

  const transaction_filter* filter_;
  nlohmann::json meta_{};
  std::string part_{};
};

}  // namespace varve::detail
