// The numbers of each test datum of a variant's runs, ready to be compared with those of another variant.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

using SeedRows = std::vector<std::vector<double>>;  // [seed][image]

struct VariantValues {
  std::vector<int64_t> seeds;   // ascending
  SeedRows rows;                // of each seed
  std::vector<int64_t> groups;  // of each image: data of one group depend on each other; empty where the log names none

  bool empty() const { return rows.empty(); }
  /// Of a seed, or seeds, all of which it has.
  const std::vector<double>& of(int64_t seed) const;
  SeedRows of(const std::vector<int64_t>& wanted) const;
  /// Of each image, whether every seed has a finite number.
  std::vector<bool> finite() const;
};

/// Empty unless every run has the column `name` of /per_example.
VariantValues values_of(const VariantRow& row, const std::string& name);

/// Seeds that both have, ascending.
std::vector<int64_t> common_seeds(const std::vector<int64_t>& a, const std::vector<int64_t>& b);

/// The images on which every seed of both has a number, and how many only one of them has.
struct CommonImages {
  std::vector<size_t> images;
  size_t of_one = 0;
};
CommonImages common_images(const VariantValues& a, const VariantValues& b);

SeedRows at_images(const SeedRows& rows, const std::vector<size_t>& images);

/// a - b, cell by cell.
SeedRows differences(const SeedRows& a, const SeedRows& b);

/// a - b of each test datum of which all seeds of both have a finite value; each averaged over its seeds first.
std::vector<double> differences_of(const VariantRow& a, const VariantRow& b, const std::string& value);

}  // namespace elbo::report
