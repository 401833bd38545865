#include "formats/array.hpp"

#include <map>

namespace elbo::host::formats {

Array coded(const std::vector<std::string>& names) {
  std::map<std::string, float> codes;
  for (const std::string& name : names) codes.emplace(name, 0.0F);
  TableColumn column{.name = {}, .kind = "category"};
  for (auto& [name, code] : codes) {
    code = static_cast<float>(column.levels.size());
    column.levels.push_back(name);
  }
  std::vector<float> values;
  values.reserve(names.size());
  for (const std::string& name : names) values.push_back(codes[name]);
  return {.shape = {static_cast<int64_t>(names.size())},
          .values = std::move(values),
          .columns = {},
          .table = {std::move(column)}};
}

}  // namespace elbo::host::formats
