#include "cli/data_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <elbo/error.hpp>

#include "base/memory.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "data/dataset.hpp"
#include "formats/format.hpp"
#include "observation/data_summary.hpp"
#include "plan/fitting.hpp"

namespace elbo::cli {

void print_field(const std::string& name, const std::string& value) { fmt::print("  {:<12} {}\n", name, value); }

namespace {

/// Prints what is inside a container. False when the user has to choose first.
bool print_parts(DataConfig& config) {
  const formats::Format& format = *formats::find_format(config.format);
  const auto advise = [&](const formats::Part& part) {
    if (const std::string advice = format.advice ? format.advice(part) : ""; !advice.empty()) print_field("", advice);
  };
  std::vector<formats::Part> parts;
  if (format.parts) parts = format.parts(config.path);
  else advise({});
  std::vector<std::string> arrays;
  for (const formats::Part& part : parts) {
    print_field("inside", fmt::format("{:<24} {} {}", part.name, part.type.empty() ? "no numbers" : part.type,
                                      part.shape.empty() ? "" : to_string(part.shape)));
    if (!part.type.empty() && !part.shape.empty()) arrays.push_back(part.name);
    advise(part);
  }
  if (format.has_main_array) return true;
  const auto has = [&](const char* name) { return std::find(arrays.begin(), arrays.end(), name) != arrays.end(); };
  if (parts.empty() || !config.select.empty() || has("/train/x") || has("train_x")) return true;
  if (arrays.empty())
    for (const formats::Part& part : parts)
      if (!part.fault.empty()) throw UserError(part.fault);
  if (arrays.size() == 1) config.select = arrays[0];
  else
    fmt::print("\nsay which array is the data: elbo data info {} --select {}\n", config.path,
               arrays.empty() ? "NAME" : arrays[0]);
  return arrays.size() == 1;
}

/// A look needs no more than a quarter of the machine's memory.
void stay_within_memory(DataConfig& config) { config.memory_gb = machine_memory() / 4e9; }

/// The data as they are under one `observe`, or nothing where their values do not allow it.
struct Look {
  data::Description description;
  data::Dataset dataset;
};

std::optional<Look> look(const DataConfig& config, std::string& fault) {
  try {
    const data::Description description = data::description_of(config);
    DataConfig some = config;
    const double held_out = static_cast<double>(description.test * numel(description.shape)) * sizeof(float);
    if (held_out > machine_memory() / 8) some.test = 1;  // then copies across the split are not looked for
    return Look{description, data::load(description, some)};
  } catch (const UserError& e) {
    if (fault.empty()) fault = e.what();
    return {};
  }
}

void print_look(const Look& seen) {
  const data::Description& d = seen.description;
  print_field("shape", to_string(d.shape));
  print_field("rows", fmt::format("{}{}: train {}, test {}", d.train + d.test,
                                  d.shuffle ? ", split at random" : ", split in the file", d.train, d.test));
  const observation::DataSummary summary = observation::summary_of(seen.dataset);
  print_field("values", in_words(summary));
  for (const std::string& finding : summary.findings) print_field("found", finding);
  print_field("labels", seen.dataset.train.labels.empty() ? "none" : "yes");
}

void print_section(const DataConfig& config, const std::string& observe, bool in_blocks) {
  fmt::print("\n[dataset]\npath = \"{}\"\nformat = \"{}\"\n", config.path, config.format);
  if (!config.select.empty()) fmt::print("select = \"{}\"\n", config.select);
  if (!config.labels.empty()) fmt::print("labels = \"{}\"\n", config.labels);
  fmt::print("observe = \"{}\"\n", observe);
  if (in_blocks) fmt::print("memory_gb = {:.3g}\n", config.memory_gb);
}

/// What may be made of the values.
std::vector<std::string> observations(const std::string& format) {
  if (formats::find_format(format)->holds_counts) return {"counts", "real"};
  return {"binary", "levels", "unit_interval", "counts", "real"};
}

/// Of a table with named columns: each may have a likelihood of its own.
void print_columns(DataConfig config, const std::vector<plugins::Description>& all) {
  config.observe = "columns";
  std::string fault;
  const auto seen = look(config, fault);
  if (!seen || seen->description.columns.empty()) return;
  for (const plugins::Description& plugin : all)
    if (plugin.contains_likelihoods)
      print_field("fit", fmt::format("observe = {:<16} {} of {}", "\"columns\":", plugin.found.name,
                                     join(seen->description.columns)));
}

}  // namespace

int own_file_info(DataConfig config) {
  if (config.format.empty()) config.format = formats::format_of_file(config.path).name;
  fmt::print("{}: {}\n", config.path, config.format);
  if (!print_parts(config)) return 0;
  if (formats::has_rows(config.format)) stay_within_memory(config);
  const plugins::Registry registry(plugin_folders());
  const auto plugins = likelihoods_of(registry)();
  std::string fault, first_observe;
  bool in_blocks = false;
  for (const std::string& observe : observations(config.format)) {
    config.observe = observe;
    const auto seen = look(config, fault);
    if (!seen) continue;
    const auto names = fitting(plugins, {seen->dataset.shape, seen->dataset.support, seen->dataset.levels}, config);
    if (names.empty()) continue;
    in_blocks = in_blocks || seen->dataset.train.blocks;
    if (first_observe.empty()) print_look(*seen);
    if (first_observe.empty() || observe == "levels") first_observe = observe;
    print_field("fit", fmt::format("observe = {:<16} {}", fmt::format("\"{}\":", observe), join(names)));
  }
  print_columns(config, plugins);
  if (first_observe.empty())
    throw UserError(fault.empty() ? config.path + ": no likelihood fits these data; expected one" : fault);
  print_section(config, first_observe, in_blocks);
  return 0;
}

}  // namespace elbo::cli
