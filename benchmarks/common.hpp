#pragma once

// What the benchmark programs share: options, self-checks, and how a benchmark is registered.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

/// Set by `--quick`: fewer sizes.
inline bool quick = false;
/// Set by `--project=FOLDER`: the project's folder, where the corpora are.
inline std::string project = ".";
/// Set by `--inputs=FILE`: where the documents are written for the programs in other languages.
inline std::string inputs;
/// Set by `--server=CONNECTION`: where the programs of a server's measure.
inline std::string server;

/// A self-check: what is compared must do the same, or its time says nothing.
inline void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "self-check failed: %s\n", what.c_str());
  std::exit(1);
}

/// Registers `run(state)` under a name of the form program/case/size/variant.
template <class Run>
benchmark::internal::Benchmark* add(const std::string& name, Run&& run) {
  return benchmark::RegisterBenchmark(name.c_str(), std::forward<Run>(run));
}

/// A count beside the times: how much of it one iteration had on average.
inline void count(benchmark::State& state, const std::string& what, double total) {
  state.counters[what] = benchmark::Counter(total, benchmark::Counter::kAvgIterations);
}

/// Takes the project's own options out, lets the program check and register, and runs.
inline int run(int argc, char** argv, void (*register_all)()) {
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick")
      quick = true;
    else if (argument.starts_with("--project="))
      project = argument.substr(10);
    else if (argument.starts_with("--inputs="))
      inputs = argument.substr(9);
    else if (argument.starts_with("--server="))
      server = argument.substr(9);
    else
      argv[kept++] = argv[i];
  }
  argc = kept;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace bench
