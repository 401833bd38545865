#include <fmt/format.h>

#include <algorithm>
#include <set>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/zip.hpp"
#include "exports/exports.hpp"

namespace elbo::host::exports {
namespace fs = std::filesystem;
namespace {

/// Of the NPY format, version 1.0: a magic text, the length of the heading, the heading, padded so that data start at 64 n.
std::string npy(const char* type, const std::vector<hsize_t>& shape, const std::string& bytes) {
  std::string sizes;
  for (const hsize_t size : shape) sizes += fmt::format("{},", size);
  std::string heading = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, sizes);
  constexpr size_t before = 10, alignment = 64;
  heading.append(alignment - 1 - (before + heading.size()) % alignment, ' ');
  heading += '\n';
  const char length[] = {static_cast<char>(heading.size() & 0xff), static_cast<char>(heading.size() >> 8)};
  return std::string("\x93NUMPY\x01\x00", 8) + std::string(length, 2) + heading + bytes;
}

template <class T>
std::string bytes_of(const h5::Dataset& dataset) {
  const std::vector<T> values = dataset.read<T>(0, dataset.rows());
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string number_npy(double value) {
  return npy("<f8", {}, std::string(reinterpret_cast<const char*>(&value), sizeof value));
}

const std::set<std::string> decoder_scalars = {"first", "black", "white", "height", "width", "channels"};
constexpr const char* groups[] = {"train", "test", "steps", "latents", "images", "per_example", "summary", "decoder"};

/// In the type that the log's layout gives it.
std::string dataset_npy(const std::string& group, const std::string& name, const h5::Dataset& dataset) {
  const bool whole = name == "epoch" || name == "step" || name == "snapshot" || name == "label";
  if (whole) return npy("<i8", dataset.shape(), bytes_of<int64_t>(dataset));
  if (group == "images") return npy("|u1", dataset.shape(), bytes_of<uint8_t>(dataset));
  const bool single = group == "latents" || (group == "decoder" && !name.starts_with("table"));
  return single ? npy("<f4", dataset.shape(), bytes_of<float>(dataset))
                : npy("<f8", dataset.shape(), bytes_of<double>(dataset));
}

void add_group(const h5::File& log, const std::string& group, ZipWriter& archive) {
  for (const std::string& name : log.names("/" + group)) {
    const std::string path = "/" + group + "/" + name;
    if (log.is_text(path) || log.attribute(path, "NAME").starts_with("This is a netCDF dimension")) continue;
    const bool scalar = group == "summary" || (group == "decoder" && decoder_scalars.contains(name));
    archive.add(group + "/" + name + ".npy",
                scalar ? number_npy(log.number(path)) : dataset_npy(group, name, log.dataset(path)));
  }
}

void must_not_replace_another(const fs::path& file, const std::string& run) {
  if (!fs::exists(file)) return;
  const std::string there = zip_comment(file);  // the run that it was exported from
  if (there == run) return;
  throw UserError(fmt::format(
      "{}: {}; expected the export of {}, which is replaced, or no file; name another FILE or remove this one",
      file.string(), there.empty() ? "is there, and is no export of a run" : "holds the export of " + there, run));
}

}  // namespace

void write_npz(const h5::File& log, const fs::path& file, const std::string& run) {
  must_not_replace_another(file, run);
  const fs::path draft = file.string() + ".part";
  ZipWriter archive(draft);
  for (const char* group : groups)
    if (log.has(std::string("/") + group)) add_group(log, group, archive);
  archive.close(run);
  publish(draft, file);
}

}  // namespace elbo::host::exports
