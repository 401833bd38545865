#include "train/checkpoint.hpp"

#include <torch/optim/optimizer.h>
#include <torch/serialize.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/digest.hpp"
#include "base/files.hpp"
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
  j.at("finished").get_to(p.finished);
  for (const auto& [name, value] : j.at("sums").items()) p.sums[name] = number(value);
  for (const Json& value : j.at("kl_per_dim_sums")) p.kl_per_dim_sums.push_back(number(value));
  return p;
}

/// The archive after its digest has been checked; nothing for a damaged or missing file.
std::optional<std::string> checked_content(const fs::path& file) {
  if (!fs::exists(file)) return {};
  std::string content = read_file(file);
  if (content.size() <= digest_size) return {};
  std::string archive = content.substr(digest_size);
  if (sha256(archive) != content.substr(0, digest_size)) return {};
  return archive;
}

std::optional<Progress> progress_in(const std::string& archive) {
  torch::serialize::InputArchive in;
  std::istringstream stream(archive);
  in.load_from(stream, at::kCPU);
  c10::IValue text;
  in.read("progress", text);
  return progress_from(Json::parse(text.toStringRef()));
}

std::string best_name(const std::string& name) { return "best." + name; }

void restore(const std::string& archive, Model& model, Optimizer& optimizer, Progress& progress) {
  torch::serialize::InputArchive in, nested;
  std::istringstream stream(archive);
  in.load_from(stream, at::kCPU);  // it may have been written on another device
  const auto stored = [&](const std::string& name) {
    Tensor t;
    in.read(name, t);
    return t;
  };
  const at::NoGradGuard no_gradients;
  for (auto& [name, t] : state_of(model)) t.copy_(stored(name));
  c10::IValue text;
  in.read("progress", text);
  if (Json::parse(text.toStringRef()).at("has_best_weights").get<bool>())
    for (const auto& [name, t] : state_of(model)) progress.best_weights.emplace_back(name, stored(best_name(name)));
  in.read("optimizer", nested);
  optimizer.get().load(nested);
  optimizer.state_to_parameters();
}

struct Candidate {
  int which = 0;
  std::string archive;
  Progress progress;
};

std::optional<Candidate> newest(const fs::path& folder) {
  std::optional<Candidate> best;
  for (const int which : {0, 1}) {
    auto archive = checked_content(file_of(folder, which));
    if (!archive) continue;
    const Progress progress = *progress_in(*archive);
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
  torch::serialize::OutputArchive out, nested;
  for (const auto& [name, t] : state_of(model)) out.write(name, t.detach().to(at::kCPU));
  for (const auto& [name, t] : progress.best_weights) out.write(best_name(name), t.to(at::kCPU));
  optimizer.get().save(nested);
  out.write("optimizer", nested);
  out.write("progress", c10::IValue(to_json(progress).dump()));
  std::ostringstream stream;
  out.save_to(stream);
  const std::string archive = std::move(stream).str();
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

void remove_checkpoints(const fs::path& folder) {
  for (const int which : {0, 1}) fs::remove(file_of(folder, which));
}

}  // namespace elbo::host
