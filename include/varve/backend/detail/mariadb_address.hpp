#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "varve/core/bytes.hpp"
#include "varve/core/error.hpp"

namespace varve::mariadb::detail {

/// Where a server is, and what names the user: the parts of a URI.
struct address {
  std::string user{}, password{}, host{}, database{}, socket{}, ssl_ca{};
  unsigned port = 0;
  unsigned connect_timeout = 10;  ///< in seconds

  /// Of `mariadb://user:password@host:port/database?name=value&...`.
  [[nodiscard]] static address of(std::string_view uri) {
    constexpr std::string_view scheme = "mariadb://";
    if (!uri.starts_with(scheme)) refuse("it must begin with " + std::string{scheme});
    uri.remove_prefix(scheme.size());
    address made;
    std::string_view parameters;
    if (const auto mark = uri.find('?'); mark != uri.npos) {
      parameters = uri.substr(mark + 1);
      uri = uri.substr(0, mark);
    }
    if (const auto slash = uri.find('/'); slash != uri.npos) {
      made.database = decoded(uri.substr(slash + 1));
      uri = uri.substr(0, slash);
    }
    if (const auto at = uri.rfind('@'); at != uri.npos) {
      const auto who = uri.substr(0, at);
      const auto colon = who.find(':');
      made.user = decoded(who.substr(0, colon));
      if (colon != who.npos) made.password = decoded(who.substr(colon + 1));
      uri = uri.substr(at + 1);
    }
    if (const auto colon = uri.rfind(':'); colon != uri.npos && uri.find(']', colon) == uri.npos) {
      made.port = number_in(uri.substr(colon + 1), "port");
      uri = uri.substr(0, colon);
    }
    if (uri.starts_with('[') && uri.ends_with(']')) uri = uri.substr(1, uri.size() - 2);  // an IPv6 address
    made.host = decoded(uri);
    while (!parameters.empty()) {
      const auto one = parameters.substr(0, parameters.find('&'));
      parameters.remove_prefix(std::min(parameters.size(), one.size() + 1));
      const auto equals = one.find('=');
      const auto name = one.substr(0, equals);
      const auto content = equals == one.npos ? std::string{} : decoded(one.substr(equals + 1));
      if (name == "socket")
        made.socket = content;
      else if (name == "ssl_ca")
        made.ssl_ca = content;
      else if (name == "connect_timeout")
        made.connect_timeout = number_in(content, "connect_timeout");
      else
        refuse("it has a parameter that is unknown: " + std::string{name});
    }
    if (made.database.empty()) refuse("it names no database");
    return made;
  }

 private:
  [[noreturn]] static void refuse(const std::string& why) {
    throw input_error("this is no URI of a MariaDB database: " + why, {{}, {}, "open"});
  }
  [[nodiscard]] static unsigned number_in(std::string_view text, std::string_view what) {
    unsigned number = 0;
    const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
    if (done.ec != std::errc{} || done.ptr != text.data() + text.size())
      refuse("its " + std::string{what} + " is no number");
    return number;
  }
  [[nodiscard]] static std::string decoded(std::string_view text) {
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
        made.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
        i += 2;
      } else {
        made.push_back(text[i]);
      }
    }
    return made;
  }
};

}  // namespace varve::mariadb::detail
