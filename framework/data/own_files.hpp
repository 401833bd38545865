// Which files of the user's hold which part of the data: values, labels, and what the split looks at.
#pragma once
#include "data/description.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {

/// Of config.path, and of test_path and valid_path where they are given. Throws UserError: no such part inside, files of different formats, or
/// keys that these files cannot follow.
std::vector<Description::File> own_files(const formats::Format& format, const DataConfig& config,
                                         Description& description);

/// What of a table is modelled: what `select` says, without the columns of labels, groups and time unless it names them.
std::string selection_of(const DataConfig& config);

}  // namespace elbo::host::data
