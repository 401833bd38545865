// PNG and JPEG images in a folder, or in a folder for each class.
#include "format_files.hpp"
#include "formats/images/image_folder.hpp"

namespace elbo::host::formats {

namespace readers {

constinit const Format images{
    .name = "images",
    .match = [](const Candidate& c) { return c.is_folder() ? Match::by_name : Match::none; },
    .read = [](const Request& r) { return r.labels ? classes_of_images(r, image_names) : read_images(r, image_names); },
    .container = true,
    .is_image_folder = true};

}  // namespace readers
}  // namespace elbo::host::formats
