#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "expected.hpp"
#include "stores.hpp"

namespace dashboards {

struct replay_result {
  opened_store store;
  std::size_t saves = 0;
  std::size_t links_dropped = 0;
  std::vector<bad_line> bad{};  ///< saves that the store refused; nothing of them is kept
};

/// Opens a store and saves a corpus into it: one session and one commit for each save, at the save's own time.
///
/// \param adopt      the first state of every entity is put into the live tables before, without history.
/// \param histories  gets the versions that there must be now.
/// \param progress   called with the number of saves done.
[[nodiscard]] replay_result replay(const corpus& corpus, const std::string& database, bool adopt,
                                   expected_histories& histories,
                                   const std::function<void(std::size_t)>& progress = {});

}  // namespace dashboards
