#pragma once

/// A simple model of a history: all that lives, whole, and every version with its whole state, record by record.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "support/entities.hpp"
#include "support/fixture.hpp"
#include "support/history_records.hpp"
#include "varve/history/drift_report.hpp"

namespace test {

/// The kinds of entities in random histories.
using thing = std::variant<Dataset, Chart, Dashboard, Recipe, Poster>;
inline constexpr std::size_t kinds = std::variant_size_v<thing>;

/// An entity of the kind with this number.
inline thing make_thing(std::size_t kind) {
  switch (kind % kinds) {
    case 0: return Dataset{};
    case 1: return Chart{};
    case 2: return Dashboard{};
    case 3: return Recipe{};
    default: return Poster{};
  }
}
inline const varve::entity_info& info_of(const thing& one) {
  return std::visit([]<class T>(const T&) -> const varve::entity_info& { return varve::info_of<T>(); }, one);
}
inline const void* address_of(const thing& one) {
  return std::visit([](const auto& entity) -> const void* { return &entity; }, one);
}
inline std::int64_t& key_of(thing& one) {
  return std::visit([](auto& entity) -> std::int64_t& { return entity.id; }, one);
}
inline varve::uuid* uuid_of(thing& one) {
  return std::visit(
      []<class T>(T& entity) -> varve::uuid* {
        if constexpr (requires { entity.uuid; })
          return &entity.uuid;
        else
          return nullptr;
      },
      one);
}

/// Where an entity lives: the number of its kind, and its key.
using home = std::pair<std::size_t, std::int64_t>;
using world = std::map<home, thing>;

/// Puts collections whose order does not count into the order in which they are read.
inline void put_in_order(thing& one) {
  const auto by = [](auto& items, auto key) {
    std::sort(items.begin(), items.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  };
  if (auto* dataset = std::get_if<Dataset>(&one)) {
    by(dataset->metrics, [](const Metric& metric) { return metric.id; });
    by(dataset->columns, [](const Column& column) { return column.id; });
  } else if (auto* board = std::get_if<Dashboard>(&one)) {
    by(board->slices, [](const varve::link<Chart>& link) { return link.key; });
    by(board->places, [](const Placement& placed) { return placed.chart.key; });
  } else if (auto* recipe = std::get_if<Recipe>(&one)) {
    by(recipe->ingredients, [](const Ingredient& ingredient) { return ingredient.name; });
  } else if (auto* poster = std::get_if<Poster>(&one)) {
    by(poster->tags, [](const std::string& tag) { return tag; });
  }
}
/// What no version holds.
inline void leave_out_unversioned(thing& one) {
  if (auto* dataset = std::get_if<Dataset>(&one)) {
    dataset->hits = 0;
    for (auto& metric : dataset->metrics) metric.touched_by.clear();
  }
}

/// Which columns of an entity count.
enum class columns {
  compared,   ///< that decide whether something changed
  versioned,  ///< that a version keeps for sure: not noise
  all,        ///< that live
};

/// A struct with its collections as text.
inline std::string text_of(const varve::entity_info& info, const void* object, columns which) {
  std::string text;
  varve::value_buffer buffer;
  const auto add = [&](const varve::table_info& table, const void* row) {
    for (const auto& column : table.columns) {
      if (!column.has_member()) continue;
      if (which == columns::compared && column.is_stored() && !column.is_compared()) continue;
      if (which == columns::versioned &&
          (column.is(varve::column_flag::noise) || column.is(varve::column_flag::excluded)))
        continue;
      text.append(column.name).append("=");
      varve::append_json(text, column.ops->meaning, column.read(row, buffer));
      text += " ";
    }
  };
  add(*info.table, object);
  for (const auto& relation : info.relations) {
    text += "| ";
    const varve::item_view view{relation, object};
    lines items;
    for (std::size_t i = 0; i < view.size(); ++i) {
      const auto before = std::exchange(text, {});
      add(*relation.table, view[i]);
      items.push_back(std::exchange(text, before));
    }
    if (!view.in_a_row()) std::sort(items.begin(), items.end());  // some containers have no order
    for (const auto& item : items) text += item + "; ";
  }
  return text;
}
inline std::string text_of(thing one, columns which) {
  put_in_order(one);
  return text_of(info_of(one), address_of(one), which);
}
/// Empty where there is none.
inline std::string text_of(const std::optional<thing>& one, columns which) {
  return one ? text_of(*one, which) : std::string{};
}

/// Who set what, by what it is that was set.
struct set_place {
  std::string path{};  ///< as `blame` names it
  std::string value{};
  varve::transaction_id by{};
};
using set_places = std::map<std::string, set_place>;

/// What each place of a state holds.
inline set_places places_of(const thing& one) {
  using varve::column_flag;
  const auto& info = info_of(one);
  const void* object = address_of(one);
  set_places found;
  varve::value_buffer buffer;
  const auto value_in = [&](const varve::column_info& column, const void* row) {
    std::string text;
    varve::append_json(text, column.ops->meaning, column.read(row, buffer));
    return text;
  };
  for (const auto& column : info.table->columns) {
    if (!column.is_compared() || !column.has_member() || column.is_any(column_flag::key | column_flag::public_id))
      continue;
    auto path = nlohmann::json::array();
    if (!column.group.empty()) path.push_back(column.group);
    path.push_back(column.field);
    const auto text = value_in(column, object);
    found[path.dump()] = {path.dump(), text, {}};
    if (!column.is(column_flag::document)) continue;
    auto document = nlohmann::json::parse(text, nullptr, false);
    if (document.is_string()) document = nlohmann::json::parse(document.get<std::string>(), nullptr, false);
    if (!document.is_object()) continue;
    for (const auto& [name, value] : document.items()) {
      auto inner = path;
      inner.push_back(name);
      found[inner.dump()] = {inner.dump(), value.dump(), {}};
    }
  }
  for (const auto& relation : info.relations) {
    const auto& table = *relation.table;
    auto labels = varve::detail::natural_labels(relation, object);
    varve::detail::number_duplicates(labels, {labels.begin(), labels.end()});
    for (std::size_t i = 0; i < relation.size(object); ++i) {
      const void* item = varve::item_view{relation, object}[i];
      std::string name = std::string{relation.field} + "\n";  // items are told apart by their keys, not by their labels
      for (const auto& column : table.columns)
        if (column.has_member() && column.is(table.own_key ? column_flag::key : column_flag::natural))
          name += value_in(column, item) + "\n";
      const auto path = nlohmann::json::array({relation.field, labels[i]});
      std::string whole;
      for (const auto& column : table.columns) {
        if (!varve::is_told(column) || !column.has_member() || column.is(column_flag::natural)) continue;
        auto inner = path;
        if (!column.group.empty()) inner.push_back(column.group);
        inner.push_back(column.field);
        const auto text = value_in(column, item);
        whole += text + ",";
        if (table.value != varve::no_field) continue;  // a plain value is the item
        found[name + std::string{column.name}] = {inner.dump(), text, {}};
      }
      found[name] = {path.dump(), whole, {}};
    }
  }
  return found;
}

/// A version as it must be read.
struct past {
  varve::transaction_id at{};
  varve::row_operation operation = varve::row_operation::insert;
  thing state{};  ///< of a deletion the last values
  lines records{};
  set_places places{};
  bool absorbs_drift = false;  ///< its records do not tell all that differs from the version before it

  [[nodiscard]] bool is_deletion() const { return operation == varve::row_operation::remove; }
};
/// A transaction as it must be read.
struct deed {
  varve::time_point issued_at{};
  std::set<std::string> actors{};  ///< one of these
  std::string action_kind{};
};

/// Whose history: a key may have been several's.
struct subject {
  home at{};
  std::optional<varve::uuid> id{};
  friend bool operator<(const subject& a, const subject& b) { return std::tie(a.at, a.id) < std::tie(b.at, b.id); }
};
inline subject subject_of(const home& at, thing one) {
  const auto* id = uuid_of(one);
  return {at, id != nullptr ? std::optional{*id} : std::nullopt};
}

/// What is to be committed, beside the states.
struct unit {
  std::string actor{};
  std::string action_kind{};
  varve::time_point clock{};
};

class history_model {
 public:
  world live{};
  std::map<home, std::vector<past>> chains{};  ///< the versions of each key, oldest first
  std::map<varve::transaction_id, deed> deeds{};
  varve::transaction_id horizon{};
  bool is_pruned_to_the_end = true;  ///< by the newest prune

  [[nodiscard]] const past* open(const home& at) const {
    const auto found = chains.find(at);
    if (found == chains.end() || found->second.empty() || found->second.back().is_deletion()) return nullptr;
    return &found->second.back();
  }
  [[nodiscard]] static std::string name(const home& at) {
    return std::string{info_of(make_thing(at.first)).kind} + " " + std::to_string(at.second);
  }
  /// What lives and its newest version disagree.
  [[nodiscard]] bool has_drifted(const home& at) const {
    const auto now = live.find(at);
    const auto* newest = open(at);
    const auto chain = chains.find(at);
    const bool known = chain != chains.end() && !chain->second.empty();
    if (newest == nullptr || now == live.end()) return known && (newest != nullptr) != (now != live.end());
    return text_of(now->second, columns::versioned) != text_of(newest->state, columns::versioned);
  }

  /// Takes a unit of work that was committed.
  /// \param done  what the store says of it, which must be what the model says.
  void commit(world now, const unit& by, const varve::commit_result& done, lines& found) {
    std::vector<home> changed;
    for (const auto& at : places_of_both(live, now)) {
      const auto before = find(live, at), after = find(now, at);
      if (text_of(before, columns::compared) == text_of(after, columns::compared)) {
        if (before) keep_stamps(*before, now.at(at));
        continue;
      }
      changed.push_back(at);
      if (after) set_stamps(before, now.at(at), by);
    }
    write(now, live, changed, by, done.transaction, done.baseline, done.issued_at, found);
    take(std::move(now));
  }
  /// Takes what was written past varve.
  void write_past(world now, const unit& by) {
    for (auto& [at, one] : now) {
      if (const auto before = find(live, at))
        keep_stamps(*before, one);
      else
        set_stamps(before, one, by);
    }
    take(std::move(now));
  }
  /// Takes the adoption of all drift.
  void adopt(const unit& by, const varve::adopted_drift& done, const std::optional<varve::transaction_entry>& entry,
             lines& found) {
    std::vector<home> drifted;
    world before;
    for (const auto& [at, chain] : chains)
      if (const auto* newest = open(at)) before.emplace(at, newest->state);
    for (const auto& [at, chain] : chains)
      if (has_drifted(at)) drifted.push_back(at);
    std::optional<varve::transaction_id> self;
    if (!done.transactions.empty()) self = done.transactions.front();
    if (done.transactions.size() > 1 || done.versions != drifted.size() || !done.skipped.empty())
      found.push_back("adopted " + std::to_string(done.versions) + " instead of " + std::to_string(drifted.size()));
    std::optional<varve::transaction_id> baseline;
    if (self && !baselines(before, live, drifted).empty()) baseline = varve::transaction_id{self->value - 1};
    write(live, before, drifted, by, self, baseline, entry ? entry->issued_at : varve::time_point{}, found);
  }
  /// Forgets what a prune took: as much from the beginning of each key's versions as the store has not any more.
  void forget(const varve::store_handle& store, varve::transaction_id to, bool finished) {
    horizon = to;
    is_pruned_to_the_end = finished;
    const auto reader = store.base().snapshot();
    for (auto& [at, chain] : chains) {
      const auto& table = *info_of(make_thing(at.first)).table;
      const auto left = reader->count_versions(table, varve::row_key::of(varve::value::of(at.second)), {});
      chain.erase(chain.begin(), chain.end() - static_cast<std::ptrdiff_t>(std::min(left, chain.size())));
    }
    std::erase_if(deeds, [&](const auto& entry) { return entry.first < to && !reader->transaction(entry.first); });
  }
  /// Whether a finished prune takes the nth version of a key.
  [[nodiscard]] static bool is_past(const std::vector<past>& chain, std::size_t n, varve::transaction_id to) {
    const bool ended = n + 1 < chain.size() && chain[n + 1].at < to;
    return ended || (chain[n].is_deletion() && chain[n].at < to);
  }
  /// All that have a history.
  [[nodiscard]] std::vector<subject> subjects() const {
    std::set<subject> found;
    for (const auto& [at, chain] : chains)
      for (const auto& version : chain) found.insert(subject_of(at, version.state));
    return {found.begin(), found.end()};
  }

 private:
  static std::optional<thing> find(const world& in, const home& at) {
    const auto found = in.find(at);
    return found == in.end() ? std::nullopt : std::optional{found->second};
  }
  static std::vector<home> places_of_both(const world& a, const world& b) {
    std::set<home> found;
    for (const auto& [at, one] : a) found.insert(at);
    for (const auto& [at, one] : b) found.insert(at);
    return {found.begin(), found.end()};
  }
  static void keep_stamps(const thing& before, thing& now) {
    const auto* old = std::get_if<Dataset>(&before);
    if (old == nullptr) return;
    auto& made = std::get<Dataset>(now);
    made.created_on = old->created_on;
    made.created_by = old->created_by;
    made.changed_on = old->changed_on;
    made.changed_by = old->changed_by;
  }
  static void set_stamps(const std::optional<thing>& before, thing& now, const unit& by) {
    auto* made = std::get_if<Dataset>(&now);
    if (made == nullptr) return;
    if (before) {
      keep_stamps(*before, now);
    } else if (made->created_on == varve::time_point{}) {  // else a restore has brought them back
      made->created_on = by.clock;
      made->created_by = by.actor;
    }
    made->changed_on = by.clock;
    made->changed_by = by.actor;
  }
  void take(world now) {
    live = std::move(now);
    for (auto& [at, one] : live) put_in_order(one);
  }

  /// The entities without history that get a first version: those that change, and what they link to.
  [[nodiscard]] std::vector<home> baselines(const world& before, const world& now,
                                            const std::vector<home>& changed) const {
    std::set<home> made;
    const auto targets = [](const thing& one) {
      std::set<home> linked;
      if (const auto* board = std::get_if<Dashboard>(&one)) {
        for (const auto& link : board->slices) linked.insert({1, link.key});
        for (const auto& placed : board->places) linked.insert({1, placed.chart.key});
      }
      return linked;
    };
    for (const auto& at : changed) {
      const auto was = find(before, at), is = find(now, at);
      const bool needs = was && open(at) == nullptr;
      std::set<home> linked;
      if (needs) made.insert(at);
      if (needs) linked = targets(*was);
      if (is)
        for (const auto& target : targets(*is))
          if (needs || !was || !targets(*was).contains(target)) linked.insert(target);
      for (const auto& target : linked)
        if (live.contains(target) && open(target) == nullptr) made.insert(target);
    }
    return {made.begin(), made.end()};
  }

  /// Makes versions of what changed, and checks that a store made them at all.
  void write(const world& now, const world& before, const std::vector<home>& changed, const unit& by,
             std::optional<varve::transaction_id> self, std::optional<varve::transaction_id> baseline,
             varve::time_point issued_at, lines& found) {
    const auto first = baselines(before, now, changed);
    if (self.has_value() == changed.empty())
      found.push_back(changed.empty() ? "made a version of nothing" : "made no version of " + name(changed[0]));
    if (baseline.has_value() == first.empty())
      found.push_back(first.empty() ? "made a baseline of nothing" : "made no baseline of " + name(first[0]));
    if (!found.empty() || changed.empty()) return;
    const auto newest = deeds.empty() ? varve::transaction_id{} : deeds.rbegin()->first;
    if (*self <= newest || (baseline && (*baseline >= *self || *baseline <= newest)))
      found.push_back("transaction " + std::to_string(self->value) + " is not behind the others");
    if (issued_at < by.clock || (!deeds.empty() && issued_at <= deeds.rbegin()->second.issued_at))
      found.push_back("transaction " + std::to_string(self->value) + " is issued too early");
    if (baseline) {
      deed made{issued_at - std::chrono::microseconds{1}, {by.actor}, "baseline"};
      for (const auto& at : first) {
        const auto& was = before.contains(at) ? before.at(at) : live.at(at);
        if (const auto* dataset = std::get_if<Dataset>(&was); dataset != nullptr && dataset->changed_by)
          made.actors.insert(*dataset->changed_by);
        add(at, {*baseline, varve::row_operation::insert, was, {}, {}, false});
      }
      deeds[*baseline] = std::move(made);
    }
    deeds[*self] = {issued_at, {by.actor}, by.action_kind};
    for (const auto& at : changed) {
      const auto was = find(before, at), is = find(now, at);
      past made{*self, varve::row_operation::update, is ? *is : *was, {}, {}, false};
      if (!was) made.operation = varve::row_operation::insert;
      if (!is) made.operation = varve::row_operation::remove;
      if (was && is) {
        std::visit(
            [&]<class T>(const T& entity) { made.records = lines_of(expected_records(std::get<T>(*was), entity)); },
            *is);
      }
      if (was) made.absorbs_drift = text_of(open(at)->state, columns::versioned) != text_of(*was, columns::versioned);
      add(at, std::move(made));
    }
  }
  void add(const home& at, past made) {
    auto& chain = chains[at];
    put_in_order(made.state);
    leave_out_unversioned(made.state);
    if (made.is_deletion()) {
      std::visit(
          []<class T>(T& entity) {
            if constexpr (std::is_same_v<T, Dataset>) entity.metrics.clear(), entity.columns.clear();
            if constexpr (std::is_same_v<T, Dashboard>) entity.slices.clear(), entity.places.clear();
            if constexpr (std::is_same_v<T, Recipe>) entity.steps.clear(), entity.ingredients.clear();
            if constexpr (std::is_same_v<T, Poster>)
              static_cast<Page&>(entity) = {.id = entity.id, .uuid = entity.uuid, .title = entity.title};
          },
          made.state);
    } else {
      made.places = places_of(made.state);
      const set_places* known = made.operation == varve::row_operation::update ? &chain.back().places : nullptr;
      for (auto& [what, set] : made.places) {
        const bool same = known != nullptr && known->contains(what) && known->at(what).value == set.value;
        set.by = same ? known->at(what).by : made.at;
      }
    }
    chain.push_back(std::move(made));
  }
};

}  // namespace test
