#include "data/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include <elbo/error.hpp>

#include "data/random.hpp"

namespace elbo::data {

SplitSizes split_sizes(const Description& description, const DataConfig& config) {
  SplitSizes sizes{.pool = description.train, .train = config.train, .valid = config.valid, .test = config.test};
  if (description.format == "generated") sizes.pool = std::max(sizes.pool, sizes.train + sizes.valid);
  if (sizes.train == 0) sizes.train = sizes.pool - sizes.valid;
  if (sizes.test == 0) sizes.test = description.test;

  if (sizes.train <= 0)
    throw UserError(
        fmt::format("{}: valid = {} leaves no training data; expected less than the {} rows there are; lower valid",
                    description.name, sizes.valid, sizes.pool));
  if (sizes.train + sizes.valid > sizes.pool)
    throw UserError(fmt::format("{}: train = {} and valid = {} ask for {} rows; expected at most {}; lower one of them",
                                description.name, sizes.train, sizes.valid, sizes.train + sizes.valid, sizes.pool));
  if (sizes.test > description.test && description.format != "generated")
    throw UserError(fmt::format("{}: test = {} asks for more than there are; expected at most {}; lower test",
                                description.name, sizes.test, description.test));
  if (sizes.test <= 0)
    throw UserError(fmt::format("{}: has no test data; expected at least one row", description.name));
  return sizes;
}

std::vector<int64_t> permutation(int64_t rows, int64_t seed) {
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), int64_t{0});
  constexpr uint64_t split_stream = 2;
  Draws draws(static_cast<uint64_t>(seed), split_stream, 0);
  for (size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[static_cast<size_t>(draws.uniform() * static_cast<double>(left))]);
  return order;
}

}  // namespace elbo::data
