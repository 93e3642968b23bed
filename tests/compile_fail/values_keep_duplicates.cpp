// values_keep_duplicates.cpp   expect: varve: keep_duplicates is for vectors of structs
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  std::vector<std::string> words{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words, varve::keep_duplicates>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
