// One run for people, on a terminal.
#pragma once
#include <cstddef>
#include <string>

#include "hdf5/file.hpp"

namespace elbo::report {

struct Terminal {
  size_t width = 80;
  bool utf8 = true;
  bool colours = false;  // 256 of them, so that pictures can be shown
};

/// Title and state, the summary with units, a sparkline of each term over the epochs, KL of each latent dimension, where there
/// are colours the top rows of the sheets, and what evaluation.h5 beside the log holds.
std::string run_text(const h5::File& log, const Terminal& terminal);

}  // namespace elbo::report
