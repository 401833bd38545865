// How a prior behaves far out, over many data and calls, beside others of its kind, in training, and once stored.
#include <cmath>

#include "conformance/prior/prior.hpp"
#include "conformance/tools.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t latents = 3;

/// What a prior computes; the same function of its state each time.
NamedTensors results(const Prior& prior, int64_t samples = 3, int64_t batch = 5) {
  const Tensor z = some_latents(prior, {samples, batch, prior.context().latent_dim});
  NamedTensors all = {{"log_prob", prior.log_prob(z).detach()}, {"a sample", draws(prior, batch, 4)}};
  if (const auto kl = closed_form(prior, *posteriors::diagonal_normal(z[0], z[0] * 0.3 - 1)))
    all.emplace_back("the KL", kl->detach());
  return all;
}

/// A density that does not fall along a ray has no integral. Distances are taken in powers, for densities of heavy tails.
void expect_falls(const Prior& prior, const Tensor& direction) {
  const auto latent_dim = static_cast<double>(direction.numel());
  const auto weighted = [&](double far) {
    return number(log_prob(prior, (direction * far).unsqueeze(0))) + latent_dim * std::log(far);
  };
  for (const auto& [near, far] : {std::pair{250., 1000.}, {1e3, 1e5}}) {
    const double a = weighted(near), b = weighted(far);
    if (!(b < a) && !(b == -INFINITY))
      fail("log_prob does not fall from z = {} to z = {}, so that it has no finite integral; put no floor under it",
           in_words(direction * near), in_words(direction * far));
  }
}

void expect_sound_far_out(const Prior& prior, const Tensor& at) {
  const Tensor z = at.view({1, 1, -1}).clone().requires_grad_();
  const Tensor log_p = prior.log_prob(z);
  if (number(log_p) == -INFINITY) return;  // beyond the reach of a bounded distribution
  expect_gradient([&] { return prior.log_prob(z).sum(); }, {{"z", z}}, "at z = " + in_words(z) + " log_prob");
}

void expect_every_latent_counts(const Prior& prior) {
  const Tensor drawn = draws(prior, 16, 4), z = drawn.unsqueeze(0), base = prior.log_prob(z).detach();
  const int64_t latent_dim = z.size(2);
  for (int64_t j = 0; j < latent_dim; ++j) {
    if (number(drawn.select(1, j).std()) == 0)
      fail("latent {} of {} is {} in every sample", j, latent_dim, in_words(drawn[0][j]));
    if (prior.is_on_sphere()) continue;  // one latent cannot change alone
    Tensor other = z.clone();
    other.select(2, j).add_(7.5);  // out of the reach of a bounded distribution
    if (!base.ne(prior.log_prob(other)).any().item<bool>())
      fail("log_prob does not depend on latent {} of {}", j, latent_dim);
  }
}

}  // namespace

void check_prior_outliers(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, latents);
  if (prior->is_on_sphere()) skip("all of its latents lie on the unit sphere");
  const auto dtypes = {at::kDouble, at::kFloat};
  for (const double far : {40., 1e3})
    for (const double side : {1., -1.})
      for (int64_t j = 0; j <= latents; ++j) {
        Tensor z = at::full({latents}, 0.3, at::kDouble);
        if (j < latents) z[j] = side * far;
        else z.fill_(side * far);
        expect_sound_far_out(*prior, z);
      }
  const bool is_bounded = std::isinf(number(log_prob(*prior, at::full({1, latents}, 1e3, at::kDouble))));
  if (is_bounded) return;
  for (const auto dtype : dtypes) {
    const auto own = make_prior(choice, latents, dtype);
    set_state(*own, state_of(*prior));
    for (const double far : {-1e3, -40., 40., 1e3}) {
      const double found = number(own->log_prob(at::full({1, 1, latents}, far, dtype)));
      const double expected = number(log_prob(*prior, at::full({1, latents}, far, at::kDouble)));
      if (!(std::abs(found - expected) <= 1e-3 * std::max(1., std::abs(expected))))
        fail("at z = {:g} log_prob is {:.8g} in float32 and {:.8g} in float64", far, found, expected);
    }
  }
  for (int64_t j = 0; j < latents; ++j)
    for (const double side : {1., -1.}) {
      Tensor direction = at::full({latents}, 0.1, at::kDouble);
      direction[j] = side;
      expect_falls(*prior, direction);
    }
}

// Each latent counts, and each parameter.
void check_prior_influence(const PluginChoice& choice) {
  for (const int64_t latent_dim : {12, 5}) expect_every_latent_counts(*moved_prior(choice, latent_dim));
  const auto prior = moved_prior(choice, 12);
  const NamedTensors parameters = prior->named_parameters();
  differentiate(prior->log_prob(draws(*prior, 64, 5).unsqueeze(0)).sum(), parameters);
  for (const auto& [name, t] : parameters)
    if (!t.grad().defined() || !t.grad().ne(0).any().item<bool>())
      fail("log_prob does not depend on its parameter {}, which would be trained for nothing", name);
}

// The second object is made with other random numbers and has seen other data, so that whatever is not in the state differs.
void check_prior_state(const PluginChoice& choice) {
  const auto first = moved_prior(choice, latents), second = make_prior(choice, latents, at::kDouble, 7);
  Tensor z = some_latents(*first, {3, 5, latents}).requires_grad_();
  expect_one_name_each(*first);
  expect_all_registered(*first, first->log_prob(z), {z});
  expect_same_after_round_trip(*first, *second,
                               [&](const Module& module) { return results(dynamic_cast<const Prior&>(module)); });
}

void check_prior_training_mode(const PluginChoice& choice) {
  const auto evaluating = moved_prior(choice, latents), training = moved_prior(choice, latents);
  training->set_training(true);
  const auto expected = results(*evaluating);
  expect_same(results(*training), expected, 1e-12, "while it is being trained, not evaluated,");
  training->set_training(false);
  expect_same(results(*training), expected, 1e-12, "once it has been in training mode,");
}

void check_prior_instances(const PluginChoice& choice) {
  const auto first = moved_prior(choice, latents);
  const auto before = results(*first);
  results(*make_prior(choice, 2 * latents));
  expect_same(results(*first), before, 0, "of one object, after another has been made for L = 6 and used,");
  const auto single = make_prior(choice, latents, at::kFloat);
  single->log_prob(some_latents(*single, {1, 2, latents}).to(at::kFloat));
  expect_same(results(*first), before, 0, "of one object, after another has been used in float32,");
  for (const Trial& trial : option_trials(choice)) {
    PluginChoice other = choice;
    other.settings = trial.settings;
    try {
      results(*make_prior(other, latents));
    } catch (const std::exception&) {
      continue;  // which combinations of options work is for "every option" to say
    }
    expect_same(results(*first), before, 0,
                "of one object, after another has been made with " + trial.words + " and used,");
  }
}

void check_prior_many_data(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, latents);
  const Tensor z = some_latents(*prior, {2, thousand, latents}), together = prior->log_prob(z);
  const auto kl_of = [&](const Tensor& mean) {
    return closed_form(*prior, *posteriors::diagonal_normal(mean, mean * 0.3 - 1));
  };
  const auto kl = kl_of(z[0]);
  for_each_piece_of_thousand([&](int64_t first, int64_t last) {
    const std::string where =
        fmt::format("{} to {} among {}, not in a part of {},", first, last - 1, thousand, last - first);
    expect_close(together.slice(1, first, last), prior->log_prob(z.slice(1, first, last)), 1e-11,
                 "log_prob for data " + where);
    expect_close(together.slice(1, first, last).t(),
                 prior->log_prob(z.slice(1, first, last).transpose(0, 1).contiguous()), 1e-11,
                 "log_prob for samples " + where);
    if (kl)
      expect_close(kl->slice(0, first, last), *kl_of(z[0].slice(0, first, last)), 1e-11, "the KL for data " + where);
  });
  const Tensor spread = at::stack({z, at::zeros_like(z)}, 3).select(3, 0);
  expect_close(prior->log_prob(spread), together, 1e-11,
               "log_prob of the same numbers in a tensor that is not contiguous");
}

void check_prior_threads(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, 12);
  expect_same_on_two_threads([&] { return results(*prior, 4, 1000); });
}

void check_prior_memory(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, latents);
  prior->set_training(true);
  const Tensor z = some_latents(*prior, {1, 2, latents}).requires_grad_();
  int64_t call = 0;
  expect_steady_memory([&] {
    const Tensor total = prior->log_prob(z).sum();
    if (++call % 8 != 0) return;
    results(*prior, 1, 2);
    if (total.requires_grad()) total.backward();
  });
}

}  // namespace elbo::host::conformance
