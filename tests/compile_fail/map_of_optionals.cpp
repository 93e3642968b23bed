// map_of_optionals.cpp   expect: varve: plain values of a map cannot be optional or JSON
#include "varve/entity/entity.hpp"

#include <map>

struct Word {
  std::optional<std::string> text{};
};
struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::map<std::string, std::optional<std::string>> words{};
#else
  std::map<std::string, Word> words{};
#endif
};

template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words>> {};

const varve::entity_info& info = varve::info_of<Parent>();
