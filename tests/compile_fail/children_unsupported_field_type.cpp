// children_unsupported_field_type.cpp   expect: varve: unsupported field type in a collection's struct
#include "varve/entity/entity.hpp"

struct Row {
  std::string name{};
  std::vector<std::string> words{};
};
struct Parent {
  std::int64_t id{};
  std::vector<Row> rows{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>>> {};
#else
template <>
struct varve::entity<Parent>
    : varve::describe<varve::children<&Parent::rows, varve::by<&Row::name>, varve::exclude<&Row::words>>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
