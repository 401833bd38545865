#include "observation/likelihood_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.hpp"

namespace elbo::host::observation {
namespace {

constexpr double notable_share = 0.01;  // of values at one point, where a density has no mass
constexpr double heavy_share = 0.2;     // of values at one level, beside which one scale cannot serve the others
constexpr double notable_ratio = 1.5;   // of variance to mean, for Poisson's 1
constexpr double notable_zeros = 0.02;  // above what the distribution expects
constexpr double notable_totals = 3;    // largest over smallest total of a data point

/// A density that is evaluated at the values themselves.
bool is_plain_density(const LikelihoodUse& m) {
  const auto spreads = [](const Transform& step) {
    return std::visit([](const auto& transform) { return transform.spreads_points(); }, step);
  };
  return measure_of(m.traits.support) == Measure::lebesgue && !m.gives_masses &&
         std::none_of(m.chain.begin(), m.chain.end(), spreads);
}

/// What is said of one likelihood, and the others to choose from.
struct Mismatches {
  const Candidates& candidates;
  std::vector<std::string> sentences{};

  template <class... Parts>
  void add(fmt::format_string<Parts...> text, Parts&&... parts) {
    sentences.push_back(fmt::format(text, std::forward<Parts>(parts)...));
  }

  /// " (a, b)": those with this support that fit; "" where none is known.
  template <class Fits>
  std::string named(Support support, Fits&& fits) const {
    std::vector<std::string> names;
    for (const Candidate& candidate : candidates ? candidates(support) : std::vector<Candidate>())
      if (fits(candidate.traits)) names.push_back(candidate.name);
    return names.empty() ? "" : " (" + join(names) + ")";
  }
};

void check_density(const DataSummary& f, const LikelihoodUse& m, Mismatches& out) {
  if (!is_plain_density(m)) return;
  if (f.levels > 0)
    return out.add(
        "scores {} levels as points of a density, which may grow without bound; set dequantize = true, or "
        "observe = \"levels\" for their exact mass",
        f.levels);
  if (f.whole)
    return out.add(
        "every value is an integer, and a density of integers may grow without bound; observe them as counts or "
        "levels");
  if (f.whole_positions > 0)
    out.add(
        "at {} of {} positions every value is an integer, and a density of integers may grow without bound; "
        "observe = \"columns\" gives such columns a likelihood of levels or counts of their own",
        f.whole_positions, f.dimensions);
  if (!m.traits.finite_at_ends && f.support == Support::unit_interval && f.zeros + f.tops > 0)
    return out.add(
        "{} of the values are exactly 0 or 1, where it has no finite density; it lacks mass at the ends: choose one "
        "that is "
        "finite there{}",
        percent(f.zeros + f.tops),
        out.named(Support::unit_interval, [](const plugins::Traits& t) { return t.finite_at_ends; }));
  if (f.zeros > notable_share)
    out.add("{} of the values are exactly 0, where a density may grow without bound; it lacks a point mass there",
            percent(f.zeros));
}

/// Under half of the values at an end, one location and one spread have to do for those and for the others.
void check_ends(const DataSummary& f, const LikelihoodUse& m, Mismatches& out) {
  const double crowded = (m.traits.own_lowest ? 0 : f.zeros) + (m.traits.own_highest ? 0 : f.tops);
  if (crowded <= heavy_share) return;
  const auto has_terms = [](const plugins::Traits& t) { return t.own_lowest && t.own_highest; };
  const std::string spread = m.traits.for_own_spread;
  out.add(
      "{} of the values are exactly the lowest or the highest level; one bump must serve them and the rest: choose one "
      "with a term of "
      "its own for the ends{}{}",
      percent(crowded), out.named(Support::levels, has_terms), spread.empty() ? "" : "; " + spread + " helps");
}

void check_levels(const DataSummary& f, const LikelihoodUse& m, Mismatches& out) {
  if (f.levels == 0) return;
  for (const Transform& step : m.chain)
    if (std::string caution = std::visit([&](const auto& transform) { return transform.caution(f); }, step);
        !caution.empty())
      return out.sentences.push_back(std::move(caution));
  if (m.traits.support == Support::binary)
    return out.add(
        "its cross-entropy on grey values is no likelihood; set observe = \"binary\" or \"soft_binary\", or choose one "
        "on [0, 1]{}",
        out.named(Support::unit_interval, [](const plugins::Traits&) { return true; }));
  check_ends(f, m, out);
}

void check_dispersion(const DataSummary& f, const LikelihoodUse& m, Mismatches& out) {
  const double ratio = f.variance_to_mean, least = m.traits.least_dispersion, most = m.traits.most_dispersion;
  const bool as_poisson = std::abs(least - 1) < 1e-3 && std::abs(most - 1) < 1e-3;
  const auto may_have = [ratio](const plugins::Traits& t) {
    return t.least_dispersion <= ratio && ratio <= t.most_dispersion;
  };
  if (ratio > notable_ratio * most)
    out.add(
        "has variance {}, the data have {:.1f} times {} (median over positions); what the latents do not explain needs "
        "a dispersion: "
        "choose one that may vary more{}",
        as_poisson ? "= mean" : fmt::format("of at most {:.2g} times the mean", most), ratio,
        as_poisson ? "that" : "the mean", out.named(Support::counts, may_have));
  if (ratio > 0 && ratio < least / notable_ratio)
    out.add(
        "has variance {}, the data have only {:.2f} of {} (median over positions); choose one that may vary less{}, or "
        "observe them as "
        "levels, whose distributions have an upper end",
        as_poisson ? "= mean" : fmt::format("of at least {:.2g} times the mean", least), ratio,
        as_poisson ? "that" : "the mean", out.named(Support::counts, may_have));
}

void check_counts(const DataSummary& f, const LikelihoodUse& m, Mismatches& out) {
  if (!are_counts(f.support) || !are_counts(m.traits.support)) return;
  if (m.traits.conditioning == Conditioning::total || m.traits.support == Support::simplex_counts) {
    if (f.least_total != f.most_total)
      out.add(
          "is given the total of each data point, {:.0f} to {:.0f} here, and says nothing of it; its numbers stand "
          "beside "
          "those of the other counts only with a distribution of the total",
          f.least_total, f.most_total);
    return;
  }
  check_dispersion(f, m, out);
  const double expected = m.traits.most_dispersion < notable_ratio ? f.poisson_zeros : f.negative_binomial_zeros;
  if (!m.traits.own_lowest && f.zeros > expected + notable_zeros)
    out.add("expects {} zeros from the means of the data, they have {}; choose one with a term of its own for zeros{}",
            percent(expected), percent(f.zeros),
            out.named(Support::counts, [](const plugins::Traits& t) { return t.own_lowest; }));
  if (m.traits.conditioning == Conditioning::nothing && f.most_total > notable_totals * std::max(1.0, f.least_total))
    out.add("the total of a data point goes from {:.0f} to {:.0f}; the latents must explain it{}", f.least_total,
            f.most_total,
            m.traits.for_given_total.empty() ? "" : ", unless " + m.traits.for_given_total + " takes it as given");
}

}  // namespace

LikelihoodUse likelihood_use(const std::string& likelihood, const plugins::Traits& traits,
                             const ObservationModel& model) {
  return {.likelihood = likelihood,
          .traits = traits,
          .gives_masses = model.scoring() == Scoring::interval || model.on_levels.has_value(),
          .chain = model.chain};
}

std::vector<std::string> mismatches(const DataSummary& summary, const LikelihoodUse& use,
                                    const Candidates& candidates) {
  Mismatches found{candidates};
  check_density(summary, use, found);
  check_levels(summary, use, found);
  check_counts(summary, use, found);
  for (std::string& sentence : found.sentences) sentence = use.likelihood + ": " + sentence;
  return std::move(found.sentences);
}

}  // namespace elbo::host::observation
