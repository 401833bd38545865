// What is known only after training: the file is open in the ordinary way again.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include <elbo/error.hpp>

#include "log/layout.hpp"
#include "log/upkeep/writer_lock.hpp"

namespace elbo::host::log {
namespace {

void add_per_example(h5::File& file, const std::string& group, const std::string& part, size_t rows,
                     const std::vector<std::pair<Column, std::vector<double>>>& columns) {
  const auto size = static_cast<hsize_t>(rows);
  file.group(group);
  file.dimension(group + "/sample", size, "data point of the " + part + " data");
  for (const auto& [column, given] : columns) {
    const std::string path = group + "/" + column.name;
    if (given.size() > size)
      throw Error(file.path().string() + ":" + path + ": was given " + std::to_string(given.size()) +
                  " values; expected at most " + std::to_string(rows));
    std::vector<double> values = given;
    values.resize(size, std::numeric_limits<double>::quiet_NaN());  // an estimate may cover the first images only
    file.dataset(path, {.type = H5T_IEEE_F64LE,
                        .shape = {size},
                        .dims = {"sample"},
                        .units = column.units,
                        .long_name = column.long_name})
        .write<double>(0, values);
    file.attribute_if_any(path, "better", column.better);
  }
}

/// A two-dimensional copy of the last image, which HDFView and h5web show as a picture.
void add_last_image(h5::File& file, const std::string& name) {
  const h5::Dataset all = file.dataset("/images/" + name);
  hsize_t row = all.rows();
  while (row > 0 && !all.holds(row - 1)) --row;
  if (row == 0) return;
  std::vector<hsize_t> shape = all.shape();
  shape.erase(shape.begin());
  std::vector<std::string> dims{"y", "x"};
  if (shape.size() == 3) dims.push_back("colour");
  const std::string path = "/images/last_" + name;
  const std::vector<uint8_t> pixels = all.read<uint8_t>(row - 1, 1);
  if (file.has(path)) return file.dataset(path).write<uint8_t>(0, pixels);
  file.dataset(path, {.type = H5T_STD_U8LE, .shape = shape, .dims = dims, .units = "1", .long_name = "last " + name})
      .write<uint8_t>(0, pixels);
  file.image_attributes(path, shape.size() == 3);
}

}  // namespace

void write_value(h5::File& file, const std::string& group, const SummaryValue& v) {
  const std::string path = group + "/" + v.column.name;
  file.number(path, v.value, v.column.units, v.column.long_name);
  file.attribute_if_any(path, "better", v.column.better);
  file.attribute_if_any(path, "computed_on", v.computed_on);
}

void add_results(h5::File& file, const Layout& layout,
                 const std::vector<std::pair<Column, std::vector<double>>>& per_example,
                 const std::vector<std::pair<Column, std::vector<double>>>& of_validation,
                 const std::vector<SummaryValue>& summary,
                 const std::vector<std::pair<std::string, std::string>>& summary_texts) {
  remove_results(file);
  if (!per_example.empty())
    add_per_example(file, "/per_example", "test", static_cast<size_t>(layout.test_rows), per_example);
  if (!of_validation.empty())
    add_per_example(file, "/per_example_valid", "validation", of_validation[0].second.size(), of_validation);
  for (const std::string& name : image_names(layout)) add_last_image(file, name);
  file.group("/summary");
  for (const SummaryValue& s : summary) write_value(file, "/summary", s);
  for (const auto& [name, text] : summary_texts) file.text("/summary/" + name, text, name);
  file.attribute("/", "status", completed);
}

// The last images stay, to be written over: taking a dataset off its dimension scales leaks an identifier (1.10.8).
void remove_results(h5::File& file) {
  for (const char* group : {"/per_example", "/per_example_valid", "/summary", "/decoder"}) file.remove(group);
}

namespace fs = std::filesystem;
namespace {

/// The library refuses a file whose writer was killed, unless it is opened as one that is being written.
h5::File open_for_reading(const fs::path& path) {
  try {
    return h5::File::open(path, h5::Mode::read);
  } catch (const h5::Failure& failure) {
    if (std::string(failure.what()).find("truncated file") != std::string::npos)
      throw Error(path.string() + ": is truncated to " + std::to_string(fs::file_size(path)) +
                  " bytes; expected a whole HDF5 file; copy it again or repeat the run");
    return h5::File::open(path, h5::Mode::live);
  }
}

}  // namespace

void must_be_hdf5(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error))
    throw UserError(file.string() + ": there is no such file; expected the log of an elbo run");
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (!fs::is_regular_file(file, error) || H5Fis_hdf5(file.c_str()) <= 0)
    throw UserError(file.string() + ": is not an HDF5 file; expected the log of an elbo run");
}

void must_be_a_log(const h5::File& file) {
  if (!file.attribute("/", "Conventions").ends_with("elbo-run-1"))
    throw UserError(file.path().string() +
                    ": is an HDF5 file, but not the log of an elbo run; expected Conventions = \"" + convention + "\"");
}

namespace {

/// As elbo writes it (HDF5 1.10): each structure has a checksum, so that damage is found before it is believed.
void must_have_checksums(const fs::path& path) {
  constexpr size_t place_of_version = 8;
  constexpr char first_with_all_checksums = 3;
  std::string start(place_of_version + 1, '\0');
  std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
  if (start.back() < first_with_all_checksums)
    throw Error(fmt::format(
        "{}: is not the log of an elbo run as elbo writes it: its HDF5 superblock has version {}, without checksums; "
        "expected version {}; take the file that elbo wrote, not a copy made by another program",
        path.string(), int{start.back()}, int{first_with_all_checksums}));
}

}  // namespace

h5::File open_log(const fs::path& path) {
  must_be_hdf5(path);
  must_have_checksums(path);
  h5::File file = open_for_reading(path);
  must_be_a_log(file);
  return file;
}

namespace {

std::vector<PluginRecord> plugins_of(const h5::File& file) {
  const std::string group = "/provenance/plugins";
  std::vector<PluginRecord> records;
  const auto fill = [&](const char* name, std::string PluginRecord::* member) {
    if (!file.has(group + "/" + name)) return;
    const auto texts = file.texts(group + "/" + name);
    records.resize(std::max(records.size(), texts.size()));
    for (size_t i = 0; i < texts.size(); ++i) records[i].*member = texts[i];
  };
  if (!file.has(group)) return records;
  fill("kind", &PluginRecord::kind);
  fill("name", &PluginRecord::name);
  fill("path", &PluginRecord::path);
  fill("sha256", &PluginRecord::sha256);
  fill("checked", &PluginRecord::checked);
  fill("normalised", &PluginRecord::normalised);
  fill("finding", &PluginRecord::finding);
  return records;
}

}  // namespace

RunSummary read_summary(const fs::path& path) {
  return while_written(path, [&] { return summary_of(open_log(path)); });
}

RunSummary summary_of(const h5::File& file) {
  RunSummary summary;
  summary.title = file.attribute("/", "title");
  summary.status = file.attribute("/", "status");
  summary.plan_json = file.text("/config/plan_json");
  summary.plugins = plugins_of(file);
  if (!file.has("/summary")) return summary;
  for (const std::string& name : file.names("/summary")) {
    const std::string dataset = "/summary/" + name;
    if (file.is_text(dataset)) summary.texts[name] = file.text(dataset);
    else summary.values[name] = file.number(dataset);
  }
  return summary;
}

}  // namespace elbo::host::log
