#pragma once

#include <cstddef>
#include <utility>

#include "varve/capture/change.hpp"
#include "varve/store/state.hpp"

namespace varve::detail {

/// Two empty structs of an entity, to put its collections aside in.
struct spare_structs {
  state_pointer of_state{};
  state_pointer of_object{};

  void make(const entity_info& info) {
    if (of_object) return;
    of_state = make_state(info);
    of_object = make_state(info);
  }
};

/// Exchanges all collections of two structs.
inline void swap_collections(const entity_info& info, void* a, void* b) {
  for (const auto& relation : info.relations) relation.items->swap(relation.in(a), relation.in(b));
}

/// Whether a struct has fields that are no columns: nobody sees when they change, so they are copied always.
[[nodiscard]] inline bool has_other_fields(const table_info& table) {
  std::size_t fields = 0;
  std::uint16_t last = no_field;
  for (const auto& column : table.columns) {
    if (!column.has_member() || column.field_index == last) continue;
    last = column.field_index;
    ++fields;
  }
  return fields != table.row->fields;
}

/// Makes the state that a session keeps of an object the same as the object: items that are the same are not touched.
inline void patch_state(const saved_entity& saved, void* object, spare_structs& spare, entity_state& state) {
  const auto& info = *saved.entity;
  spare.make(info);
  struct aside {  // the collections, while all other fields are copied at once
    const entity_info& info;
    void *a, *a_spare, *b, *b_spare;
    aside(const entity_info& i, void* x, void* xs, void* y, void* ys) : info(i), a(x), a_spare(xs), b(y), b_spare(ys) {
      exchange();
    }
    aside(const aside&) = delete;
    aside& operator=(const aside&) = delete;
    ~aside() { exchange(); }
    void exchange() const {
      swap_collections(info, a, a_spare);
      swap_collections(info, b, b_spare);
    }
  };
  {
    const aside put{info, state.object.get(), spare.of_state.get(), object, spare.of_object.get()};
    info.table->row->assign(state.object.get(), object);
  }
  for (std::size_t r = 0; r < info.relations.size(); ++r) {
    const auto& relation = info.relations[r];
    const auto& changes = saved.from_base[r];
    const bool same_places = changes.in_step && !has_other_fields(*relation.table);
    if (same_places && changes.changed.empty()) continue;
    const item_view now{relation, object};
    if (same_places && now.in_a_row()) {
      const item_access kept{relation, state.object.get()};
      for (const auto& pair : changes.changed) relation.table->row->assign(kept[pair.from], now[pair.to]);
      continue;
    }
    build_items(relation, state.object.get(), now.size(),
                [&](void* item, std::size_t i) { relation.table->row->assign(item, now[i]); });
  }
}

}  // namespace varve::detail
