// Metrics of the latents.
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "evaluate/aggregate.hpp"
#include "evaluate/factors.hpp"
#include "evaluate/probes.hpp"
#include "model/batch_loop.hpp"
#include "worker/measurements.hpp"

namespace elbo::worker {
namespace {

using log::EvaluationGroup;

constexpr int64_t most_aggregated = 5000;  // data: the cost grows with their square
constexpr int64_t most_probed = 10000;     // training data
constexpr double active = 0.01;            // Burda et al. (2016)

/// Posterior means of the first data of a part, [rows, L] row-major.
std::vector<double> posterior_means(Assembly& a, Part part, int64_t rows) {
  const at::NoGradGuard no_gradients;
  a.model.set_training(false);
  std::vector<double> means;
  for_each_batch(*a.source, part, rows, 500, Rng(0),
                 [&](const Batch& batch) { append(a.model.encoder->encode(batch.input)->mean(), means); });
  a.model.set_training(true);
  return means;
}

template <class T>
std::vector<T> first(const std::vector<T>& values, int64_t count) {
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Mean KL of each latent dimension over the test data; empty without a closed form.
std::vector<double> kl_of_dimensions(const Measuring& m) {
  const PassResult pass = test_pass(m.assembly.model, m.source, Part::test, m.run.evaluate.batch_size, m.rng);
  return pass.kl_per_dim;
}

FactorData factor_data(const Measuring& m, Part part, int64_t rows) {
  FactorData data{{posterior_means(m.assembly, part, rows), m.run.latent_dim}, {}};
  for (const auto& factor : m.source.split(part).factors) data.factors.push_back(first(factor, rows));
  return data;
}

}  // namespace

EvaluationGroup aggregate(const Measuring& m) {
  const int64_t dims = m.run.latent_dim, rows = std::min(m.images(), most_aggregated);
  const AggregateKl kl = aggregate_kl(m.assembly.model, *m.assembly.source, rows, 1, m.rng);
  EvaluationGroup g{.name = "aggregate",
                    .long_name = "parts of the KL over all encoded test data, and the units that carry it"};
  g.texts.push_back({"estimator", "q(z) is the mixture of q(z|x) of all these test data, one draw each"});
  g.add("data", static_cast<double>(kl.data), "1", "test data that q(z) is made of");
  g.add("mutual_information", kl.mutual_information, "nat", "I(x; z) (Hoffman & Johnson 2016), at most log_data");
  g.add("log_data", std::log(static_cast<double>(kl.data)), "nat",
        "log of the number of data: the largest I(x; z) there can be");
  g.add("aggregate_kl", kl.aggregate_kl, "nat", "KL(q(z) || p(z))");
  g.add("total_correlation", kl.total_correlation, "nat", "KL(q(z) || prod_j q(z_j)) (Chen et al. 2018)");
  g.add("dimension_kl", kl.dimension_kl, "nat",
        "sum_j KL(q(z_j) || p(z_j)), of a prior that factorises (Chen et al. 2018)");
  const auto variances = activity(m.assembly.model, *m.assembly.source, m.test_rows());
  const auto above = [](const std::vector<double>& v) {
    return static_cast<double>(std::count_if(v.begin(), v.end(), [](double x) { return x > active; }));
  };
  g.add("active_units", above(variances), "1", "dimensions with Var_x(E[z|x]) > 0.01 (Burda et al. 2016)");
  g.axes = {{"latent", "latent dimension", dims}};
  g.arrays = {{{"activity", "1", "Var_x(E[z|x])"}, {"latent"}, variances}};
  const std::vector<double> kl_each = kl_of_dimensions(m);
  if (kl_each.empty()) return g;
  g.add("informed_units", above(kl_each), "1", "dimensions with mean KL above 0.01 nat");
  g.arrays.push_back({{"kl_per_dim", "nat", "mean KL of each dimension"}, {"latent"}, kl_each});
  return g;
}

EvaluationGroup probes(const Measuring& m) {
  const data::Split &train = m.source.split(Part::train), &test = m.source.split(Part::test);
  if (train.labels.empty() || test.labels.empty()) throw UserError("the data have no labels; expected some for probes");
  const int64_t train_rows = std::min(most_probed, train.x.rows()), test_rows = m.images(), dims = m.run.latent_dim;
  const ProbeData data =
      standardized({elbo::tensor_of(posterior_means(m.assembly, Part::train, train_rows), {train_rows, dims}),
                    elbo::tensor_of(posterior_means(m.assembly, Part::test, test_rows), {test_rows, dims}),
                    first(train.labels, train_rows), first(test.labels, test_rows)});
  EvaluationGroup g{.name = "probes", .long_name = "how much of the label the posterior mean tells, of test data"};
  g.add("neighbours", static_cast<double>(m.run.evaluate.neighbours), "1", "nearest training latents that vote");
  g.add("neighbour_accuracy", neighbour_accuracy(data, m.run.evaluate.neighbours), "1",
        "share of test data whose label the neighbours tell");
  const LinearProbe linear = linear_probe(data);
  g.add("linear_accuracy", linear.accuracy, "1", "share of test data that multinomial logistic regression tells");
  g.add("linear_penalty", linear.penalty, "1", "its L2 penalty, chosen on a fifth of the training latents");
  g.add("train_data", static_cast<double>(train_rows), "1", "training latents");
  return g;
}

EvaluationGroup factors(const Measuring& m) {
  if (m.source.split(Part::test).factors.empty())
    throw UserError("the data have no known factors; expected data made from factors, as dataset.name = \"sprites\"");
  const int64_t dims = m.run.latent_dim;
  const FactorData train = factor_data(m, Part::train, std::min(most_probed, m.source.size(Part::train)));
  const FactorData test = factor_data(m, Part::test, m.images());
  const Dci d = dci(train, test);
  EvaluationGroup g{.name = "factors", .long_name = "how latent dimensions match the factors that made the data"};
  std::string names;
  for (const std::string& name : m.assembly.dataset->factor_names) names += (names.empty() ? "" : ", ") + name;
  g.texts.push_back({"factor_names", names});
  g.add("mig", mutual_information_gap(test), "1",
        "mutual information gap (Chen et al. 2018), 20 bins (Locatello et al. 2019)");
  g.add("disentanglement", d.disentanglement, "1", "DCI (Eastwood & Williams 2018), random forests");
  g.add("completeness", d.completeness, "1", "DCI");
  g.add("informativeness", d.informativeness, "1", "DCI: share of test data whose factors are told, mean over factors");
  g.axes = {{"factor", "factor of the data: " + names, static_cast<int64_t>(test.factors.size())},
            {"latent", "latent dimension", dims}};
  g.arrays = {{{"importance", "1", "of each dimension for each factor"}, {"factor", "latent"}, d.importance}};
  return g;
}

}  // namespace elbo::worker
