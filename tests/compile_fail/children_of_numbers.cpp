// children_of_numbers.cpp   expect: varve: the fields of a collection's struct cannot all be seen
#include "varve/entity/entity.hpp"

struct Row {
  std::string name{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
  std::vector<std::int64_t> numbers{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>, varve::children<&Parent::numbers>> {};
#else
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>, varve::exclude<&Parent::numbers>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
