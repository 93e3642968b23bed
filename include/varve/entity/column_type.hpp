#pragma once

#include <nlohmann/json_fwd.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "varve/core/bytes.hpp"
#include "varve/core/inline.hpp"
#include "varve/core/text.hpp"
#include "varve/core/time.hpp"
#include "varve/core/uuid.hpp"
#include "varve/core/value.hpp"

namespace varve {

/// Makes a type of your own a column, by conversion to one that is:
///
///     template <> struct varve::column_type<Money> {
///       using stored = std::int64_t;
///       static stored to_stored(const Money& money) { return money.cents; }
///       static Money from_stored(stored cents) { return {cents}; }
///       static bool same(const Money& a, const Money& b);   // optional; the default compares the stored values
///     };
///
/// Built in: integers of 8 to 64 bits, bool, float, double, `std::string`, `varve::bytes`, enums, `std::chrono`
/// system times, `varve::uuid`, `nlohmann::json`, and `std::optional` of each. An optional JSON that holds null
/// counts as absent.
template <class T>
struct column_type;

/// Stores an enum by the declared names of its values instead of their numbers:
///
///     template <> inline constexpr auto varve::enum_names<Color> =
///         std::array{std::pair{Color::red, "red"}, std::pair{Color::blue, "blue"}};
template <class Enum>
inline constexpr std::nullptr_t enum_names = nullptr;

/// What `column_ops::read` needs beside the field: room for a value that must be written first, and why it failed.
struct value_buffer {
  std::string text{};
  const char* defect = nullptr;  ///< the rest of a sentence ("holds a NUL character"); null when all is well
};

/// The functions of one C++ type as a column, on addresses; one table for each type, not for each field.
struct column_ops {
  column_meaning meaning;
  bool nullable;
  bool by_name;          ///< a short text out of a fixed set (enums by name)
  std::int64_t largest;  ///< the largest integer that fits, of a type that is stored as an integer
  bool (*same)(const void*, const void*);
  /// A number that is the same for values that `same` calls equal; for tables of names, where text and numbers are
  /// fast.
  std::uint64_t (*hash)(const void*);
  /// The value as stores keep it: a view into the field or into the buffer, until either changes.
  value (*read)(const void*, value_buffer&);
  /// False when the value does not fit the type; the field is then as it was or empty. Null clears a field that
  /// cannot be null to its default.
  bool (*write)(void*, const value&);
  void (*assign)(void*, const void*);
  /// The parsed value of a field that holds `nlohmann::json`, null when it is absent; no function for other types.
  const nlohmann::json* (*json)(const void*);
  /// The text of a field that holds `std::string`, null when it is absent; no function for other types. Unlike `read` it
  /// looks at no character.
  const std::string* (*text)(const void*);
};

namespace detail {

template <class T>
struct codec {};  // no member `meaning`: not a column type

template <class T>
concept has_codec = requires {
  codec<T>::meaning;
};

template <>
struct codec<bool> {
  static constexpr auto meaning = column_meaning::boolean;
  static value read(const bool& field, value_buffer&) { return value::of(std::int64_t{field}); }
  static bool write(bool& field, const value& v) {
    if (v.kind() != value_kind::integer || (v.integer() != 0 && v.integer() != 1)) return false;
    field = v.integer() == 1;
    return true;
  }
  static bool same(const bool& a, const bool& b) { return a == b; }
};

template <std::integral T>
struct codec<T> {
  static constexpr auto meaning = column_meaning::integer;
  static value read(const T& field, value_buffer& buffer) {
    if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8)
      if (field > static_cast<T>(std::numeric_limits<std::int64_t>::max()))
        buffer.defect = "is larger than 9223372036854775807, the largest integer of a column";
    return value::of(static_cast<std::int64_t>(field));
  }
  static bool write(T& field, const value& v) {
    if (v.kind() != value_kind::integer || !std::in_range<T>(v.integer())) return false;
    field = static_cast<T>(v.integer());
    return true;
  }
  static bool same(const T& a, const T& b) { return a == b; }
};
// Characters are neither a number nor a text: refused.
template <>
struct codec<char> {};
template <>
struct codec<wchar_t> {};
template <>
struct codec<char8_t> {};
template <>
struct codec<char16_t> {};
template <>
struct codec<char32_t> {};

template <std::floating_point T>
requires(sizeof(T) <= 8) struct codec<T> {
  static constexpr auto meaning = column_meaning::real;
  static value read(const T& field, value_buffer& buffer) {
    if (!std::isfinite(field)) buffer.defect = "is not a finite number";
    return value::of(static_cast<double>(field));
  }
  static bool write(T& field, const value& v) {
    constexpr std::int64_t exact = std::int64_t{1} << std::numeric_limits<T>::digits;  // each integer up to here
    if (v.kind() == value_kind::real)
      field = static_cast<T>(v.real());
    else if (v.kind() == value_kind::integer && v.integer() >= -exact && v.integer() <= exact)
      field = static_cast<T>(v.integer());
    else
      return false;
    return std::isfinite(field);
  }
  static bool same(const T& a, const T& b) { return a == b; }
};

template <>
struct codec<std::string> {
  static constexpr auto meaning = column_meaning::text;
  static value read(const std::string& field, value_buffer& buffer) {
    if (const char* defect = text_defect(field)) buffer.defect = defect;
    return value::text(field);
  }
  static bool write(std::string& field, const value& v) {
    if (v.kind() != value_kind::text) return false;
    field = v.view();
    return true;
  }
  static bool same(const std::string& a, const std::string& b) { return a == b; }
};

template <>
struct codec<bytes> {
  static constexpr auto meaning = column_meaning::blob;
  static value read(const bytes& field, value_buffer&) {
    return value::blob({reinterpret_cast<const char*>(field.data()), field.size()});
  }
  static bool write(bytes& field, const value& v) {
    if (v.kind() != value_kind::blob) return false;
    const auto* raw = reinterpret_cast<const std::byte*>(v.view().data());
    field.assign(raw, raw + v.view().size());
    return true;
  }
  static bool same(const bytes& a, const bytes& b) { return a == b; }
};

template <>
struct codec<uuid> {
  static constexpr auto meaning = column_meaning::identifier;
  static value read(const uuid& field, value_buffer& buffer) {
    buffer.text.clear();
    append_text(buffer.text, field);
    return value::text(buffer.text);
  }
  static bool write(uuid& field, const value& v) {
    const auto parsed = v.kind() == value_kind::text ? parse_uuid(v.view()) : std::nullopt;
    if (parsed) field = *parsed;
    return parsed.has_value();
  }
  static bool same(const uuid& a, const uuid& b) { return a == b; }
};

template <class Duration>
struct codec<std::chrono::sys_time<Duration>> {
  using type = std::chrono::sys_time<Duration>;
  static constexpr auto meaning = column_meaning::time;
  static value read(const type& field, value_buffer& buffer) {
    buffer.text.clear();
    if (!is_in_years(field) || !append_text(buffer.text, std::chrono::floor<std::chrono::microseconds>(field)))
      buffer.defect = "is a time outside the years 0 to 9999";
    return value::text(buffer.text);
  }
  static bool write(type& field, const value& v) {
    const auto parsed = v.kind() == value_kind::text ? parse_time(v.view()) : std::nullopt;
    if (parsed) field = std::chrono::floor<Duration>(*parsed);
    return parsed.has_value();
  }
  static bool same(const type& a, const type& b) {
    using std::chrono::microseconds;
    if constexpr (std::integral<typename Duration::rep> &&
                  std::ratio_greater_equal_v<typename Duration::period, typename microseconds::period>)
      return a == b;  // each is a number of microseconds, which may be too large for one
    else
      return a == b || (is_in_years(a) && is_in_years(b) &&
                        std::chrono::floor<microseconds>(a) == std::chrono::floor<microseconds>(b));
  }
};

template <class T>
concept json_value = std::same_as<T, nlohmann::json>;

// Their bodies, and with them the JSON library, come with entity/json_column.hpp.
VARVE_INLINE value read_json(const nlohmann::json& json, value_buffer& buffer);
VARVE_INLINE bool write_json(nlohmann::json& json, const value& v);
VARVE_INLINE bool same_json(const nlohmann::json& a, const nlohmann::json& b);
VARVE_INLINE bool is_null_json(const nlohmann::json& json);

template <json_value T>
struct codec<T> {
  static constexpr auto meaning = column_meaning::json;
  static value read(const T& field, value_buffer& buffer) { return read_json(field, buffer); }
  static bool write(T& field, const value& v) { return write_json(field, v); }
  static bool same(const T& a, const T& b) { return same_json(a, b); }
};

template <class Enum>
inline constexpr bool has_enum_names = !std::is_same_v<std::remove_cv_t<decltype(enum_names<Enum>)>, std::nullptr_t>;

template <class Enum>
concept enum_with_column = std::is_enum_v<Enum> &&
    (has_enum_names<Enum> || requires { codec<std::underlying_type_t<Enum>>::meaning; });

template <enum_with_column Enum>
struct codec<Enum> {
  static constexpr bool by_name = has_enum_names<Enum>;
  static constexpr auto meaning = by_name ? column_meaning::text : column_meaning::integer;
  static value read(const Enum& field, value_buffer& buffer) {
    if constexpr (by_name) {
      for (const auto& [known, name] : enum_names<Enum>)
        if (known == field) return value::text(name);
      buffer.defect = "has an enumerator without a declared name";
      return {};
    } else {
      return codec<std::underlying_type_t<Enum>>::read(static_cast<std::underlying_type_t<Enum>>(field), buffer);
    }
  }
  static bool write(Enum& field, const value& v) {
    if constexpr (by_name) {
      if (v.kind() != value_kind::text) return false;
      for (const auto& [known, name] : enum_names<Enum>)
        if (v.view() == name) {
          field = known;
          return true;
        }
      return false;
    } else {
      std::underlying_type_t<Enum> number{};
      if (!codec<std::underlying_type_t<Enum>>::write(number, v)) return false;
      field = static_cast<Enum>(number);
      return true;
    }
  }
  static bool same(const Enum& a, const Enum& b) { return a == b; }
};

template <class T>
concept user_column = requires(const T& field, const typename column_type<T>::stored& stored) {
  { column_type<T>::to_stored(field) } -> std::convertible_to<typename column_type<T>::stored>;
  { column_type<T>::from_stored(stored) } -> std::convertible_to<T>;
};

template <user_column T>
struct codec<T> {
  static_assert(has_codec<typename column_type<T>::stored>,
                "varve: column_type<T>::stored must itself be a column type");
};
template <user_column T>
requires has_codec<typename column_type<T>::stored>
struct codec<T> {
  using stored = typename column_type<T>::stored;
  static constexpr auto meaning = codec<stored>::meaning;
  static value read(const T& field, value_buffer& buffer) {
    const stored converted = column_type<T>::to_stored(field);
    const value v = codec<stored>::read(converted, buffer);
    if (v.kind() != value_kind::text && v.kind() != value_kind::blob) return v;
    if (v.view().data() == buffer.text.data()) return v;
    buffer.text = v.view();  // the converted value ends here
    return v.kind() == value_kind::text ? value::text(buffer.text) : value::blob(buffer.text);
  }
  static bool write(T& field, const value& v) {
    stored converted{};
    if (!codec<stored>::write(converted, v)) return false;
    field = column_type<T>::from_stored(converted);
    return true;
  }
  static bool same(const T& a, const T& b) {
    if constexpr (requires { column_type<T>::same(a, b); })
      return column_type<T>::same(a, b);
    else
      return codec<stored>::same(column_type<T>::to_stored(a), column_type<T>::to_stored(b));
  }
};

template <has_codec T>
struct codec<std::optional<T>> {
  using type = std::optional<T>;
  static constexpr auto meaning = codec<T>::meaning;
  static value read(const type& field, value_buffer& buffer) {
    return field ? codec<T>::read(*field, buffer) : value::null();
  }
  static bool write(type& field, const value& v) {
    if (v.is_null()) {
      field.reset();
      return true;
    }
    return codec<T>::write(field ? *field : field.emplace(), v);
  }
  static bool same(const type& a, const type& b) {
    return a.has_value() == b.has_value() && (!a.has_value() || codec<T>::same(*a, *b));
  }
};

/// An optional JSON that holds null is absent: records could not tell the two apart.
template <has_codec T>
requires json_value<T>
struct codec<std::optional<T>> {
  using type = std::optional<T>;
  static constexpr auto meaning = column_meaning::json;
  static bool is_absent(const type& field) { return !field || is_null_json(*field); }
  static value read(const type& field, value_buffer& buffer) {
    return is_absent(field) ? value::null() : read_json(*field, buffer);
  }
  static bool write(type& field, const value& v) {
    if (v.is_null()) {
      field.reset();
      return true;
    }
    return write_json(field ? *field : field.emplace(), v);
  }
  static bool same(const type& a, const type& b) {
    return is_absent(a) || is_absent(b) ? is_absent(a) == is_absent(b) : same_json(*a, *b);
  }
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_named_enum = false;
template <class T>
requires std::is_enum_v<T>
inline constexpr bool is_named_enum<T> = has_enum_names<T>;
template <class T>
inline constexpr bool is_named_enum<std::optional<T>> = is_named_enum<T>;

[[nodiscard]] inline std::uint64_t mixed(std::uint64_t hash, std::uint64_t more) {
  hash = (hash ^ more) * 0x9E3779B97F4A7C15U;
  return hash ^ (hash >> 32U);
}
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = text.size(), word = 0;
  std::size_t i = 0;
  for (; i + sizeof word <= text.size(); i += sizeof word) {
    std::memcpy(&word, text.data() + i, sizeof word);
    hash = mixed(hash, word);
  }
  word = 0;
  if (i < text.size()) std::memcpy(&word, text.data() + i, text.size() - i);
  return mixed(hash, word);
}
/// Whether a type says itself what is the same; how it is stored then tells nothing.
template <class T>
inline constexpr bool has_own_same = requires(const T& value) {
  column_type<T>::same(value, value);
};
template <class T>
inline constexpr bool has_own_same<std::optional<T>> = has_own_same<T>;

/// Equal for values that `codec<T>::same` calls equal, as they are stored alike; null and "" have one hash.
template <class T>
[[nodiscard]] std::uint64_t hash_of(const T& field) {
  if constexpr (has_own_same<T>) {
    return 0;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return hash_text(field);
  } else if constexpr (std::is_integral_v<T>) {
    return mixed(0, static_cast<std::uint64_t>(field));
  } else {
    value_buffer buffer;
    const value stored = codec<T>::read(field, buffer);
    if (stored.kind() == value_kind::integer) return mixed(0, static_cast<std::uint64_t>(stored.integer()));
    if (stored.kind() == value_kind::real)
      return mixed(0, std::bit_cast<std::uint64_t>(stored.real() == 0 ? 0.0 : stored.real()));
    return hash_text(stored.view());
  }
}

template <class T>
[[nodiscard]] consteval std::int64_t largest_of() {
  if constexpr (is_optional<T>) {
    return largest_of<typename T::value_type>();
  } else if constexpr (requires { requires std::integral<typename column_type<T>::stored>; }) {
    return largest_of<typename column_type<T>::stored>();
  } else if constexpr (std::integral<T> && sizeof(T) < sizeof(std::int64_t)) {
    return static_cast<std::int64_t>(std::numeric_limits<T>::max());
  } else {
    return std::numeric_limits<std::int64_t>::max();
  }
}

template <class T>
inline constexpr const nlohmann::json* (*json_access)(const void*) = nullptr;
template <json_value T>
inline constexpr const nlohmann::json* (*json_access<T>)(const void*) = +[](const void* field) {
  return static_cast<const nlohmann::json*>(field);
};
template <json_value T>
inline constexpr const nlohmann::json* (*json_access<std::optional<T>>)(const void*) =
    +[](const void* field) -> const nlohmann::json* {
  const auto& held = *static_cast<const std::optional<T>*>(field);
  return codec<std::optional<T>>::is_absent(held) ? nullptr : &*held;
};

template <class T>
inline constexpr const std::string* (*text_access)(const void*) = nullptr;
template <>
inline constexpr const std::string* (*text_access<std::string>)(const void*) = +[](const void* field) {
  return static_cast<const std::string*>(field);
};
template <>
inline constexpr const std::string* (*text_access<std::optional<std::string>>)(const void*) =
    +[](const void* field) -> const std::string* {
  const auto& held = *static_cast<const std::optional<std::string>*>(field);
  return held ? &*held : nullptr;
};

template <has_codec T>
inline constexpr column_ops ops_of{
    .meaning = codec<T>::meaning,
    .nullable = is_optional<T>,
    .by_name = is_named_enum<T>,
    .largest = largest_of<T>(),
    .same = [](const void* a,
               const void* b) { return codec<T>::same(*static_cast<const T*>(a), *static_cast<const T*>(b)); },
    .hash = [](const void* field) { return hash_of(*static_cast<const T*>(field)); },
    .read = [](const void* field,
               value_buffer& buffer) { return codec<T>::read(*static_cast<const T*>(field), buffer); },
    .write =
        [](void* field, const value& v) {
          if constexpr (!is_optional<T>) {
            if (v.is_null()) {
              *static_cast<T*>(field) = T{};
              return true;
            }
          }
          return codec<T>::write(*static_cast<T*>(field), v);
        },
    .assign = [](void* to, const void* from) { *static_cast<T*>(to) = *static_cast<const T*>(from); },
    .json = json_access<T>,
    .text = text_access<T>};

}  // namespace detail

/// Whether fields of this type can be columns.
template <class T>
concept column_field = detail::has_codec<T>;

}  // namespace varve
