// Data that are split already: the names by which files and folders call their parts.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/description.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {

/// Whether a file has training data by one of the usual names: train_x, /train/x, x_train, train_images.
bool has_parts(const formats::Format& format, const std::filesystem::path& path);
/// Its parts, with labels where it has them. Throws UserError where there are no test data beside the training data.
std::vector<Description::File> split_parts(const formats::Format& format, const std::filesystem::path& path);
/// Of a folder of images: folders of training and test data, of classes, or images alone. Where there are training and validation data
/// only, the latter are test data, and `notes` say so.
std::vector<Description::File> image_files(const std::filesystem::path& folder, std::vector<std::string>& notes);

}  // namespace elbo::host::data
