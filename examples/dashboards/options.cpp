#include "options.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <map>
#include <system_error>
#include <utility>

#include "servers.hpp"
#include "stores.hpp"

namespace dashboards {

namespace {

void must_be_file(const char* option, const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored))
    throw usage_error(fmt::format("{} {} is no file", option, file.string()));
}

}  // namespace

options parse_options(const std::vector<std::string_view>& arguments) {
  options made;
  const std::map<std::string_view, std::function<void(std::string_view)>> with_value{
      {"--corpus", [&](std::string_view value) { made.corpora.emplace_back(value); }},
      {"--database", [&](std::string_view value) { made.database = value; }},
      {"--golden", [&](std::string_view value) { made.golden = value; }},
      {"--report", [&](std::string_view value) { made.report = value; }},
      {"--rules", [&](std::string_view value) {
         if (value != "sip" && value != "deep")
           throw usage_error(fmt::format("--rules is sip or deep, not \"{}\"", value));
         made.rules = value == "sip" ? rule_name::sip : rule_name::deep;
       }}};
  const std::map<std::string_view, bool*> switches{
      {"--adopt", &made.adopt}, {"--verify", &made.verify}, {"--help", &made.help}, {"-h", &made.help}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto name = arguments[i];
    std::optional<std::string_view> joined;
    if (const auto sign = name.find('='); name.starts_with("--") && sign != std::string_view::npos) {
      joined = name.substr(sign + 1);
      name = name.substr(0, sign);
    }
    if (const auto found = switches.find(name); found != switches.end()) {
      if (joined) throw usage_error(fmt::format("{} takes no value", name));
      *found->second = true;
      continue;
    }
    const auto found = with_value.find(name);
    if (found == with_value.end()) throw usage_error(fmt::format("there is no option {}", name));
    if (!joined && i + 1 < arguments.size()) joined = arguments[++i];
    if (!joined || joined->empty()) throw usage_error(fmt::format("{} needs a value", name));
    found->second(*joined);
  }
  if (made.help) return made;
  if (!made.golden.empty() && !made.rules) throw usage_error("--golden needs --rules sip or --rules deep");
  if (made.golden.empty() && made.rules) throw usage_error("--rules is for --golden FILE, which is missing");
  for (const auto& file : made.corpora) must_be_file("--corpus", file);
  if (!made.golden.empty()) must_be_file("--golden", made.golden);
  const bool on_server = is_on_server(made.database);
  for (const auto& file : {std::filesystem::path{on_server ? "" : made.database}, made.report}) {
    std::error_code ignored;
    if (file.has_parent_path() && !std::filesystem::is_directory(file.parent_path(), ignored))
      throw usage_error(fmt::format("{} is in a folder that does not exist", file.string()));
  }
  if (made.database == ":memory:") throw usage_error("--database is a file, or memory: for none");
  if (made.database != "memory:" && !on_server && is_taken(made.database))
    throw usage_error(fmt::format("--database {} exists already; name a file that does not", made.database));
  return made;
}

std::string_view usage() {
  return R"(usage: dashboards [OPTION...]

Replays real versions of dashboards, charts and datasets into a database, save by save, and shows their history.
Without options: the corpus that the project carries, into a new SQLite file.

  --corpus FILE      replay this file instead (JSON lines); again for more
  --database NAME    a SQLite file that does not exist yet, memory: for none, or postgres://... or mariadb://... for a
                     database or schema on a server that has no history yet
  --adopt            the first state of every entity is there before varve is: they get baselines
  --verify           read everything back, restore every version on a copy, check the invariants
  --golden FILE      compare change records with those of this file (JSON lines)
  --rules sip|deep   by which rules --golden compares
  --report FILE      write what was found as JSON
  --help             this text

Exit code: 0 when all is well, 1 when a line was bad or something differs, 2 for a call that cannot be understood.
)";
}

std::vector<std::filesystem::path> carried_corpora() {
  const std::filesystem::path folder{DASHBOARDS_CORPUS};
  return {folder / "superset_examples.jsonl", folder / "aspects_extract.jsonl"};
}

}  // namespace dashboards
