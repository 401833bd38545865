// elbo data list | info NAME|FILE | fetch NAME [--from FOLDER]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/data_info.hpp"
#include "cli/output.hpp"
#include "data/dataset.hpp"
#include "data/files/fetch.hpp"
#include "data/files/locate.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace {

constexpr const char* data_help =
    "elbo data list                       the data sets that are described, and whether they are there\n"
    "elbo data info NAME                  what one holds, where it comes from, how to get it\n"
    "elbo data info FILE [--format FORMAT] [--select PART] [--labels PART] [--layout LAYOUT] [--missing-values A,B]\n"
    "                                     what is inside a file or folder of your own, and which likelihoods fit\n"
    "elbo data info FILE ... --experiment > my.toml\n"
    "                                     an experiment file for a table or images, which runs as it stands\n"
    "elbo data fetch NAME [--from FOLDER] downloads it, or takes it from a folder, and checks it\n";

std::string state_of(const data::Description& d) {
  if (d.format == "generated") return "made by the program";
  return data::present(d) ? "present" : "missing";
}

int list_sets() {
  print("{:<18} {:<20} {}\n", "name", "state", "title");
  for (const data::Description& d : data::descriptions()) print("{:<18} {:<20} {}\n", d.name, state_of(d), d.title);
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
  print("{}: {}\n", d.name, d.title.empty() ? "no title" : d.title);
  print_field("state", state_of(d));
  print_field("shape", to_string(d.shape));
  print_field("support", d.levels > 0 ? fmt::format("{} levels", d.levels) : std::string(to_string(d.support)));
  print_field("splits", fmt::format("train {}, test {}", d.train, d.test));
  for (const auto& [name, said] : {std::pair("source", d.source), {"licence", d.licence}, {"citation", d.citation}})
    if (!said.empty()) print_field(name, said);
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
    print("{}\n", fault.what());
    return false;
  }
}

int fetch(const std::string& name, const std::string& from) {
  const data::Description d = data::description_of(config_of(name));
  if (from.empty() && d.format != "generated" && there_and_whole(d)) {
    print("{} is there and whole; nothing to fetch\n", name);
    return 0;
  }
  if (from.empty()) data::fetch(d);
  else data::fetch_from(d, from);
  print("{} is in {}\n", name, (data_folder() / name).string());
  return 0;
}

/// A name is that of a description, unless it can only be a path.
bool is_path(const std::string& word) {
  return word.find_first_of("/.") != std::string::npos || std::filesystem::exists(word);
}

int data(const Arguments& arguments) {
  const Arguments& a = arguments;
  if (std::any_of(a.begin(), a.end(), [](const std::string& word) { return word == "--help" || word == "-h"; }))
    return print("{}", data_help), 0;
  if (a.size() == 1 && a[0] == "list") return list_sets();
  if (a.size() >= 2 && a[0] == "info" && (a.size() > 2 || is_path(a[1]))) return file_info(a);
  if (a.size() == 2 && a[0] == "info") return info(a[1]);
  if (a.size() == 2 && a[0] == "fetch") return fetch(a[1], "");
  if (a.size() == 4 && a[0] == "fetch" && a[2] == "--from") return fetch(a[1], a[3]);
  throw UserError(
      fmt::format("elbo data: found '{}'; expected: elbo data list, elbo data info NAME, {}, or elbo data fetch NAME "
                  "[--from FOLDER]",
                  join(a, " "), file_info_usage));
}

}  // namespace

std::vector<Verb> verbs_of_data() {
  return {
      {"data", "list | info NAME|FILE | fetch", "the data sets there are, and how to get them", data, 180},
  };
}

}  // namespace elbo::host::cli
