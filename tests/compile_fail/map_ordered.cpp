// map_ordered.cpp   expect: varve: ordered is for vectors
#include "varve/entity/entity.hpp"

#include <map>

struct Parent {
  std::int64_t id{};
  std::map<std::string, std::string> words{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words, varve::ordered>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
