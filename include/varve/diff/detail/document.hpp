#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/diff/rules.hpp"
#include "varve/diff/scratch.hpp"

namespace varve::detail {

using json = nlohmann::json;

[[nodiscard]] inline const json& null_json() {
  static const json null;
  return null;
}

[[nodiscard]] inline const json& member_or_null(const json& object, std::string_view name) {
  if (!object.is_object()) return null_json();
  const auto found = object.find(name);
  return found == object.end() ? null_json() : *found;
}

[[nodiscard]] inline bool is_blank(const json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

/// Steps of a path that is being walked.
using step_stack = std::vector<path_step>;

/// The uuids of layout nodes that were added or removed: their links need no record of their own.
using told_links = std::vector<std::pair<operation, std::string>>;

/// Compares two objects of a document.
class document_walk {
 public:
  document_walk(const document_rules& rules, diff_scratch& scratch, told_links& told)
      : rules_(rules), scratch_(scratch), told_(told) {}

  void run(std::string_view field, const json& from, const json& to) {
    path_.assign(1, path_step{field});
    if (rules_.layout)
      layout(from, to);
    else
      members(from, to, rules_.depth, true);
  }

 private:
  /// Calls `visit(name, from, to)` for each member of either object, names sorted; the side without it gets null.
  template <class Visit>
  static void each_member(const json& from, const json& to, Visit&& visit) {
    static const json::object_t empty;
    const auto& left = from.is_object() ? from.get_ref<const json::object_t&>() : empty;
    const auto& right = to.is_object() ? to.get_ref<const json::object_t&>() : empty;
    auto a = left.begin();
    auto b = right.begin();
    while (a != left.end() || b != right.end()) {
      if (b == right.end() || (a != left.end() && a->first < b->first)) {
        visit(a->first, &a->second, nullptr);
        ++a;
      } else if (a == left.end() || b->first < a->first) {
        visit(b->first, nullptr, &b->second);
        ++b;
      } else {
        visit(a->first, &a->second, &b->second);
        ++a;
        ++b;
      }
    }
  }

  void members(const json& from, const json& to, std::size_t depth, bool top) {
    each_member(from, to, [&](const std::string& name, const json* a, const json* b) {
      if (top && rules_.ignored.contains(name)) return;
      path_.push_back({name});
      const auto promoted = top ? rules_.promoted.find(name) : rules_.promoted.end();
      if (promoted == rules_.promoted.end())
        member("field", a, b, depth - 1);
      else if (promoted->second.items && a != nullptr && b != nullptr && a->is_array() && b->is_array())
        list(promoted->second, *a, *b);
      else
        member(promoted->second.kind, a, b, 0);
      path_.pop_back();
    });
  }

  void member(std::string_view kind, const json* a, const json* b, std::size_t depth) {
    if (rules_.lenient) {
      if (a != nullptr && a->is_null()) a = nullptr;
      if (b != nullptr && b->is_null()) b = nullptr;
      if ((a == nullptr || is_blank(*a)) && (b == nullptr || is_blank(*b))) return;
    }
    if (a == nullptr && b == nullptr) return;
    if (a != nullptr && b != nullptr) {
      if (same_json(*a, *b)) return;
      if (depth > 0 && a->is_object() && b->is_object()) {
        members(*a, *b, depth, false);
        return;
      }
    }
    record(kind, a, b);
  }

  void record(std::string_view kind, const json* a, const json* b) {
    const auto op = a == nullptr ? operation::add : b == nullptr ? operation::remove : operation::edit;
    scratch_.add(kind, op, path_, a == nullptr ? value_view{} : value_view::of_json(*a),
                 b == nullptr ? value_view{} : value_view::of_json(*b));
  }

  // ---- keyed lists ----

  /// The keys of all items of both sides: as short as tells them apart, then numbered.
  void label(const keyed_list& rule, const json& from, const json& to, std::vector<path_step>& left,
             std::vector<path_step>& right) {
    const json* sides[] = {&from, &to};
    std::vector<path_step>* labels[] = {&left, &right};
    struct entry {
      int side;
      std::size_t at;
    };
    std::map<std::string, std::vector<entry>> groups;
    for (int s = 0; s < 2; ++s) {
      labels[s]->assign(sides[s]->size(), path_step{});
      for (std::size_t i = 0; i < sides[s]->size(); ++i) {
        const auto first = rule.parts.empty() ? std::nullopt : rule.parts[0]((*sides[s])[i]);
        if (first)
          groups[*first].push_back({s, i});
        else
          (*labels[s])[i].position = static_cast<std::int64_t>(i);
      }
    }
    for (std::size_t part = 1; part < rule.parts.size(); ++part) {
      std::map<std::string, std::vector<entry>> finer;
      for (auto& [key, entries] : groups) {
        const auto on_left = std::count_if(entries.begin(), entries.end(), [](const entry& e) { return e.side == 0; });
        const auto on_right = static_cast<std::ptrdiff_t>(entries.size()) - on_left;
        if (on_left < 2 && on_right < 2) {
          auto& kept = finer[key];
          kept.insert(kept.end(), entries.begin(), entries.end());
          continue;
        }
        for (const auto& e : entries) {
          const auto next = rule.parts[part]((*sides[e.side])[e.at]);
          finer[next ? key + "|" + *next : key].push_back(e);
        }
      }
      groups = std::move(finer);
    }
    for (const auto& [key, entries] : groups) {
      std::size_t seen[2] = {0, 0};
      for (const auto& e : entries) {
        const std::size_t n = ++seen[e.side];
        std::string text = key;
        if (!rule.last_wins && n > 1) {
          std::size_t number = n;
          while (groups.contains(key + "|" + std::to_string(number))) ++number;
          text += "|" + std::to_string(number);
        }
        (*labels[e.side])[e.at].name = scratch_.keep(std::move(text));
      }
    }
  }

  void list(const promotion& rule, const json& from, const json& to) {
    if (same_json(from, to)) return;
    std::vector<path_step> left, right;
    label(*rule.items, from, to, left, right);
    using places = std::map<std::pair<std::int64_t, std::string_view>, std::size_t>;
    const auto index = [](const std::vector<path_step>& labels) {
      places found;
      for (std::size_t i = 0; i < labels.size(); ++i)
        found.insert_or_assign({labels[i].position, labels[i].name}, i);  // the last one wins
      return found;
    };
    const places in_from = index(left);
    const places in_to = index(right);
    std::vector<bool> told(left.size(), false);
    for (std::size_t i = 0; i < left.size(); ++i) {
      const std::pair key{left[i].position, left[i].name};
      const std::size_t last = in_from.at(key);
      if (told[last]) continue;  // a repeated key stands where it first stood
      told[last] = true;
      const auto found = in_to.find(key);
      if (found != in_to.end() && same_json(from[last], to[found->second])) continue;
      path_.push_back(left[i]);
      record(rule.kind, &from[last], found == in_to.end() ? nullptr : &to[found->second]);
      path_.pop_back();
    }
    std::vector<bool> added(right.size(), false);
    for (const auto& step : right) {
      const std::pair key{step.position, step.name};
      const std::size_t last = in_to.at(key);
      if (added[last] || in_from.contains(key)) continue;
      added[last] = true;
      path_.push_back(step);
      record(rule.kind, nullptr, &to[last]);
      path_.pop_back();
    }
  }

  // ---- layouts ----

  [[nodiscard]] std::string_view lower(std::string_view type) {
    std::string text{type};
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return scratch_.keep(std::move(text));
  }

  [[nodiscard]] std::string_view type_of_node(const json* node) const {
    if (node == nullptr || !node->is_object()) return {};
    const auto& type = member_or_null(*node, "type");
    if (!type.is_string()) return {};
    const std::string_view name = type.get_ref<const std::string&>();
    return rules_.layout->types.contains(name) ? name : std::string_view{};
  }

  [[nodiscard]] static const json& parent_of(const json& node) {
    const auto& parents = member_or_null(node, "parents");
    return parents.is_array() && !parents.empty() ? parents.back() : null_json();
  }

  [[nodiscard]] static bool is_blank_text(const json& value) {
    return !value.is_string() || value.get_ref<const std::string&>().find_first_not_of(" \t\r\n") == std::string::npos;
  }

  enum class detail_of_node : std::uint8_t { plain, with_parent, with_meta };

  /// `{id, type, name?, chartId?, uuid?}` as JSON text, with `parent` or `meta` on request.
  [[nodiscard]] value_view node_value(const json& node, detail_of_node more) {
    const auto& meta = member_or_null(node, "meta");
    json made = json::object();
    made["id"] = member_or_null(node, "id");
    made["type"] = member_or_null(node, "type");
    for (const auto& name : rules_.layout->names) {
      const auto& text = member_or_null(meta, name);
      if (is_blank_text(text)) continue;
      made["name"] = text;
      break;
    }
    for (const char* name : {"chartId", "uuid"}) {
      const auto& value = member_or_null(meta, name);
      if (!value.is_null()) made[name] = value;
    }
    if (more == detail_of_node::with_parent) made["parent"] = parent_of(node);
    if (more == detail_of_node::with_meta) made["meta"] = meta.is_object() ? meta : json::object();
    return value_view::of_raw(scratch_.keep(made.dump()));
  }

  void node_record(std::string_view id, std::string_view type, operation op, value_view from, value_view to) {
    const auto kind = lower(type);
    step_stack path;
    if (rules_.layout->verb_in_path) path = {{to_string(op)}, {kind}};
    path.push_back({id});
    scratch_.add(kind, op, path, from, to);
  }

  void tell(operation op, const json& node) {
    const auto& uuid = member_or_null(member_or_null(node, "meta"), "uuid");
    if (uuid.is_string()) told_.emplace_back(op, uuid.get<std::string>());
  }

  void layout(const json& from, const json& to) {
    each_member(from, to, [&](const std::string& id, const json* a, const json* b) {
      if (rules_.layout->suppressed.contains(id)) return;
      const auto before = type_of_node(a);
      const auto after = type_of_node(b);
      if (before.empty() && after.empty()) return;
      if (before.empty()) {
        node_record(id, after, operation::add, {}, node_value(*b, detail_of_node::plain));
        tell(operation::add, *b);
      } else if (after.empty()) {
        node_record(id, before, operation::remove, node_value(*a, detail_of_node::plain), {});
        tell(operation::remove, *a);
      } else if (!same_json(parent_of(*a), parent_of(*b))) {
        node_record(id, after, operation::move, node_value(*a, detail_of_node::with_parent),
                    node_value(*b, detail_of_node::with_parent));
      } else {
        node_edit(id, after, *a, *b);
      }
    });
  }

  void node_edit(std::string_view id, std::string_view type, const json& a, const json& b) {
    const auto& from = member_or_null(a, "meta");
    const auto& to = member_or_null(b, "meta");
    if (same_json(from, to)) return;
    if (rules_.layout->verb_in_path) {
      node_record(id, type, operation::edit, node_value(a, detail_of_node::with_meta),
                  node_value(b, detail_of_node::with_meta));
      return;
    }
    const auto kind = lower(type);
    path_.assign(1, path_step{id});
    leaves(kind, from, to, rules_.layout->depth);
  }

  void leaves(std::string_view kind, const json& from, const json& to, std::size_t depth) {
    each_member(from, to, [&](const std::string& name, const json* a, const json* b) {
      path_.push_back({name});
      if (a != nullptr && b != nullptr && depth > 1 && a->is_object() && b->is_object()) {
        if (!same_json(*a, *b)) leaves(kind, *a, *b, depth - 1);
      } else {
        member(kind, a, b, 0);
      }
      path_.pop_back();
    });
  }

  const document_rules& rules_;
  diff_scratch& scratch_;
  told_links& told_;
  step_stack path_{};
};

}  // namespace varve::detail
