#include "benchmarks/measure.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include <elbo/error.hpp>

namespace elbo::host::bench {
namespace {

/// Why a benchmark gave up, or nothing; its names changed in Google Benchmark 1.8.
template <class Run>
std::string failure_of(const Run& run) {
  if constexpr (requires { run.error_occurred; }) return run.error_occurred ? run.error_message : "";
  else return run.skipped ? run.skip_message : "";
}

class Collector final : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(size_t expected) : expected_(expected) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      if (const std::string failure = failure_of(run); !failure.empty())
        throw Error(run.run_name.function_name + ": " + failure);
      times[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
    }
    if (::isatty(STDERR_FILENO)) fmt::print(stderr, "\r\x1b[2Kmeasured {} of {}", times.size(), expected_);
  }
  void Finalize() override {
    if (::isatty(STDERR_FILENO)) fmt::print(stderr, "\r\x1b[2K");
  }

  std::map<std::string, std::vector<double>> times;

 private:
  size_t expected_;
};

Timing timing_of(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const size_t n = times.size();
  return {(times[(n - 1) / 2] + times[n / 2]) / 2, times.front()};
}

void initialise() {
  std::vector<std::string> words = {"elbo-bench", "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> given;
  for (std::string& word : words) given.push_back(word.data());
  int count = static_cast<int>(given.size());
  benchmark::Initialize(&count, given.data());
}

}  // namespace

void Measurements::add(std::string name, std::function<void()> once) {
  functions_.emplace_back(std::move(name), std::move(once));
}

std::map<std::string, Timing> Measurements::run(const Settings& settings) {
  initialise();
  for (const auto& [name, once] : functions_)
    benchmark::RegisterBenchmark(name.c_str(),
                                 [&f = once](benchmark::State& state) {
                                   try {
                                     for (auto _ : state) f();
                                   } catch (const std::exception& e) {
                                     state.SkipWithError(e.what());
                                   }
                                 })
        ->Unit(benchmark::kSecond)
        ->MinTime(settings.min_time)
        ->Repetitions(static_cast<int>(settings.repetitions));
  Collector collector(functions_.size());
  benchmark::RunSpecifiedBenchmarks(&collector, ".");
  benchmark::ClearRegisteredBenchmarks();
  std::map<std::string, Timing> timings;
  for (const auto& [name, times] : collector.times) timings[name] = timing_of(times);
  return timings;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

}  // namespace elbo::host::bench
