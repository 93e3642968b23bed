#include "varve/core/text_writer.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a text writer appends pieces behind what is there", "[core][text]") {
  std::string text = "x";
  {
    varve::text_writer out{text};
    out.put("ab");
    out.put('c');
    out.put("");
    char* at = out.room(300);
    for (int i = 0; i < 300; ++i) at[i] = '.';
    out.wrote(2);  // of all the room, two are used
    out.put("end");
  }
  CHECK(text == "xabc..end");
}

TEST_CASE("a text writer tells what it wrote, and takes back the end of it", "[core][text]") {
  std::string text = "x";
  {
    varve::text_writer out{text};
    out.put("abc");
    CHECK(out.size() == 4);
    CHECK(out.written(2) == "bc");
    out.cut(2);
    CHECK(out.written(0) == "xa");
    out.put('d');
  }
  CHECK(text == "xad");
}

TEST_CASE("a text writer that wrote nothing leaves the string as it was", "[core][text]") {
  std::string text = "kept";
  {
    varve::text_writer out{text};
    CHECK(out.room(100) != nullptr);
  }
  CHECK(text == "kept");
}

TEST_CASE("a text writer's string holds what was written before an error", "[core][text]") {
  std::string text;
  try {
    varve::text_writer out{text};
    out.put("whole");
    throw 1;
  } catch (int) {
    CHECK(text == "whole");
  }
}
