#pragma once

#include <string>
#include <vector>

#include "varve/store/store.hpp"

namespace dashboards {

/// What must hold in a store after any save, checked over all rows of the kinds in use; a sentence for each violation.
///
/// 1. Every live entity with a history has one open shadow row, the same as the live row in every versioned column but
///    noise; so have its children and links.
/// 2. The open row of a deleted key is its delete row with the last values; its children and links went with it.
/// 3. The intervals of one key join up without gap or overlap, and begin before they end.
/// 4. Every beginning and end of an interval is a transaction that exists.
/// 5. Records are numbered from 0 without gaps, and belong to a version that was changed in their transaction.
/// 6. Every transaction left at least one row.
/// 7. Every version is whole: a child's or link's change is a version of its owner, within the owner's life.
///
/// For stores from which nothing was pruned. Cost: reads everything; for tests and tools.
[[nodiscard]] std::vector<std::string> find_violations(const varve::store_handle& store);

}  // namespace dashboards
