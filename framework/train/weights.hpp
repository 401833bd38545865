// The trained model of a finished run, for whoever wants to use it again: weights.pt.
#pragma once
#include <filesystem>

#include "model/model.hpp"

namespace elbo::host {

inline constexpr const char* weights_file = "weights.pt";

/// Every parameter and buffer by name, in a fixed order: all that a model knows.
NamedTensors state_of(const Model& model);

/// A copy of state_of() that training does not change.
NamedTensors copy_of_state(const Model& model);
/// Sets the model to what copy_of_state() gave of it.
void set_state(Model& model, const NamedTensors& state);

/// Writes <folder>/weights.pt, a torch archive of state_of(); whole or not at all. Throws Error.
void save_weights(const std::filesystem::path& folder, const Model& model);
/// Into a model assembled from the same run. Throws Error when the file is missing, damaged or of another model.
void load_weights(const std::filesystem::path& folder, Model& model);

}  // namespace elbo::host
