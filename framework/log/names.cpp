#include "log/names.hpp"

#include "log/layout.hpp"
#include "log/upkeep/edit.hpp"

namespace elbo::host::log {

void set_names(const std::filesystem::path& log, const std::string& title, const std::string& plan_json) {
  edit_file(log, [&](h5::File& file) {
    file.replace_attribute("/", "title", title);
    file.remove("/config/plan_json");
    write_plan(file, plan_json);
  });
}

}  // namespace elbo::host::log
