#include "conformance/spot_check.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <elbo/error.hpp>
#include <elbo/model.hpp>
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/likelihood/distribution.hpp"
#include "conformance/likelihood/likelihood.hpp"
#include "conformance/network/encoder.hpp"
#include "conformance/prior/prior.hpp"
#include "conformance/statistics.hpp"
#include "model/load_plugin.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::conformance {
namespace {

constexpr double tolerated = 1e-6, tolerated_of_prior = 1e-3, tolerated_with_jumps = 2e-2;
constexpr double float32_margin = 0.05;  // of log_prob, relative to its size or to 1
constexpr double reachable = 0.01;       // mass that a sum may leave out
constexpr int64_t spot_draws = 20000;
constexpr double most_of_one_sample = 0.002;  // of the sum of all weights

/// "1.0513", or "e^50" where the size is what matters.
std::string mass_in_words(double mass) {
  const double log_mass = std::log(mass);
  return std::abs(log_mass) > 3 ? fmt::format("e^{:.4g}", log_mass) : fmt::format("{:.6g}", mass);
}

// ------------------------------------------------------------------------------------------------- likelihoods

void expect_one(const Distribution& p, double mass, double room, const char* what) {
  if (!(std::abs(mass - 1) < tolerated + room)) fail("{} {} to {}; expected 1", p.where(), what, mass_in_words(mass));
}

void check_masses(const LikelihoodSubject& subject) {
  bool any_is_whole = false;
  for (const Distribution& p : joined({subject.distributions(), subject.pixel_distributions()})) {
    const bool countable = is_countable(p.support());
    const Weighted all = whole(p);
    expect_one(p, number(all.mass.sum()), all.beyond, countable ? "its probabilities sum" : "its density integrates");
    any_is_whole = any_is_whole || all.beyond < reachable;
    if (countable) continue;
    if (p.offers_log_mass())
      expect_one(p, number(masses_between(p, interval_edges(p)).sum()), 0, "its interval masses sum");
  }
  if (!any_is_whole) skip("its distribution reaches too far to be summed");
}

/// Training and evaluation take place in float32, the sums above in float64: a wide margin, since it is no matter of rounding here.
void check_float32(const LikelihoodSubject& subject) {
  const auto exact = subject.make({3, 1, 1}), single = subject.make({3, 1, 1});
  single->to_like(at::empty({}, at::kFloat));
  const Tensor raw = varied_raw(*exact, 1, 8, 1).to(at::kFloat),
               x = data_for(*exact, raw.to(at::kDouble), 1).to(at::kFloat);
  const Tensor in_double = exact->log_prob(x.to(at::kDouble), theta_of(*exact, raw.to(at::kDouble)))[0].detach();
  const Tensor in_single = single->log_prob(x, theta_of(*single, raw))[0].detach().to(at::kDouble);
  const Tensor off = (in_single - in_double).abs() > float32_margin * in_double.abs().clamp_min(1);
  if (const auto i = first_true(off))
    fail("log_prob is {:.6g} in float32 and {:.6g} in float64", number(in_single[*i]), number(in_double[*i]));
}

/// Composites are made of likelihoods that are checked by themselves; here it is only their sum that is looked at.
PluginChoice with_one_part(PluginChoice choice) {
  if (choice.parts.empty()) return choice;
  const PluginPart part{"", {}, choice.parts.front().choice};
  choice.parts = {part, part};
  return choice;
}

void check_likelihood(const PluginChoice& choice, const RunSize& size) {
  LikelihoodSubject subject{};
  try {
    subject = likelihood_subject(with_one_part(choice));
  } catch (const Failure& failure) {
    skip("it cannot be made for a single value: {}", failure.sentence);
  }
  const bool is_given_total = subject.support == Support::simplex_counts;
  if (!is_given_total && subject.make({1})->conditioning() != Conditioning::nothing)
    skip("its probabilities are given the size of x, so that they do not sum to 1 over x");
  check_masses(subject);
  try {
    if (!is_given_total) check_float32(subject);
    check_sums(subject);
  } catch (const Skip&) {
    return;  // values that depend on each other do not add up
  } catch (const UserError&) {
    return;  // it refuses x of these shapes
  }
  if (choice.parts.empty()) check_likelihood_at(size, subject);
}

// ------------------------------------------------------------------------------------------------- priors

void check_line(const PluginChoice& choice) {
  const Total total = integral_of(*moved_prior(choice, 1), 30, 1e-3);
  if (!(std::abs(total.mass - 1) < (total.jumps ? tolerated_with_jumps : tolerated_of_prior)))
    fail("for L = 1 its density integrates to {}; expected 1", mass_in_words(total.mass));
}

/// By weights p / r of samples from a wider normal distribution r. They miss what lies far from the samples, so that only more than 1 tells.
void check_plane(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, 2);
  const Cover wide(draws(*prior, 4000, 2), wider_in(2));
  const Tensor z = wide.draws(spot_draws), weight = (log_prob(*prior, z) - wide.log_prob(z)).exp();
  if (!(z_of_mean(weight, 1) < largest_z))
    fail("for L = 2 its density integrates to {}; expected 1", mass_in_words(number(weight.mean())));
}

void check_prior(const PluginChoice& choice, const RunSize& size) {
  if (make_prior(choice, 2)->is_on_sphere()) return check_sphere_quadrature(choice);
  check_line(choice);
  check_plane(choice);
  check_closed_form_kl(choice, 2);
  check_prior_at(size, choice);
}

// ------------------------------------------------------------------------------------------------- encoders

/// Of a density h, its logarithm at z [n, L] and the share of it that lies where q is not 0.
struct Narrow {
  Tensor log_h, within;  // [n]
};

/// `share` of the samples z, those nearest to one of them: of several modes a small one lies in a single mode.
Narrow narrow_about(const Posterior& q, const Tensor& z, double share) {
  if (const auto p = q.von_mises_fisher())
    return {posteriors::von_mises_fisher(q.mean(), (2 * p->concentration).log())->log_prob(z.unsqueeze(1))->squeeze(1),
            at::ones({spot_draws}, at::kDouble)};
  const Tensor distance = ((z - z[0]) / z.std(0)).square().sum(1);
  const auto count = static_cast<int64_t>(share * static_cast<double>(z.size(0)));
  const Tensor some = share < 1 ? z.index_select(0, std::get<1>(distance.sort(0)).slice(0, 0, count)) : z;
  const Cover h(some, narrower_in(2));
  const auto log_q = q.log_prob(h.draws(spot_draws).unsqueeze(1));
  return {h.log_prob(z), log_q ? log_q->squeeze(1).isfinite().to(at::kDouble) : at::ones({spot_draws}, at::kDouble)};
}

/// The density that comes with samples is that of given z, and that of the family by which a prior knows the KL in closed form.
void expect_one_density(const Posterior& q, const Tensor& z, const Tensor& log_q) {
  if (const auto given = q.log_prob(z))
    expect_close(given->select(1, 0), log_q, tolerated, "log_prob(z) of a sample, against what came with the sample,");
  if (const auto p = q.diagonal_normal())
    expect_close(posteriors::diagonal_normal(p->mean, p->log_scale)->log_prob(z)->select(1, 0), log_q, tolerated,
                 "log_prob under diagonal_normal(), against what came with the sample,");
  if (const auto p = q.laplace())
    expect_close(posteriors::laplace(p->mean, p->log_scale)->log_prob(z)->select(1, 0), log_q, tolerated,
                 "log_prob under laplace(), against what came with the sample,");
}

/// The mean over samples of h(z) / q(z) is the mass of a density h, if the samples follow q.
void check_encoder(const PluginChoice& choice, const RunSize& size) {
  const EncoderNetwork network(choice);
  Encoded encoded;
  try {
    encoded = network.encoded(choice, 2, 1);
  } catch (const Failure& refusal) {
    skip("it cannot be made for small data: {}", refusal.sentence);
  }
  const std::unique_ptr<Posterior>& q = encoded.q;
  Rng rng = double_rng(3);
  const Sample draw = q->draw(spot_draws, rng);
  const Tensor z = draw.z.select(1, 0), log_q = draw.log_prob.select(1, 0);
  if (const auto i = first_true(log_q.isfinite().logical_not()))
    fail("its own sample {} has log_prob {}", in_words(z[*i]), in_words(log_q[*i]));
  expect_one_density(*q, draw.z, log_q);
  for (const double share : {1., 0.3, 0.1}) {
    const Narrow h = narrow_about(*q, z, share);
    const Tensor weight = (h.log_h - log_q).exp();
    if (number(weight.max()) > most_of_one_sample * number(weight.sum())) continue;  // a few samples would decide
    const bool is_within = h.within.eq(1).all().item<bool>();
    const double off = is_within ? z_of_mean(weight, 1) : z_of_difference(weight, h.within);
    if (!(std::abs(off) < largest_z))
      fail(
          "its samples do not follow the density that it declares: near their mean there are {:.3g} times as many as "
          "that density has",
          number(weight.mean() / h.within.mean()));
    break;
  }
  check_encoder_at(size, choice);
}

void check(const PluginChoice& choice, const RunSize& size) {
  if (choice.kind == "likelihood") return check_likelihood(choice, size);
  if (choice.kind == "prior") return check_prior(choice, size);
  if (choice.kind == "encoder") return check_encoder(choice, size);
}

}  // namespace

bool has_density(const std::string& kind) { return kind != "decoder" && kind != "objective"; }

SpotCheck spot_check(const PluginChoice& choice, const RunSize& size) {
  if (!has_density(choice.kind)) return {};
  const at::NoGradGuard no_gradients;
  try {
    check(choice, size);
    return {"yes", ""};
  } catch (const Failure& failure) {
    return {"no", plugins::printable(failure.sentence)};
  } catch (const Skip& skipped) {
    return {"not checked", plugins::printable(skipped.sentence)};
  } catch (const std::exception& e) {
    const std::string what = e.what();
    return {"not checked", "it threw: " + plugins::printable(what.substr(0, what.find('\n')))};
  } catch (...) {
    return {"not checked", "it threw something that is not a std::exception"};
  }
}

void check_densities_of_each_choice(const PluginChoice& choice, const RunSize& size) {
  const auto expect = [&](const std::vector<Setting>& changed, const std::string& words) {
    PluginChoice other = choice;
    for (const Setting& setting : changed) {
      std::erase_if(other.settings, [&](const Setting& s) { return s.name == setting.name; });
      other.settings.push_back(setting);
    }
    try {
      if (const SpotCheck found = spot_check(other, size); found.outcome == "no")
        fail("with {} {}", words, found.finding);
    } catch (const plugins::PluginFault&) {
      throw;
    } catch (const UserError&) {
      // It says that it cannot serve this choice together with the others: no failure.
    }
  };
  std::vector<Setting> flags;
  for (const Option& option : plugins::options_of_plugin(choice)) {
    for (const std::string& word : option.choices)
      if (option.fallback != Value(word)) expect({{option.name, word}}, fmt::format("{} = \"{}\"", option.name, word));
    const bool* flag = std::get_if<bool>(&option.fallback);
    if (!flag) continue;
    flags.push_back({option.name, !*flag});
    expect({flags.back()}, fmt::format("{} = {}", option.name, !*flag));
  }
  if (flags.size() > 1) expect(flags, "all flags other than by default");
}

}  // namespace elbo::host::conformance
