// Declarations of options, which a plugin's author may get wrong as a user gets values wrong.
#pragma once
#include <string>
#include <vector>

#include <elbo/options.hpp>

namespace elbo::host::experiment {

/// What is wrong with the first faulty declaration, as the end of a sentence that names the plugin; "" when all are
/// sound: names are keys of a TOML table and differ, a default is among the values that its option allows, and what an
/// option needs is a value that an option above it can have.
std::string declaration_fault(const std::vector<Option>& options);

}  // namespace elbo::host::experiment
