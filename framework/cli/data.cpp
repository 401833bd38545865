// elbo data list | info NAME|FILE | fetch NAME [--from FOLDER]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include <elbo/error.hpp>

#include "base/memory.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "data/dataset.hpp"
#include "data/fetch.hpp"
#include "data/locate.hpp"
#include "formats/format.hpp"
#include "observation/data_summary.hpp"
#include "plan/questions.hpp"

namespace elbo::cli {
namespace {

/// A line of `elbo data info`.
void print_field(const std::string& name, const std::string& value) { fmt::print("  {:<12} {}\n", name, value); }

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

/// elbo data info FILE: what is inside a file or folder of one's own, and which likelihoods fit it. The config has the path
/// and whatever of format, select and labels was given.
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

constexpr const char* data_usage =
    "expected: elbo data list, elbo data info NAME, elbo data info FILE [--format FORMAT] [--select PART] [--labels "
    "PART], "
    "or elbo data fetch NAME [--from FOLDER]";

constexpr const char* data_help =
    "elbo data list                       the data sets that are described, and whether they are there\n"
    "elbo data info NAME                  what one holds, where it comes from, how to get it\n"
    "elbo data info FILE [--format FORMAT] [--select PART] [--labels PART]\n"
    "                                     what is inside a file or folder of your own, and which likelihoods fit\n"
    "elbo data fetch NAME [--from FOLDER] downloads it, or takes it from a folder, and checks it\n";

std::string state_of(const data::Description& d) {
  if (d.format == "generated") return "made by the program";
  return data::present(d) ? "present" : "missing";
}

int list_sets() {
  fmt::print("{:<18} {:<20} {}\n", "name", "state", "title");
  for (const data::Description& d : data::descriptions())
    fmt::print("{:<18} {:<20} {}\n", d.name, state_of(d), d.title);
  return 0;
}

void print_files(const data::Description& d) {
  for (const data::Description::File& file : d.files) {
    const auto path = data::located(d, file);
    print_field(file.role,
                path ? path->string() + file.dataset : file.name + " is missing from " + join(d.folders, " and "));
    if (!file.md5.empty()) print_field("", "md5 " + file.md5 + " (decoded)");
  }
  for (const auto& [name, value] : d.generator_settings) print_field(name, to_string(Value(value)));
}

std::string evidence_in_words(const std::vector<double>& exact) {
  double sum = 0, squares = 0;
  for (const double value : exact) sum += value, squares += value * value;
  const auto n = static_cast<double>(exact.size());
  const double mean = sum / n, variance = std::max(0.0, squares / n - mean * mean);
  return fmt::format("{:.3f} +- {:.3f} nats (exact, mean over the test data)", mean, std::sqrt(variance / n));
}

void print_values(const data::Description& d, const data::Dataset& dataset) {
  std::visit(
      [&](const auto& values) {
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        const auto fraction = [&](auto value) {
          const auto count = static_cast<double>(std::count(values.begin(), values.end(), value));
          return count / static_cast<double>(values.size());
        };
        using T = typename std::decay_t<decltype(values)>::value_type;
        print_field("values", fmt::format("{} to {}", *low, *high));
        print_field("exact 0", fmt::format("{:.4f} of the training values", fraction(T{0})));
        const int64_t top = d.support == Support::binary ? 1 : d.levels - 1;
        if (top > 0)
          print_field(fmt::format("exact {}", top),
                      fmt::format("{:.4f} of the training values", fraction(static_cast<T>(top))));
      },
      dataset.train.x.values);
  print_field("labels", dataset.train.labels.empty() ? "none" : "yes");
  if (!dataset.test.exact_log_px.empty()) print_field("log p(x)", evidence_in_words(dataset.test.exact_log_px));
}

DataConfig config_of(const std::string& name) {
  DataConfig config;
  config.name = name;
  return config;
}

int info(const std::string& name) {
  const data::Description d = data::description_of(config_of(name));
  fmt::print("{}: {}\n", d.name, d.title);
  print_field("state", state_of(d));
  print_field("shape", to_string(d.shape));
  print_field("support", d.levels > 0 ? fmt::format("{} levels", d.levels) : std::string(to_string(d.support)));
  print_field("splits", fmt::format("train {}, test {}", d.train, d.test));
  print_field("source", d.source);
  print_field("licence", d.licence);
  print_field("citation", d.citation);
  print_field("description", d.file.string());
  print_field("format", d.format + (d.generator.empty() ? "" : ": " + d.generator));
  print_files(d);
  if (data::present(d)) print_values(d, data::load(d, config_of(name)));
  else print_field("to get it", d.how_to_get);
  return 0;
}

// A damaged copy is told of and fetched again.
bool there_and_whole(const data::Description& d) {
  if (!data::present(d)) return false;
  try {
    data::load(d, config_of(d.name));
    return true;
  } catch (const UserError& fault) {
    fmt::print("{}\n", fault.what());
    return false;
  }
}

int fetch(const std::string& name, const std::string& from) {
  const data::Description d = data::description_of(config_of(name));
  if (from.empty() && d.format != "generated" && there_and_whole(d)) {
    fmt::print("{} is there and whole; nothing to fetch\n", name);
    return 0;
  }
  if (from.empty()) data::fetch(d);
  else data::fetch_from(d, from);
  fmt::print("{} is in {}\n", name, (data_folder() / name).string());
  return 0;
}

/// A name is that of a description, unless it can only be a path.
bool is_path(const std::string& word) {
  return word.find_first_of("/.") != std::string::npos || std::filesystem::exists(word);
}

int file_info(const Arguments& words) {
  DataConfig config;
  config.path = words[1];
  for (size_t i = 2; i < words.size(); i += 2) {
    std::string* key = words[i] == "--format"   ? &config.format
                       : words[i] == "--select" ? &config.select
                       : words[i] == "--labels" ? &config.labels
                                                : nullptr;
    if (!key || i + 1 == words.size()) throw UserError("elbo data info: found '" + words[i] + "'; " + data_usage);
    *key = words[i + 1];
  }
  return own_file_info(config);
}

}  // namespace

int data(const Arguments& arguments) {
  const Arguments& a = arguments;
  if (std::any_of(a.begin(), a.end(), [](const std::string& word) { return word == "--help" || word == "-h"; }))
    return fmt::print("{}", data_help), 0;
  if (a.size() == 1 && a[0] == "list") return list_sets();
  if (a.size() >= 2 && a[0] == "info" && (a.size() > 2 || is_path(a[1]))) return file_info(a);
  if (a.size() == 2 && a[0] == "info") return info(a[1]);
  if (a.size() == 2 && a[0] == "fetch") return fetch(a[1], "");
  if (a.size() == 4 && a[0] == "fetch" && a[2] == "--from") return fetch(a[1], a[3]);
  throw UserError("elbo data: found '" + join(a, " ") + "'; " + data_usage);
}

}  // namespace elbo::cli
