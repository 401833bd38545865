#include "data/contents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>

#include <elbo/error.hpp>

#include "data/decoded_file.hpp"
#include "data/hdf5_reader.hpp"
#include "data/mat.hpp"
#include "data/npy.hpp"
#include "data/npz.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

const std::map<std::string, std::string> by_extension = {
    {".h5", "hdf5"},   {".hdf5", "hdf5"}, {".h5ad", "h5ad"}, {".loom", "loom"}, {".mtx", "mtx"},
    {".ldac", "ldac"}, {".csv", "csv"},   {".tsv", "csv"},   {".txt", "csv"},   {".data", "csv"},
    {".amat", "csv"},  {".npy", "npy"},   {".npz", "npz"},   {".mat", "mat"}};

std::string first_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(8, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(in.gcount()));
  return bytes;
}

/// Two zeros, a type, a number of dimensions.
bool is_idx(const std::string& bytes) {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] >= 8 && bytes[2] <= 14 && bytes[3] >= 1 &&
         bytes[3] <= 4;
}

std::string format_of_folder(const fs::path& folder) {
  const auto has = [&](const char* name) {
    return fs::exists(folder / name) || fs::exists(folder / (std::string(name) + ".gz"));
  };
  if (has("train-images-idx3-ubyte")) return "idx";
  if (has("matrix.mtx")) return "10x";
  return "png";
}

/// Pickles begin with the opcode of their protocol, 2 or later; torch.save makes archives with one in them.
void refuse_pickles(const fs::path& path, const std::string& bytes, const std::string& extension) {
  const bool named = extension == ".pkl" || extension == ".pickle" || extension == ".joblib" || extension == ".pt" ||
                     extension == ".pth";
  const bool is_pickle = bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
  if (!named && !is_pickle) return;
  const bool of_torch = extension == ".pt" || extension == ".pth";
  const std::string read =
      of_torch ? "import torch; x = torch.load('{}').numpy()" : "import pickle; x = pickle.load(open('{}', 'rb'))";
  throw UserError(path.string() +
                  ": holds Python objects (a pickle), which are not read since that may run code; expected "
                  "numbers; convert it, if you trust it: python3 -c \"import numpy as np; " +
                  fmt::format(fmt::runtime(read), path.filename().string()) + "; np.save('" + path.stem().string() +
                  ".npy', x)\"");
}

std::string npy_type(const NpyHeader& header) {
  const std::map<char, const char*> names = {{'f', "float"}, {'i', "int"}, {'u', "uint"}, {'b', "bool"}};
  return names.at(header.kind) + (header.kind == 'b' ? "" : std::to_string(8 * header.width));
}

std::vector<Part> npz_parts(const fs::path& path) {
  const auto bytes = decoded_bytes(path);
  const ZipReader archive(bytes, path.string());
  std::vector<Part> parts;
  for (const std::string& name : npz_names(archive)) {
    Part part{name, {}, ""};
    try {
      const NpyHeader header = parse_npy_header(archive.read(parts.size()), path.string() + ":" + name);
      part.shape = header.shape;
      part.type = npy_type(header);
    } catch (const UserError& e) {
      part.fault = e.what();  // objects, records or text: named, but not offered
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

std::string format_of_file(const fs::path& path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) throw UserError(path.string() + ": no such file or folder; expected data of your own");
  if (fs::is_directory(path)) return format_of_folder(path);
  const std::string bytes = first_bytes(path);
  fs::path name = path.filename();
  if (name.extension() == ".gz") name = name.stem();
  const std::string extension = name.extension().string();
  refuse_pickles(path, bytes, extension);
  const bool is_hdf5 = bytes.starts_with("\x89HDF");
  if (is_hdf5 && hdf5_has(path, "/matrix/indptr")) return "10x";
  if (const auto known = by_extension.find(extension); known != by_extension.end()) return known->second;
  if (bytes.starts_with("\x93NUMPY")) return "npy";
  if (is_hdf5) return "hdf5";
  if (bytes.starts_with("PK\x03\x04")) return "npz";
  if (bytes.starts_with("MATLAB")) return "mat";
  if (is_idx(bytes) || name.string().find("-idx") != std::string::npos) return "idx";
  throw UserError(path.string() +
                  ": neither its name nor its first bytes tell its format; expected one of those of "
                  "elbo check --keys; say --format FORMAT");
}

std::vector<Part> contents(const fs::path& path, const std::string& format) {
  if (format == "hdf5") return hdf5_parts(path);
  if (format == "h5ad" || format == "loom") return single_cell_parts(path, format);
  if (format == "npz") return npz_parts(path);
  if (format == "mat") return mat_parts(path);
  return {};
}

}  // namespace elbo::data
