// What is special about images among the user's own data: their sizes, transparency, and where arrays have their channels.
#pragma once
#include <string>

#include "data/description.hpp"

namespace elbo::host::data {

/// What [dataset] wants made of images. Throws UserError unless sizes have two numbers.
formats::ImageOptions image_options(const DataConfig& config);

/// Of training, validation or test images. Throws UserError where their shape or depth is not that of parts before.
void add_image_part(const Shape& shape, const formats::ImageFacts& facts, const Description::File& file,
                    Description& description);

/// Whether arrays [rows, a, b, c] are images with c channels: as `layout` says, else where a dimension of 1 to 4 or two equal ones say it.
/// Adds a note where there are more than 4 channels. Throws UserError where nothing tells.
bool has_channels_last(const Shape& all, const std::string& layout, Description& description);

/// [N, height, width, channels] as [N, channels, height, width]; `shape` is the latter without N.
void put_channels_first(formats::Array& x, const Shape& shape);

}  // namespace elbo::host::data
