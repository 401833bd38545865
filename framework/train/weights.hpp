// The trained model of a finished run, for whoever wants to use it again.
#pragma once
#include <filesystem>

#include "model/model.hpp"

namespace elbo::host {

/// Every parameter and buffer by name, in a fixed order: all that a model knows.
NamedTensors state_of(const Model& model);

/// A copy of state_of() that training does not change.
NamedTensors copy_of_state(const Model& model);
/// Sets the model to what copy_of_state() gave of it.
void set_state(Model& model, const NamedTensors& state);

/// While it lives, the model has this state, as copy_of_state() gives one; then its own again.
class WeightsForNow {
 public:
  WeightsForNow(Model& model, const NamedTensors& state);
  ~WeightsForNow() { set_state(model_, own_); }
  WeightsForNow(const WeightsForNow&) = delete;
  WeightsForNow& operator=(const WeightsForNow&) = delete;

 private:
  Model& model_;
  NamedTensors own_;
};

/// What weights_file holds of the model: its state, as a TensorFile.
std::string packed_weights(const Model& model);
/// Into a model assembled from the same run. Throws Error when the file is missing, damaged or of another model, or has another SHA-256 than
/// `expected`, which may be empty.
void load_weights(const std::filesystem::path& folder, const std::string& expected, Model& model);

}  // namespace elbo::host
