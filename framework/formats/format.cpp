#include "formats/format.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <fstream>
#include <string_view>

#include <elbo/error.hpp>

#include "base/images/image_file.hpp"
#include "format_files.hpp"  // made by CMake: what each file of readers/ defines
#include "formats/decoded_file.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;

namespace {

std::string first_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(8, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(in.gcount()));
  return bytes;
}

bool has_extension(const Format& format, const std::string& extension) {
  if (extension.empty()) return false;
  const std::string all = fmt::format(" {} ", format.extensions);
  return all.find(" " + extension + " ") != std::string::npos;
}

Match match_of(const Format& format, const Candidate& candidate) {
  const Match found = format.match ? format.match(candidate) : Match::none;
  return std::max(found, has_extension(format, candidate.extension) ? Match::by_name : Match::none);
}

}  // namespace

const std::vector<const Format*>& formats() {
#define ELBO_LISTED(name) &readers::name,
  static const std::vector<const Format*> all = {ELBO_FORMATS(ELBO_LISTED)};
#undef ELBO_LISTED
  return all;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format* format : formats()) names.emplace_back(format->name);
  return names;
}

const Format* find_format(std::string_view name) {
  const auto& all = formats();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Format* format) { return format->name == name; });
  return found == all.end() ? nullptr : *found;
}

const Format& format_of_file(const fs::path& path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) throw UserError(path.string() + ": no such file or folder; expected data of your own");
  fs::path name = path.filename();
  if (name.extension() == ".gz") name = name.stem();
  const bool is_folder = fs::is_directory(path);
  const Candidate candidate{path, is_folder ? "" : name.extension().string(), is_folder ? "" : first_bytes(path)};
  refuse_foreign(path, candidate.bytes, candidate.extension);
  const Format& best = **std::max_element(formats().begin(), formats().end(), [&](const Format* a, const Format* b) {
    return match_of(*a, candidate) < match_of(*b, candidate);
  });
  if (match_of(best, candidate) != Match::none) return best;
  throw UserError(path.string() +
                  ": neither its name nor its first bytes tell its format; expected one of those of "
                  "elbo check --keys; say --format FORMAT");
}

Array read_with(const Format& format, const Request& request) {
  if (format.read) return format.read(request);
  return format.parse(decoded_bytes(request.path), request);
}

bool has_rows(std::string_view format) {
  const Format* found = find_format(format);
  return found && found->open_rows;
}

std::unique_ptr<RowFile> open_rows(std::string_view format, const fs::path& path, const std::string& part) {
  return find_format(format)->open_rows(path, part);
}

namespace {

struct Foreign {
  std::string_view what, magic, extensions, convert;  // {0}: the file's name, {1}: without its extension
};

constexpr Foreign foreign[] = {
    {"a Parquet file", "PAR1", " .parquet .pq ",
     "python3 -c \"import pandas; pandas.read_parquet('{0}').to_csv('{1}.csv', index=False)\""},
    {"an Arrow file", "ARROW1", " .arrow .feather .ipc ",
     "python3 -c \"import pandas; pandas.read_feather('{0}').to_csv('{1}.csv', index=False)\""},
    {"a Feather file", "FEA1", " ",
     "python3 -c \"import pandas; pandas.read_feather('{0}').to_csv('{1}.csv', index=False)\""},
    {"an Excel file", "", " .xlsx .xls .xlsm .ods ",
     "python3 -c \"import pandas; pandas.read_excel('{0}').to_csv('{1}.csv', index=False)\""},
    {"a Stata file", "<stata_", " .dta ",
     "python3 -c \"import pandas; pandas.read_stata('{0}').to_csv('{1}.csv', index=False)\""},
    {"an SPSS file", "$FL2", " .sav .zsav ",
     "python3 -c \"import pandas; pandas.read_spss('{0}').to_csv('{1}.csv', index=False)\""},
    {"a SAS file", "", " .sas7bdat .xpt ",
     "python3 -c \"import pandas; pandas.read_sas('{0}').to_csv('{1}.csv', index=False)\""},
    {"a file of R objects", "", " .rds .rda .rdata ",
     "Rscript -e \"write.csv(readRDS('{0}'), '{1}.csv', row.names = FALSE)\""},
    {"a SQLite database", "SQLite f", " .sqlite .sqlite3 .db ",
     "sqlite3 -header -csv '{0}' 'select * from TABLE' > '{1}.csv'"},
    {"JSON", "", " .json .jsonl .ndjson ",
     "python3 -c \"import pandas; pandas.read_json('{0}').to_csv('{1}.csv', index=False)\""},
    {"an ARFF file", "", " .arff ",
     "python3 -c \"import pandas, scipy.io.arff as a; pandas.DataFrame(a.loadarff('{0}')[0]).to_csv('{1}.csv', "
     "index=False)\""},
    {"a TIFF image", "II*", " .tif .tiff ", "mogrify -format png '{0}', and name the folder of such images"},
    {"a GIF image", "GIF8", " .gif ", "mogrify -format png '{0}', and name the folder of such images"},
    {"a WebP or BMP image", "", " .webp .bmp ", "mogrify -format png '{0}', and name the folder of such images"},
    {"a FITS file", "SIMPLE  ", " .fits .fit ",
     "python3 -c \"import numpy, astropy.io.fits as f; numpy.save('{1}.npy', f.getdata('{0}'))\""},
    {"records of TensorFlow", "", " .tfrecord .tfrecords ", "write their arrays by numpy.savez"},
};

/// Pickles begin with the opcode of their protocol, 2 or later; torch.save makes archives with one in them.
void refuse_pickle(const fs::path& path, const std::string& bytes, const std::string& extension) {
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

bool is_zarr(const fs::path& path) {
  return fs::is_directory(path) &&
         (fs::exists(path / ".zarray") || fs::exists(path / ".zgroup") || fs::exists(path / "zarr.json"));
}

[[noreturn]] void refuse(const fs::path& path, std::string_view what, std::string_view convert) {
  const std::string name = path.filename().string(), stem = path.stem().string();
  throw UserError(
      fmt::format("{}: is {}, which is not read; expected one of the formats of elbo check --keys; convert it: {}",
                  path.string(), what, fmt::format(fmt::runtime(convert), name, stem)));
}

/// ", 28 x 28 (height x width), grey"; nothing where the header cannot be read.
std::string image_in_words(const fs::path& path) {
  try {
    const ImageHeader header = ImageFile(path).header();
    return fmt::format(", {} x {} (height x width), {}", header.height, header.width, header.mode);
  } catch (const UserError&) {
    return "";  // that there is one image only is said first
  }
}

/// Images are read by the folder, unless their names hide what they are.
void refuse_single_image(const fs::path& path, const std::string& bytes) {
  const char* kind = bytes.starts_with("\x89PNG") ? "PNG" : bytes.starts_with("\xFF\xD8\xFF") ? "JPEG" : nullptr;
  if (!kind) return;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  throw UserError(fmt::format(
      "{}: is one {} image{}; expected a folder of images, or of folders of them, since one image cannot be split into "
      "training and test data; name the folder: {}",
      path.string(), kind, image_in_words(path), folder.string()));
}

}  // namespace

void refuse_foreign(const fs::path& path, const std::string& bytes, const std::string& extension) {
  refuse_pickle(path, bytes, extension);
  refuse_single_image(path, bytes);
  if (is_zarr(path))
    refuse(path, "a Zarr store", "python3 -c \"import numpy, zarr; numpy.save('{1}.npy', zarr.open('{0}')[:])\"");
  if (fs::is_directory(path)) return;
  std::string lower = extension;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const Foreign& one : foreign) {
    const bool is_named = !lower.empty() && one.extensions.find(" " + lower + " ") != std::string_view::npos;
    if (is_named || (!one.magic.empty() && bytes.starts_with(one.magic))) refuse(path, one.what, one.convert);
  }
}

}  // namespace elbo::host::formats
