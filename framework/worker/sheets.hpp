// Latent codes to look at, what the decoder makes of them, and contact sheets of it: many small images in one.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "batches/batch_source.hpp"
#include "model/model.hpp"

namespace elbo::host::worker {

/// Codes [n, L] moved to where the prior has any: along their rays to the unit sphere, where it lies on that.
Tensor where_codes_are(const Model& model, const Tensor& z);

/// The likelihood's mean at codes [n, L] and what is given of them [n, C], or of all [1, C] -> [n, X...].
Tensor decoded_mean(const Model& model, const Tensor& z, const Tensor& condition);

/// Latent dimensions, the one first whose mean varies most over the first test data.
std::vector<int64_t> most_active(Model& model, const BatchSource& source);

/// [dimensions x steps, L]: `start` [1, L] with one dimension after the other taken from -reach to reach.
Tensor traversal_codes(const Tensor& start, const std::vector<int64_t>& dimensions, int64_t steps, double reach);

/// [rows x columns, 2] at even steps of the distribution function of N(0, 1) in each dimension, the second one falling
/// (Kingma & Welling 2014, figure 4).
Tensor manifold_codes(int64_t rows, int64_t columns);

/// [pairs x steps, L] from each of `from` [pairs, L] to its partner in `to`: straight, or along an arc whose length goes
/// evenly from the one's to the other's (spherical, White 2016).
Tensor interpolation_codes(const Tensor& from, const Tensor& to, int64_t steps, bool spherical);

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
/// The likelihood's mean at z ~ p(z), given what is given of the first test data; the same z whenever it is called with the same generator.
Sheet sample_sheet(Model& model, const BatchSource& source, int64_t images, const Rng& rng);
/// Rows: latent dimensions, most active first; columns: that dimension from -3 to 3, the others as E[z|x] of the first
/// test data point.
Sheet traversal_sheet(Model& model, const BatchSource& source, int64_t images);
/// The likelihood's mean over the plane of two latent dimensions, at even steps of the distribution function of N(0, 1) in
/// each (Kingma & Welling 2014, figure 4).
Sheet manifold_sheet(Model& model, const BatchSource& source, int64_t images);
/// All of these, the last one of two latent dimensions only, each with its name.
std::vector<std::pair<std::string, Sheet>> all_sheets(Model& model, const BatchSource& source, int64_t images,
                                                      const Rng& rng);
/// Height and width of a sheet of so many images.
Shape sheet_shape(const Shape& observation, int64_t images);

}  // namespace elbo::host::worker
