// Writes what happens in a run to its HDF5 log.
#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "evaluate/evaluate.hpp"
#include "log/run_log.hpp"
#include "plan/run.hpp"
#include "train/checkpoint.hpp"
#include "worker/assemble.hpp"

namespace elbo::host::worker {

class Recorder {
 public:
  /// A new log, or with `after` the one there is, cut back to what the checkpoint knows.
  Recorder(const Run& run, const std::vector<log::PluginRecord>& plugins, Assembly& assembly,
           const std::filesystem::path& file, const std::optional<Progress>& after);

  void epoch(int64_t epoch, const std::map<std::string, double>& values, const std::vector<double>& kl_per_dim);
  void step(int64_t step, const std::map<std::string, double>& values);
  void tested(int64_t epoch, const PassResult& result, bool last);
  void flush() { log_.flush(); }
  log::RunLog& log() { return log_; }

 private:
  void snapshot(int64_t epoch);

  const Run& run_;
  Assembly& assembly_;
  log::RunLog log_;
  int64_t latent_rows_;
  bool with_images_;
};

}  // namespace elbo::host::worker
