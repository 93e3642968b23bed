// Comparing child collections (D1 to D5, D7) and writing change records (D6).
//
// Beside varve's diff: the structs' own ==, two std::unordered_maps, memcmp of as many packed bytes; for records,
// nlohmann::json values and dump. About 8,000 children are compared in turn, so that the branch predictor cannot learn
// the data. The figure to look at is the ratio of diff to equal: what it costs to know what differs instead of whether.

#include <cstring>
#include <fstream>
#include <memory>

#include "allocations.hpp"
#include "collection_data.hpp"
#include "common.hpp"
#include "wide_data.hpp"

namespace {

using namespace bench;

template <class Compare>
void over(benchmark::State& state, const std::vector<pair_of_tables>& data, Compare&& compare) {
  std::size_t at = 0;
  for (auto _ : state) {
    const auto& one = data[at];
    at = at + 1 == data.size() ? 0 : at + 1;
    benchmark::DoNotOptimize(compare(one));
  }
}

/// As many bytes as the children have in memory, one after the other: the structs, and the texts outside of them.
std::string packed(const Table& table) {
  std::string bytes;
  const std::size_t inside = std::string{}.capacity();
  const auto text = [&](const std::string& value) {
    if (value.size() > inside) bytes += value;
  };
  for (const auto& column : table.columns) {
    bytes.append(sizeof column, static_cast<char>(column.name.back()));
    text(column.name);
    text(column.type);
    for (const auto* value : {&column.expression, &column.verbose_name, &column.description, &column.format})
      if (*value) text(**value);
  }
  return bytes;
}

using data_pointer = std::shared_ptr<std::vector<pair_of_tables>>;

void register_case(const std::string& name, const data_pointer& data) {
  varve::diff_scratch scratch;
  for (const auto& one : *data) {
    require(varve::diff(one.before, one.after, scratch).size() == one.records, name + ": the diff's records");
    require(by_maps(one.before, one.after) == one.records, name + ": the hash tables' differences");
    require(one.before.columns == one.twin.columns, name + ": twins are equal");
  }
  add("collections/" + name + "/equal", [data](benchmark::State& state) {
    over(state, *data, [](const pair_of_tables& one) { return one.before.columns == one.twin.columns; });
  });
  add("collections/" + name + "/diff", [data](benchmark::State& state) {
    varve::diff_scratch room;
    for (const auto& one : *data) benchmark::DoNotOptimize(varve::diff(one.before, one.after, room).data());
    const std::size_t before = allocations;
    for (const auto& one : *data) benchmark::DoNotOptimize(varve::diff(one.before, one.after, room).data());
    state.counters["allocations"] = static_cast<double>(allocations - before) / static_cast<double>(data->size());
    over(state, *data, [&](const pair_of_tables& one) { return varve::diff(one.before, one.after, room).size(); });
  });
  add("collections/" + name + "/maps", [data](benchmark::State& state) {
    over(state, *data, [](const pair_of_tables& one) { return by_maps(one.before, one.after); });
  });
}

void register_memcmp(const std::string& name, const data_pointer& data) {
  struct bytes {
    std::string before, after;
  };
  const auto texts = std::make_shared<std::vector<bytes>>();
  for (const auto& one : *data) texts->push_back({packed(one.before), packed(one.twin)});
  add("collections/" + name + "/memcmp", [texts](benchmark::State& state) {
    std::size_t at = 0;
    for (auto _ : state) {
      const auto& [before, after] = (*texts)[at];
      at = at + 1 == texts->size() ? 0 : at + 1;
      benchmark::DoNotOptimize(std::memcmp(before.data(), after.data(), before.size()));
    }
  });
}

/// The widest dataset of the example's corpus, 328 columns: as it is, and with one column changed.
data_pointer real_tables(edit what) {
  std::ifstream lines{project + "/examples/dashboards/corpus/superset_examples.jsonl"};
  nlohmann::json widest;
  for (std::string line; std::getline(lines, line);) {
    auto doc = nlohmann::json::parse(line)["doc"];
    if (doc.contains("columns") && (widest.is_null() || doc["columns"].size() > widest["columns"].size()))
      widest = std::move(doc);
  }
  require(!widest.is_null() && widest["columns"].size() == 328, "the corpus has a dataset of 328 columns");
  Table table;
  table.name = "real";
  const auto text = [](const nlohmann::json& column, const char* member) -> std::optional<std::string> {
    const auto found = column.find(member);
    if (found == column.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  for (const auto& column : widest["columns"])
    table.columns.push_back({.name = column.at("column_name"),
                             .type = text(column, "type").value_or(""),
                             .expression = text(column, "expression"),
                             .verbose_name = text(column, "verbose_name"),
                             .description = text(column, "description"),
                             .format = text(column, "python_date_format"),
                             .is_active = column.value("is_active", false),
                             .groupby = column.value("groupby", false),
                             .filterable = column.value("filterable", false),
                             .is_dttm = column.value("is_dttm", false)});
  auto made = std::make_shared<std::vector<pair_of_tables>>(25, pair_of_tables{table, table, table});
  if (what == edit::nothing) return made;
  for (std::size_t i = 0; i < made->size(); ++i) {
    (*made)[i].after.columns[i * 13].description = "changed";
    (*made)[i].records = 1;
  }
  return made;
}

// ---- records: ten texts of 20 bytes change in a row of 18 fields ----

void register_records() {
  const auto before = std::make_shared<Wide>(wide_of(1));
  const auto after = std::make_shared<Wide>(*before);
  edit_wide(*after, 10, 1);
  const auto with_json = [](const Wide& was, const Wide& is, std::string& out) {
    std::size_t records = 0;
    for_each_text(was, is, [&](const char* name, const std::string& from, const std::string& to) {
      if (from == to) return;
      ++records;
      const nlohmann::json record = {{"path", nlohmann::json::array({name})}, {"from", from}, {"to", to}};
      out += record["path"].dump();
      out += record["from"].dump();
      out += record["to"].dump();
    });
    return records;
  };
  const auto with_varve = [](const Wide& was, const Wide& is, varve::diff_scratch& scratch, std::string& out) {
    varve::text_writer texts{out};
    for (const auto& record : varve::diff(was, is, scratch)) {
      scratch.append_path(texts, record);
      record.from.append_json_to(texts);
      record.to.append_json_to(texts);
    }
    return scratch.records().size();
  };
  varve::diff_scratch scratch;
  std::string one, other;
  require(with_varve(*before, *after, scratch, one) == 10, "ten records");
  require(with_json(*before, *after, other) == 10, "ten records by nlohmann::json");
  require(one.size() == other.size(), "the texts of the records");
  add("records/three texts/10/varve", [=](benchmark::State& state) {
    varve::diff_scratch room;
    std::string out;
    for (auto _ : state) {
      out.clear();
      benchmark::DoNotOptimize(with_varve(*before, *after, room, out));
    }
  });
  add("records/three texts/10/nlohmann", [=](benchmark::State& state) {
    std::string out;
    for (auto _ : state) {
      out.clear();
      benchmark::DoNotOptimize(with_json(*before, *after, out));
    }
  });
}

void register_all() {
  for (const std::size_t size : {std::size_t{10}, std::size_t{100}, std::size_t{1000}, std::size_t{10'000}})
    for (int what = 0; what <= static_cast<int>(edit::shuffled); ++what)
      register_case(std::string{edit_names[what]} + "/" + std::to_string(size),
                    std::make_shared<std::vector<pair_of_tables>>(tables_of(size, static_cast<edit>(what))));
  for (const auto what : {edit::nothing, edit::percent_changed, edit::shuffled}) {
    if (quick && what != edit::nothing) continue;
    const auto data = std::make_shared<std::vector<pair_of_tables>>(tables_of(100'000, what));
    const std::string name = std::string{edit_names[static_cast<int>(what)]} + "/100000";
    register_case(name, data);
    if (what == edit::nothing) register_memcmp(name, data);
  }
  register_case("real, equal/328", real_tables(edit::nothing));
  register_case("real, 1 changed/328", real_tables(edit::one_changed));
  register_records();
}

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, register_all); }
