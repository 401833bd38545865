// Slurm through its own commands: sbatch, squeue, scancel. Its library's interface changes with every release.
#pragma once
#include "launch/engine.hpp"

namespace elbo::launch {

class Slurm : public Engine {
 public:
  /// `program`: the elbo that the jobs call.
  explicit Slurm(std::filesystem::path program) : program_(std::move(program)) {}

  /// Also `elbo merge`, to run when all jobs have ended.
  Submission submit(const Batch& batch, const Resources& resources) override;
  Jobs query(const std::filesystem::path& experiment) override;
  void cancel(const std::filesystem::path& experiment) override;

 private:
  std::string submit_part(const Batch& batch, const Resources& resources, size_t first, size_t tasks) const;
  std::string submit_merge(const Batch& batch, const Resources& resources, const std::vector<std::string>& after) const;

  std::filesystem::path program_;
};

}  // namespace elbo::launch
