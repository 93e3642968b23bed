#pragma once

// Comparing two parsed documents leaf by leaf, over the values of four JSON libraries: what a program writes by hand.

#include <boost/json.hpp>
#include <nlohmann/json.hpp>
#include <rapidjson/document.h>
#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct nlohmann_dom {
  using value = const nlohmann::json*;
  using iterator = nlohmann::json::const_iterator;
  static bool is_object(value v) { return v->is_object(); }
  static iterator begin(value v) { return v->begin(); }
  static iterator end(value v) { return v->end(); }
  static std::string_view key(const iterator& at) { return at.key(); }
  static value child(const iterator& at) { return &*at; }
  static std::optional<value> find(value v, std::string_view name) {
    const auto found = v->find(name);
    return found == v->end() ? std::nullopt : std::optional{&*found};
  }
  static bool same(value a, value b) { return *a == *b; }
};

struct rapidjson_dom {
  using value = const rapidjson::Value*;
  using iterator = rapidjson::Value::ConstMemberIterator;
  static bool is_object(value v) { return v->IsObject(); }
  static iterator begin(value v) { return v->MemberBegin(); }
  static iterator end(value v) { return v->MemberEnd(); }
  static std::string_view key(const iterator& at) { return {at->name.GetString(), at->name.GetStringLength()}; }
  static value child(const iterator& at) { return &at->value; }
  static std::optional<value> find(value v, std::string_view name) {
    const auto found =
        v->FindMember(rapidjson::Value{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))});
    return found == v->MemberEnd() ? std::nullopt : std::optional{&found->value};
  }
  static bool same(value a, value b) { return *a == *b; }
};

struct boost_dom {
  using value = const boost::json::value*;
  using iterator = boost::json::object::const_iterator;
  static bool is_object(value v) { return v->is_object(); }
  static iterator begin(value v) { return v->get_object().begin(); }
  static iterator end(value v) { return v->get_object().end(); }
  static std::string_view key(const iterator& at) { return {at->key().data(), at->key().size()}; }
  static value child(const iterator& at) { return &at->value(); }
  static std::optional<value> find(value v, std::string_view name) {
    const auto* found = v->get_object().if_contains({name.data(), name.size()});
    return found == nullptr ? std::nullopt : std::optional{found};
  }
  static bool same(value a, value b) { return *a == *b; }
};

struct simdjson_dom {
  using value = simdjson::dom::element;
  using iterator = simdjson::dom::object::iterator;
  static bool is_object(const value& v) { return v.is_object(); }
  static iterator begin(const value& v) { return simdjson::dom::object{v}.begin(); }
  static iterator end(const value& v) { return simdjson::dom::object{v}.end(); }
  static std::string_view key(const iterator& at) { return at.key(); }
  static value child(const iterator& at) { return at.value(); }
  static std::optional<value> find(const value& v, std::string_view name) {
    value found;
    return v.at_key(name).get(found) == simdjson::SUCCESS ? std::optional{found} : std::nullopt;
  }
  static bool same(const value& a, const value& b) {
    using simdjson::dom::element_type;
    if (a.type() != b.type()) return false;
    switch (a.type()) {
      case element_type::ARRAY: {
        const simdjson::dom::array left{a}, right{b};
        auto j = right.begin();
        for (auto i = left.begin(); i != left.end(); ++i, ++j)
          if (!(j != right.end()) || !same(*i, *j)) return false;
        return !(j != right.end());
      }
      case element_type::OBJECT: {
        const simdjson::dom::object left{a}, right{b};
        auto j = right.begin();
        for (auto i = left.begin(); i != left.end(); ++i, ++j)
          if (!(j != right.end()) || i.key() != j.key() || !same(i.value(), j.value())) return false;
        return !(j != right.end());
      }
      case element_type::INT64: return std::int64_t{a} == std::int64_t{b};
      case element_type::UINT64: return std::uint64_t{a} == std::uint64_t{b};
      case element_type::DOUBLE: return double{a} == double{b};
      case element_type::STRING: return std::string_view{a} == std::string_view{b};
      case element_type::BOOL: return bool{a} == bool{b};
      case element_type::NULL_VALUE: return true;
    }
    return false;
  }
};

/// Records of where two documents differ, lists compared whole; used again it allocates little.
template <class Dom>
class document_walk {
 public:
  using value = typename Dom::value;
  struct record {
    std::size_t path_begin, path_size;
    std::optional<value> from, to;
  };

  const std::vector<record>& run(value before, value after) {
    records_.clear();
    steps_.clear();
    path_.clear();
    compare(before, after);
    return records_;
  }
  /// The path of a record, its steps joined by "/".
  [[nodiscard]] std::string path(const record& of) const {
    std::string text;
    for (std::size_t i = 0; i < of.path_size; ++i) text.append("/").append(steps_[of.path_begin + i]);
    return text;
  }

 private:
  void compare(value a, value b) {
    if (Dom::is_object(a) && Dom::is_object(b))
      members(a, b);
    else if (!Dom::same(a, b))
      add(a, b);
  }
  void member(std::string_view name, std::optional<value> a, std::optional<value> b) {
    path_.push_back(name);
    if (a && b)
      compare(*a, *b);
    else
      add(a, b);
    path_.pop_back();
  }
  /// In step as long as the names are, with a look one member ahead; what is left over by name.
  void members(value a, value b) {
    auto i = Dom::begin(a), j = Dom::begin(b);
    const auto end_a = Dom::end(a), end_b = Dom::end(b);
    while (i != end_a && j != end_b) {
      auto next_i = i, next_j = j;
      ++next_i;
      ++next_j;
      if (Dom::key(i) == Dom::key(j)) {
        member(Dom::key(i), Dom::child(i), Dom::child(j));
        i = next_i;
        j = next_j;
      } else if (next_j != end_b && Dom::key(i) == Dom::key(next_j) && !Dom::find(a, Dom::key(j))) {
        member(Dom::key(j), std::nullopt, Dom::child(j));
        j = next_j;
      } else if (next_i != end_a && Dom::key(next_i) == Dom::key(j) && !Dom::find(b, Dom::key(i))) {
        member(Dom::key(i), Dom::child(i), std::nullopt);
        i = next_i;
      } else {
        break;
      }
    }
    const auto rest = i;
    for (; i != end_a; ++i) member(Dom::key(i), Dom::child(i), Dom::find(b, Dom::key(i)));
    for (; j != end_b; ++j) {
      bool there = false;
      for (auto k = rest; k != end_a && !there; ++k) there = Dom::key(k) == Dom::key(j);
      if (!there) member(Dom::key(j), std::nullopt, Dom::child(j));
    }
  }
  void add(std::optional<value> a, std::optional<value> b) {
    records_.push_back({steps_.size(), path_.size(), a, b});
    steps_.insert(steps_.end(), path_.begin(), path_.end());
  }

  std::vector<record> records_{};
  std::vector<std::string_view> steps_{}, path_{};
};

}  // namespace bench
