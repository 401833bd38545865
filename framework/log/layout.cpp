#include "log/layout.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "base/json.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::log {
namespace {

// Raw chunks: a filtered chunk that is written twice changes its size and moves, and is unreadable after a kill.
constexpr hsize_t rows_of_a_chunk = 1024;

hsize_t size_of(int64_t size) { return static_cast<hsize_t>(size); }

/// What h5web draws when it opens the group: the first line, and the others of the same unit with it.
void plot_by_default(h5::File& file, const std::string& group, const std::vector<Column>& columns) {
  if (columns.empty()) return;
  const auto elbo =
      std::find_if(columns.begin(), columns.end(), [](const Column& c) { return c.name == metrics::elbo.name; });
  const Column& signal = elbo == columns.end() ? columns.front() : *elbo;
  std::vector<std::string> others;
  for (const Column& c : columns)
    if (c.units == signal.units && c.name != signal.name) others.push_back(c.name);
  file.attribute(group, "NX_class", "NXdata");
  file.attribute(group, "signal", signal.name);
  file.attribute(group, "axes", std::vector<std::string>{"epoch"});
  if (!others.empty()) file.attribute(group, "auxiliary_signals", others);
}

void create_series(h5::File& file, const std::string& group, const std::string& dim, const std::string& long_name,
                   const std::vector<Column>& columns) {
  file.group(group);
  file.coordinate(group + "/" + dim, long_name);
  for (const Column& c : columns)
    file.dataset(group + "/" + c.name, {.type = H5T_IEEE_F64LE,
                                        .shape = {0},
                                        .dims = {dim},
                                        .units = c.units,
                                        .long_name = c.long_name,
                                        .growing = true,
                                        .chunk = {rows_of_a_chunk}});
  for (const Column& c : columns) file.attribute_if_any(group + "/" + c.name, "better", c.better);
}

void create_pass(h5::File& file, const std::string& group, const std::vector<Column>& columns, int64_t latent_dim) {
  create_series(file, group, "epoch", "epochs of training that were complete", columns);
  if (latent_dim > 0) {
    const hsize_t latent = size_of(latent_dim);
    file.dimension(group + "/latent", latent, "latent dimension");
    constexpr const Metric& kl = metrics::kl_per_dim;
    file.dataset(group + "/" + kl.name, {.type = H5T_IEEE_F64LE,
                                         .shape = {0, latent},
                                         .dims = {"epoch", "latent"},
                                         .units = kl.unit,
                                         .long_name = kl.long_name,
                                         .growing = true,
                                         .chunk = {64, latent}});
  }
  plot_by_default(file, group, columns);
}

void create_latents(h5::File& file, const Layout& layout) {
  const hsize_t rows = size_of(layout.latent_rows), latent = size_of(layout.latent_dim);
  file.group("/latents");
  file.coordinate("/latents/snapshot", "epochs of training that were complete");
  file.dimension("/latents/sample", rows, "data point of the test data");
  file.dimension("/latents/latent", latent, "latent dimension");
  for (const auto& [name, long_name] : {std::pair{"mean", "mean of q(z|x)"}, {"scale", "standard deviation of q(z|x)"}})
    file.dataset(std::string("/latents/") + name, {.type = H5T_IEEE_F32LE,
                                                   .shape = {0, rows, latent},
                                                   .dims = {"snapshot", "sample", "latent"},
                                                   .units = "1",
                                                   .long_name = long_name,
                                                   .growing = true,
                                                   .chunk = {1, rows, latent}});
  if (layout.latent_labels.empty()) return;
  file.dataset("/latents/label", {.type = H5T_STD_I64LE,
                                  .shape = {rows},
                                  .dims = {"sample"},
                                  .units = "1",
                                  .long_name = "class of the data point"})
      .write<int64_t>(0, layout.latent_labels);
}

void create_images(h5::File& file, const Layout& layout) {
  std::vector<hsize_t> shape{0}, chunk{1};
  std::vector<std::string> dims{"snapshot", "y", "x"};
  if (layout.sheet_shape.size() == 3) dims.push_back("colour");
  file.group("/images");
  file.coordinate("/images/snapshot", "epochs of training that were complete");
  for (size_t i = 0; i < layout.sheet_shape.size(); ++i) {
    shape.push_back(size_of(layout.sheet_shape[i]));
    chunk.push_back(shape.back());
    file.dimension("/images/" + dims[i + 1], shape.back(), i < 2 ? "pixel" : "red, green, blue");
  }
  for (const std::string& name : image_names(layout))
    file.dataset("/images/" + name, {.type = H5T_STD_U8LE,
                                     .shape = shape,
                                     .dims = dims,
                                     .units = "1",
                                     .long_name = name + " as one sheet",
                                     .growing = true,
                                     .chunk = chunk,
                                     .deflate = true});
}

void create_provenance(h5::File& file, const Layout& layout) {
  file.group("/provenance");
  for (const auto& [name, value] : layout.provenance) file.attribute("/provenance", name, value);
  if (layout.plugins.empty()) return;
  const std::string group = "/provenance/plugins";
  file.group(group);
  file.dimension(group + "/plugin", layout.plugins.size(), "plugin");
  for (const auto& [name, unused] : layout.plugins.front()) {
    std::vector<std::string> values;
    for (const auto& row : layout.plugins) {
      const auto value =
          std::find_if(row.begin(), row.end(), [&name = name](const auto& pair) { return pair.first == name; });
      values.push_back(value == row.end() ? "" : value->second);
    }
    file.texts(group + "/" + name, values, "plugin", name + " of the plugin");
  }
}

void check_layout(const Layout& layout) {
  if (layout.sheet_shape.size() > 3 || layout.sheet_shape.size() == 1)
    throw Error("run log: image sheets of shape " + to_string(layout.sheet_shape) + "; expected [H, W] or [H, W, 3]");
  if (layout.latent_rows > 0 && layout.latent_dim <= 0)
    throw Error("run log: latents are to be logged without a latent dimension; expected latent_dim > 0");
  if (!layout.latent_labels.empty() && layout.latent_labels.size() != size_of(layout.latent_rows))
    throw Error("run log: " + std::to_string(layout.latent_labels.size()) + " labels for " +
                std::to_string(layout.latent_rows) + " rows of latents; expected one a row");
}

}  // namespace

std::vector<std::string> image_names(const Layout& layout) {
  if (layout.sheet_shape.empty()) return {};
  std::vector<std::string> names{"samples", "reconstructions", "traversals"};
  if (layout.manifold) names.push_back("manifold");
  return names;
}

void write_experiment(h5::File& file, const std::string& experiment_toml) {
  file.text("/config/experiment_toml", experiment_toml, "the experiment file as it was given");
}

void write_plan(h5::File& file, const std::string& plan_json) {
  file.text("/config/plan_json", plan_json, "this run with every default filled in");
  const auto plan = json_or_discarded(plan_json);  // of a run of this program; else there is nothing to name
  if (!plan.is_object()) return;
  if (const std::string variant = member_or(plan, "variant", ""); !variant.empty())
    file.replace_attribute("/", "variant", variant);
  if (const auto seed = member_or(plan, "seed", int64_t{0}); plan.contains("seed"))
    file.replace_attribute("/", "seed", seed);
}

void create_layout(h5::File& file, const Layout& layout) {
  check_layout(layout);
  file.attribute("/", "Conventions", convention);
  file.attribute("/", "title", layout.title);
  file.attribute("/", "status", "running");
  file.attribute("/", "NX_class", "NXroot");
  file.attribute("/", "default", "train");
  file.group("/config");
  write_experiment(file, layout.experiment_toml);
  write_plan(file, layout.plan_json);
  create_provenance(file, layout);
  create_pass(file, "/train", layout.train_columns, layout.latent_dim);
  create_pass(file, "/test", layout.test_columns, layout.latent_dim);
  if (!layout.step_columns.empty())
    create_series(file, "/steps", "step", "steps of training that were complete", layout.step_columns);
  if (layout.latent_rows > 0) create_latents(file, layout);
  if (!layout.sheet_shape.empty()) create_images(file, layout);
}

}  // namespace elbo::host::log
