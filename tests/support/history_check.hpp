#pragma once

/// Compares what a store says of a history with what the model says.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/history_model.hpp"
#include "varve/history/activity.hpp"
#include "varve/history/timeline.hpp"
#include "varve/history/version_search.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/detail/unit_of_work.hpp"

namespace test {

class history_check {
 public:
  history_check(const history_model& model, varve::store_handle store) : model_(model), store_(std::move(store)) {}

  /// Everything that the store says otherwise: all that lives, every version with its records and blame, states as of the
  /// ends of all intervals, what transactions touched; and what the checkers of histories find.
  [[nodiscard]] lines disagreements() const {
    auto found = disagreements(model_.horizon, model_.is_pruned_to_the_end);
    if (found.empty()) compare_kinds(found);
    if (found.empty()) compare_transactions(found);
    return found;
  }
  /// The same of single entities alone, where the model may know nothing of the newest prune.
  /// \param finished  nothing may be left of what is older than the horizon.
  [[nodiscard]] lines disagreements(varve::transaction_id horizon, bool finished) const {
    lines found;
    compare_live(found);
    for (const auto& who : model_.subjects()) compare(who, horizon, finished, found);
    for (auto& line : violations(everything_in(store_), true, absorbs_drift())) found.push_back(std::move(line));
    for (const auto& violation : varve::check_history(store_).violations)
      if (!violation.is_warning() && !is_by_drift(violation)) found.push_back(violation.text());
    return found;
  }

 private:
  void compare_live(lines& found) const {
    const auto reader = store_.base().snapshot();
    std::size_t count = 0;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      const auto& info = info_of(make_thing(kind));
      for (const auto& row : detail::all_live(*reader, *info.table)) {
        const auto key = varve::row_key::of(row, info.table->key);
        const auto state = varve::detail::load_live(*reader, info, key);
        const auto wanted = model_.live.find({kind, *key.integer()});
        ++count;
        differ(found, "live " + std::string{info.kind} + " " + key.text(),
               wanted == model_.live.end() ? std::string{} : text_of(wanted->second, columns::all),
               text_of(info, state->object.get(), columns::all));
      }
    }
    if (count != model_.live.size()) found.push_back("not as much lives as should");
  }
  static void differ(lines& found, const std::string& what, const std::string& wanted, const std::string& read) {
    if (wanted != read) found.push_back(what + " must be\n  " + wanted + "\nand is\n  " + read);
  }
  [[nodiscard]] static std::string state_text(const std::shared_ptr<void>& state, const varve::entity_info& info) {
    return state == nullptr ? std::string{} : text_of(info, state.get(), columns::versioned);
  }

  void compare(const subject& who, varve::transaction_id horizon, bool finished, lines& found) const {
    const auto& info = info_of(make_thing(who.at.first));
    const auto& chain = model_.chains.at(who.at);
    const auto key = varve::row_key::of(varve::value::of(who.at.second));
    varve::detail::entity_name name;
    if (who.id)
      name.id = who.id;
    else
      name.key = key;
    const varve::detail::kind_history history{store_, info};
    const auto versions = history.versions(name).all();
    std::vector<std::size_t> mine;  // places in the chain
    std::size_t past_ones = 0;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      if (subject_of(who.at, chain[i].state).id != who.id) continue;
      mine.push_back(i);
      past_ones += history_model::is_past(chain, i, horizon) ? 1 : 0;
    }
    const auto text = history_model::name(who.at);
    const auto least = mine.size() - past_ones;
    if (versions.size() > mine.size() || versions.size() < least || (finished && versions.size() > least)) {
      found.push_back(text + " lists " + std::to_string(versions.size()) + " versions instead of " +
                      std::to_string(least));
      return;
    }
    const auto pruned = mine.size() - versions.size();
    for (std::size_t n = 0; n < pruned; ++n)
      if (history.at(name, chain[mine[n]].at) || history.as_of(name, chain[mine[n]].at))
        found.push_back(text + ": a pruned version is found");
    for (std::size_t n = 0; n < versions.size(); ++n) {
      const auto& wanted = chain[mine[pruned + n]];
      const auto& version = versions[n];
      const auto& by = model_.deeds.at(wanted.at);
      const auto at = text + " at " + std::to_string(wanted.at.value);
      if (version.transaction() != wanted.at || version.operation() != wanted.operation || version.number() != n)
        found.push_back(at + " is another version");
      if (version.issued_at() != by.issued_at || !by.actors.contains(version.actor()) ||
          version.action_kind() != by.action_kind)
        found.push_back(at + " was made otherwise: " + version.actor() + " " + version.action_kind());
      if (version.is_current() != (mine[pruned + n] + 1 == chain.size())) found.push_back(at + " is current or not");
      if (lines_of(version.changes()) != wanted.records) {
        std::string all;
        for (const auto& line : wanted.records) all += "  " + line + "\n";
        all += "and has\n";
        for (const auto& line : lines_of(version.changes())) all += "  " + line + "\n";
        found.push_back(at + " must have the records\n" + all);
      }
      const auto state = text_of(wanted.state, columns::versioned);
      differ(found, at, state, state_text(history.state(version), info));
      const auto then = wanted.is_deletion() ? std::string{} : state;
      differ(found, at + ", as of", then, state_text(history.as_of(name, wanted.at), info));
      differ(found, at + ", as of its time", then, state_text(history.as_of(name, by.issued_at), info));
      std::string before;
      if (n > 0 && !chain[mine[pruned + n - 1]].is_deletion() && mine[pruned + n - 1] + 1 == mine[pruned + n])
        before = text_of(chain[mine[pruned + n - 1]].state, columns::versioned);
      differ(found, at + ", just before", before,
             state_text(history.as_of(name, varve::transaction_id{wanted.at.value - 1}), info));
      differ(found, at + ", just before its time", before,
             state_text(history.as_of(name, by.issued_at - std::chrono::microseconds{1}), info));
      compare_blame(at, history.blame(name, wanted.at), wanted, horizon, found);
    }
    if (!finished) return;  // what a prune that stopped half way has left of children is not told by the model
    std::vector<const past*> kept;
    for (std::size_t n = pruned; n < mine.size(); ++n) kept.push_back(&chain[mine[n]]);
    compare_fields(text, history, name, kept, found);
    compare_timeline(text, varve::detail::timeline_of(store_, info, versions), kept, found);
  }
  /// What a version has of a field, of a document or embedded struct whole; empty where it has nothing.
  [[nodiscard]] static std::string field_text(const varve::entity_info& info, const thing& one, std::size_t field) {
    std::string text;
    varve::value_buffer buffer;
    for (const auto& column : info.table->columns) {
      if (column.field_index != field || !column.is_versioned()) continue;
      const auto value = column.read(address_of(one), buffer);
      if (value.is_null()) continue;
      text.append(column.name).append("=");
      varve::append_json(text, column.ops->meaning, value);
    }
    for (const auto& relation : info.relations)
      if (relation.field_index == field)
        for (const auto& [key, item] : items_of(relation, one)) text += key + item + ";";
    return text;
  }
  /// The rows of a collection by what tells them apart; in their own order where that counts.
  [[nodiscard]] static std::vector<std::pair<std::string, std::string>> items_of(const varve::relation_info& relation,
                                                                                 const thing& one) {
    std::vector<std::pair<std::string, std::string>> items;
    varve::value_buffer buffer;
    const varve::item_view view{relation, address_of(one)};
    for (std::size_t i = 0; i < view.size(); ++i) {
      std::string own_key, row;
      for (const auto& column : relation.table->columns) {
        if (!column.has_member() || !column.is_versioned()) continue;
        const auto value = column.read(view[i], buffer);
        if (relation.table->own_key && column.is(varve::column_flag::key))
          varve::append_json(own_key, column.ops->meaning, value);
        varve::append_json(row += " ", column.ops->meaning, value);
      }
      const auto label = varve::detail::natural_label(*relation.table, relation.what, view[i]);
      items.emplace_back(nlohmann::json::array({relation.field, label}).dump() + own_key, std::move(row));
    }
    if (!relation.ordered) std::sort(items.begin(), items.end());
    return items;
  }
  static void compare_fields(const std::string& text, const varve::detail::kind_history& history,
                             const varve::detail::entity_name& name, const std::vector<const past*>& kept,
                             lines& found) {
    if (kept.empty()) return;
    const auto& info = info_of(kept.front()->state);
    for (std::size_t field = 0; field < info.table->row->fields; ++field) {
      std::string wanted, told;
      const past* before = nullptr;
      for (const auto* version : kept) {
        const bool begins = before == nullptr || version->operation == varve::row_operation::insert;
        const auto was = begins ? std::string{} : field_text(info, before->state, field);
        if (!version->is_deletion() && field_text(info, version->state, field) != was)
          wanted += " " + std::to_string(version->at.value);
        before = version;
      }
      for (const auto& version : history.that_changed(name, {field}))
        told += " " + std::to_string(version.transaction().value);
      differ(found, text + ": versions in which field " + std::to_string(field) + " changed", wanted, told);
    }
  }
  static void compare_timeline(const std::string& text, const std::vector<varve::timeline_entry>& entries,
                               const std::vector<const past*>& kept, lines& found) {
    for (std::size_t n = 0; n < kept.size(); ++n) {
      const auto& version = *kept[n];
      const bool begins = version.operation == varve::row_operation::insert;
      if (n == 0 && !begins) continue;  // what was before is pruned
      std::set<std::string> wanted, told, moved;
      for (const auto& relation : info_of(version.state).relations) {
        std::map<std::string, std::string> was, is;
        std::vector<std::string> places_before, places_now;
        if (!begins)
          for (auto& [key, item] : items_of(relation, kept[n - 1]->state)) {
            places_before.push_back(key);
            was.emplace(std::move(key), std::move(item));
          }
        if (!version.is_deletion())
          for (auto& [key, item] : items_of(relation, version.state)) {
            places_now.push_back(key);
            is.emplace(std::move(key), std::move(item));
          }
        for (const auto& [key, item] : was)
          if (!is.contains(key)) wanted.insert("-" + key);
        for (const auto& [key, item] : is) {
          if (!was.contains(key)) wanted.insert("+" + key);
          if (was.contains(key) && was.at(key) != item) wanted.insert("*" + key);
          if (relation.ordered && places_before != places_now)
            moved.insert("*" + key);  // which rows, the store chooses
        }
      }
      for (const auto& row : entries[n].rows) {
        const auto own_key = row.key.integer();
        told.insert((row.operation == varve::row_operation::insert   ? "+"
                     : row.operation == varve::row_operation::update ? "*"
                                                                     : "-") +
                    row.path.dump() + (own_key ? std::to_string(*own_key) : std::string{}));
      }
      std::string missing, more;
      for (const auto& line : wanted)
        if (!told.contains(line)) missing += line + " ";
      for (const auto& line : told)
        if (!wanted.contains(line) && !moved.contains(line)) more += line + " ";
      differ(found, text + " at " + std::to_string(version.at.value) + ", on the timeline", missing, more);
    }
  }
  static void compare_blame(const std::string& text, const std::vector<varve::blame_entry>& told, const past& version,
                            varve::transaction_id horizon, lines& found) {
    std::map<std::string, varve::transaction_id> by;
    for (const auto& entry : told) by[entry.path.dump()] = entry.transaction.id;
    std::size_t count = 0;
    for (const auto& [what, set] : version.places) {
      const auto one = by.find(set.path);
      count += 1;
      if (one == by.end()) {
        found.push_back(text + ": nobody set " + set.path);
      } else if (one->second != set.by && (set.by >= horizon || one->second < set.by || one->second >= horizon)) {
        // what was set before the horizon is told of a version that is kept
        found.push_back(text + ": " + set.path + " was set at " + std::to_string(set.by.value) + " and not at " +
                        std::to_string(one->second.value));
      }
    }
    if (count != told.size()) found.push_back(text + ": blames too much");
  }
  /// All entities of each kind, as of some moments.
  void compare_kinds(lines& found) const {
    std::vector<varve::transaction_id> moments;
    for (const auto& [at, by] : model_.deeds)
      if (at >= model_.horizon && (at.value % 4 == 0 || at == model_.deeds.rbegin()->first)) moments.push_back(at);
    for (const auto moment : moments)
      for (std::size_t kind = 0; kind < kinds; ++kind) {
        const auto& info = info_of(make_thing(kind));
        std::string wanted, read;
        for (const auto& [at, chain] : model_.chains) {
          const past* newest = nullptr;
          for (const auto& version : chain)
            if (version.at <= moment) newest = &version;
          if (at.first != kind || newest == nullptr) continue;
          wanted += std::to_string(at.second) + (newest->is_deletion() ? " deleted " : " ") +
                    text_of(newest->state, columns::versioned) + "\n";
        }
        const auto take = [&](const varve::version_id& id, varve::row_operation operation, void* state) {
          read += id.entity.text() + (operation == varve::row_operation::remove ? " deleted " : " ") +
                  text_of(info, state, columns::versioned) + "\n";
        };
        const varve::detail::kind_history history{store_, info};
        history.each_as_of(moment, std::nullopt, 1000, true, take);
        differ(found, std::string{info.kind} + "s as of " + std::to_string(moment.value), wanted, read);
        read.clear();
        history.each_as_of(model_.deeds.at(moment).issued_at, std::nullopt, 1000, true, take);
        differ(found, std::string{info.kind} + "s as of the time of " + std::to_string(moment.value), wanted, read);
      }
  }
  /// What each transaction touched, and all records.
  void compare_transactions(lines& found) const {
    std::map<varve::transaction_id, std::set<std::string>> touched;
    std::set<std::string> records, read;
    for (const auto& [at, chain] : model_.chains)
      for (const auto& version : chain) {
        const auto name = history_model::name(at);
        touched[version.at].insert(name + " " + std::to_string(static_cast<int>(version.operation)));
        for (const auto& line : version.records)
          records.insert(std::to_string(version.at.value) + " " + name + " " + line);
      }
    for (const auto& [at, by] : model_.deeds) {
      std::set<std::string> told;
      for (const auto& one : varve::touched_by(store_, at))
        told.insert(one.kind + " " + one.key.text() + " " + std::to_string(static_cast<int>(one.operation)));
      if (told != touched[at]) found.push_back("transaction " + std::to_string(at.value) + " touched other entities");
    }
    for (const auto& entry : varve::activity{store_}.page(100'000))
      read.insert(std::to_string(entry.transaction.id.value) + " " + entry.entity_kind + " " + entry.entity.text() +
                  " " + line_of(entry.change));
    if (read != records) found.push_back("activity tells other records");
    compare_search(found);
  }
  /// All versions, and those in which a dataset had a name, found over everything and page by page.
  void compare_search(lines& found) const {
    std::set<std::string> wanted, named, read;
    for (const auto& [at, chain] : model_.chains)
      for (const auto& version : chain) {
        const auto name = history_model::name(at) + " at " + std::to_string(version.at.value);
        wanted.insert(name);
        const auto* dataset = std::get_if<Dataset>(&version.state);
        if (dataset != nullptr && dataset->table_name == "a" && !version.is_deletion()) named.insert(name);
      }
    const auto take = [&](const std::vector<varve::version>& page) {
      for (const auto& version : page)
        if (!read.insert(std::string{version.info().kind} + " " + version.id().entity.text() + " at " +
                         std::to_string(version.transaction().value))
                 .second)
          found.push_back("a search finds a version twice");
    };
    auto all = varve::version_search{store_}.with_deletions();
    for (auto page = all.page(7); !page.empty(); page = all.page(7)) {
      take(page);
      all = all.behind(page.back());
    }
    if (read != wanted) found.push_back("a search over everything finds other versions");
    read.clear();
    take(varve::version_search{store_}.where<&Dataset::table_name>("a").page(100'000));
    if (read != named) found.push_back("a search by name finds other versions");
  }
  [[nodiscard]] bool absorbs_drift() const {
    return std::any_of(model_.chains.begin(), model_.chains.end(), [](const auto& entry) {
      return std::any_of(entry.second.begin(), entry.second.end(),
                         [](const past& version) { return version.absorbs_drift; });
    });
  }
  /// A save over drift has no record of it.
  [[nodiscard]] bool is_by_drift(const varve::violation& violation) const {
    if (violation.rule != "R3" && violation.rule != "R6" && violation.rule != "replay") return false;
    for (const auto& [at, chain] : model_.chains)
      for (const auto& version : chain)
        if (version.absorbs_drift && version.at == violation.transaction &&
            violation.key.text() == std::to_string(at.second))
          return true;
    return false;
  }

  const history_model& model_;
  varve::store_handle store_;
};

/// What a restore to a version gives: the state, or why not. Nothing is kept of it.
inline std::string restored(const varve::store_handle& store, const home& at, varve::transaction_id transaction) {
  const auto& info = info_of(make_thing(at.first));
  const auto version =
      varve::detail::kind_history{store, info}.at({varve::row_key::of(varve::value::of(at.second)), transaction});
  if (!version) return "no such version";
  varve::session session{store, varve::actor{"restorer"}};
  try {
    varve::reverter revert{session, *version};
    revert.all();
    session.flush();
    const auto* live = session.work().find(info, version->id().entity);
    return live == nullptr ? "nothing" : text_of(info, live->object.get(), columns::compared);
  } catch (const varve::error& failure) {
    return failure.what();
  }
}

}  // namespace test
