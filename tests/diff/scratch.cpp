#include "varve/diff/scratch.hpp"

#include "diff/dataset.hpp"
#include "varve/diff/diff.hpp"

using namespace small;

TEST_CASE("a scratch keeps records with their paths", "[diff][scratch]") {
  varve::diff_scratch scratch;
  const varve::path_step first[] = {{"metrics"}, {scratch.keep("made up")}};
  const varve::path_step second[] = {{"list"}, {{}, 3}};
  scratch.add("metric", operation::add, first, {}, varve::value_view::of_text("new"));
  scratch.add("field", operation::remove, second, varve::value_view::of_text("old"), {});
  REQUIRE(scratch.records().size() == 2);
  CHECK(scratch.path(scratch.records()[0])[1].name == "made up");
  CHECK(scratch.owned(scratch.records()[0]) == added({"metrics", "made up"}, "new", "metric"));
  CHECK(scratch.owned(scratch.records()[1]) == removed({"list", 3}, "old"));
  std::string text;
  {
    varve::text_writer writer{text};
    scratch.append_path(writer, scratch.records()[1]);
  }
  CHECK(text == R"(["list",3])");
}

TEST_CASE("texts in a scratch stay where they are while more come", "[diff][scratch]") {
  varve::diff_scratch scratch;
  const auto first = scratch.keep("short");
  for (int i = 0; i < 1000; ++i) static_cast<void>(scratch.keep(std::to_string(i)));
  CHECK(first == "short");
}

TEST_CASE("a scratch that is used again has the new records alone", "[diff][scratch]") {
  Dataset before, later;
  later.table_name = "t";
  later.params = "{}";
  varve::diff_scratch scratch;
  CHECK(varve::diff(before, later, scratch).size() == 2);
  CHECK(varve::diff(later, later, scratch).empty());
  CHECK(varve::diff(later, before, scratch).size() == 2);
  CHECK(scratch.owned(scratch.records()[0]) == edited({"table_name"}, "t", ""));
  scratch.clear();
  CHECK(scratch.records().empty());
}
