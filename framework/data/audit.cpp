#include "data/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.hpp"

namespace elbo::data {
namespace {

constexpr double notable_share = 0.01;  // of values at one point, where a density has no mass
constexpr double heavy_share = 0.2;     // of values at one level, beside which one scale cannot serve the others
constexpr double notable_ratio = 1.5;   // of variance to mean, for Poisson's 1
constexpr double notable_zeros = 0.02;  // above what the law expects
constexpr double notable_totals = 3;    // largest over smallest total of a datum

std::string percent(double share) {
  return share > 0 && share < 0.0005 ? "under 0.1 %" : fmt::format("{:.1f} %", 100 * share);
}

/// A density that is evaluated at the values themselves.
bool is_plain_density(const Meeting& m) {
  return measure_of(m.traits.support) == Measure::lebesgue && !m.interval && !m.dequantised;
}

/// What is said of one likelihood, and the others to choose from.
struct Clashes {
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

void check_density(const DataFacts& f, const Meeting& m, Clashes& out) {
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
void check_ends(const DataFacts& f, const Meeting& m, Clashes& out) {
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

void check_levels(const DataFacts& f, const Meeting& m, Clashes& out) {
  if (f.levels == 0) return;
  if (m.softened)
    return out.add(
        "its cross-entropy on grey values is a lower bound of the mean of log p(x) over binary draws; no "
        "decoder brings it above -{:.2f} nat a datum, their entropy",
        f.draws_entropy);
  if (m.binarised)
    return out.add("sees draws of 0 and 1, not the {} levels; its numbers are about the draws only", f.levels);
  if (m.traits.support == Support::binary)
    return out.add(
        "its cross-entropy on grey values is no likelihood; set observe = \"binary\" or \"soft_binary\", or choose one "
        "on [0, 1]{}",
        out.named(Support::unit_interval, [](const plugins::Traits&) { return true; }));
  check_ends(f, m, out);
}

void check_dispersion(const DataFacts& f, const Meeting& m, Clashes& out) {
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
        "levels, whose laws have an upper end",
        as_poisson ? "= mean" : fmt::format("of at least {:.2g} times the mean", least), ratio,
        as_poisson ? "that" : "the mean", out.named(Support::counts, may_have));
}

void check_counts(const DataFacts& f, const Meeting& m, Clashes& out) {
  if (!are_counts(f.support) || !are_counts(m.traits.support)) return;
  if (m.traits.given == Given::total || m.traits.support == Support::simplex_counts) {
    if (f.least_total != f.most_total)
      out.add(
          "is given the total of each datum, {:.0f} to {:.0f} here, and says nothing of it; its numbers stand beside "
          "those of the other counts only with a law of the total",
          f.least_total, f.most_total);
    return;
  }
  check_dispersion(f, m, out);
  const double expected = m.traits.most_dispersion < notable_ratio ? f.poisson_zeros : f.negative_binomial_zeros;
  if (!m.traits.own_lowest && f.zeros > expected + notable_zeros)
    out.add("expects {} zeros from the means of the data, they have {}; choose one with a term of its own for zeros{}",
            percent(expected), percent(f.zeros),
            out.named(Support::counts, [](const plugins::Traits& t) { return t.own_lowest; }));
  if (m.traits.given == Given::nothing && f.most_total > notable_totals * std::max(1.0, f.least_total))
    out.add("the total of a datum goes from {:.0f} to {:.0f}; the latents must explain it{}", f.least_total,
            f.most_total,
            m.traits.for_given_total.empty() ? "" : ", unless " + m.traits.for_given_total + " takes it as given");
}

}  // namespace

std::string in_words(const DataFacts& f) {
  std::string text = fmt::format("{}: {} x {} ", f.name, f.data, f.dimensions);
  if (f.levels > 0) {
    text += fmt::format("values on {} levels, {} exactly 0, {} exactly {}", f.levels, percent(f.zeros), percent(f.tops),
                        f.levels - 1);
  } else if (f.support == Support::binary) {
    return text + fmt::format("values in {{0, 1}}, {} ones", percent(f.mean));
  } else if (are_counts(f.support)) {
    text += fmt::format(
        "counts up to {:.0f}, {} zeros, variance / mean {:.2f} (median over positions), totals {:.0f} to {:.0f}, "
        "median {:.0f}",
        f.max, percent(f.zeros), f.variance_to_mean, f.least_total, f.most_total, f.median_total);
  } else {
    text += fmt::format("values from {:.4g} to {:.4g}{}, {} exactly 0", f.min, f.max, f.whole ? ", all integers" : "",
                        percent(f.zeros));
    if (f.support == Support::unit_interval) text += fmt::format(", {} exactly 1", percent(f.tops));
  }
  return text + fmt::format(", mean {:.4g}", f.mean);
}

Meeting meeting(const std::string& likelihood, const plugins::Traits& traits, const View& view) {
  Meeting meeting{.likelihood = likelihood, .traits = traits};
  meeting.interval = view.scoring == Scoring::interval || view.levels_are_recoverable;
  for (const Transform& step : view.chain) {
    meeting.dequantised = meeting.dequantised || step.name == "dequantize";
    meeting.binarised = meeting.binarised || step.name.starts_with("binarize");
    meeting.softened = meeting.softened || step.name == soft_binary;
  }
  return meeting;
}

std::vector<std::string> clashes(const DataFacts& facts, const Meeting& meeting, const Candidates& candidates) {
  Clashes found{candidates};
  check_density(facts, meeting, found);
  check_levels(facts, meeting, found);
  check_counts(facts, meeting, found);
  for (std::string& sentence : found.sentences) sentence = meeting.likelihood + ": " + sentence;
  return std::move(found.sentences);
}

}  // namespace elbo::data
