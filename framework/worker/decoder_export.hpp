// A decoder copied into plain numbers, where its output proves that the copy is the decoder.
#pragma once
#include <optional>

#include "batches/batch_source.hpp"
#include "log/decoder_export.hpp"
#include "model/model.hpp"

namespace elbo::host::worker {

/// Nothing when the data are no images, when codes lie on a sphere, when the decoder is too large, is no chain of linear layers with one activation,
/// or when the mean of a value depends on more than one output of the decoder.
std::optional<log::DecoderExport> decoder_export_of(Model& model, const BatchSource& source);

}  // namespace elbo::host::worker
