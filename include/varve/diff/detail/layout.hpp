#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "varve/diff/detail/teller.hpp"

namespace varve::detail {

/// The record's kind for a type of nodes: its name in lower case.
[[nodiscard]] inline std::string_view kind_of_type(const document_job& job, std::string_view type) {
  std::string text{type};
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return job.scratch.keep(std::move(text));
}

/// Empty where the node is missing or of a type that is not told.
[[nodiscard]] inline std::string_view type_of_node(const document_job& job, const json* node) {
  if (node == nullptr || !node->is_object()) return {};
  const auto& type = member_or_null(*node, "type");
  if (!type.is_string()) return {};
  const std::string_view name = type.get_ref<const std::string&>();
  return job.rules.layout->types.contains(name) ? name : std::string_view{};
}

[[nodiscard]] inline const json& parent_of(const json& node) {
  const auto& parents = member_or_null(node, "parents");
  return parents.is_array() && !parents.empty() ? parents.back() : null_json();
}

[[nodiscard]] inline bool is_blank_text(const json& value) {
  return !value.is_string() || value.get_ref<const std::string&>().find_first_not_of(" \t\r\n") == std::string::npos;
}

enum class detail_of_node : std::uint8_t { plain, with_parent, with_meta };

/// `{id, type, name?, chartId?, uuid?}` as JSON text, with `parent` or `meta` on request.
[[nodiscard]] inline value_view node_value(const document_job& job, const json& node, detail_of_node more) {
  const auto& meta = member_or_null(node, "meta");
  json made = json::object();
  made["id"] = member_or_null(node, "id");
  made["type"] = member_or_null(node, "type");
  for (const auto& name : job.rules.layout->names) {
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
  return value_view::of_raw(job.scratch.keep(made.dump()));
}

inline void tell_node(const document_job& job, std::string_view id, std::string_view type, operation op,
                      value_view from, value_view to) {
  const auto kind = kind_of_type(job, type);
  step_stack path;
  if (job.rules.layout->verb_in_path) path = {{to_string(op)}, {kind}};
  path.push_back({id});
  job.scratch.add(kind, op, path, from, to);
}

/// Remembers that a node's record tells of its link.
inline void tell_link(const document_job& job, operation op, const json& node) {
  const auto& uuid = member_or_null(member_or_null(node, "meta"), "uuid");
  if (uuid.is_string()) job.told.emplace_back(op, uuid.get<std::string>());
}

/// Compares objects leaf by leaf, down to a depth.
inline void compare_leaves(const document_job& job, std::string_view kind, step_stack& path, const json& from,
                           const json& to, std::size_t depth) {
  each_member(from, to, [&](const std::string& name, const json* a, const json* b) {
    path.push_back({name});
    if (a != nullptr && b != nullptr && depth > 1 && a->is_object() && b->is_object()) {
      if (!same_json(*a, *b)) compare_leaves(job, kind, path, *a, *b, depth - 1);
    } else {
      compare_whole(job, kind, path, a, b);
    }
    path.pop_back();
  });
}

inline void edit_node(const document_job& job, std::string_view id, std::string_view type, const json& a,
                      const json& b) {
  const auto& from = member_or_null(a, "meta");
  const auto& to = member_or_null(b, "meta");
  if (same_json(from, to)) return;
  if (job.rules.layout->verb_in_path) {
    tell_node(job, id, type, operation::edit, node_value(job, a, detail_of_node::with_meta),
              node_value(job, b, detail_of_node::with_meta));
    return;
  }
  const auto kind = kind_of_type(job, type);
  step_stack path{{id}};
  compare_leaves(job, kind, path, from, to, job.rules.layout->depth);
}

/// Compares a node of two layouts; null where a side has none.
inline void layout_node(const document_job& job, std::string_view id, const json* a, const json* b) {
  if (job.rules.layout->suppressed.contains(id)) return;
  const auto before = type_of_node(job, a);
  const auto after = type_of_node(job, b);
  if (before.empty() && after.empty()) return;
  if (before.empty()) {
    tell_node(job, id, after, operation::add, {}, node_value(job, *b, detail_of_node::plain));
    tell_link(job, operation::add, *b);
  } else if (after.empty()) {
    tell_node(job, id, before, operation::remove, node_value(job, *a, detail_of_node::plain), {});
    tell_link(job, operation::remove, *a);
  } else if (!same_json(parent_of(*a), parent_of(*b))) {
    tell_node(job, id, after, operation::move, node_value(job, *a, detail_of_node::with_parent),
              node_value(job, *b, detail_of_node::with_parent));
  } else {
    edit_node(job, id, after, *a, *b);
  }
}

}  // namespace varve::detail
