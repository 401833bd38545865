// Four pictures of 2 x 3 pixels as training and test data, and a model of them with two latent dimensions.
#pragma once
#include "batches/batch_source.hpp"
#include "support/toy_model.hpp"

namespace elbo::host::testing {

struct Pictures {
  data::Dataset dataset = made();
  observation::ObservationModel observed{{{1, 2, 3}, Support::unit_interval, 0}};
  BatchSource source{dataset, observed, true};
  Model model = make_model(choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{4}}}),
                           choice("decoder", "mlp", {{"hidden", std::vector<int64_t>{4}}}),
                           choice("likelihood", "continuous_bernoulli"), observed.observation, 2);

 private:
  static data::Dataset made() {
    data::Dataset d;
    d.shape = {1, 2, 3};
    d.support = Support::unit_interval;
    std::vector<float> values;
    for (int i = 0; i < 24; ++i) values.push_back(static_cast<float>(i) / 23);
    d.train.x = d.test.x = {{4, 1, 2, 3}, values};
    return d;
  }
};

}  // namespace elbo::host::testing
