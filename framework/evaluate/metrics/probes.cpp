// How much of the label the posterior mean tells.
#include "metrics/evaluation.hpp"

namespace elbo::host::evaluations::probes {

constexpr Metric neighbours{.name = "neighbours",
                            .long_name = "nearest training latents that vote",
                            .basis = Basis::training_data,
                            .decimals = 0},
    neighbour_accuracy{.name = "neighbour_accuracy",
                       .long_name = "share of test data whose label the neighbours tell",
                       .basis = Basis::first_test_data,
                       .better = Better::higher},
    linear_accuracy{.name = "linear_accuracy",
                    .long_name = "share of test data that multinomial logistic regression tells",
                    .basis = Basis::first_test_data,
                    .better = Better::higher},
    linear_penalty{.name = "linear_penalty",
                   .long_name = "its L2 penalty, chosen on a fifth of the training latents",
                   .basis = Basis::training_data},
    train_data{.name = "train_data", .long_name = "training latents", .basis = Basis::training_data, .decimals = 0};

const Evaluation description{
    .name = "probes",
    .long_name = "how much of the label the posterior mean tells, of test data",
    .documentation =
        "share of test data whose label is told by the 15 nearest training latents, and by multinomial "
        "logistic regression on them",
    .needs_labels = true,
    .values = {neighbours, neighbour_accuracy, linear_accuracy, linear_penalty, train_data}};

}  // namespace elbo::host::evaluations::probes

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include "evaluate/metrics/probes.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/one_hot.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <set>

#include "evaluate/measure.hpp"

namespace elbo::host {
namespace {

/// Classes 0 .. C - 1 in place of the labels, int64.
Tensor classes_of(const std::vector<int64_t>& labels, const std::vector<int64_t>& known) {
  std::vector<double> classes;
  for (const int64_t label : labels) {
    const auto at = std::lower_bound(known.begin(), known.end(), label);
    classes.push_back(at != known.end() && *at == label ? static_cast<double>(at - known.begin()) : -1);
  }
  return elbo::tensor_of(classes, {static_cast<int64_t>(classes.size())}).to(at::kLong);
}

std::vector<int64_t> known_labels(const ProbeData& data) {
  const std::set<int64_t> sorted(data.train_labels.begin(), data.train_labels.end());
  return {sorted.begin(), sorted.end()};
}

double share_equal(const Tensor& found, const Tensor& expected) {
  return (found == expected).to(at::kDouble).mean().item<double>();
}

struct Logistic {
  Tensor weight, bias;  // [C, L], [C]
  Tensor logits(const Tensor& x) const { return x.matmul(weight.t()) + bias; }
};

Logistic fitted(const Tensor& x, const Tensor& y, int64_t classes, double penalty) {
  const at::AutoGradMode gradients(true);
  Logistic model{elbo::zeros({classes, x.size(1)}, x).requires_grad_(true),
                 elbo::zeros({classes}, x).requires_grad_(true)};
  torch::optim::LBFGS optimizer({model.weight, model.bias},
                                torch::optim::LBFGSOptions(1).max_iter(100).line_search_fn("strong_wolfe"));
  optimizer.step([&] {
    optimizer.zero_grad();
    const Tensor log_p = model.logits(x).log_softmax(1);
    const Tensor loss = -log_p.gather(1, y.unsqueeze(1)).mean() + 0.5 * penalty * model.weight.square().sum();
    loss.backward();
    return loss;
  });
  return model;
}

double accuracy(const Logistic& model, const Tensor& x, const Tensor& y) {
  const at::NoGradGuard no_gradients;
  return share_equal(model.logits(x).argmax(1), y);
}

}  // namespace

ProbeData standardized(ProbeData data) {
  const Tensor train = data.train.to(at::kDouble), mean = train.mean(0), deviation = train.std(0, false);
  const Tensor by = deviation.masked_fill(deviation < 1e-12, 1.0);
  data.train = (train - mean) / by;
  data.test = (data.test.to(at::kDouble) - mean) / by;
  return data;
}

double neighbour_accuracy(const ProbeData& data, int64_t k) {
  const std::vector<int64_t> known = known_labels(data);
  const Tensor train = classes_of(data.train_labels, known), test = classes_of(data.test_labels, known);
  const int64_t rows = data.test.size(0), neighbours = std::min(k, data.train.size(0));
  const int64_t at_once = std::max<int64_t>(1, (4 << 20) / data.train.size(0));
  // A vote counts a little more the nearer it is, by less in all than one vote.
  const Tensor votes = 1 + 1e-6 * (static_cast<double>(neighbours) - elbo::arange(neighbours, data.train));
  double right = 0;
  for (int64_t first = 0; first < rows; first += at_once) {
    const int64_t n = std::min(at_once, rows - first);
    const Tensor nearest =
        std::get<1>(at::cdist(data.test.narrow(0, first, n), data.train).topk(neighbours, 1, false, true));
    const Tensor labels = train.index_select(0, nearest.flatten()).reshape({n, neighbours});
    const Tensor counts =
        (at::one_hot(labels, static_cast<int64_t>(known.size())).to(at::kDouble) * votes.unsqueeze(1)).sum(1);
    right += share_equal(counts.argmax(1), test.narrow(0, first, n)) * static_cast<double>(n);
  }
  return right / static_cast<double>(rows);
}

LinearProbe linear_probe(const ProbeData& data) {
  const std::vector<int64_t> known = known_labels(data);
  const Tensor train = classes_of(data.train_labels, known), test = classes_of(data.test_labels, known);
  const auto classes = static_cast<int64_t>(known.size());
  const int64_t rows = data.train.size(0), fit = std::max<int64_t>(1, rows - rows / 5);
  LinearProbe best{.accuracy = -1};
  for (const double penalty : {1e-4, 1e-3, 1e-2, 1e-1}) {
    const Logistic model = fitted(data.train.narrow(0, 0, fit), train.narrow(0, 0, fit), classes, penalty);
    const double held_out =
        fit < rows ? accuracy(model, data.train.narrow(0, fit, rows - fit), train.narrow(0, fit, rows - fit)) : 0;
    if (held_out > best.accuracy) best = {held_out, penalty};
  }
  best.accuracy = accuracy(fitted(data.train, train, classes, best.penalty), data.test, test);
  return best;
}

}  // namespace elbo::host

namespace elbo::host::evaluations::probes {

constexpr int64_t most_train_data = 10000;

std::vector<int64_t> first_labels(const std::vector<int64_t>& labels, int64_t count) {
  return {labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(count)};
}

log::EvaluationGroup measure(const Measuring& m) {
  const data::Split &train = m.scored.split(Part::train), &test = m.scored.split(Part::test);
  if (train.labels.empty() || test.labels.empty()) throw UserError("the data have no labels; expected some for probes");
  const int64_t train_rows = std::min(most_train_data, train.x.rows()), test_rows = m.images(), dims = m.run.latent_dim;
  const ProbeData latents =
      standardized({elbo::tensor_of(posterior_means(m, Part::train, train_rows), {train_rows, dims}),
                    elbo::tensor_of(posterior_means(m, Part::test, test_rows), {test_rows, dims}),
                    first_labels(train.labels, train_rows), first_labels(test.labels, test_rows)});
  log::EvaluationGroup g = m.group(description);
  g.add(neighbours, static_cast<double>(m.run.evaluate.neighbours));
  g.add(neighbour_accuracy, elbo::host::neighbour_accuracy(latents, m.run.evaluate.neighbours));
  const LinearProbe linear = linear_probe(latents);
  g.add(linear_accuracy, linear.accuracy);
  g.add(linear_penalty, linear.penalty);
  g.add(train_data, static_cast<double>(train_rows));
  return g;
}

}  // namespace elbo::host::evaluations::probes

#endif  // ELBO_MEASURES
