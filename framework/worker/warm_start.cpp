#include "worker/warm_start.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "log/run_log.hpp"
#include "train/tensor_file.hpp"
#include "train/weights.hpp"
#include "worker/process.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
namespace {

using Names = std::vector<std::string>;

bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "encoder" of "encoder.body.0.weight".
std::string part_of(const std::string& parameter) { return parameter.substr(0, parameter.find('.')); }

/// The parts of the model that have parameters or buffers.
Names parts_of(const NamedTensors& state) {
  Names parts;
  for (const auto& [name, t] : state)
    if (!holds(parts, part_of(name))) parts.push_back(part_of(name));
  return parts;
}

/// Why this part of the model cannot have the stored weights; empty where it can.
std::string why_not(const TensorFile& stored, const NamedTensors& state, const std::string& part) {
  try {
    for (const auto& [name, t] : state)
      if (part_of(name) == part) stored.tensor(name, t);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TensorFile former_weights(const Run& run) {
  const fs::path file = fs::path(run.train.start_from) / weights_file;
  const std::string content = read_file(file);
  if (sha256(content) != run.start_weights)
    throw UserError(file.string() + ": has changed since this run was planned; expected the weights with SHA-256 " +
                    run.start_weights.substr(0, 8) + "...; elbo run with the experiment file plans it anew");
  const log::RunSummary summary = log::read_summary(fs::path(run.train.start_from) / "log.h5");
  const auto digest = summary.texts.find("weights_sha256");
  if (digest == summary.texts.end() || digest->second != run.start_weights)
    throw UserError(file.string() +
                    ": is not what that run ended with; expected the weights that its log names; repeat "
                    "that run, or start from another");
  try {
    return unpacked(content);
  } catch (const Error& error) {
    throw Error(file.string() + ": " + error.what() + "; repeat that run");
  }
}

void take_over(const Run& run, const TensorFile& stored, const NamedTensors& state) {
  const at::NoGradGuard no_gradients;
  Names anew;
  for (const std::string& part : parts_of(state)) {
    const std::string why = why_not(stored, state, part);
    if (!why.empty() && holds(run.train.freeze, part))
      throw UserError(run.title() + ": train.freeze has \"" + part + "\", but it is another one than that of " +
                      run.train.start_from + ": " + why + "; expected the same plugin with the same sizes");
    if (!why.empty()) {
      anew.push_back(part);
      continue;
    }
    for (const auto& [name, t] : state)
      if (part_of(name) == part) t.copy_(stored.tensor(name, t));
  }
  const std::string from = fs::path(run.train.start_from).filename().string();
  say({.type = "remark",
       .message = "begins with the weights of " + from +
                  (anew.empty() ? ""
                                : "; the " + join(anew, " and the ") + (anew.size() > 1 ? " are" : " is") +
                                      " another one than there and begins anew")});
}

void freeze(const Run& run, const NamedTensors& parameters) {
  bool is_any_trained = false;
  for (const auto& [name, t] : parameters) {
    const bool is_frozen = holds(run.train.freeze, part_of(name));
    t.set_requires_grad(!is_frozen);
    is_any_trained = is_any_trained || !is_frozen;
  }
  if (!is_any_trained)
    throw UserError(
        run.title() +
        ": no part that is trained has parameters (train.freeze names the others); expected one that has some; "
        "freeze fewer, or choose a prior that has parameters");
}

/// The test data of this run may be among what the other one was trained on.
void tell_other_data(const Run& run) {
  std::string theirs;
  try {
    theirs = read_run(run.train.start_from).data_record.fingerprint();
  } catch (const std::exception&) {
    // said below: nobody knows
  }
  if (theirs == run.data_record.fingerprint()) return;
  say({.type = "warning",
       .message =
           "the weights that it begins with were trained on other data or another split: where test data of this "
           "run were among them, its numbers are too good"});
}

}  // namespace

void begin_with_former_weights(const Run& run, Model& model, bool has_checkpoint) {
  if (run.train.start_from.empty()) return;
  if (has_checkpoint) return freeze(run, model.named_parameters());
  take_over(run, former_weights(run), state_of(model));
  freeze(run, model.named_parameters());
  tell_other_data(run);
}

}  // namespace elbo::host::worker
