#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "varve/diff/detail/scan.hpp"
#include "varve/entity/column_type.hpp"

namespace varve::detail {

/// A member of an object as it stands in a text.
struct text_member {
  std::string_view name{};      ///< without escapes
  bool has_escapes = false;     ///< in the text, that is
  std::string_view value{};     ///< the text of the value
  const char* begin = nullptr;  ///< behind the member before, or behind the opening bracket
  const char* quote = nullptr;  ///< where the name begins
  [[nodiscard]] const char* end() const { return value.data() + value.size(); }
};

/// Reads the members of an object in a text, one after the other. The values are not looked into.
class member_reader {
 public:
  /// \param at     the opening bracket
  /// \param names  keeps names that stand with escapes in the text
  member_reader(const char* at, const char* end, std::deque<std::string>& names)
      : at_(at + 1), end_(end), names_(names) {}

  /// False at the end of the object, and where the text is malformed.
  [[nodiscard]] bool next(text_member& member) {
    member.begin = at_;
    const char* at = skip_blanks(at_, end_);
    if (at == end_) return fail();
    if (*at == '}') {
      at_ = at + 1;
      is_closed_ = true;
      return false;
    }
    if (!is_first_) {
      if (*at != ',') return fail();
      at = skip_blanks(at + 1, end_);
    }
    if (at == end_ || *at != '"') return fail();
    member.quote = at;
    const char* stop = skip_string(at, end_);
    if (stop == nullptr || !read_name({at + 1, stop - 1}, member)) return fail();
    at = skip_blanks(stop, end_);
    if (at == end_ || *at != ':') return fail();
    at = skip_blanks(at + 1, end_);
    stop = skip_value(at, end_);
    if (stop == nullptr) return fail();
    member.value = {at, stop};
    is_first_ = false;
    at_ = stop;
    return true;
  }
  /// Where the next member begins; behind the closing bracket at the end.
  [[nodiscard]] const char* at() const { return at_; }
  /// Goes on behind a member that is known to stand here.
  void skip_to(const char* at) {
    at_ = at;
    is_first_ = false;
  }
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  [[nodiscard]] bool is_malformed() const { return is_malformed_; }

 private:
  bool fail() {
    is_malformed_ = true;
    return false;
  }
  [[nodiscard]] bool read_name(std::string_view inside, text_member& member) {
    member.name = inside;
    member.has_escapes = inside.find('\\') != std::string_view::npos;
    if (!member.has_escapes) return true;
    const auto parsed = nlohmann::json::parse(inside.data() - 1, inside.data() + inside.size() + 1, nullptr, false);
    if (!parsed.is_string()) return false;
    member.name = names_.emplace_back(parsed.get_ref<const std::string&>());
    return true;
  }

  const char* at_;
  const char* end_;
  std::deque<std::string>& names_;
  bool is_first_ = true;
  bool is_closed_ = false;
  bool is_malformed_ = false;
};

/// Whether all of a text is one object, but for blanks around it; `object` is then the object.
/// Its members are not looked into.
[[nodiscard]] inline bool find_object(std::string_view text, std::string_view& object) {
  const char* const end = text.data() + text.size();
  const char* const begin = skip_blanks(text.data(), end);
  if (begin == end || *begin != '{') return false;
  const char* const stop = skip_container(begin, end);
  if (stop == nullptr || skip_blanks(stop, end) != end) return false;
  object = {begin, stop};
  return true;
}

/// What differs in one member of two objects; the side without it has no value (null data).
struct member_difference {
  std::string_view name{};
  bool has_escapes = false;  ///< the name was read, and so is well formed
  std::string_view from{};
  std::string_view to{};
};

/// Room that comparing objects works in.
struct member_room {
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t place = 0;  ///< index of the name + 1
  };
  std::vector<member_difference> found{};
  std::vector<text_member> left{}, right{};  ///< what could not be matched in order
  std::vector<std::string_view> names{};     ///< of members that both sides have in step
  std::vector<std::uint32_t> hashes{};
  std::vector<slot> slots{};
  std::deque<std::string> texts{};  ///< names without their escapes

  void clear() {
    found.clear();
    texts.clear();
  }
};

/// Finds the members in which the texts of two objects differ, by walking both in step.
///
/// Where names differ up to four members ahead are looked at on either side, and after eight such places in a row all
/// members that remain are matched by name. Members whose texts are the same are not looked into.
class object_comparison {
 public:
  /// \param from  a text that begins with the object's opening bracket
  object_comparison(std::string_view from, std::string_view to, member_room& room)
      : room_(room), from_(from, room.texts), to_(to, room.texts) {}

  /// Appends what differs to `room.found`, sorted by name. False when one of the objects is malformed or has a member
  /// twice; what was appended then means nothing.
  [[nodiscard]] bool run() {
    room_.left.clear();
    room_.right.clear();
    room_.names.clear();
    const auto begin = room_.found.size();
    if (!walk()) return false;
    if (!match_rest()) return false;
    std::sort(room_.found.begin() + static_cast<std::ptrdiff_t>(begin), room_.found.end(),
              [](const member_difference& a, const member_difference& b) { return a.name < b.name; });
    return true;
  }
  /// Behind the objects, once they were compared.
  [[nodiscard]] const char* from_end() const { return from_.reader.at(); }
  [[nodiscard]] const char* to_end() const { return to_.reader.at(); }

 private:
  static constexpr std::size_t look_ahead = 4;
  static constexpr int patience = 8;

  /// One side, with the members that have been read ahead.
  struct side {
    side(std::string_view text, std::deque<std::string>& names)
        : reader(text.data(), text.data() + text.size(), names), end(text.data() + text.size()) {}

    /// The kth member from here; null behind the last one.
    [[nodiscard]] const text_member* ahead(std::size_t k) {
      while (size <= k) {
        auto& place = members[(first + size) % capacity];
        if (reader.is_closed() || !reader.next(place)) return nullptr;
        ++size;
      }
      return &members[(first + k) % capacity];
    }
    void drop() {
      first = (first + 1) % capacity;
      --size;
    }
    /// Drops the member that ends at `stop`, which need not have been read.
    void drop_to(const char* stop) {
      if (size > 0)
        drop();
      else
        reader.skip_to(stop);
    }
    [[nodiscard]] const char* at() const { return size > 0 ? members[first].begin : reader.at(); }

    static constexpr std::size_t capacity = 8;
    member_reader reader;
    const char* end;
    text_member members[capacity];
    std::size_t first = 0, size = 0;
  };

  [[nodiscard]] bool is_malformed() const { return from_.reader.is_malformed() || to_.reader.is_malformed(); }

  bool walk() {
    const char* same_until = same_from_here();
    int misses = 0;
    while (misses < patience) {
      const auto* a = from_.ahead(0);
      if (a == nullptr) break;
      if (a->end() < same_until) {
        room_.names.push_back(a->name);
        to_.drop_to(to_.at() + (a->end() - a->begin));
        from_.drop();
        continue;
      }
      const auto* b = to_.ahead(0);
      if (b == nullptr) break;
      if (a->name == b->name) {
        room_.names.push_back(a->name);
        if (a->value != b->value) room_.found.push_back({a->name, a->has_escapes, a->value, b->value});
        from_.drop();
        to_.drop();
        misses = 0;
        same_until = same_from_here();
        continue;
      }
      const auto [skip_from, skip_to] = next_in_step(*a, *b);
      if (is_malformed()) return false;
      if (skip_from == 0 && skip_to == 0) {
        put_aside(from_, 1, room_.left);
        put_aside(to_, 1, room_.right);
        ++misses;
      } else {
        put_aside(from_, skip_from, room_.left);
        put_aside(to_, skip_to, room_.right);
      }
      same_until = same_from_here();
    }
    while (from_.ahead(0) != nullptr) put_aside(from_, 1, room_.left);
    while (to_.ahead(0) != nullptr) put_aside(to_, 1, room_.right);
    return !is_malformed();
  }

  /// Up to where the left side is the same as the right one, from where both stand.
  [[nodiscard]] const char* same_from_here() const {
    const char* a = from_.at();
    const char* b = to_.at();
    return a + fast_characters::same_prefix(a, b, static_cast<std::size_t>(std::min(from_.end - a, to_.end - b)));
  }

  struct step {
    std::size_t from = 0;
    std::size_t to = 0;
  };
  /// How many members of one side come before both are in step again; none when that is not near.
  [[nodiscard]] step next_in_step(const text_member& a, const text_member& b) {
    for (std::size_t k = 1; k <= look_ahead; ++k) {
      if (const auto* next = to_.ahead(k); next != nullptr && next->name == a.name) return {0, k};
      if (const auto* next = from_.ahead(k); next != nullptr && next->name == b.name) return {k, 0};
    }
    return {};
  }

  static void put_aside(side& from, std::size_t count, std::vector<text_member>& out) {
    for (; count > 0; --count) {
      out.push_back(*from.ahead(0));
      from.drop();
    }
  }

  static bool sort_by_name(std::vector<text_member>& members) {
    const auto by_name = [](const text_member& a, const text_member& b) { return a.name < b.name; };
    std::sort(members.begin(), members.end(), by_name);
    return std::adjacent_find(members.begin(), members.end(), [](const text_member& a, const text_member& b) {
             return a.name == b.name;
           }) == members.end();
  }

  /// Matches by name what is left over; false when a name stands twice on one side.
  bool match_rest() {
    if (!index_names()) return false;
    auto& left = room_.left;
    auto& right = room_.right;
    if (!sort_by_name(left) || !sort_by_name(right)) return false;
    for (const auto* members : {&left, &right})
      for (const auto& member : *members)
        if (is_indexed(member.name)) return false;
    auto a = left.begin();
    auto b = right.begin();
    while (a != left.end() || b != right.end()) {
      if (b == right.end() || (a != left.end() && a->name < b->name)) {
        room_.found.push_back({a->name, a->has_escapes, a->value, {}});
        ++a;
      } else if (a == left.end() || b->name < a->name) {
        room_.found.push_back({b->name, b->has_escapes, {}, b->value});
        ++b;
      } else {
        if (a->value != b->value) room_.found.push_back({a->name, a->has_escapes, a->value, b->value});
        ++a;
        ++b;
      }
    }
    return true;
  }

  [[nodiscard]] static std::uint32_t hash_of_name(std::string_view name) {
    return static_cast<std::uint32_t>(hash_text(name));
  }
  [[nodiscard]] member_room::slot& slot_of(std::string_view name, std::uint32_t hash) {
    const std::size_t mask = room_.slots.size() - 1;
    std::size_t at = hash & mask;
    for (;; at = (at + 1) & mask) {
      auto& slot = room_.slots[at];
      if (slot.place == 0 || (slot.hash == hash && room_.names[slot.place - 1] == name)) return slot;
    }
  }
  bool index_names() {
    room_.slots.assign(std::bit_ceil(room_.names.size() * 2 + 2), {});
    for (std::uint32_t i = 0; i < room_.names.size(); ++i) {
      const auto hash = hash_of_name(room_.names[i]);
      auto& slot = slot_of(room_.names[i], hash);
      if (slot.place != 0) return false;
      slot = {hash, i + 1};
    }
    return true;
  }
  [[nodiscard]] bool is_indexed(std::string_view name) { return slot_of(name, hash_of_name(name)).place != 0; }

  member_room& room_;
  side from_;
  side to_;
};

}  // namespace varve::detail
