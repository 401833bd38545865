#include "page/run_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/images/png_writer.hpp"
#include "log/decoder_export.hpp"
#include "log/evaluation_file.hpp"
#include "log/series.hpp"
#include "metrics/summary.hpp"
#include "page/numbers.hpp"
#include "report/run_text.hpp"

namespace elbo::host::page {
using Json = nlohmann::ordered_json;
namespace {

constexpr size_t heat_columns = 80, heat_rows = 64;
constexpr size_t scatter_points = 1000, scatter_dimensions = 4;

hsize_t rows_of(const h5::File& log, const std::string& group, const std::string& dim) {
  return log::rows_until(log.dataset(group + "/" + dim), std::numeric_limits<int64_t>::max());
}

std::vector<double> at(const std::vector<double>& values, const std::vector<size_t>& places) {
  std::vector<double> chosen;
  for (const size_t i : places) chosen.push_back(values[i]);
  return chosen;
}

/// The columns of /train or /test that have any value.
Json pass_json(const h5::File& log, const std::string& group, size_t points) {
  const hsize_t rows = log.has(group + "/epoch") ? rows_of(log, group, "epoch") : 0;
  Json pass = Json::object();
  if (rows == 0) return pass;
  const auto places = thinned(rows, points);
  for (const std::string& name : log.names(group)) {
    const h5::Dataset column = log.dataset(group + "/" + name);
    if (!column.grows() || column.row_size() != 1 || name == metrics::epoch_seconds.name) continue;
    const std::vector<double> values = column.read<double>(0, rows);
    if (std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }))
      pass[name] = short_numbers(at(values, places));
  }
  return pass;
}

/// Latent dimensions, the one with the largest value in the last row first.
std::vector<size_t> largest_first(const std::vector<double>& last, size_t most) {
  std::vector<size_t> order(last.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return last[a] > last[b]; });
  order.resize(std::min(order.size(), most));
  return order;
}

const std::string kl_per_dim = std::string("/test/") + metrics::kl_per_dim.name;

/// KL of each latent dimension of the test data over the epochs.
Json heat_json(const h5::File& log) {
  if (!log.has(kl_per_dim)) return {};
  const hsize_t rows = rows_of(log, "/test", "epoch");
  if (rows == 0) return {};
  const h5::Dataset kl = log.dataset(kl_per_dim);
  const auto size = static_cast<size_t>(kl.row_size());
  const std::vector<double> values = kl.read<double>(0, rows);
  if (!std::isfinite(values.back())) return {};
  const auto epochs = log.dataset("/test/epoch").read<double>(0, rows);
  const auto places = thinned(rows, heat_columns);
  const auto order = largest_first({values.end() - static_cast<std::ptrdiff_t>(size), values.end()}, heat_rows);
  Json heat = {{"epoch", short_numbers(at(epochs, places))}, {"latent", order}, {"of", size}, {"nats", Json::array()}};
  for (const size_t l : order) {
    Json row = Json::array();
    for (const size_t e : places) row.push_back(short_number(std::round(1e4 * values[e * size + l]) / 1e4));
    heat["nats"].push_back(row);
  }
  return heat;
}

std::vector<double> variances(const std::vector<float>& mean, size_t samples, size_t size) {
  std::vector<double> all;
  for (size_t l = 0; l < size; ++l) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < samples; ++i) sum += mean[i * size + l], squares += std::pow(mean[i * size + l], 2);
    const double centre = sum / static_cast<double>(samples);
    all.push_back(squares / static_cast<double>(samples) - centre * centre);
  }
  return all;
}

/// Means of q(z|x) of the first test data, in the dimensions in which they vary most.
Json latents_json(const h5::File& log) {
  if (!log.has("/latents/mean")) return {};
  const hsize_t rows = rows_of(log, "/latents", "snapshot");
  const h5::Dataset means = log.dataset("/latents/mean");
  if (rows == 0) return {};
  const auto samples = static_cast<size_t>(means.shape()[1]), size = static_cast<size_t>(means.shape()[2]);
  const std::vector<float> mean = means.read<float>(rows - 1, 1);
  const auto order = largest_first(variances(mean, samples, size), scatter_dimensions);
  const size_t shown = std::min(samples, scatter_points);
  Json latents = {{"latent", order},
                  {"of", size},
                  {"mean", Json::array()},
                  {"epoch", log.dataset("/latents/snapshot").read<int64_t>(rows - 1, 1)[0]}};
  for (const size_t l : order) {
    Json column = Json::array();
    for (size_t i = 0; i < shown; ++i) column.push_back(short_number(std::round(1e4 * mean[i * size + l]) / 1e4));
    latents["mean"].push_back(column);
  }
  if (log.has("/latents/label")) latents["label"] = log.dataset("/latents/label").read<int64_t>(0, shown);
  return latents;
}

Json provenance_json(const h5::File& log) {
  Json all = Json::object();
  for (const char* name : {"command", "started_at", "seed", "elbo", "torch", "hdf5", "boost", "compiler", "cpu",
                           "device", "cores", "host", "kernel"})
    if (const std::string value = log.attribute("/provenance", name); !value.empty()) all[name] = value;
  return all;
}

/// The last row of a dataset of sheets that was written; rows() where there is none.
hsize_t last_row(const h5::Dataset& sheets) {
  hsize_t row = sheets.rows();
  while (row > 0 && !sheets.holds(row - 1)) --row;
  return row == 0 ? sheets.rows() : row - 1;
}

std::string of(const FoundLog& found) { return fmt::format("of {}, seed {}", found.variant, found.seed); }

template <class T>
std::string packed(const std::vector<T>& values) {
  const std::vector<float> floats(values.begin(), values.end());
  return base64(std::as_bytes(std::span(floats)));
}

size_t bytes_of(const log::DecoderExport& chain) {
  size_t floats = 2 * chain.table_raw.size() + chain.check_z.size() + chain.check_mean.size();
  for (const log::LinearLayer& layer : chain.layers) floats += layer.weight.size() + layer.bias.size();
  return 4 * floats * 4 / 3;
}

}  // namespace

bool Budget::takes(size_t& of, size_t bytes, const std::string& what) {
  if (bytes <= of) return of -= bytes, true;
  left_out.push_back(what + " is left out, so that the page stays small");
  return false;
}

Json curves_json(const h5::File& log, size_t points) {
  return {{"train", pass_json(log, "/train", points)}, {"test", pass_json(log, "/test", points)}};
}

Json terms_json(const h5::File& log) {
  Json terms = Json::object();
  for (const std::string group : {"/test", "/train"}) {
    if (!log.has(group)) continue;
    for (const std::string& name : log.names(group)) {
      const std::string path = group + "/" + name, units = log.attribute(path, "units");
      const Metric* metric = find_metric(name);
      terms[name] = {{"label", metric ? metric->heading() : name},
                     {"unit", units == "1" ? "" : units},
                     {"long_name", log.attribute(path, "long_name")}};
    }
  }
  return terms;
}

Json evaluation_json(const std::filesystem::path& log) {
  const auto file = log.parent_path() / log::evaluation_file;
  Json measured = std::filesystem::exists(file) ? Json(log::read_evaluation(file)) : Json::array();
  for (Json& metric : measured)
    if (const std::string why = report::why_only_a_bound(metric); !why.empty()) metric["only_a_bound"] = why;
  return measured;
}

Json detail_json(const h5::File& log, const FoundLog& found, Budget& budget) {
  Json detail = {{"seed", found.seed}, {"log", found.path.string()}, {"status", found.status}};
  detail["kl_per_dim"] = heat_json(log);
  detail["latents"] = latents_json(log);
  detail["pictures"] = pictures_json(log, found, budget);
  detail["decoder"] = decoder_json(log, found, budget);
  if (log.has("/summary/audit")) detail["audit"] = log.text("/summary/audit");
  detail["provenance"] = provenance_json(log);
  return detail;
}

Json pictures_json(const h5::File& log, const FoundLog& found, Budget& budget) {
  Json pictures = Json::object();
  for (const std::string name : {"reconstructions", "samples", "traversals", "manifold"}) {
    if (!log.has("/images/" + name)) continue;
    const h5::Dataset sheets = log.dataset("/images/" + name);
    const hsize_t row = last_row(sheets);
    if (row == sheets.rows()) continue;
    const auto shape = sheets.shape();
    const auto height = static_cast<int64_t>(shape[1]), width = static_cast<int64_t>(shape[2]);
    const std::string bytes = png(width, height, shape.size() == 4 ? 3 : 1, sheets.read<uint8_t>(row, 1));
    if (!budget.takes(budget.images, bytes.size() * 4 / 3, fmt::format("the sheet of {} {}", name, of(found))))
      continue;
    pictures[name] = {{"epoch", log.dataset("/images/snapshot").read<int64_t>(row, 1)[0]},
                      {"width", width},
                      {"height", height},
                      {"png", "data:image/png;base64," + base64(std::as_bytes(std::span(bytes)))}};
  }
  return pictures;
}

Json decoder_json(const h5::File& log, const FoundLog& found, Budget& budget) {
  const auto chain = log::read_decoder_export(log);
  if (!chain || !budget.takes(budget.weights, bytes_of(*chain), "the decoder " + of(found))) return {};
  Json layers = Json::array();
  for (const log::LinearLayer& layer : chain->layers)
    layers.push_back(
        {{"out", layer.out}, {"in", layer.in}, {"weight", packed(layer.weight)}, {"bias", packed(layer.bias)}});
  return {{"layers", layers},
          {"activation", chain->activation},
          {"first", chain->first},
          {"raw", packed(chain->table_raw)},
          {"mean", packed(chain->table_mean)},
          {"black", chain->black},
          {"white", chain->white},
          {"image", chain->image},
          {"check_z", packed(chain->check_z)},
          {"check_mean", packed(chain->check_mean)}};
}

}  // namespace elbo::host::page
