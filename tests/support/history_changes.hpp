#pragma once

/// What a step changes in an entity, said by numbers: the same in a session's object and in the model's own.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/history_model.hpp"

namespace test {

class entity_change {
 public:
  /// \param datasets, charts  the keys of what can be referred and linked to.
  entity_change(unsigned what, unsigned value, std::vector<std::int64_t> datasets, std::vector<std::int64_t> charts)
      : what_(what), value_(value), datasets_(std::move(datasets)), charts_(std::move(charts)) {}

  void operator()(thing& one) const {
    std::visit([&](auto& entity) { (*this)(entity); }, one);
  }
  void operator()(Dataset& dataset) const {
    auto& metrics = dataset.metrics;
    auto& entries = dataset.columns;
    switch (what_ % 12) {
      case 0: dataset.table_name = word(value_); return;
      case 1: dataset.sql = maybe(value_); return;
      case 2:
      case 3:
        return change_items(metrics, &Metric::metric_name, value_,
                            [&](Metric& metric) { metric.expression = word(value_ / 18); });
      case 4: entries.push_back({.column_name = word(value_ % 3), .type = word(value_ / 3)}); return;
      case 5:
        if (!entries.empty()) entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(value_ % entries.size()));
        return;
      case 6: dataset.opened = value_; return;
      case 7: dataset.hits = value_; return;
      case 8:
        if (!metrics.empty()) metrics[value_ % metrics.size()].touched_by = word(value_);
        return;
      case 9:  // the whole collection anew, without keys
        std::reverse(metrics.begin(), metrics.end());
        for (auto& metric : metrics) metric.id = 0;
        if (!metrics.empty()) metrics.back().expression = word(value_);
        return;
      case 10:
        if (!metrics.empty()) metrics[value_ % metrics.size()].warning = maybe(value_ / 6);
        return;
      default:  // another name: another child
        if (std::none_of(metrics.begin(), metrics.end(),
                         [&](const Metric& metric) { return metric.metric_name == word(value_); }) &&
            !metrics.empty())
          metrics[value_ / 6 % metrics.size()].metric_name = word(value_);
    }
  }
  void operator()(Chart& chart) const {
    switch (what_ % 7) {
      case 0: chart.slice_name = word(value_); return;
      case 1: chart.params[word(value_)] = value_ / 6 % 3; return;
      case 2: chart.params.erase(word(value_)); return;
      case 3:
        if (value_ % 4 == 0) chart.json_metadata.reset();
        if (value_ % 4 == 1) chart.json_metadata = "no document";
        if (value_ % 4 > 1)
          chart.json_metadata =
              R"({"a": )" + std::to_string(value_ / 4 % 2) + R"(, "b": {"c": )" + std::to_string(value_ / 8) + "}}";
        return;
      case 4:
        if (value_ % 3 == 0) {
          chart.frame.reset();
        } else {
          chart.frame.emplace(chart.frame.value_or(Frame{}));
          chart.frame->width = static_cast<std::int32_t>(value_);
          if (value_ % 3 == 1) chart.frame->caption = maybe(value_ / 3);
        }
        return;
      case 5: {
        chart.dataset_id.reset();
        if (!datasets_.empty() && value_ % 2 == 1) chart.dataset_id = datasets_[value_ / 2 % datasets_.size()];
        return;
      }
      default: chart.color = static_cast<Color>(value_ % 3);
    }
  }
  void operator()(Dashboard& board) const {
    if (what_ % 5 > 1 && charts_.empty()) return;
    const auto chart = charts_.empty() ? 0 : charts_[value_ % charts_.size()];
    switch (what_ % 5) {
      case 0: board.title = word(value_); return;
      case 1: board.css = maybe(value_); return;
      case 2:
      case 3:
        if (std::erase_if(board.slices, [&](const auto& link) { return link.key == chart; }) == 0)
          board.slices.insert(board.slices.begin(), {.key = chart});
        return;
      default: {
        auto& places = board.places;
        const auto placed =
            std::find_if(places.begin(), places.end(), [&](const auto& one) { return one.chart.key == chart; });
        if (placed == places.end())
          places.push_back({.chart = {.key = chart}, .role = word(value_)});
        else if (value_ / 6 % 3 == 0)
          places.erase(placed);
        else
          placed->width = static_cast<std::int64_t>(value_);
      }
    }
  }
  void operator()(Recipe& recipe) const {
    auto& steps = recipe.steps;
    switch (what_ % 5) {
      case 0: recipe.name = word(value_); return;
      case 1:
      case 2: return change_items(steps, &Step::name, value_, [&](Step& one) { one.text = word(value_ / 18); });
      case 3:
        if (steps.size() > 1)
          std::rotate(steps.begin(), steps.begin() + 1,
                      steps.begin() + static_cast<std::ptrdiff_t>(2 + value_ % (steps.size() - 1)));
        return;
      default:
        return change_items(recipe.ingredients, &Ingredient::name, value_, [&](Ingredient& ingredient) {
          if (value_ % 2 == 0)
            ingredient.amount = value_;
          else
            ingredient.unit = maybe(value_ / 18);
        });
    }
  }
  void operator()(Poster& poster) const {
    const auto number = static_cast<std::int64_t>(value_ % 5);
    switch (what_ % 8) {
      case 0: poster.title = word(value_); return;
      case 1: poster.motif = maybe(value_); return;
      case 2:
        if (std::erase(poster.tags, word(value_)) == 0) poster.tags.insert(poster.tags.begin(), word(value_));
        return;
      case 3: {
        auto& colors = poster.colors;
        const auto color = static_cast<Color>(value_ % 3);
        if (value_ / 3 % 3 == 0)
          std::reverse(colors.begin(), colors.end());
        else if (std::erase(colors, color) == 0)
          colors.insert(colors.begin() + static_cast<std::ptrdiff_t>(value_ / 9 % (colors.size() + 1)), color);
        return;
      }
      case 4:
        if (poster.marks.erase(number) == 0) poster.marks.insert(number);
        return;
      case 5:
        if (value_ / 6 % 4 == 0)
          poster.labels.erase(word(value_));
        else
          poster.labels[word(value_)] = maybe(value_ / 6).value_or("none");
        return;
      case 6:
        if (value_ / 5 % 4 == 0)
          poster.limits.erase(number);
        else if (value_ / 5 % 4 == 1)
          poster.limits[number].unit = maybe(value_ / 5);
        else
          poster.limits[number].amount = value_;
        return;
      default:
        if (value_ / 6 % 4 == 0)
          poster.rates.erase(word(value_));
        else if (value_ / 6 % 4 == 1)
          poster.rates[word(value_)] = {.rate = 0.5};  // anew, without its key
        else
          poster.rates[word(value_)].rate = value_;
    }
  }

 private:
  static std::string word(unsigned value) { return std::string(1, static_cast<char>('a' + value % 6)); }
  static std::optional<std::string> maybe(unsigned value) {
    if (value % 3 == 0) return std::nullopt;
    return value % 3 == 1 ? std::string{} : word(value / 3);
  }
  template <class Item, class Change>
  static void change_items(std::vector<Item>& items, std::string Item::*name, unsigned value, Change&& change_item) {
    const auto wanted = word(value);
    const auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.*name == wanted; });
    if (found == items.end()) {
      Item made{};
      made.*name = wanted;
      items.insert(items.begin() + static_cast<std::ptrdiff_t>(value / 6 % (items.size() + 1)), std::move(made));
    } else if (value / 6 % 3 == 0) {
      items.erase(found);
    } else {
      change_item(*found);
    }
  }

  unsigned what_, value_;
  std::vector<std::int64_t> datasets_, charts_;
};

}  // namespace test
