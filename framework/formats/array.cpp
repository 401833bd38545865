#include "formats/array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <elbo/error.hpp>

#include "formats/text/field_values.hpp"

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

Array coded_labels(const std::vector<std::string>& names, const std::string& where) {
  const auto missing =
      std::count_if(names.begin(), names.end(), [](const std::string& name) { return is_missing(name); });
  if (missing > 0)
    throw UserError(
        fmt::format("{}: has no value in {} of {} rows; expected a label each; leave these rows out, or take "
                    "other labels",
                    where, missing, names.size()));
  return coded(names);
}

}  // namespace elbo::host::formats
