#include "log/decoder_export.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

namespace elbo::host::log {
namespace {

constexpr const char* group = "/decoder";

std::string path_of(const std::string& name) { return std::string(group) + "/" + name; }

template <class T>
void add(h5::File& file, const std::string& name, const std::vector<T>& values, std::vector<hsize_t> shape,
         std::vector<std::string> dims, const std::string& long_name) {
  const hid_t type = sizeof(T) == 4 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
  file.dataset(path_of(name),
               {.type = type, .shape = std::move(shape), .dims = std::move(dims), .units = "1", .long_name = long_name})
      .template write<T>(0, values);
}

void add_layer(h5::File& file, size_t i, const LinearLayer& layer) {
  const std::string in = fmt::format("width_{}", i), out = fmt::format("width_{}", i + 1);
  const auto rows = static_cast<hsize_t>(layer.out), columns = static_cast<hsize_t>(layer.in);
  file.dimension(path_of(out), rows, "output of layer " + std::to_string(i + 1));
  add(file, fmt::format("weight_{}", i), layer.weight, {rows, columns}, {out, in},
      fmt::format("weights of layer {}", i + 1));
  add(file, fmt::format("bias_{}", i), layer.bias, {rows}, {out}, fmt::format("bias of layer {}", i + 1));
}

template <class T>
std::vector<T> all(const h5::File& file, const std::string& name) {
  const h5::Dataset dataset = file.dataset(path_of(name));
  return dataset.read<T>(0, dataset.rows());
}

LinearLayer read_layer(const h5::File& file, size_t i) {
  const auto shape = file.dataset(path_of(fmt::format("weight_{}", i))).shape();
  return {static_cast<int64_t>(shape.at(0)), static_cast<int64_t>(shape.at(1)),
          all<float>(file, fmt::format("weight_{}", i)), all<float>(file, fmt::format("bias_{}", i))};
}

}  // namespace

void write_decoder_export(h5::File& file, const DecoderExport& c) {
  file.group(group);
  file.attribute(group, "activation", c.activation);
  file.dimension(path_of("width_0"), static_cast<hsize_t>(c.layers.front().in), "latent dimension");
  for (size_t i = 0; i < c.layers.size(); ++i) add_layer(file, i, c.layers[i]);
  const hsize_t points = c.check_z.size() / static_cast<size_t>(c.layers.front().in),
                values = c.check_mean.size() / points;
  file.dimension(path_of("point"), c.table_raw.size(), "point of the table");
  file.dimension(path_of("check"), points, "code on which a copy of this decoder can be checked");
  file.dimension(path_of("value"), values, "value of a data point");
  add(file, "table_raw", c.table_raw, {c.table_raw.size()}, {"point"}, "output of the last layer");
  add(file, "table_mean", c.table_mean, {c.table_mean.size()}, {"point"},
      "mean of p(x|z) of the value with that output");
  add(file, "check_z", c.check_z, {points, static_cast<hsize_t>(c.layers.front().in)}, {"check", "width_0"}, "codes");
  add(file, "check_mean", c.check_mean, {points, values}, {"check", "value"},
      "mean of p(x|z) as the decoder itself gave it");
  file.number(path_of("first"), static_cast<double>(c.first), "1",
              "output of the last layer that belongs to the first value");
  file.number(path_of("black"), c.black, "1", "mean that is shown black");
  file.number(path_of("white"), c.white, "1", "mean that is shown white");
  const char* names[] = {"height", "width", "channels"};
  for (size_t i = 0; i < c.image.size(); ++i)
    file.number(path_of(names[i]), static_cast<double>(c.image[i]), "1", std::string(names[i]) + " of the image");
}

std::optional<DecoderExport> read_decoder_export(const h5::File& file) {
  if (!file.has(group)) return {};
  DecoderExport c;
  c.activation = file.attribute(group, "activation");
  while (file.has(path_of(fmt::format("weight_{}", c.layers.size()))))
    c.layers.push_back(read_layer(file, c.layers.size()));
  if (c.layers.empty()) throw Error(file.path().string() + ":" + group + ": has no layers; expected weight_0");
  c.table_raw = all<double>(file, "table_raw");
  c.table_mean = all<double>(file, "table_mean");
  c.check_z = all<float>(file, "check_z");
  c.check_mean = all<float>(file, "check_mean");
  c.first = static_cast<int64_t>(file.number(path_of("first")));
  c.black = file.number(path_of("black"));
  c.white = file.number(path_of("white"));
  for (const char* name : {"height", "width", "channels"})
    c.image.push_back(static_cast<int64_t>(file.number(path_of(name))));
  return c;
}

}  // namespace elbo::host::log
