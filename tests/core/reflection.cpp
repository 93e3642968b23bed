#include "varve/core/reflection.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reflected {

struct Row {
  std::int64_t id{};
  std::string name{};
  char letter{};
  double size{};
  bool done{};
  std::optional<std::vector<std::string>> words{};
};
struct One {
  int only{};
};
struct Holder {
  One inner{};
  int numbers[3]{};
  std::uint8_t last{};
};
struct Packed {
  std::int64_t id{};
  unsigned low : 3;
  unsigned high : 3;
};
struct Base {
  int below{};
};
class Hidden : Base {
 public:
  static constexpr auto pointer_to_secret() { return &Hidden::secret_; }
  static constexpr auto pointer_to_base() { return &Hidden::below; }

 private:
  int secret_ = 0;
};
template <int>
struct Numbered {
  int x_1{}, _y{}, Z9{};
};

struct Hundred {
  int f00, f01, f02, f03, f04, f05, f06, f07, f08, f09, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19;
  int f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39;
  int f40, f41, f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59;
  int f60, f61, f62, f63, f64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79;
  int f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99;
};

}  // namespace reflected

using namespace varve::detail;
using namespace reflected;

TEST_CASE("the fields of an aggregate are counted", "[core][reflection]") {
  STATIC_REQUIRE(field_count<One> == 1);
  STATIC_REQUIRE(field_count<Row> == 6);
  STATIC_REQUIRE(field_count<Holder> == 3);
  STATIC_REQUIRE(field_count<Hundred> == 100);
}

TEST_CASE("fields have their names in the order of declaration", "[core][reflection]") {
  STATIC_REQUIRE(field_names<Row> == std::array<std::string_view, 6>{"id", "name", "letter", "size", "done", "words"});
  STATIC_REQUIRE(field_names<Holder> == std::array<std::string_view, 3>{"inner", "numbers", "last"});
  STATIC_REQUIRE(field_names<Numbered<3>> == std::array<std::string_view, 3>{"x_1", "_y", "Z9"});
  STATIC_REQUIRE(field_names<Hundred>[0] == "f00");
  STATIC_REQUIRE(field_names<Hundred>[99] == "f99");
}

TEST_CASE("a bit field has no name", "[core][reflection]") {
  STATIC_REQUIRE(field_names<Packed>.size() == 3);
  STATIC_REQUIRE(field_names<Packed>[1].empty());
  STATIC_REQUIRE(field_names<Packed>[2].empty());
}

TEST_CASE("fields have their types", "[core][reflection]") {
  STATIC_REQUIRE(std::is_same_v<field_types<Row>, type_list<std::int64_t, std::string, char, double, bool,
                                                            std::optional<std::vector<std::string>>>>);
  STATIC_REQUIRE(std::is_same_v<field_types<Holder>, type_list<One, int[3], std::uint8_t>>);
}

TEST_CASE("computed places are those of the compiler", "[core][reflection]") {
  CHECK(field_offsets<Row> == std::array<std::size_t, 7>{offsetof(Row, id), offsetof(Row, name), offsetof(Row, letter),
                                                         offsetof(Row, size), offsetof(Row, done), offsetof(Row, words),
                                                         sizeof(Row)});
  CHECK(field_offsets<Holder> == std::array<std::size_t, 4>{offsetof(Holder, inner), offsetof(Holder, numbers),
                                                            offsetof(Holder, last), sizeof(Holder)});
}

TEST_CASE("a member pointer tells its name, its owner and its type", "[core][reflection]") {
  STATIC_REQUIRE(name_of<&Row::letter> == "letter");
  STATIC_REQUIRE(std::is_same_v<owner_of<&Row::letter>, Row>);
  STATIC_REQUIRE(std::is_same_v<type_of<&Row::letter>, char>);
  STATIC_REQUIRE(name_of<Hidden::pointer_to_secret()> == "secret_");
  STATIC_REQUIRE(name_of<Hidden::pointer_to_base()> == "below");
}

template <class Value>
struct Box {
  Value value{};
};

TEST_CASE("a type tells its unqualified name, a template's without its arguments", "[core][reflection]") {
  STATIC_REQUIRE(type_name<Row> == "Row");
  STATIC_REQUIRE(type_name<Box<int>> == "Box");
  STATIC_REQUIRE(type_name<Box<std::vector<Row>>> == "Box");
}
