#pragma once

#include "varve/core/inline.hpp"
#include "varve/history/drift_report.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// Finds the rows of all kinds in use that live otherwise than their newest versions have them: entities, children, links.
///
/// It reads one committed state and changes nothing. A column that was not versioned yet when the newest version was made
/// is not looked at.
/// Cost: two statements for each page of a table's rows; one more for each row without a version.
[[nodiscard]] VARVE_INLINE drift_page find_drift(const store_handle& store, const drift_query& query = {});

/// Takes drift into the history: each entity that drifted gets a version that is what lives now, with records of what
/// differs from the version before it, under transactions of the action kind `external`. Live tables are not touched.
///
/// Run again it does nothing. A batch is one transaction, all or nothing; when a later one fails those before it stay.
/// \param who  signs the transactions; its action kind is used where it has one.
/// Errors:  `input_error` when nobody is named or versioning is switched off. An entity that cannot be adopted is skipped,
///          and said why: a value that no version can hold, two children of one name, a history that is damaged.
/// Cost:    what `find_drift` costs; for each entity that drifted a read of its two states, and a save.
/// Threads: safe beside writers and a second adoption: each batch begins with the write transaction, and looks again.
VARVE_INLINE adopted_drift adopt_drift(const store_handle& store, attribution who, const adopt_options& options = {});

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/drift_impl.hpp"
#endif
