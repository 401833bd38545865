#include "observation/table_columns.hpp"

namespace elbo::host::observation {
using Json = nlohmann::ordered_json;

Json table_columns(const data::Dataset& dataset, const ObservationModel& observed) {
  Json all = Json::array();
  const auto* scaled = observed.find<Standardize>();
  for (size_t i = 0; i < dataset.columns.size(); ++i) {
    Json one = {{"name", dataset.columns[i]}};
    if (i < dataset.table.size()) {
      const formats::TableColumn& column = dataset.table[i];
      one["kind"] = column.kind;
      if (!column.unit.empty()) one["unit"] = column.unit;
      if (column.origin != 0) one["origin"] = column.origin;
      if (!column.levels.empty()) one["levels"] = column.levels;
    }
    if (scaled) {
      one["mean"] = scaled->x_mean.at(i);
      one["deviation"] = scaled->x_deviation.at(i);
      one["encoder_mean"] = scaled->mean.at(i);
      one["encoder_deviation"] = scaled->deviation.at(i);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace elbo::host::observation
