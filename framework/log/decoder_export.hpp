// A trained decoder that is a chain of linear layers, small enough to be computed anywhere: group /decoder of a log.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "hdf5/file.hpp"

namespace elbo::host::log {

/// y = W x + b
struct LinearLayer {
  int64_t out = 0, in = 0;
  std::vector<float> weight, bias;  // [out, in] row-major; [out]
};

/// z -> layers, with the activation between them -> raw parameters -> the likelihood's mean of each value.
struct DecoderExport {
  std::vector<LinearLayer> layers;
  std::string activation;  // a name of nn::activations(); after every layer but the last
  int64_t first = 0;       // of the raw outputs that the mean depends on; as many as there are values
  std::vector<double> table_raw, table_mean;  // the mean as a function of that output, rising raw
  double black = 0, white = 1;                // means that are shown so
  Shape image;                                // height, width, channels (1 or 3; the channel comes first in the values)
  std::vector<float> check_z, check_mean;     // [n, L], [n, values]: what the decoder itself made of these codes
};

/// Creates the group.
void write_decoder_export(h5::File& file, const DecoderExport& chain);
/// Nothing when the log has none. Throws Error when it is not as write_decoder_export() writes it.
std::optional<DecoderExport> read_decoder_export(const h5::File& file);

}  // namespace elbo::host::log
