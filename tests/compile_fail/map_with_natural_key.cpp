// map_with_natural_key.cpp   expect: varve: the natural key of a map is its key; leave by<> out
#include "varve/entity/entity.hpp"

#include <map>

struct Word {
  std::string text{};
};
struct Parent {
  std::int64_t id{};
  std::map<std::string, Word> words{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words, varve::by<&Word::text>>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
