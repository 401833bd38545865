#include "worker/given.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "data/condition.hpp"

namespace elbo::host::worker {
using Json = nlohmann::ordered_json;

Given given_for(const Trained& trained, const Json& request, const std::vector<int64_t>& ids) {
  const data::Dataset& dataset = *trained.assembly.dataset;
  Given given;
  for (const auto& column : dataset.test.condition) {
    auto& values = given.values.emplace_back();
    for (const int64_t id : ids) values.push_back(column.at(static_cast<size_t>(id)));
  }
  const Json named = request.value("given", Json::object());
  for (const auto& [name, text] : named.items())
    given.values.at(data::place_of_condition(dataset.condition, name))
        .assign(ids.size(), data::named_value(dataset.condition, name, text.get<std::string>()));
  given.c = trained.assembly.source->encoded_condition(given.values);
  return given;
}

std::vector<int64_t> test_data_in_turn(const Trained& trained, int64_t count) {
  const int64_t there = trained.assembly.source->size(Part::test);
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(i % there);
  return ids;
}

}  // namespace elbo::host::worker
