// The estimators of log p(x) that evaluate.evidence = "ladder" tries for each test data point, in this order.
#pragma once
#include <array>

namespace elbo::host {

//   encoder    importance sampling with q(z|x)
//   normal     the fitted normal distribution, where its weights are all alike: the posterior is normal
//   refined    importance sampling with a Student-t distribution fitted to the posterior
//   again      the same, fitted again with new noise, with more samples
//   starts     a mixture of such distributions from several starting points
//   annealed   annealed importance sampling from the one before
//   none       all failed: the number is a lower bound of log p(x) in expectation and no more
enum class Rung { encoder, normal, refined, again, starts, annealed, none };

inline constexpr std::array<const char*, 7> rung_names = {"encoder", "normal",   "refined", "again",
                                                          "starts",  "annealed", "none"};

/// In measure keys, with the version of the procedure.
inline constexpr const char* ladder_name = "ladder(1)";

}  // namespace elbo::host
