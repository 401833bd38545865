// One run, and what was measured of finished runs, as elbo show and elbo evaluate print it.
#pragma once
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "hdf5/file.hpp"

namespace elbo::host::report {

struct Terminal {
  size_t width = 80;
  bool utf8 = true;
  bool colours = false;  // 256 of them, so that pictures can be shown
};

/// Title and state, the summary with units, a sparkline of each term over the epochs, KL of each latent dimension, where there
/// are colours the top rows of the sheets, and what evaluation.h5 beside the log holds.
std::string run_text(const h5::File& log, const Terminal& terminal);

/// From one object a run: {variant, seed, metrics: as log::to_json() has them, refused: [{metric, why}]}. Numbers of different measures never share a table. `width` as
/// in format_table.
std::string evaluation_text(const std::vector<nlohmann::ordered_json>& answers, size_t width);

/// Of one metric as log::to_json() has it: why the log p(x) of a ladder is only a lower bound; empty where it is more, and for other
/// metrics.
std::string why_only_a_bound(const nlohmann::ordered_json& metric);

}  // namespace elbo::host::report
