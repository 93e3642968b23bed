// map_key_on_taken_column.cpp   expect: varve: two fields are mapped on one column of a collection's table
#include "varve/entity/entity.hpp"

#include <map>

struct Word {
  std::string key{};
};
struct Parent {
  std::int64_t id{};
  std::map<std::string, Word> words{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::words, varve::key_column<"word">>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
