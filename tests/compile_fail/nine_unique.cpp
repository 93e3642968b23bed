// nine_unique.cpp   expect: varve: at most eight unique<> in a descriptor
#include "varve/entity/entity.hpp"

struct Parent {
  std::int64_t id{};
  std::string a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{}, i{};
};

#ifdef VARVE_EXPECT_ERROR
#define NINTH , varve::unique<&Parent::i>
#else
#define NINTH
#endif
template <>
struct varve::entity<Parent>
    : varve::describe<varve::unique<&Parent::a>, varve::unique<&Parent::b>, varve::unique<&Parent::c>,
                      varve::unique<&Parent::d>, varve::unique<&Parent::e>, varve::unique<&Parent::f>,
                      varve::unique<&Parent::g>, varve::unique<&Parent::h> NINTH> {};

const varve::entity_info& info = varve::info_of<Parent>();
