// How a fuzzer's bytes are read: a character that chooses the rules (1 is the first), the first text, a byte 0x1E, the second text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "diff/document_check.hpp"

namespace fuzz {

/// What does not hold of an input; null when all does.
[[nodiscard]] inline const char* broken_law(std::string_view input) {
  if (input.empty()) return nullptr;
  const auto& choices = document_check::choices();
  const auto& choice = choices[static_cast<unsigned char>(input[0]) % choices.size()];
  const std::string_view texts = input.substr(1);
  const auto middle = texts.find('\x1E');
  const std::string from{texts.substr(0, middle)};
  const std::string to{middle == std::string_view::npos ? texts : texts.substr(middle + 1)};
  if (const char* broken = document_check::broken_law(from, to, choice)) return broken;
  return choice.is_exact ? document_check::broken_composition({from, to, from}, choice) : nullptr;
}

}  // namespace fuzz
