// Every shipped plugin on another device than the processor: it leaves no tensor of its own
// behind, follows no pointer, computes what it computes here, and does in a step of training what a CUDA device can record.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "sdk/src/random/noise_tape.hpp"

#include "conformance/tools.hpp"
#include "support/second_device.hpp"
#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice;
using testing::SecondDevice;

const Shape shape = {1, 4, 4};
constexpr int64_t latent_dim = 3, batch = 5;

std::vector<std::string> shipped(const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ELBO_BUILD_DIR) + "/lib/elbo/plugins/" + kind))
    if (entry.path().extension() == ".so") names.push_back(entry.path().stem().string());
  return names;
}

/// With every option; networks with their defaults alone, since the others make the same layers, wider and more of them.
std::vector<conformance::Trial> trials(const std::string& kind, const std::string& name) {
  auto all = conformance::option_trials(choice(kind, name));
  if (kind == "encoder" || kind == "decoder") all.resize(1);
  return all;
}

class PluginsOnSecondDevice : public ::testing::Test {
 protected:
  static Context context(Support support) {
    Context c{.observation = {shape, support, support == Support::levels ? 256 : 0},
              .latent_dim = latent_dim,
              .decoder_output = {{"logit", shape}},
              .rng = Rng(1)};
    return c;
  }

  /// f(plugin, a tensor of the device) here and there, on two of a kind that are made alike. f gives tensors.
  template <class Kind, class F>
  static void expect_same(const std::function<std::shared_ptr<Kind>()>& make, F&& f) {
    const auto results = [&](const at::Device& device) {
      const auto plugin = make();
      const Tensor like = zeros({1}).to(device);
      plugin->to_like(like);
      std::vector<Tensor> all = f(*plugin, like);
      Tensor sum;
      for (const Tensor& t : all)
        if (t.requires_grad()) sum = sum.defined() ? sum + t.sum() : t.sum();
      if (sum.defined()) sum.backward();
      for (const auto& [name, t] : plugin->named_parameters())
        all.push_back(t.grad().defined() ? t.grad() : zeros({1}));
      for (Tensor& t : all) t = t.detach().to(at::kCPU);
      return all;
    };
    const auto here = results(at::kCPU), there = results(SecondDevice::get());
    ASSERT_EQ(here.size(), there.size());
    for (size_t i = 0; i < here.size(); ++i)
      EXPECT_TRUE(there[i].allclose(here[i], 1e-4, 1e-5, true))
          << "result " << i << " differs by up to " << (there[i] - here[i]).abs().max().template item<double>()
          << "; here it is up to " << here[i].abs().max().template item<double>();
  }

  /// f(plugin, generator), a step, again on the numbers that it has drawn: as when it is recorded.
  template <class Kind, class F>
  static void expect_recordable(const std::function<std::shared_ptr<Kind>()>& make, F&& f) {
    const auto plugin = make();
    const Tensor like = zeros({1}).to(SecondDevice::get());
    plugin->to_like(like);
    NoiseTape tape(arange(batch, like).to(at::kLong));
    const Rng root = Rng(4).like(like);
    const auto step = [&] {
      Tensor sum;
      for (const Tensor& t : f(*plugin, root)) sum = sum.defined() ? sum + t.sum() : t.sum();
      if (sum.requires_grad()) sum.backward();
    };
    tape.record(root, step);
    SecondDevice::unrecordable();
    tape.play(root, step);
    for (const auto& [what, count] : SecondDevice::unrecordable()) ADD_FAILURE() << what << ", " << count << " times";
    EXPECT_EQ(tape.trouble(), "");
  }

  static Tensor normal(const Shape& of, const Tensor& like, uint64_t seed) {
    return (0.3 * Rng(seed).normal(of)).to(like.device());
  }
};

/// The context for which it can be made, or none.
std::optional<Context> context_of(const PluginChoice& likelihood, const std::function<Context(Support)>& context) {
  for (size_t i = 0; i < support_names.size(); ++i) try {
      const Context c = context(static_cast<Support>(i));
      if (plugins::make_plugin<Likelihood>(likelihood, c)->support() == static_cast<Support>(i)) return c;
    } catch (const UserError&) {
    }
  return {};
}

TEST_F(PluginsOnSecondDevice, Likelihoods) {
  for (const std::string& name : shipped("likelihood")) {
    if (plugins::contains_likelihoods(choice("likelihood", name))) continue;
    for (const conformance::Trial& trial : trials("likelihood", name)) {
      SCOPED_TRACE(name + ": " + trial.words);
      const PluginChoice chosen = choice("likelihood", name, trial.settings);
      const auto c = context_of(chosen, context);
      if (!c) continue;
      const auto make = [&] { return plugins::make_plugin<Likelihood>(chosen, *c); };
      const Tensor raw = normal({2, batch, numel(make()->params())}, zeros({1}), 2);
      Rng noise(3);
      const Tensor x = make()->sample(Theta(make()->params(), raw), noise).select(0, 0).to(at::kFloat).detach();
      expect_same<Likelihood>(make, [&](Likelihood& l, const Tensor& like) {
        const Tensor flat = raw.clone().to(like.device()).set_requires_grad(true), seen = x.to(like.device());
        const Theta theta(l.params(), flat);
        Rng rng = Rng(4).like(like);
        std::vector<Tensor> all = {l.log_prob(seen, theta), l.mean(theta).detach(), l.sample(theta, rng)};
        if (const auto v = l.variance(theta)) all.push_back(v->detach());
        if (const auto mass = l.interval_log_prob(seen - 0.5, seen + 0.5, theta)) all.push_back(*mass);
        return all;
      });
      const Tensor flat = raw.clone().to(SecondDevice::get()).set_requires_grad(true), seen = x.to(SecondDevice::get());
      expect_recordable<Likelihood>(make, [&](Likelihood& l, const Rng&) {
        std::vector<Tensor> all = {l.log_prob(seen, Theta(l.params(), flat))};
        if (name == "beta" || name == "student_t") return all;  // their masses are computed on the processor
        if (const auto mass = l.interval_log_prob(seen - 0.5, seen + 0.5, Theta(l.params(), flat)))
          all.push_back(*mass);
        return all;
      });
    }
  }
}

/// Each encoder, and one with each posterior and flow.
std::vector<std::pair<std::string, PluginChoice>> encoders() {
  std::vector<std::pair<std::string, PluginChoice>> all;
  for (const std::string& name : shipped("encoder"))
    for (const conformance::Trial& trial : trials("encoder", name))
      all.emplace_back(name + ": " + trial.words, choice("encoder", name, trial.settings));
  const Setting hidden = {"hidden", std::vector<int64_t>{6}}, flow_hidden = {"flow_hidden", std::vector<int64_t>{5}};
  for (const char* posterior : {"full_normal", "laplace", "uniform", "von_mises_fisher"})
    all.emplace_back(posterior, choice("encoder", "mlp", {hidden, {"posterior", std::string(posterior)}}));
  for (const char* flow : {"planar", "householder", "iaf", "realnvp"})
    all.emplace_back(flow, choice("encoder", "mlp", {hidden, flow_hidden, {"flow", std::string(flow)}}));
  return all;
}

TEST_F(PluginsOnSecondDevice, EncodersWithTheirPosteriors) {
  for (const auto& [words, chosen] : encoders()) {
    SCOPED_TRACE(words);
    std::function<std::shared_ptr<Encoder>()> make = [&] {
      return plugins::make_plugin<Encoder>(chosen, context(Support::real));
    };
    try {
      make();
    } catch (const UserError&) {
      continue;  // of other shapes
    }
    expect_same<Encoder>(make, [&](Encoder& e, const Tensor& like) {
      const auto q = e.encode(normal({batch, 1, 4, 4}, like, 2));
      Rng rng = Rng(4).like(like);
      const Sample draw = q->draw(2, rng);
      std::vector<Tensor> all = {q->mean(), draw.z, draw.log_prob};
      if (const auto log_q = q->log_prob(draw.z.detach())) all.push_back(*log_q);
      return all;
    });
    const Tensor x = normal({batch, 1, 4, 4}, zeros({1}).to(SecondDevice::get()), 2);
    expect_recordable<Encoder>(make, [&](Encoder& e, const Rng& rng) -> std::vector<Tensor> {
      const auto q = e.encode(x);
      Rng noise = rng.fork("posterior");
      const Sample draw = q->draw(2, noise);
      return {draw.z, draw.log_prob, q->log_prob(draw.z.detach()).value_or(draw.log_prob)};
    });
  }
}

TEST_F(PluginsOnSecondDevice, Decoders) {
  for (const std::string& name : shipped("decoder"))
    for (const conformance::Trial& trial : trials("decoder", name)) {
      SCOPED_TRACE(name + ": " + trial.words);
      const PluginChoice chosen = choice("decoder", name, trial.settings);
      std::function<std::shared_ptr<Decoder>()> make = [&] {
        return plugins::make_plugin<Decoder>(chosen, context(Support::binary));
      };
      try {
        make();
      } catch (const UserError&) {
        continue;
      }
      expect_same<Decoder>(make, [&](Decoder& d, const Tensor& like) -> std::vector<Tensor> {
        return {d.decode(normal({batch, latent_dim}, like, 2))};
      });
      const Tensor z = normal({batch, latent_dim}, zeros({1}).to(SecondDevice::get()), 2);
      expect_recordable<Decoder>(make, [&](Decoder& d, const Rng&) -> std::vector<Tensor> { return {d.decode(z)}; });
    }
}

TEST_F(PluginsOnSecondDevice, Priors) {
  const PluginChoice encoder = choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{6}}});
  for (const std::string& name : shipped("prior"))
    for (const conformance::Trial& trial : trials("prior", name)) {
      SCOPED_TRACE(name + ": " + trial.words);
      const PluginChoice chosen = choice("prior", name, trial.settings);
      std::shared_ptr<Encoder> encodes;
      std::function<std::shared_ptr<Prior>()> make = [&] {
        encodes = plugins::make_plugin<Encoder>(encoder, context(Support::real));
        Context c = context(Support::real);
        c.encode = [encodes](const Tensor& x) { return encodes->encode(x); };
        auto prior = plugins::make_plugin<Prior>(chosen, c);
        prior->init_from(normal({40, 1, 4, 4}, zeros({1}), 5));
        return prior;
      };
      try {
        make();
      } catch (const UserError&) {
        continue;
      }
      expect_same<Prior>(make, [&](Prior& p, const Tensor& like) {
        encodes->to_like(like);
        Rng rng = Rng(4).like(like);
        const Tensor drawn = p.sample(batch, rng).detach();
        std::vector<Tensor> all = {drawn, p.log_prob(drawn.unsqueeze(0).clone())};
        if (!p.is_on_sphere() && name != "uniform")  // which ask for a q of their own
          if (const auto kl = p.kl(*encodes->encode(normal({batch, 1, 4, 4}, like, 2)))) all.push_back(*kl);
        return all;
      });
      const Tensor like = zeros({1}).to(SecondDevice::get()), x = normal({batch, 1, 4, 4}, like, 2);
      Rng drawing(4);
      const Tensor z = make()->sample(batch, drawing).detach().unsqueeze(0).to(like);
      expect_recordable<Prior>(make, [&](Prior& p, const Rng&) {
        encodes->to_like(like);
        std::vector<Tensor> all = {p.log_prob(z)};
        if (!p.is_on_sphere() && name != "uniform")
          if (const auto kl = p.kl(*encodes->encode(x))) all.push_back(*kl);
        return all;
      });
    }
}

}  // namespace
}  // namespace elbo::host
