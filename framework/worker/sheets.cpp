#include "worker/sheets.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <elbo/posterior.hpp>

#include "evaluate/evaluate.hpp"
#include "evaluate/metrics/reconstruction.hpp"
#include "model/forward.hpp"

namespace elbo::host::worker {
namespace {

/// So many places from -1 to 1.
double place(int64_t i, int64_t of) {
  return of < 2 ? 0 : 2 * static_cast<double>(i) / static_cast<double>(of - 1) - 1;
}

/// Shares of the way from `a` to `b` [pairs, L], weighted so that they stay on the arc between them.
std::pair<Tensor, Tensor> arc_weights(const Tensor& a, const Tensor& b, double t) {
  const Tensor length_a = a.norm(2, {1}, true), length_b = b.norm(2, {1}, true);
  const Tensor cosine = ((a * b).sum(1, true) / (length_a * length_b)).clamp(-1, 1);
  const Tensor angle = cosine.acos(), sine = angle.sin();
  const Tensor length = (1 - t) * length_a + t * length_b;
  const Tensor straight = sine.abs() < 1e-4;  // the arc is not determined, or is a line
  const auto weight = [&](double share, const Tensor& own) {
    return elbo::where(straight, elbo::full(own.sizes().vec(), share, own),
                       (share * angle).sin() / sine * length / own);
  };
  return {weight(1 - t, length_a), weight(t, length_b)};
}

/// Columns of a sheet: even, so that pairs stay together, and about square.
int64_t sheet_columns(int64_t images) {
  const auto side = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(images))));
  return std::max<int64_t>(2, side + side % 2);
}

int64_t sheet_rows(int64_t images) { return (images + sheet_columns(images) - 1) / sheet_columns(images); }

Tensor shown(const Tensor& x, const BatchSource& source) {
  const observation::ValueRange range = value_range(source);
  return (x - range.low) / (range.high - range.low);
}

Sheet lay_out(const Tensor& images, const Shape& shape, int64_t columns) {  // images [n, X...], 0..1
  const int64_t n = images.size(0), height = shape[0], width = shape[1], channels = shape[2];
  Sheet sheet{(n + columns - 1) / columns * height, columns * width, channels, {}};
  sheet.pixels.assign(static_cast<size_t>(sheet.height * sheet.width * channels), 0);
  const Tensor bytes = (images.reshape({n, channels, height, width}).permute({0, 2, 3, 1}).clamp(0, 1) * 255)
                           .round()
                           .to(at::kCPU, at::kByte)
                           .contiguous();
  const uint8_t* from = bytes.data_ptr<uint8_t>();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t y = 0; y < height; ++y) {
      const int64_t row = i / columns * height + y, column = i % columns * width;
      std::copy_n(from + (i * height + y) * width * channels, width * channels,
                  sheet.pixels.begin() + (row * sheet.width + column) * channels);
    }
  return sheet;
}

/// As wide as high, about.
Sheet lay_out(const Tensor& images, const Shape& shape) {
  return lay_out(images, shape, sheet_columns(images.size(0)));
}

/// What is given of so many test data, from the first on and again where there are fewer; undefined where nothing is.
Tensor condition_in_turn(const BatchSource& source, int64_t count) {
  return source.condition_of(Part::test,
                             at::arange(count, at::TensorOptions(at::kLong)).remainder(source.size(Part::test)));
}

/// A sheet of what the decoder makes of these codes [n, L], with black behind what is missing to `images`.
Sheet decoded_sheet(Model& model, const BatchSource& source, const Tensor& z, int64_t images) {
  Tensor made = shown(decoded_mean(model, where_codes_are(model, z), condition_in_turn(source, 1)), source);
  const Shape missing = Shape{images - made.size(0)} + source.observation_model().observation.shape;
  if (missing[0] > 0) made = elbo::cat({made, elbo::zeros(missing, made)}, 0);
  return lay_out(made, *image_shape(source.observation_model().observation.shape));
}

}  // namespace

Tensor where_codes_are(const Model& model, const Tensor& z) { return model.prior->is_on_sphere() ? onto_sphere(z) : z; }

Tensor decoded_mean(const Model& model, const Tensor& z, const Tensor& condition) {
  return model.likelihood->mean(decode(model, z.unsqueeze(0), condition)).squeeze(0);
}

std::vector<int64_t> most_active(Model& model, const BatchSource& source) {
  constexpr int64_t enough = 500;
  const auto variances = activity(model, source, std::min(enough, source.size(Part::test)));
  std::vector<int64_t> order(variances.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return variances[a] > variances[b]; });
  return order;
}

Tensor traversal_codes(const Tensor& start, const std::vector<int64_t>& dimensions, int64_t steps, double reach) {
  const auto rows = static_cast<int64_t>(dimensions.size());
  const Tensor z = start.expand({rows * steps, start.size(1)}).clone();
  for (int64_t i = 0; i < rows * steps; ++i)
    z.select(0, i).select(0, dimensions[i / steps]).fill_(reach * place(i % steps, steps));
  return z;
}

Tensor manifold_codes(int64_t rows, int64_t columns) {
  const auto quantiles = [](int64_t n) {
    const Tensor u = (at::arange(n, at::TensorOptions(at::kFloat)) + 0.5) / static_cast<double>(n);
    return (u * 2 - 1).erfinv() * std::numbers::sqrt2;
  };
  const Tensor across = quantiles(columns).view({1, columns}).expand({rows, columns});
  const Tensor down = quantiles(rows).flip(0).view({rows, 1}).expand({rows, columns});
  return elbo::stack({across, down}, 2).view({rows * columns, 2});
}

Tensor interpolation_codes(const Tensor& from, const Tensor& to, int64_t steps, bool spherical) {
  std::vector<Tensor> all;
  for (int64_t i = 0; i < steps; ++i) {
    const double t = steps < 2 ? 0 : static_cast<double>(i) / static_cast<double>(steps - 1);
    if (!spherical) {
      all.push_back((1 - t) * from + t * to);
      continue;
    }
    const auto [a, b] = arc_weights(from, to, t);
    all.push_back(a * from + b * to);
  }
  return elbo::stack(all, 1).flatten(0, 1);
}

std::optional<Shape> image_shape(const Shape& x) {
  if (x.size() == 2) return Shape{x[0], x[1], 1};
  if (x.size() == 3 && (x[0] == 1 || x[0] == 3)) return Shape{x[1], x[2], x[0]};
  return {};
}

bool shows_images(const Model& model, const BatchSource& source, int64_t images) {
  return images >= 2 && image_shape(source.observation_model().observation.shape) && model.likelihood->has_mean() &&
         has_posterior_mean(model, source);
}

Shape sheet_shape(const Shape& observation, int64_t images) {
  const Shape image = *image_shape(observation);
  Shape sheet{sheet_rows(images) * image[0], sheet_columns(images) * image[1]};
  if (image[2] == 3) sheet.push_back(3);
  return sheet;
}

Sheet reconstruction_sheet(Model& model, const BatchSource& source, int64_t images) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const int64_t pairs = std::min(images / 2, source.size(Part::test));
  const Batch batch = source.batch(Part::test, 0, pairs, Rng(0));
  const Tensor made =
      shown(decoded_mean(model, posterior_mean(model, *model.encoder->encode(batch.input)), batch.condition), source);
  const Tensor originals = shown(batch.x, source);
  model.set_training(true);
  Tensor both = elbo::stack({originals, made}, 1).flatten(0, 1);
  if (both.size(0) < images)
    both = elbo::cat(
        {both, elbo::zeros(Shape{images - both.size(0)} + source.observation_model().observation.shape, both)}, 0);
  return lay_out(both, *image_shape(source.observation_model().observation.shape));
}

Sheet sample_sheet(Model& model, const BatchSource& source, int64_t images, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  Rng noise = rng;
  const Tensor z = model.prior->sample(images, noise);
  const Tensor made = shown(decoded_mean(model, z, condition_in_turn(source, images)), source);
  model.set_training(true);
  return lay_out(made, *image_shape(source.observation_model().observation.shape));
}

Sheet traversal_sheet(Model& model, const BatchSource& source, int64_t images) {
  constexpr double reach = 3;
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const int64_t columns = sheet_columns(images);
  std::vector<int64_t> dimensions = most_active(model, source);
  dimensions.resize(static_cast<size_t>(std::min(sheet_rows(images), static_cast<int64_t>(dimensions.size()))));
  const Tensor start =
      posterior_mean(model, *model.encoder->encode(source.batch(Part::test, 0, 1, Rng(0)).input));  // [1, L]
  Sheet sheet =
      decoded_sheet(model, source, traversal_codes(start, dimensions, columns, reach), sheet_rows(images) * columns);
  model.set_training(true);
  return sheet;
}

Sheet manifold_sheet(Model& model, const BatchSource& source, int64_t images) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  Sheet sheet = decoded_sheet(model, source,
                              manifold_codes(sheet_rows(images), sheet_columns(images)).to(source.like().options()),
                              sheet_rows(images) * sheet_columns(images));
  model.set_training(true);
  return sheet;
}

std::vector<std::pair<std::string, Sheet>> all_sheets(Model& model, const BatchSource& source, int64_t images,
                                                      const Rng& rng) {
  std::vector<std::pair<std::string, Sheet>> all = {{"reconstructions", reconstruction_sheet(model, source, images)},
                                                    {"samples", sample_sheet(model, source, images, rng)},
                                                    {"traversals", traversal_sheet(model, source, images)}};
  if (model.latent_dim == 2) all.emplace_back("manifold", manifold_sheet(model, source, images));
  return all;
}

Sheet sheet_of(const Tensor& values, const BatchSource& source, int64_t columns) {
  return lay_out(shown(values, source), *image_shape(source.observation_model().observation.shape), columns);
}

}  // namespace elbo::host::worker
