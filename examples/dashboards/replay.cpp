#include "replay.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <utility>

#include "varve/session/session.hpp"

namespace dashboards {
namespace {

/// Saves planned lines. It remembers under which keys deleted entities lived, so that one that is created again gets
/// its old key, and its history goes on.
class replayer {
 public:
  explicit replayer(varve::store_handle store) : store_(std::move(store)) {}

  void save(const planned_save& planned) {
    varve::session session{store_, varve::actor{"corpus", 1}};
    session.clock([at = planned.save->at] { return at; });
    for (const auto kind : {entity_kind::chart, entity_kind::dataset, entity_kind::dashboard}) {
      if (kind == entity_kind::dashboard) session.flush();  // links need charts that live
      for (const auto& line : planned.lines)
        if (line.document && line.line->name.kind == kind)
          std::visit([&](auto entity) { put(session, line.line->name, std::move(entity)); }, *line.document);
    }
    for (const auto& line : planned.lines)
      if (!line.document) erase(session, line.line->name);
    session.commit();
  }

 private:
  template <class Entity>
  void put(varve::session& session, const entity_name& name, Entity entity) {
    if (const auto key = deleted_.find(name); key != deleted_.end()) entity.id = key->second;
    session.save(entity);  // compared with what lives under its uuid, children by name
  }
  template <class Entity>
  void erase_as(varve::session& session, const entity_name& name) {
    const auto* live = session.find<Entity>(name.uuid);
    if (live == nullptr) return;
    deleted_[name] = live->id;
    session.erase<Entity>(name.uuid);
  }
  void erase(varve::session& session, const entity_name& name) {
    switch (name.kind) {
      case entity_kind::dashboard: return erase_as<Dashboard>(session, name);
      case entity_kind::chart: return erase_as<Chart>(session, name);
      case entity_kind::dataset: return erase_as<Dataset>(session, name);
    }
  }

  varve::store_handle store_;
  std::map<entity_name, std::int64_t> deleted_{};
};

/// The save without the lines that are their entity's first: those were adopted.
corpus_save without_adopted(const corpus_save& save, std::set<entity_name>& adopted) {
  corpus_save rest{save.file, save.tx, save.at, {}};
  for (const auto& line : save.lines)
    if (!line.document || !adopted.erase(line.name)) rest.lines.push_back(line);
  return rest;
}

}  // namespace

replay_result replay(const corpus& corpus, const std::string& database, bool adopt, expected_histories& histories,
                     const std::function<void(std::size_t)>& progress) {
  std::set<entity_name> adopted;
  planned_save rows;
  if (adopt) {
    rows = histories.plan_adoption(corpus);
    histories.adopt(rows);
    for (const auto& line : rows.lines) adopted.insert(line.line->name);
  }
  replay_result result{open_store(database, adopt ? &rows : nullptr)};
  result.links_dropped = rows.links_dropped;
  replayer replayer{result.store.handle};
  for (const auto& save : corpus.saves) {
    const auto rest = without_adopted(save, adopted);
    const auto planned = histories.plan(rest);
    try {
      replayer.save(planned);
      histories.apply(planned);
      result.links_dropped += planned.links_dropped;
      ++result.saves;
    } catch (const varve::error& error) {
      for (const auto& line : rest.lines)
        result.bad.push_back(
            {corpus.files[save.file], line.number, fmt::format("its save was refused: {}", error.what())});
    }
    if (progress) progress(static_cast<std::size_t>(&save - corpus.saves.data()) + 1);
  }
  return result;
}

}  // namespace dashboards
