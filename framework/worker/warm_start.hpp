// A run that begins with the weights of a finished one (train.start_from), and trains some of its parts alone (train.freeze).
#pragma once
#include "model/model.hpp"
#include "plan/run.hpp"

namespace elbo::host::worker {

/// Takes over each part whose parameters and buffers have the same names and shapes in the other run, and freezes those that train.freeze
/// names. Says which parts begin anew, and where the other run was trained on other data. Throws UserError where a frozen part cannot be taken
/// over, nothing is left to train, or the weights are no longer those of the plan, or not those that the other run ended with. A run that goes on from
/// a checkpoint has weights already, and only freezes.
void begin_with_former_weights(const Run& run, Model& model, bool has_checkpoint);

}  // namespace elbo::host::worker
