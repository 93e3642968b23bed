#pragma once

/// Version history for an application's own structs: the core with the memory store. Backends have headers of their own.

#include "varve/capture/record.hpp"
#include "varve/diff/apply.hpp"
#include "varve/diff/diff.hpp"
#include "varve/diff/format.hpp"
#include "varve/diff/visitor.hpp"
#include "varve/entity/entity.hpp"
#include "varve/history/activity.hpp"
#include "varve/history/doctor.hpp"
#include "varve/history/drift.hpp"
#include "varve/history/history.hpp"
#include "varve/history/repair.hpp"
#include "varve/history/retention.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/session.hpp"
#include "varve/session/transact.hpp"
#include "varve/store/memory_store.hpp"
