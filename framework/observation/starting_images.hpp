// An experiment file to start from, made of what a folder of images holds.
#pragma once
#include <string>

#include "data/description.hpp"
#include "formats/images/image_folder.hpp"

namespace elbo::host::observation {

/// Settings of [dataset] under which images can be read together, and why they are needed; no reason where they are not.
struct ImageChoice {
  DataConfig config;
  std::string resize_reason, background_reason;
};

/// Adds resize where sizes differ or are large, and background where pixels are transparent, unless the config has them.
ImageChoice choice_for_images(DataConfig config, const formats::ImageSurvey& survey, bool is_transparent);

/// "20 x 30 (3), 32 x 32 (100), ..., 427 x 640 (1)": heights and widths, with the number of images.
std::string sizes_in_words(const formats::ImageSurvey& survey);

/// Text of an experiment in TOML that runs as it stands, with a comment for each choice; networks and likelihood are those of
/// templates/experiment/images.toml.
std::string starting_image_experiment(const ImageChoice& choice, const data::Description& description);

}  // namespace elbo::host::observation
