#pragma once

/// Random histories with everything that a history can have, and the model of each.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/entities.hpp"
#include "support/past_model.hpp"

namespace test {

class random_history {
 public:
  random_history(varve::store_handle store, unsigned seed) : store_(std::move(store)), random_(seed) {}

  past_model model{};
  int refused = 0;  ///< steps that the store refused, as a name was taken

  [[nodiscard]] std::size_t pick(std::size_t size) { return std::uniform_int_distribution<std::size_t>{0, size - 1}(random_); }
  [[nodiscard]] const varve::store_handle& store() const { return store_; }

  void step() {
    varve::session session{store_, varve::actor{"ada"}};
    session.clock([this] { return now_ += std::chrono::minutes{1}; });
    if (pick(20) == 0) return adopt();
    try {
      for (std::size_t changes = 1 + pick(3); changes > 0; --changes) {
        change(session);
        if (pick(3) == 0) session.flush();
      }
      const auto done = session.commit();
      if (done.transaction) model.note(store_, *done.transaction, done.baseline);
    } catch (const varve::error&) {
      ++refused;
    }
  }

 private:
  [[nodiscard]] std::string word() { return std::string(1, static_cast<char>('a' + pick(6))); }
  template <class Entity>
  [[nodiscard]] std::vector<std::int64_t> keys() const {
    std::vector<std::int64_t> found;
    const auto reader = store_.base().snapshot();
    for (const auto& row : detail::all_live(*reader, *varve::info_of<Entity>().table))
      found.push_back(row[varve::info_of<Entity>().table->key[0]].integer());
    return found;
  }
  /// A live entity; null when none lives.
  template <class Entity>
  [[nodiscard]] Entity* any(varve::session& session) {
    const auto all = keys<Entity>();
    return all.empty() ? nullptr : session.find<Entity>(all[pick(all.size())]);
  }

  template <class Item, class Name>
  void change_items(std::vector<Item>& items, Name name) {
    const auto find = [&](const std::string& wanted) {
      return std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.*name == wanted; });
    };
    const auto wanted = word();
    const auto found = find(wanted);
    if (found == items.end())
      items.insert(items.begin() + static_cast<std::ptrdiff_t>(pick(items.size() + 1)), Item{}).operator*().*name = wanted;
    else if (pick(2) == 0)
      items.erase(found);
    else
      change_item(*found);
  }
  void change_item(Metric& metric) { metric.expression = word(); }
  void change_item(Step& step) { step.text = word(); }
  void change_item(Ingredient& ingredient) { ingredient.amount = static_cast<double>(pick(4)); }

  void change(Dataset& dataset) {
    switch (pick(4)) {
      case 0: dataset.table_name = word(); break;
      case 1: dataset.sql = pick(2) == 0 ? std::nullopt : std::optional{word()}; break;
      case 2: change_items(dataset.metrics, &Metric::metric_name); break;
      default:
        if (!dataset.columns.empty() && pick(2) == 0)
          dataset.columns.erase(dataset.columns.begin() + static_cast<std::ptrdiff_t>(pick(dataset.columns.size())));
        else
          dataset.columns.push_back({.column_name = word(), .type = word()});
    }
  }
  void change(Chart& chart) {
    if (pick(2) == 0)
      chart.slice_name = word();
    else
      chart.params[word()] = pick(3);
  }
  void change(Dashboard& dashboard) {
    const auto charts = keys<Chart>();
    if (charts.empty() || pick(3) == 0) {
      dashboard.title = word();
      return;
    }
    const auto chart = charts[pick(charts.size())];
    auto& slices = dashboard.slices;
    const auto linked = std::find_if(slices.begin(), slices.end(), [&](const auto& link) { return link.key == chart; });
    if (linked != slices.end())
      slices.erase(linked);
    else
      slices.push_back({.key = chart});
    auto& places = dashboard.places;
    const auto placed = std::find_if(places.begin(), places.end(), [&](const auto& place) { return place.chart.key == chart; });
    if (placed == places.end())
      places.push_back({.chart = {.key = chart}, .role = word()});
    else if (pick(2) == 0)
      placed->role = word();
  }
  void change(Recipe& recipe) {
    switch (pick(3)) {
      case 0: recipe.name = word(); break;
      case 1: change_items(recipe.steps, &Step::name); break;
      default: change_items(recipe.ingredients, &Ingredient::name);
    }
  }

  template <class Entity>
  void add(varve::session& session) {
    Entity made{};
    for (std::size_t changes = pick(5); changes > 0; --changes) change(made);
    // The key of one that was deleted is another's from now on, or the same one's where there is no uuid.
    std::vector<std::int64_t> used;
    for (const auto& [entity, list] : model.listed())
      if (entity.info == &varve::info_of<Entity>()) used.push_back(*entity.key.integer());
    if (!used.empty() && pick(2) == 0) {
      const auto key = used[pick(used.size())];
      if (session.find<Entity>(key) == nullptr) made.id = key;
    }
    session.add(std::move(made));
  }
  template <class Entity>
  void change_any(varve::session& session) {
    if (auto* entity = any<Entity>(session))
      change(*entity);
    else
      add<Entity>(session);
  }
  template <class Entity>
  void erase_any(varve::session& session) {
    if (auto* entity = any<Entity>(session)) session.erase<Entity>(entity->id);
  }
  void move_metric(varve::session& session) {
    auto* from = any<Dataset>(session);
    auto* to = any<Dataset>(session);
    if (from == nullptr || to == nullptr || from == to || from->metrics.empty()) return;
    const auto place = from->metrics.begin() + static_cast<std::ptrdiff_t>(pick(from->metrics.size()));
    const auto moved = *place;
    from->metrics.erase(place);
    to->metrics.push_back(moved);
  }
  void restore(varve::session& session) {
    if (model.listed().empty()) return;
    const auto& [entity, list] = *std::next(model.listed().begin(), static_cast<std::ptrdiff_t>(pick(model.listed().size())));
    const auto versions = versions_of(store_, entity);
    if (versions.empty()) return;
    varve::reverter{session, versions[pick(versions.size())]}.all();
  }
  template <class Visit>
  void of_any_kind(Visit&& visit) {
    switch (pick(4)) {
      case 0: visit(Dataset{}); break;
      case 1: visit(Chart{}); break;
      case 2: visit(Dashboard{}); break;
      default: visit(Recipe{});
    }
  }
  void change(varve::session& session) {
    const auto what = pick(20);
    if (what < 4)
      of_any_kind([&]<class Entity>(const Entity&) { add<Entity>(session); });
    else if (what < 6)
      of_any_kind([&]<class Entity>(const Entity&) { erase_any<Entity>(session); });
    else if (what < 8)
      move_metric(session);
    else if (what < 10)
      restore(session);
    else
      of_any_kind([&]<class Entity>(const Entity&) { change_any<Entity>(session); });
  }
  /// Puts something into the live tables alone, which gets its baseline when it is changed or linked.
  void adopt() {
    auto store = store_;
    store.versioning(false);
    {
      varve::session session{store_, varve::actor{"eve"}};
      auto& chart = session.add(Chart{.slice_name = word()});
      session.add(Dataset{.table_name = word(), .metrics = {{.metric_name = word()}}});
      session.flush();
      if (pick(2) == 0) session.add(Dashboard{.title = word(), .slices = {{.key = chart.id}}});
      session.commit();
    }
    store.versioning(true);
    model.note_adopted(store_);
  }

  varve::store_handle store_;
  std::mt19937 random_;
  varve::time_point now_ = start;
};

}  // namespace test
