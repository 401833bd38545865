// [search]: settings that are drawn at random from a space, in place of every combination of a sweep.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <elbo/options.hpp>

#include "experiment/sweep.hpp"

namespace elbo::host::experiment {

/// [search], without the space.
struct SearchConfig {
  int64_t trials = 20;
  std::string method = "random";
  int64_t seed = 1;
  int64_t min_epochs = 1;
  int64_t reduction_factor = 3;

  static void describe(Options<SearchConfig>& o) {
    o.add("trials", &SearchConfig::trials, "settings to draw from search.space, for each variant").range(1, 1e6);
    o.add("method", &SearchConfig::method,
          "random trains every trial to its end; halving trains all for a few epochs and goes on with the best by "
          "validation data (successive halving)")
        .one_of({"random", "halving"});
    o.add("seed", &SearchConfig::seed, "seed of the draws; the seeds of the runs are those of seeds").range(0, 1e15);
    o.add("min_epochs", &SearchConfig::min_epochs, "epochs of the first rung, in which every trial is trained")
        .range(1, 1e9)
        .only_with("method", {"halving"});
    o.add("reduction_factor", &SearchConfig::reduction_factor,
          "one trial of so many goes on after a rung, and the next rung has so many times its epochs")
        .range(2, 100)
        .only_with("method", {"halving"});
  }
  bool is_halving() const { return method == "halving"; }
};

/// A key of search.space with its distribution.
struct Dimension {
  std::string name;  // "train.optimizer.lr"
  std::vector<std::string> path;
  Where where;
  std::string distribution;             // "log_uniform"
  List given;                           // two bounds, or what is chosen from
  std::vector<std::string> variants{};  // that it is drawn for; empty: all

  bool is_choice() const { return distribution == "choice"; }
  bool is_integer() const { return distribution.ends_with("integer"); }
  bool is_log() const { return distribution.starts_with("log"); }
  /// How many values there are; infinity of real numbers.
  double count() const;
  /// The value at a number from 0 to 1, which is below 1. Real numbers have four digits, which the results then show in full, and
  /// which do not depend on the last digit of a logarithm.
  Node at(double u) const;
};

struct Search {
  SearchConfig config;
  Where where;   // of [search]
  Where trials;  // of their number
  std::vector<Dimension> space;
};

/// Reads [search]; nothing, with faults, where it is no such section.
std::optional<Search> read_search(const Node& search, Faults& faults);

/// The trials of each variant, "gaussian trial 1" and so on. A value depends on the seed, its key and the number of its trial: more trials or
/// keys leave the others as they are. No two trials of a variant are the same. Mistakes go to faults.
std::vector<Variant> trials_of(const std::vector<Variant>& variants, const Search& search, Faults& faults);

/// Of each variant, as many as it takes to have every bound and every choice once: what a plan checks before it looks at trials.
std::vector<Variant> ends_of(const std::vector<Variant>& variants, const Search& search);

}  // namespace elbo::host::experiment
