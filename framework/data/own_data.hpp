#pragma once
#include "data/dataset.hpp"

namespace elbo::data {

/// Describes the user's own data from config.path and config.format: "idx", a folder with the four files as MNIST names
/// them (labels may be missing); "hdf5", a file with /train/x and /test/x and perhaps /train/labels and /test/labels.
/// [N, H, W] is taken as images [1, H, W]. Throws UserError when a file is missing or damaged.
Description own_description(const DataConfig& config);

}  // namespace elbo::data
