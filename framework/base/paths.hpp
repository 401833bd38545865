// Where the program finds its own parts. The build tree has the layout of an installed prefix, so both are
// found from the program's own path and a prefix can be moved.
#pragma once
#include <filesystem>
#include <vector>

namespace elbo::host {

/// <prefix>/bin of the running program.
std::filesystem::path program_folder();
/// ELBO_WORKER, else the worker executable beside the program.
std::filesystem::path worker_program();
/// ELBO_PLUGIN_PATH (colon separated), then <prefix>/lib/elbo/plugins. Each holds <kind>/<name>.so.
std::vector<std::filesystem::path> plugin_folders();
/// ELBO_DATASET_PATH (colon separated), then <prefix>/share/elbo/datasets. Each holds <name>.toml.
std::vector<std::filesystem::path> dataset_folders();
/// <prefix>/share/elbo/templates: what a new plugin begins with.
std::filesystem::path template_folder();
/// <prefix>/share/elbo/report: the parts of the page of `elbo report`.
std::filesystem::path report_folder();
/// Where fetched data are kept: ELBO_DATA, else $XDG_DATA_HOME/elbo, else ~/.local/share/elbo.
std::filesystem::path data_folder();
/// What can be computed again: ELBO_CACHE, else $XDG_CACHE_HOME/elbo, else ~/.cache/elbo.
std::filesystem::path cache_folder();

}  // namespace elbo::host
