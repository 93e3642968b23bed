#pragma once

/// A simple model of a history: what lived after each transaction, whole, as the live tables had it, and what was listed.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/fixture.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/detail/unit_of_work.hpp"

namespace test {

/// A struct with its collections as text.
/// \param compared  only what decides whether something changed; else all that is versioned, but for noise.
inline std::string text_of(const varve::entity_info& info, const void* object, bool compared = false) {
  std::string text;
  varve::value_buffer buffer;
  const auto add = [&](const varve::table_info& table, const void* row) {
    for (const auto& column : table.columns) {
      if (!column.has_member() || column.is(varve::column_flag::noise)) continue;
      if (column.is_stored() && (compared ? !column.is_compared() : !column.is_versioned())) continue;
      text += std::string{column.name} + "=";
      varve::append_json(text, column.ops->meaning, column.read(row, buffer));
      text += " ";
    }
  };
  add(*info.table, object);
  for (const auto& relation : info.relations) {
    text += "| ";
    const varve::item_view items{relation, object};
    for (std::size_t i = 0; i < items.size(); ++i) {
      add(*relation.table, items[i]);
      text += "; ";
    }
  }
  return text;
}

/// An entity that lived: one key may have been several's.
struct past_entity {
  const varve::entity_info* info = nullptr;
  varve::row_key key{};
  std::optional<varve::uuid> id{};

  [[nodiscard]] varve::detail::entity_name name() const {
    if (id) return {id, {}};
    return {{}, key};
  }
  [[nodiscard]] std::tuple<std::string_view, varve::row_key, std::optional<varve::uuid>> order() const {
    return {info->kind, key, id};
  }
  friend bool operator<(const past_entity& a, const past_entity& b) { return a.order() < b.order(); }
  [[nodiscard]] std::string text() const { return varve::detail::describe_entity(*info, key); }
};

/// What a version tells of itself.
struct told_version {
  varve::transaction_id at{};
  varve::row_operation operation = varve::row_operation::insert;
  std::string told{};
  friend bool operator==(const told_version&, const told_version&) = default;
};

using live_world = std::map<past_entity, std::string>;

inline live_world world_of(const varve::store_handle& store) {
  live_world found;
  const auto reader = store.base().snapshot();
  for (const auto* info : store.base().entities())
    for (const auto& row : detail::all_live(*reader, *info->table)) {
      const auto key = varve::row_key::of(row, info->table->key);
      const auto state = varve::detail::load_live(*reader, *info, key);
      found.emplace(past_entity{info, key, varve::detail::uuid_of_row(*info, row)}, text_of(*info, state->object.get()));
    }
  return found;
}

inline std::vector<varve::version> versions_of(const varve::store_handle& store, const past_entity& entity) {
  return varve::detail::kind_history{store, *entity.info}.versions(entity.name()).all();
}
inline told_version tell(const varve::version& version) {
  std::string told = varve::to_string(version.uuid()) + " " + varve::to_string(version.issued_at()) + " " + version.actor() + " " +
                     version.action_kind();
  for (const auto& record : version.changes()) told += "\n" + line_of(record);
  return {version.transaction(), version.operation(), std::move(told)};
}

class past_model {
 public:
  /// To be called after each commit, and before anything is pruned.
  /// \param baseline  a transaction of the same commit that tells what lived before it.
  void note(const varve::store_handle& store, varve::transaction_id at, std::optional<varve::transaction_id> baseline) {
    if (baseline) worlds_[*baseline] = before_;
    before_ = worlds_[at] = world_of(store);
    for (const auto& [entity, text] : before_) listed_.try_emplace(entity);
    for (auto& [entity, list] : listed_) {
      const auto now = versions_of(store, entity);
      for (const auto& version : now)
        if (list.empty() || list.back().at < version.transaction()) list.push_back(tell(version));
    }
  }
  /// What lives was written without a version.
  void note_adopted(const varve::store_handle& store) { before_ = world_of(store); }

  [[nodiscard]] const std::map<past_entity, std::vector<told_version>>& listed() const { return listed_; }
  /// The transactions, oldest first.
  [[nodiscard]] std::vector<varve::transaction_id> transactions() const {
    std::vector<varve::transaction_id> ids;
    for (const auto& [id, world] : worlds_) ids.push_back(id);
    return ids;
  }

  /// Everything that a store's history says otherwise than the model, after a prune.
  /// \param horizon   that of the newest run.
  /// \param finished  nothing may be left of what is older.
  [[nodiscard]] lines disagreements(const varve::store_handle& store, varve::transaction_id horizon, bool finished) {
    lines found;
    for (auto& [entity, list] : listed_) {
      const varve::detail::kind_history history{store, *entity.info};
      const auto now = history.versions(entity.name()).all();
      std::vector<told_version> told;
      for (const auto& version : now) told.push_back(tell(version));
      std::vector<told_version> must, may = list;
      for (const auto& version : list)
        if (!is_past(entity, version, horizon)) must.push_back(version);
      if (told.size() > may.size() || !std::equal(told.rbegin(), told.rend(), may.rbegin()))
        found.push_back(entity.text() + ": lists what was not there");
      if (told.size() < must.size() || (finished && told.size() > must.size()))
        found.push_back(entity.text() + ": lists " + std::to_string(told.size()) + " versions instead of " +
                        std::to_string(must.size()));
      for (std::size_t i = 0; i < now.size(); ++i) {
        const auto& version = now[i];
        if (version.number() != i) found.push_back(entity.text() + ": wrong number");
        if (version.is_deletion()) continue;
        compare(text_of(*entity.info, history.state(version).get()), entity, version.transaction(), found);
      }
      for (const auto& version : may)
        if (told.empty() || version.at < told.front().at) {
          if (history.at(entity.name(), version.at))
            found.push_back(entity.text() + ": a pruned version is found");
          if (history.as_of(entity.name(), version.at))
            found.push_back(entity.text() + ": there is a state of a pruned version");
        }
      for (const auto& [at, world] : worlds_) {
        if (told.empty() || at < told.front().at) continue;
        const auto state = history.as_of(entity.name(), at);
        compare(state ? text_of(*entity.info, state.get()) : std::string{}, entity, at, found);
      }
    }
    return found;
  }
  /// What was pruned is no longer expected.
  void forget(const varve::store_handle& store) {
    for (auto& [entity, list] : listed_) {
      const auto now = versions_of(store, entity).size();
      list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(std::min(now, list.size())));
    }
  }

 private:
  /// Empty when it did not live.
  [[nodiscard]] std::string state_at(const past_entity& entity, varve::transaction_id at) const {
    const auto world = worlds_.find(at);
    if (world == worlds_.end()) return "no such transaction";
    const auto found = world->second.find(entity);
    return found == world->second.end() ? std::string{} : found->second;
  }
  void compare(const std::string& read, const past_entity& entity, varve::transaction_id at, lines& found) const {
    if (read != state_at(entity, at))
      found.push_back(entity.text() + " at " + std::to_string(at.value) + " was\n  " + state_at(entity, at) + "\nand is\n  " + read);
  }
  [[nodiscard]] bool is_past(const past_entity& entity, const told_version& version, varve::transaction_id horizon) const {
    if (version.operation == varve::row_operation::remove && version.at < horizon) return true;
    for (const auto& [other, list] : listed_) {  // the next version under the key ends this one
      if (other.info != entity.info || other.key != entity.key) continue;
      for (const auto& next : list)
        if (version.at < next.at && next.at < horizon) return true;
    }
    return false;
  }

  std::map<past_entity, std::vector<told_version>> listed_{};
  std::map<varve::transaction_id, live_world> worlds_{};
  live_world before_{};
};

/// What a restore to a version gives: the state, or why not. Nothing is kept of it.
inline std::string restored(const varve::store_handle& store, const past_entity& entity, varve::transaction_id at) {
  const auto version = varve::detail::kind_history{store, *entity.info}.at(entity.name(), at);
  if (!version) return "no such version";
  varve::session session{store, varve::actor{"restorer"}};
  try {
    varve::reverter revert{session, *version};
    revert.all();
    session.flush();
    const auto* live = session.work().find(*entity.info, version->id().entity);
    return live == nullptr ? "nothing" : text_of(*entity.info, live->object.get(), true);
  } catch (const varve::error& failure) {
    return failure.what();
  }
}

}  // namespace test
