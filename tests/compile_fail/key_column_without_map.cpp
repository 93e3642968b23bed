// key_column_without_map.cpp   expect: varve: key_column<> is for maps and value_column<> for plain values
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  std::vector<std::string> words{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words, varve::key_column<"word">>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words, varve::value_column<"word">>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
