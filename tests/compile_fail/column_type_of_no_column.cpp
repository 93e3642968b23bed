// column_type_of_no_column.cpp   expect: varve: column_type<T>::stored must itself be a column type
#include "varve/entity/entity.hpp"

struct Cents {
  std::int64_t count{};
};
struct Money {
  Cents cents{};
};
struct Parent {
  std::int64_t id{};
  Money price{};
};

template <>
struct varve::column_type<Money> {
#ifdef VARVE_EXPECT_ERROR
  using stored = Cents;
  static stored to_stored(const Money& money) { return money.cents; }
  static Money from_stored(stored cents) { return {cents}; }
#else
  using stored = std::int64_t;
  static stored to_stored(const Money& money) { return money.cents.count; }
  static Money from_stored(stored cents) { return {{cents}}; }
#endif
};
template <>
struct varve::entity<Parent> : varve::describe<> {};

const varve::entity_info& info = varve::info_of<Parent>();
