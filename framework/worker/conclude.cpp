#include "worker/conclude.hpp"

#include <cmath>
#include <numbers>

#include "data/audit.hpp"
#include "data/measure.hpp"
#include "data/totals.hpp"
#include "report/png.hpp"
#include "worker/sheets.hpp"

namespace elbo::worker {
namespace {

using log::Column;
using log::SummaryValue;

struct Conclusion {
  std::vector<SummaryValue> summary;
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<std::pair<Column, std::vector<double>>> per_example;

  void add(const char* name, double value, const char* units, const char* long_name) {
    summary.push_back({name, value, units, long_name});
  }
};

/// A density of dequantised levels is evaluated as an exact pmf on the levels: the measure on which all can be compared.
Feed evaluated_feed(const Feed& feed) {
  if (!feed.view().levels_are_recoverable) return feed;
  data::View view = feed.view();
  view.scoring = data::Scoring::interval;
  view.chain = {{"levels"}};
  return feed.with_view(view);
}

double bits_per_dim(double log_p, const Feed& feed) {
  return -log_p / (static_cast<double>(numel(feed.view().observation.shape)) * std::numbers::ln2);
}

bool has_bits(const Feed& feed) {
  return feed.view().scoring == data::Scoring::interval || feed.view().observation.support == Support::levels;
}

/// Nothing where the shape of the tail was not estimated.
std::optional<double> share_above(const std::vector<double>& values, double limit) {
  double known = 0, above = 0;
  for (const double v : values)
    if (!std::isnan(v)) ++known, above += v > limit;
  return known > 0 ? std::optional(above / known) : std::nullopt;
}

/// What the summary's bound is a number about: log_px where there is one, else the elbo.
data::MeasureKey key_of(const Run& run, const Assembly& a, const Feed& feed, bool weighted) {
  const int64_t test = feed.size(Part::test);
  data::MeasureKey key = measure_key(feed.view(), a.model.likelihood->support(), run.data, run.data_fingerprint, test);
  complete(key, *a.dataset);
  if (!weighted) {
    key.estimator.samples = run.objective.samples;
    return key;
  }
  key.estimator = {"iwae", run.evaluate.importance_samples,
                   run.evaluate.images > 0 ? std::min(run.evaluate.images, test) : test};
  return key;
}

/// What the data are and what in the likelihood clashes with that, one sentence a line.
std::string audit_of(const Run& run, const Assembly& a) {
  const data::DataFacts facts = data::facts_of(*a.dataset);
  std::string text = in_words(facts);
  for (const std::string& sentence : clashes(facts, data::meeting(run.likelihood.name, a.model.likelihood->support(), a.feed->view())))
    text += "\n" + sentence;
  return text;
}

/// The bound must not lie above the exact value beyond its standard error; both are means over the same data.
void compare_with_exact(const Feed& feed, const std::vector<double>& log_px, Conclusion& c) {
  const auto& exact = feed.split(Part::test).exact_log_px;
  if (exact.empty() || log_px.empty()) return;
  const std::vector<double> same(exact.begin(), exact.begin() + static_cast<std::ptrdiff_t>(log_px.size()));
  std::vector<double> differences;
  for (size_t i = 0; i < log_px.size(); ++i) differences.push_back(log_px[i] - same[i]);
  c.add("exact_log_px", mean_of(same), "nat", "exact log p(x) of the law that made the data");
  c.add("log_px_minus_exact_se", standard_error(differences), "nat", "standard error of the mean difference to the exact log p(x)");
  c.per_example.push_back({{"exact_log_px", "nat", "exact log p(x)"}, exact});
}

void add_importance(const Run& run, Assembly& a, const Feed& feed, const std::function<void(double)>& tick, Conclusion& c) {
  const int64_t n = feed.size(Part::test);
  const int64_t images = run.evaluate.images > 0 ? std::min(run.evaluate.images, n) : n;
  const Rng rng = Rng(static_cast<uint64_t>(run.seed)).fork("importance");
  const ImportanceResult r = importance_weighted(a.model, feed, images, run.evaluate.importance_samples, run.evaluate.batch_size, rng, tick);
  const double log_px = mean_of(r.log_px);
  c.add("log_px", log_px, "nat", "importance-weighted lower bound of log p(x)");
  c.add("log_px_samples", static_cast<double>(run.evaluate.importance_samples), "1", "importance samples K per datum");
  c.add("log_px_images", static_cast<double>(images), "1", "test data on which log_px is estimated");
  c.add("log_px_se", standard_error(r.log_px), "nat", "standard error of log_px over test data");
  c.add("log_px_bias", mean_of(r.bias), "nat", "first-order bias of log_px, -CV^2 / 2K");
  c.add("ess_median", median_of(r.effective_samples), "1", "median effective sample size of the K weights");
  if (const auto shares = share_above(r.pareto_k, 0.7))
    c.add("pareto_k_high", *shares, "1", "share of test data whose weights have Pareto k-hat above 0.7");
  if (has_bits(feed)) c.add("bits_per_dim", bits_per_dim(log_px, feed), "bit", "-log_px / (D ln 2)");
  const auto padded = [n](std::vector<double> values) {
    values.resize(static_cast<size_t>(n), std::numeric_limits<double>::quiet_NaN());
    return values;
  };
  c.per_example.push_back({{"log_px", "nat", "importance-weighted lower bound of log p(x)"}, padded(r.log_px)});
  c.per_example.push_back({{"bias", "nat", "first-order bias of log_px, -CV^2 / 2K"}, padded(r.bias)});
  c.per_example.push_back({{"ess", "1", "effective sample size of the K weights"}, padded(r.effective_samples)});
  c.per_example.push_back({{"pareto_k", "1", "Pareto k-hat of the largest of the K weights"}, padded(r.pareto_k)});
  compare_with_exact(feed, r.log_px, c);
}

void add_test_pass(const Run& run, Assembly& a, const Feed& feed, Conclusion& c) {
  const Rng rng = Rng(static_cast<uint64_t>(run.seed)).fork("test");
  const PassResult r = test_pass(a.model, feed, Part::test, run.objective, run.evaluate.batch_size, rng);
  const bool bound = run.objective.bound != "autoencoder";
  if (bound) c.add("elbo", r.elbo, "nat", "test E_q log p(x|z) - KL(q(z|x) || p(z))");
  c.add("reconstruction", r.reconstruction, "nat", bound ? "test E_q log p(x|z)" : "test log p(x|z) at z = E[z|x]; not a bound");
  if (bound) c.add("kl", r.kl, "nat", "test KL(q(z|x) || p(z))");
  if (bound) c.per_example.push_back({{"elbo", "nat", "lower bound of log p(x)"}, r.elbo_each});
  c.per_example.push_back({{"reconstruction", "nat", "E_q log p(x|z)"}, r.reconstruction_each});
  if (bound) c.per_example.push_back({{"kl", "nat", "KL(q(z|x) || p(z))"}, r.kl_each});
  if (bound && run.evaluate.importance_samples == 0 && has_bits(feed))
    c.add("bits_per_dim", bits_per_dim(r.elbo, feed), "bit", "-elbo / (D ln 2)");
}

void add_latents(Assembly& a, const Feed& feed, Conclusion& c) {
  const auto variances = activity(latents(a.model, feed, feed.size(Part::test)), a.model.latent_dim);
  const auto active = std::count_if(variances.begin(), variances.end(), [](double v) { return v > 0.01; });
  c.add("active_units", static_cast<double>(active), "1", "latent dimensions with Var_x(E[z|x]) > 0.01");
}

void write_sheet(const Sheet& sheet, const std::filesystem::path& file) {
  report::write_png(file, sheet.width, sheet.height, sheet.channels, sheet.pixels);
}

}  // namespace

void conclude(const Run& run, Assembly& a, Recorder& recorder, const Progress& progress, const std::filesystem::path& folder,
              const std::function<void(double)>& tick) {
  const Feed feed = evaluated_feed(*a.feed);
  const bool bound = run.objective.bound != "autoencoder";
  Conclusion c;
  add_test_pass(run, a, feed, c);
  const bool weighted = bound && run.evaluate.importance_samples > 0;
  if (weighted) add_importance(run, a, feed, tick, c);
  add_latents(a, feed, c);
  const auto images = static_cast<double>(progress.epoch * feed.size(Part::train));
  c.add("epochs", static_cast<double>(progress.epoch), "1", "epochs trained");
  c.add("seconds", progress.seconds, "s", "time spent training");
  c.add("images_per_second", images / std::max(1e-9, progress.seconds), "1/s", "training data per second");
  c.add("parameters", static_cast<double>(a.parameters), "1", "trained values");
  const data::MeasureKey key = key_of(run, a, feed, weighted);
  if (key.base == "CM")
    c.per_example.push_back({{"log_p_total", "nat", "log P(total) of a law fitted to the training totals"},
                             data::log_prob_of_totals(*a.dataset)});
  c.texts = {{"measure", in_words(key)},
             {"measure_key", to_json(key).dump()},
             {"bound", bound ? run.objective.bound : "none"},
             {"likelihood", run.likelihood.name},
             {"audit", audit_of(run, a)},
             {"trained_on", data::measure_name(a.feed->view(), run.data)}};

  if (run.log.images >= 2 && image_shape(feed.view().observation.shape)) {
    const Rng rng = Rng(static_cast<uint64_t>(run.seed)).fork("sheet");
    write_sheet(reconstruction_sheet(a.model, *a.feed, run.log.images), folder / "reconstructions.png");
    write_sheet(sample_sheet(a.model, *a.feed, run.log.images, rng), folder / "samples.png");
    if (run.latent_dim == 2) write_sheet(manifold_sheet(a.model, *a.feed, run.log.images), folder / "manifold.png");
  }
  recorder.log().finish(c.per_example, c.summary, c.texts);
}

}  // namespace elbo::worker
