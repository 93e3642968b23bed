#pragma once

/// Takes the steps of a history on a store and in the model, and compares what both say.

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/history_changes.hpp"
#include "support/history_check.hpp"
#include "support/history_model.hpp"
#include "support/history_steps.hpp"
#include "varve/history/drift.hpp"
#include "varve/history/retention.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/detail/unit_of_work.hpp"

namespace test {

/// What a model can be made to get wrong, to see whether a test notices.
enum class flaw { none, links_stay };

class history_run {
 public:
  explicit history_run(varve::store_handle store, flaw wrong = flaw::none) : store_(std::move(store)), wrong_(wrong) {
    for (std::size_t kind = 0; kind < kinds; ++kind) store_.base().use(info_of(make_thing(kind)));
  }

  history_model model{};

  /// Takes a step. \return whether the store did what the model says so far.
  bool take(const step& one) {
    if (!found_.empty()) return false;
    try {
      run(one);
    } catch (const std::exception& failure) {
      found_.push_back(std::string{"refused "} + std::string{name_of(one.what)} + ": " + failure.what());
    }
    return found_.empty();
  }
  /// Ends the unit of work, without anything else; nothing is left drifted.
  bool settle() { return take({act::adopt}); }

  /// Takes a history to its end and says what is wrong with it.
  lines follow(const history_steps& steps) {
    for (const auto& one : steps)
      if (!take(one)) return found_;
    if (!settle()) return found_;
    return history_check{model, store_}.disagreements();
  }
  /// Prunes, perhaps not to the end, looks at what is left, and lets the model forget what is gone.
  varve::prune_report prune(const varve::prune_options& options) {
    settle();
    const auto report = varve::prune(store_, std::chrono::microseconds{0}, options);
    for (auto& line : history_check{model, store_}.disagreements(report.horizon, report.finished))
      found_.push_back(std::move(line));
    if (report.finished)
      for (auto& line : unpruned(everything_in(store_))) found_.push_back(std::move(line));
    model.forget(store_, report.horizon, report.finished);
    return report;
  }
  /// What went wrong while steps were taken.
  [[nodiscard]] const lines& found() const { return found_; }

 private:
  // ---- units of work ----

  varve::session& open() {
    if (session_) return *session_;
    ++units_;
    unit_ = {units_ % 3 == 0 ? "bob" : "ada", {}, clock_ += std::chrono::minutes{1}};
    session_ = std::make_unique<varve::session>(store_, varve::actor{unit_.actor});
    session_->clock([time = unit_.clock] { return time; });
    now_ = model.live;
    return *session_;
  }
  void close() {
    session_.reset();
    points_.clear();
    touched_.clear();
    erased_.clear();
    added_.clear();
    moved_.clear();
  }
  void commit() {
    if (!session_) return;
    drop_links_to_erased();
    const bool stands = refers_to_what_lives();
    varve::commit_result done;
    try {
      done = session_->commit();
    } catch (const varve::error& failure) {
      if (stands) found_.push_back(std::string{"refused the commit: "} + failure.what());
      return close();
    }
    if (!stands) found_.push_back("committed a reference to what does not live");
    learn();
    check_keys();
    model.commit(std::move(now_), unit_, done, found_);
    for (const auto& [at, one] : model.live) used_.insert(at);
    close();
  }
  /// Writes what changed, and learns the keys that the store gave.
  /// \return whether the unit of work goes on: a store may look at references at once, or at the commit.
  bool flush() {
    open();
    drop_links_to_erased();
    const bool stands = refers_to_what_lives();
    try {
      session_->flush();
    } catch (const varve::error& failure) {
      if (stands) found_.push_back(std::string{"refused the flush: "} + failure.what());
      close();
      return false;
    }
    learn();
    return true;
  }
  [[nodiscard]] bool refers_to_what_lives() const {
    const auto stands = [&](const auto& entry) {
      const auto* chart = std::get_if<Chart>(&entry.second);
      return chart == nullptr || !chart->dataset_id || now_.contains({0, *chart->dataset_id});
    };
    return std::all_of(now_.begin(), now_.end(), stands) && std::all_of(added_.begin(), added_.end(), stands);
  }
  void drop_links_to_erased() {
    for (const auto& gone : erased_) {
      if (gone.first != 1 || wrong_ == flaw::links_stay) continue;
      const auto drop = [&](thing& one) {
        auto* board = std::get_if<Dashboard>(&one);
        if (board == nullptr) return;
        std::erase_if(board->slices, [&](const auto& link) { return link.key == gone.second; });
        std::erase_if(board->places, [&](const auto& placed) { return placed.chart.key == gone.second; });
      };
      for (auto& [at, one] : now_) drop(one);
      for (auto& [object, one] : added_) drop(one);
    }
    erased_.clear();
  }

  /// What only the store can give: keys and uuids.
  void learn() {
    for (auto& [object, one] : added_) {
      auto made = std::move(one);
      std::visit([&]<class T>(T& entity) { entity.id = static_cast<const T*>(object)->id; }, made);
      const home at{made.index(), key_of(made)};
      if (at.second == 0 || now_.contains(at) || used_.contains(at))
        found_.push_back("gave " + history_model::name(at) + " a key that was used");
      now_.insert_or_assign(at, std::move(made));
      touched_.insert(at);
    }
    added_.clear();
    for (const auto& at : touched_) {
      const auto there = now_.find(at);
      if (there == now_.end()) continue;
      std::visit(
          [&]<class T>(T& entity) {
            const auto* saved = session_->find<T>(at.second);
            if (saved == nullptr)
              found_.push_back(history_model::name(at) + " is not there");
            else
              learn(entity, *saved);
          },
          there->second);
      if (auto* id = uuid_of(there->second))
        if (const auto before = model.live.find(at); before != model.live.end() && *uuid_of(before->second) != *id)
          found_.push_back(history_model::name(at) + " has another uuid");
    }
    touched_.clear();
    for (auto& [at, one] : now_)
      if (auto* board = std::get_if<Dashboard>(&one)) {
        for (auto& link : board->slices) name_target(link);
        for (auto& placed : board->places) name_target(placed.chart);
      }
  }
  void name_target(varve::link<Chart>& link) const {
    if (const auto target = now_.find({1, link.key}); target != now_.end())
      link.uuid = std::get<Chart>(target->second).uuid;
  }
  void learn(Dataset& entity, const Dataset& saved) {
    entity.uuid = saved.uuid;
    learn_keys(entity.metrics, saved.metrics, &Metric::metric_name);
    learn_keys(entity.columns, saved.columns, &Column::column_name);
  }
  void learn(Chart& entity, const Chart& saved) { entity.uuid = saved.uuid; }
  void learn(Dashboard& entity, const Dashboard& saved) { entity.uuid = saved.uuid; }
  void learn(Recipe& entity, const Recipe& saved) { learn_keys(entity.steps, saved.steps, &Step::name); }
  void learn(Poster& entity, const Poster& saved) {
    entity.uuid = saved.uuid;
    for (auto& [name, rate] : entity.rates) {
      const auto known = saved.rates.find(name);
      if (known == saved.rates.end()) return found_.push_back("a session lost the rate " + name);
      rate.id = known->second.id;
      if (rate.id == 0) found_.push_back("the rate " + name + " has no key");
    }
  }
  /// Of items of one name the nth from the nth.
  template <class Item>
  void learn_keys(std::vector<Item>& items, const std::vector<Item>& saved, std::string Item::*name) {
    std::map<std::string, std::vector<std::int64_t>> keys;
    for (auto item = saved.rbegin(); item != saved.rend(); ++item) keys[(*item).*name].push_back(item->id);
    for (auto& item : items) {
      auto& of_name = keys[item.*name];
      if (of_name.empty()) return found_.push_back("a session lost the child " + item.*name);
      item.id = of_name.back();
      of_name.pop_back();
      if (item.id == 0) found_.push_back("the child " + item.*name + " has no key");
    }
  }
  /// No two children have one key, and one that stays keeps its own, unless that ever went to another parent.
  void check_keys() {
    check_keys(&Dataset::metrics);
    check_keys(&Dataset::columns);
    check_keys(&Recipe::steps);
    check_keys(&Page::rates);
  }
  template <class Owner, class Items>
  void check_keys(Items Owner::*items) {
    std::set<std::int64_t> keys;
    const auto each = [&](const world& in, auto&& visit) {
      for (const auto& [at, one] : in)
        std::visit(
            [&]<class T>(const T& entity) {
              if constexpr (std::is_base_of_v<Owner, T>)
                for (const auto& item : entity.*items) visit(at, name_and_key(item));
            },
            one);
    };
    std::map<std::pair<home, std::string>, std::int64_t> named;
    each(now_, [&](const home& at, const auto& item) {
      if (!keys.insert(item.second).second)
        found_.push_back(history_model::name(at) + " has a child with another's key");
      if (!item.first.empty()) named[{at, item.first}] = item.second;
    });
    each(model.live, [&](const home& at, const auto& item) {
      const auto same = named.find({at, item.first});
      if (same != named.end() && same->second != item.second && !moved_.contains(item.second))
        found_.push_back(history_model::name(at) + " gave its child " + item.first + " another key");
    });
  }
  /// Without a name where several may have it.
  using named_key = std::pair<std::string, std::int64_t>;
  static named_key name_and_key(const Metric& metric) { return {metric.metric_name, metric.id}; }
  static named_key name_and_key(const Column& column) { return {{}, column.id}; }
  static named_key name_and_key(const Step& one) { return {one.name, one.id}; }
  static named_key name_and_key(const std::pair<const std::string, Rate>& entry) {
    return {entry.first, entry.second.id};
  }

  // ---- steps ----

  [[nodiscard]] std::optional<home> any(std::size_t kind, unsigned which) const {
    std::vector<home> all;
    for (const auto& [at, one] : now_)
      if (at.first == kind) all.push_back(at);
    return all.empty() ? std::nullopt : std::optional{all[which % all.size()]};
  }
  [[nodiscard]] std::vector<std::int64_t> keys(std::size_t kind) const {
    std::vector<std::int64_t> found;
    for (const auto& [at, one] : now_)
      if (at.first == kind) found.push_back(at.second);
    return found;
  }

  [[nodiscard]] entity_change change(unsigned what, unsigned value) const { return {what, value, keys(0), keys(1)}; }

  void run(const step& one) {
    if (one.what >= act::commit) commit();
    if (!found_.empty()) return;
    const auto [kind, which, what, value] = one.with;
    switch (one.what) {
      case act::add: return add(kind % kinds, what, value);
      case act::edit: return edit(kind % kinds, which, what, value);
      case act::move: return move(kind, which, what);
      case act::erase: return erase(kind % kinds, which);
      case act::restore: return restore(which, what, 0);
      case act::restore_one: return restore(which, what, 1 + value);
      case act::flush: flush(); return;
      case act::savepoint:
        if (flush()) points_.push_back({session_->savepoint(), now_, unit_.action_kind});
        return;
      case act::rollback_to: return roll_back_to(which);
      case act::release:
        if (points_.empty()) return;
        points_[which % points_.size()].mark.release();
        points_.erase(points_.begin() + static_cast<std::ptrdiff_t>(which % points_.size()), points_.end());
        return;
      case act::rollback:
        if (session_) session_->rollback();
        return close();
      case act::commit:
        if (which == 0) clock_ -= std::chrono::minutes{5};  // somebody sets the clock back
        return;
      case act::adopt: return adopt();
      case act::add_past: return add_past(kind % kinds, value);
      case act::edit_past: return edit_past(kind % kinds, which, value);
      case act::drift: return drift(kind % kinds, which, what, value);
      case act::conflict: return conflict(kind % kinds, which, value);
      case act::prune: return prune(which, what, value);
    }
  }

  void add(std::size_t kind, unsigned what, unsigned value) {
    auto& session = open();
    auto made = make_thing(kind);
    for (unsigned i = 0; i < value % 5; ++i) change(what + i * 5, value + i * 7)(made);
    std::vector<std::int64_t> used;  // keys under which nothing lives now
    for (const auto& at : used_)
      if (at.first == kind && !now_.contains(at)) used.push_back(at.second);
    if (what % 2 == 1 && !used.empty()) key_of(made) = used[what / 2 % used.size()];
    const home at{kind, key_of(made)};
    void* object = std::visit([&](const auto& entity) -> void* { return &session.add(entity); }, made);
    if (at.second == 0) {
      added_.emplace_back(object, std::move(made));
    } else {
      erased_.erase(at);
      now_.insert_or_assign(at, std::move(made));
      touched_.insert(at);
    }
  }
  void edit(std::size_t kind, unsigned which, unsigned what, unsigned value) {
    auto& session = open();
    const auto at = any(kind, which);
    if (!at) return;
    auto& one = now_.at(*at);
    const auto made = change(what, value);
    made(one);
    std::visit([&]<class T>(const T&) { made(session.get<T>(at->second)); }, one);
    touched_.insert(*at);
  }
  /// A child goes to another parent, unless that has one of its name.
  void move(unsigned kind, unsigned which, unsigned what) {
    if (kind % 2 == 0)
      move<Dataset>(0, which, what, &Dataset::metrics, &Metric::metric_name);
    else
      move<Recipe>(3, which, what, &Recipe::steps, &Step::name);
  }
  template <class Entity, class Item>
  void move(std::size_t kind, unsigned which, unsigned what, std::vector<Item> Entity::*items,
            std::string Item::*name) {
    auto& session = open();
    const auto from = any(kind, which), to = any(kind, which + 1 + what % 3);
    if (!from || from == to) return;
    auto& old = std::get<Entity>(now_.at(*from)).*items;
    auto& made = std::get<Entity>(now_.at(*to)).*items;
    if (old.empty()) return;
    const auto nth = static_cast<std::ptrdiff_t>(what % old.size());
    const auto item = old[what % old.size()];
    if (std::any_of(made.begin(), made.end(), [&](const Item& other) { return other.*name == item.*name; })) return;
    const auto go = [&](std::vector<Item>& out_of, std::vector<Item>& into) {
      into.push_back(out_of[static_cast<std::size_t>(nth)]);
      out_of.erase(out_of.begin() + nth);
    };
    moved_.insert(item.id);
    go(old, made);
    go(session.get<Entity>(from->second).*items, session.get<Entity>(to->second).*items);
    touched_.insert(*from);
    touched_.insert(*to);
  }
  void erase(std::size_t kind, unsigned which) {
    auto& session = open();
    const auto at = any(kind, which);
    if (!at) return;
    std::visit([&]<class T>(const T&) { session.erase<T>(at->second); }, now_.at(*at));
    now_.erase(*at);
    erased_.insert(*at);
  }
  void roll_back_to(unsigned which) {
    if (points_.empty()) return;
    const auto depth = which % points_.size();
    points_[depth].mark.rollback();
    points_.erase(points_.begin() + static_cast<std::ptrdiff_t>(depth) + 1, points_.end());
    now_ = points_[depth].now;
    unit_.action_kind = points_[depth].action_kind;
    touched_.clear();
    erased_.clear();
    added_.clear();
  }

  // ---- restoring ----

  /// \param part  0: all; 1: the fields; else one of the relations.
  void restore(unsigned which, unsigned what, unsigned part) {
    std::vector<std::pair<home, const past*>> all;
    for (const auto& [at, chain] : model.chains)
      for (const auto& version : chain) all.emplace_back(at, &version);
    if (all.empty()) return;
    const auto& [at, version] = all[(which * 37 + what) % all.size()];
    const auto& info = info_of(version->state);
    if (!flush()) return;
    if (part > 0) part = 1 + part % static_cast<unsigned>(info.relations.size() + 1);
    auto wanted = restored(at, *version, part);
    const bool other_began =
        model.live.contains(at) && subject_of(at, model.live.at(at)).id != subject_of(at, version->state).id;
    if (other_began) wanted.reset();  // a key that another uuid had when the unit of work began
    std::string refusal;
    try {
      varve::reverter revert{*session_, varve::detail::kind_history{store_, info}.at(
                                            {varve::row_key::of(varve::value::of(at.second)), version->at})};
      if (part == 0)
        revert.all();
      else if (part == 1)
        revert.fields();
      else
        revert.relation(info.relations[part - 2].field);
    } catch (const varve::error& failure) {
      refusal = failure.what();
    }
    const auto text = history_model::name(at) + " to " + std::to_string(version->at.value);
    if (wanted.has_value() != refusal.empty())
      found_.push_back(wanted ? "refused to restore " + text + ": " + refusal : "restored " + text);
    if (other_began && part == 0 && !now_.contains(at)) return close();  // refused as late as by the flush
    if (!wanted || !refusal.empty()) return;
    const auto known = now_.find(at);
    const auto before = known == now_.end() ? std::string{} : text_of(known->second, columns::all);
    now_.insert_or_assign(at, *wanted);
    touched_.insert(at);
    learn();
    if (text_of(now_.at(at), columns::all) != before) unit_.action_kind = "restore";
  }
  /// What a restore gives; nothing when it must be refused.
  [[nodiscard]] std::optional<thing> restored(const home& at, const past& version, unsigned part) const {
    if (version.is_deletion()) return std::nullopt;
    const auto live = now_.find(at);
    const bool lives = live != now_.end();
    if (!lives && part > 0) return std::nullopt;
    auto then = version.state;
    if (lives && subject_of(at, live->second).id != subject_of(at, then).id) return std::nullopt;
    if (const auto* chart = std::get_if<Chart>(&then); chart != nullptr && part < 2)
      if (chart->dataset_id && !now_.contains({0, *chart->dataset_id})) return std::nullopt;
    thing made = lives ? live->second : then;
    const auto relation = [&](std::size_t n) { return part == 0 || part == n + 2; };
    if (auto* dataset = std::get_if<Dataset>(&made)) {
      auto& old = std::get<Dataset>(then);
      if (part < 2) {
        dataset->table_name = old.table_name;
        dataset->sql = old.sql;
        dataset->cache_timeout = old.cache_timeout;
        dataset->slug = old.slug;
      }
      if (relation(0)) {
        if (lives_elsewhere(at, old.metrics, &Dataset::metrics, &Metric::metric_name)) return std::nullopt;
        auto items = old.metrics;
        for (auto& item : items)
          for (const auto& known : lives ? std::get<Dataset>(live->second).metrics : std::vector<Metric>{})
            if (known.metric_name == item.metric_name) item.touched_by = known.touched_by;
        dataset->metrics = std::move(items);
      }
      if (relation(1)) {
        if (lives_elsewhere(at, old.columns, &Dataset::columns, &Column::column_name)) return std::nullopt;
        dataset->columns = old.columns;
      }
    } else if (auto* chart = std::get_if<Chart>(&made)) {
      if (part < 2) {
        const auto id = chart->uuid;
        *chart = std::get<Chart>(then);
        chart->uuid = id;
      }
    } else if (auto* board = std::get_if<Dashboard>(&made)) {
      auto& old = std::get<Dashboard>(then);
      const auto is_gone = [&](const varve::link<Chart>& link) {
        const auto target = now_.find({1, link.key});
        return target == now_.end() || std::get<Chart>(target->second).uuid != link.uuid;
      };
      if (part < 2) {
        board->title = old.title;
        board->css = old.css;
      }
      if (relation(0)) {
        board->slices = old.slices;
        std::erase_if(board->slices, is_gone);
      }
      if (relation(1)) {
        board->places = old.places;
        std::erase_if(board->places, [&](const Placement& placed) { return is_gone(placed.chart); });
      }
    } else if (auto* poster = std::get_if<Poster>(&made)) {
      auto& old = std::get<Poster>(then);
      if (part < 2) {
        poster->title = old.title;
        poster->motif = old.motif;
      }
      if (relation(0)) poster->tags = old.tags;
      if (relation(1)) poster->colors = old.colors;
      if (relation(2)) poster->marks = old.marks;
      if (relation(3)) poster->labels = old.labels;
      if (relation(4)) poster->limits = old.limits;
      if (relation(5)) poster->rates = old.rates;
    } else {
      auto& recipe = std::get<Recipe>(made);
      auto& old = std::get<Recipe>(then);
      if (part < 2) recipe.name = old.name;
      if (relation(0)) {
        if (lives_elsewhere(at, old.steps, &Recipe::steps, &Step::name)) return std::nullopt;
        recipe.steps = old.steps;
      }
      if (relation(1)) recipe.ingredients = old.ingredients;
    }
    return made;
  }
  /// Whether a child of a version is another parent's now.
  template <class Entity, class Item>
  [[nodiscard]] bool lives_elsewhere(const home& at, const std::vector<Item>& items, std::vector<Item> Entity::*of,
                                     std::string Item::*name) const {
    for (const auto& [other, one] : now_) {
      const auto* entity = std::get_if<Entity>(&one);
      if (entity == nullptr || other == at) continue;
      for (const auto& item : entity->*of)
        for (const auto& wanted : items)
          if (wanted.id == item.id && wanted.*name == item.*name) return true;
    }
    return false;
  }

  // ---- past varve, and beside another session ----

  [[nodiscard]] unit stranger() { return {"eve", {}, clock_ += std::chrono::minutes{1}}; }
  /// Does something in a session that makes no versions.
  template <class Work>
  void past_varve(Work&& work) {
    const auto by = unit_ = stranger();
    store_.versioning(false);
    session_ = std::make_unique<varve::session>(store_, varve::actor{by.actor});
    session_->clock([time = by.clock] { return time; });
    now_ = model.live;
    try {
      work();
      drop_links_to_erased();
      if (refers_to_what_lives()) {
        session_->commit();
        learn();
        model.write_past(std::move(now_), by);
        for (const auto& [at, one] : model.live) used_.insert(at);
      }
    } catch (...) {
      store_.versioning(true);
      throw;
    }
    store_.versioning(true);
    close();
  }
  void add_past(std::size_t kind, unsigned value) {
    past_varve([&] { add(kind, value * 2, value); });
  }
  void edit_past(std::size_t kind, unsigned which, unsigned value) {
    past_varve([&] { edit(kind, which, 0, value); });
  }
  void drift(std::size_t kind, unsigned which, unsigned what, unsigned value) {
    past_varve([&] {
      if (value % 8 == 0) {
        erase(kind, which);
      } else if (value % 8 == 1 && kind % 3 == 0 && keys(kind).size() > 1) {
        const auto from = any(kind, which), to = any(kind, which + 1 + what % 3);
        if (model.open(*from) != nullptr && model.open(*to) != nullptr) move(static_cast<unsigned>(kind), which, what);
      } else {
        edit(kind, which, what, value);
        edit(kind, which, what + 1, value + 1);
      }
    });
    if (found_.empty()) adopt();
  }
  void adopt() {
    const auto by = stranger();
    varve::adopt_options options;
    options.clock = by.clock;
    const auto done = varve::adopt_drift(store_, varve::actor{by.actor}, options);
    std::optional<varve::transaction_entry> entry;
    if (!done.transactions.empty()) entry = varve::find_transaction(store_, done.transactions.front());
    model.adopt({by.actor, "external", by.clock}, done, entry, found_);
  }
  /// A stale session is refused, and nothing of it is kept.
  void conflict(std::size_t kind, unsigned which, unsigned value) {
    now_ = model.live;
    const auto at = any(kind, which);
    if (!at) return;
    varve::session stale{store_, varve::actor{"carl"}};
    std::visit([&]<class T>(const T&) { rename(stale.get<T>(at->second), "late " + std::to_string(value)); },
               now_.at(*at));
    auto& session = open();
    const auto name = "soon " + std::to_string(units_);
    std::visit([&]<class T>(const T&) { rename(session.get<T>(at->second), name); }, now_.at(*at));
    std::visit([&](auto& entity) { rename(entity, name); }, now_.at(*at));
    touched_.insert(*at);
    commit();
    try {
      stale.commit();
      found_.push_back("saved over a newer version of " + history_model::name(*at));
    } catch (const varve::conflict_error&) {
      stale.rollback();
    }
  }
  static void rename(Dataset& dataset, const std::string& name) { dataset.table_name = name; }
  static void rename(Chart& chart, const std::string& name) { chart.slice_name = name; }
  static void rename(Dashboard& board, const std::string& name) { board.title = name; }
  static void rename(Recipe& recipe, const std::string& name) { recipe.name = name; }
  static void rename(Poster& poster, const std::string& name) { poster.title = name; }

  void prune(unsigned which, unsigned what, unsigned value) {
    if (model.deeds.empty()) return;
    const auto at =
        std::next(model.deeds.begin(), static_cast<std::ptrdiff_t>((which * 37 + what) % model.deeds.size()));
    varve::prune_options options;
    options.batch_rows = 1 + value % 8;
    options.pause = std::chrono::milliseconds{0};
    options.clock = [time = at->second.issued_at] { return time; };
    if (value % 3 == 0) options.most_rows = 1 + value;
    if (value % 7 == 0) options.progress = [left = value](const varve::prune_report&) mutable { return left-- > 0; };
    const auto before = std::max(model.horizon, at->first);
    const auto report = prune(options);
    if (report.horizon != before) found_.push_back("pruned to another horizon");
  }

  struct point {
    varve::savepoint mark;
    world now{};
    std::string action_kind{};
  };

  varve::store_handle store_;
  flaw wrong_;
  lines found_{};
  std::size_t units_ = 0;
  varve::time_point clock_ = start;

  // the open unit of work
  std::unique_ptr<varve::session> session_{};
  unit unit_{};
  world now_{};
  std::vector<point> points_{};
  std::set<home> touched_{};                      ///< since the last flush
  std::set<home> erased_{};                       ///< since the last flush
  std::vector<std::pair<void*, thing>> added_{};  ///< since the last flush, whose keys are to be given
  std::set<std::int64_t> moved_{};                ///< keys of children that went to another parent

  std::set<home> used_{};  ///< every key that was in use
};

}  // namespace test
