#pragma once

/// The records of a change as the rules of comparison say them, written down by hand for each kind in random histories:
/// nothing here asks `varve::diff`, nor a descriptor.

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/entities.hpp"
#include "varve/diff/record.hpp"

namespace test {

/// An item of a collection as records tell it.
struct told_item {
  std::string name{};
  nlohmann::json value{};
};
using told_items = std::vector<told_item>;

class expected {
 public:
  std::vector<varve::change_record> records{};

  /// A field; null and "" are one.
  void field(nlohmann::json path, const nlohmann::json& from, const nlohmann::json& to) {
    const auto is_blank = [](const nlohmann::json& value) { return value.is_null() || value == ""; };
    if (from != to && !(is_blank(from) && is_blank(to))) add("field", std::move(path), from, to);
  }
  /// The members of two objects, each whole.
  void members(const nlohmann::json& path, const nlohmann::json& from, const nlohmann::json& to) {
    auto names = from;
    names.update(to);
    for (const auto& [name, unused] : names.items()) {
      auto inner = path;
      inner.push_back(name);
      const auto old = from.value(name, nlohmann::json{}), made = to.value(name, nlohmann::json{});
      if (old != made) add("field", std::move(inner), old, made);
    }
  }
  /// A document held as text: by members where it is an object on both sides.
  void document(const char* name, const std::optional<std::string>& from, const std::optional<std::string>& to) {
    const auto object_in = [](const std::optional<std::string>& text) {
      return nlohmann::json::parse(text.value_or(""), nullptr, false);
    };
    const auto old = object_in(from), made = object_in(to);
    if (old.is_object() && made.is_object())
      members({name}, old, made);
    else
      field({name}, or_null(from), or_null(to));
  }
  /// Removed and edited ones in the old order, then added ones in the new; of an ordered collection the move without which
  /// the others would not lead to the new order, or not back to the old one.
  void items(const char* kind, const char* name, told_items from, told_items to, bool ordered = false) {
    number(from);
    number(to);
    const auto in = [](const told_items& all, const told_item& one) {
      return std::find_if(all.begin(), all.end(), [&](const told_item& other) { return other.name == one.name; });
    };
    told_items kept, removed;
    for (const auto& old : from) {
      const auto made = in(to, old);
      if (made != to.end()) kept.push_back(*made);
      if (made == to.end()) removed.push_back(old);
      if (made == to.end())
        add(kind, {name, old.name}, old.value, nullptr);
      else if (made->value != old.value)
        add(kind, {name, old.name}, old.value, made->value);
    }
    told_items added;
    for (const auto& made : to) {
      if (in(from, made) != from.end()) continue;
      add(kind, {name, made.name}, nullptr, made.value);
      added.push_back(made);
    }
    const auto behind = [](const told_items& first, const told_items& last) {
      auto all = names_of(first);
      for (const auto& one : last) all.push_back(one.name);
      return all;
    };
    if (ordered && (behind(kept, added) != names_of(to) || behind(kept, removed) != names_of(from)))
      move(kind, name, names_of(from), names_of(to));
  }

  template <class T>
  static nlohmann::json or_null(const std::optional<T>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json{};
  }

 private:
  using name_list = std::vector<std::string>;

  void add(const char* kind, nlohmann::json path, const nlohmann::json& from, const nlohmann::json& to) {
    const auto operation = from.is_null() ? varve::operation::add
                           : to.is_null() ? varve::operation::remove
                                          : varve::operation::edit;
    records.push_back({kind, operation, std::move(path), from, to});
  }
  /// Told from the first place on where the two orders differ.
  void move(const char* kind, const char* name, const name_list& from, const name_list& to) {
    const auto [old, made] = std::mismatch(from.begin(), from.end(), to.begin(), to.end());
    records.push_back({kind, varve::operation::move, {name}, name_list(old, from.end()), name_list(made, to.end())});
  }
  static name_list names_of(const told_items& all) {
    name_list found;
    for (const auto& one : all) found.push_back(one.name);
    return found;
  }
  /// Of several of one name the second is `name|2`.
  static void number(told_items& all) {
    std::map<std::string, std::size_t> seen;
    for (auto& one : all)
      if (const auto nth = ++seen[one.name]; nth > 1) one.name += "|" + std::to_string(nth);
  }
};

inline std::vector<varve::change_record> expected_records(const Dataset& from, const Dataset& to) {
  expected told;
  told.field({"cache_timeout"}, told.or_null(from.cache_timeout), told.or_null(to.cache_timeout));
  told.field({"slug"}, told.or_null(from.slug), told.or_null(to.slug));
  told.field({"sql"}, told.or_null(from.sql), told.or_null(to.sql));
  told.field({"table_name"}, from.table_name, to.table_name);
  const auto metrics = [](const Dataset& dataset) {
    told_items all;
    for (const auto& one : dataset.metrics)
      all.push_back({one.metric_name,
                     {{"metric_name", one.metric_name},
                      {"expression", one.expression},
                      {"warning", expected::or_null(one.warning)}}});
    return all;
  };
  const auto columns = [](const Dataset& dataset) {
    told_items all;
    for (const auto& one : dataset.columns)
      all.push_back({one.column_name, {{"column_name", one.column_name}, {"type", one.type}}});
    return all;
  };
  told.items("metric", "metrics", metrics(from), metrics(to));
  told.items("column", "columns", columns(from), columns(to));
  return told.records;
}

inline std::vector<varve::change_record> expected_records(const Chart& from, const Chart& to) {
  constexpr const char* colors[] = {"red", "green", "blue"};
  expected told;
  told.field({"color"}, colors[static_cast<std::size_t>(from.color)], colors[static_cast<std::size_t>(to.color)]);
  told.field({"dataset_id"}, told.or_null(from.dataset_id), told.or_null(to.dataset_id));
  if (from.frame && to.frame) {
    told.field({"frame", "caption"}, told.or_null(from.frame->caption), told.or_null(to.frame->caption));
    told.field({"frame", "width"}, from.frame->width, to.frame->width);
  } else {
    const auto whole = [](const std::optional<Frame>& frame) {
      return frame ? nlohmann::json{{"width", frame->width}, {"caption", expected::or_null(frame->caption)}}
                   : nlohmann::json{};
    };
    told.field({"frame"}, whole(from.frame), whole(to.frame));
  }
  told.field({"slice_name"}, from.slice_name, to.slice_name);
  told.members({"params"}, from.params, to.params);
  told.document("json_metadata", from.json_metadata, to.json_metadata);
  return told.records;
}

inline std::vector<varve::change_record> expected_records(const Dashboard& from, const Dashboard& to) {
  expected told;
  told.field({"css"}, told.or_null(from.css), told.or_null(to.css));
  told.field({"title"}, from.title, to.title);
  const auto slices = [](const Dashboard& board) {
    told_items all;
    for (const auto& link : board.slices) all.push_back({to_string(link.uuid), to_string(link.uuid)});
    return all;
  };
  const auto places = [](const Dashboard& board) {
    told_items all;
    for (const auto& one : board.places) {
      const auto chart = to_string(one.chart.uuid);
      all.push_back({chart, {{"slice_id", chart}, {"role", one.role}, {"width", one.width}}});
    }
    return all;
  };
  told.items("chart", "slices", slices(from), slices(to));
  told.items("placement", "places", places(from), places(to));
  return told.records;
}

inline std::vector<varve::change_record> expected_records(const Recipe& from, const Recipe& to) {
  expected told;
  told.field({"name"}, from.name, to.name);
  const auto steps = [](const Recipe& recipe) {
    told_items all;
    for (const auto& one : recipe.steps) all.push_back({one.name, {{"name", one.name}, {"text", one.text}}});
    return all;
  };
  const auto ingredients = [](const Recipe& recipe) {
    told_items all;
    for (const auto& one : recipe.ingredients)
      all.push_back({one.name, {{"name", one.name}, {"amount", one.amount}, {"unit", expected::or_null(one.unit)}}});
    return all;
  };
  told.items("step", "steps", steps(from), steps(to), true);
  told.items("ingredient", "ingredients", ingredients(from), ingredients(to));
  return told.records;
}

inline std::vector<varve::change_record> expected_records(const Poster& from, const Poster& to) {
  constexpr const char* colors[] = {"red", "green", "blue"};
  expected told;
  told.field({"motif"}, told.or_null(from.motif), told.or_null(to.motif));
  told.field({"title"}, from.title, to.title);
  const auto items = [](const auto& collection, auto&& tell) {
    told_items all;
    for (const auto& one : collection) all.push_back(tell(one));
    return all;
  };
  const auto compare = [&](const char* kind, const char* name, auto Page::*collection, auto&& tell,
                           bool ordered = false) {
    told.items(kind, name, items(from.*collection, tell), items(to.*collection, tell), ordered);
  };
  compare("tag", "tags", &Page::tags, [](const std::string& tag) { return told_item{tag, tag}; });
  compare(
      "colors", "colors", &Page::colors,
      [&](Color color) {
        return told_item{colors[static_cast<std::size_t>(color)], colors[static_cast<std::size_t>(color)]};
      },
      true);
  compare("marks", "marks", &Page::marks, [](std::int64_t mark) { return told_item{std::to_string(mark), mark}; });
  compare("labels", "labels", &Page::labels, [](const auto& entry) { return told_item{entry.first, entry.second}; });
  const auto limits = [&](const Page& page) {
    const std::map<std::int64_t, Limit> by_key{page.limits.begin(), page.limits.end()};
    return items(by_key, [](const auto& entry) {
      return told_item{std::to_string(entry.first),
                       {{"amount", entry.second.amount}, {"unit", expected::or_null(entry.second.unit)}}};
    });
  };
  told.items("limit", "limits", limits(from), limits(to));
  compare("rate", "rates", &Page::rates, [](const auto& entry) {
    return told_item{entry.first, {{"rate", entry.second.rate}}};
  });
  return told.records;
}

}  // namespace test
