// Comparing JSON documents (J1 to J7).
//
// varve's diff of a document held as text, and of one held as nlohmann::json, beside memcmp of the two texts, parsing
// both texts with simdjson, and parsing both and walking over the two trees with simdjson, RapidJSON, Boost.JSON and
// nlohmann::json, and nlohmann::json::diff. The documents are like the layouts of dashboards (2, 20 and 200 KB), and real
// ones. peers/documents.mjs compares the same documents with npm packages: `--inputs=FILE` writes them for it.

#include <boost/json/src.hpp>

#include <cstring>
#include <fstream>
#include <memory>
#include <set>

#include "common.hpp"
#include "document_data.hpp"
#include "document_walks.hpp"
#include "varve/varve.hpp"

namespace {

using namespace bench;
using case_pointer = std::shared_ptr<const document_case>;

/// One way to compare; parsers and scratch objects are used again.
struct by_varve {
  struct pair {
    Layout before, after;
  };
  static pair prepared(const std::string& before, const std::string& after) { return {{1, before}, {1, after}}; }
  std::size_t operator()(const pair& one) { return varve::diff(one.before, one.after, scratch, rules).size(); }
  std::set<std::string> paths(const pair& one) {
    std::set<std::string> found;
    for (const auto& record : varve::diff(one.before, one.after, scratch, rules)) {
      std::string path;
      for (const auto& step : scratch.path(record).subspan(1)) path.append("/").append(step.name);
      found.insert(path);
    }
    return found;
  }
  varve::rule_set rules = leaf_rules();
  varve::diff_scratch scratch{};
};

struct by_varve_parsed {
  struct pair {
    ParsedLayout before, after;
  };
  static pair prepared(const std::string& before, const std::string& after) {
    return {{1, nlohmann::json::parse(before)}, {1, nlohmann::json::parse(after)}};
  }
  std::size_t operator()(const pair& one) { return varve::diff(one.before, one.after, scratch, rules).size(); }
  varve::rule_set rules = leaf_rules();
  varve::diff_scratch scratch{};
};

/// Two texts as they are.
struct texts {
  using pair = std::pair<std::string, std::string>;
  static pair prepared(const std::string& before, const std::string& after) { return {before, after}; }
};
/// Two texts with the room behind them that simdjson reads into.
struct padded_texts {
  using pair = std::pair<simdjson::padded_string, simdjson::padded_string>;
  static pair prepared(const std::string& before, const std::string& after) {
    return {simdjson::padded_string{before}, simdjson::padded_string{after}};
  }
};

struct by_memcmp : texts {
  std::size_t operator()(const pair& one) {
    return one.first.size() == one.second.size() &&
                   std::memcmp(one.first.data(), one.second.data(), one.first.size()) == 0
               ? 0
               : 1;
  }
};

struct simdjson_parse : padded_texts {
  std::size_t operator()(const pair& one) {
    const auto before = left.parse(one.first);
    const auto after = right.parse(one.second);
    return before.error() != simdjson::SUCCESS || after.error() != simdjson::SUCCESS ? 1 : 0;
  }
  simdjson::dom::parser left{}, right{};
};
struct simdjson_walk : padded_texts {
  std::size_t operator()(const pair& one) {
    return walk.run(left.parse(one.first).value(), right.parse(one.second).value()).size();
  }
  std::set<std::string> paths(const pair& one) {
    std::set<std::string> found;
    for (const auto& record : walk.run(left.parse(one.first).value(), right.parse(one.second).value()))
      found.insert(walk.path(record));
    return found;
  }
  simdjson::dom::parser left{}, right{};
  document_walk<simdjson_dom> walk{};
};

struct rapidjson_walk : texts {
  std::size_t operator()(const pair& one) {
    rapidjson::Document before, after;
    before.Parse(one.first.data(), one.first.size());
    after.Parse(one.second.data(), one.second.size());
    return walk.run(&before, &after).size();
  }
  document_walk<rapidjson_dom> walk{};
};

struct boost_walk : texts {
  std::size_t operator()(const pair& one) {
    boost::json::monotonic_resource room;
    const auto before = boost::json::parse(one.first, &room);
    const auto after = boost::json::parse(one.second, &room);
    return walk.run(&before, &after).size();
  }
  document_walk<boost_dom> walk{};
};

struct nlohmann_walk : texts {
  std::size_t operator()(const pair& one) {
    const auto before = nlohmann::json::parse(one.first);
    const auto after = nlohmann::json::parse(one.second);
    return walk.run(&before, &after).size();
  }
  document_walk<nlohmann_dom> walk{};
};

struct nlohmann_diff : texts {
  std::size_t operator()(const pair& one) {
    return nlohmann::json::diff(nlohmann::json::parse(one.first), nlohmann::json::parse(one.second)).size();
  }
};

template <class Way>
void register_way(const case_pointer& data, const std::string& variant) {
  add("documents/" + data->name + "/" + variant, [data](benchmark::State& state) {
    Way way;
    std::vector<typename Way::pair> pairs;
    for (const auto& [before, after] : data->pairs) pairs.push_back(Way::prepared(before, after));
    std::size_t at = 0;
    for (auto _ : state) {
      benchmark::DoNotOptimize(way(pairs[at]));
      at = at + 1 == pairs.size() ? 0 : at + 1;
    }
    std::size_t bytes = 0;
    for (const auto& [before, after] : data->pairs) bytes += before.size() + after.size();
    state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(data->pairs.size());
  });
}

template <class Way>
std::size_t records_by(const std::string& before, const std::string& after) {
  return Way{}(Way::prepared(before, after));
}

/// All ways find the same, and as much as the case says.
void check(const document_case& data) {
  for (const auto& [before, after] : data.pairs) {
    const auto found = by_varve{}.paths(by_varve::prepared(before, after));
    const std::size_t count = records_by<by_varve>(before, after);
    require(found.size() == count, data.name + ": each record has a path of its own");
    require(found == simdjson_walk{}.paths(padded_texts::prepared(before, after)), data.name + ": the same paths");
    require(records_by<by_varve_parsed>(before, after) == count, data.name + ": varve over parsed documents");
    require(records_by<rapidjson_walk>(before, after) == count, data.name + ": RapidJSON");
    require(records_by<boost_walk>(before, after) == count, data.name + ": Boost.JSON");
    require(records_by<nlohmann_walk>(before, after) == count, data.name + ": nlohmann");
    require(records_by<simdjson_parse>(before, after) == 0, data.name + ": simdjson parses");
    require(records_by<by_memcmp>(before, after) == (before == after ? 0 : 1), data.name + ": memcmp");
    const std::size_t patch = records_by<nlohmann_diff>(before, after);  // goes into lists, so real documents may have more
    const bool real = data.name.starts_with("real");
    require(real ? count > 0 && patch > 0 : count == data.records && patch == data.records,
            data.name + ": as many records as edits");
  }
}

void register_case(document_case made) {
  const auto data = std::make_shared<const document_case>(std::move(made));
  check(*data);
  register_way<by_varve>(data, "varve");
  register_way<by_varve_parsed>(data, "varve, parsed");
  if (data->pairs[0].first == data->pairs[0].second) register_way<by_memcmp>(data, "memcmp");
  register_way<simdjson_parse>(data, "simdjson parse");
  register_way<simdjson_walk>(data, "simdjson");
  register_way<rapidjson_walk>(data, "RapidJSON");
  register_way<boost_walk>(data, "Boost.JSON");
  register_way<nlohmann_walk>(data, "nlohmann");
  register_way<nlohmann_diff>(data, "nlohmann diff");
}

/// Successive states of one document in a corpus.
document_case real_case(const std::string& name, const std::string& file, const std::string& key, const char* member,
                        int before, int after) {
  document_case made{"real, " + name, {{}}, 0};
  std::ifstream lines{project + file};
  for (std::string line; std::getline(lines, line);) {
    const auto state = nlohmann::json::parse(line);
    if (state["key"] != key || state["doc"].is_null()) continue;
    const auto& document = *member == '\0' ? state["doc"] : state["doc"][member];
    if (state["seq"] == before) made.pairs[0].first = document.dump();
    if (state["seq"] == after) made.pairs[0].second = document.dump();
  }
  require(!made.pairs[0].first.empty() && !made.pairs[0].second.empty(), name + " is in its corpus");
  return made;
}

std::vector<document_case> all_cases() {
  const std::string own = "/benchmarks/corpus/grafana.jsonl";
  const std::string examples = "/examples/dashboards/corpus/superset_examples.jsonl";
  std::vector<document_case> made;
  for (const std::size_t kilobytes : {2U, 20U, 200U}) {
    made.push_back(layout_case(kilobytes, 0, false));
    made.push_back(layout_case(kilobytes, 1, false));
    made.push_back(layout_case(kilobytes, 8, false));
    made.push_back(layout_case(kilobytes, 0, true));
  }
  made.push_back(real_case("haproxy/187", own, "prometheus/haproxy.json", "", 6, 7));
  made.push_back(real_case("unbound/60", own, "prometheus/unbound-full.json", "", 7, 8));
  made.push_back(real_case("layout/13", examples, "5b12b583-8204-08e9-392c-422209c29787", "position_json", 2, 3));
  return made;
}

/// The cases as JSON: a list of {name, records, pairs: [[text, text], ...]}.
void write_inputs(const std::vector<document_case>& cases) {
  auto list = nlohmann::json::array();
  for (const auto& one : cases) list.push_back({{"name", one.name}, {"records", one.records}, {"pairs", one.pairs}});
  std::ofstream{inputs} << list;
}

void register_all() {
  auto cases = all_cases();
  if (!inputs.empty()) write_inputs(cases);
  for (auto& one : cases) register_case(std::move(one));
}

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, register_all); }
