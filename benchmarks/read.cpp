// Reading history in SQLite (R1 to R3): an entity with 100 children and 1,000 or 100,000 versions, in memory.
//
// Each version changed one field of the entity and one child. The tables are filled by SQL; the self-check compares with
// what a session wrote. The figure to look at is how little the length of the history matters.

#include <memory>

#include "collection_data.hpp"
#include "common.hpp"
#include "long_history.hpp"

namespace {

using namespace bench;

using history_pointer = std::shared_ptr<long_history>;

void register_reads(const history_pointer& in, std::int64_t versions) {
  const std::string size = "/" + std::to_string(versions);
  add("read/newest 25" + size + "/varve", [=](benchmark::State& state) {
    const varve::history<Table> history{in->store};
    for (auto _ : state) benchmark::DoNotOptimize(history.versions(std::int64_t{1}).newest_first().page(25));
  });
  add("read/25 from the middle" + size + "/varve", [=](benchmark::State& state) {
    const varve::history<Table> history{in->store};
    for (auto _ : state)
      benchmark::DoNotOptimize(
          history.versions(std::int64_t{1}).newest_first().behind(varve::transaction_id{versions / 2}).page(25));
  });
  const std::pair<const char*, std::int64_t> moments[] = {
      {"oldest 2%", versions / 50}, {"middle", versions / 2}, {"newest", versions}};
  for (const auto& [name, moment] : moments) {
    const varve::transaction_id at{moment};
    add(std::string{"read/row as of "} + name + size + "/varve", [=](benchmark::State& state) {
      const varve::history<Table> history{in->store};
      for (auto _ : state) benchmark::DoNotOptimize(history.latest(std::int64_t{1}, at));
    });
    add(std::string{"read/state as of "} + name + size + "/varve", [=](benchmark::State& state) {
      const varve::history<Table> history{in->store};
      for (auto _ : state) benchmark::DoNotOptimize(history.as_of(std::int64_t{1}, at));
    });
  }
}

void register_all() {
  require(long_history{300}.rows() == history_by_sessions{300}.rows(), "the history made by SQL is as one made by saves");
  for (const std::int64_t versions : {std::int64_t{1000}, std::int64_t{100'000}}) {
    const auto in = std::make_shared<long_history>(versions);
    for (const auto moment : {versions / 50, versions / 2, versions}) {
      const auto state = varve::history<Table>{in->store}.as_of(std::int64_t{1}, varve::transaction_id{moment});
      require(state && state->name == "name " + std::to_string(moment) && state->columns.size() == 100,
              "the state as of a transaction");
    }
    register_reads(in, versions);
  }
}

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, register_all); }
