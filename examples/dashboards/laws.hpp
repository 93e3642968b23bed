#pragma once

#include <string>
#include <vector>

#include "states.hpp"

#include "varve/diff/record.hpp"

namespace dashboards {

/// The laws of change records, held against real versions of one entity, each the successor of the one before. A
/// sentence for each breach.
///
/// Replay: the records between two versions, applied to the older one, give one that is equivalent to the newer;
/// applied backwards they give the older from the newer. Composition: the records of several steps, squashed, are those
/// between the ends. Both must hold exactly under the default rules; under `sip` and `deep` what those rules summarise
/// is left out (layouts, links that a layout tells, ignored members, repeated and shortened keys of lists).
[[nodiscard]] std::vector<std::string> find_breaches(const std::vector<state>& versions);

/// The law of replay for records that a store has kept; they must be those between the two versions.
[[nodiscard]] std::vector<std::string> find_breaches(const state& before, const state& after,
                                                     const std::vector<varve::change_record>& stored);

}  // namespace dashboards
