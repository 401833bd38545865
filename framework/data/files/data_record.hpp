// What the data of a run are: recorded when the run is planned, and proved to be the same wherever they are used.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// The identity of data and split, without places, names or containers.
struct DataRecord {
  nlohmann::ordered_json facts =
      nlohmann::ordered_json::object();  // shape, support, sizes of the split, seeds, generator
  std::vector<FileRecord> files;

  /// SHA-256 of the facts and of the files' digests.
  std::string fingerprint() const;
  /// The same without the number of training data that are used: equal for runs that are evaluated on the same data, such as the points of a
  /// learning curve.
  std::string evaluation_fingerprint() const;
};

nlohmann::ordered_json to_json(const DataRecord& record);
/// Throws nlohmann::json::exception when it was not written so.
DataRecord data_record_from_json(const nlohmann::ordered_json& json);

/// Of the data as they are now. Files whose checksum the description has are not read. Throws UserError naming the missing
/// file and how to get it.
DataRecord record_of(const Description& description, const DataConfig& config);
/// DataRecord::fingerprint() of it.
std::string fingerprint(const Description& description, const DataConfig& config);

/// The data that `planned` was recorded of. What is returned was hashed as it was read, or is as it is read by blocks.
/// Throws ChangedData in one sentence when they are not the same: which file, what of it has changed, what to do.
Dataset load_planned(const DataConfig& config, const DataRecord& planned);
/// The same proof, for a program that only starts others which load the data. Reads them.
void check_planned(const DataConfig& config, const DataRecord& planned);

}  // namespace elbo::host::data
