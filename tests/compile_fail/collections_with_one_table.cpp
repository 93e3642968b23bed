// collections_with_one_table.cpp   expect: varve: two collections of one struct have one table, or a collection has the entity's
#include "varve/entity/entity.hpp"

struct Tag {
  std::int64_t id{};
  std::string name{};
};
struct Post {
  std::int64_t id{};
  std::vector<Tag> keywords{}, topics{};
};

#ifdef VARVE_EXPECT_ERROR
template <>
struct varve::entity<Post> : varve::describe<varve::children<&Post::keywords, varve::by<&Tag::name>>,
                                             varve::children<&Post::topics, varve::by<&Tag::name>>> {};
#else
template <>
struct varve::entity<Post>
    : varve::describe<varve::children<&Post::keywords, varve::by<&Tag::name>>,
                      varve::children<&Post::topics, varve::by<&Tag::name>, varve::table<"topic">>> {};
#endif

const varve::entity_info& info = varve::info_of<Post>();
