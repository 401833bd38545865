#include "formats/codes.hpp"

#include <map>

namespace elbo::formats {

Array coded(const std::vector<std::string>& names) {
  std::map<std::string, float> codes;
  for (const std::string& name : names) codes.emplace(name, 0.0F);
  float next = 0;
  for (auto& [name, code] : codes) code = next++;
  std::vector<float> values;
  values.reserve(names.size());
  for (const std::string& name : names) values.push_back(codes[name]);
  return {.shape = {static_cast<int64_t>(names.size())}, .values = std::move(values)};
}

}  // namespace elbo::formats
