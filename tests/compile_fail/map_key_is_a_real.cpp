// map_key_is_a_real.cpp   expect: varve: keys of maps and plain values that are their own natural key are
#include "varve/entity/entity.hpp"

#include <map>

struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::map<double, std::string> words{};
#else
  std::map<std::int64_t, std::string> words{};
#endif
};

template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words>> {};

const varve::entity_info& info = varve::info_of<Parent>();
