#pragma once

#include <string>
#include <vector>

namespace varve {

/// A named, reversible step; without statements there is nothing to do.
struct migration {
  std::string name{};
  std::vector<std::string> statements{};
  std::vector<std::string> notes{};  ///< what became of the structs since the last time, a sentence each
};

}  // namespace varve
