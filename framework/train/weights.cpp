#include "train/weights.hpp"

#include <torch/serialize.h>

#include <sstream>

#include "base/files.hpp"

namespace elbo::host {
namespace fs = std::filesystem;
namespace {

/// torch's own messages carry a stack trace; its first line says what is amiss.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

[[noreturn]] void refuse(const fs::path& file, const std::string& found) {
  throw Error(file.string() + ": " + found + "; expected the weights of this run's model; repeat the run");
}

Tensor stored_tensor(torch::serialize::InputArchive& archive, const fs::path& file, const std::string& name,
                     const Tensor& like) {
  Tensor stored;
  if (!archive.try_read(name, stored)) refuse(file, "there is no tensor '" + name + "'");
  if (stored.sizes() != like.sizes())
    refuse(file, "'" + name + "' has shape " + to_string(Shape(stored.sizes().vec())) + " where the model has " +
                     to_string(Shape(like.sizes().vec())));
  return stored;
}

}  // namespace

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

void save_weights(const fs::path& folder, const Model& model) {
  torch::serialize::OutputArchive archive;
  for (const auto& [name, t] : state_of(model)) archive.write(name, t.detach().to(at::kCPU));
  std::ostringstream stream;
  archive.save_to(stream);
  write_atomically(folder / weights_file, std::move(stream).str());
}

void load_weights(const fs::path& folder, Model& model) {
  const fs::path file = folder / weights_file;
  torch::serialize::InputArchive archive;
  try {
    std::istringstream stream(read_file(file));
    archive.load_from(stream);
  } catch (const c10::Error& e) {
    refuse(file, "cannot be read (" + first_line(e.what_without_backtrace()) + ")");
  }
  const at::NoGradGuard no_gradients;
  for (auto& [name, t] : state_of(model)) t.copy_(stored_tensor(archive, file, name, t));
}

}  // namespace elbo::host
