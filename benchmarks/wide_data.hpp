#pragma once

// A row of 18 fields, of which ten texts change: what is saved and told field by field.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "varve/varve.hpp"

namespace bench {

struct Wide {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{}, type{};
  std::string a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{}, i{}, j{};  ///< 20 bytes each
  std::string params{};                                         ///< 500 bytes
  std::optional<std::int64_t> timeout{};
  std::int64_t source{};
  bool managed{};
};

}  // namespace bench

template <>
struct varve::entity<bench::Wide>
    : varve::describe<varve::table<"wides">, varve::kind<"wide">, varve::public_id<&bench::Wide::uuid>> {};

namespace bench {

inline constexpr std::string Wide::*wide_texts[] = {&Wide::a, &Wide::b, &Wide::c, &Wide::d, &Wide::e,
                                                    &Wide::f, &Wide::g, &Wide::h, &Wide::i, &Wide::j};
inline constexpr const char* wide_names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
inline constexpr std::size_t wide_count = 10;

/// A text of 20 bytes.
inline std::string text_of(std::int64_t number) {
  std::string digits = std::to_string(number);
  return "a text no. " + std::string(9 - digits.size(), '0') + digits;
}

inline Wide wide_of(std::int64_t number) {
  Wide made;
  made.name = "chart " + std::to_string(number);
  made.type = "table";
  for (const auto text : wide_texts) made.*text = text_of(number);
  made.params = std::string(500, 'p');
  made.source = number;
  return made;
}

/// Changes the first `count` texts.
inline void edit_wide(Wide& row, std::size_t count, std::int64_t round) {
  for (std::size_t k = 0; k < count; ++k) row.*wide_texts[k] = text_of(100'000'000 + round);
}

template <class Visit>
void for_each_text(const Wide& before, const Wide& after, Visit&& visit) {
  for (std::size_t k = 0; k < wide_count; ++k) visit(wide_names[k], before.*wide_texts[k], after.*wide_texts[k]);
}

}  // namespace bench
