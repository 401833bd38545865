#include "data/scan.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "data/gather.hpp"
#include "data/locate.hpp"
#include "data/row_file.hpp"
#include "data/stored.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int cache_format = 1;
constexpr int64_t clock_grain =
    2'000'000'000;  // nanoseconds within which a second change may leave a file's time as it is

/// The file, its state, and what inside it; nothing when it was written to a moment ago.
std::optional<fs::path> cache_file(const fs::path& path, const std::string& part) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  const int64_t changed = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
  const int64_t now = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  if (now - changed < clock_grain) return {};
  const std::string key =
      fmt::format("{} {} {} {} {} {} {}", cache_format, fs::absolute(path).lexically_normal().string(), part,
                  found.st_dev, found.st_ino, found.st_size, changed);
  return cache_folder() / "scans" / (sha256(key) + ".json");
}

std::optional<Scan> cached(const fs::path& file) {
  try {
    const Json json = Json::parse(read_file(file));
    Scan scan{.shape = json.at("shape"), .columns = {}, .values = {}, .md5 = json.at("md5")};
    scan.values = {
        .bytes = json.at("bytes"), .least = json.at("least"), .most = json.at("most"), .whole = json.at("whole")};
    return scan;
  } catch (const std::exception&) {
    return {};  // it is made again
  }
}

void keep(const Scan& scan, const fs::path& file) {
  if (!std::isfinite(scan.values.least) || !std::isfinite(scan.values.most)) return;  // JSON has no infinities
  try {
    fs::create_directories(file.parent_path());
    write_atomically(file, Json{{"shape", scan.shape},
                                {"md5", scan.md5},
                                {"bytes", scan.values.bytes},
                                {"least", scan.values.least},
                                {"most", scan.values.most},
                                {"whole", scan.values.whole}}
                                   .dump(1) +
                               "\n");
  } catch (const std::exception&) {
    // Without a cache the next run scans again.
  }
}

Scan scanned(RowFile& file) {
  Scan scan{.shape = file.shape(), .columns = {}, .values = {}, .md5 = {}};
  Md5 md5;
  const int64_t piece = rows_of_a_piece(file);
  for (int64_t first = 0; first == 0 || first < file.rows(); first += piece)
    scan.values.add(file.read(first, std::min(piece, file.rows() - first), md5));
  scan.md5 = md5.hex();
  return scan;
}

}  // namespace

void Range::add(const Array& array) {
  bytes = std::holds_alternative<std::vector<uint8_t>>(array.values);
  std::visit(
      [this](const auto& values) {
        for (const auto value : values) {
          least = std::min(least, static_cast<double>(value));
          most = std::max(most, static_cast<double>(value));
          if constexpr (std::is_floating_point_v<std::decay_t<decltype(value)>>)
            whole = whole && std::floor(value) == value && std::isfinite(value);
        }
      },
      array.values);
}

Scan scan_of(const Description& description, const Description::File& file) {
  const fs::path path = locate(description, file);
  const auto kept = cache_file(path, file.dataset);
  if (kept)
    if (const auto scan = cached(*kept)) return *scan;
  const auto opened = open_rows(description.format, path, file.dataset);
  Scan scan = scanned(*opened);
  check_md5(file, scan.md5, opened->where());
  if (kept) keep(scan, *kept);
  return scan;
}

}  // namespace elbo::data
