// Contact sheets: many small images in one.
#pragma once
#include <optional>
#include <vector>

#include "batches/batch_source.hpp"
#include "model/model.hpp"

namespace elbo::worker {

struct Sheet {
  int64_t height = 0, width = 0, channels = 1;
  std::vector<uint8_t> pixels;  // row-major, channels last
};

/// Height, width and channels of one observation: [H, W] or [C, H, W] with C = 1 or 3; nothing for other shapes.
std::optional<Shape> image_shape(const Shape& observation);
/// Whether a run of so many images shows any: the data are images, and the likelihood has means to show.
bool shows_images(const Model& model, const BatchSource& source, int64_t images);

/// Values in the likelihood's units [n, X...] as images, so many a row.
Sheet sheet_of(const Tensor& values, const BatchSource& source, int64_t columns);

/// Test data above what the model makes of them (the likelihood's mean at z = E[z|x]), pair by pair.
Sheet reconstruction_sheet(Model& model, const BatchSource& source, int64_t images);
/// The likelihood's mean at z ~ p(z); the same z whenever it is called with the same generator.
Sheet sample_sheet(Model& model, const BatchSource& source, int64_t images, const Rng& rng);
/// Rows: latent dimensions, most active first; columns: that dimension from -3 to 3, the others as E[z|x] of the first
/// test datum.
Sheet traversal_sheet(Model& model, const BatchSource& source, int64_t images);
/// The likelihood's mean over the plane of two latent dimensions, at even steps of the distribution function of N(0, 1) in
/// each (Kingma & Welling 2014, figure 4).
Sheet manifold_sheet(Model& model, const BatchSource& source, int64_t images);
/// Height and width of a sheet of so many images.
Shape sheet_shape(const Shape& observation, int64_t images);

}  // namespace elbo::worker
