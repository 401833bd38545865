#include "evaluate/predictive.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluate/importance.hpp"
#include "metrics/pareto.hpp"

namespace elbo::host {
namespace {

constexpr double not_asked = std::numeric_limits<double>::quiet_NaN();

/// log sum_k exp(t_k) over samples that come in pieces.
class LogSum {
 public:
  /// t [S, ...]
  void add(const Tensor& t) {
    const Tensor sum = t.logsumexp(0);
    sum_ = sum_.defined() ? sum_.logaddexp(sum) : sum;
  }
  const Tensor& value() const { return sum_; }

 private:
  Tensor sum_;
};

/// Means of several quantities under weights exp(log w) that come in pieces.
class WeightedMeans {
 public:
  explicit WeightedMeans(size_t quantities) : sums_(quantities) {}

  /// log w [S, B] of the next piece, of which add() is then told the quantities.
  void begin_piece(const Tensor& log_w) {
    Tensor top = std::get<0>(log_w.max(0));
    if (top_.defined()) top = top.maximum(top_);
    const Tensor reference = top.masked_fill(top == -std::numeric_limits<double>::infinity(), 0.0);
    weights_ = (log_w - reference).exp();
    if (top_.defined()) {
      const Tensor shrink = (top_ - reference).exp();
      total_ = total_ * shrink + weights_.sum(0);
      for (Tensor& sum : sums_)
        if (sum.defined()) sum = sum * shrink.unsqueeze(1);
    } else {
      total_ = weights_.sum(0);
    }
    top_ = reference;
  }
  /// values [S, B, D] of this piece.
  void add(size_t quantity, const Tensor& values) {
    const Tensor sum = (weights_.unsqueeze(2) * values).sum(0);
    sums_[quantity] = sums_[quantity].defined() ? sums_[quantity] + sum : sum;
  }
  /// [B, D]
  Tensor mean(size_t quantity) const { return sums_[quantity] / total_.unsqueeze(1); }

 private:
  Tensor top_, weights_, total_;
  std::vector<Tensor> sums_;
};

/// What is gathered over the samples of a batch.
struct Gathered {
  WeightedMeans means;  // 0: of x; 1 + l: the probability of code l
  LogSum weights, of_truth, of_all_truth;
  LogMeanWeight diagnosis;
  std::vector<float> draws{};   // [K, B, D]
  std::vector<double> log_w{};  // [K, B]
};

Tensor filled(const Tensor& t) { return t.isnan().any().item<bool>() ? t.masked_fill(t.isnan(), 0) : t; }

/// The probability of each code, of all columns that have so many.
void add_codes(const Model& model, const Tensor& like, const Theta& theta, const std::vector<int64_t>& levels,
               WeightedMeans& means) {
  const int64_t most = levels.empty() ? 0 : *std::max_element(levels.begin(), levels.end());
  for (int64_t code = 0; code < most; ++code) {
    const Tensor x = elbo::full(like.sizes().vec(), not_asked, like);
    for (size_t j = 0; j < levels.size(); ++j)
      if (code < levels[j]) x.select(1, static_cast<int64_t>(j)).fill_(static_cast<double>(code));
    means.add(1 + static_cast<size_t>(code), score_each(*model.likelihood, x, theta).to(at::kDouble).exp());
  }
}

void add_piece(const Model& model, const Batch& given, const Asked& asked, const Theta& theta, const Tensor& log_w,
               Rng noise, Gathered& all) {
  all.weights.add(log_w);
  all.diagnosis.add(log_w);
  all.means.begin_piece(log_w);
  all.means.add(0, model.likelihood->mean(theta).to(at::kDouble));
  add_codes(model, given.x, theta, asked.levels, all.means);
  append(model.likelihood->sample(theta, noise), all.draws);
  append(log_w, all.log_w);
  if (!asked.truth.defined()) return;
  const Tensor truth = asked.truth.to(given.x.scalar_type()).masked_fill(asked.where.logical_not(), not_asked);
  const Tensor each = score_each(*model.likelihood, truth, theta).to(at::kDouble);
  all.of_truth.add(each + log_w.unsqueeze(2));
  all.of_all_truth.add(each.sum(2) + log_w);
}

/// Where nothing is observed, p(z | x_o) is the prior: these data points [B] get draws of it, whose weights are equal. `first` is the number of the first.
void draw_from_prior(const Model& model, const Tensor& shows_nothing, int64_t first, const Rng& rng, Sample& draw) {
  if (!shows_nothing.any().item<bool>()) return;
  const Tensor numbers = at::arange(first, first + draw.z.size(0), at::TensorOptions(at::kLong));
  Rng own = rng.for_data(numbers).like(draw.z);
  const Tensor z = model.prior->sample(draw.z.size(0), own).to(draw.z.options()).unsqueeze(1);
  draw.z = elbo::where(shows_nothing.view({1, -1, 1}), z, draw.z);
  draw.log_prob = elbo::where(shows_nothing, model.prior->log_prob(draw.z), draw.log_prob);
}

/// The quantiles of weighted numbers: the least ones below or at which these shares of the weight lie.
std::pair<double, double> central_interval(std::vector<std::pair<float, double>>& weighted, double coverage) {
  std::sort(weighted.begin(), weighted.end());
  double total = 0, sum = 0;
  for (const auto& [x, w] : weighted) total += w;
  const double below = (1 - coverage) / 2 * total, up_to = (1 + coverage) / 2 * total;
  std::pair<double, double> ends = {not_asked, not_asked};
  for (const auto& [x, w] : weighted) {
    sum += w;
    if (std::isnan(ends.first) && sum >= below) ends.first = x;
    if (sum >= up_to) return ends.second = x, ends;
  }
  if (!weighted.empty()) ends.second = weighted.back().first;
  return ends;
}

/// Of one data point b: its weights, the largest 1.
std::vector<double> weights_of(const Gathered& all, int64_t b, int64_t batch) {
  std::vector<double> weights;
  for (size_t i = static_cast<size_t>(b); i < all.log_w.size(); i += static_cast<size_t>(batch))
    weights.push_back(all.log_w[i]);
  const double top = *std::max_element(weights.begin(), weights.end());
  for (double& w : weights) w = std::exp(w - top);
  return weights;
}

/// Fewer effective draws than one in each tail say nothing of its end: of a single one, both ends would be that draw.
void set_intervals(const Gathered& all, const Asked& asked, double coverage, Predictions& p) {
  const double least_effective = 2 / (1 - coverage);
  const int64_t batch = p.value.size(0), columns = p.value.size(1);
  const Tensor where = asked.where.to(at::kCPU).contiguous();
  const bool* wanted = where.data_ptr<bool>();
  for (int64_t b = 0; b < batch; ++b) {
    if (p.effective_samples[b].item<double>() < least_effective) continue;
    std::vector<double> weights;
    for (int64_t j = 0; j < columns; ++j) {
      if (!wanted[b * columns + j] || asked.levels[static_cast<size_t>(j)] > 0) continue;
      if (weights.empty()) weights = weights_of(all, b, batch);
      std::vector<std::pair<float, double>> weighted;
      for (size_t k = 0; k < weights.size(); ++k)
        if (weights[k] > 0)
          weighted.emplace_back(
              all.draws[(k * static_cast<size_t>(batch) + static_cast<size_t>(b)) * static_cast<size_t>(columns) +
                        static_cast<size_t>(j)],
              weights[k]);
      const auto [low, high] = central_interval(weighted, coverage);
      p.low[b][j].fill_(low);
      p.high[b][j].fill_(high);
    }
  }
}

/// In the place of their means: the most probable code, and its probability.
void set_codes(const Gathered& all, const Asked& asked, Predictions& p) {
  for (size_t j = 0; j < asked.levels.size(); ++j) {
    if (asked.levels[j] == 0) continue;
    const auto place = static_cast<int64_t>(j);
    std::vector<Tensor> each;
    for (int64_t code = 0; code < asked.levels[j]; ++code)
      each.push_back(all.means.mean(1 + static_cast<size_t>(code)).select(1, place).to(at::kCPU));
    const auto [probability, code] = elbo::stack(each, 0).max(0);
    p.value.select(1, place).copy_(code);
    p.probability.select(1, place).copy_(probability);
  }
}

/// k-hat says nothing of weights that differ by rounding alone: it is -inf there, as of equal ones.
Tensor tail_of(const LogMeanWeight& weights, const Tensor& effective) {
  const Tensor are_equal = effective >= 0.999 * static_cast<double>(weights.samples());
  return weights.pareto_k().masked_fill(are_equal, -std::numeric_limits<double>::infinity());
}

Predictions predictions_of(const Gathered& all, const Asked& asked, double coverage) {
  const Tensor rest = asked.where.to(at::kCPU).logical_not(), mean = all.means.mean(0).to(at::kCPU);
  const auto nothing = [&] { return elbo::full(mean.sizes().vec(), not_asked, mean); };
  Predictions p{.value = mean,
                .low = nothing(),
                .high = nothing(),
                .probability = nothing(),
                .log_p = nothing(),
                .log_p_joint = {},
                .effective_samples = all.diagnosis.effective_samples().to(at::kCPU),
                .pareto_k = {}};
  p.pareto_k = tail_of(all.diagnosis, p.effective_samples);
  set_codes(all, asked, p);
  set_intervals(all, asked, coverage, p);
  if (asked.truth.defined()) {
    const Tensor total = all.weights.value();
    p.log_p = (all.of_truth.value() - total.unsqueeze(1)).to(at::kCPU).masked_fill(rest, not_asked);
    p.log_p_joint = (all.of_all_truth.value() - total).to(at::kCPU);
  }
  p.value = p.value.masked_fill(rest, not_asked);
  p.probability = p.probability.masked_fill(rest, not_asked);
  return p;
}

}  // namespace

bool is_trusted_prediction(double effective_samples, double pareto_k) {
  return effective_samples >= least_effective_samples && !(pareto_k > trusted_k);
}

std::vector<int64_t> code_counts(const Observation& observation, const std::vector<formats::TableColumn>& table) {
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < numel(observation.shape); ++i) {
    const auto j = static_cast<size_t>(i);
    const Column column =
        observation.columns.empty() ? Column{"", observation.support, observation.levels} : observation.columns[j];
    const bool is_number = j < table.size() && table[j].kind == "number";
    const bool has_codes = column.support == Support::levels && !is_number;
    counts.push_back(column.support == Support::binary ? 2 : has_codes ? column.levels : 0);
  }
  return counts;
}

std::string why_not_predictive(const Model& model, const observation::ObservationModel& observed) {
  if (observed.observation.shape.size() != 1)
    return "the data points have the shape " + to_string(observed.observation.shape) +
           ", whose values are not predicted one by one; expected rows of a table";
  const bool is_plain = std::all_of(observed.chain.begin(), observed.chain.end(), [](const auto& step) {
    return std::visit([](const auto& transform) { return !transform.noise() && !transform.interval_levels(); }, step);
  });
  if (!is_plain || observed.shows_means() || observed.on_levels || observed.scoring() == observation::Scoring::interval)
    return "what the likelihood sees of the data is another value than the stored one; expected observe = \"columns\" "
           "or \"real\"";
  if (!has_posterior(model))
    return "the objective has a point for a posterior, so that there are no latents to draw; expected one that samples "
           "them";
  if (has_log_prob_per_value(*model.likelihood)) return "";
  return model.likelihood->label() +
         " scores the values of a row together, so that some of them cannot be left out; expected a likelihood that "
         "gives the log-density of each value (log_prob_per_value)";
}

Batch without_values(const BatchSource& source, const Batch& batch, const Tensor& hidden) {
  Batch given = batch;
  given.x = batch.x.masked_fill(hidden.to(batch.x.device()), not_asked);
  given.input = filled(source.input_of(given.x, given.condition));
  return given;
}

Predictions predict(const Model& model, const BatchSource& source, const Batch& given, const Asked& asked,
                    const PredictiveSettings& settings, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  const int64_t most = asked.levels.empty() ? 0 : *std::max_element(asked.levels.begin(), asked.levels.end());
  Gathered all{.means = WeightedMeans(1 + static_cast<size_t>(most)),
               .weights = {},
               .of_truth = {},
               .of_all_truth = {},
               .diagnosis = LogMeanWeight(settings.samples)};
  const int64_t at_once = samples_at_once(model, source, given.size());
  const auto posterior = model.encoder->encode(given.input);
  const Tensor shows_nothing = given.x.isnan().all(1);
  const Rng latents = rng.fork("posterior").for_data(given.ids), values = rng.fork("likelihood").for_data(given.ids);
  for (int64_t done = 0; done < settings.samples; done += at_once) {
    Rng noise = latents.from_sample(done);
    Sample draw = posterior->draw(std::min(at_once, settings.samples - done), noise);
    draw_from_prior(model, shows_nothing, done, rng.fork("prior"), draw);
    const Theta theta = decode(model, draw.z, given.condition);
    const Tensor log_w =
        (score(model, given, observation::Scoring::observed, theta) + model.prior->log_prob(draw.z) - draw.log_prob)
            .to(at::kDouble);
    add_piece(model, given, asked, theta, log_w, values.from_sample(done), all);
  }
  return predictions_of(all, asked, settings.coverage);
}

int64_t predictions_at_once(const BatchSource& source, const PredictiveSettings& settings) {
  constexpr int64_t values_at_once = 16 << 20;
  const int64_t of_a_row = settings.samples * numel(source.observation_model().observation.shape);
  return std::clamp<int64_t>(values_at_once / of_a_row, 1, 100);
}

}  // namespace elbo::host
