// From a file to what is known of it without running it, and whether this program can use it.
#pragma once
#include "plugins/description.hpp"

namespace elbo::host::plugins {

/// "likelihood:gaussian (/x/likelihood/gaussian.so)"; only the path when the kind or name is not known.
std::string label(const FoundPlugin& plugin);

/// Reads the card and compares it with what was asked for and with this build. Nothing is thrown: `fault` is set.
/// An empty kind or name takes the card's.
FoundPlugin inspect(const std::filesystem::path& file, const std::string& kind, const std::string& name);

}  // namespace elbo::host::plugins
