#include "data/files/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "data/blocks.hpp"
#include "data/files/locate.hpp"
#include "data/files/read_verified.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int cache_format = 2;

/// Where the scan of a file in this state is kept; nothing when it was written to a moment ago.
std::optional<fs::path> cache_file(const fs::path& path, const std::string& part, const formats::FileState& state) {
  if (state.is_fresh()) return {};
  const std::string key =
      fmt::format("{} {} {} {} {} {} {} {}", cache_format, fs::absolute(path).lexically_normal().string(), part,
                  state.device, state.inode, state.size, state.modified, state.changed);
  return cache_folder() / "scans" / (sha256(key) + ".json");
}

std::optional<Scan> cached(const fs::path& file) {
  try {
    const Json json = Json::parse(read_file(file));
    return Scan{.values = {.bytes = json.at("bytes"),
                           .least = json.at("least"),
                           .most = json.at("most"),
                           .whole = json.at("whole")},
                .record = file_record_from_json(json.at("record"))};
  } catch (const std::exception&) {
    return {};  // it is made again
  }
}

void keep(const Scan& scan, const fs::path& file) {
  if (!std::isfinite(scan.values.least) || !std::isfinite(scan.values.most)) return;  // JSON has no infinities
  try {
    fs::create_directories(file.parent_path());
    write_atomically(file, Json{{"record", to_json(scan.record)},
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

Scan scanned(formats::RowFile& file) {
  Scan scan{.values = {}, .record = {.role = {}, .file = {}, .digest = {}}};
  Md5 md5;
  ValueHasher hasher;
  const int64_t piece = rows_of_a_piece(file);
  for (int64_t first = 0; first == 0 || first < file.rows(); first += piece) {
    const Array values = file.read(first, std::min(piece, file.rows() - first), md5);
    scan.values.add(values);
    hasher.add(values);
  }
  scan.record.shape = file.shape();
  scan.record.hashes = hasher.hashes();
  scan.record.digest = md5.hex();
  return scan;
}

}  // namespace

namespace {

template <class T>
bool is_missing_value(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  else return false;
}

}  // namespace

void Range::add(const Array& array) {
  bytes = std::holds_alternative<std::vector<uint8_t>>(array.values);
  std::visit(
      [this](const auto& values) {
        for (const auto value : values) {
          if (is_missing_value(value)) continue;
          least = std::min(least, static_cast<double>(value));
          most = std::max(most, static_cast<double>(value));
          if constexpr (std::is_floating_point_v<std::decay_t<decltype(value)>>)
            whole = whole && std::floor(value) == value && std::isfinite(value);
        }
      },
      array.values);
}

Scan scan_of(const Description& description, const Description::File& file, formats::RowFile& opened) {
  const fs::path path = locate(description, file);
  const auto kept = cache_file(path, file.dataset, opened.state());
  std::optional<Scan> scan = kept ? cached(*kept) : std::nullopt;
  if (!scan) {
    scan = scanned(opened);
    if (kept) keep(*scan, *kept);
  }
  scan->record.role = file.role;
  scan->record.file = path.string();
  check_md5(file, scan->record.digest, opened.where());
  check_planned(description, file, scan->record);
  return *scan;
}

Scan scan_of(const Description& description, const Description::File& file) {
  return as_when_planned(file, [&] {
    return scan_of(description, file, *formats::open_rows(description.format, locate(description, file), file.dataset));
  });
}

}  // namespace elbo::host::data
