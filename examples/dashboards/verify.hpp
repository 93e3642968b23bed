#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "expected.hpp"

#include "varve/store/store.hpp"

namespace dashboards {

/// What a store holds, counted.
struct history_counts {
  std::size_t transactions = 0;
  std::size_t versions = 0;
  std::size_t without_records = 0;  ///< versions that changed something of which no record tells
};
[[nodiscard]] history_counts count_history(const varve::store_handle& store);

struct verify_result {
  std::size_t readback_mismatches = 0;
  std::size_t replay_mismatches = 0;
  std::size_t restores = 0;
  std::size_t restore_mismatches = 0;
  std::size_t restore_links_skipped = 0;
  std::size_t invariant_violations = 0;
  std::vector<std::string> details{};  ///< a sentence for each of them
};

/// Reads back every version of every entity and compares it with the one expected; holds the laws of change records
/// against them; checks the invariants. Only reads.
///
/// \param step  called after each entity.
void verify_history(const varve::store_handle& store, const expected_histories& expected, verify_result& result,
                    const std::function<void()>& step = {});

/// Restores every entity to each of its versions, one after the other, and compares what lives then; checks the
/// invariants at the end. This adds versions: give it a copy.
void verify_restores(const varve::store_handle& copy, const expected_histories& expected, verify_result& result,
                     const std::function<void()>& step = {});

}  // namespace dashboards
