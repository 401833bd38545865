// RAII over the HDF5 C API: what the run log and the readers of data need of it, and no more.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "hdf5/dataset.hpp"

namespace elbo::host::h5 {

enum class Mode {
  read,     // a file that nobody writes
  foreign,  // the same, of any program: refused while that one holds its lock; ELBO_HDF5_EXTERNAL=allow lets it refer to other files
  live,     // a file that is being written, or whose writer was killed
  write,    // a file that nobody else writes
  repair,   // as write, but clears the flags of a killed writer and keeps all bytes it left
};

enum class Placement {
  dense,  // the same content makes the same bytes
  pages,  // no header lies over the end of a page of memory, where the kernel may end a write whose process is killed; with times in it
};

/// An HDF5 file. Everything is created first; after freeze() creating anything throws, because the library itself
/// would let it pass and readers would meet a half-made object.
class File {
 public:
  /// Replaces a file of that name. Each throws Error.
  static File create(const std::filesystem::path& file, Placement placement = Placement::dense);
  static File open(const std::filesystem::path& file, Mode mode);

  /// Starts single-writer-multiple-reader mode. No dataset may be open.
  void freeze();
  void flush();
  /// What the destructor does, but throws when the last bytes cannot be written.
  void close();
  /// After a failed write, instead of closing: writes nothing more, so that what was flushed stays as it is.
  void abandon();

  void group(const std::string& path);
  void attribute(const std::string& object, const std::string& name, const std::string& text);
  /// The same where there may be such an attribute already; not while others read the file.
  void replace_attribute(const std::string& object, const std::string& name, const std::string& text);
  void replace_attribute(const std::string& object, const std::string& name, int64_t number);
  void attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts);
  /// UTF-8: a scalar of fixed length, or texts of any length, one for each row of the dimension scale `dim`.
  void text(const std::string& path, const std::string& text, const std::string& long_name);
  void texts(const std::string& path, const std::vector<std::string>& texts, const std::string& dim,
             const std::string& long_name);
  void number(const std::string& path, double value, const std::string& units, const std::string& long_name);
  /// As attribute(), but nothing for an empty text.
  void attribute_if_any(const std::string& object, const std::string& name, const std::string& text) {
    if (!text.empty()) attribute(object, name, text);
  }
  Dataset dataset(const std::string& path, const Spec& spec);
  /// A dimension with a value for each row: a growing int64 dataset that is its own dimension scale.
  void coordinate(const std::string& path, const std::string& long_name);
  /// A dimension without values, named as netCDF-4 names it.
  void dimension(const std::string& path, hsize_t size, const std::string& long_name);
  /// A group with all in it; nothing when it is not there.
  void remove(const std::string& path);
  /// Attributes of fixed length ASCII, as the HDF5 Image specification wants them.
  void image_attributes(const std::string& path, bool colour);

  /// False also where a group on the way is missing.
  bool has(const std::string& path) const;
  bool is_group(const std::string& path) const;
  /// The paths of all datasets, by name, group after group.
  std::vector<std::string> datasets() const;
  Dataset dataset(const std::string& path) const;
  /// Names of a dataset's dimensions; of a dimension without a scale an empty one.
  std::vector<std::string> dims(const std::string& path) const;
  /// Whether a dimension has no values, as one that dimension() made.
  bool is_bare_dimension(const std::string& path) const;
  /// Names in a group, in the order of creation.
  std::vector<std::string> names(const std::string& group) const;
  bool is_text(const std::string& path) const;
  /// Of a scalar dataset.
  std::string text(const std::string& path) const;
  /// Of a dataset of one dimension, in the file's own or any length.
  std::vector<std::string> texts(const std::string& path) const;
  double number(const std::string& path) const;
  /// Empty when there is no such text attribute.
  std::string attribute(const std::string& object, const std::string& name) const;
  /// Up to 32 of them; empty when there is no such attribute of integers.
  std::vector<int64_t> integers(const std::string& object, const std::string& name) const;
  /// Of the open file; -1 when unknown.
  int descriptor() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  File(hid_t id, std::filesystem::path path) : id_(id), path_(std::move(path)) {}
  std::string where(const std::string& object) const { return path_.string() + ":" + object; }
  void check_claim(double bytes, const std::string& object) const;
  /// The handle of a dataset. Throws UserError where its values lie in another file, which may be a private one of the reader.
  hid_t opened(const std::string& path) const;
  /// Of this kind, for links that must not lead into other files.
  Properties access_to(hid_t kind) const;
  void must_not_be_frozen(const std::string& object) const;
  void attach(const std::string& path, const std::vector<std::string>& dims);
  void write_attribute(const std::string& object, const std::string& name, hid_t space,
                       const std::vector<const char*>& texts);

  FileHandle id_;
  std::filesystem::path path_;
  bool frozen_ = false;
  bool may_refer_to_others_ = false;
};

}  // namespace elbo::host::h5
