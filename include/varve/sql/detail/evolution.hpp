#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/sql/detail/catalog.hpp"

/// What became of a kind since the catalog was written: its entry beside the descriptor of now.
namespace varve::sql {

[[nodiscard]] inline std::string text_in(const nlohmann::json& entry, const char* name) {
  return entry.value(name, std::string{});
}
[[nodiscard]] inline bool contains_name(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A table's columns with what they were.
struct table_match {
  const table_info* table = nullptr;
  const nlohmann::json* old = nullptr;           ///< null: the catalog does not have it
  std::vector<const nlohmann::json*> origins{};  ///< by column: as the catalog has it; null: it is new
  std::vector<const nlohmann::json*> removed{};  ///< columns that there are no more
  std::vector<std::string> fields{};             ///< by column: what its field was called
  std::vector<std::string> groups{};             ///< and the embedded struct that it is in

  [[nodiscard]] bool is_known() const { return old != nullptr; }
  [[nodiscard]] std::string old_table() const {
    return old == nullptr ? std::string{table->name} : text_in(*old, "table");
  }
  [[nodiscard]] std::string old_shadow() const {
    return old == nullptr ? std::string{table->shadow} : text_in(*old, "shadow");
  }
  [[nodiscard]] std::string old_name(std::size_t column) const {
    return origins[column] == nullptr ? std::string{table->columns[column].name} : text_in(*origins[column], "name");
  }
};

struct relation_match {
  const relation_info* relation = nullptr;
  table_match table{};
};

struct entity_match {
  const entity_info* entity = nullptr;
  std::string kind{};                           ///< under which the catalog has it; empty where it does not
  std::shared_ptr<const nlohmann::json> old{};  ///< its entry
  table_match table{};
  std::vector<relation_match> relations{};
  std::vector<const nlohmann::json*> removed{};  ///< collections that there are no more

  [[nodiscard]] bool is_known() const { return old != nullptr; }
  [[nodiscard]] bool is_renamed() const { return is_known() && kind != entity->kind; }
};

// ---- matching ----

/// The column of before that a column was, by names of before.
[[nodiscard]] inline const nlohmann::json* former_column(const table_info& table, const column_info& column,
                                                         const nlohmann::json& columns) {
  if (table.former == nullptr) return nullptr;
  std::vector<std::string_view> fields{column.field}, groups{column.group};
  for (const auto& former : table.former->fields) {
    if (former.group == column.group && former.field == column.field) fields.push_back(former.name);
    if (former.group.empty() && !column.group.empty() && former.field == column.group) groups.push_back(former.name);
  }
  if (fields.size() == 1 && groups.size() == 1) return nullptr;
  for (const auto& one : columns)
    for (const auto group : groups)
      for (const auto field : fields)
        if (text_in(one, "group") == group &&
            (text_in(one, "field") == field || (group.empty() && text_in(one, "name") == field)))
          return &one;
  return nullptr;
}
[[nodiscard]] inline const nlohmann::json* column_named(const nlohmann::json& columns, std::string_view name) {
  for (const auto& one : columns)
    if (text_in(one, "name") == name) return &one;
  return nullptr;
}
/// The owner's key in a child's table and a target's in an association follow their entities' names.
[[nodiscard]] inline const nlohmann::json* key_of_other(const table_info& table, std::size_t column,
                                                        const nlohmann::json& old, const nlohmann::json& columns) {
  const auto& info = table.columns[column];
  const char* list = info.is(column_flag::parent) ? "parent" : "natural_key";
  const std::size_t place = info.is(column_flag::parent) ? info.ordinal : 0;
  if (!old.contains(list) || old[list].size() <= place || !old[list][place].is_string()) return nullptr;
  return column_named(columns, old[list][place].get_ref<const std::string&>());
}

/// \param links  the table is that of links: its natural key is their target's.
[[nodiscard]] inline table_match match_table(const table_info& table, const nlohmann::json* old, bool links) {
  table_match made;
  made.table = &table;
  made.old = old;
  made.origins.assign(table.stored, nullptr);
  made.fields.resize(table.stored);
  made.groups.resize(table.stored);
  if (old == nullptr || !old->contains("columns")) return made;
  const auto& columns = (*old)["columns"];
  std::set<const nlohmann::json*> taken;
  const auto take = [&](std::size_t i, const nlohmann::json* origin) {
    if (origin == nullptr || made.origins[i] != nullptr || !taken.insert(origin).second) return;
    made.origins[i] = origin;
    made.fields[i] = text_in(*origin, "field");
    made.groups[i] = text_in(*origin, "group");
  };
  const auto each = [&](auto&& origin_of) {
    for (std::size_t i = 0; i < table.stored; ++i) take(i, origin_of(i));
  };
  // A field that has the name which another leaves has left a name itself.
  for (std::size_t before = taken.size() + 1; before != taken.size();) {
    before = taken.size();
    each([&](std::size_t i) {
      const auto* own = column_named(columns, table.columns[i].name);
      return own != nullptr && !taken.contains(own) ? nullptr : former_column(table, table.columns[i], columns);
    });
  }
  each([&](std::size_t i) -> const nlohmann::json* {
    const auto& column = table.columns[i];
    const bool of_other = column.is(column_flag::parent) || (links && column.is(column_flag::natural));
    return of_other ? key_of_other(table, i, *old, columns) : nullptr;
  });
  each([&](std::size_t i) { return column_named(columns, table.columns[i].name); });
  for (const auto& one : columns)
    if (!taken.contains(&one)) made.removed.push_back(&one);
  return made;
}

[[nodiscard]] inline const nlohmann::json* former_relation(const entity_info& entity, const relation_info& relation,
                                                           const nlohmann::json& relations) {
  const auto named = [&](std::string_view field) -> const nlohmann::json* {
    for (const auto& one : relations)
      if (text_in(one, "field") == field) return &one;
    return nullptr;
  };
  if (const auto* found = named(relation.field)) return found;
  if (entity.table->former == nullptr) return nullptr;
  for (const auto& former : entity.table->former->fields)
    if (former.group.empty() && former.field == relation.field)
      if (const auto* found = named(former.name)) return found;
  return nullptr;
}

[[nodiscard]] inline entity_match match_entity(const catalog& known, const entity_info& entity) {
  entity_match made;
  made.entity = &entity;
  auto old = known.json("entity", entity.kind);
  made.kind = entity.kind;
  if (!old && entity.table->former != nullptr)
    for (const auto kind : entity.table->former->kinds) {
      old = known.json("entity", kind);
      made.kind = kind;
      if (old) break;
    }
  if (old)
    made.old = std::make_shared<const nlohmann::json>(*std::move(old));
  else
    made.kind.clear();
  made.table = match_table(*entity.table, made.old.get(), false);
  static const auto none = nlohmann::json::array();
  const auto& relations = made.old != nullptr && made.old->contains("relations") ? (*made.old)["relations"] : none;
  std::set<const nlohmann::json*> taken;
  for (const auto& relation : entity.relations) {
    const auto* was = former_relation(entity, relation, relations);
    if (was != nullptr && !taken.insert(was).second) was = nullptr;
    made.relations.push_back({&relation, match_table(*relation.table, was, relation.what == relation_kind::links)});
  }
  for (const auto& one : relations)
    if (!taken.contains(&one)) made.removed.push_back(&one);
  return made;
}

// ---- contradictions ----

/// What no statement can bring together: the sentences say what differs.
class contradictions {
 public:
  explicit contradictions(const catalog& known) : known_(known) {}

  [[nodiscard]] std::vector<std::string> of(const entity_match& match) {
    found_.clear();
    if (!match.is_known()) {
      foreign(match, match.table);
      for (const auto& one : match.relations) foreign(match, one.table);
      return std::move(found_);
    }
    table(match.table, std::string{match.entity->kind});
    if (match.table.old_table() != match.entity->table->name && !match.is_renamed() && !is_former_table(match.table))
      differs(std::string{match.entity->kind}, "table", match.table.old_table(), match.entity->table->name,
              "; say formerly_table<\"" + match.table.old_table() + "\"> if that became this one");
    public_id(match);
    references(match.table, std::string{match.entity->kind}, *match.entity);
    for (const auto& one : match.relations) relation(match, one);
    return std::move(found_);
  }

 private:
  void differs(const std::string& whose, std::string_view what, const std::string& was, std::string_view is,
               const std::string& more = {}) {
    found_.push_back("the " + std::string{what} + " of " + whose + " was " + (was.empty() ? "none" : was) + " and is " +
                     (is.empty() ? "none" : std::string{is}) + " now" + more);
  }
  [[nodiscard]] static bool is_former_table(const table_match& match) {
    return match.table->former != nullptr && contains_name(match.table->former->tables, match.old_table());
  }
  [[nodiscard]] static std::string names_in(const nlohmann::json& entry, const char* list) {
    std::string text;
    if (entry.contains(list))
      for (const auto& one : entry[list])
        if (one.is_string()) text += (text.empty() ? "" : ", ") + one.get_ref<const std::string&>();
    return text;
  }
  /// \param as_before  with the names that the columns had.
  [[nodiscard]] static std::string names_of(const table_match& match, std::span<const std::uint16_t> columns,
                                            bool as_before) {
    std::string text;
    for (const auto index : columns)
      text += (text.empty() ? "" : ", ") +
              (as_before ? match.old_name(index) : std::string{match.table->columns[index].name});
    return text;
  }
  void list(const table_match& match, const std::string& whose, std::string_view what, const char* name,
            std::span<const std::uint16_t> columns) {
    const auto was = names_in(*match.old, name);
    if (was != names_of(match, columns, true)) differs(whose, what, was, names_of(match, columns, false));
    for (const auto index : columns)
      if (const auto* origin = match.origins[index]; origin != nullptr && !follows_target(match, index))
        if (const auto type = type_of(match, index); text_in(*origin, "type") != type)
          differs(whose, "type of " + std::string{what} + " " + std::string{match.table->columns[index].name},
                  text_in(*origin, "type"), type, "; records and versions are found by it");
  }
  /// The key of an owner or target changes with these, and is told there.
  [[nodiscard]] static bool follows_target(const table_match& match, std::uint16_t index) {
    return match.table->columns[index].is(column_flag::parent);
  }
  [[nodiscard]] static std::string_view type_of(const table_match& match, std::size_t column) {
    return meaning_name(match.table->columns[column].ops->meaning);
  }
  /// What a field was whose records would not apply to what it is now.
  void field(const table_match& match, const std::string& whose, std::size_t i) {
    const auto& column = match.table->columns[i];
    const auto& origin = *match.origins[i];
    const std::string what = "field " + std::string{column.field};
    const std::string advice = "; give the new one another name, as the records of before do not apply to it";
    if (origin.value("document", false) && !column.is(column_flag::document))
      differs(whose, what, "a document", "none", advice);
    const auto was = text_in(origin, "type");
    const auto is = type_of(match, i);
    if (was != is && (was == "json" || was == "time" || was == "bytes")) differs(whose, what, was, is, advice);
    if (text_in(origin, "group").empty() != column.group.empty())
      differs(whose, what, text_in(origin, "group").empty() ? "the entity's own" : "in " + text_in(origin, "group"),
              column.group.empty() ? "the entity's own" : "in " + std::string{column.group}, advice);
    if ((text_in(origin, "field") == "map key") != (column.field == "map key"))
      differs(whose, what, text_in(origin, "field") == "map key" ? "a map's key" : "no map's key",
              column.field == "map key" ? "one" : "none", advice);
    if (match.table->former == nullptr) return;
    for (const auto* gone : match.removed)
      for (const auto& former : match.table->former->fields)
        if (former.field == column.field && former.group == column.group && former.name == text_in(*gone, "field"))
          differs(whose, what, "beside " + text_in(*gone, "field"), "what formerly<> says that became",
                  "; two columns cannot become one: describe both, or leave out the formerly<>");
  }
  /// \param references  those of the entity whose table it is.
  void references(const table_match& match, const std::string& whose, const entity_info& entity) {
    for (std::size_t i = 0; i < match.table->stored; ++i) {
      const auto& column = match.table->columns[i];
      if (match.origins[i] == nullptr) continue;
      const auto was = text_in(*match.origins[i], "refers_to");
      if (was.empty() || column.refers_to.empty() || was == column.refers_to) continue;
      const bool is_renamed =
          std::any_of(entity.references.begin(), entity.references.end(), [&](const reference_info& reference) {
            const auto& target = *reference.target().table;
            return target.name == column.refers_to && target.former != nullptr &&
                   (contains_name(target.former->tables, was) || contains_name(target.former->kinds, was));
          });
      if (!is_renamed) differs(whose, "target of " + std::string{column.field}, was, column.refers_to);
    }
  }

  void table(const table_match& match, const std::string& whose) {
    list(match, whose, "key", "key", match.table->key);
    for (std::size_t i = 0; i < match.table->stored; ++i) {
      const auto& column = match.table->columns[i];
      if (!column.has_member()) continue;
      if (match.origins[i] != nullptr) {
        field(match, whose, i);
        continue;
      }
      for (const auto* gone : match.removed)
        if (text_in(*gone, "field") == column.field && text_in(*gone, "group") == column.group)
          differs(whose, "column of the field " + std::string{column.field}, text_in(*gone, "name"), column.name,
                  "; say formerly<> with that name if it became this one");
    }
  }
  void public_id(const entity_match& match) {
    const auto& table = *match.entity->table;
    const auto was = text_in(*match.old, "public_id");
    const auto is = table.public_id == no_field ? std::string{} : match.table.old_name(table.public_id);
    if (was != is) differs(std::string{match.entity->kind}, "uuid", was, is);
  }
  void relation(const entity_match& match, const relation_match& one) {
    const auto& relation = *one.relation;
    const auto whose = std::string{match.entity->kind} + "." + std::string{relation.field};
    if (!one.table.is_known()) {
      foreign(match, one.table);
      return;
    }
    const auto& old = *one.table.old;
    const std::string_view what = relation.what == relation_kind::links ? "links" : "children";
    if (text_in(old, "what") != what) {
      differs(whose, "content", text_in(old, "what"), what);
      return;
    }
    if (old.value("plain", false) != (relation.table->value != no_field)) {
      differs(whose, "content", old.value("plain", false) ? "plain values" : "structs",
              relation.table->value != no_field ? "plain values" : "structs");
      return;
    }
    for (const auto* gone : match.removed)
      if (text_in(*gone, "field") != relation.field && is_former_field(match, relation, text_in(*gone, "field")))
        differs(whose, "collection", "beside " + text_in(*gone, "field"), "what formerly<> says that became",
                "; two collections cannot become one: describe both, or leave out the formerly<>");
    table(one.table, whose);
    if (relation.what == relation_kind::children)
      list(one.table, whose, "natural key", "natural_key", relation.table->natural);
    else
      target(whose, relation, old);
    list(one.table, whose, "parent column", "parent", relation.table->parent);
    for (const auto index : relation.table->parent)  // follows its owner's name, or its own field's, and nothing else
      if (one.table.old_name(index) != relation.table->columns[index].name && !match.is_renamed() &&
          former_column(*relation.table, relation.table->columns[index], old["columns"]) == nullptr)
        differs(whose, "parent column", one.table.old_name(index), relation.table->columns[index].name);
    const bool was_ordered = old.value("ordered", false);
    if (relation.ordered && !was_ordered) differs(whose, "order", "no part of the state", "one");
    if (relation.keeps_duplicates != old.value("keeps_duplicates", false))
      differs(whose, "natural key", relation.keeps_duplicates ? "unique" : "one of duplicates",
              relation.keeps_duplicates ? "one of duplicates" : "unique");
    const bool moved_with_name =
        match.is_renamed() || text_in(old, "field") != relation.field || is_former_table(one.table) ||
        (relation.table->former != nullptr && contains_name(relation.table->former->kinds, text_in(old, "kind")));
    if (one.table.old_table() != relation.table->name && !moved_with_name)
      differs(whose, "table", one.table.old_table(), relation.table->name,
              "; say formerly_table<\"" + one.table.old_table() + "\"> if that became this one");
  }
  [[nodiscard]] static bool is_former_field(const entity_match& match, const relation_info& relation,
                                            std::string_view name) {
    const auto* former = match.entity->table->former;
    return former != nullptr && std::any_of(former->fields.begin(), former->fields.end(), [&](const former_name& one) {
             return one.group.empty() && one.field == relation.field && one.name == name;
           });
  }
  void target(const std::string& whose, const relation_info& relation, const nlohmann::json& old) {
    const auto& target = relation.target();
    const auto was = text_in(old, "target");
    const auto* former = target.table->former;
    if (was != target.kind && (former == nullptr || !contains_name(former->kinds, was)))
      differs(whose, "target", was, target.kind);
  }
  /// Tables of something new that the catalog has for something else.
  void foreign(const entity_match& match, const table_match& one) {
    for (const auto& [at, content] : known_.rows()) {
      if (at.first != "entity" || (match.is_known() && at.second == match.kind)) continue;
      const auto entry = known_.json("entity", at.second);
      const auto is_taken = [&](const nlohmann::json& by, const std::string& name) {
        for (const char* role : {"table", "shadow"})
          if (const auto table = text_in(by, role);
              same_name(table, one.table->name) || same_name(table, one.table->shadow))
            found_.push_back("the table " + table + " belongs to " + name +
                             "; say formerly<> or formerly_kind<> if that became this one");
      };
      is_taken(*entry, "the kind " + at.second);
      if (entry->contains("relations"))
        for (const auto& relation : (*entry)["relations"])
          is_taken(relation, at.second + "." + text_in(relation, "field"));
    }
    for (const auto* gone : match.removed)
      for (const char* role : {"table", "shadow"})
        if (const auto table = text_in(*gone, role); table == one.table->name || table == one.table->shadow)
          found_.push_back("the table " + table + " belongs to " + std::string{match.entity->kind} + "." +
                           text_in(*gone, "field") + "; say formerly<> if that became this one");
  }

  const catalog& known_;
  std::vector<std::string> found_{};
};

inline void require_no_contradiction(connection& on, const catalog& known, const entity_match& match) {
  std::string why;
  for (const auto& one : contradictions{known}.of(match)) why += (why.empty() ? "" : "; ") + one;
  if (!why.empty())
    throw schema_error(
        "the descriptor of the kind " + std::string{match.entity->kind} + " contradicts " + on.name() + ": " + why,
        {std::string{match.entity->kind}, {}, "schema"});
}

// ---- what is still to be applied ----

/// What the catalog says otherwise than a descriptor that does not contradict it: each is a sentence.
[[nodiscard]] inline std::vector<std::string> unapplied(const entity_match& match) {
  std::vector<std::string> found;
  if (!match.is_known()) return found;
  const auto table = [&](const table_match& one) {
    const auto name = [&](const std::string& column) {
      return "column " + std::string{one.table->name} + "." + column;
    };
    if (one.old_table() != one.table->name)
      found.push_back("table " + std::string{one.table->name} + " was " + one.old_table());
    if (one.old_shadow() != one.table->shadow)
      found.push_back("table " + std::string{one.table->shadow} + " was " + one.old_shadow());
    for (std::size_t i = 0; i < one.table->stored; ++i) {
      const auto& column = one.table->columns[i];
      const auto* origin = one.origins[i];
      if (origin == nullptr) {
        found.push_back(name(std::string{column.name}) + " is new");
        continue;
      }
      if (one.old_name(i) != column.name) found.push_back(name(std::string{column.name}) + " was " + one.old_name(i));
      if (one.old_name(i) == column.name && (one.fields[i] != column.field || one.groups[i] != column.group))
        found.push_back(name(std::string{column.name}) + " was that of the field " + one.fields[i]);
      if (origin->value("versioned", true) != column.is_versioned())
        found.push_back(name(std::string{column.name}) +
                        (column.is_versioned() ? " was not versioned" : " was versioned"));
      if (const auto type = text_in(*origin, "type"); type != meaning_name(column.ops->meaning))
        found.push_back(name(std::string{column.name}) + " was " + type + " and is " +
                        std::string{meaning_name(column.ops->meaning)});
    }
    for (const auto* gone : one.removed) found.push_back(name(text_in(*gone, "name")) + " has no field any more");
  };
  if (match.is_renamed()) found.push_back("the kind " + std::string{match.entity->kind} + " was " + match.kind);
  table(match.table);
  for (const auto& one : match.relations) {
    const auto name = std::string{match.entity->kind} + "." + std::string{one.relation->field};
    if (!one.table.is_known()) {
      found.push_back("the collection " + name + " is new");
      continue;
    }
    if (text_in(*one.table.old, "field") != one.relation->field)
      found.push_back("the collection " + name + " was " + text_in(*one.table.old, "field"));
    if (text_in(*one.table.old, "kind") != one.relation->kind)
      found.push_back("the records of " + name + " were " + text_in(*one.table.old, "kind"));
    table(one.table);
  }
  for (const auto* gone : match.removed)
    found.push_back("the collection " + std::string{match.entity->kind} + "." + text_in(*gone, "field") +
                    " has no field any more; its tables stay");
  return found;
}

}  // namespace varve::sql
