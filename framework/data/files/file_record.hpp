// What a file held when a run was planned: enough to recognise it, and to say what has changed when it is another.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "formats/array.hpp"

namespace elbo::host::data {

/// Hashes of an array's values. They only tell what changed; that something did is told by FileRecord::digest.
struct ValueHashes {
  std::string values, rows_in_any_order, columns_in_any_order;
  bool operator==(const ValueHashes&) const = default;
};

/// The hashes of an array that comes a few rows at a time.
class ValueHasher {
 public:
  /// Whole rows.
  void add(const formats::Array& piece);
  ValueHashes hashes() const;

 private:
  uint64_t values_ = 0, rows_ = 0;
  std::vector<uint64_t> columns_;
};

struct FileRecord {
  std::string role;    // of Description::File
  std::string file;    // its path
  std::string digest;  // MD5 of the decoded content, and the part of it
  // What follows is empty where the digest is a description's, so that the file was not read for it.
  Shape shape{};                       // of the array
  std::vector<std::string> columns{};  // their names, where the file has them and they are few
  ValueHashes hashes{};
};

nlohmann::ordered_json to_json(const FileRecord& record);
/// Throws nlohmann::json::exception when it was not written so.
FileRecord file_record_from_json(const nlohmann::ordered_json& json);

/// The names themselves when they are few enough to be stored with each run.
std::vector<std::string> if_few(std::vector<std::string> columns);

/// "it holds 110 rows and held 100", for the same role with another digest.
std::string change_between(const FileRecord& before, const FileRecord& now);

}  // namespace elbo::host::data
