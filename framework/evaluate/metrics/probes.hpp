// How much of a data point's class its latent mean tells: probes that are fitted to training latents and read test latents.
#pragma once
#include <elbo/tensor.hpp>

#include <vector>

namespace elbo::host {

/// Latent means and classes of training and of test data, standardised on the former.
struct ProbeData {
  Tensor train, test;                              // [n, L], [m, L]
  std::vector<int64_t> train_labels, test_labels;  // any whole numbers
};

/// Each dimension less its training mean, by its training deviation; one that never varies becomes 0.
ProbeData standardized(ProbeData data);

/// Share of test data whose class is the most frequent among their k nearest training data; ties go to the nearer class.
double neighbour_accuracy(const ProbeData& data, int64_t k);

struct LinearProbe {
  double accuracy = 0;  // share of test data
  double penalty = 0;   // the L2 penalty that a fifth of the training data chose
};

/// Multinomial logistic regression, fitted by L-BFGS.
LinearProbe linear_probe(const ProbeData& data);

}  // namespace elbo::host
