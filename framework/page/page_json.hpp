#pragma once
#include <nlohmann/json.hpp>

#include "page/scan_results.hpp"

namespace elbo::host::page {

/// All that the page shows; docs/report.md says what.
nlohmann::ordered_json page_json(const ScanResults& found, const std::string& version);

}  // namespace elbo::host::page
