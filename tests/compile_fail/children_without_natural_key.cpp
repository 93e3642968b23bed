// children_without_natural_key.cpp   expect: varve: children<> needs a natural key; add by<&Child::field> or
#include "varve/entity/entity.hpp"

struct Row {
  std::int64_t id{};
  std::string name{};
  std::string note{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
