#include "log/evaluation_file.hpp"

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "log/layout.hpp"
#include "log/upkeep/edit.hpp"

namespace elbo::host::log {
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* evaluation_convention = "CF-1.10, elbo-evaluation-1";

hsize_t axis_size(const EvaluationGroup& group, const std::string& axis) {
  for (const EvaluationAxis& a : group.axes)
    if (a.name == axis) return static_cast<hsize_t>(a.size);
  throw Error("evaluation: " + group.name + " has no axis '" + axis + "'");
}

/// The dataset with the names along an axis, which HDF5 cannot take for its scale.
std::string names_of(const std::string& axis) { return axis + "_name"; }

void write_group(h5::File& file, const EvaluationGroup& group) {
  const std::string path = "/" + group.name;
  file.remove(path);
  file.group(path);
  file.attribute(path, "long_name", group.long_name);
  for (const auto& [name, text] : group.texts) file.text(path + "/" + name, text, name);
  for (const SummaryValue& v : group.values) write_value(file, path, v);
  for (const EvaluationAxis& axis : group.axes) {
    if (axis.values.empty()) {
      file.dimension(path + "/" + axis.name, static_cast<hsize_t>(axis.size), axis.long_name);
      if (!axis.names.empty()) file.texts(path + "/" + names_of(axis.name), axis.names, axis.name, axis.long_name);
    } else {
      file.coordinate(path + "/" + axis.name, axis.long_name);
      file.dataset(path + "/" + axis.name).write<int64_t>(0, axis.values);
    }
  }
  for (const EvaluationArray& array : group.arrays) {
    std::vector<hsize_t> shape;
    for (const std::string& axis : array.axes) shape.push_back(axis_size(group, axis));
    file.dataset(path + "/" + array.column.name, {.type = H5T_IEEE_F64LE,
                                                  .shape = shape,
                                                  .dims = array.axes,
                                                  .units = array.column.units,
                                                  .long_name = array.column.long_name})
        .write<double>(0, array.values);
    file.attribute_if_any(path + "/" + array.column.name, "better", array.column.better);
  }
}

Json or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json or_null(const std::vector<double>& values) {
  Json json = Json::array();
  for (const double value : values) json.push_back(or_null(value));
  return json;
}

Json description(const std::string& units, const std::string& long_name, const std::string& better) {
  Json json = {{"unit", units.empty() ? "1" : units}, {"long_name", long_name}};
  if (!better.empty()) json["better"] = better;
  return json;
}

Json description(const Column& column) { return description(column.units, column.long_name, column.better); }

/// What a dataset says of itself.
Json description(const h5::File& file, const std::string& path) {
  return description(file.attribute(path, "units"), file.attribute(path, "long_name"), file.attribute(path, "better"));
}

/// The names along the axis of such an array; none of another.
std::vector<std::string> names_along(const h5::File& file, const std::string& group,
                                     const std::vector<std::string>& dims) {
  if (dims.size() != 1 || dims[0].empty()) return {};
  const std::string path = group + "/" + names_of(dims[0]);
  return file.has(path) ? file.texts(path) : std::vector<std::string>();
}

/// An array over a coordinate, or over names in a group of such arrays alone, with these before it; others stay in the file.
void add_row(Json& json, const h5::File& file, const std::string& group, const std::string& name) {
  const std::string path = group + "/" + name;
  const auto dims = file.dims(path);
  const auto names = json.at("values").empty() ? names_along(file, group, dims) : std::vector<std::string>();
  if (!names.empty()) {
    Json& rows = json["rows"];
    rows[dims[0]] = {
        {"unit", "1"}, {"long_name", file.attribute(group + "/" + names_of(dims[0]), "long_name")}, {"values", names}};
    const h5::Dataset dataset = file.dataset(path);
    (rows[name] = description(file, path))["values"] = or_null(dataset.read<double>(0, dataset.rows()));
    return;
  }
  if (dims.size() != 1 || dims[0].empty() || file.is_bare_dimension(group + "/" + dims[0])) return;
  const auto values_of = [&](const std::string& place) {
    const h5::Dataset dataset = file.dataset(place);
    return or_null(dataset.read<double>(0, dataset.rows()));
  };
  Json& rows = json["rows"];
  const std::string axis = group + "/" + dims[0];
  if (!rows.contains(dims[0])) (rows[dims[0]] = description(file, axis))["values"] = values_of(axis);
  (rows[name] = description(file, path))["values"] = values_of(path);
}

Json metric_in(const h5::File& file, const std::string& name) {
  const std::string group = "/" + name;
  Json json = {{"metric", name}, {"long_name", file.attribute(group, "long_name")}, {"values", Json::array()}};
  for (const std::string& one : file.names(group)) {
    const std::string path = group + "/" + one;
    if (file.is_text(path) && !file.dims(path).empty()) continue;  // names along an axis
    if (file.is_text(path)) {
      const std::string text = file.text(path);
      json[one] = one == "measure_key" ? json_or_discarded(text) : Json(text);
    } else if (file.dims(path).empty()) {
      Json value = {{"name", one}, {"value", or_null(file.number(path))}};
      value.update(description(file, path));
      json["values"].push_back(std::move(value));
    } else {
      add_row(json, file, group, one);
    }
  }
  return json;
}

const EvaluationAxis* coordinate_of(const EvaluationGroup& group, const EvaluationArray& array) {
  if (array.axes.size() != 1) return nullptr;
  for (const EvaluationAxis& axis : group.axes)
    if (axis.name == array.axes[0] && (!axis.values.empty() || (group.values.empty() && !axis.names.empty())))
      return &axis;
  return nullptr;
}

}  // namespace

void write_evaluation(const std::filesystem::path& path, const std::string& title,
                      const std::vector<EvaluationGroup>& groups) {
  const Change change = [&](h5::File& file) {
    for (const EvaluationGroup& group : groups) write_group(file, group);
  };
  if (std::filesystem::exists(path)) return edit_file(path, change);
  create_file(path, [&](h5::File& file) {
    file.attribute("/", "Conventions", evaluation_convention);
    file.attribute("/", "title", title);
    change(file);
  });
}

std::vector<Json> read_evaluation(const std::filesystem::path& path) {
  const h5::File file = h5::File::open(path, h5::Mode::read);
  std::vector<Json> metrics;
  for (const std::string& name : file.names("/")) metrics.push_back(metric_in(file, name));
  return metrics;
}

Json to_json(const EvaluationGroup& group) {
  Json json = {{"metric", group.name}, {"long_name", group.long_name}};
  for (const auto& [name, text] : group.texts)
    json[name] = name == "measure_key" ? json_or_discarded(text) : Json(text);
  json["values"] = Json::array();
  for (const SummaryValue& v : group.values) {
    Json value = {{"name", v.column.name}, {"value", v.value}};
    value.update(description(v.column));
    json["values"].push_back(std::move(value));
  }
  for (const EvaluationArray& array : group.arrays) {
    const EvaluationAxis* axis = coordinate_of(group, array);
    if (!axis) continue;
    Json& rows = json["rows"];
    rows[axis->name] = {{"unit", "1"}, {"long_name", axis->long_name}};
    rows[axis->name]["values"] = axis->values.empty() ? Json(axis->names) : Json(axis->values);
    (rows[array.column.name] = description(array.column))["values"] = array.values;
  }
  return json;
}

}  // namespace elbo::host::log
