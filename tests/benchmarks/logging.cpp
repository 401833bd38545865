// elbo bench logging: what is written beside training, against an epoch of 60,000 images, and how it grows with the epochs.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/scratch.hpp"
#include "benchmarks/stepper.hpp"
#include "evaluate/evaluate.hpp"
#include "log/run_log.hpp"
#include "train/checkpoint.hpp"

namespace elbo::host::bench {
namespace fs = std::filesystem;
namespace {

constexpr int64_t epoch_images = 60000, latent_rows = 1000;
const std::vector<int64_t> epochs = {10, 100, 1000};

/// Seconds by the clock on the wall, since writing waits for the disk; the median of the calls.
double seconds_of(const std::function<void()>& once, int64_t repetitions) {
  std::vector<double> seconds;
  for (int64_t i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    once();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + repetitions / 2, seconds.end());
  return seconds[static_cast<size_t>(repetitions / 2)];
}

const std::vector<std::string> terms = {"loss",      "objective",   "elbo", "reconstruction", "kl", "kl_sampled",
                                        "kl_weight", "kl_weighted", "lr",   "seconds"};

log::RunLog new_log(const fs::path& file, int64_t latent_dim) {
  log::Layout layout;
  layout.title = "benchmark";
  for (const std::string& name : terms) layout.train_columns.push_back({name, "nat", name});
  layout.test_columns = layout.train_columns;
  layout.latent_dim = latent_dim;
  layout.latent_rows = latent_rows;
  layout.test_rows = latent_rows;
  return log::RunLog::create(file, layout);
}

struct Writing {
  Stepper stepper;
  Scratch scratch;
  log::RunLog file;
  Latents coded;
  int64_t snapshots = 0;

  explicit Writing(const Workload& w) : stepper(w), file(new_log(scratch.folder / "log.h5", w.latent_dim)) {
    stepper.step();
  }

  /// The series of one epoch, visible to readers and safe from kill -9.
  static void append(log::RunLog& to, int64_t epoch, int64_t latent_dim) {
    std::map<std::string, double> values;
    for (const std::string& name : terms) values[name] = static_cast<double>(epoch);
    const std::vector<double> kl_per_dim(static_cast<size_t>(latent_dim), 1.0);
    to.epoch(log::Pass::train, epoch, values, kl_per_dim);
    to.epoch(log::Pass::test, epoch, values, kl_per_dim);
    to.flush();
  }
  void latents() {
    coded = elbo::host::latents(stepper.ours.model, *stepper.ours.source, latent_rows);
    file.latents(++snapshots, coded.mean, coded.scale);
    file.flush();
  }
  void checkpoint() { save_checkpoint(scratch.folder, stepper.ours.model, stepper.optimizer, {}); }
};

const std::vector<Shown> logging_columns = {{"case", "what", "", 0},
                                            {"milliseconds", "time", "ms", 2},
                                            {"percent_of_epoch", "of an epoch of 60 000", "%", 2},
                                            {"bytes_per_epoch", "file grows by", "B", 0}};

/// A log of so many epochs: time and bytes of each.
Json logging_row(int64_t count, double epoch_seconds, int64_t latent_dim) {
  const Scratch scratch;
  const fs::path path = scratch.folder / "log.h5";
  log::RunLog file = new_log(path, latent_dim);
  file.flush();
  const auto before = fs::file_size(path);
  const double seconds = seconds_of(
                             [&] {
                               for (int64_t e = 1; e <= count; ++e) Writing::append(file, e, latent_dim);
                             },
                             1) /
                         static_cast<double>(count);
  return {{"case", "series of one epoch, of " + std::to_string(count)},
          {"milliseconds", seconds * 1e3},
          {"percent_of_epoch", seconds / epoch_seconds * 100},
          {"bytes_per_epoch", (fs::file_size(path) - before) / static_cast<uintmax_t>(count)}};
}

}  // namespace

void logging(const Request& request) {
  if (!request.filter.empty())
    throw UserError("elbo bench logging: it measures all of its cases; found --filter " + request.filter +
                    "; leave it out");
  Workload workload = workloads().front();
  workload.test_images = latent_rows;
  Writing writing(workload);
  const int64_t repetitions = request.settings.repetitions;
  const double epoch = seconds_of([&] { writing.stepper.step(); }, 20 * repetitions) *
                       static_cast<double>(epoch_images / workload.batch);
  Json rows = Json::array({{{"case", "training"}, {"milliseconds", epoch * 1e3}, {"percent_of_epoch", 100.0}}});
  const auto measure = [&](const char* name, const std::function<void()>& once) {
    once();
    const double seconds = seconds_of(once, repetitions);
    rows.push_back({{"case", name}, {"milliseconds", seconds * 1e3}, {"percent_of_epoch", seconds / epoch * 100}});
  };
  measure("latents of 1000 test images, coded and written", [&] { writing.latents(); });
  measure("checkpoint", [&] { writing.checkpoint(); });
  for (const int64_t count : epochs) rows.push_back(logging_row(count, epoch, workload.latent_dim));
  write(request.format, {{"benchmark", "logging"}}, conditions(request.unset), rows, logging_columns);
}

}  // namespace elbo::host::bench
