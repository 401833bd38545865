// A run's data and model, made from its plan; and a finished run, loaded again.
#pragma once
#include <filesystem>
#include <memory>

#include "batches/batch_source.hpp"
#include "model/model.hpp"
#include "observation/measure_key.hpp"
#include "observation/observation_model.hpp"
#include "plan/run.hpp"

namespace elbo::host::worker {

struct Assembly {
  std::unique_ptr<data::Dataset> dataset;  // the source refers to it
  std::unique_ptr<BatchSource> source;
  Model model;
  int64_t parameters = 0;  // trained values

  /// The data and the model, to be computed on this device from now on.
  void move_to(const at::Device& device);
};

/// One data point as it is stored, with the names of its columns.
Observation stored_observation(const data::Dataset& dataset);
/// What takes each column of a table: the likelihood, or one within it.
std::vector<observation::ColumnScorer> scorers_of(const Likelihood& likelihood);

/// Loads the data and makes the five plugins. Throws UserError or Error with one sentence.
Assembly assemble(const Run& run);

struct Trained {
  Run run;
  Assembly assembly;
};

/// From run.json, the log and the weights of the folder. Throws UserError or Error with one sentence.
Trained load_trained(const std::filesystem::path& folder);

/// A density of dequantised levels is evaluated as an exact pmf on the levels: the measure on which all can be compared.
BatchSource scored_source(const BatchSource& source);

/// What numbers of the test data under scored_source() are about; the estimator is the caller's to fill in.
observation::MeasureKey scored_key(const Run& run, const Assembly& assembly, const BatchSource& scored);

}  // namespace elbo::host::worker
