// What `elbo data info` says of a folder of images.
#pragma once
#include "observation/starting_images.hpp"

namespace elbo::host::cli {

/// Looks at every image below the config's path. Throws UserError naming the first that cannot be read.
observation::ImageChoice look_at_images(const DataConfig& config);
/// Prints sizes, modes and layout, and what has to be set for them; returns the config with those settings.
DataConfig print_images(const DataConfig& config);

}  // namespace elbo::host::cli
