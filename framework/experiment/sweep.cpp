#include "experiment/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/text.hpp"

namespace elbo::host::experiment {
namespace {

void collect(const Table& table, const std::vector<std::string>& above, Axes& axes, Faults& faults) {
  for (const Entry& entry : table.entries()) {
    auto path = above;
    if (path.empty() && entry.key == zip_key) continue;
    for (std::string& part : parts_of(entry.key)) path.push_back(std::move(part));
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

/// A table of lists that are gone through together.
void add_zip(const Node& node, std::vector<Axes>& all, Faults& faults) {
  const auto* table = std::get_if<Table>(&node.value);
  if (!table) {
    faults.add(node.where, "sweep.zip is " + type_name(node) +
                               "; expected a section [sweep.zip] with lists of values that are taken in pairs");
    return;
  }
  Axes zipped;
  collect(*table, {}, zipped, faults);
  if (zipped.size() < 2) {
    faults.add(node.where, fmt::format("sweep.zip has {}; expected two or more with lists of one length, which are "
                                       "gone through together; a key by itself stands in [sweep]",
                                       counted(zipped.size(), "key")));
    return;
  }
  for (const Axis& axis : zipped)
    if (axis.values.size() != zipped.front().values.size())
      faults.add(axis.where,
                 fmt::format("sweep.zip.{} has {} and sweep.zip.{} has {}; expected equally many, since they are taken "
                             "in pairs",
                             axis.name, counted(axis.values.size(), "value"), zipped.front().name,
                             zipped.front().values.size()));
  all.push_back(std::move(zipped));
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

size_t values_of(const Axes& axes) {
  size_t fewest = axes.front().values.size();
  for (const Axis& axis : axes) fewest = std::min(fewest, axis.values.size());
  return fewest;
}

}  // namespace

std::vector<std::string> parts_of(const std::string& dotted) {
  std::vector<std::string> parts;
  std::istringstream stream(dotted);
  for (std::string part; std::getline(stream, part, '.');) parts.push_back(part);
  return parts;
}

std::vector<Axes> axes_of(const Table& sweep, Faults& faults) {
  Axes single;
  collect(sweep, {}, single, faults);
  std::vector<Axes> all;
  for (Axis& axis : single) all.push_back({std::move(axis)});
  const Node* zip = sweep.find(zip_key);
  const List* several = zip ? std::get_if<List>(&zip->value) : nullptr;
  if (several)
    for (const Node& one : *several) add_zip(one, all, faults);
  else if (zip) add_zip(*zip, all, faults);
  return all;
}

std::vector<Variant> swept(const std::vector<Variant>& variants, const std::vector<Axes>& sweep) {
  std::vector<Variant> all = variants;
  for (const Axes& axes : sweep) {
    std::vector<Variant> next;
    for (const Variant& variant : all)
      for (size_t i = 0; i < values_of(axes); ++i) {
        next.push_back(variant);
        for (const Axis& axis : axes) next.back() = with(next.back(), axis, axis.values[i]);
      }
    all = std::move(next);
  }
  return all;
}

}  // namespace elbo::host::experiment
