// The answer of a ranking, made here for terminal, page, CSV and JSON: in words, and as what is proved by Hsu's comparison with the best.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/remarks.hpp"
#include "report/table.hpp"

namespace elbo::host::report {
namespace {

using Variants = std::vector<std::string>;

constexpr size_t most_in_sentence = 4;

/// The answer is a function of these alone.
struct Standpoint {
  explicit Standpoint(const Ranking& of)
      : ranking(of), leader(of.rows[leader_of(of)].variant), standings(standings_of(of)) {
    of_methods = std::all_of(of.pairs.begin(), of.pairs.end(),
                             [&](const Pair& pair) { return !pair.has(leader) || pair.of_methods(); });
  }

  Variants all_that(Standing standing) const {
    return all([&](size_t r) { return standings[r] == standing; });
  }
  /// Without the leader: which may be the best as well, and which is proved not to be.
  Variants possible() const {
    return all([&](size_t r) { return ranking.rows[r].variant != leader && ranking.best[r].may_be_best(); });
  }
  Variants beaten() const {
    return all([&](size_t r) { return ranking.best[r].is_compared && !ranking.best[r].may_be_best(); });
  }
  bool has_answer() const { return ranking.best[leader_of(ranking)].may_be_best(); }
  /// All pairs of a ranking have the same.
  std::string margin() const { return "the margin of " + margin_text(ranking.pairs.front()); }

  const Ranking& ranking;
  std::string leader;
  std::vector<Standing> standings;
  bool of_methods = true;

 private:
  template <class Is>
  Variants all(Is is) const {
    Variants names;
    for (size_t r = 0; r < ranking.rows.size(); ++r)
      if (is(r)) names.push_back(ranking.rows[r].variant);
    return names;
  }
};

std::string listed(const Variants& names) { return list_in_words(names, most_in_sentence); }

std::string verb(const Variants& names, const char* rest) {
  return fmt::format("{} {} {}", listed(names), names.size() > 1 ? "are" : "is", rest);
}

/// " (3.73 bits/dim)": these can be compared between data sets; else nats.
std::string score(const Standpoint& at) {
  const VariantRow& row = at.ranking.rows[leader_of(at.ranking)];
  if (const auto bits = row.find(metrics::bits_per_dim)) return fmt::format(" ({:.2f} bits/dim)", bits->mean);
  const auto value = row.find(at.ranking.value);
  return value ? fmt::format(" ({:.2f} nat)", value->mean) : "";
}

/// Why nothing is said of which is best; empty where something is.
std::string no_answer(const Standpoint& at) {
  const Ranking& ranking = at.ranking;
  if (ranking.rows.size() == 1)
    return fmt::format("{} is the only variant on this measure{}: there is nothing to rank it with.", at.leader,
                       score(at));
  if (!at.has_answer())
    return ranking.rows[1].ranked ? "No answer: no two variants have numbers of the same test data."
                                  : fmt::format("No answer: {} is the only variant here that has a rank.", at.leader);
  const Variants same = at.all_that(Standing::identical);
  if (!same.empty() && same == at.possible() && at.beaten().empty())
    return fmt::format("No answer: {} has the same numbers as {}.", at.leader, listed(same));
  return "";
}

bool none_matters(const Standpoint& at) { return at.possible().empty() && at.all_that(Standing::behind).empty(); }

bool all_equivalent(const Standpoint& at) { return at.all_that(Standing::possible).empty() && !at.possible().empty(); }

Variants with_leader(const Standpoint& at, Variants others) {
  others.insert(others.begin(), at.leader);
  return others;
}

std::string lead_of(const Standpoint& at) {
  const bool bounds = at.ranking.of_bounds;
  if (none_matters(at))
    return fmt::format("No difference{} matters: {} leads {} by less than {}{}.",
                       bounds ? " between the lower bounds" : "", at.leader, listed(at.beaten()), at.margin(),
                       score(at));
  if (at.possible().empty())
    return fmt::format("{} {}{}.", at.leader, bounds ? "has the highest bound" : "leads", score(at));
  const std::string mean = fmt::format("{} has the highest mean{}", at.leader, score(at));
  if (all_equivalent(at))
    return fmt::format("{} are equivalent within {}; {}.", listed(with_leader(at, at.possible())), at.margin(), mean);
  return fmt::format("Which of {} {} is not decided; {}.", listed(with_leader(at, at.possible())),
                     bounds ? "has the highest bound" : "is the best", mean);
}

/// The other variants.
void add_others(const Standpoint& at, std::vector<std::string>& said) {
  const auto add = [&](Standing standing, const std::string& rest) {
    if (const Variants names = at.all_that(standing); !names.empty()) said.push_back(verb(names, rest.c_str()));
  };
  if (!all_equivalent(at))
    add(Standing::equivalent, fmt::format("equivalent to {} within {}.", at.leader, at.margin()));
  if (const Variants names = at.all_that(Standing::identical); !names.empty())
    said.push_back(
        fmt::format("{} {} the same numbers as {}.", listed(names), names.size() > 1 ? "have" : "has", at.leader));
  if (!none_matters(at)) add(Standing::negligible, fmt::format("behind by less than {}.", at.margin()));
  add(Standing::behind, "clearly behind.");
  add(Standing::unranked, "not ranked with them.");
  if (const std::string& first = at.ranking.rows[0].variant; first != at.leader)
    said.push_back(
        fmt::format("{} has the highest mean over its own test data, but not on those that all have.", first));
}

/// How far the numbers and the words carry.
void add_reach(const Standpoint& at, std::vector<std::string>& said) {
  const auto& rows = at.ranking.rows;
  const VariantRow& leader = rows[leader_of(at.ranking)];
  if (std::string latents = latents_sentence(leader); !latents.empty()) said.push_back(std::move(latents));
  if (at.ranking.of_bounds) said.push_back("These are lower bounds: of log p(x) itself they prove no order.");
  else if (std::all_of(rows.begin(), rows.end(), [](const VariantRow& row) {
             return why_only_a_bound(row).empty() && row.find(metrics::certificate_gap);
           }))
    said.push_back("All estimates of log p(x) are trustworthy.");
  if (!at.of_methods)
    said.push_back("With fewer than three seeds this holds for these trained models, not for the methods.");
}

/// What validation data choose of a sweep, where the test data say something else.
void add_chosen(const Standpoint& at, std::vector<std::string>& said) {
  if (std::string searches = chosen_of_searches(at.ranking); !searches.empty()) said.push_back(std::move(searches));
  for (const Selection& s : at.ranking.selections)
    if (s.by_validation && s.chosen != at.leader && !s.is_search)
      said.push_back(fmt::format("Validation data choose {} of {} points of {}.", s.chosen, s.points, s.sweep));
}

/// What a claim about the best is of: methods, or these trained models.
std::string heading(const Standpoint& at) {
  if (at.ranking.of_bounds) return at.of_methods ? "highest bound" : "highest bound of these checkpoints";
  return at.of_methods ? "best" : "best checkpoint";
}

/// "at level 0.05, 2 of 3 seeds", of the pair that has the fewest.
std::string basis_of(const Standpoint& at) {
  const Ranking& ranking = at.ranking;
  if (ranking.looks)
    return fmt::format("at level {:.2g}, look {} of {}", ranking.looks->rule.alpha, ranking.looks->taken.size(),
                       ranking.looks->rule.looks.size());
  size_t seeds = SIZE_MAX, planned = 0;
  for (const Pair& pair : ranking.pairs) {
    if (!pair.has(at.leader)) continue;
    seeds = std::min(seeds, pair.seeds);
    planned = std::max(planned, pair.planned_seeds);
  }
  return fmt::format("at level {:.2g}, {}{} seed{}", claim_level, seeds,
                     planned > seeds ? fmt::format(" of {}", planned) : "", seeds == 1 && planned <= 1 ? "" : "s");
}

std::string claim_of(const Standpoint& at) {
  const Variants possible = at.possible(), beaten = at.beaten();
  const std::string how = basis_of(at), open = possible.empty() ? "" : "; still possible: " + listed(possible);
  if (beaten.empty()) return fmt::format("{}: undecided {}; highest mean: {}{}", heading(at), how, at.leader, open);
  const size_t others = beaten.size() + possible.size();
  return fmt::format("{}: {} (proved against {} {}{})", heading(at), at.leader,
                     others == 1        ? "the other one"
                     : possible.empty() ? fmt::format("each of the {} others", others)
                                        : fmt::format("{} of {} others", beaten.size(), others),
                     how, open);
}

}  // namespace

Answer answer(const Ranking& ranking) {
  if (auto of_search = answer_of_search(ranking)) return *std::move(of_search);
  const Standpoint at(ranking);
  if (std::string none = no_answer(at); !none.empty()) return {std::move(none), "", ""};
  std::vector<std::string> said;
  add_others(at, said);
  add_chosen(at, said);
  add_reach(at, said);
  return {lead_of(at), join(said, " "), claim_of(at)};
}

std::string procedure(const Ranking& ranking) {
  const auto any = [&](SeedBasis basis) {
    return std::any_of(ranking.pairs.begin(), ranking.pairs.end(), [&](const Pair& p) { return p.basis == basis; });
  };
  if (ranking.pairs.empty()) return "";
  const char* looks = ranking.looks ? "+looks" : "";
  if (any(SeedBasis::moderated)) return std::string("moderated(4)+holm") + looks;
  return std::string(any(SeedBasis::paired_seeds) || any(SeedBasis::unpaired_seeds) ? "two_quantiles+holm"
                                                                                    : "test_data+holm") +
         looks;
}

}  // namespace elbo::host::report
