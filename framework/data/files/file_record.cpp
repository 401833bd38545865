#include "data/files/file_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/text.hpp"

namespace elbo::host::data {
using Json = nlohmann::ordered_json;
namespace {

constexpr size_t most_names_stored = 256;

/// The last step of MurmurHash3 (Appleby 2011): every bit of the argument decides every bit of the result.
uint64_t mixed(uint64_t h) {
  h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
  h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return h ^ h >> 33;
}

constexpr uint64_t odd = 0x9e3779b97f4a7c15ULL;

int64_t values_of_one(const Shape& shape) { return shape.empty() ? 0 : numel({shape.begin() + 1, shape.end()}); }

bool same_names_in_another_order(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

std::string change_of_columns(const FileRecord& before, const FileRecord& now) {
  const auto at = std::mismatch(before.columns.begin(), before.columns.end(), now.columns.begin(), now.columns.end());
  const std::string place =
      fmt::format("column {} is '{}' and was '{}'", at.first - before.columns.begin() + 1, *at.second, *at.first);
  if (same_names_in_another_order(before.columns, now.columns))
    return "its columns stand in another order (" + place + ")";
  return "its columns have other names (" + place + ")";
}

}  // namespace

void ValueHasher::add(const formats::Array& piece) {
  std::visit(
      [&](const auto& values) {
        const auto row = static_cast<size_t>(std::max<int64_t>(1, values_of_one(piece.shape)));
        columns_.resize(row);
        for (size_t first = 0; first + row <= values.size(); first += row) {
          uint64_t hash = row;
          for (size_t i = 0; i < row; ++i) {
            const auto bits = std::bit_cast<uint32_t>(static_cast<float>(values[first + i]));
            hash = (hash ^ bits) * odd;
            columns_[i] = (columns_[i] ^ bits) * odd + 1;
            hash ^= hash >> 32;
            columns_[i] ^= columns_[i] >> 32;
          }
          const uint64_t one = mixed(hash);
          rows_ += one;
          values_ = mixed(values_ * odd + one);
        }
      },
      piece.values);
}

ValueHashes ValueHasher::hashes() const {
  uint64_t columns = 0;
  for (const uint64_t column : columns_) columns += mixed(column);
  return {fmt::format("{:016x}", values_), fmt::format("{:016x}", rows_), fmt::format("{:016x}", columns)};
}

Json to_json(const FileRecord& r) {
  Json json = {{"role", r.role}, {"file", r.file}, {"digest", r.digest}};
  if (r.shape.empty()) return json;
  json["shape"] = r.shape;
  if (!r.columns.empty()) json["columns"] = r.columns;
  json["values"] = r.hashes.values;
  json["rows_in_any_order"] = r.hashes.rows_in_any_order;
  json["columns_in_any_order"] = r.hashes.columns_in_any_order;
  return json;
}

FileRecord file_record_from_json(const Json& json) {
  FileRecord r{.role = json.at("role"), .file = json.at("file"), .digest = json.at("digest")};
  if (!json.contains("shape")) return r;
  r.shape = json.at("shape").get<Shape>();
  if (json.contains("columns")) r.columns = json["columns"].get<std::vector<std::string>>();
  r.hashes = {json.at("values"), json.at("rows_in_any_order"), json.at("columns_in_any_order")};
  return r;
}

std::vector<std::string> if_few(std::vector<std::string> columns) {
  return columns.size() <= most_names_stored ? std::move(columns) : std::vector<std::string>{};
}

std::string change_between(const FileRecord& before, const FileRecord& now) {
  if (before.shape.empty() || now.shape.empty()) return "its content is another";
  std::vector<std::string> sizes;
  if (before.shape[0] != now.shape[0])
    sizes.push_back(fmt::format("it holds {} rows and held {}", now.shape[0], before.shape[0]));
  if (const int64_t is = values_of_one(now.shape), was = values_of_one(before.shape); is != was)
    sizes.push_back(fmt::format("a row of it has {} values and had {}", is, was));
  if (!sizes.empty()) return join(sizes, " and ");
  if (before.columns.size() == now.columns.size() && before.columns != now.columns)
    return change_of_columns(before, now);
  if (before.hashes.values == now.hashes.values)
    return "these values are the same, and what else the file holds is not";
  if (before.hashes.rows_in_any_order == now.hashes.rows_in_any_order) return "its rows stand in another order";
  if (before.hashes.columns_in_any_order == now.hashes.columns_in_any_order)
    return "its columns stand in another order";
  return fmt::format("it holds other values, in as many rows ({})", now.shape[0]);
}

}  // namespace elbo::host::data
