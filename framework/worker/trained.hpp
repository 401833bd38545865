// A finished run, loaded again.
#pragma once
#include <filesystem>

#include "observation/measure_key.hpp"
#include "worker/assemble.hpp"

namespace elbo::worker {

struct Trained {
  Run run;
  Assembly assembly;
};

/// From run.json and weights.pt of the folder. Throws UserError or Error with one sentence.
Trained load_trained(const std::filesystem::path& folder);

/// A density of dequantised levels is evaluated as an exact pmf on the levels: the measure on which all can be compared.
BatchSource scored_source(const BatchSource& source);

/// What numbers of the test data under scored_source() are about; the estimator is the caller's to fill in.
observation::MeasureKey scored_key(const Run& run, const Assembly& assembly, const BatchSource& scored);

}  // namespace elbo::worker
