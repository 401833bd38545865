// What a likelihood takes as known beside z: its probabilities of one total then add up to 1, and those of all totals to more.
#include "conformance/likelihood.hpp"

namespace elbo::conformance {
namespace {

constexpr int64_t most = 64;  // of each of two counts

double mass_over_all_totals(const LikelihoodSubject& subject, uint64_t seed) {
  const auto likelihood = subject.make({2});
  const Tensor k = at::arange(most, at::kDouble);
  return number(
      Law(likelihood, varied_raw(*likelihood, 1, 1, seed)[0][0]).log_prob(at::cartesian_prod({k, k})).exp().sum());
}

}  // namespace

void check_given(const LikelihoodSubject& subject) {
  const Given given = subject.make(subject.support == Support::simplex_counts ? Shape{3} : Shape{1})->given();
  const bool are_counts = subject.support == Support::counts || subject.support == Support::simplex_counts;
  if (!are_counts && given != Given::nothing)
    fail("it declares that a total is given, and its values are no counts; leave do_given out");
  if (!are_counts) skip("only counts have a total that could be given");
  for (const uint64_t seed : {0, 1, 2}) {
    const double mass = mass_over_all_totals(subject, seed);
    if (given == Given::nothing && mass > 1 + 1e-6)
      fail(
          "it declares that nothing is given, and the probabilities of two counts below {} add up to {:.6g} over all "
          "their totals; expected at "
          "most 1; override do_given",
          most, mass);
    if (given != Given::nothing && !(mass > 1.05))
      fail(
          "it declares that the total is given, and the probabilities of two counts below {} add up to {:.6g} over all "
          "their totals, so that it "
          "is a law of the total too; leave do_given out",
          most, mass);
  }
}

}  // namespace elbo::conformance
