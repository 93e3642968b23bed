// Random texts of documents, and edits of them that keep what they do not touch byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace random_document {

/// A value with its spelling: blanks, escapes, the order of members, members that come twice, and damage.
struct node {
  enum class kind { scalar, object, array };
  kind what = kind::scalar;
  std::string text{};                ///< of a scalar
  std::vector<std::string> names{};  ///< of an object's members, with their quotes
  std::vector<node> items{};
  std::string blanks{};  ///< ahead of the value and behind it

  void print(std::string& out) const {
    out += blanks;
    if (what == kind::scalar) {
      out += text;
    } else {
      out.push_back(what == kind::object ? '{' : '[');
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out.push_back(',');
        if (what == kind::object) out += blanks + names[i] + blanks + ":";
        items[i].print(out);
      }
      out.push_back(what == kind::object ? '}' : ']');
    }
    out += blanks;
  }
};

class maker {
 public:
  explicit maker(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  bool once_in(std::size_t count) { return below(count) == 0; }
  std::string one_of(std::initializer_list<const char*> pool) { return *(pool.begin() + below(pool.size())); }

  /// \param damage  whether members may come twice and values be malformed
  node make_document(bool damage) {
    damage_ = damage;
    node made = make_object(3);
    for (std::size_t i = below(once_in(8) ? 60 : 4); i > 0; --i) add_member(made, 2);
    return made;
  }
  std::string print(const node& document) {
    std::string text;
    document.print(text);
    if (!damage_ || !once_in(40)) return text;
    switch (below(4)) {
      case 0: text.resize(below(text.size() + 1)); break;
      case 1: text.insert(below(text.size() + 1), 1, "\"\\{}[],:0 x\x01\x80"[below(13)]); break;
      case 2: text.erase(below(text.size()), 1); break;
      default: text = one_of({"", "null", "[]", "{", "3", "\xEF\xBB\xBF{\"a\":1}", "{\"a\":1} x"});
    }
    return text;
  }
  /// One edit somewhere in the document.
  void change(node& at) {
    if (at.what != node::kind::scalar && !at.items.empty() && !once_in(3))
      return change(at.items[below(at.items.size())]);
    switch (at.what) {
      case node::kind::scalar:
        if (once_in(12))
          at = make_value(2);
        else
          at.text = once_in(3) ? respelled(at.text) : scalar();
        return;
      case node::kind::object: return change_object(at);
      case node::kind::array: return change_array(at);
    }
  }

 private:
  std::string scalar() {
    if (damage_ && once_in(25))
      return one_of({"tru", "1.", "\"\\q\"", "{\"a\":", "]", "\"\x80\"", "\"\x01\"", "12345678901234567890123", "1e400",
                     "1e-400", "0.10000000000000000001", "{\"d\":1,\"d\":2}", "[{\"d\":1,\"d\":1}]", "{\"a\":1,}", "01",
                     "\"open"});
    return one_of({"null",
                   "true",
                   "false",
                   "0",
                   "-0",
                   "1",
                   "1.0",
                   "10e-1",
                   "2",
                   "-3",
                   "1.5",
                   "100",
                   "1e2",
                   "18446744073709551615",
                   "9007199254740993",
                   "\"\"",
                   "\"a\"",
                   "\"\\u0061\"",
                   "\"b\"",
                   "\"\xC3\xA9\"",
                   "\"\\u00e9\"",
                   "\"a longer text, with {brackets] and \\\"quotes\\\" of some length, past sixteen\"",
                   "\"\\\\\"",
                   "\"x\\\\\\\"\"",
                   "\"CHART\"",
                   "\"ROW\"",
                   "\"r1\""});
  }
  std::string respelled(const std::string& text) {
    for (const auto& pair : {std::pair{"1", "1.0"},
                             {"1.0", "10e-1"},
                             {"10e-1", "1"},
                             {"100", "1e2"},
                             {"1e2", "100"},
                             {"\"a\"", "\"\\u0061\""},
                             {"\"\\u0061\"", "\"a\""},
                             {"0", "-0"},
                             {"\"\xC3\xA9\"", "\"\\u00e9\""}})
      if (text == pair.first) return pair.second;
    return text;
  }
  std::string name() {
    if (once_in(3)) return "\"n" + std::to_string(below(60)) + "\"";
    return one_of({"\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\"", "\"list\"", "\"meta\"", "\"type\"", "\"parents\"",
                   "\"id\"", "\"label\"", "\"uuid\"", "\"\\u0061\"", "\"a|2\"", "\"\"", "\"\xC3\xA9\"", "\"\\n\"",
                   "\"with \\\" quote\""});
  }
  std::string blanks() { return once_in(4) ? one_of({" ", "\n  ", "\t", "  ", "\r\n"}) : std::string{}; }

  node make_value(int depth) {
    if (damage_ && once_in(1000)) {
      node deep;
      const std::size_t levels = 990 + below(20);
      deep.text = std::string(levels, '[') + std::string(levels, ']');
      return deep;
    }
    if (depth <= 0 || once_in(2)) return {node::kind::scalar, scalar(), {}, {}, blanks()};
    if (once_in(3)) return make_array(depth - 1);
    return once_in(4) ? make_layout_node(depth - 1) : make_object(depth - 1);
  }
  node make_object(int depth) {
    node made{node::kind::object, {}, {}, {}, blanks()};
    for (std::size_t i = below(6); i > 0; --i) add_member(made, depth);
    return made;
  }
  node make_array(int depth) {
    node made{node::kind::array, {}, {}, {}, blanks()};
    for (std::size_t i = below(5); i > 0; --i) made.items.push_back(make_value(depth));
    return made;
  }
  node make_layout_node(int depth) {
    node made{node::kind::object, {}, {}, {}, {}};
    const auto add = [&](const char* member, node value) {
      made.names.emplace_back(member);
      made.items.push_back(std::move(value));
    };
    add("\"id\"", {node::kind::scalar, name(), {}, {}, {}});
    add("\"type\"", {node::kind::scalar, one_of({"\"CHART\"", "\"ROW\"", "\"ROOT\""}), {}, {}, {}});
    add("\"parents\"", make_array(0));
    add("\"meta\"", make_object(depth));
    return made;
  }
  void add_member(node& object, int depth) {
    std::string added = name();
    const auto same = [&](const std::string& a, const std::string& b) {
      const auto plain = [](const std::string& s) { return s == "\"\\u0061\"" ? std::string{"\"a\""} : s; };
      return plain(a) == plain(b);
    };
    for (const auto& other : object.names)
      if (same(other, added) && !(damage_ && once_in(20))) return;
    const auto at = static_cast<std::ptrdiff_t>(below(object.items.size() + 1));
    const bool is_list = added == "\"list\"";
    object.names.insert(object.names.begin() + at, std::move(added));
    object.items.insert(object.items.begin() + at, is_list ? make_array(depth) : make_value(depth));
  }
  void change_object(node& at) {
    if (at.items.empty() || once_in(3)) return add_member(at, 2);
    const auto i = below(at.items.size());
    const auto j = below(at.items.size());
    const auto place = static_cast<std::ptrdiff_t>(i);
    switch (below(damage_ ? 7 : 6)) {
      case 0:
        at.items.erase(at.items.begin() + place);
        at.names.erase(at.names.begin() + place);
        return;
      case 1:
        std::swap(at.items[i], at.items[j]);
        std::swap(at.names[i], at.names[j]);
        return;
      case 2: {
        node moved = std::move(at.items[i]);
        at.items.erase(at.items.begin() + place);
        at.names.erase(at.names.begin() + place);
        const auto before = at.items.size();
        add_member(at, 0);
        if (at.items.size() > before) at.items.back() = std::move(moved);
        return;
      }
      case 3: at.blanks = blanks(); return;
      case 4:
        if (at.names[i] == "\"a\"")
          at.names[i] = "\"\\u0061\"";
        else if (at.names[i] == "\"\\u0061\"")
          at.names[i] = "\"a\"";
        return;
      case 5: at.items[i] = make_value(2); return;
      default: at.names.push_back(at.names[i]); at.items.push_back(once_in(2) ? at.items[i] : make_value(1));
    }
  }
  void change_array(node& at) {
    if (at.items.empty() || once_in(3)) {
      at.items.insert(at.items.begin() + static_cast<std::ptrdiff_t>(below(at.items.size() + 1)), make_value(1));
      return;
    }
    const auto i = below(at.items.size());
    if (once_in(2))
      at.items.erase(at.items.begin() + static_cast<std::ptrdiff_t>(i));
    else
      std::swap(at.items[i], at.items[below(at.items.size())]);
  }

  std::mt19937_64 random_;
  bool damage_ = false;
};

}  // namespace random_document
