#include "golden.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support.hpp"

using namespace dashboards;

namespace {

std::filesystem::path data(const std::string& name) {
  return carried_corpora()[0].parent_path() / "../../../tests/example/data" / name;
}
const corpus& carried() {
  static const corpus read = read_corpus(carried_corpora());
  return read;
}

}  // namespace

TEST_CASE("change records equal the golden ones", "[golden]") {
  const auto rules = GENERATE(rule_name::sip, rule_name::deep);
  const std::string suffix = rules == rule_name::sip ? "_sip.jsonl" : "_deep.jsonl";
  SECTION("of the aspects extract") {
    const auto result = compare_golden(carried(), data("golden_aspects_extract" + suffix), rules);
    CAPTURE(result.details);
    CHECK(result.pairs == 88);
    CHECK(result.mismatches == 0);
    CHECK(result.excepted.size() == 1);
  }
  SECTION("of the superset examples") {
    const auto result = compare_golden(carried(), data("golden_superset_examples" + suffix), rules);
    CAPTURE(result.details);
    CHECK(result.pairs == 21);
    CHECK(result.mismatches == 0);
    CHECK(result.excepted.size() == 1);
  }
}

TEST_CASE("the golden comparison sees what differs", "[golden]") {
  const auto lines = corpus_of(line_of("chart", id('1'), 0, 1, R"({"slice_name":"a"})") +
                               line_of("chart", id('1'), 1, 2, R"({"slice_name":"b"})"));
  const auto compare = [&](const std::string& text) {
    const temporary_text file{text};
    return compare_golden(lines, file.path(), rule_name::sip);
  };
  const std::string begin = R"({"entity":"chart","key":")" + id('1') + R"(","seq":)";
  const std::string record = R"({"kind":"field","path":["slice_name"],"from_value":"a","to_value":)";
  CHECK(compare(begin + R"(1,"records":[)" + record + "\"b\"}]}\n").mismatches == 0);
  CHECK(compare(begin + R"(1,"records":[)" + record + "\"c\"}]}\n").mismatches == 1);
  CHECK(compare(begin + "1,\"records\":[]}\n").mismatches == 1);
  CHECK(compare(begin + "2,\"records\":[]}\n").mismatches == 1);  // no such pair
  CHECK_THROWS_WITH(compare("no golden line\n"), Catch::Contains(":1: "));
}
