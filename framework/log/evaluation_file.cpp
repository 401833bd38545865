#include "log/evaluation_file.hpp"

#include <algorithm>

#include "log/edit.hpp"

namespace elbo::log {
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* convention = "CF-1.10, elbo-evaluation-1";

hsize_t size_of(const EvaluationGroup& group, const std::string& axis) {
  for (const EvaluationAxis& a : group.axes)
    if (a.name == axis) return static_cast<hsize_t>(a.size);
  throw Error("evaluation: " + group.name + " has no axis '" + axis + "'");
}

void write_group(h5::File& file, const EvaluationGroup& group) {
  const std::string path = "/" + group.name;
  file.remove(path);
  file.group(path);
  file.attribute(path, "long_name", group.long_name);
  for (const auto& [name, text] : group.texts) file.text(path + "/" + name, text, name);
  for (const SummaryValue& v : group.values) file.number(path + "/" + v.name, v.value, v.units, v.long_name);
  for (const EvaluationAxis& axis : group.axes) {
    if (axis.values.empty()) {
      file.dimension(path + "/" + axis.name, static_cast<hsize_t>(axis.size), axis.long_name);
    } else {
      file.coordinate(path + "/" + axis.name, axis.long_name);
      file.dataset(path + "/" + axis.name).write<int64_t>(0, axis.values);
    }
  }
  for (const EvaluationArray& array : group.arrays) {
    std::vector<hsize_t> shape;
    for (const std::string& axis : array.axes) shape.push_back(size_of(group, axis));
    file.dataset(path + "/" + array.column.name, {.type = H5T_IEEE_F64LE, .shape = shape, .dims = array.axes, .units = array.column.units,
                                                  .long_name = array.column.long_name})
        .write<double>(0, array.values);
  }
}

const EvaluationAxis* coordinate_of(const EvaluationGroup& group, const EvaluationArray& array) {
  if (array.axes.size() != 1) return nullptr;
  for (const EvaluationAxis& axis : group.axes)
    if (axis.name == array.axes[0] && !axis.values.empty()) return &axis;
  return nullptr;
}

}  // namespace

void write_evaluation(const std::filesystem::path& path, const std::string& title, const std::vector<EvaluationGroup>& groups) {
  const Change change = [&](h5::File& file) {
    for (const EvaluationGroup& group : groups) write_group(file, group);
  };
  if (std::filesystem::exists(path)) return edit_file(path, change);
  create_file(path, [&](h5::File& file) {
    file.attribute("/", "Conventions", convention);
    file.attribute("/", "title", title);
    change(file);
  });
}

Json to_json(const EvaluationGroup& group) {
  Json json = {{"metric", group.name}, {"long_name", group.long_name}};
  for (const auto& [name, text] : group.texts) json[name] = name == "measure_key" ? Json::parse(text) : Json(text);
  json["values"] = Json::array();
  for (const SummaryValue& v : group.values)
    json["values"].push_back({{"name", v.name}, {"value", v.value}, {"unit", v.units}, {"long_name", v.long_name}});
  for (const EvaluationArray& array : group.arrays) {
    const EvaluationAxis* axis = coordinate_of(group, array);
    if (!axis) continue;
    json["rows"][axis->name] = {{"unit", "1"}, {"long_name", axis->long_name}, {"values", axis->values}};
    json["rows"][array.column.name] = {{"unit", array.column.units}, {"long_name", array.column.long_name}, {"values", array.values}};
  }
  return json;
}

}  // namespace elbo::log
