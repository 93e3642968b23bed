#pragma once

#include "varve/core/inline.hpp"
#include "varve/history/history_report.hpp"
#include "varve/store/store.hpp"

namespace varve {

/// Checks the history of all kinds in use, in one committed state: every row, transaction and record, and by full replay
/// that the records of each version lead from the state before it to its own and back, children, links and documents
/// included, as far as the laws reach.
///
/// It changes nothing. Where kinds of the database are not in use (`left_out`), transactions without rows and records of
/// other kinds are not told.
/// Errors: what the store's reading throws: `backend_error` of kind damaged where a row cannot be read at all.
/// Cost:   a page of rows of memory and a bit for each transaction and each record. A statement for each page; for each
///         version one more, and one for each relation; for each row of a child or link one.
/// Threads: on SQLite writers go on meanwhile; in the memory store they wait.
[[nodiscard]] VARVE_INLINE history_report check_history(const store_handle& store, const check_options& options = {});

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/doctor_impl.hpp"
#endif
