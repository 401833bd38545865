#include "cli/data_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <elbo/error.hpp>

#include "base/memory.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/image_info.hpp"
#include "cli/output.hpp"
#include "data/dataset.hpp"
#include "data/own_files.hpp"
#include "data/splits/split_parts.hpp"
#include "formats/format.hpp"
#include "formats/text/text_fields.hpp"
#include "observation/data_summary.hpp"
#include "observation/starting_experiment.hpp"
#include "plan/questions.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::cli {

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
  if (parts.empty() || !config.select.empty() || data::has_parts(format, config.path)) return true;
  if (arrays.empty())
    for (const formats::Part& part : parts)
      if (!part.fault.empty()) throw UserError(part.fault);
  if (arrays.size() == 1) config.select = arrays[0];
  else
    print("\nsay which array is the data: elbo data info {} --select {}\n", config.path,
          arrays.empty() ? "NAME" : arrays[0]);
  return arrays.size() == 1;
}

/// A look at a large file needs no more than a quarter of the machine's memory; packed files are larger inside.
void stay_within_memory(DataConfig& config) {
  constexpr double most_packed = 8;
  const auto size = static_cast<double>(std::filesystem::file_size(config.path));
  if (most_packed * size > machine_memory() / 4) config.memory_gb = machine_memory() / 4e9;
}

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

/// The columns that would not be scored by a density.
std::vector<int64_t> counted_columns(const data::Description& d) {
  std::vector<int64_t> counted;
  int64_t place = 0;
  for (const formats::TableColumn& column : d.table) {
    if (!column.left_out.empty()) continue;
    if (observation::use_of(column).use != "measurement") counted.push_back(place);
    ++place;
  }
  return counted;
}

void print_look(const Look& seen, const std::vector<int64_t>& counted = {}) {
  const data::Description& d = seen.description;
  print_field("shape", to_string(d.shape));
  const char* how = !d.shuffle ? ", split in the file" : d.division ? ", split" : ", split at random";
  print_field("rows", fmt::format("{}{}: train {}{}, test {}", d.train + d.valid + d.test, how, d.train,
                                  d.valid > 0 ? fmt::format(", valid {}", d.valid) : "", d.test));
  const observation::DataSummary summary = observation::summary_of(seen.dataset, counted);
  print_field("values", in_words(summary));
  for (const std::string& finding : summary.findings) print_field("found", finding);
  print_field("labels", seen.dataset.train.labels.empty() ? "none" : "yes");
}

void print_section(const DataConfig& config, const std::string& observe, bool in_blocks) {
  print("\n[dataset]\npath = \"{}\"\n", config.path);
  for (const auto& [key, path] : {std::pair("test_path", config.test_path), {"valid_path", config.valid_path}})
    if (!path.empty()) print("{} = \"{}\"\n", key, path);
  print("format = \"{}\"\n{}", config.format, observation::split_settings(config));
  if (!config.select.empty()) print("select = \"{}\"\n", config.select);
  if (!config.labels.empty()) print("labels = \"{}\"\n", config.labels);
  if (!config.layout.empty()) print("layout = \"{}\"\n", config.layout);
  if (!config.resize.empty())
    print("resize = {}\nresize_aspect = \"{}\"\n", to_string(Value(config.resize)), config.resize_aspect);
  if (!config.background.empty()) print("background = \"{}\"\n", config.background);
  if (!config.missing_values.empty()) print("missing_values = {}\n", to_string(Value(config.missing_values)));
  print("observe = \"{}\"\n", observe);
  if (in_blocks) print("memory_gb = {:.3g}\n", config.memory_gb);
}

/// What may be made of the values.
std::vector<std::string> observations(const std::string& format) {
  if (formats::find_format(format)->holds_counts) return {"counts", "real"};
  return {"binary", "levels", "unit_interval", "counts", "real"};
}

/// Of a table with named columns: each may have a likelihood of its own. False where it is none; `is_first`: nothing has been said about it yet.
bool print_columns(DataConfig config, const std::vector<plugins::PluginDescription>& all, bool is_first,
                   std::string& fault) {
  config.observe = "columns";
  std::string own_fault;
  const auto seen = look(config, own_fault);
  if (!seen && formats::find_format(config.format)->part_key == "columns") fault = own_fault;
  if (!seen || (seen->description.columns.empty() && seen->description.table.empty())) return false;
  if (is_first) print_look(*seen, counted_columns(seen->description));
  for (const plugins::PluginDescription& plugin : all)
    if (plugin.contains_likelihoods)
      print_field("fit", fmt::format("observe = {:<16} {} of {}", "\"columns\":", plugin.found.name,
                                     join(data::column_names(seen->description))));
  return true;
}

/// "female, male" of a category; "0 to 512, 248 different" of numbers.
std::string values_in_words(const formats::TableColumn& column) {
  constexpr size_t shown = 5;
  if (!column.levels.empty()) {
    const std::vector<std::string> first(
        column.levels.begin(),
        column.levels.begin() + static_cast<std::ptrdiff_t>(std::min(shown, column.levels.size())));
    return join(first) +
           (column.levels.size() > shown ? fmt::format(" and {} more", column.levels.size() - shown) : "");
  }
  return fmt::format("{:.6g} to {:.6g}{}", column.low, column.high, column.unit.empty() ? "" : " " + column.unit);
}

/// A line for each column of a text table, also of those that are left out.
void print_table(const std::vector<formats::TableColumn>& columns) {
  constexpr double worth_saying = 0.05;
  size_t width = 4;
  for (const auto& column : columns) width = std::max(width, std::min<size_t>(column.name.size(), 24));
  print("\n  {:>4}  {:<{}}  {:<9} {:>8} {:>10}  {}\n", "", "name", width, "kind", "missing", "different", "values");
  for (size_t i = 0; i < columns.size(); ++i) {
    const formats::TableColumn& column = columns[i];
    std::string values = column.left_out.empty() ? values_in_words(column) : "left out: " + column.left_out;
    if (column.left_out.empty() && column.commonest_share > worth_saying)
      values += fmt::format("; {:.0f} % are {}", 100 * column.commonest_share, column.commonest);
    print("  {:>4}  {:<{}}  {:<9} {:>8} {:>10}  {}\n", i + 1, plugins::one_line(column.name), width, column.kind,
          column.missing > 0 ? std::to_string(column.missing) : "", column.distinct, plugins::one_line(values));
  }
  print("\n");
  const auto missing = std::count_if(columns.begin(), columns.end(),
                                     [](const auto& column) { return column.left_out.empty() && column.missing > 0; });
  if (missing > 0)
    print_field("missing",
                fmt::format("in {} of {} columns; observe = \"columns\" does not score missing values, every "
                            "other leaves out the rows that have some",
                            missing, columns.size()));
}

/// The columns as they are in the file, whatever can be made of them. Nothing where it is no text table.
std::optional<formats::Array> read_table(const DataConfig& config) {
  const formats::Format& format = *formats::find_format(config.format);
  if (format.part_key != "columns") return {};
  return formats::read_with(
      format, {.path = config.path, .part = data::selection_of(config), .missing_values = config.missing_values});
}

/// elbo data info FILE: what is inside a file or folder of one's own, and which likelihoods fit it. The config has the path
/// and whatever of format, select and labels was given.
int own_file_info(DataConfig config) {
  if (config.format.empty()) config.format = formats::format_of_file(config.path).name;
  print("{}: {}\n", config.path, config.format);
  const bool of_images = formats::find_format(config.format)->is_image_folder;
  if (!print_parts(config)) return 0;
  if (of_images) config = print_images(config);
  if (const auto table = read_table(config)) print_table(table->table);
  if (formats::has_rows(config.format)) stay_within_memory(config);
  const plugins::Registry registry(plugin_folders());
  const auto plugins = likelihoods_of(registry)();
  std::string fault, first_observe;
  bool in_blocks = false;
  std::optional<Look> seen;
  for (const std::string& observe : observations(config.format)) {
    config.observe = observe;
    if (!seen || !of_images) seen = look(config, fault);  // decoding images takes long, and they hold the same levels
    if (!seen && of_images) break;
    if (!seen) continue;
    const Support support = of_images && observe == "counts" ? Support::counts : seen->dataset.support;
    const auto names = fitting(plugins, {seen->dataset.shape, support, seen->dataset.levels}, config);
    if (names.empty()) continue;
    in_blocks = in_blocks || seen->dataset.train.blocks;
    if (first_observe.empty()) print_look(*seen);
    if (first_observe.empty() || observe == "levels") first_observe = observe;
    print_field("fit", fmt::format("observe = {:<16} {}", fmt::format("\"{}\":", observe), join(names)));
  }
  const bool is_table = print_columns(config, plugins, first_observe.empty(), fault);
  if (first_observe.empty() && is_table) first_observe = "columns";
  if (first_observe.empty())
    throw UserError(fault.empty() ? config.path + ": no likelihood fits these data; expected one" : fault);
  print_section(config, first_observe, in_blocks);
  return 0;
}

int print_experiment(DataConfig config) {
  if (config.format.empty()) config.format = formats::format_of_file(config.path).name;
  if (formats::find_format(config.format)->is_image_folder) {
    const auto choice = look_at_images(config);
    return print("{}", observation::starting_image_experiment(choice, data::description_of(choice.config))), 0;
  }
  const auto table = read_table(config);
  if (!table)
    throw UserError(
        fmt::format("{}: is no table in text and no folder of images; expected one of them for --experiment; elbo data "
                    "info {} prints a [dataset] "
                    "section for other data",
                    config.path, config.path));
  print("{}", observation::starting_experiment(config, *table));
  return 0;
}

}  // namespace

int file_info(const Arguments& words) {
  DataConfig config;
  config.path = words[1];
  bool wants_experiment = false;
  std::string missing_values;
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "--experiment") {
      wants_experiment = true;
      continue;
    }
    std::string* key = words[i] == "--format"           ? &config.format
                       : words[i] == "--select"         ? &config.select
                       : words[i] == "--labels"         ? &config.labels
                       : words[i] == "--layout"         ? &config.layout
                       : words[i] == "--test"           ? &config.test_path
                       : words[i] == "--valid"          ? &config.valid_path
                       : words[i] == "--groups"         ? &config.groups
                       : words[i] == "--stratify"       ? &config.stratify
                       : words[i] == "--time"           ? &config.time
                       : words[i] == "--duplicates"     ? &config.duplicates
                       : words[i] == "--missing-values" ? &missing_values
                                                        : nullptr;
    if (!key || i + 1 == words.size())
      throw UserError("elbo data info: found '" + words[i] + "'; expected: " + std::string(file_info_usage));
    *key = words[++i];
  }
  if (config.duplicates != "keep" && config.duplicates != "drop")
    throw UserError("elbo data info: --duplicates is '" + config.duplicates + "'; expected keep or drop");
  if (!missing_values.empty()) config.missing_values = formats::fields_of(missing_values, ',');
  return wants_experiment ? print_experiment(config) : own_file_info(config);
}

}  // namespace elbo::host::cli
