// A log in the formats of other programs. Each throws Error when the log or the place to write cannot be used.
#pragma once
#include <filesystem>

#include "hdf5/file.hpp"

namespace elbo::host::exports {

/// One file for each group with columns: train.csv, test.csv, steps.csv, per_example.csv, per_example_valid.csv, latents.csv (the last snapshot) and
/// summary.csv. Units stand in the headings; NaN is an empty field.
void write_csv(const h5::File& log, const std::filesystem::path& folder);

/// Every dataset of numbers as an array by the name it has in the log: numpy.load(file)["train/elbo"].
/// `run` names the run that the log is of. Throws UserError where the file is there and is no export of that run.
void write_npz(const h5::File& log, const std::filesystem::path& file, const std::string& run);

/// One event file with the terms of /train and /test over the epochs, KL of each latent dimension as a histogram, and the
/// sheets as images. The same log gives the same bytes; of one that has grown, the new rows are appended to the file that is there.
void write_tensorboard(const h5::File& log, const std::filesystem::path& folder);

/// A run in MLflow's file store: mlruns/<experiment>/<run>/ with meta.yaml, params, metrics over the epochs, tags and artifacts, and the meta.yaml of its
/// experiment. Its ids follow from its names and settings, so that the same run takes its former place. `files` is the run's folder, whose pictures become
/// artifacts.
void write_mlflow(const h5::File& log, const std::filesystem::path& store, const std::filesystem::path& files);

}  // namespace elbo::host::exports
