#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "varve/diff/detail/keyed_list.hpp"
#include "varve/diff/detail/layout.hpp"
#include "varve/diff/detail/members.hpp"
#include "varve/diff/detail/parse.hpp"
#include "varve/diff/detail/plain_value.hpp"
#include "varve/diff/detail/teller.hpp"
#include "varve/diff/detail/walk.hpp"

namespace varve::detail {

/// Compares two objects of a document that are there as texts: in step, and only what differs is parsed.
///
/// An object that is taken apart is read from end to end on both sides; of its values those whose texts are the same
/// are not looked into, and those that differ must be faithful.
class lock_step_walk {
 public:
  explicit lock_step_walk(const document_job& job) : job_(job) {}

  /// False when the texts must be parsed whole instead: one is no object, or what was looked at is malformed, nested
  /// too deep, holds a member twice or a number that loses digits. The records added are then part of nothing.
  [[nodiscard]] bool run(std::string_view from, std::string_view to) {
    path_.assign(1, path_step{job_.field});
    return begins_with_object(from) && begins_with_object(to) && members(from, to, job_.rules.depth, 1);
  }

 private:
  [[nodiscard]] static bool begins_with_object(std::string_view& text) {
    const char* const end = text.data() + text.size();
    text = {skip_blanks(text.data(), end), end};
    return is_object(text);
  }
  [[nodiscard]] static bool is_object(std::string_view text) { return !text.empty() && text[0] == '{'; }
  [[nodiscard]] static bool is_array(std::string_view text) { return !text.empty() && text[0] == '['; }
  [[nodiscard]] static bool is_missing(std::string_view text) { return text.data() == nullptr; }

  /// \param level  how deep the members are nested in the document
  [[nodiscard]] bool members(std::string_view from, std::string_view to, std::size_t depth, std::size_t level) {
    if (level > deepest_json) return false;
    auto& found = job_.scratch.members().found;
    const std::size_t begin = found.size();
    if (!find_differences(from, to)) return false;
    for (std::size_t i = begin, end = found.size(); i < end; ++i) {
      const auto difference = found[i];  // what is nested appends to the list
      if (!difference.has_escapes && !is_name(difference.name)) return false;
      if (level == 1 && job_.rules.layout) {
        if (!node(difference)) return false;
        continue;
      }
      path_.push_back({difference.name});
      if (!(level == 1 ? top_member(difference, depth) : member(difference, depth - 1, level))) return false;
      path_.pop_back();
    }
    found.resize(begin);
    return true;
  }

  [[nodiscard]] bool find_differences(std::string_view from, std::string_view to) {
    object_comparison objects{from, to, job_.scratch.members()};
    return objects.run() && ends_with(from, objects.from_end()) && ends_with(to, objects.to_end());
  }
  [[nodiscard]] static bool ends_with(std::string_view text, const char* object_end) {
    const char* const end = text.data() + text.size();
    return skip_blanks(object_end, end) == end;
  }
  /// Whether a name that stands in the text without escapes is well formed.
  [[nodiscard]] static bool is_name(std::string_view name) {
    if (is_plain_inside(name)) return true;
    for (const char c : name)
      if (static_cast<unsigned char>(c) < 0x20) return false;
    return text_defect(name) == nullptr;
  }

  [[nodiscard]] bool node(const member_difference& difference) {
    if (job_.rules.layout->suppressed.contains(difference.name)) return true;
    const auto* from = parsed(difference.from, 1);
    const auto* to = parsed(difference.to, 1);
    if (is_missing(difference.from) != (from == nullptr) || is_missing(difference.to) != (to == nullptr)) return false;
    layout_node(job_, difference.name, from, to);
    return true;
  }

  [[nodiscard]] bool top_member(const member_difference& difference, std::size_t depth) {
    if (job_.rules.ignored.contains(difference.name)) return true;
    const auto promoted = job_.rules.promoted.find(difference.name);
    if (promoted == job_.rules.promoted.end()) return member(difference, depth - 1, 1);
    if (!promoted->second.items || !is_array(difference.from) || !is_array(difference.to))
      return whole(promoted->second.kind, difference, 1);
    const auto* from = parsed(difference.from, 1);
    const auto* to = parsed(difference.to, 1);
    if (from == nullptr || to == nullptr) return false;
    compare_lists(job_, promoted->second, path_, *from, *to);
    return true;
  }

  [[nodiscard]] bool member(const member_difference& difference, std::size_t depth, std::size_t level) {
    if (depth > 0 && is_object(difference.from) && is_object(difference.to))
      return members(difference.from, difference.to, depth, level + 1);
    return whole("field", difference, level);
  }

  /// Compares two values whole, as `compare_whole` does with parsed ones; the records' values are the texts.
  [[nodiscard]] bool whole(std::string_view kind, member_difference difference, std::size_t level) {
    auto& from = difference.from;
    auto& to = difference.to;
    if (job_.rules.lenient) {
      if (from == "null") from = {};
      if (to == "null") to = {};
      const auto is_blank = [](std::string_view text) { return is_missing(text) || text == "\"\""; };
      if (is_blank(from) && is_blank(to)) return true;
    }
    if (!is_missing(from) && !is_missing(to)) {
      if (level + plain_value::most_levels > deepest_json || !are_plain_and_differ(from, to)) {
        parsed_document left, right;
        if (!parse(from, level, left) || !parse(to, level, right)) return false;
        if (same_json(left.value, right.value)) return true;
      }
    } else {
      const auto text = is_missing(from) ? to : from;
      if (is_missing(text)) return true;
      parsed_document document;
      if ((level + plain_value::most_levels > deepest_json || !is_plain_value(text)) && !parse(text, level, document))
        return false;
    }
    const auto op = is_missing(from) ? operation::add : is_missing(to) ? operation::remove : operation::edit;
    job_.scratch.add(kind, op, path_, is_missing(from) ? value_view{} : value_view::of_raw(from),
                     is_missing(to) ? value_view{} : value_view::of_raw(to));
    return true;
  }

  [[nodiscard]] static bool parse(std::string_view text, std::size_t level, parsed_document& out) {
    out = parse_document(text, level);
    return out.valid && out.faithful;
  }
  /// Null when the text is missing or must not be relied on.
  [[nodiscard]] const json* parsed(std::string_view text, std::size_t level) {
    parsed_document made;
    if (is_missing(text) || !parse(text, level, made)) return nullptr;
    return &job_.scratch.keep(std::move(made)).value;
  }

  const document_job& job_;
  step_stack path_{};
};

/// A document's text; nothing where the field is null.
using document_text = std::optional<std::string_view>;

/// Compares two documents by parsing their texts and walking the values; false when they are to be told whole.
[[nodiscard]] inline bool compare_parsed(const document_job& job, const document_text& from, const document_text& to) {
  const json* values[] = {nullptr, nullptr};
  const document_text* texts[] = {&from, &to};
  for (int i = 0; i < 2; ++i) {
    if (!*texts[i]) continue;
    const auto& document = job.scratch.keep(parse_document(**texts[i]));
    if (!document.faithful) return false;
    if (document.valid) values[i] = &document.value;
  }
  return walk_values(job, values[0], values[1]);
}

/// Compares two documents held as texts; false when they are to be told whole.
[[nodiscard]] inline bool compare_texts(const document_job& job, const document_text& from, const document_text& to) {
  if (from && to) {
    const auto mark = job.scratch.mark();
    const auto told = job.told.size();
    if (lock_step_walk{job}.run(*from, *to)) return true;
    job.scratch.drop_since(mark);
    job.told.resize(told);
  }
  return compare_parsed(job, from, to);
}

}  // namespace varve::detail
