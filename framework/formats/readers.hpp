// What each file of readers/ defines: a Format of the file's name.
#pragma once
#include "format_files.hpp"  // made by CMake: the names of the files
#include "formats/format.hpp"

namespace elbo::formats::readers {
#define ELBO_DECLARED(name) extern const Format name;
ELBO_FORMATS(ELBO_DECLARED)
#undef ELBO_DECLARED
}  // namespace elbo::formats::readers
