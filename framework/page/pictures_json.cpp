#include "page/pictures_json.hpp"

#include <fmt/format.h>

#include "base/png.hpp"
#include "log/chain.hpp"
#include "log/series.hpp"
#include "page/numbers.hpp"

namespace elbo::page {
using Json = nlohmann::ordered_json;
namespace {

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

size_t bytes_of(const log::Chain& chain) {
  size_t floats = 2 * chain.table_raw.size() + chain.check_z.size() + chain.check_mean.size();
  for (const log::LinearLayer& layer : chain.layers) floats += layer.weight.size() + layer.bias.size();
  return 4 * floats * 4 / 3;
}

}  // namespace

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
  const auto chain = log::read_chain(log);
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

}  // namespace elbo::page
