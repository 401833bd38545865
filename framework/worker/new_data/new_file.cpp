#include "worker/new_data/new_file.hpp"

#include <iostream>

#include "base/value_json.hpp"
#include "experiment/settings.hpp"

namespace elbo::host::worker {
using Json = nlohmann::ordered_json;

data::NewFile new_file_of(const Json& request, const Run& run) {
  const std::filesystem::path path = request.at("file").get<std::string>();
  const auto options = options_of<DataConfig>();
  Json settings = to_json(options.settings(DataConfig()));
  settings.update(request.at("settings"));
  const DataConfig said = options.config(settings_from_json(settings, options.list()));
  const bool is_alike = path.extension() == std::filesystem::path(run.data.path).extension();
  data::NewFile file{.path = path,
                     .format = said.format.empty() && is_alike ? run.data.format : said.format,
                     .select = said.select,
                     .layout = said.layout.empty() ? run.data.layout : said.layout,
                     .missing_values = said.missing_values};
  file.given = request.value("given", file.given);
  if (const double limit = said.memory_gb > 0 ? said.memory_gb : run.data.memory_gb; limit > 0) file.memory_gb = limit;
  return file;
}

void print_line(const Json& line) {
  std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

}  // namespace elbo::host::worker
