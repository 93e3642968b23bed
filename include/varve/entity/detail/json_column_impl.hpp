#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "varve/core/json.hpp"
#include "varve/entity/column_type.hpp"

namespace varve::detail {

/// Why a JSON value cannot be stored; null when it can. `dump` would write `null` for a number that is not finite.
[[nodiscard]] inline const char* json_defect(const nlohmann::json& json, std::size_t depth = 0) {
  if (json.is_structured() && depth >= deepest_json) return "holds JSON that is nested deeper than 1000 levels";
  if (json.is_discarded()) return "holds what the parser of a text that is no JSON gave back";
  if (json.is_number_float() && !std::isfinite(json.get<double>())) return "holds a number that is not finite";
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    if (const char* defect = text_defect(text)) return defect;
  }
  if (json.is_binary()) return "holds a binary value, which JSON text cannot";
  if (json.is_object())
    for (const auto& [key, member] : json.items()) {
      if (const char* defect = text_defect(key)) return defect;
      if (const char* defect = json_defect(member, depth + 1)) return defect;
    }
  if (json.is_array())
    for (const auto& item : json)
      if (const char* defect = json_defect(item, depth + 1)) return defect;
  return nullptr;
}

/// Exact, also where one side is an integer that no double holds.
[[nodiscard]] inline bool same_number(const nlohmann::json& a, const nlohmann::json& b) {
  if (a.is_number_float() && !b.is_number_float()) return same_number(b, a);
  if (!b.is_number_float()) {
    const bool negative_a = !a.is_number_unsigned() && a.get<std::int64_t>() < 0;
    const bool negative_b = !b.is_number_unsigned() && b.get<std::int64_t>() < 0;
    return negative_a == negative_b && a.get<std::uint64_t>() == b.get<std::uint64_t>();
  }
  const auto real = b.get<double>();
  if (a.is_number_float()) return a.get<double>() == real;
  if (a.is_number_unsigned())
    return real >= 0 && real < 0x1p64 && real == std::trunc(real) &&
           static_cast<std::uint64_t>(real) == a.get<std::uint64_t>();
  return real >= -0x1p63 && real < 0x1p63 && real == std::trunc(real) &&
         static_cast<std::int64_t>(real) == a.get<std::int64_t>();
}

/// Equal by value: numbers as numbers (`1` and `1.0`), members in any order. What is nested too deep to be stored is
/// equal to nothing.
[[nodiscard]] inline bool same_json_at(const nlohmann::json& a, const nlohmann::json& b, std::size_t depth) {
  if (a.is_number() && b.is_number()) return same_number(a, b);
  if (a.type() != b.type()) return false;
  if (!a.is_structured()) return a == b;
  if (depth >= deepest_json) return false;
  if (a.size() != b.size()) return false;
  const auto same = [depth](const nlohmann::json& x, const nlohmann::json& y) { return same_json_at(x, y, depth + 1); };
  if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), same);
  const auto& left = a.get_ref<const nlohmann::json::object_t&>();
  const auto& right = b.get_ref<const nlohmann::json::object_t&>();
  return std::equal(left.begin(), left.end(), right.begin(),
                    [&](const auto& x, const auto& y) { return x.first == y.first && same(x.second, y.second); });
}

VARVE_INLINE bool same_json(const nlohmann::json& a, const nlohmann::json& b) { return same_json_at(a, b, 0); }
VARVE_INLINE bool is_null_json(const nlohmann::json& json) { return json.is_null(); }

VARVE_INLINE value read_json(const nlohmann::json& json, value_buffer& buffer) {
  if (const char* defect = json_defect(json)) {
    buffer.defect = defect;
    return {};
  }
  buffer.text = json.dump();
  return value::text(buffer.text);
}
VARVE_INLINE bool write_json(nlohmann::json& json, const value& v) {
  if (v.kind() != value_kind::text || is_nested_too_deep(v.view())) return false;
  json = nlohmann::json::parse(v.view(), nullptr, false);
  return !json.is_discarded();
}

}  // namespace varve::detail
