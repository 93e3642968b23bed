#include "varve/core/uuid.hpp"

#include <catch2/catch.hpp>

#include <set>

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

TEST_CASE("a uuid is nil until it is given", "[core][uuid]") {
  STATIC_REQUIRE(varve::uuid{}.is_nil());
  STATIC_REQUIRE_FALSE(varve::uuid{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}.is_nil());
  CHECK(varve::to_string(varve::uuid{}) == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("a uuid is written in lower case with hyphens", "[core][uuid]") {
  const varve::uuid id{
      {0x7a, 0x6f, 0x5d, 0x9b, 0x4c, 0x3b, 0x5d, 0x8e, 0x9a, 0x1c, 0x0e, 0x2b, 0x4c, 0x6d, 0x8f, 0x10}};
  CHECK(varve::to_string(id) == "7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10");
  std::string text = "at ";
  varve::append_text(text, id);
  CHECK(text == "at 7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10");
}

TEST_CASE("a uuid is read in either case", "[core][uuid]") {
  constexpr auto lower = varve::parse_uuid("7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10");
  STATIC_REQUIRE(lower.has_value());
  CHECK(varve::to_string(*lower) == "7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10");
  CHECK(varve::parse_uuid("7A6F5D9B-4C3B-5D8E-9A1C-0E2B4C6D8F10") == lower);
}

TEST_CASE("text that is no uuid is refused", "[core][uuid]") {
  const auto* text = GENERATE("", "7a6f5d9b4c3b5d8e9a1c0e2b4c6d8f10", "{7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f10}",
                              "7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f1", "7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f100",
                              "7a6f5d9b-4c3b-5d8e-9a1c-0e2b4c6d8f1g", "7a6f5d9b-4c3b-5d8e-9a1c_0e2b4c6d8f10",
                              "7a6f5d9-b4c3b-5d8e-9a1c-0e2b4c6d8f10");
  INFO(text);
  CHECK_FALSE(varve::parse_uuid(text).has_value());
}

TEST_CASE("uuids are ordered by their octets", "[core][uuid]") {
  const auto low = varve::parse_uuid("00000000-0000-0000-0000-0000000000ff");
  const auto high = varve::parse_uuid("01000000-0000-0000-0000-000000000000");
  CHECK(*low < *high);
  CHECK(*low != *high);
}

TEST_CASE("random uuids are of version 4 and differ", "[core][uuid]") {
  std::set<varve::uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto id = varve::random_uuid();
    CHECK((id.octets[6] & 0xF0) == 0x40);
    CHECK((id.octets[8] & 0xC0) == 0x80);
    seen.insert(id);
  }
  CHECK(seen.size() == 1000);
}

#if defined(__unix__)
TEST_CASE("a forked process makes other uuids than its parent", "[core][uuid]") {
  static_cast<void>(varve::random_uuid());  // some are fetched ahead
  int ends[2] = {};
  REQUIRE(pipe(ends) == 0);
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto id = varve::random_uuid();
    _exit(write(ends[1], id.octets.data(), id.octets.size()) == 16 ? 0 : 1);
  }
  const auto own = varve::random_uuid();
  varve::uuid theirs;
  CHECK(read(ends[0], theirs.octets.data(), theirs.octets.size()) == 16);
  CHECK(waitpid(child, nullptr, 0) == child);
  close(ends[0]);
  close(ends[1]);
  CHECK(own != theirs);
}
#endif
