// The results of an experiment as one HTML file that needs nothing else.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "page/scan_results.hpp"

namespace elbo::host::page {

/// Writes what the folder holds to the file, whole or not at all; of the logs only those in the folders `only`, where there are any. Throws UserError when the folder holds nothing of elbo,
/// Error when the parts of the page are missing beside the program or the file cannot be written.
void write_report(const std::filesystem::path& folder, const std::filesystem::path& file, const std::string& version,
                  const std::set<std::filesystem::path>& only = {});

/// A page from its parts: each <!--NAME--> of the template is replaced. `data` is JSON text.
std::string fill(const std::string& page, const std::string& style, const std::string& library,
                 const std::string& script, const std::string& data);

/// JSON text as it may stand inside <script>: nothing in it ends the element or begins a comment.
std::string safe_in_script(const std::string& json);

/// All that the page shows; docs/report.md says what.
nlohmann::ordered_json page_json(const ScanResults& found, const std::string& version);

}  // namespace elbo::host::page
