// reserved_open_mark.cpp   expect: varve: transaction_id, end_transaction_id, operation_type, end_filler and open_mark
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  std::int64_t open_mark{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Parent> : varve::describe<> {};
#else
template <>
struct varve::entity<Parent> : varve::describe<varve::column<&Parent::open_mark, "payment">> {};
#endif

const varve::entity_info& info = varve::info_of<Parent>();
