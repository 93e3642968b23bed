#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <string>
#include <string_view>

#include "varve/core/error.hpp"

/// A connection's settings: what varve's own ones get, and what is asked of each.
namespace varve::postgres::detail {

/// The statements that set a connection of varve's own, whatever the server's defaults are.
[[nodiscard]] inline std::string own_settings(std::chrono::milliseconds lock_timeout) {
  return "SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1; "
         "SET bytea_output = 'hex'; SET default_transaction_isolation = 'read committed'; "
         "SET default_transaction_read_only = off; SET lock_timeout = " +
         std::to_string(lock_timeout.count());
}

[[noreturn]] inline void refuse_setting(const std::string& name, const std::string& setting, const char* found,
                                        const std::string& wanted) {
  throw backend_error(error_kind::other,
                      name + " cannot be used: its " + setting + " is " + (found == nullptr ? "unknown" : found) +
                          ", and must be " + wanted,
                      {{}, {}, "open"});
}
/// What the values of an answer are read by, as far as the server tells it by itself.
inline void require_parameters(const PGconn* handle, const std::string& name) {
  const auto need = [&](const char* setting, std::string_view wanted) {
    const char* found = PQparameterStatus(handle, setting);
    if (found == nullptr || !std::string_view{found}.starts_with(wanted))
      refuse_setting(name, setting, found, std::string{wanted});
  };
  need("server_encoding", "UTF8");
  need("client_encoding", "UTF8");
  need("DateStyle", "ISO");
  need("standard_conforming_strings", "on");
  const char* zone = PQparameterStatus(handle, "TimeZone");
  if (zone == nullptr || (std::string_view{zone} != "UTC" && std::string_view{zone} != "Etc/UTC"))
    refuse_setting(name, "TimeZone", zone, "UTC");
}

}  // namespace varve::postgres::detail
