#pragma once

#include <cmath>

#include <algorithm>
#include <chrono>
#include <string>

#include "varve/core/text.hpp"
#include "varve/history/transaction_query.hpp"

namespace varve::detail {

VARVE_INLINE transaction_filter transaction_question::resolved(store_reader& reader) const {
  auto made = filter;
  if (!reader.times_rise()) {
    made.since = since;
    made.until = until;
    return made;
  }
  // Times rise with the ids: one before a time is one up to the newest that was issued before it.
  const auto newest_before = [&](time_point time) {
    if (time == time_point::min()) return transaction_id{0};
    const auto found = reader.transaction_at(time - std::chrono::microseconds{1});
    return found ? found->id : transaction_id{0};
  };
  if (since) {
    const transaction_id first{newest_before(*since).value + 1};
    made.first = made.first ? std::max(*made.first, first) : first;
  }
  if (until) {
    const auto last = newest_before(*until);
    made.last = made.last ? std::min(*made.last, last) : last;
  }
  return made;
}
VARVE_INLINE void transaction_question::ask_meta(std::string_view key, const nlohmann::json& values) {
  const auto list = values.is_array() ? values : nlohmann::json::array({values});
  const auto refuse = [](const std::string& why) {
    throw input_error("cannot look for a member of meta: " + why, {{}, {}, "read"});
  };
  if (const char* defect = text_defect(key)) refuse(std::string{"its name "} + defect);
  for (const auto& value : list) {
    if (!value.is_primitive() || value.is_binary() || (value.is_number_float() && !std::isfinite(value.get<double>())))
      refuse("it is no text, finite number, boolean or null");
    if (!value.is_string()) continue;
    if (const char* defect = text_defect(value.get_ref<const std::string&>()))
      refuse(std::string{"its value "} + defect);
  }
  auto pairs = filter.meta.empty() ? nlohmann::json::array() : nlohmann::json::parse(filter.meta);
  pairs.push_back(nlohmann::json::array({std::string{key}, list}));
  filter.meta = pairs.dump();
}

}  // namespace varve::detail
