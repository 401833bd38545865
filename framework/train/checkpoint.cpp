#include "train/checkpoint.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "train/tensor_file.hpp"
#include "train/weights.hpp"

namespace elbo::host {
namespace fs = std::filesystem;
using Json = nlohmann::json;
namespace {

constexpr size_t digest_size = 64;  // hexadecimal SHA-256 of the rest, first in the file

fs::path file_of(const fs::path& folder, int which) { return folder / ("checkpoint." + std::to_string(which)); }

// JSON has no infinities, and a bound may well be one.
Json exactly(double value) { return std::isfinite(value) ? Json(value) : Json(std::to_string(value)); }
double number(const Json& j) {
  return j.is_string() ? std::strtod(j.get<std::string>().c_str(), nullptr) : j.get<double>();
}

Json exactly(const std::map<std::string, double>& values) {
  Json all = Json::object();
  for (const auto& [name, value] : values) all[name] = exactly(value);
  return all;
}

Json exactly(const std::vector<double>& values) {
  Json all = Json::array();
  for (const double value : values) all.push_back(exactly(value));
  return all;
}

Json to_json(const Progress& p) {
  return {{"epoch", p.epoch},
          {"step", p.step},
          {"global_step", p.global_step},
          {"seconds", p.seconds},
          {"epoch_seconds", p.epoch_seconds},
          {"best_elbo", exactly(p.best_elbo)},
          {"elbo_to_beat", exactly(p.elbo_to_beat)},
          {"best_epoch", p.best_epoch},
          {"has_best_weights", !p.best_weights.empty()},
          {"passes_without_better", p.passes_without_better},
          {"average_steps", p.average.steps},
          {"plateau_best", exactly(p.plateau.best)},
          {"plateau_passes", p.plateau.passes_without_better},
          {"plateau_factor", exactly(p.plateau.factor)},
          {"finished", p.finished},
          {"sums", exactly(p.sums)},
          {"kl_per_dim_sums", exactly(p.kl_per_dim_sums)}};
}

Progress progress_from(const Json& j) {
  Progress p;
  j.at("epoch").get_to(p.epoch);
  j.at("step").get_to(p.step);
  j.at("global_step").get_to(p.global_step);
  j.at("seconds").get_to(p.seconds);
  j.at("epoch_seconds").get_to(p.epoch_seconds);
  p.best_elbo = number(j.at("best_elbo"));
  j.at("passes_without_better").get_to(p.passes_without_better);
  p.elbo_to_beat = number(j.at("elbo_to_beat"));
  j.at("best_epoch").get_to(p.best_epoch);
  j.at("average_steps").get_to(p.average.steps);
  p.plateau.best = number(j.at("plateau_best"));
  j.at("plateau_passes").get_to(p.plateau.passes_without_better);
  p.plateau.factor = number(j.at("plateau_factor"));
  j.at("finished").get_to(p.finished);
  for (const auto& [name, value] : j.at("sums").items()) p.sums[name] = number(value);
  for (const Json& value : j.at("kl_per_dim_sums")) p.kl_per_dim_sums.push_back(number(value));
  return p;
}

constexpr const char *of_progress = "progress", *of_best = "best.", *of_average = "average.",
                     *of_optimizer = "optimizer.";

/// The tensors after their digest has been checked; nothing for a damaged or missing file.
std::optional<TensorFile> checked_content(const fs::path& file) {
  if (!fs::exists(file)) return {};
  const std::string content = read_file(file);
  if (content.size() <= digest_size) return {};
  const std::string_view archive = std::string_view(content).substr(digest_size);
  if (sha256(archive) != content.substr(0, digest_size)) return {};
  return unpacked(archive);
}

Json progress_of(const TensorFile& archive) { return parse_json(archive.text(of_progress), "checkpoint"); }

/// Of all names that begin so, what comes after.
NamedTensors below(const std::string& prefix, const TensorFile& archive) {
  NamedTensors found;
  for (const auto& [name, t] : archive.tensors)
    if (name.starts_with(prefix)) found.emplace_back(name.substr(prefix.size()), t);
  return found;
}

void add_below(const std::string& prefix, const NamedTensors& tensors, TensorFile& archive) {
  for (const auto& [name, t] : tensors) archive.tensors.emplace_back(prefix + name, t);
}

/// The archive may have been written on another device.
void restore(const TensorFile& archive, Model& model, Optimizer& optimizer, Progress& progress) {
  const at::NoGradGuard no_gradients;
  for (auto& [name, t] : state_of(model)) t.copy_(archive.tensor(name, t));
  if (progress_of(archive).at("has_best_weights").get<bool>())
    for (const auto& [name, t] : state_of(model))
      progress.best_weights.emplace_back(name, archive.tensor(of_best + name, t));
  if (progress.average.steps > 0)
    for (const auto& [name, t] : model.named_parameters())
      progress.average.weights.emplace_back(name, t.detach().clone().copy_(archive.tensor(of_average + name, t)));
  optimizer.set_state(below(of_optimizer, archive));
}

struct Candidate {
  int which = 0;
  TensorFile archive;
  Progress progress;
};

std::optional<Candidate> newest(const fs::path& folder) {
  std::optional<Candidate> best;
  for (const int which : {0, 1}) {
    auto archive = checked_content(file_of(folder, which));
    if (!archive) continue;
    const Progress progress = progress_from(progress_of(*archive));
    const bool newer = !best || progress.global_step > best->progress.global_step ||
                       (progress.global_step == best->progress.global_step && progress.finished);
    if (newer) best = Candidate{which, std::move(*archive), progress};
  }
  return best;
}

/// The file that does not hold the newest checkpoint.
int older(const fs::path& folder) {
  const auto a = file_of(folder, 0), b = file_of(folder, 1);
  if (!fs::exists(a)) return 0;
  if (!fs::exists(b)) return 1;
  return fs::last_write_time(a) < fs::last_write_time(b) ? 0 : 1;
}

}  // namespace

void save_checkpoint(const fs::path& folder, Model& model, Optimizer& optimizer, const Progress& progress) {
  TensorFile out{state_of(model), {{of_progress, to_json(progress).dump()}}};
  add_below(of_best, progress.best_weights, out);
  add_below(of_average, progress.average.weights, out);
  add_below(of_optimizer, optimizer.state(), out);
  const std::string archive = packed(out);
  write_atomically(file_of(folder, older(folder)), sha256(archive) + archive);
}

std::optional<Progress> load_checkpoint(const fs::path& folder, Model& model, Optimizer& optimizer) {
  auto candidate = newest(folder);
  if (!candidate) return {};
  restore(candidate->archive, model, optimizer, candidate->progress);
  return candidate->progress;
}

void forget_newest_checkpoint(const fs::path& folder) {
  if (const auto candidate = newest(folder)) fs::remove(file_of(folder, candidate->which));
}

bool has_checkpoint(const fs::path& folder) { return fs::exists(file_of(folder, 0)) || fs::exists(file_of(folder, 1)); }

int64_t epochs_in_checkpoint(const fs::path& folder) {
  const auto candidate = newest(folder);
  return candidate ? candidate->progress.epoch : 0;
}

void copy_checkpoint(const fs::path& from, const fs::path& folder) {
  const auto candidate = newest(from);
  if (!candidate) throw Error(from.string() + ": has no checkpoint that can be read; expected one; delete the folder");
  write_atomically(file_of(folder, 0), read_file(file_of(from, candidate->which)));
}

void keep_training_state(const fs::path& folder) {
  if (const auto candidate = newest(folder)) fs::rename(file_of(folder, candidate->which), folder / training_state);
  remove_checkpoints(folder);
}

void take_training_state(const fs::path& from, const fs::path& folder) {
  write_atomically(file_of(folder, 0), read_file(from / training_state));
}

void remove_checkpoints(const fs::path& folder) {
  for (const int which : {0, 1}) fs::remove(file_of(folder, which));
}

}  // namespace elbo::host
