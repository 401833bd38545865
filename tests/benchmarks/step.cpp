// elbo bench step: one training step against its matrix products alone and against the same model in plain libtorch.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <memory>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/eager.hpp"
#include "benchmarks/memory.hpp"
#include "benchmarks/stepper.hpp"
#include "kernels/bf16_products.hpp"

namespace elbo::host::bench {
namespace {

/// One workload, ready to be stepped by each of the three.
struct StepCase : Stepper {
  Eager eager;
  ProductsAlone products;

  explicit StepCase(const Workload& w) : Stepper(w), eager(w), products(bench::products(w)) {
    const at::NoGradGuard no_gradients;
    batch_ = ours.source->batch(Part::train, ids(), rng());
    Rng noise = rng().fork("likelihood");
    raw_ = decode(ours.model, ours.model.encoder->encode(batch_.input)->draw(workload.samples, noise).z).flat();
  }

  /// log p(x|z) and its gradient, of one batch's parameters.
  void likelihood_alone() {
    const Tensor raw = raw_.detach().requires_grad_();
    const Theta theta(ours.model.likelihood->params(), raw);
    score(ours.model, batch_, ours.source->observation_model().scoring(), theta).sum().backward();
  }

 private:
  Batch batch_;
  Tensor raw_;
};

/// Seconds of processor time so far, which other programs do not lengthen.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Processor time since the last lap, added up by name, in order of the first laps.
class Laps {
 public:
  void start() { last_ = processor_seconds(); }
  void lap(const std::string& name) {
    const double now = processor_seconds();
    auto at = std::find_if(seconds_.begin(), seconds_.end(), [&](const auto& lap) { return lap.first == name; });
    if (at == seconds_.end()) at = seconds_.insert(at, {name, 0.0});
    at->second += now - last_;
    last_ = now;
  }
  Json shares() const {
    double all = 0;
    for (const auto& [name, time] : seconds_) all += time;
    Json shares = Json::object();
    for (const auto& [name, time] : seconds_) shares[name] = time / all;
    return shares;
  }

 private:
  std::vector<std::pair<std::string, double>> seconds_;
  double last_ = 0;
};

/// The step taken apart, with a look at the clock after each part.
void timed_step(StepCase& c, Laps& laps) {
  const Tensor rows = c.ids();
  const Rng rng = c.rng();
  const kernels::Bf16Products products(c.workload.precision == "bf16");
  const Model& model = c.ours.model;
  laps.start();
  const Batch batch = c.ours.source->batch(Part::train, rows, rng);
  laps.lap("gather");
  const auto posterior = model.encoder->encode(batch.input);
  laps.lap("encode");
  Rng noise = rng.fork("posterior").for_data(rows);
  Pass pass;
  const Sample draw = posterior->draw(c.workload.samples, noise);
  pass.z = draw.z;
  pass.log_q = draw.log_prob;
  pass.log_prior = model.prior->log_prob(pass.z);
  pass.kl_per_dim = model.prior->kl(*posterior);
  laps.lap("sample");
  const Theta theta = decode(model, pass.z);
  laps.lap("decode");
  pass.log_lik = score(model, batch, c.ours.source->observation_model().scoring(), theta);
  const Tensor loss =
      -objective_of(model, pass, step_on(model, *c.ours.source, batch, 0, Rng(1)), c.ours.run.train).value;
  laps.lap("likelihood");
  c.optimizer.zero_grad();
  loss.backward();
  laps.lap("backward");
  c.optimizer.step();
  laps.lap("optimiser");
}

std::vector<std::unique_ptr<StepCase>> step_cases(const std::string& filter) {
  std::vector<std::unique_ptr<StepCase>> cases;
  std::string names;
  std::vector<Workload> all = workloads();
  for (Workload& more : workloads_of_likelihoods()) all.push_back(std::move(more));
  for (const Workload& workload : all) {
    names += (names.empty() ? "" : ", ") + workload.name;
    if (workload.name.find(filter) != std::string::npos) cases.push_back(std::make_unique<StepCase>(workload));
  }
  if (cases.empty()) throw UserError("elbo bench step: no case has '" + filter + "' in its name; there are: " + names);
  return cases;
}

void add_measurements(StepCase& c, Measurements& measurements) {
  measurements.add(c.workload.name + " ours", [&] { c.step(); });
  measurements.add(c.workload.name + " likelihood", [&] { c.likelihood_alone(); });
  if (c.workload.likelihood == "bernoulli")
    measurements.add(c.workload.name + " eager", [&] { c.eager.step(c.ids()); });
  if (!c.products.none()) measurements.add(c.workload.name + " products", [&] { c.products.run(); });
}

Json step_row(StepCase& c, const std::map<std::string, Timing>& times, const Settings& settings) {
  const auto milliseconds = [&](const char* which) { return times.at(c.workload.name + " " + which).median * 1e3; };
  const double ours = milliseconds("ours"), likelihood = milliseconds("likelihood");
  Json row = {{"case", c.workload.name},
              {"ms_per_step", ours},
              {"images_per_second", static_cast<double>(c.workload.batch) * 1e3 / ours},
              {"likelihood_ms", likelihood},
              {"percent_likelihood_alone", likelihood / ours * 100}};
  if (c.workload.likelihood == "bernoulli") {
    row["eager_ms"] = milliseconds("eager");
    row["speedup_over_eager"] = milliseconds("eager") / ours;
  }
  if (!c.products.none()) {
    row["gemm_ms"] = milliseconds("products");
    row["ratio_to_gemm"] = ours / milliseconds("products");
  }
  const Memory memory = memory_of([&] { c.step(); });
  row["step_peak_bytes"] = memory.peak;
  row["step_allocated_bytes"] = memory.allocated;
  row["resident_peak_bytes"] = peak_resident();
  Laps laps;
  const double end = processor_seconds() + settings.min_time * static_cast<double>(settings.repetitions);
  do timed_step(c, laps);
  while (processor_seconds() < end);
  const Json where = laps.shares();
  row["where"] = where;
  for (const auto& [name, share] : where.items()) row["percent_" + name] = share.get<double>() * 100;
  row["peak_mb"] = static_cast<double>(memory.peak) / 1e6;
  return row;
}

const std::vector<Shown> step_columns = {{"case", "case", "", 0},
                                         {"ms_per_step", "step", "ms", 2},
                                         {"images_per_second", "images", "1/s", 0},
                                         {"gemm_ms", "products", "ms", 2},
                                         {"ratio_to_gemm", "step / products", "time", 2},
                                         {"speedup_over_eager", "plain libtorch / step", "time", 2},
                                         {"percent_likelihood_alone", "log p(x|z) and back / step", "%", 0},
                                         {"percent_gather", "gather", "%", 0},
                                         {"percent_encode", "encode", "%", 0},
                                         {"percent_sample", "sample", "%", 0},
                                         {"percent_decode", "decode", "%", 0},
                                         {"percent_likelihood", "likelihood", "%", 0},
                                         {"percent_backward", "backward", "%", 0},
                                         {"percent_optimiser", "optimiser", "%", 0},
                                         {"peak_mb", "memory", "MB", 1}};

}  // namespace

void step(const Request& request) {
  if (request.device == "cuda") return step_on_cuda(request);
  const auto cases = step_cases(request.filter);
  Measurements measurements;
  for (const auto& c : cases) add_measurements(*c, measurements);
  const auto times = measurements.run(request.settings);
  Json rows = Json::array();
  for (const auto& c : cases) rows.push_back(step_row(*c, times, request.settings));
  write(request.format, rows[0], conditions(request.unset), rows, step_columns);
}

}  // namespace elbo::host::bench
