// Whether two finished runs have the same result, bit for bit, times aside.
#pragma once
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "hdf5/file.hpp"
#include "metrics/summary.hpp"

namespace elbo::host {

inline bool same_values(const h5::File& a, const h5::File& b, const std::string& dataset) {
  if (a.is_text(dataset)) return a.text(dataset) == b.text(dataset);
  if (dataset.starts_with("/summary/")) {  // scalars
    const double x = a.number(dataset), y = b.number(dataset);
    return std::memcmp(&x, &y, sizeof x) == 0;
  }
  if (a.dataset(dataset).shape() != b.dataset(dataset).shape()) return false;
  const auto x = a.dataset(dataset).read<double>(0, a.dataset(dataset).rows());
  const auto y = b.dataset(dataset).read<double>(0, b.dataset(dataset).rows());
  return std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0;
}

/// Names of what differs between the run folders; empty when nothing does.
inline std::vector<std::string> differences(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::vector<std::string> found;
  const h5::File log_a = h5::File::open(a / "log.h5", h5::Mode::read),
                 log_b = h5::File::open(b / "log.h5", h5::Mode::read);
  for (const char* group : {"/train", "/test", "/steps", "/latents", "/images", "/per_example", "/summary"}) {
    if (log_a.has(group) != log_b.has(group)) found.push_back(group);
    if (!log_a.has(group) || !log_b.has(group)) continue;
    if (log_a.names(group) != log_b.names(group)) found.push_back(std::string(group) + " (names)");
    for (const std::string& name : log_a.names(group))
      if (const std::string dataset = std::string(group) + "/" + name;
          !is_of_machine(name) && log_b.has(dataset) && !same_values(log_a, log_b, dataset))
        found.push_back(dataset);
  }
  if (log_a.attribute("/", "status") != log_b.attribute("/", "status")) found.push_back("status");
  if (read_file(a / "weights.safetensors") != read_file(b / "weights.safetensors"))
    found.push_back("weights.safetensors");
  for (const char* picture : {"reconstructions.png", "samples.png"}) {  // which a table has not
    const bool is_there = std::filesystem::exists(a / picture);
    if (is_there != std::filesystem::exists(b / picture) ||
        (is_there && read_file(a / picture) != read_file(b / picture)))
      found.push_back(picture);
  }
  return found;
}

/// A dataset of numbers or of texts of fixed length as it is stored.
inline std::vector<std::byte> stored_bytes(const std::filesystem::path& path, const std::string& dataset) {
  const h5::Object file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)),
      object(H5Dopen2(file, dataset.c_str(), H5P_DEFAULT));
  const h5::Type type(H5Dget_type(object));
  const h5::Space space(H5Dget_space(object));
  std::vector<std::byte> bytes(H5Tget_size(type) * static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
  return bytes;
}

/// Names of what differs between two results.h5.
inline std::vector<std::string> merged_differences(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::vector<std::string> found;
  const h5::File file_a = h5::File::open(a, h5::Mode::read), file_b = h5::File::open(b, h5::Mode::read);
  for (const char* group : {"/runs", "/summary"}) {
    if (file_a.names(group) != file_b.names(group)) found.push_back(group);
    for (const std::string& name : file_a.names(group))
      if (const std::string dataset = std::string(group) + "/" + name;
          !is_of_machine(name) && file_b.has(dataset) && stored_bytes(a, dataset) != stored_bytes(b, dataset))
        found.push_back(dataset);
  }
  return found;
}

}  // namespace elbo::host
