// One log as the page holds it.
#pragma once
#include <nlohmann/json.hpp>

#include "hdf5/file.hpp"
#include "page/scan_results.hpp"

namespace elbo::host::page {

/// What may still be put into the page, in bytes of it.
struct Budget {
  size_t images = 4'000'000, weights = 2'500'000;
  std::vector<std::string> left_out;  // sentences

  /// Takes so much, or says that `what` is left out.
  bool takes(size_t& of, size_t bytes, const std::string& what);
};

/// Seed, file, and the terms of /train and /test over the epochs, thinned to `points`.
nlohmann::ordered_json curves_json(const h5::File& log, size_t points);

/// How each of these terms is headed, its unit and what it is: {"elbo": {"label", "unit", "long_name"}, ...}.
nlohmann::ordered_json terms_json(const h5::File& log);

/// What evaluation.h5 beside a log holds: metrics as log::read_evaluation() gives them; none where there is no file.
nlohmann::ordered_json evaluation_json(const std::filesystem::path& log);

/// What is shown of one run of a variant: KL of each latent dimension over the epochs, latents of the last snapshot, sheets,
/// decoder, audit, provenance.
nlohmann::ordered_json detail_json(const h5::File& log, const FoundLog& found, Budget& budget);

/// The last sheet of each kind as a PNG in a data URI: {"samples": {"epoch", "width", "height", "png"}}.
nlohmann::ordered_json pictures_json(const h5::File& log, const FoundLog& found, Budget& budget);
/// The decoder's numbers as base64 of little-endian float32; null where the log has none, or no room is left.
nlohmann::ordered_json decoder_json(const h5::File& log, const FoundLog& found, Budget& budget);

}  // namespace elbo::host::page
