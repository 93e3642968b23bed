#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/error.hpp"
#include "varve/diff/detail/entity_walk.hpp"
#include "varve/diff/detail/splice.hpp"
#include "varve/diff/detail/teller.hpp"
#include "varve/diff/rules.hpp"

namespace varve::detail {

/// Writes a record's JSON value into a field; false when it does not fit.
[[nodiscard]] inline bool write_json(const column_info& column, void* field, const json& json_value) {
  if (json_value.is_null()) return column.ops->write(field, value::null());
  std::string text;
  switch (column.ops->meaning) {
    case column_meaning::boolean:
      return json_value.is_boolean() && column.ops->write(field, value::of(std::int64_t{json_value.get<bool>()}));
    case column_meaning::integer:
      if (!json_value.is_number_integer()) return false;
      if (json_value.is_number_unsigned() && !std::in_range<std::int64_t>(json_value.get<std::uint64_t>()))
        return false;
      return column.ops->write(field, value::of(json_value.get<std::int64_t>()));
    case column_meaning::real:
      return json_value.is_number() && column.ops->write(field, value::of(json_value.get<double>()));
    case column_meaning::blob:
      return json_value.is_string() && parse_hex(json_value.get_ref<const std::string&>(), text) &&
             column.ops->write(field, value::blob(text));
    case column_meaning::json: text = json_value.dump(); return column.ops->write(field, value::text(text));
    default:
      return json_value.is_string() && column.ops->write(field, value::text(json_value.get_ref<const std::string&>()));
  }
}

/// A change of one member of a document's object, or of an item of a keyed list in it.
[[nodiscard]] inline bool apply_to_json(json& document, std::span<const json> path, const change_record& record,
                                        bool lenient) {
  json* place = &document;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (place->is_null() && lenient) *place = json::object();
    if (!path[i].is_string() || !place->is_object()) return false;
    place = &(*place)[path[i].get<std::string>()];
  }
  const json& last = path.back();
  const bool in_list = place->is_array() || last.is_number();
  if (!in_list && place->is_null() && lenient) *place = json::object();
  if (!in_list && !last.is_string()) return false;
  if (!in_list && place->is_object()) {
    const auto name = last.get<std::string>();
    if (record.operation == operation::remove) return place->erase(name) == 1;
    (*place)[name] = record.to;
    return true;
  }
  if (place->is_null() && in_list) *place = json::array();
  if (!place->is_array()) return false;
  auto& items = place->get_ref<json::array_t&>();
  if (record.operation == operation::add) {
    const std::size_t at =
        last.is_number() ? std::min<std::size_t>(last.get<std::size_t>(), items.size()) : items.size();
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), record.to);
    return true;
  }
  auto found = items.end();
  if (last.is_number() && last.get<std::size_t>() < items.size() &&
      same_json(items[last.get<std::size_t>()], record.from))
    found = items.begin() + last.get<std::ptrdiff_t>();
  else
    found = std::find_if(items.begin(), items.end(), [&](const json& item) { return same_json(item, record.from); });
  if (found == items.end()) return false;
  if (record.operation == operation::remove)
    items.erase(found);
  else
    *found = record.to;
  return true;
}

/// The same of a document's text: what the record does not name stays as it is, byte for byte. False, with the text as
/// it was, when the record does not fit.
[[nodiscard]] inline bool apply_to_text(std::string& document, std::span<const json> path,
                                        const change_record& record) {
  text_splicer place{document};
  if (!place.find(path)) return false;
  const auto rest = path.subspan(place.depth() + 1);
  if (rest.empty()) {
    if (record.operation != operation::remove)
      place.set(record.to);
    else if (place.is_there())
      place.remove();
    else
      return false;
    return true;
  }
  json value = place.value();
  if (!apply_to_json(value, rest, record, true)) return false;
  place.set(value);
  return true;
}

/// A document's text where it is an object; one that only a parser sees is written again, and of others there is none.
[[nodiscard]] inline std::optional<std::string> object_text(std::string_view text) {
  std::string_view object;
  if (find_object(text, object)) return std::string{text};
  const auto parsed = parse_document(text);
  if (parsed.valid && parsed.value.is_object()) return parsed.value.dump();
  return std::nullopt;
}

/// Applies the records of one keyed list; false when one does not fit. Items without a key stand at their positions, the
/// others in their order around them, and what is added comes last.
[[nodiscard]] inline bool apply_to_list(json& list, const keyed_list& rule,
                                        const std::vector<const change_record*>& records) {
  if (list.is_null()) list = json::array();
  if (!list.is_array()) return false;
  struct slot {
    json value{};
    std::optional<std::size_t> position{};
    bool gone = false;
  };
  std::vector<slot> slots;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool has_key = !rule.parts.empty() && rule.parts[0](list[i]).has_value();
    slots.push_back({list[i], has_key ? std::nullopt : std::optional{i}, false});
  }
  const std::size_t size = slots.size();
  for (const auto* record : records) {
    const auto& step = record->path.back();
    std::optional<std::size_t> position;
    if (step.is_number()) {
      if (!step.is_number_integer() || step.get<std::int64_t>() < 0) return false;
      position = step.get<std::size_t>();
    }
    if (record->operation == operation::add) {
      slots.push_back({record->to, position, false});
      continue;
    }
    const auto is_meant = [&](const slot& item) { return !item.gone && same_json(item.value, record->from); };
    const auto end = slots.begin() + static_cast<std::ptrdiff_t>(size);
    auto found = position && *position < size ? slots.begin() + static_cast<std::ptrdiff_t>(*position) : end;
    if (found == end || !is_meant(*found)) found = std::find_if(slots.begin(), end, is_meant);
    if (found == end) return false;
    if (record->operation == operation::remove)
      found->gone = true;
    else
      found->value = record->to;
  }
  std::erase_if(slots, [](const slot& item) { return item.gone; });
  std::vector<slot*> places(slots.size(), nullptr);
  for (auto& item : slots) {
    if (!item.position) continue;
    if (*item.position < places.size() && places[*item.position] == nullptr)
      places[*item.position] = &item;
    else
      item.position.reset();
  }
  auto next = places.begin();
  for (auto& item : slots) {
    if (item.position) continue;
    next = std::find(next, places.end(), nullptr);
    *next = &item;
  }
  json::array_t arranged;
  arranged.reserve(places.size());
  for (auto* item : places) arranged.push_back(std::move(item->value));
  list = std::move(arranged);
  return true;
}

/// Whether a record's value is a marker that storage put in its place.
[[nodiscard]] inline bool is_marker(const json& value) {
  return value.is_object() && value.size() == 3 && member_or_null(value, "truncated") == json(true) &&
         member_or_null(value, "bytes").is_number() && member_or_null(value, "preview").is_string();
}

/// Makes rows of the values of records.
class record_reader {
 public:
  explicit record_reader(const entity_info& info) : info_(info) {}

  [[noreturn]] void refuse(const change_record& record, const std::string& why) const {
    throw input_error(
        "cannot apply the change record at " + record.path.dump() + " to a " + std::string{info_.kind} + ": it " + why,
        {std::string{info_.kind}, {}, "apply"});
  }

  /// Makes an item of a record's value.
  [[nodiscard]] std::shared_ptr<void> item_of(const relation_info& relation, const change_record& record,
                                              const json& from) const {
    const auto& table = *relation.table;
    std::shared_ptr<void> item{table.row->make(), table.row->destroy};
    if (relation.what == relation_kind::children && !is_told(table.columns[table.natural[0]])) {  // a map's key
      const auto& key = table.columns[table.natural[0]];
      if (record.path.size() != 2 || !record.path[1].is_string() ||
          !write_plain(key, key.outer(item.get()), record.path[1].get_ref<const std::string&>()))
        refuse(record, "has a path that names no " + std::string{relation.kind});
    }
    fill_item(relation, record, from, item.get());
    return item;
  }
  void fill_item(const relation_info& relation, const change_record& record, const json& from, void* item) const {
    const auto& table = *relation.table;
    if (relation.what == relation_kind::links) {
      const auto& key_column = table.columns[table.natural[0]];
      const json* name = &from;
      if (from.is_object() && from.contains(std::string{key_column.field})) name = &from[std::string{key_column.field}];
      const auto id = name->is_string() ? parse_uuid(name->get_ref<const std::string&>()) : std::nullopt;
      const auto& uuid_column = table.columns.back();
      if (id && relation.target().has_uuid())
        *static_cast<uuid*>(uuid_column.outer(item)) = *id;
      else if (!write_json(key_column, key_column.outer(item), *name))
        refuse(record, "has a value that is no " + std::string{relation.kind});
      if (!from.is_object()) return;
    }
    if (table.value != no_field) {
      const auto& column = table.columns[table.value];
      if (from.is_null() || !write_json(column, column.outer(item), from))
        refuse(record, "has a value that is none of the " + std::string{relation.field});
      return;
    }
    if (!from.is_object()) refuse(record, "has a value that is no " + std::string{relation.kind});
    for (const auto& column : table.columns) {
      if (!is_told(column) || (relation.what == relation_kind::links && column.is(column_flag::natural))) continue;
      set_member(column, item, from, record);
    }
  }
  /// The labels that an order's record lists.
  [[nodiscard]] std::vector<std::string> labels_of(const change_record& record, const json& list) const {
    std::vector<std::string> labels;
    if (!list.is_array()) refuse(record, "lists no labels");
    for (const auto& label : list) {
      if (!label.is_string()) refuse(record, "lists no labels");
      labels.push_back(label.get<std::string>());
    }
    return labels;
  }
  /// Sets one column from the object that has it, within its group when it is embedded.
  void set_member(const column_info& column, void* row, const json& object, const change_record& record) const {
    const json* holder = &object;
    if (!column.group.empty()) {
      const auto& group = member_or_null(object, column.group);
      if (group.is_null()) {
        if (column.embedding != nullptr) column.embedding->reset(column.outer(row));
        return;
      }
      holder = &group;
    }
    void* field = column.outer(row);
    if (column.embedding != nullptr)
      field = static_cast<std::byte*>(column.embedding->emplace(field)) + column.inner_offset;
    if (!write_json(column, field, member_or_null(*holder, column.field)))
      refuse(record, "has a value that the field " + std::string{column.field} + " cannot hold");
  }

 private:
  const entity_info& info_;
};

/// Applies records to a struct.
class record_applier : record_reader {
 public:
  record_applier(const entity_info& info, const rule_set& rules) : record_reader(info), info_(info), rules_(rules) {}

  void apply(void* row, std::span<const change_record> records) {
    for (const auto& record : records) {
      if (record.operation == operation::update || is_marker(record.from) || is_marker(record.to))
        refuse(record, "was cut for storage; read the versions themselves");
      if (!record.path.is_array() || record.path.empty()) refuse(record, "has no path");
      if (!record.path[0].is_string()) refuse(record, "has a path that begins with no name");
    }
    for (const auto& relation : info_.relations) label_items(relation, row, records);
    for (const auto& record : records)
      if (!is_of_list(record)) one(row, record);
    for (const auto& [path, list] : lists_) apply_list(row, list);
    for (const auto& relation : info_.relations) rebuild(relation, row);
  }

 private:
  struct labelled_item {
    std::string label{};
    std::shared_ptr<void> row{};
    bool gone = false;
    std::pair<std::size_t, std::size_t> place{};
  };
  struct collection {
    std::vector<labelled_item> items{};
    std::set<std::string, std::less<>> literals{};
    std::optional<std::vector<std::string>> order{};
    bool touched = false;
  };

  /// The records of one keyed list of a document.
  struct list_change {
    const column_info* column = nullptr;
    const keyed_list* rule = nullptr;
    std::vector<const change_record*> records{};
  };

  [[nodiscard]] static std::shared_ptr<void> copy_item(const relation_info& relation, const void* item) {
    return {relation.table->row->copy(item), relation.table->row->destroy};
  }

  /// Names the items as the diff named them; what the records add counts too when duplicates are numbered.
  void label_items(const relation_info& relation, const void* row, std::span<const change_record> records) {
    auto& made = collections_[relation.field];
    for (const auto& record : records)
      if (record.path[0] == relation.field) made.touched = true;
    if (!made.touched) return;
    auto labels = natural_labels(relation, row);
    made.literals.insert(labels.begin(), labels.end());
    for (const auto& record : records)
      if (record.path.size() == 2 && record.path[0] == relation.field && record.path[1].is_string() &&
          record.operation != operation::remove) {
        const auto item = item_of(relation, record, record.to);
        made.literals.insert(natural_label(*relation.table, relation.what, item.get()));
      }
    number_duplicates(labels, made.literals);
    const item_view items{relation, row};
    for (std::size_t i = 0; i < labels.size(); ++i)
      made.items.push_back({std::move(labels[i]), copy_item(relation, items[i])});
  }

  void one(void* row, const change_record& record) {
    const std::string name = record.path[0].get<std::string>();
    for (const auto& relation : info_.relations)
      if (relation.field == name) return item(relation, record);
    for (const auto& column : info_.table->columns) {
      if (!column.has_member() || !is_entity_told(column)) continue;
      if (!column.group.empty() && column.group == name) return group(row, name, record);
      if (!column.group.empty() || column.field != name) continue;
      if (column.is(column_flag::document) && record.path.size() > 1) return document(column, row, record);
      if (record.path.size() != 1) break;
      if (!write_json(column, column.outer(row), record.to)) refuse(record, "has a value that the field cannot hold");
      return;
    }
    for (const auto& column : info_.table->columns)
      if (column.is(column_flag::document) && rules_.of(column.field).layout) return;  // a layout's: only told
    refuse(record, "names no field of it");
  }

  void group(void* row, const std::string& name, const change_record& record) {
    for (const auto& column : info_.table->columns) {
      if (column.group != name || !column.is_compared()) continue;
      if (record.path.size() == 1) {
        if (!record.to.is_null() && !record.to.is_object()) refuse(record, "has a value that the field cannot hold");
        if (record.to.is_null()) {
          if (column.embedding == nullptr) refuse(record, "clears an embedded struct that cannot be absent");
          column.embedding->reset(column.outer(row));
          return;
        }
        json holder = json::object();
        holder[name] = record.to;
        set_member(column, row, holder, record);
      } else if (record.path.size() == 2 && record.path[1] == column.field) {
        void* field = column.outer(row);
        if (column.embedding != nullptr)
          field = static_cast<std::byte*>(column.embedding->emplace(field)) + column.inner_offset;
        if (!write_json(column, field, record.to)) refuse(record, "has a value that the field cannot hold");
        return;
      }
    }
    if (record.path.size() != 1) refuse(record, "names no field of it");
  }

  void document(const column_info& column, void* row, const change_record& record) {
    const std::span path = std::span{record.path.get_ref<const json::array_t&>()}.subspan(1);
    bool fits = false;
    if (column.ops->json != nullptr) {
      auto content = value_at(column, row, record);
      fits = apply_to_json(content, path, record, true);
      if (fits) write_document(column, row, content.dump(), record);
    } else {
      auto text = text_at(column, row, record);
      fits = apply_to_text(text, path, record);
      if (fits) write_document(column, row, text, record);
    }
    if (!fits) refuse(record, "names a member or item that is not there");
  }

  /// Keeps the records of a document's keyed list for later: they are applied together.
  bool is_of_list(const change_record& record) {
    if (record.path.size() != 3 || !record.path[1].is_string()) return false;
    const auto& field = record.path[0].get_ref<const std::string&>();
    for (const auto& column : info_.table->columns) {
      if (!column.is(column_flag::document) || !column.group.empty() || column.field != field) continue;
      const auto& promoted = rules_.of(column.field).promoted;
      const auto rule = promoted.find(record.path[1].get_ref<const std::string&>());
      if (rule == promoted.end() || !rule->second.items) return false;
      auto& list = lists_[{field, rule->first}];
      list.column = &column;
      list.rule = &*rule->second.items;
      list.records.push_back(&record);
      return true;
    }
    return false;
  }
  void apply_list(void* row, const list_change& list) {
    const auto& first = *list.records.front();
    const json& name = first.path[1];
    bool fits = false;
    if (list.column->ops->json != nullptr) {
      auto content = value_at(*list.column, row, first);
      fits = apply_to_list(content[name.get_ref<const std::string&>()], *list.rule, list.records);
      if (fits) write_document(*list.column, row, content.dump(), first);
    } else {
      auto text = text_at(*list.column, row, first);
      text_splicer place{text};
      if (place.find({&name, 1})) {
        json content = place.value();
        fits = apply_to_list(content, *list.rule, list.records);
        if (fits) {
          place.set(content);
          write_document(*list.column, row, text, first);
        }
      }
    }
    if (!fits) refuse(first, "names an item that is not there");
  }

  /// The object of a document that is held as a value.
  [[nodiscard]] json value_at(const column_info& column, void* row, const change_record& record) const {
    const auto* held = column.ops->json(column.outer(row));
    if (held != nullptr && held->is_object()) return *held;
    require_lenient(column, record);
    return json::object();
  }
  /// The text of an object of a document that is held as text.
  [[nodiscard]] std::string text_at(const column_info& column, void* row, const change_record& record) const {
    value_buffer buffer;
    const value text = column.ops->read(column.outer(row), buffer);
    if (!text.is_null())
      if (auto object = object_text(text.view())) return std::move(*object);
    require_lenient(column, record);
    return "{}";
  }
  void require_lenient(const column_info& column, const change_record& record) const {
    if (!rules_.of(column.field).lenient) refuse(record, "changes a member of a document that is no object");
  }
  void write_document(const column_info& column, void* row, std::string_view text, const change_record& record) const {
    if (!column.ops->write(column.outer(row), value::text(text)))
      refuse(record, "makes a document that the field cannot hold");
  }

  void item(const relation_info& relation, const change_record& record) {
    auto& made = collections_[relation.field];
    if (record.path.size() == 1) {
      if (record.operation != operation::move) refuse(record, "names no item");
      made.order = labels_of(record, record.to);
      return;
    }
    if (record.path.size() != 2 || !record.path[1].is_string()) refuse(record, "names no item");
    const auto label = record.path[1].get<std::string>();
    const auto found = std::find_if(made.items.begin(), made.items.end(),
                                    [&](const labelled_item& i) { return !i.gone && i.label == label; });
    if (record.operation == operation::add) {
      if (found != made.items.end()) refuse(record, "adds what is there already");
      made.items.push_back({label, item_of(relation, record, record.to)});
      return;
    }
    if (found == made.items.end()) refuse(record, "names an item that is not there");
    if (record.operation == operation::remove)
      found->gone = true;
    else
      fill_item(relation, record, record.to, found->row.get());
  }

  void rebuild(const relation_info& relation, void* row) {
    auto& made = collections_[relation.field];
    if (!made.touched) return;
    std::erase_if(made.items, [](const labelled_item& item) { return item.gone; });
    if (made.order) {
      std::map<std::string_view, std::size_t> places;
      for (std::size_t i = 0; i < made.order->size(); ++i) places[(*made.order)[i]] = i + 1;
      for (std::size_t i = 0; i < made.items.size(); ++i) {
        const auto found = places.find(made.items[i].label);  // what is not named did not move: it stands first
        made.items[i].place = {found == places.end() ? 0 : found->second, i};
      }
      std::sort(made.items.begin(), made.items.end(),
                [](const labelled_item& a, const labelled_item& b) { return a.place < b.place; });
    }
    build_items(relation, row, made.items.size(),
                [&](void* item, std::size_t i) { relation.table->row->swap(item, made.items[i].row.get()); });
  }

  const entity_info& info_;
  const rule_set& rules_;
  std::map<std::string_view, collection> collections_{};
  std::map<std::pair<std::string, std::string>, list_change> lists_{};
};

}  // namespace varve::detail
