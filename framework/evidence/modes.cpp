#include "evidence/modes.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace elbo::host {
namespace {

constexpr int64_t tried_starts = 500, mode_samples = 50;
constexpr int64_t few_dims = 4;             // in so few, modes lie close together and a refinement is cheap
constexpr double starts_apart = 0.5;        // in the prior's standard deviations along each dimension
const double start_scale = std::sqrt(0.1);  // of the prior's
constexpr double same_mode = 4;             // posterior standard deviations
constexpr double least_share = 0.05;        // of a mode in the mixture
constexpr double least_counted = 1e-3;      // of the evidence

int64_t starts_of(const LatentDensity& f) { return f.space().dims() <= few_dims ? 7 : 3; }

/// The best samples of the prior for each data point, not too near each other.
std::vector<std::vector<Location>> prior_starts(const LatentDensity& f, const std::vector<int64_t>& data,
                                                const Rng& rng) {
  const Location prior = f.prior_location();
  const Tensor root = start_scale * prior.root;
  const double far = starts_apart * std::sqrt(static_cast<double>(f.space().dims()));
  const Tensor y = f.prior_samples(tried_starts, data, rng.fork("prior starts"));
  const Tensor values = f.values(y, data).nan_to_num(-INFINITY);
  std::vector<std::vector<Location>> all;
  for (size_t i = 0; i < data.size(); ++i) {
    const Tensor own = y.select(1, static_cast<int64_t>(i)), whitened = prior.whitened(own);
    Tensor left = values.select(1, static_cast<int64_t>(i)).clone();
    std::vector<Location> each;
    for (int64_t j = 0; j < starts_of(f); ++j) {
      const int64_t best = left.argmax().item<int64_t>();
      each.push_back({own[best], root});
      left.masked_fill_((whitened - whitened[best]).norm(2, {1}) < far, -INFINITY);
    }
    all.push_back(std::move(each));
  }
  return all;
}

bool is_new(const std::vector<Mode>& known, const Location& at) {
  return std::none_of(known.begin(), known.end(), [&](const Mode& m) {
    return std::min(m.at.whitened(at.mean.unsqueeze(0)).norm().item<double>(),
                    at.whitened(m.at.mean.unsqueeze(0)).norm().item<double>()) < same_mode;
  });
}

void weigh(const LatentDensity& f, const std::vector<int64_t>& data, std::vector<std::vector<Mode>>& all,
           const Rng& rng) {
  size_t most = 0;
  for (const auto& each : all) most = std::max(most, each.size());
  for (size_t j = 0; most > 1 && j < most; ++j) {
    std::vector<StudentT> proposals;
    for (const auto& each : all) proposals.emplace_back(each[std::min(j, each.size() - 1)].at);
    const Tensor log_w = log_weights(f, data, proposals, mode_samples, rng.fork("modes", j));
    for (size_t i = 0; i < all.size(); ++i)
      if (j < all[i].size())
        all[i][j].log_evidence = summarise(values_of(log_w.select(1, static_cast<int64_t>(i)))).log_mean;
  }
}

std::vector<double> shares_of(const std::vector<Mode>& modes) {
  double top = -INFINITY;
  std::vector<double> all;
  for (const Mode& m : modes) top = std::max(top, m.log_evidence);
  for (const Mode& m : modes) all.push_back(std::isfinite(top) ? std::exp(m.log_evidence - top) : 1);
  const double sum = std::accumulate(all.begin(), all.end(), 0.0);
  for (double& share : all) share /= sum;
  return all;
}

}  // namespace

std::vector<std::vector<Mode>> find_modes(const LatentDensity& f, const std::vector<int64_t>& data,
                                          const std::vector<Location>& known, const RefineSettings& settings,
                                          const Rng& rng) {
  const auto starts = prior_starts(f, data, rng);
  std::vector<std::vector<Mode>> all;
  for (const Location& at : known) all.push_back({{at}});
  for (int64_t j = 0; j < starts_of(f); ++j) {
    std::vector<Location> from;
    for (const auto& each : starts) from.push_back(each[static_cast<size_t>(j)]);
    const auto fits = refine(f, data, from, settings, rng.fork("refine start", static_cast<uint64_t>(j)));
    for (size_t i = 0; i < data.size(); ++i)
      if (is_new(all[i], fits[i].at)) all[i].push_back({fits[i].at});
  }
  weigh(f, data, all, rng);
  return all;
}

StudentT mixture_of(const std::vector<Mode>& modes) {
  std::vector<double> shares = shares_of(modes);
  double sum = 0;
  for (double& share : shares) sum += share = std::max(share, least_share);
  std::vector<StudentT::Part> parts;
  for (size_t j = 0; j < modes.size(); ++j) parts.push_back({modes[j].at, shares[j] / sum});
  return StudentT(std::move(parts));
}

int64_t count_modes(const std::vector<Mode>& modes) {
  const std::vector<double> shares = shares_of(modes);
  return std::count_if(shares.begin(), shares.end(), [](double share) { return share > least_counted; });
}

std::vector<int64_t> count_modes(const LatentDensity& f, const RefineSettings& settings, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  std::vector<int64_t> data(static_cast<size_t>(f.data())), counts;
  std::iota(data.begin(), data.end(), 0);
  std::vector<Location> at;
  for (const Fit& fit : refine(f, data, f.encoder_locations(rng.fork("locations")), settings, rng.fork("refine")))
    at.push_back(fit.at);
  for (const auto& modes : find_modes(f, data, at, settings, rng)) counts.push_back(count_modes(modes));
  return counts;
}

}  // namespace elbo::host
