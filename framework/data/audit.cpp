#include "data/audit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace elbo::data {
namespace {

constexpr double notable_share = 0.01;   // of values at one point, where a density has no mass
constexpr double heavy_share = 0.2;      // of values at one level, beside which one scale cannot serve the others
constexpr double notable_ratio = 1.5;    // of variance to mean, for Poisson's 1
constexpr double notable_zeros = 0.02;   // above what the law expects
constexpr double notable_totals = 3;     // largest over smallest total of a datum

std::string percent(double share) {
  return share > 0 && share < 0.0005 ? "under 0.1 %" : fmt::format("{:.1f} %", 100 * share);
}

/// A density that is evaluated at the values themselves.
bool is_plain_density(const Meeting& m) {
  return measure_of(m.support) == Measure::lebesgue && !m.interval && !m.dequantised;
}

using Clashes = std::vector<std::string>;

void check_density(const DataFacts& f, const Meeting& m, Clashes& out) {
  if (!is_plain_density(m)) return;
  if (f.levels > 0)
    return out.push_back(fmt::format("scores {} levels as points of a density, which may grow without bound; set dequantize = true, or "
                                     "observe = \"levels\" for their exact mass",
                                     f.levels));
  if (f.whole)
    return out.push_back("every value is an integer, and a density of integers may grow without bound; observe them as counts or levels");
  if (f.whole_positions > 0)
    out.push_back(fmt::format("at {} of {} positions every value is an integer, and a density of integers may grow without bound; "
                              "observe = \"columns\" and composite give such columns levels or counts",
                              f.whole_positions, f.dimensions));
  const bool forbidden = f.support == Support::unit_interval && (m.likelihood == "beta" || m.likelihood == "logit_normal");
  if (forbidden && f.zeros + f.tops > 0)
    return out.push_back(fmt::format("{} of the values are exactly 0 or 1, where it has no finite density; it lacks mass at the ends: "
                                     "choose continuous_bernoulli or truncated_normal",
                                     percent(f.zeros + f.tops)));
  if (f.zeros > notable_share)
    out.push_back(fmt::format("{} of the values are exactly 0, where a density may grow without bound; it lacks a point mass there",
                              percent(f.zeros)));
}

void check_levels(const DataFacts& f, const Meeting& m, Clashes& out) {
  if (f.levels == 0) return;
  if (m.softened)
    return out.push_back(fmt::format("its cross-entropy on grey values is a lower bound of the mean of log p(x) over binary draws; no "
                                     "decoder brings it above -{:.2f} nat a datum, their entropy",
                                     f.draws_entropy));
  if (m.binarised)
    return out.push_back(fmt::format("sees draws of 0 and 1, not the {} levels; its numbers are about the draws only", f.levels));
  if (m.support == Support::binary)
    return out.push_back("its cross-entropy on grey values is no likelihood; set observe = \"binary\" or \"soft_binary\", or choose continuous_bernoulli");
  const bool one_bump = m.support == Support::real || m.likelihood == "binomial";
  if (one_bump && f.zeros + f.tops > heavy_share)
    out.push_back(fmt::format("{} of the values are exactly the lowest or the highest level; one bump must serve them and the rest: "
                              "categorical and discretized_logistic_mixture have a term for it, a per-pixel scale helps",
                              percent(f.zeros + f.tops)));
}

void check_counts(const DataFacts& f, const Meeting& m, Clashes& out) {
  if (!are_counts(f.support)) return;
  if (m.support == Support::simplex_counts) {
    if (f.least_total != f.most_total)
      out.push_back(fmt::format("is given the total of each datum, {:.0f} to {:.0f} here, and says nothing of it; its numbers stand beside "
                                "those of the other counts only with a law of the total",
                                f.least_total, f.most_total));
    return;
  }
  if (m.likelihood == "poisson" && f.variance_to_mean > notable_ratio)
    out.push_back(fmt::format("has variance = mean, the data have {:.1f} times that (median over positions); what the latents do not "
                              "explain needs a dispersion: negative_binomial",
                              f.variance_to_mean));
  if (m.likelihood == "poisson" && f.variance_to_mean > 0 && f.variance_to_mean < 1 / notable_ratio)
    out.push_back(fmt::format("has variance = mean, the data have only {:.2f} of that (median over positions); a law of counts with an "
                              "upper end varies less: observe them as levels, with binomial or beta_binomial",
                              f.variance_to_mean));
  const double expected = m.likelihood == "poisson" ? f.poisson_zeros : f.negative_binomial_zeros;
  const bool inflated = m.likelihood.starts_with("zero_inflated");
  if (!inflated && f.zeros > expected + notable_zeros)
    out.push_back(fmt::format("expects {} zeros from the means of the data, they have {}; zero_inflated_negative_binomial has the term",
                              percent(expected), percent(f.zeros)));
  if (f.most_total > notable_totals * std::max(1.0, f.least_total))
    out.push_back(fmt::format("the total of a datum goes from {:.0f} to {:.0f}; the latents must explain it{}", f.least_total, f.most_total,
                              m.likelihood.ends_with("negative_binomial") ? ", unless mean = \"library_softmax\" takes it as given" : ""));
}

}  // namespace

std::string in_words(const DataFacts& f) {
  std::string text = fmt::format("{}: {} x {} ", f.name, f.data, f.dimensions);
  if (f.levels > 0) {
    text += fmt::format("values on {} levels, {} exactly 0, {} exactly {}", f.levels, percent(f.zeros), percent(f.tops), f.levels - 1);
  } else if (f.support == Support::binary) {
    return text + fmt::format("values in {{0, 1}}, {} ones", percent(f.mean));
  } else if (are_counts(f.support)) {
    text += fmt::format("counts up to {:.0f}, {} zeros, variance / mean {:.2f} (median over positions), totals {:.0f} to {:.0f}, median {:.0f}",
                        f.max, percent(f.zeros), f.variance_to_mean, f.least_total, f.most_total, f.median_total);
  } else {
    text += fmt::format("values from {:.4g} to {:.4g}{}, {} exactly 0", f.min, f.max, f.whole ? ", all integers" : "", percent(f.zeros));
    if (f.support == Support::unit_interval) text += fmt::format(", {} exactly 1", percent(f.tops));
  }
  return text + fmt::format(", mean {:.4g}", f.mean);
}

Meeting meeting(const std::string& likelihood, Support support, const View& view) {
  Meeting meeting{.likelihood = likelihood, .support = support};
  meeting.interval = view.scoring == Scoring::interval || view.levels_are_recoverable;
  for (const Transform& step : view.chain) {
    meeting.dequantised = meeting.dequantised || step.name == "dequantize";
    meeting.binarised = meeting.binarised || step.name.starts_with("binarize");
    meeting.softened = meeting.softened || step.name == soft_binary;
  }
  return meeting;
}

std::vector<std::string> clashes(const DataFacts& facts, const Meeting& meeting) {
  Clashes found;
  check_density(facts, meeting, found);
  check_levels(facts, meeting, found);
  check_counts(facts, meeting, found);
  for (std::string& sentence : found) sentence = meeting.likelihood + ": " + sentence;
  return found;
}

}  // namespace elbo::data
