#pragma once
#include <nlohmann/json.hpp>

#include "page/run_json.hpp"

namespace elbo::page {

/// The last sheet of each kind as a PNG in a data URI: {"samples": {"epoch", "width", "height", "png"}}.
nlohmann::ordered_json pictures_json(const h5::File& log, const FoundLog& found, Budget& budget);
/// The decoder's numbers as base64 of little-endian float32; null where the log has none, or no room is left.
nlohmann::ordered_json decoder_json(const h5::File& log, const FoundLog& found, Budget& budget);

}  // namespace elbo::page
