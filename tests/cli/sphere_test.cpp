// Latents on the unit sphere through the whole program: a posterior and a prior that go together, and what is refused.
#include <cmath>

#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Sphere : public Program {
 protected:
  /// On the sphere of R^3, but for what `more` says otherwise.
  static std::string experiment(const std::string& encoder, const std::string& prior, const std::string& more = "") {
    return "latent_dim = 3\ndataset = { name = \"bars\", observe = \"binary\", train = 200, test = 50 }\n"
           "encoder = { plugin = \"mlp\", hidden = [8]" +
           encoder +
           " }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
           "prior = { plugin = \"" +
           prior +
           "\" }\nlikelihood = { plugin = \"bernoulli\" }\n"
           "train = { max_epochs = 3, batch_size = 20 }\n" +
           more;
  }

  Said run(const std::string& text) const {
    write("x.toml", text);
    return elbo("run x.toml --out out");
  }

  fs::path folder() const {
    for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
      if (fs::exists(entry.path() / "log.h5")) return entry.path();
    return {};
  }

  static void expect_on_sphere(const std::vector<float>& z) {
    for (size_t i = 0; i + 2 < z.size(); i += 3) EXPECT_NEAR(std::hypot(z[i], z[i + 1], z[i + 2]), 1, 1e-5) << i;
  }
};

TEST_F(Sphere, ARunTrainsIsEvaluatedAndShown) {
  const Said said = run(experiment(", posterior = \"von_mises_fisher\"", "hyperspherical_uniform"));
  ASSERT_EQ(said.code, 0) << said.err << said.out;
  const h5::File log = h5::File::open(folder() / "log.h5", h5::Mode::read);
  const h5::Dataset kl = log.dataset("/train/kl"), kl_sampled = log.dataset("/train/kl_sampled"),
                    per_dim = log.dataset("/test/kl_per_dim");
  for (hsize_t epoch = 0; epoch < 3; ++epoch) {
    const double closed_form = kl.read<double>(epoch, 1)[0];
    EXPECT_GT(closed_form, 0);
    EXPECT_NEAR(kl_sampled.read<double>(epoch, 1)[0], closed_form, 0.25);
  }
  const auto shares = per_dim.read<double>(0, 1);
  EXPECT_DOUBLE_EQ(shares[0], shares[2]);
  expect_on_sphere(log.dataset("/latents/mean").read<float>(0, 1));
  for (const float scale : log.dataset("/latents/scale").read<float>(0, 1))
    EXPECT_TRUE(scale > 0 && scale < 0.8) << scale;

  const std::string out = folder().string();
  const Said evaluated =
      elbo("evaluate " + out + " --metrics bounds,aggregate,ais --set bound_samples=[1,50] --set ais_temperatures=10");
  EXPECT_EQ(evaluated.code, 1);
  EXPECT_TRUE(has(evaluated.out, "not measured: ais: the latents lie on a sphere")) << evaluated.out;
  EXPECT_TRUE(has(evaluated.out, "mutual_information")) << evaluated.out;
  for (const std::string verb : {"sample", "traverse", "interpolate"}) {
    ASSERT_EQ(elbo(verb + " " + out + (verb == "interpolate" ? " --data 0,1,2,3" : "")).code, 0) << verb;
    const h5::File arrays = h5::File::open(folder() / (verb + ".h5"), h5::Mode::read);
    const h5::Dataset z = arrays.dataset("/z");
    expect_on_sphere(z.read<float>(0, z.rows()));
  }
}

TEST_F(Sphere, WhatHasNoFiniteKlIsRefusedBeforeAnythingIsTrained) {
  const auto refused = [&](const std::string& text, const std::string& words) {
    const Said said = run(text);
    EXPECT_NE(said.code, 0);
    EXPECT_TRUE(has(said.out + said.err, words)) << said.out << said.err;
  };
  refused(experiment("", "hyperspherical_uniform"), "posterior = \"von_mises_fisher\"");
  refused(experiment(", posterior = \"von_mises_fisher\"", "standard_normal"), "prior = \"hyperspherical_uniform\"");
  refused(experiment(", posterior = \"von_mises_fisher\", flow = \"iaf\"", "hyperspherical_uniform"),
          "out of the unit sphere");
  refused(
      experiment(", posterior = \"von_mises_fisher\"", "hyperspherical_uniform", "objective = { plugin = \"mcem\" }\n"),
      "would leave");
}

}  // namespace
}  // namespace elbo::host
