#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "exports/exports.hpp"

namespace elbo::exports {
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

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

/// A zip file without compression, as numpy.savez writes it; every entry of the same time, so that equal logs give equal bytes.
class Archive {
 public:
  explicit Archive(fs::path file) : file_(std::move(file)) {
    int error = 0;
    zip_.reset(zip_open(file_.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error));
    if (!zip_) fail("cannot be created");
  }
  void add(const std::string& name, std::string content) {
    contents_.push_back(std::make_unique<std::string>(std::move(content)));  // zip_close() reads it
    zip_source_t* source = zip_source_buffer(zip_.get(), contents_.back()->data(), contents_.back()->size(), 0);
    const zip_int64_t entry = zip_file_add(zip_.get(), (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    if (entry < 0) fail(zip_strerror(zip_.get()));
    zip_set_file_compression(zip_.get(), static_cast<zip_uint64_t>(entry), ZIP_CM_STORE, 0);
    zip_file_set_mtime(zip_.get(), static_cast<zip_uint64_t>(entry), first_day_of_zip, 0);
  }
  /// With a comment that says which run it is of.
  void close(const std::string& run) {
    zip_set_archive_comment(zip_.get(), run.c_str(), static_cast<zip_uint16_t>(run.size()));
    if (zip_close(zip_.get()) != 0) fail(zip_strerror(zip_.get()));
    static_cast<void>(zip_.release());  // zip_close has freed it
  }

 private:
  static constexpr time_t first_day_of_zip = 315576000;  // noon of 1980-01-01, UTC
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(file_.string() + ": " + reason + "; expected a place to write");
  }

  fs::path file_;
  std::unique_ptr<zip_t, Discard> zip_;
  std::vector<std::unique_ptr<std::string>> contents_;
};

void add_group(const h5::File& log, const std::string& group, Archive& archive) {
  for (const std::string& name : log.names("/" + group)) {
    const std::string path = "/" + group + "/" + name;
    if (log.is_text(path) || log.attribute(path, "NAME").starts_with("This is a netCDF dimension")) continue;
    const bool scalar = group == "summary" || (group == "decoder" && decoder_scalars.contains(name));
    archive.add(group + "/" + name,
                scalar ? number_npy(log.number(path)) : dataset_npy(group, name, log.dataset(path)));
  }
}

/// The run that a file was exported from; "" of a file that this program did not write.
std::string run_of(const fs::path& file) {
  int error = 0;
  const std::unique_ptr<zip_t, Discard> zip(zip_open(file.c_str(), ZIP_RDONLY, &error));
  int length = 0;
  const char* comment = zip ? zip_get_archive_comment(zip.get(), &length, ZIP_FL_ENC_RAW) : nullptr;
  return comment ? std::string(comment, static_cast<size_t>(length)) : "";
}

void must_not_replace_another(const fs::path& file, const std::string& run) {
  if (!fs::exists(file)) return;
  const std::string there = run_of(file);
  if (there == run) return;
  throw UserError(fmt::format(
      "{}: {}; expected the export of {}, which is replaced, or no file; name another FILE or remove this one",
      file.string(), there.empty() ? "is there, and is no export of a run" : "holds the export of " + there, run));
}

}  // namespace

void write_npz(const h5::File& log, const fs::path& file, const std::string& run) {
  must_not_replace_another(file, run);
  const fs::path draft = file.string() + ".part";
  Archive archive(draft);
  for (const char* group : groups)
    if (log.has(std::string("/") + group)) add_group(log, group, archive);
  archive.close(run);
  publish(draft, file);
}

}  // namespace elbo::exports
