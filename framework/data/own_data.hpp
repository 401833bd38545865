#pragma once
#include "data/dataset.hpp"

namespace elbo::data {

/// Describes the user's own data from config.path and config.format. Split already are a folder with the four "idx"
/// files as MNIST names them (labels may be missing) and an "hdf5", "npz" or "mat" file with parts for train and test;
/// all else is split at random. Labels lie in a part of the same file, or for formats of one array in a file beside it.
/// [N, H, W] is taken as images [1, H, W]. Throws UserError when a file is missing, empty or damaged.
Description own_description(const DataConfig& config);

}  // namespace elbo::data
