// How well latent dimensions match factors that are known: MIG and DCI.
#pragma once
#include "evaluate/forest.hpp"

namespace elbo::host {

/// Latent means with the factors that made the data: values 0, 1, ... of each.
struct FactorData {
  FeatureTable latents;                       // [N, L]
  std::vector<std::vector<int64_t>> factors;  // a factor each, N values
};

/// Mutual information gap, mean over factors of (I_1 - I_2) / H(factor), I_1 and I_2 the largest of I(bin of z_j; factor)
/// (Chen et al. 2018), with the histograms of 20 even bins of Locatello et al. (2019). 0 to 1.
double mutual_information_gap(const FactorData& data);

/// Eastwood & Williams (2018), with random forests: each 0 to 1, 1 the best.
struct Dci {
  double disentanglement = 0;      // a dimension is important for one factor only
  double completeness = 0;         // a factor needs one dimension only
  double informativeness = 0;      // share of test data whose factors are predicted right, mean over factors
  std::vector<double> importance;  // [factors, L], of each factor's forest
};
Dci dci(const FactorData& train, const FactorData& test);

}  // namespace elbo::host
