// Which rows are held out: at random, by class, by whole groups or the latest ones.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace elbo::host::data {

/// What the rows are of, by their number; empty where the split does not look at it.
struct RowFacts {
  std::vector<int64_t> groups, strata, times;
  std::vector<std::string> group_names, stratum_names;
  std::string group_column, stratum_column, time_column;  // "t.csv: groups = \"subject\"", as messages begin
};

struct HeldOut {
  std::vector<int64_t> kept, held;  // both in the order of `rows`
};

/// Holds out nearly `wanted` of the rows, which lie in random order: the last of them; of each stratum the same share, at least one where
/// `of_every_stratum`, and never all; whole groups in an order that `seed` and their names decide, until the number is nearest; or the latest,
/// whole times. `part` is what messages call what is held out ("test data"). Throws UserError: a stratum or file with one row or group only, a group
/// that is larger than what is to be kept, one time only.
HeldOut hold_out(const std::vector<int64_t>& rows, const RowFacts& facts, int64_t wanted, int64_t seed,
                 const std::string& part, bool of_every_stratum);

}  // namespace elbo::host::data
