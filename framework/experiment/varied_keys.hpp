// What [sweep] and [search] vary, held against the rest of the file.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "experiment/parse.hpp"
#include "experiment/search.hpp"
#include "experiment/sweep.hpp"

namespace elbo::host::experiment {

/// A key that [sweep] or [search] varies.
struct Varied {
  std::string name;
  std::vector<std::string> path;
  Where where;
  std::string section, remedy;  // "[sweep]"; what to write instead of an override
};

std::vector<Varied> varied_keys(const std::vector<Axes>& sweep, const std::optional<Search>& search);

/// Faults keys that no variant may say, of which `keys` are the first parts, and those that are varied twice.
void check_varied(const std::vector<Varied>& varied, const std::vector<std::string>& keys, Faults& faults);

/// Faults what would have no effect: overrides of what is varied, and of single variants.
void check_overrides(const std::vector<Override>& overrides, const std::vector<Varied>& varied, Faults& faults);

/// Faults what of a search does not fit the rest of the file.
void check_search(const Search& search, const std::vector<Variant>& variants, const Node* seeds, Faults& faults);

/// Throws where there would be too many runs, before the combinations are made, which may be more than fit in memory.
void check_count(size_t variants, size_t seeds, const std::vector<Axes>& sweep, const std::optional<Search>& search,
                 int64_t most, const Where& where, Faults& faults);

}  // namespace elbo::host::experiment
