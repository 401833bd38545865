// How latent dimensions match the factors that made the data.
#include "metrics/evaluation.hpp"

namespace elbo::host::evaluations::factors {

constexpr Metric mig{.name = "mig",
                     .long_name = "mutual information gap (Chen et al. 2018), 20 bins (Locatello et al. 2019)",
                     .basis = Basis::first_test_data,
                     .better = Better::higher},
    disentanglement{.name = "disentanglement",
                    .long_name = "DCI (Eastwood & Williams 2018), random forests",
                    .basis = Basis::first_test_data,
                    .better = Better::higher},
    completeness{.name = "completeness",
                 .long_name = "DCI: whether a factor needs one dimension only",
                 .basis = Basis::first_test_data,
                 .better = Better::higher},
    informativeness{.name = "informativeness",
                    .long_name = "DCI: share of test data whose factors are told, mean over factors",
                    .basis = Basis::first_test_data,
                    .better = Better::higher};

const Evaluation description{
    .name = "factors",
    .long_name = "how latent dimensions match the factors that made the data",
    .documentation =
        "MIG with 20 bins, and DCI with random forests, for data whose factors are known: `dataset.factors`, or "
        "`dataset.name = \"sprites\"`",
    .source = "Chen et al. 2018, Locatello et al. 2019; Eastwood and Williams 2018",
    .needs_factors = true,
    .values = {mig, disentanglement, completeness, informativeness}};

}  // namespace elbo::host::evaluations::factors

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include "evaluate/metrics/factors.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "evaluate/measure.hpp"

namespace elbo::host {
namespace {

constexpr int64_t bins = 20;

using Classes = std::vector<int64_t>;

double entropy(const std::map<int64_t, double>& counts, double n) {
  double sum = 0;
  for (const auto& [value, count] : counts) sum -= count / n * std::log(count / n);
  return sum;
}

double entropy(const Classes& values) {
  std::map<int64_t, double> counts;
  for (const int64_t v : values) ++counts[v];
  return entropy(counts, static_cast<double>(values.size()));
}

double mutual_information(const Classes& a, const Classes& b) {
  const int64_t most = 1 + *std::max_element(b.begin(), b.end());
  Classes both;
  for (size_t i = 0; i < a.size(); ++i) both.push_back(a[i] * most + b[i]);
  return std::max(0.0, entropy(a) + entropy(b) - entropy(both));
}

Classes binned(const FeatureTable& latents, int64_t column) {
  double low = latents.at(0, column), high = low;
  for (int64_t i = 0; i < latents.rows(); ++i)
    low = std::min(low, latents.at(i, column)), high = std::max(high, latents.at(i, column));
  Classes result;
  for (int64_t i = 0; i < latents.rows(); ++i) {
    const double place = high > low ? (latents.at(i, column) - low) / (high - low) : 0;
    result.push_back(std::min<int64_t>(bins - 1, static_cast<int64_t>(place * bins)));
  }
  return result;
}

/// 1 - H(p) / log n of weights made into a distribution; 0 for weights that are all 0.
double concentration(const std::vector<double>& weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (sum <= 0) return 0;
  if (weights.size() < 2) return 1;
  double h = 0;
  for (const double w : weights)
    if (w > 0) h -= w / sum * std::log(w / sum);
  return 1 - h / std::log(static_cast<double>(weights.size()));
}

/// Mean of the concentrations of rows, weighted by their sums.
double weighted_concentration(const std::vector<std::vector<double>>& rows) {
  double sum = 0, weights = 0;
  for (const auto& row : rows) {
    const double weight = std::accumulate(row.begin(), row.end(), 0.0);
    sum += weight * concentration(row);
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

}  // namespace

double mutual_information_gap(const FactorData& data) {
  std::vector<Classes> codes;
  for (int64_t j = 0; j < data.latents.columns; ++j) codes.push_back(binned(data.latents, j));
  double sum = 0;
  int64_t varying = 0;
  for (const Classes& factor : data.factors) {
    const double h = entropy(factor);
    if (h <= 0) continue;
    std::vector<double> information;
    for (const Classes& code : codes) information.push_back(mutual_information(code, factor));
    std::sort(information.rbegin(), information.rend());
    sum += (information[0] - (information.size() > 1 ? information[1] : 0)) / h;
    ++varying;
  }
  return varying > 0 ? sum / static_cast<double>(varying) : 0;
}

Dci dci(const FactorData& train, const FactorData& test) {
  const auto dims = static_cast<size_t>(train.latents.columns), count = train.factors.size();
  std::vector<std::vector<double>> by_dimension(dims, std::vector<double>(count)), by_factor;
  Dci result;
  for (size_t f = 0; f < count; ++f) {
    const Forest forest(train.latents, train.factors[f], {});
    double right = 0;
    for (int64_t i = 0; i < test.latents.rows(); ++i)
      right += forest.predict(test.latents, i) == test.factors[f][static_cast<size_t>(i)];
    result.informativeness += right / static_cast<double>(test.latents.rows()) / static_cast<double>(count);
    by_factor.push_back(forest.importance());
    result.importance.insert(result.importance.end(), forest.importance().begin(), forest.importance().end());
    for (size_t j = 0; j < dims; ++j) by_dimension[j][f] = forest.importance()[j];
  }
  result.disentanglement = weighted_concentration(by_dimension);
  result.completeness = weighted_concentration(by_factor);
  return result;
}

}  // namespace elbo::host

namespace elbo::host::evaluations::factors {

constexpr int64_t most_train_data = 10000;

FactorData factor_data(const Measuring& m, Part part, int64_t rows) {
  FactorData data{{posterior_means(m, part, rows), m.run.latent_dim}, {}};
  for (const auto& factor : m.scored.split(part).factors)
    data.factors.emplace_back(factor.begin(), factor.begin() + static_cast<std::ptrdiff_t>(rows));
  return data;
}

log::EvaluationGroup measure(const Measuring& m) {
  if (m.scored.split(Part::test).factors.empty())
    throw UserError(
        "the data have no known factors; expected dataset.factors, or data made from some, as dataset.name = "
        "\"sprites\"");
  const FactorData train = factor_data(m, Part::train, std::min(most_train_data, m.scored.size(Part::train)));
  const FactorData test = factor_data(m, Part::test, m.images());
  const Dci d = dci(train, test);
  log::EvaluationGroup g = m.group(description);
  std::string names;
  for (const std::string& name : m.dataset.factor_names) names += (names.empty() ? "" : ", ") + name;
  g.texts.push_back({"factor_names", names});
  g.add(mig, mutual_information_gap(test));
  g.add(disentanglement, d.disentanglement);
  g.add(completeness, d.completeness);
  g.add(informativeness, d.informativeness);
  g.axes = {{"factor", "factor of the data: " + names, static_cast<int64_t>(test.factors.size())},
            {"latent", "latent dimension", m.run.latent_dim}};
  g.arrays = {{{"importance", "1", "of each dimension for each factor"}, {"factor", "latent"}, d.importance}};
  return g;
}

}  // namespace elbo::host::evaluations::factors

#endif  // ELBO_MEASURES
