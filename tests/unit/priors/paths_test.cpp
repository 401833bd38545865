// Gradients through draws alone (Roeder et al. 2017) for every posterior: what they leave out, the score of q, has mean 0.
#include <gtest/gtest.h>

#include <cmath>

#include "model/forward.hpp"
#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item;

struct Posteriors {
  std::string family, flow;
};

Model model_of(const Posteriors& p) {
  Model m = testing::make_model(
      choice("encoder", "linear",
             {{"posterior", p.family}, {"flow", p.flow}, {"flow_hidden", std::vector<int64_t>{4}}}),
      choice("decoder", "linear"), choice("likelihood", "gaussian", {{"scale", std::string("shared")}}),
      {{3}, Support::real, 0}, 2);
  if (p.family == "von_mises_fisher")
    m.prior = plugins::make_plugin<Prior>(choice("prior", "hyperspherical_uniform"), m.encoder->context());
  Rng rng = testing::double_rng(2);
  for (const auto& [name, t] : m.named_parameters()) t.detach().add_(rng.normal({1, 1, t.numel()}).view_as(t) * 0.3);
  return m;
}

Batch batch() {
  Batch b;
  b.x = b.input = doubles({.5, -1, .3, 1, .2, -.4}, {2, 3});
  b.ids = arange(2, zeros({})).to(at::kLong);
  return b;
}

/// Of the encoder's parameters, one after the other.
Tensor gradient(const Model& m, Latent latent, Rng rng) {
  for (const auto& [name, t] : m.named_parameters()) t.mutable_grad() = Tensor();
  forward(m, batch(), observation::Scoring::direct, 200, rng, latent).log_weight().mean().backward();
  std::vector<Tensor> parts;
  for (const auto& [name, t] : m.encoder->named_parameters())
    parts.push_back(t.grad().defined() ? t.grad().flatten() : zeros({t.numel()}, t.detach()));
  return cat(parts, 0);
}

TEST(Paths, leave_out_what_has_mean_0) {
  constexpr int64_t groups = 60;
  for (const Posteriors& p : {Posteriors{"full_normal", "none"},
                              {"laplace", "none"},
                              {"diagonal_normal", "planar"},
                              {"diagonal_normal", "householder"},
                              {"diagonal_normal", "iaf"},
                              {"full_normal", "realnvp"},
                              {"von_mises_fisher", "none"}}) {
    const Model m = model_of(p);
    std::vector<Tensor> left_out;
    for (int64_t i = 0; i < groups; ++i) {
      const Rng rng = Rng(3).fork("group", static_cast<uint64_t>(i));
      left_out.push_back(gradient(m, Latent::sample, rng) - gradient(m, Latent::path, rng));
    }
    const Tensor all = stack(left_out, 0), error = all.std(0) / std::sqrt(groups) + 1e-12;
    EXPECT_LT(item((all.mean(0).abs() / error).max()), 5) << p.family << ", " << p.flow;
    EXPECT_GT(item(all.abs().max()), 1e-3) << p.family << ", " << p.flow;
  }
}

TEST(Paths, are_refused_where_the_support_moves) {
  Model m = model_of({"uniform", "none"});
  Rng rng(4);
  EXPECT_THROW(forward(m, batch(), observation::Scoring::direct, 5, rng, Latent::path), Error);
}

}  // namespace
}  // namespace elbo::host
