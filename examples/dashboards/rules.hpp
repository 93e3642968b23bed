#pragma once

#include <string_view>

#include "varve/diff/rules.hpp"

namespace dashboards {

/// How the documents of dashboards and charts are compared: two ready sets of rules for each.
///
/// Both tell what people care about and pass over what a server writes by itself: they are narrative. Saving uses
/// `deep`, so the change log reads well and stays small; what it leaves out (a layout's order, ignored members) is not
/// lost, as versions are read and restored from their rows and never from records. `varve::default_rules()` lose
/// nothing.
enum class rule_name { sip, deep };

/// The rules of one kind; of a dataset the default ones, as it has no document with rules.
[[nodiscard]] const varve::rule_set& rules_for(std::string_view kind, rule_name name);

namespace rules {

/// What the descriptors name.
[[nodiscard]] const varve::rule_set& chart();
[[nodiscard]] const varve::rule_set& dashboard();

}  // namespace rules
}  // namespace dashboards
