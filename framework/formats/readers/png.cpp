// The PNG images alone of a folder that has others, too.
#include "format_files.hpp"
#include "formats/images/image_folder.hpp"

namespace elbo::host::formats::readers {

constinit const Format png{
    .name = "png",
    .read = [](const Request& r) { return r.labels ? classes_of_images(r, png_names) : read_images(r, png_names); },
    .container = true,
    .is_image_folder = true};

}  // namespace elbo::host::formats::readers
