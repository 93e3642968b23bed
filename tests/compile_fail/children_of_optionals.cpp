// children_of_optionals.cpp   expect: varve: keys of maps and plain values that are their own natural key are
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::vector<std::optional<std::string>> words{};
#else
  std::vector<std::string> words{};
#endif
};

template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words>> {};

const varve::entity_info& info = varve::info_of<Parent>();
