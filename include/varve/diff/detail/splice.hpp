#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "varve/core/json.hpp"
#include "varve/diff/detail/members.hpp"
#include "varve/diff/detail/parse.hpp"

namespace varve::detail {

/// Where an object's member stands in its text.
struct member_place {
  std::string_view object{};
  std::optional<text_member> member{};
  bool is_first = true;        ///< of the object's members
  bool is_only = true;         ///< the object has no other
  const char* next = nullptr;  ///< where the name of the next member begins; null for the last one
};

/// Finds a member in an object's text; false where the object is malformed or has the member twice.
[[nodiscard]] inline bool find_member(std::string_view object, std::string_view name, member_place& place) {
  std::deque<std::string> texts;
  member_reader reader{object.data(), object.data() + object.size(), texts};
  place = {object};
  text_member member;
  bool is_next = false;
  for (std::size_t count = 0; reader.next(member); ++count) {
    if (is_next) place.next = member.quote;
    is_next = member.name == name;
    if (count > 0) place.is_only = false;
    if (!is_next) continue;
    if (place.member) return false;
    place.member = member;
    place.is_first = count == 0;
  }
  return reader.is_closed() && reader.at() == object.data() + object.size();
}

/// Changes a document's text in place of one member's value; everything else stays as it is, byte for byte.
class text_splicer {
 public:
  explicit text_splicer(std::string& text) : text_(text) {}

  /// Finds the object that the text is, then the members that the names lead to while their values are objects.
  /// False where that cannot be told from the text.
  [[nodiscard]] bool find(std::span<const nlohmann::json> path) {
    std::string_view object;
    if (!find_object(text_, object)) return false;
    for (depth_ = 0; depth_ < path.size(); ++depth_) {
      if (!path[depth_].is_string()) return false;
      name_ = path[depth_].get_ref<const std::string&>();
      if (!find_member(object, name_, place_)) return false;
      if (depth_ + 1 == path.size() || !place_.member || place_.member->value[0] != '{') break;
      object = place_.member->value;
    }
    return depth_ < path.size();
  }
  /// How many steps of the path led to objects; the next one is the member that was found or is missing.
  [[nodiscard]] std::size_t depth() const { return depth_; }
  [[nodiscard]] bool is_there() const { return place_.member.has_value(); }
  /// The parsed value; null when the member is missing.
  [[nodiscard]] nlohmann::json value() const {
    return place_.member ? parse_document(place_.member->value).value : nlohmann::json{};
  }

  void set(const nlohmann::json& value) {
    if (place_.member) {
      text_.replace(offset(place_.member->value.data()), place_.member->value.size(), value.dump());
      return;
    }
    std::string added;
    if (has_members()) added.push_back(',');
    append_json_string(added, name_);
    added.push_back(':');
    added += value.dump();
    text_.insert(offset(end_of_members()), added);
  }
  void remove() {
    const auto& member = *place_.member;
    const char* const begin = place_.is_first ? member.quote : member.begin;
    const char* const end = place_.is_first && place_.next != nullptr ? place_.next : member.end();
    text_.erase(offset(begin), static_cast<std::size_t>(end - begin));
  }

 private:
  [[nodiscard]] std::size_t offset(const char* at) const { return static_cast<std::size_t>(at - text_.data()); }
  [[nodiscard]] bool has_members() const { return *skip_blanks(place_.object.data() + 1, object_end()) != '}'; }
  [[nodiscard]] const char* object_end() const { return place_.object.data() + place_.object.size(); }
  /// Behind the last member, ahead of the blanks before the closing bracket.
  [[nodiscard]] const char* end_of_members() const {
    const char* at = object_end() - 1;
    while (at[-1] == ' ' || at[-1] == '\n' || at[-1] == '\r' || at[-1] == '\t') --at;
    return at;
  }

  std::string& text_;
  member_place place_{};
  std::string name_{};
  std::size_t depth_ = 0;
};

}  // namespace varve::detail
