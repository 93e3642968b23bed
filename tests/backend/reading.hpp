#pragma once

/// An entity whose values depend on settings as text, and on columns of the application's own.

#include <cstdint>
#include <string>

#include "support/server.hpp"

namespace own_columns {

/// Values whose text depends on settings, and columns of other types than varve's own.
struct Reading {
  std::int64_t id{};
  std::int64_t whole{};
  double real{};
  float small{};
  std::string code{};
  varve::bytes raw{};
  varve::time_point at{};
  std::string settings{};
  std::int32_t rank{};
};

}  // namespace own_columns

template <>
struct varve::entity<own_columns::Reading>
    : varve::describe<varve::document<&own_columns::Reading::settings>, varve::unique<&own_columns::Reading::rank>> {};

namespace own_columns {

inline Reading reading() {
  varve::bytes raw;
  for (const int byte : {0, 255, 65, 92, 10}) raw.push_back(static_cast<varve::bytes::value_type>(byte));
  return {.whole = 9007199254740993,
          .real = 0.1 + 0.2,
          .small = 0.1F,
          .code = "DE",
          .raw = raw,
          .at = test::start + std::chrono::microseconds{1},
          .settings = R"({"a":1})",
          .rank = 1};
}
inline bool same(const Reading& a, const Reading& b) {
  return a.whole == b.whole && a.real == b.real && a.small == b.small && a.code == b.code && a.raw == b.raw &&
         a.at == b.at && a.settings == b.settings && a.rank == b.rank;
}

}  // namespace own_columns
