// collection_without_description.cpp   expect: varve: unsupported field type; exclude<> the field, declare it
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
struct varve::entity<Parent> : varve::describe<> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::exclude<&Parent::rows>> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
