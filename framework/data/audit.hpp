// What the training data are, and what in a likelihood clashes with that.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/transforms.hpp"
#include "plugins/traits.hpp"

namespace elbo::data {

struct DataFacts {
  std::string name;
  Support support = Support::real;
  int64_t levels = 0, data = 0, dimensions = 0;
  double min = 0, max = 0, mean = 0;
  double zeros = 0,
         tops = 0;    // shares of values that are exactly 0; exactly the largest one allowed (levels - 1, or 1)
  bool whole = true;  // every value is an integer
  int64_t whole_positions = 0;  // of real values: positions at which every one is
  double draws_entropy = 0;     // of grey values: mean entropy of a datum's binary draws, nats
  // of counts:
  double variance_to_mean = 0;         // median over the positions that are not always 0
  double poisson_zeros = 0;            // share of zeros if each position were Poisson with its mean
  double negative_binomial_zeros = 0;  // the same with its mean and variance
  double least_total = 0, median_total = 0, most_total = 0;  // of one datum
  /// What is likely to be a mistake or a trap under any likelihood, one sentence each, with the place and the number.
  std::vector<std::string> findings{};
};

/// Of a given total too.
bool are_counts(Support support);
/// Of the training part, in one pass; copies of its data among the held-out ones are looked for too.
/// `counted`: columns of a table, by their places from 0, that are known to be scored as levels or counts.
DataFacts facts_of(const Dataset& dataset, const std::vector<int64_t>& counted = {});
/// Of some columns of a table, by their places from 0, as a likelihood with this support sees them; without findings.
DataFacts facts_of_columns(const Dataset& dataset, const std::vector<int64_t>& places, Support support);

/// "fashion_mnist: 60000 x 784 values on 256 levels, 50.0 % exactly 0, 0.4 % exactly 255, mean 72.9"
std::string in_words(const DataFacts& facts);

/// A likelihood as it meets the data.
struct Meeting {
  std::string likelihood;
  plugins::Traits traits{};
  bool interval = false;     // scored as the mass of each level, not as a density
  bool dequantised = false;  // noise is added to the levels
  bool binarised = false;
  bool softened = false;  // grey values are the targets of a binary likelihood
};

/// A likelihood with these traits, under this view.
Meeting meeting(const std::string& likelihood, const plugins::Traits& traits, const View& view);

/// A likelihood that there is, made with its default options.
struct Candidate {
  std::string name;
  plugins::Traits traits{};
};

/// Those with this support; asked only where a sentence has candidates to name.
using Candidates = std::function<std::vector<Candidate>(Support)>;

/// One sentence for each clash, naming the missing term and the candidates that have it; none when there is none.
std::vector<std::string> clashes(const DataFacts& facts, const Meeting& meeting, const Candidates& candidates = {});

}  // namespace elbo::data
