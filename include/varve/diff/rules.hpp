#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/entity/describe.hpp"

namespace varve {

/// A natural key of a list's item: its text, or nothing when the item has none (then its position is used).
using item_key = std::function<std::optional<std::string>(const nlohmann::json& item)>;

/// The text of a member of an object item; nothing for another item or when the member is missing or null.
[[nodiscard]] inline item_key key_of_member(std::string name) {
  return [name = std::move(name)](const nlohmann::json& item) -> std::optional<std::string> {
    if (!item.is_object()) return std::nullopt;
    const auto found = item.find(name);
    if (found == item.end() || found->is_null()) return std::nullopt;
    return found->is_string() ? found->get<std::string>() : found->dump();
  };
}

/// How the items of a list are told apart.
struct keyed_list {
  /// Parts of the key, from the left. With several, an item's key is the shortest prefix that no other item of
  /// either side has, joined by `|`.
  std::vector<item_key> parts{};
  /// Of items with one key only the last counts; otherwise the second is `key|2`, and so on.
  bool last_wins = false;
};

/// What is told of a member of a document by a kind of its own.
struct promotion {
  std::string kind{};
  std::optional<keyed_list> items{};
};

/// A document that is a map of nodes, each with `id`, `type`, `parents` and `meta`.
struct layout_rules {
  std::set<std::string, std::less<>> types{};  ///< of nodes that are told; the record's kind is the type in lower case
  std::set<std::string, std::less<>> suppressed{};  ///< ids of nodes that are never told
  std::vector<std::string> names{};  ///< members of `meta`; the first that is not blank is the node's name
  bool verb_in_path = false;         ///< path `[verb, kind, id]` and whole values, else `[id, leaf...]`
  std::size_t depth = 3;             ///< of leaves of `meta`, where the path has no verb
  std::string membership{};          ///< the collection of links whose records are folded into the nodes'
};

/// How one document is compared.
///
/// The default loses nothing: objects are compared member by member, anything else whole.
struct document_rules {
  bool lenient = false;   ///< text that is no object counts as `{}`; a member that is null, missing or "" is the same
  std::size_t depth = 1;  ///< how many keys of nested objects a path has at most
  std::set<std::string, std::less<>> ignored{};
  std::map<std::string, promotion, std::less<>> promoted{};
  std::optional<layout_rules> layout{};
};

/// Rules for the documents of one entity, by field.
class rule_set {
 public:
  rule_set() = default;

  /// Sets the rules of one document.
  template <auto Member>
  rule_set& document(document_rules rules) {
    documents_.insert_or_assign(std::string{detail::name_of<Member>}, std::move(rules));
    return *this;
  }
  /// Records of links come sorted by path, removed before added, instead of in the order of the collections.
  rule_set& sort_links(bool sorted = true) {
    sorted_links_ = sorted;
    return *this;
  }

  [[nodiscard]] const document_rules& of(std::string_view field) const {
    static const document_rules plain;
    const auto found = documents_.find(field);
    return found == documents_.end() ? plain : found->second;
  }
  [[nodiscard]] bool sorted_links() const { return sorted_links_; }

  /// The layout whose records already tell what happened to a link, if there is one.
  [[nodiscard]] bool folds(std::string_view links) const {
    for (const auto& [field, rules] : documents_)
      if (rules.layout && rules.layout->membership == links) return true;
    return false;
  }

 private:
  std::map<std::string, document_rules, std::less<>> documents_{};
  bool sorted_links_ = false;
};

/// The rules that lose nothing.
[[nodiscard]] inline const rule_set& default_rules() {
  static const rule_set rules;
  return rules;
}

/// The descriptor's rules, else the default ones.
[[nodiscard]] inline const rule_set& rules_of(const entity_info& info) {
  return info.rules != nullptr ? *info.rules() : default_rules();
}

}  // namespace varve
