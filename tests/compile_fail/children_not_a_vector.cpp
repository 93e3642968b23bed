// children_not_a_vector.cpp   expect: varve: children<> needs a std::vector, a set or a map, and links<> a std::vector
#include "varve/entity/entity.hpp"

struct Row {
  std::string name{};
};
struct Parent {
  std::int64_t id{};
#ifdef VARVE_EXPECT_ERROR
  std::optional<Row> rows{};
#else
  std::vector<Row> rows{};
#endif
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
