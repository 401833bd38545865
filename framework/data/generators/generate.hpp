// Data made by the program: which generators there are, and how they are called.
#pragma once
#include <string>
#include <vector>

#include <elbo/options.hpp>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// Throws UserError with the nearest name, after `where`.
const std::vector<Option>& generator_options(const std::string& generator, const std::string& where);
/// Rows of the description's generator: a function of (description, seed, stream, row) alone. With `evidence` also the
/// exact log p(x) of each. Throws UserError when the shape or support is not one the generator makes.
Split generate(const Description& description, int64_t seed, uint64_t stream, int64_t rows, bool evidence);
/// Names of the factors that the generator tells of each data point; none for most.
std::vector<std::string> generated_factors(const std::string& generator);

}  // namespace elbo::host::data
