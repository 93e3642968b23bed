#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/schema/ddl.hpp"
#include "varve/schema/detail/changed_fields.hpp"
#include "varve/schema/migration.hpp"
#include "varve/sql/detail/evolution.hpp"
#include "varve/sql/sql_store.hpp"

namespace varve::sql {

/// What brings a database up to date: statements, and the catalog that they lead to.
struct schema_plan {
  std::vector<migration> steps{
      {"1_parents_and_transactions", {}, {}}, {"2_changes", {}, {}}, {"3_children_and_links", {}, {}}};
  catalog before{}, after{};
  std::int64_t next = 1;  ///< the transaction from which on what is new is versioned
  std::vector<std::pair<std::string, std::string>> loosened{};  ///< tables with columns that allow null afterwards

  /// Whether the database is up to date.
  [[nodiscard]] bool is_empty() const {
    return before.rows() == after.rows() &&
           std::all_of(steps.begin(), steps.end(), [](const migration& step) { return step.statements.empty(); });
  }
};

inline void append_to(migration& step, std::vector<std::string> statements) {
  for (auto& statement : statements) step.statements.push_back(std::move(statement));
}
[[nodiscard]] inline const table_column* find_column(const std::vector<table_column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}
const table_column* find_column(std::vector<table_column>&&, std::string_view) = delete;  // it would point nowhere

/// Tables of varve's names that are there must be varve's.
inline void require_own_tables(connection& on, const std::vector<migration>& steps) {
  std::string strange;
  for (const auto& defect : own_table_defects(on)) {
    const bool created =
        (defect == "table version_changes" && !steps[1].statements.empty()) ||
        ((defect == "table version_transaction" || defect == "table version_catalog") && !steps[0].statements.empty());
    if (!created) strange += (strange.empty() ? "" : ", ") + defect;
  }
  if (!strange.empty())
    throw schema_error(on.name() + " has tables with names of varve's own that are not varve's: " + strange +
                           " missing; rename them, or use another database",
                       {{}, {}, "schema"});
}

/// What is new by a plan is so from a later transaction on.
inline void date(schema_plan& plan, std::int64_t from) {
  const auto rows = plan.after.rows();
  const auto planned = std::to_string(plan.next);
  for (const auto& [at, content] : rows) {
    const auto* known = plan.before.find(at.first, at.second);
    if (known != nullptr && *known == content) continue;
    if (at.first == "since" && content == planned) plan.after.put("since", at.second, std::to_string(from));
    if (at.first != "former") continue;
    auto all = *plan.after.json("former", at.second);
    for (std::size_t i = known == nullptr ? 0 : plan.before.json("former", at.second)->size(); i < all.size(); ++i)
      if (all[i].value("before", std::int64_t{0}) == plan.next) all[i]["before"] = from;
    plan.after.put("former", at.second, all.dump());
  }
  plan.next = from;
}

/// Plans what the tables of some kinds need, from what is there and what the catalog says was described last.
class planner {
 public:
  planner(connection& on, const dialect& spelled) : on_(on), dialect_(spelled), texts_(spelled) {}

  [[nodiscard]] schema_plan run(std::span<const entity_info* const> entities) {
    auto& steps = plan_.steps;
    const bool is_first = on_.columns("version_catalog").empty();
    // Where each statement stays done, the first of the two may be there alone.
    if (is_first && (on_.columns("version_transaction").empty() || dialect_.ddl_commits))
      append_to(steps[0], texts_.transactions());
    const bool integer_keys = std::all_of(entities.begin(), entities.end(), &has_integer_key);
    const auto changes = on_.columns("version_changes");
    if (changes.empty())
      append_to(steps[1], texts_.changes(integer_keys));
    else if (const auto* key = find_column(changes, "entity_id");
             !integer_keys && key != nullptr && key->type == dialect_.integer_type && !dialect_.widen_key.empty())
      steps[1].statements.emplace_back(dialect_.widen_key);
    if (steps[0].statements.empty() || steps[1].statements.empty()) require_own_tables(on_, steps);
    require_known_layout(on_);
    if (is_first) {
      plan_.after.put("schema", "version", std::to_string(schema_version));
      plan_.after.put("schema", "horizon", "0");
    } else {
      plan_.before = plan_.after = catalog::read(on_);
      if (dialect_.ddl_commits && !plan_.after.has("schema", "version")) {  // the first time ended before it was written
        plan_.after.put("schema", "version", std::to_string(schema_version));
        plan_.after.put("schema", "horizon", "0");
      }
      query run{on_, "SELECT coalesce(max(id), 0) + 1 FROM version_transaction"};
      run.step();
      next_ = run.column(0).integer();
    }
    for (const auto& match : match_all(entities)) kind(match);
    append_to(plan_.steps[0], std::move(late_.statements));
    for (const auto* entity : entities) plan_.after.erase("became", entity->kind);
    plan_.next = next_;
    return std::move(plan_);
  }

 private:
  [[noreturn]] static void refuse(const std::string& why) { throw schema_error(why, {{}, {}, "schema"}); }

  /// Kinds that were renamed come first: what they leave may have become another's name.
  [[nodiscard]] std::vector<entity_match> match_all(std::span<const entity_info* const> entities) {
    std::vector<entity_match> matches;
    auto known = plan_.before;
    for (const auto* entity : entities)
      if (auto match = match_entity(known, *entity); match.is_renamed()) {
        require_no_contradiction(on_, known, match);
        matches.push_back(std::move(match));
      }
    for (const auto& match : matches) known.erase("entity", match.kind);
    const auto renamed = matches.size();
    for (const auto* entity : entities) {
      const auto is_done = [&](const entity_match& match) { return match.entity == entity; };
      const auto end = matches.begin() + static_cast<std::ptrdiff_t>(renamed);
      if (std::any_of(matches.begin(), end, is_done)) continue;
      auto match = match_entity(known, *entity);
      require_no_contradiction(on_, known, match);
      require_one_origin(known, match, entities);
      require_not_renamed(match, entities);
      matches.push_back(std::move(match));
    }
    return matches;
  }

  /// A kind that is there beside the one that formerly_kind<> says became it.
  static void require_one_origin(const catalog& known, const entity_match& match,
                                 std::span<const entity_info* const> entities) {
    const auto* former = match.entity->table->former;
    if (!match.is_known() || former == nullptr) return;
    for (const auto kind : former->kinds) {
      const auto is_described = [&](const entity_info* entity) { return entity->kind == kind; };
      if (kind != match.entity->kind && known.has("entity", kind) &&
          std::none_of(entities.begin(), entities.end(), is_described))
        refuse("the database has a history of both the kind " + std::string{match.entity->kind} + " and the kind " +
               std::string{kind} +
               ", which formerly_kind<> says became it: two kinds cannot become one; describe both, "
               "or leave out the formerly_kind<>");
    }
  }
  /// A kind that the database knows under a later name alone.
  void require_not_renamed(const entity_match& match, std::span<const entity_info* const> entities) const {
    if (match.is_known()) return;
    const std::string kind{match.entity->kind};
    auto last = kind;
    while (const auto* next = plan_.before.find("became", last)) last = *next;
    const auto is_last = [&](const entity_info* entity) { return entity->kind == last; };
    if (last != kind && std::none_of(entities.begin(), entities.end(), is_last))
      refuse("the kind " + kind + " was renamed in this database, and its history is that of the kind " + last +
             " now: this program is older than the tables; for a new kind of the old name describe " + last +
             " beside it");
  }
  void kind(const entity_match& match) {
    const auto& entity = *match.entity;
    auto& after = plan_.after;
    for (auto& note : unapplied(match)) plan_.steps[0].notes.push_back(std::move(note));
    if (match.is_renamed()) {
      plan_.steps[1].statements.push_back(ddl::rename_kind(match.kind, entity.kind));
      after.erase("entity", match.kind);
      after.put("became", match.kind, std::string{entity.kind});
      after.rename("former", match.kind, entity.kind);
    }
    require_shadow_kept(match);
    live(match.table, texts_.live_entity(entity), {}, plan_.steps[0]);
    if (entity.versioned) shadow(match.table, plan_.steps[0]);
    for (const auto& one : match.relations) {
      live(one.table, texts_.live_relation(entity, *one.relation), texts_.live_indexes(*one.relation), plan_.steps[2]);
      if (!entity.versioned) continue;
      const bool is_new = (there(one.table.table->shadow).empty() && there(one.table.old_shadow()).empty()) ||
                          (dialect_.ddl_commits && !one.table.is_known() && is_unwritten(one.table.table->shadow));
      shadow(one.table, plan_.steps[2]);
      if (is_new && match.is_known()) after.put("since", one.table.table->name, std::to_string(next_));
    }
    auto all = after.json("former", entity.kind).value_or(nlohmann::json::array());
    if (auto more = changed_fields{next_, all}.of(match); !more.empty()) {
      for (auto& one : more) all.push_back(std::move(one));
      after.put("former", entity.kind, all.dump());
    }
    after.rename("removed", match.kind, entity.kind);
    if (const auto gone = removed_paths(match, after.json("removed", entity.kind)); !gone.empty())
      after.put("removed", entity.kind, gone.dump());
    else
      after.erase("removed", entity.kind);
    after.put("entity", entity.kind, catalog_entry_of(entity).dump());
  }

  /// A shadow table that the catalog does not know is of an attempt that ended, or comes back with what it has.
  [[nodiscard]] bool is_unwritten(std::string_view shadow) {
    query run{on_, "SELECT 1 FROM " + quote_name(shadow) + " LIMIT 1"};
    return !run.step();
  }
  /// What is not versioned now and was has a history, which would stay behind under the old names.
  void require_shadow_kept(const entity_match& match) {
    if (match.entity->versioned || !match.is_known()) return;
    const auto require = [&](const table_match& one) {
      if (there(one.old_shadow()).empty()) return;
      bool is_renamed = one.old_shadow() != one.table->shadow;
      for (std::size_t i = 0; i < one.table->stored; ++i)
        is_renamed = is_renamed || one.old_name(i) != one.table->columns[i].name;
      if (is_renamed)
        refuse("the kind " + std::string{match.entity->kind} +
               " has a history and is unversioned, so that this would stay behind under the old names: let it be "
               "versioned in the release that renames, or rename later");
    };
    require(match.table);
    for (const auto& one : match.relations)
      if (one.table.is_known()) require(one.table);
  }
  /// The columns of a table as it is when the statements so far have run.
  [[nodiscard]] std::vector<table_column> there(std::string_view table) {
    return away_.contains(std::string{table}) ? std::vector<table_column>{} : on_.columns(table);
  }
  /// The columns of a table that may have to be renamed first; none where neither is there.
  std::vector<table_column> table_of(const std::string& old, std::string_view name, bool is_shadow,
                                     const std::vector<ddl::table_index>& indexes, migration& step) {
    auto columns = there(name);
    if (old == name) return columns;
    if (!columns.empty() && !there(old).empty())
      refuse("there are both a table " + std::string{name} + " and a table " + old +
             ", which became it: give the first another name, then apply again");
    if (!columns.empty()) {
      if (plan_.before.has("created", old)) plan_.after.rename("created", old, name);  // it was renamed before
      return columns;
    }
    columns = there(old);
    if (columns.empty()) return columns;
    if (!is_shadow && !plan_.before.has("created", old))
      refuse("there is no table " + std::string{name} + ", and " + old +
             ", which it was before, is the application's own: rename it, or keep its name with table<>");
    for (const auto& index : indexes)
      if (const auto known = texts_.index_name(old, index.suffix); on_.has_index(known))
        step.statements.push_back("DROP INDEX " + quote_name(known));
    step.statements.push_back(ddl::rename_table(old, name));
    plan_.after.rename("created", old, name);
    away_.insert(old);
    return columns;
  }
  void index_again(const std::string& old, const std::vector<ddl::table_index>& indexes, migration& step) {
    for (const auto& index : indexes)
      if (on_.has_index(texts_.index_name(old, index.suffix))) step.statements.push_back(index.statement);
  }
  /// By column of a table what is there for it; those to be renamed have their old name. Null: nothing is.
  [[nodiscard]] static std::vector<const table_column*> places(const table_match& match, std::string_view table,
                                                               const std::vector<table_column>& columns) {
    std::vector<const table_column*> found(match.table->stored, nullptr);
    std::set<const table_column*> taken;
    std::set<std::string> leaving;  // names that columns have until they are renamed
    for (std::size_t i = 0; i < found.size(); ++i)
      if (match.old_name(i) != match.table->columns[i].name) leaving.insert(match.old_name(i));
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::string name{match.table->columns[i].name};
      if (match.old_name(i) == name) continue;
      const auto* own = find_column(columns, name);
      const auto* old = find_column(columns, match.old_name(i));
      if (own != nullptr && old != nullptr && !leaving.contains(name) && !is_taken_by_another(match, i))
        refuse("the table " + std::string{table} + " has both a column " + name + " and a column " + old->name +
               ", which became it: give the first another name, then apply again");
      found[i] = old != nullptr ? old : own;
      taken.insert(found[i]);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] != nullptr) continue;
      const auto* own = find_column(columns, match.table->columns[i].name);
      if (own != nullptr && !taken.contains(own)) found[i] = own;
    }
    return found;
  }
  /// Whether what the column was called is the name of another now, which is not renamed: the application has done it.
  [[nodiscard]] static bool is_taken_by_another(const table_match& match, std::size_t column) {
    for (std::size_t i = 0; i < match.table->stored; ++i)
      if (i != column && match.table->columns[i].name == match.old_name(column)) return true;
    return false;
  }
  /// Before columns are added: a new one may have the name that another leaves. One that gets the name of another which
  /// is to be renamed waits for that.
  template <class Wanted>
  static void rename_columns(std::string_view name, const table_match& match,
                             const std::vector<const table_column*>& found, migration& step, Wanted&& wanted) {
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] != nullptr && found[i]->name != match.table->columns[i].name && wanted(i)) waiting.push_back(i);
    while (!waiting.empty()) {
      const auto is_free = [&](std::size_t i) {
        return std::none_of(waiting.begin(), waiting.end(), [&](std::size_t other) {
          return other != i && found[other]->name == match.table->columns[i].name;
        });
      };
      const auto next = std::find_if(waiting.begin(), waiting.end(), is_free);
      if (next == waiting.end())
        refuse("columns of " + std::string{name} + " exchange their names: do it in two releases, over a third name");
      step.statements.push_back(ddl::rename_column(name, found[*next]->name, match.table->columns[*next].name));
      waiting.erase(next);
    }
  }
  /// A column whose declared type makes other values of what its field has now.
  void require_kept(const table_match& match, std::size_t i, std::string_view table, const table_column& there) const {
    const auto meaning = match.table->columns[i].ops->meaning;
    const auto* origin = match.origins[i];
    if (origin == nullptr ? !plan_.after.has("created", table) : text_in(*origin, "type") == meaning_name(meaning))
      return;
    if (dialect_.keeps == nullptr || dialect_.keeps(there.type, meaning)) return;
    refuse("the column " + std::string{table} + "." + there.name + " is declared " + there.type +
           ", which would change " + std::string{meaning_name(meaning)} + " values (its field was of another type " +
           "before); give the field another name, and what is there stays as it is");
  }

  /// Databases do not tell names apart that differ in case alone.
  static void require_distinct_names(std::string_view table, const table_match& match,
                                     const std::vector<table_column>& columns) {
    for (std::size_t i = 0; i < match.table->stored; ++i) {
      const auto name = match.table->columns[i].name;
      for (const auto& column : columns)
        if (column.name != name && same_name(column.name, name) && match.old_name(i) != column.name)
          refuse("the table " + std::string{table} + " has a column " + column.name + ", and a field is called " +
                 std::string{name} + ", which differs in case alone: give it another column<>");
    }
  }
  void live(const table_match& match, std::vector<std::string> create, const std::vector<ddl::table_index>& indexes,
            migration& step) {
    const auto& table = *match.table;
    const auto old = match.old_table();
    const auto columns = table_of(old, table.name, false, indexes, step);
    const bool is_renamed = away_.contains(old);
    if (columns.empty()) {
      append_to(step, std::move(create));
      if (table.parent.empty())
        for (const auto& column : table.columns) append_to(late_, texts_.late_reference(table, column));
      plan_.after.put("created", table.name, "true");
      return;
    }
    const bool is_own = plan_.after.has("created", table.name);
    require_distinct_names(table.name, match, columns);
    const auto found = places(match, table.name, columns);
    const auto require_own = [&](const column_info& column, const std::string& do_what) {
      if (!is_own)
        refuse("the live table " + std::string{table.name} + " has no column " + std::string{column.name} +
               "; it is the application's own, so " + do_what);
    };
    // By an attempt that ended before what makes it whole, where each statement stands by itself.
    const auto was_left = [&](std::size_t i) {
      return dialect_.ddl_commits && is_own && found[i] != nullptr && match.origins[i] == nullptr;
    };
    rename_columns(table.name, match, found, step, [&](std::size_t i) {
      require_own(table.columns[i], "rename its column " + found[i]->name);
      return true;
    });
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto reference = texts_.late_reference(table, table.columns[i]);
      auto& referring = table.parent.empty() ? late_ : step;
      if (found[i] != nullptr) {
        if (was_left(i) && !reference.empty() && !on_.refers(table.name, table.columns[i].name))
          append_to(referring, reference);
        continue;
      }
      require_own(table.columns[i], "add the column to it, or exclude<> or rename the field");
      if (table.columns[i].is(column_flag::parent))
        refuse("the table " + std::string{table.name} + " is there from before, without the column " +
               std::string{table.columns[i].name} + " of its owner's key: rename that column in it and in " +
               std::string{table.shadow} + ", or give the collection another table<>");
      step.statements.push_back(texts_.add_live_column(table, table.columns[i]));
      append_to(referring, reference);
    }
    for (const auto unique : table.unique) {
      const bool is_new = std::any_of(unique.begin(), unique.end(), [&](auto i) { return found[i] == nullptr; });
      const bool is_left = std::any_of(unique.begin(), unique.end(), was_left);
      if (is_new || (is_left && !on_.is_unique(table.name, names_of(table, unique))))
        step.statements.push_back(texts_.add_unique(table, unique));
    }
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto& column = table.columns[i];
      if (found[i] == nullptr) continue;
      require_kept(match, i, table.name, *found[i]);
      const bool may_be_null = column.ops->nullable || column.embedding != nullptr || column.is(column_flag::filled);
      if (is_own && may_be_null && match.origins[i] != nullptr) loosen(table, *found[i], column.name, step);
    }
    for (const auto* gone : match.removed) {
      const auto* there = find_column(columns, text_in(*gone, "name"));
      if (there == nullptr || !there->not_null || there->key_place > 0) continue;
      if (is_own)
        loosen(table, *there, there->name, step);
      else
        step.notes.push_back("the live table " + std::string{table.name} +
                             " is the application's own, and its column " + there->name +
                             " allows no null: what varve inserts there needs a default");
    }
    if (is_renamed) index_again(old, indexes, step);
  }
  [[nodiscard]] static std::vector<std::string_view> names_of(const table_info& table,
                                                              std::span<const std::uint16_t> columns) {
    std::vector<std::string_view> names;
    for (const auto i : columns) names.push_back(table.columns[i].name);
    return names;
  }
  /// Lets a column of a live table of varve's making be null.
  void loosen(const table_info& table, const table_column& there, std::string_view name, migration& step) {
    if (!there.not_null || there.key_place > 0) return;
    auto column = there;
    column.name = name;
    append_to(step, on_.allow_null(table.name, column));
    plan_.loosened.emplace_back(table.name, name);
  }

  /// What was known of the new name is of a column that was there before.
  void move_since(const std::string& from, const std::string& to) {
    if (from == to) return;
    plan_.after.erase("since", to);
    plan_.after.rename("since", from, to);
  }
  void shadow(const table_match& match, migration& step) {
    const auto& table = *match.table;
    const auto old = match.old_shadow();
    const auto indexes = texts_.shadow_indexes(table);
    const auto columns = table_of(old, table.shadow, true, indexes, step);
    const bool is_renamed = away_.contains(old);
    auto& after = plan_.after;
    if (columns.empty()) {
      append_to(step, texts_.shadow(table));
      after.put("created", table.shadow, "true");
      return;
    }
    for (const std::string_view own : {"transaction_id", "end_transaction_id", "operation_type"})
      if (find_column(columns, own) == nullptr)
        refuse("the table " + std::string{table.shadow} + " exists and is no shadow table: it has no column " +
               std::string{own} + "; give the kind another shadow_table<>");
    const auto old_table = match.old_table();
    after.rename("since", old_table, table.name);
    for (std::size_t i = 0; i < table.stored; ++i)
      if (match.origins[i] != nullptr)
        move_since(since_name(old_table, match.old_name(i)), since_name(table.name, table.columns[i].name));
    const auto found = places(match, table.shadow, columns);
    rename_columns(table.shadow, match, found, step, [&](std::size_t i) { return table.columns[i].is_versioned(); });
    for (std::size_t i = 0; i < table.stored; ++i) {
      const auto& column = table.columns[i];
      if (!column.is_versioned()) continue;
      if (found[i] == nullptr) step.statements.push_back(texts_.add_column(table, table.shadow, column));
      const auto* origin = match.origins[i];
      const bool is_new = found[i] == nullptr ||  // or it comes back after a time in which nothing wrote it
                          (match.is_known() && (origin == nullptr || !origin->value("versioned", true)));
      if (is_new) after.put("since", since_name(table.name, column.name), std::to_string(next_));
      if (found[i] != nullptr) require_kept(match, i, table.shadow, *found[i]);
    }
    if (has_filler(dialect_, table) && find_column(columns, "end_filler") == nullptr)
      step.statements.push_back("ALTER TABLE " + quote_name(table.shadow) + " ADD COLUMN \"end_filler\" BLOB");
    if (is_renamed) index_again(old, indexes, step);
  }

  connection& on_;
  const dialect& dialect_;
  ddl texts_;
  schema_plan plan_{};
  migration late_{};              ///< what is run when all tables of entities are there
  std::int64_t next_ = 1;         ///< the transaction that comes next
  std::set<std::string> away_{};  ///< tables that have another name when the statements so far have run
};

}  // namespace varve::sql
