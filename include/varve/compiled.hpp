#pragma once

/// The bodies of varve's plain functions, for exactly one source file of a program whose files all define
/// `VARVE_COMPILED`. CMake's target `varve::compiled` does both.

#ifndef VARVE_COMPILED
#error "varve: define VARVE_COMPILED for every file of the program, then include varve/compiled.hpp in one of them"
#endif

#include "varve/capture/detail/record_impl.hpp"
#include "varve/diff/detail/apply_impl.hpp"
#include "varve/diff/detail/diff_impl.hpp"
#include "varve/diff/detail/format_impl.hpp"
#include "varve/entity/detail/json_column_impl.hpp"
#include "varve/history/detail/activity_impl.hpp"
#include "varve/history/detail/blame_impl.hpp"
#include "varve/history/detail/doctor_impl.hpp"
#include "varve/history/detail/drift_impl.hpp"
#include "varve/history/detail/history_impl.hpp"
#include "varve/history/detail/history_report_impl.hpp"
#include "varve/history/detail/repair_impl.hpp"
#include "varve/history/detail/retention_impl.hpp"
#include "varve/history/detail/timeline_impl.hpp"
#include "varve/history/detail/transaction_query_impl.hpp"
#include "varve/history/detail/version_list_impl.hpp"
#include "varve/history/detail/version_search_impl.hpp"
#include "varve/restore/detail/plan_impl.hpp"
#include "varve/restore/detail/reverter_impl.hpp"
#include "varve/schema/detail/schema_impl.hpp"
#include "varve/session/detail/session_impl.hpp"
#include "varve/store/detail/memory_store_impl.hpp"
#include "varve/store/detail/version_id_impl.hpp"
