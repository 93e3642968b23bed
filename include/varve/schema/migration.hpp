#pragma once

#include <string>
#include <vector>

namespace varve {

/// A named, reversible step; without statements there is nothing to do.
struct migration {
  std::string name{};
  std::vector<std::string> statements{};
};

}  // namespace varve
