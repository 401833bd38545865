#include "evidence/refine.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_solve_triangular.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace elbo::host {
namespace {

constexpr int64_t least_iterations = 3, small_steps = 2, window = 2, fewest_pairs = 16;
constexpr double least_damping = 0.2;    // share of the newest precision
constexpr double least_precision = 0.5;  // of the prior's
constexpr double share_of_median = 1e-3, most_precision = 1e12;

Tensor identity(int64_t n) { return at::eye(n, at::TensorOptions(at::kDouble)); }

Tensor solved(const Tensor& lower, const Tensor& b) { return at::linalg_solve_triangular(lower, b, false); }

/// The lower triangular root of the inverse of a positive definite matrix.
Tensor root_of_inverse(const Tensor& precision) {
  const Tensor inverse_root = solved(at::linalg_cholesky(precision), identity(precision.size(0)));
  return at::linalg_cholesky(inverse_root.t().matmul(inverse_root));
}

/// Symmetric, with eigenvalues no smaller than half of the prior's precision in their directions.
Tensor raised(const Tensor& precision, const Tensor& prior_covariance) {
  const auto [values, vectors] = at::linalg_eigh(0.5 * (precision + precision.t()));
  const Tensor prior_variance = (vectors * prior_covariance.matmul(vectors)).sum(0);
  const double median = values[values.size(0) / 2].item<double>();
  const Tensor floor = (least_precision / prior_variance).clamp_min(std::max(1e-12, share_of_median * median));
  return (vectors * values.maximum(floor).clamp_max(most_precision)).matmul(vectors.t());
}

struct Regression {
  Tensor displacements, slopes;  // [n, M]: half the difference of the gradients at m + d and m - d
};

/// One data point on its way.
struct Walk {
  Location at;
  Tensor precision, gradients, values, noise, step;  // of the present iteration
  std::vector<Regression> history;
  double damping = 1, length = 0, last_length = std::numeric_limits<double>::infinity();
  int64_t small = 0;
  bool far = false, ended = false;
  Fit fit;
};

double norm(const Tensor& t) { return t.norm().item<double>(); }

void weigh(Walk& w) {
  const int64_t pairs = w.noise.size(0);
  const Tensor log_q = normal_log_prob(w.fit.sampled, w.noise);
  const Tensor log_w = w.values.reshape({2, pairs}) - log_q;
  const Tensor pair = (log_w.logsumexp(0) - std::log(2.0)).contiguous();
  w.fit.weights = summarise({pair.data_ptr<double>(), static_cast<size_t>(pairs)});
  w.fit.spread = log_w.flatten().std(0, false).item<double>();
}

/// The pairs of which both gradients are finite; nothing when they are too few to go on with.
std::optional<Regression> regression_of(const Walk& w, Tensor& mean_gradient) {
  const int64_t pairs = w.noise.size(0);
  const Tensor ahead = w.gradients.narrow(0, 0, pairs), behind = w.gradients.narrow(0, pairs, pairs);
  const Tensor usable = (ahead + behind).isfinite().all(1).nonzero().squeeze(1);
  if (usable.size(0) < std::max<int64_t>(2, w.noise.size(1) / 2)) return {};
  const Tensor a = ahead.index_select(0, usable), b = behind.index_select(0, usable);
  mean_gradient = 0.5 * (a.mean(0) + b.mean(0));
  return Regression{w.noise.index_select(0, usable).matmul(w.at.root.t()), 0.5 * (a - b)};
}

/// The precision that the regression says, and the step to the zero of the mean gradient.
void propose(Walk& w, const Tensor& prior_covariance) {
  Tensor mean_gradient;
  auto regression = regression_of(w, mean_gradient);
  if (!regression) {  // most samples lie where f has no value: nearer ones may not
    w.at.root = 0.5 * w.at.root;
    w.precision = 4 * w.precision;
    w.history.clear();
    w.step = Tensor();
    return;
  }
  w.history.push_back(*std::move(regression));
  if (w.history.size() > static_cast<size_t>(window)) w.history.erase(w.history.begin());
  std::vector<Tensor> displacements, slopes;
  for (const Regression& r : w.history) {
    displacements.push_back(r.displacements);
    slopes.push_back(r.slopes);
  }
  const Tensor& root = w.at.root;
  const Tensor e = solved(root, elbo::cat(displacements, 0).t()).t(), g = elbo::cat(slopes, 0).matmul(root);
  const Tensor squares = e.t().matmul(e);
  const Tensor ridge = 1e-9 * squares.diagonal().mean() * identity(root.size(0));
  const Tensor lower = at::linalg_cholesky(squares + ridge);
  const Tensor b = at::linalg_solve_triangular(lower.t(), solved(lower, e.t().matmul(g)), true);
  const Tensor inverse = solved(root, identity(root.size(0)));
  const Tensor found = -inverse.t().matmul(0.5 * (b + b.t())).matmul(inverse);
  w.precision = (1 - w.damping) * w.precision + w.damping * raised(found, prior_covariance);
  const Tensor next = root_of_inverse(w.precision);
  w.step = next.matmul(next.t().matmul(mean_gradient));
  w.length = std::max(norm(solved(root, w.step.unsqueeze(1))), norm(solved(next, w.step.unsqueeze(1))));
  w.fit.at.root = next;
}

double longest(int64_t dims) { return 2 * std::sqrt(static_cast<double>(dims)); }

/// Shares of a long step that are tried.
std::vector<double> shares_of(const Walk& w) { return {1, 0.5, 0.25, 0.1, longest(w.step.size(0)) / w.length}; }

/// Follows the step, by this share of it, and says whether the walk has ended.
void take(Walk& w, double share, const RefineSettings& s) {
  w.at = {w.at.mean + share * w.step, w.fit.at.root};
  w.last_length = w.length;
  w.small = w.length < s.small_step ? w.small + 1 : 0;
  w.fit.converged = w.fit.iterations >= least_iterations && w.small >= small_steps;
  w.ended = w.fit.converged;
}

void advance(Walk& w, const RefineSettings& s) {
  const double limit = longest(w.step.size(0));
  const bool swings = w.fit.iterations >= least_iterations && w.length > 0.7 * w.last_length && w.length > limit / 4 &&
                      w.length <= limit;
  if (s.damping && swings) w.damping = std::max(least_damping, w.damping / 2);
  else if (w.length < 0.5 * w.last_length) w.damping = std::min(1.0, 2 * w.damping);
  w.far = w.length > limit;
  if (!w.far) return take(w, w.damping, s);
  w.history.clear();
  if (!s.line_search) take(w, w.damping * limit / w.length, s);
}

/// The longest steps, by the density at their ends: values [1 + shares].
void search(Walk& w, const Tensor& values, const RefineSettings& s) {
  const std::vector<double> shares = shares_of(w);
  const Tensor known = values.nan_to_num(-INFINITY).contiguous();
  const double* f = known.data_ptr<double>();
  const auto best = std::max_element(f, f + known.size(0)) - f;
  if (best > 0) return take(w, shares[static_cast<size_t>(best) - 1], s);
  w.damping = std::max(least_damping, w.damping / 2);
  take(w, 0.1 * shares.back(), s);
}

void search_from(const LatentDensity& f, const std::vector<int64_t>& data, std::vector<Walk*>& walks,
                 const RefineSettings& s) {
  std::vector<Tensor> points;
  for (const Walk* w : walks) {
    std::vector<Tensor> each = {w->at.mean};
    for (const double share : shares_of(*w)) each.push_back(w->at.mean + share * w->step);
    points.push_back(elbo::stack(each, 0));
  }
  const Tensor values = f.values(elbo::stack(points, 1), data);
  for (size_t i = 0; i < walks.size(); ++i) search(*walks[i], values.select(1, static_cast<int64_t>(i)), s);
}

}  // namespace

std::vector<Fit> refine(const LatentDensity& f, const std::vector<int64_t>& data, const std::vector<Location>& starts,
                        const RefineSettings& s, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  const int64_t dims = f.space().dims(), pairs = s.pairs ? s.pairs : std::max(3 * dims / 2, fewest_pairs);
  std::vector<Walk> walks(data.size());
  for (size_t i = 0; i < data.size(); ++i) {
    const Tensor inverse = solved(starts[i].root, identity(dims));
    walks[i].at = starts[i];
    walks[i].precision = inverse.t().matmul(inverse);
  }
  for (int64_t t = 1; t <= s.most_iterations; ++t) {
    std::vector<size_t> walking;
    std::vector<int64_t> places;
    for (size_t i = 0; i < walks.size(); ++i)
      if (!walks[i].ended) walking.push_back(i), places.push_back(data[i]);
    if (walking.empty()) break;
    const Tensor noise = f.noise_of(rng.fork("iteration", static_cast<uint64_t>(t)), places)
                             .normal({pairs, static_cast<int64_t>(places.size()), dims});
    std::vector<Tensor> points;
    for (size_t j = 0; j < walking.size(); ++j) {
      Walk& w = walks[walking[j]];
      w.noise = noise.select(1, static_cast<int64_t>(j)).contiguous();
      const Tensor d = w.noise.matmul(w.at.root.t());
      points.push_back(elbo::cat({w.at.mean + d, w.at.mean - d}, 0));
    }
    const Scores scores = f.scores(elbo::stack(points, 1), places);
    at::parallel_for(0, static_cast<int64_t>(walking.size()), 1, [&](int64_t first, int64_t last) {
      const at::NoGradGuard none;
      for (int64_t j = first; j < last; ++j) {
        Walk& w = walks[walking[static_cast<size_t>(j)]];
        w.values = scores.values.select(1, j).contiguous();
        w.gradients = scores.gradients.select(1, j).contiguous();
        ++w.fit.iterations;
        w.fit.sampled = w.at;
        propose(w, f.space().prior_covariance());
        w.far = false;
        if (w.step.defined()) advance(w, s);
      }
    });
    std::vector<Walk*> far;
    std::vector<int64_t> far_places;
    for (size_t j = 0; s.line_search && j < walking.size(); ++j)
      if (Walk& w = walks[walking[j]]; w.far) far.push_back(&w), far_places.push_back(places[j]);
    if (!far.empty()) search_from(f, far_places, far, s);
  }
  std::vector<Fit> fits;
  for (Walk& w : walks) {
    w.fit.at = w.at;
    weigh(w);
    fits.push_back(std::move(w.fit));
  }
  return fits;
}

}  // namespace elbo::host
