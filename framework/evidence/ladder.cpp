#include "evidence/ladder.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "evidence/annealing.hpp"
#include "evidence/modes.hpp"

namespace elbo::host {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double least_effective = 25;  // samples
constexpr double normal_spread = 0.03;  // standard deviation of log weights

/// The way of the data points of one batch up the ladder.
class Climb {
 public:
  Climb(const LatentDensity& f, const LadderSettings& s, const Rng& rng)
      : f_(f), s_(s), rng_(rng), results_(static_cast<size_t>(f.data())), at_(results_.size()) {
    for (int64_t b = 0; b < f.data(); ++b) open_.push_back(b);
  }

  std::vector<LadderEstimate> run() {
    if (s_.several_starts_first) {  // weights from one mode do not show that there are others
      at_ = f_.encoder_locations(rng_.fork("locations"));
      starts();
    } else {
      if (s_.has(Rung::encoder)) encoder();
      if (!open_.empty()) at_ = f_.encoder_locations(rng_.fork("locations"));
      if (s_.has(Rung::refined) || s_.has(Rung::normal)) refined();
      if (s_.has(Rung::again)) again();
      if (s_.has(Rung::starts)) starts();
    }
    if (s_.has(Rung::annealed)) annealed();
    for (size_t b = 0; b < results_.size(); ++b) {
      Evidence& e = results_[b].evidence;
      e.passes = f_.passes(static_cast<int64_t>(b));
      if (e.rung == Rung::none && std::isfinite(e.log_px)) e.standard_error = e.bias = nan;
    }
    return std::move(results_);
  }

 private:
  /// Takes the estimate of a data point, and says whether it is trusted.
  bool take(int64_t b, const WeightSummary& w, Rung rung, bool trusted) {
    Evidence& e = results_[static_cast<size_t>(b)].evidence;
    e.log_px = w.log_mean;
    e.standard_error = w.standard_error;
    e.bias = w.bias;
    e.pareto_k = w.pareto_k;
    e.effective_samples = w.effective;
    e.samples = w.samples;
    e.rung = trusted ? rung : Rung::none;
    return trusted;
  }

  void close(const std::vector<int64_t>& done) {
    std::erase_if(open_, [&](int64_t b) { return std::find(done.begin(), done.end(), b) != done.end(); });
  }

  void encoder() {
    const Tensor log_w = f_.encoder_log_weights(s_.samples, rng_.fork("encoder"));
    std::vector<int64_t> done;
    for (const int64_t b : open_) {
      std::vector<double> each = values_of(log_w.select(1, b));
      const WeightSummary w = summarise(each);
      if (!take(b, w, Rung::encoder, is_trusted(w, least_effective))) continue;
      done.push_back(b);
      auto& result = results_[static_cast<size_t>(b)];
      result.log_weights = std::move(each);
      result.log_weight_of = [this_f = &f_, b](const Tensor& y, const Rng&) {
        const Tensor w_of = this_f->encoder_log_weights_at(y.unsqueeze(0), b);
        return w_of.defined() ? w_of.item<double>() : nan;
      };
    }
    close(done);
  }

  void refined() {
    const auto fits = refined_locations("refine");
    std::vector<int64_t> done;
    for (size_t i = 0; i < fits.size(); ++i) {
      const int64_t b = open_[i];
      const WeightSummary& w = fits[i].weights;
      if (w.log_mean == -std::numeric_limits<double>::infinity() && w.effective == 0) {
        take(b, w, Rung::none, false);  // p(x|z) is 0 wherever it was asked: x lies outside the support
        done.push_back(b);
      } else if (s_.has(Rung::normal) && fits[i].converged && fits[i].spread < normal_spread) {
        take(b, w, Rung::normal, true);
        done.push_back(b);
        auto& result = results_[static_cast<size_t>(b)];
        result.log_weights.assign(static_cast<size_t>(w.samples), w.log_mean);  // they differ by less than the spread
        result.log_weight_of = [this_f = &f_, b, at = fits[i].sampled](const Tensor& y, const Rng&) {
          const Tensor log_p = this_f->values(y.reshape({1, 1, -1}), {b}).flatten();
          return (log_p - normal_log_prob(at, at.whitened(y.unsqueeze(0)))).item<double>();
        };
      }
    }
    close(done);
    if (s_.has(Rung::refined)) weigh(single(), s_.samples / 2, s_.samples, Rung::refined, "refined");
  }

  void again() {
    if (open_.empty()) return;
    refined_locations("refine again");
    weigh(single(), s_.samples, s_.samples_again, Rung::again, "again");
  }

  void starts() {
    if (open_.empty()) return;
    if (s_.several_starts_first) refined_locations("refine");
    std::vector<Location> known;
    for (const int64_t b : open_) known.push_back(at_[static_cast<size_t>(b)]);
    const auto all = find_modes(f_, open_, known, s_.refine, rng_);
    std::vector<StudentT> mixtures;
    for (size_t i = 0; i < open_.size(); ++i) {
      results_[static_cast<size_t>(open_[i])].evidence.modes = count_modes(all[i]);
      mixtures.push_back(mixture_of(all[i]));
    }
    weigh(mixtures, s_.samples_again, s_.samples_again, Rung::starts, "starts");
  }

  void annealed() {
    std::vector<int64_t> done;
    for (const int64_t b : open_) {
      const auto found = proposals_.find(b);
      const StudentT proposal = found != proposals_.end() ? found->second : StudentT(at_[static_cast<size_t>(b)]);
      const auto path = std::make_shared<RefinedPath>(f_, b, proposal, f_.noise_of(rng_.fork("annealed"), {b}));
      const AnnealedWeights r = anneal(*path, s_.chains, s_.most_temperatures, 2);
      if (!take(b, r.summary, Rung::annealed, r.accepted)) continue;
      done.push_back(b);
      auto& result = results_[static_cast<size_t>(b)];
      result.log_weights = r.log_weights;
      result.log_weight_of = [path, steps = r.steps](const Tensor& y, const Rng& rng) {
        return path->reverse(y, steps, rng);
      };
    }
    close(done);
  }

  std::vector<Fit> refined_locations(const char* purpose) {
    std::vector<Location> from;
    for (const int64_t b : open_) from.push_back(at_[static_cast<size_t>(b)]);
    auto fits = refine(f_, open_, from, s_.refine, rng_.fork(purpose));
    for (size_t i = 0; i < open_.size(); ++i) {
      at_[static_cast<size_t>(open_[i])] = fits[i].at;
      results_[static_cast<size_t>(open_[i])].evidence.iterations += fits[i].iterations;
    }
    return fits;
  }

  std::vector<StudentT> single() const {
    std::vector<StudentT> all;
    for (const int64_t b : open_) all.emplace_back(at_[static_cast<size_t>(b)]);
    return all;
  }

  /// By `fewest` samples of each data point's proposal, and twice as many again, up to `most`, where they are not trusted. A mixture has
  /// the shares that `most` samples can have, so that it takes all of them at once.
  void weigh(std::vector<StudentT> proposals, int64_t fewest, int64_t most, Rung rung, const char* purpose) {
    std::map<int64_t, std::vector<double>> log_w;
    for (size_t i = 0; i < open_.size(); ++i) proposals_.insert_or_assign(open_[i], proposals[i].rounded(most));
    for (int64_t known = 0, n = fewest; known < n && !open_.empty(); known = n, n = std::min(2 * n, most)) {
      std::vector<StudentT> from;
      for (const int64_t b : open_) from.push_back(proposals_.at(b));
      const Tensor found = log_weights(f_, open_, from, n - known, rng_.fork(purpose, static_cast<uint64_t>(known)));
      std::vector<int64_t> done;
      for (size_t i = 0; i < open_.size(); ++i) {
        std::vector<double>& each = log_w[open_[i]];
        const std::vector<double> more = values_of(found.select(1, static_cast<int64_t>(i)));
        each.insert(each.end(), more.begin(), more.end());
        if (estimated(open_[i], each, rung)) done.push_back(open_[i]);
      }
      close(done);
    }
  }

  /// The estimate by samples of the data point's last proposal, and whether it is trusted.
  bool estimated(int64_t b, const std::vector<double>& log_w, Rung rung) {
    const WeightSummary w = summarise(log_w);
    if (!take(b, w, rung, is_trusted(w, least_effective))) return false;
    auto& result = results_[static_cast<size_t>(b)];
    result.log_weights = log_w;
    result.log_weight_of = [this_f = &f_, b, proposal = proposals_.at(b)](const Tensor& y, const Rng&) {
      const Tensor log_p = this_f->values(y.reshape({1, 1, -1}), {b}).flatten();
      return (log_p - proposal.log_prob(y.unsqueeze(0))).item<double>();
    };
    return true;
  }

  const LatentDensity& f_;
  const LadderSettings& s_;
  Rng rng_;
  std::vector<LadderEstimate> results_;
  std::vector<Location> at_;               // the present approximation of each data point
  std::vector<int64_t> open_;              // data points without an estimate that passes, ascending
  std::map<int64_t, StudentT> proposals_;  // the last one of each
};

}  // namespace

bool LadderSettings::has(Rung rung) const { return std::find(without.begin(), without.end(), rung) == without.end(); }

std::vector<LadderEstimate> climb(const LatentDensity& f, const LadderSettings& settings, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  return Climb(f, settings, rng).run();
}

}  // namespace elbo::host
