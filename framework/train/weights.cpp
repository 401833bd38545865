#include "train/weights.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "plan/run.hpp"
#include "train/tensor_file.hpp"

namespace elbo::host {
namespace fs = std::filesystem;

NamedTensors state_of(const Model& model) {
  NamedTensors state = model.named_parameters();
  for (auto& b : model.named_buffers()) state.push_back(std::move(b));
  return state;
}

NamedTensors copy_of_state(const Model& model) {
  NamedTensors copy = state_of(model);
  for (auto& [name, t] : copy) t = t.detach().clone();
  return copy;
}

void set_state(Model& model, const NamedTensors& state) {
  const at::NoGradGuard no_gradients;
  NamedTensors own = state_of(model);
  for (size_t i = 0; i < own.size(); ++i) own[i].second.copy_(state.at(i).second);
}

WeightsForNow::WeightsForNow(Model& model, const NamedTensors& state) : model_(model), own_(copy_of_state(model)) {
  set_state(model, state);
}

std::string packed_weights(const Model& model) { return packed({state_of(model), {}}); }

void load_weights(const fs::path& folder, const std::string& expected, Model& model) {
  const fs::path file = folder / weights_file;
  const std::string content = read_file(file);
  try {
    if (!expected.empty() && sha256(content) != expected)
      throw Error("is not what this run ended with, whose SHA-256 is " + expected.substr(0, 8) + "...");
    const TensorFile stored = unpacked(content);
    const at::NoGradGuard no_gradients;
    for (auto& [name, t] : state_of(model)) t.copy_(stored.tensor(name, t));
  } catch (const Error& e) {
    throw Error(file.string() + ": " + e.what() + "; repeat the run");
  }
}

}  // namespace elbo::host
