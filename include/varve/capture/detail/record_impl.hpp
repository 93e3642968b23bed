#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/capture/detail/recording.hpp"
#include "varve/capture/pipeline.hpp"
#include "varve/capture/record.hpp"
#include "varve/store/conflict.hpp"

namespace varve::detail {

/// Children must have the keys that the application's rows have.
inline void require_keys(const entity_info& info, const void* object) {
  const auto refuse = [&](std::string_view what) {
    throw input_error("cannot record " + std::string{info.kind} + ": " + std::string{what} +
                          " has no key; record() comes after the live write, which gave it one",
                      {std::string{info.kind}, {}, "record"});
  };
  if (lacks_key(*info.table, object)) refuse(info.kind);
  for (const auto& relation : info.relations) {
    if (relation.what != relation_kind::children || !relation.table->generated_key) continue;
    const item_view children{relation, object};
    for (std::size_t i = 0; i < children.size(); ++i)
      if (lacks_key(*relation.table, children[i])) refuse(relation.kind);
  }
}

VARVE_INLINE apply_result record_states(const store_handle& store, attribution who, const entity_info& info,
                                        const void* before, const void* after, const record_options& options) {
  if (before == nullptr && after == nullptr)
    throw input_error(
        "cannot record a " + std::string{info.kind} + ": neither the state before nor the state after is given",
        {std::string{info.kind}, {}, "record"});
  if (who.who && who.who->name.empty())
    throw input_error("nobody is named as the actor of this record; give varve::actor{\"name\"} or varve::anonymous",
                      {std::string{info.kind}, {}, "record"});
  store.base().use(info);
  const auto connection = store.base().connect();
  if (!connection->is_within_application())
    throw input_error(
        "record() belongs into the application's own transaction, on a borrowed connection: begin one "
        "before the live write (a session saves and records by itself)",
        {std::string{info.kind}, {}, "record"});
  for (const void* state : {before, after})
    if (state != nullptr) require_keys(info, state);
  saved_entity saved;
  saved.entity = &info;
  saved.key = entity_key(info, before != nullptr ? before : after);
  if (before != nullptr && after != nullptr && entity_key(info, after) != saved.key)
    throw input_error("cannot record " + describe_entity(info, saved.key) + ": the two states have different keys",
                      {std::string{info.kind}, saved.key.text(), "record"});
  if (before != nullptr && after != nullptr && info.has_uuid()) {
    const auto& id = info.table->columns[info.table->public_id];
    if (!id.ops->same(id.in(before), id.in(after)))
      throw input_error("cannot record " + describe_entity(info, saved.key) + ": its uuid changed",
                        {std::string{info.kind}, saved.key.text(), "record"});
  }
  auto& reader = connection->reader();
  const recording states{reader, info, saved.key};
  state_pointer was, is;
  item_positions positions;
  if (before != nullptr) was = states.completed(before);
  if (after != nullptr) {
    is = states.completed(after);
    saved.now_positions = states.fitting(is.get());
  }
  if (before == nullptr) states.check_creation();
  if (after == nullptr) states.check_deletion();
  if (before != nullptr) positions = states.positions_before(was.get(), is.get(), saved.now_positions);
  saved.base = saved.flushed = was.get();
  saved.base_positions = saved.flushed_positions = before != nullptr ? &positions : nullptr;
  saved.now = is.get();
  saved.versioned = store.base().versions(info);
  saved.write_live = false;
  saved.has_history = false;  // the store looks: a baseline is made only when there is none
  if (const auto open = open_version(reader, info, saved.key)) saved.absent = absent_relations(reader, info, *open);
  if (options.expected) saved.expected = {expectation::check::version, *options.expected, after != nullptr};
  who.clock = options.clock == time_point{} ? now() : options.clock;
  if (who.token.is_nil()) who.token = random_uuid();

  std::vector<saved_entity> entities;
  entities.push_back(std::move(saved));
  std::vector<recording::owner> owners;
  if (after == nullptr && entities[0].versioned) owners = states.owners_of_links(store.base().entities());
  for (const auto& owner : owners) {
    saved_entity lost;  // its links to what is deleted
    lost.entity = owner.info;
    lost.key = owner.key;
    lost.base = lost.flushed = owner.before.object.get();
    lost.base_positions = lost.flushed_positions = &owner.before.positions;
    lost.now = owner.after.get();
    lost.now_positions = owner.before.positions;
    lost.versioned = store.base().versions(*owner.info);
    lost.write_live = false;
    lost.absent = absent_relations(reader, *owner.info, owner.open);
    entities.push_back(std::move(lost));
  }
  for (auto& one : entities) find_changes(one);
  auto set = capture(entities, who, options.limits);
  states.settle_moves(set.shadow);
  auto result = connection->commit(set);
  if (result.conflict)
    throw conflict_error(
        describe_entity(info, entities[0].key) + " is at another version than the one expected; nothing was recorded",
        {std::string{info.kind}, entities[0].key.text(), "record"}, options.expected, result.conflict->found, {}, true);
  return result;
}

}  // namespace varve::detail
