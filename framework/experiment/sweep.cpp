#include "experiment/sweep.hpp"

#include <sstream>

#include "base/text.hpp"

namespace elbo::host::experiment {
namespace {

std::vector<std::string> split(const std::string& dotted) {
  std::vector<std::string> parts;
  std::istringstream stream(dotted);
  for (std::string part; std::getline(stream, part, '.');) parts.push_back(part);
  return parts;
}

void collect(const Table& table, const std::vector<std::string>& above, std::vector<Axis>& axes, Faults& faults) {
  for (const Entry& entry : table.entries()) {
    auto path = above;
    for (std::string& part : split(entry.key)) path.push_back(std::move(part));
    const std::string name = join(path, ".");
    if (const auto* nested = std::get_if<Table>(&entry.node.value)) {
      collect(*nested, path, axes, faults);
    } else if (const auto* values = std::get_if<List>(&entry.node.value); !values || values->empty()) {
      faults.add(entry.node.where, "sweep." + name + " is " + to_string(entry.node) +
                                       "; expected a list of values to try, as in [2, 5, 10]");
    } else {
      axes.push_back({name, path, entry.where, *values});
    }
  }
}

/// Strings without their quotes: this is a name.
std::string label(const Node& node) {
  const auto* text = std::get_if<std::string>(&node.value);
  return text ? *text : to_string(node);
}

Variant with(const Variant& variant, const Axis& axis, const Node& value) {
  Variant changed = variant;
  if (variant.swept_keys.empty()) changed.swept_from = variant.name;
  changed.swept_keys.push_back(axis.name);
  changed.name += (variant.name.empty() ? "" : " ") + axis.name + "=" + label(value);
  changed.where = axis.where;
  set_at(changed.settings, axis.path, axis.where, value, in_sweep);
  return changed;
}

}  // namespace

std::vector<Axis> axes_of(const Table& sweep, Faults& faults) {
  std::vector<Axis> axes;
  collect(sweep, {}, axes, faults);
  return axes;
}

std::vector<Variant> swept(const std::vector<Variant>& variants, const std::vector<Axis>& axes) {
  std::vector<Variant> all = variants;
  for (const Axis& axis : axes) {
    std::vector<Variant> next;
    for (const Variant& variant : all)
      for (const Node& value : axis.values) next.push_back(with(variant, axis, value));
    all = std::move(next);
  }
  return all;
}

}  // namespace elbo::host::experiment
