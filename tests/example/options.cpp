#include "options.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

using namespace dashboards;

TEST_CASE("options are understood", "[options]") {
  const temporary_text file{"x"};
  const auto name = file.path().string();
  const auto asked = parse_options({"--corpus", name, "--corpus=" + name, "--database", "memory:", "--golden", name,
                                    "--rules", "deep", "--adopt", "--verify", "--report", "r.json"});
  CHECK(asked.corpora.size() == 2);
  CHECK(asked.database == "memory:");
  CHECK(asked.rules == rule_name::deep);
  CHECK(asked.adopt);
  CHECK(asked.verify);
  CHECK(asked.report == "r.json");
  CHECK(!asked.help);
  CHECK(parse_options({"--help"}).help);
  CHECK(parse_options({}).corpora.empty());
}

TEST_CASE("a call that cannot be understood is refused with a sentence", "[options]") {
  const temporary_text file{"x"};
  const auto name = file.path().string();
  const auto refusal = [](const std::vector<std::string_view>& arguments) -> std::string {
    try {
      static_cast<void>(parse_options(arguments));
    } catch (const usage_error& error) {
      return error.what();
    }
    return "understood";
  };
  CHECK(refusal({"--corpora"}) == "there is no option --corpora");
  CHECK(refusal({"file"}) == "there is no option file");
  CHECK(refusal({"--corpus"}) == "--corpus needs a value");
  CHECK(refusal({"--corpus", "/no/such/file"}) == "--corpus /no/such/file is no file");
  CHECK(refusal({"--golden", name}) == "--golden needs --rules sip or --rules deep");
  CHECK(refusal({"--rules", "sip"}) == "--rules is for --golden FILE, which is missing");
  CHECK(refusal({"--golden", name, "--rules", "flat"}) == "--rules is sip or deep, not \"flat\"");
  CHECK(refusal({"--adopt=yes"}) == "--adopt takes no value");
  CHECK(refusal({"--report", "/no/such/folder/r.json"}) == "/no/such/folder/r.json is in a folder that does not exist");
  CHECK(refusal({"--database", ":memory:"}) == "--database is a file, or memory: for none");
  CHECK(refusal({"--database", name}) == "--database " + name + " exists already; name a file that does not");
}
