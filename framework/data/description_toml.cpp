// datasets/<name>.toml.
#include <algorithm>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "data/description.hpp"
#include "data/generators/generate.hpp"
#include "experiment/applicability.hpp"
#include "experiment/parse.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {
namespace {

using experiment::Faults;

const std::vector<std::string> split_roles = {"train_x",      "train_labels", "valid_x",
                                              "valid_labels", "test_x",       "test_labels"};
const std::vector<std::string> whole_roles = {"x", "labels"};

std::vector<std::string> formats_of_descriptions() {
  std::vector<std::string> names = formats::format_names();
  names.emplace_back("generated");
  return names;
}

struct DescriptionKeys {
  std::string title{}, source{}, licence{}, citation{}, format{}, support{};
  std::vector<int64_t> shape{};
  int64_t levels = 256;
  std::vector<std::string> columns{}, folders{};

  static void describe(Options<DescriptionKeys>& o) {
    using K = DescriptionKeys;
    o.add("title", &K::title, "what the data are");
    o.add("source", &K::source, "where they come from");
    o.add("licence", &K::licence, "under which they may be used");
    o.add("citation", &K::citation, "whom to cite");
    o.add("format", &K::format, "of the files").one_of(formats_of_descriptions());
    o.add("support", &K::support, "of the values")
        .one_of({support_names.begin(), support_names.end() - 1});  // not mixed
    o.add("shape", &K::shape, "of one data point, as [1, 28, 28]").range(1, 1e6);
    o.add("levels", &K::levels, "how many levels the values have").range(1, 65536).only_with("support", {"levels"});
    o.add("columns", &K::columns, "the columns' names, one a value");
    o.add("folders", &K::folders, "where the files may lie").not_with("format", {"generated"});
  }
};

struct SplitKeys {
  int64_t train = 1, valid = 1, test = 1, shuffle = 1;

  static void describe(Options<SplitKeys>& o) {
    o.add("train", &SplitKeys::train, "training data").range(1, 1e12);
    o.add("valid", &SplitKeys::valid, "data of the validation files").range(1, 1e12);
    o.add("test", &SplitKeys::test, "test data").range(1, 1e12);
    o.add("shuffle", &SplitKeys::shuffle, "the seed of the order in which files without a split are cut")
        .range(1, 1e15);
  }
};

struct FileKeys {
  std::string name{}, dataset{}, columns{}, md5{};

  static void describe(Options<FileKeys>& o) {
    o.add("name", &FileKeys::name, "of the file or folder");
    o.add("dataset", &FileKeys::dataset, "which array of the file");
    o.add("columns", &FileKeys::columns, "which columns of the file");
    o.add("md5", &FileKeys::md5, "the checksum of its content");
  }
};

struct GetKeys {
  std::string debian{}, npm{}, npm_folder{}, how{};

  static void describe(Options<GetKeys>& o) {
    o.add("debian", &GetKeys::debian, "a package of Debian that has the files");
    o.add("npm", &GetKeys::npm, "a package of npm that has them");
    o.add("npm_folder", &GetKeys::npm_folder, "where they lie in it").only_with("npm");
    o.add("how", &GetKeys::how, "another way, as the end of a sentence");
  }
};

struct GeneratorKeys {
  std::string name{};
  static void describe(Options<GeneratorKeys>& o) { o.add("name", &GeneratorKeys::name, "of the generator"); }
};

/// A table of the description, with its name in messages; "" for the whole file.
struct Section {
  const experiment::Table& table;
  std::string name;
  Faults& faults;

  bool has(const std::string& key) const { return table.find(key); }
  void refuse(const std::string& key, const std::string& sentence) const {
    faults.add(has(key) ? table.find(key)->where : table.where, sentence);
  }
  std::string full(const std::string& key) const { return name.empty() ? key : name + "." + key; }
  void require(const std::string& key, const std::string& expected) const {
    if (!has(key)) refuse(key, full(key) + " is missing; expected " + expected);
  }

  /// Its values, checked against their declarations; those of `required` must be there. `beside`: keys that are tables.
  template <class Keys>
  Keys read(const std::vector<std::string>& required, const std::vector<std::string>& beside = {}) const {
    const auto options = options_of<Keys>();
    for (const Option& option : options.list())
      if (std::find(required.begin(), required.end(), option.name) != required.end())
        require(option.name, elbo::host::type_name(option.fallback) + " (" + option.doc + ")");
    return options.config(experiment::read_effective_options(table, name, options.list(), beside, faults));
  }
};

/// f of the table at this key, which must be there.
template <class F>
void in_section(const Section& around, const std::string& key, F&& f) {
  around.require(key, "a table");
  if (!around.has(key)) return;
  if (const experiment::Table* table = std::get_if<experiment::Table>(&around.table.find(key)->value))
    f(Section{*table, around.full(key), around.faults});
  else around.refuse(key, around.full(key) + " is no table; expected [" + around.full(key) + "]");
}

void read_values(const Section& top, const DescriptionKeys& keys, Description& d) {
  d.shape = keys.shape;
  if (const auto* node = top.table.find("shape"))
    if (const auto* list = std::get_if<experiment::List>(&node->value); list && list->empty())
      top.refuse("shape", "shape is []; expected a size above 0 a dimension");
  if (const auto support = support_named(keys.support)) d.support = *support;
  if (d.support == Support::levels && !keys.support.empty()) top.require("levels", "an integer from 1 to 65536");
  d.levels = d.support == Support::levels ? keys.levels : 0;
  d.columns = keys.columns;
  if (!d.columns.empty() && Shape{static_cast<int64_t>(d.columns.size())} != d.shape)
    top.refuse("columns", "columns has " + std::to_string(d.columns.size()) + " names and shape is " +
                              to_string(d.shape) + "; expected one name a value");
}

void read_splits(const Section& splits, Description& d) {
  const auto keys = splits.read<SplitKeys>({"train", "test"});
  d.train = keys.train;
  d.test = keys.test;
  if (splits.has("valid")) d.valid = keys.valid;
  if (splits.has("shuffle")) d.shuffle = keys.shuffle;
  if (d.shuffle && d.valid > 0)
    splits.refuse("valid",
                  "splits.valid is the size of validation files; leave it out, or leave out splits.shuffle, "
                  "which cuts one file");
  for (const char* key : {"valid", "shuffle"})
    if (splits.has(key) && d.format == "generated")
      splits.refuse(key, "splits." + std::string(key) + " goes with files, and these data are generated; leave it out");
}

Description::File file_in(const Section& section, const std::string& role, const Description& d) {
  const auto keys = section.read<FileKeys>({"name"});
  const std::string part_key(formats::find_format(d.format)->part_key);
  for (const char* key : {"dataset", "columns"})
    if (section.has(key) && key != part_key)
      section.refuse(key, section.full(key) + " does not go with format = \"" + d.format + "\"; leave it out");
  if (d.format == "hdf5") section.require("dataset", "a string (the path inside the file)");
  const bool hexadecimal = keys.md5.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (section.has("md5") && (keys.md5.size() != 32 || !hexadecimal))
    section.refuse("md5", section.full("md5") + " is \"" + keys.md5 + "\"; expected 32 lower-case hexadecimal digits");
  return {role, keys.name, part_key == "columns" ? keys.columns : part_key.empty() ? "" : keys.dataset, keys.md5};
}

// Either the files come split, or [splits] says with which seed they are.
void read_files(const Section& files, Description& d) {
  const std::vector<std::string>& roles = d.shuffle ? whole_roles : split_roles;
  experiment::check_keys(files.table, files.name, roles, files.faults);
  for (const std::string& role : roles) {
    if (!files.has(role) && (role.ends_with("labels") || (role == "valid_x" && d.valid == 0))) continue;
    if (role.starts_with("valid") && d.valid == 0)
      files.refuse(role, files.full(role) + " needs the number of its rows, splits.valid; add it");
    in_section(files, role, [&](const Section& file) { d.files.push_back(file_in(file, role, d)); });
  }
}

void read_get(const Section& get, Description& d) {
  const auto keys = get.read<GetKeys>({});
  d.debian_package = keys.debian;
  d.npm_package = keys.npm;
  d.npm_folder = keys.npm_folder;
  std::vector<std::string> ways;
  if (!d.debian_package.empty()) ways.push_back("run: sudo apt-get install " + d.debian_package);
  if (!d.npm_package.empty()) ways.push_back("run: elbo data fetch " + d.name);
  if (!keys.how.empty()) ways.push_back(keys.how);
  if (ways.empty()) get.refuse("", "[get] says no way; expected 'debian', 'npm' or 'how'");
  d.how_to_get = join(ways, ", or ");
}

void read_generator(const Section& generator, Description& d) {
  d.generator = generator.read<GeneratorKeys>({"name"}, {"settings"}).name;
  d.how_to_get = "made by the program";
  generator.faults.raise();
  const auto& options = generator_options(d.generator, to_string(generator.table.find("name")->where));
  if (!generator.has("settings")) return;
  in_section(generator, "settings", [&](const Section& settings) {
    for (const Setting& setting : experiment::read_options(settings.table, settings.name, options, {}, settings.faults))
      if (settings.has(setting.name)) d.generator_settings.emplace_back(setting.name, std::get<double>(setting.value));
  });
}

Description checked(const experiment::Table& table, const std::filesystem::path& file) {
  Faults faults;
  const Section top{table, "", faults};
  // What only says where data come from is for those who share them: private data need none of it.
  const auto keys = top.read<DescriptionKeys>({"format", "support", "shape"}, {"splits", "files", "get", "generator"});
  Description d;
  d.file = file;
  d.name = file.stem().string();
  d.title = keys.title;
  d.source = keys.source;
  d.licence = keys.licence;
  d.citation = keys.citation;
  d.format = keys.format;
  read_values(top, keys, d);
  in_section(top, "splits", [&](const Section& splits) { read_splits(splits, d); });
  faults.raise();  // what follows depends on format and splits

  const bool generated = d.format == "generated";
  for (const std::string key : {"files", "get", "generator"})
    if (top.has(key) && generated != (key == "generator"))
      top.refuse(key, key + " does not go with format = \"" + d.format + "\"; leave it out");
  if (generated) {
    in_section(top, "generator", [&](const Section& generator) { read_generator(generator, d); });
  } else {
    in_section(top, "files", [&](const Section& files) { read_files(files, d); });
    in_section(top, "get", [&](const Section& get) { read_get(get, d); });
    d.folders = keys.folders;
    d.folders.push_back((data_folder() / d.name).string());
  }
  faults.raise();
  return d;
}

}  // namespace

Description read_description(const std::filesystem::path& file) {
  return checked(experiment::parse(read_file(file), file.string()), file);
}

}  // namespace elbo::host::data
