#pragma once
#include <nlohmann/json.hpp>

#include "page/found.hpp"

namespace elbo::page {

/// All that the page shows; docs/report.md says what.
nlohmann::ordered_json page_json(const Found& found, const std::string& version);

}  // namespace elbo::page
