#include "data/splits/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include <elbo/error.hpp>

#include "base/random.hpp"
#include "data/setting_fault.hpp"

namespace elbo::host::data {

namespace {

/// Of rows that are divided already, the first so many as are asked for.
SplitSizes sizes_of_division(const Description& d, const DataConfig& config) {
  const SplitRows& rows = *d.division;
  const auto sized = [&](const char* key, int64_t asked, const std::vector<int64_t>& there) {
    const auto most = static_cast<int64_t>(there.size());
    if (asked > most)
      throw SettingFault(key, fmt::format("{}: {} = {} asks for more than there are; expected at most {}; lower {}",
                                          d.name, key, asked, most, key));
    return asked > 0 ? asked : most;
  };
  const bool own_valid = d.valid > 0;
  const SplitSizes sizes{
      .pool = d.train,
      .train = sized("train", config.train, rows.train),
      .valid = own_valid ? sized("valid", config.valid, rows.valid) : static_cast<int64_t>(rows.valid.size()),
      .test = sized("test", config.test, rows.test)};
  if (sizes.train <= 0)
    throw UserError(d.name + ": no training data are left; expected at least one row; hold out fewer");
  if (sizes.test <= 0) throw UserError(fmt::format("{}: has no test data; expected at least one row", d.name));
  return sizes;
}

}  // namespace

SplitSizes split_sizes(const Description& description, const DataConfig& config) {
  if (description.division) return sizes_of_division(description, config);
  SplitSizes sizes{.pool = description.train, .train = config.train, .valid = config.valid, .test = config.test};
  if (description.format == "generated") sizes.pool = std::max(sizes.pool, sizes.train + sizes.valid);
  const bool own_valid = description.valid > 0;
  if (own_valid && sizes.valid == 0) sizes.valid = description.valid;
  if (own_valid && sizes.valid > description.valid)
    throw SettingFault(
        "valid",
        fmt::format("{}: valid = {} asks for more validation data than there are; expected at most {}; lower valid",
                    description.name, sizes.valid, description.valid));
  const int64_t held_out = own_valid ? 0 : sizes.valid;  // of the pool
  if (sizes.train == 0) sizes.train = sizes.pool - held_out;
  if (sizes.test == 0) sizes.test = description.test;

  if (sizes.train <= 0)
    throw SettingFault(
        "valid",
        fmt::format("{}: valid = {} leaves no training data; expected less than the {} rows there are; lower valid",
                    description.name, sizes.valid, sizes.pool));
  if (sizes.train + held_out > sizes.pool)
    throw SettingFault(
        "train", fmt::format("{}: train = {} and valid = {} ask for {} rows; expected at most {}; lower one of them",
                             description.name, sizes.train, sizes.valid, sizes.train + held_out, sizes.pool));
  if (sizes.test > description.test && description.format != "generated")
    throw SettingFault("test",
                       fmt::format("{}: test = {} asks for more than there are; expected at most {}; lower test",
                                   description.name, sizes.test, description.test));
  if (sizes.test <= 0)
    throw UserError(fmt::format("{}: has no test data; expected at least one row", description.name));
  return sizes;
}

namespace {

std::vector<int64_t> counted(int64_t rows) {
  std::vector<int64_t> all(static_cast<size_t>(rows));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

std::vector<int64_t> drawn(const Description& d, int64_t rows) {
  return d.format == "generated" ? counted(rows) : permutation(rows, drawing_seed);
}

}  // namespace

SplitRows split_rows(const Description& d, const SplitSizes& sizes) {
  if (d.division) {
    SplitRows rows = *d.division;
    rows.train.resize(static_cast<size_t>(sizes.train));
    rows.valid.resize(static_cast<size_t>(sizes.valid));
    rows.test.resize(static_cast<size_t>(sizes.test));
    return rows;
  }
  const bool is_one_file = d.shuffle.has_value();
  const std::vector<int64_t> all = is_one_file ? permutation(d.train + d.test, *d.shuffle) : drawn(d, sizes.pool);
  const auto of = [](const std::vector<int64_t>& from, int64_t first, int64_t count) {
    return std::vector<int64_t>(from.begin() + first, from.begin() + first + count);
  };
  return {.train = of(all, 0, sizes.train),
          .valid = d.valid > 0 ? of(drawn(d, d.valid), 0, sizes.valid) : of(all, sizes.pool - sizes.valid, sizes.valid),
          .test = is_one_file ? of(all, d.train, sizes.test) : of(drawn(d, d.test), 0, sizes.test)};
}

int64_t usable_rows(const Description& d, const std::string& part) {
  const auto copies = d.copies.find(part);
  const int64_t rows = part.empty()       ? d.train + d.test
                       : part == "train_" ? d.train
                       : part == "valid_" ? d.valid
                                          : d.test;
  return rows + (copies == d.copies.end() ? 0 : copies->second);
}

std::vector<int64_t> permutation(int64_t rows, int64_t seed) {
  std::vector<int64_t> order = counted(rows);
  constexpr uint64_t split_stream = 2;
  Draws draws(static_cast<uint64_t>(seed), split_stream, 0);
  for (size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[static_cast<size_t>(draws.uniform() * static_cast<double>(left))]);
  return order;
}

}  // namespace elbo::host::data
