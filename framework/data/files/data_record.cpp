#include "data/files/data_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "data/files/read_verified.hpp"
#include "data/files/scan.hpp"
#include "data/splits/split.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {
using Json = nlohmann::ordered_json;
namespace {

/// Before the digests of the files in what is hashed; the other facts come after them.
constexpr const char* last_of_the_split = "test";

Json facts_of(const Description& d, const DataConfig& config) {
  const SplitSizes sizes = split_sizes(d, config);
  Json facts = {{"shape", d.shape},     {"support", to_string(d.support)}, {"levels", d.levels}, {"train", sizes.train},
                {"valid", sizes.valid}, {last_of_the_split, sizes.test}};
  if (!d.columns.empty()) facts["columns"] = sha256(join(d.columns, "\n"));
  if (d.shuffle) facts["shuffle"] = *d.shuffle;
  for (const auto& [part, rows] : d.left_out) facts["incomplete"][part + "x"] = rows;
  for (const auto& [part, rows] : d.copies) facts["copies"][part + "x"] = rows;
  if (d.division)
    facts["division"] = sha256(fmt::format("{} | {} | {}", fmt::join(d.division->train, " "),
                                           fmt::join(d.division->valid, " "), fmt::join(d.division->test, " ")));
  if (d.masked) facts["missing"] = "masked";
  if (d.valid > 0) facts["valid_rows"] = d.valid;
  if (d.format != "generated" && !d.shuffle) facts["drawn"] = drawing_seed;
  if (d.format != "generated") return facts;
  facts["generator"] = d.generator;
  facts["seed"] = config.seed;
  facts["pool"] = sizes.pool;
  for (const auto& [name, value] : d.generator_settings) facts["settings"][name] = value;
  return facts;
}

FileRecord record_of_role(const Description& d, const Description::File& file, const DataConfig& config) {
  const bool by_rows = config.memory_gb > 0 && formats::has_rows(d.format) && file.role.ends_with("x");
  if (by_rows && !file.seen && file.md5.empty()) return scan_of(d, file).record;
  return record_of_file(d, file);
}

const FileRecord* record_for(const DataRecord& planned, const std::string& role) {
  const auto found = std::find_if(planned.files.begin(), planned.files.end(),
                                  [&](const FileRecord& file) { return file.role == role; });
  return found == planned.files.end() ? nullptr : &*found;
}

std::string name_of(const DataConfig& config) {
  return config.path.empty() ? "data set '" + config.name + "'" : config.path;
}

[[noreturn]] void refuse_change(const DataConfig& config, const std::string& change) {
  throw ChangedData(name_of(config) + ": has changed since the run was planned: " + change +
                    "; expected the data and the split of then; undo that, or plan the experiment again with elbo run");
}

/// What was described when the run was planned may be refused now, for what has changed.
Description described(const DataConfig& config) {
  try {
    return description_of(config);
  } catch (const UserError& fault) {
    if (!config.path.empty() && !std::filesystem::exists(config.path)) throw;
    throw ChangedData(name_of(config) + ": can no longer be read as when the run was planned: " + fault.what());
  }
}

void check_roles(const DataConfig& config, const Description& d, const DataRecord& planned) {
  for (const Description::File& file : d.files)
    if (!record_for(planned, file.role))
      refuse_change(config, "there are " + file.role + " in " + file.name + " and there were none");
  for (const FileRecord& file : planned.files)
    if (std::none_of(d.files.begin(), d.files.end(), [&](const auto& now) { return now.role == file.role; }))
      refuse_change(config, "the " + file.role + " that were in " + file.file + " are gone");
}

void check_facts(const DataConfig& config, const Description& d, const Json& planned) {
  Json now;
  try {
    now = facts_of(d, config);
  } catch (const UserError& fault) {
    refuse_change(config, fault.what());
  }
  for (const Json* side : std::initializer_list<const Json*>{&now, &planned})
    for (const auto& [name, value] : side->items()) {
      if (now.value(name, Json()) == planned.value(name, Json())) continue;
      if (name == "division") refuse_change(config, "which rows are training, validation and test data");
      if (name == "columns") refuse_change(config, "the names of its columns, or their order");
      refuse_change(config, fmt::format("{} is {} and was {}", name, now.value(name, Json()).dump(),
                                        planned.value(name, Json()).dump()));
    }
}

/// The description, each file of which is to be read as it was planned.
Description description_as_planned(const DataConfig& config, const DataRecord& planned) {
  Description d = described(config);
  check_roles(config, d, planned);
  for (Description::File& file : d.files) file.planned = *record_for(planned, file.role);
  for (const Description::File& file : d.files)
    if (file.seen) check_planned(d, file, *file.seen);
  check_facts(config, d, planned.facts);
  return d;
}

}  // namespace

std::string DataRecord::fingerprint() const {
  // The runs of a plan ask one after the other, and nearly all have the same data.
  thread_local std::pair<DataRecord, std::string> last;
  const auto is_same_file = [](const FileRecord& a, const FileRecord& b) {
    return a.role == b.role && a.digest == b.digest;
  };
  const auto& known = last.first;
  if (!last.second.empty() && known.facts == facts &&
      std::equal(known.files.begin(), known.files.end(), files.begin(), files.end(), is_same_file))
    return last.second;
  Json identity;
  const auto add_files = [&] {
    for (const FileRecord& file : files) identity[file.role] = file.digest;
  };
  for (const auto& [name, value] : facts.items()) {
    identity[name] = value;
    if (name == last_of_the_split) add_files();
  }
  last = {*this, sha256(identity.dump())};
  return last.second;
}

std::string DataRecord::evaluation_fingerprint() const {
  DataRecord record = *this;
  for (const char* of_training : {"train", "pool"})
    record.facts.erase(of_training);  // generated test data are of no pool
  // What p(x|c) is given, and what made x, does not make it other data.
  std::erase_if(record.files, [](const FileRecord& file) {
    return file.role.find("condition") != std::string::npos || file.role.find("factor") != std::string::npos;
  });
  return record.fingerprint();
}

Json to_json(const DataRecord& record) {
  Json files = Json::array();
  for (const FileRecord& file : record.files) files.push_back(to_json(file));
  return {{"facts", record.facts}, {"files", files}};
}

DataRecord data_record_from_json(const Json& json) {
  DataRecord record{.facts = json.at("facts"), .files = {}};
  for (const Json& file : json.at("files")) record.files.push_back(file_record_from_json(file));
  return record;
}

DataRecord record_of(const Description& description, const DataConfig& config) {
  DataRecord record{.facts = facts_of(description, config), .files = {}};
  for (const Description::File& file : description.files)
    record.files.push_back(record_of_role(description, file, config));
  return record;
}

std::string fingerprint(const Description& description, const DataConfig& config) {
  return record_of(description, config).fingerprint();
}

Dataset load_planned(const DataConfig& config, const DataRecord& planned) {
  return load(description_as_planned(config, planned), config);
}

void check_planned(const DataConfig& config, const DataRecord& planned) {
  const Description d = description_as_planned(config, planned);
  for (const Description::File& file : d.files) {
    if (file.seen) continue;
    if (config.memory_gb > 0 && formats::has_rows(d.format) && file.role.ends_with("x")) scan_of(d, file);
    else read_verified(d, file);
  }
}

}  // namespace elbo::host::data
