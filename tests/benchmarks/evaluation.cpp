// elbo bench evaluation: importance-weighted log p(x) with 5000 samples against its matrix products alone, and the ladder of a model
// that was trained for some steps against 1000 importance samples.
#include <algorithm>
#include <cmath>
#include <memory>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/memory.hpp"
#include "benchmarks/stepper.hpp"
#include "evaluate/evaluate.hpp"
#include "evidence/evidence.hpp"
#include "metrics/statistics.hpp"
#include "model/forward.hpp"

namespace elbo::host::bench {
namespace {

constexpr int64_t samples = 5000, images = 20;
constexpr int64_t compared_samples = 1000, training_steps = 200, certified_images = 1000;

/// Three grey blobs at random places, so that posteriors are narrow as those of pictures are.
std::vector<uint8_t> blobs(const Workload& w, int64_t n) {
  std::vector<uint8_t> values;
  values.reserve(static_cast<size_t>(n * w.values()));
  uint32_t state = 7;
  const auto random = [&](double low, double high) {
    state = state * 1664525 + 1013904223;  // Numerical Recipes' generator
    return low + (high - low) * state * 0x1p-32;
  };
  const auto side = static_cast<double>(w.shape[1]);
  for (int64_t image = 0; image < n; ++image) {
    double x[3], y[3], radius[3];
    for (int b = 0; b < 3; ++b) {
      x[b] = random(0, side);
      y[b] = random(0, side);
      radius[b] = random(0.1, 0.3) * side;
    }
    for (int64_t row = 0; row < w.shape[1]; ++row)
      for (int64_t column = 0; column < w.shape[2]; ++column) {
        double light = 0;
        for (int b = 0; b < 3; ++b)
          light += std::exp(
              -(std::pow(static_cast<double>(row) - y[b], 2) + std::pow(static_cast<double>(column) - x[b], 2)) /
              (radius[b] * radius[b]));
        values.push_back(static_cast<uint8_t>(255 * std::min(1.0, light)));
      }
  }
  return values;
}

std::unique_ptr<data::Dataset> pictures(const Workload& w) {
  auto made = made_images(w);
  for (data::Split* split : {&made->train, &made->test}) split->x.values = blobs(w, split->x.shape[0]);
  return made;
}

/// The ladder on a model that knows its data a little, without the importance samples of q that the first data are tried with.
struct LadderCase {
  Assembled ours;
  EvidenceSettings settings;
  double passes = 0, certificate_passes = 0, not_trusted = 0;

  explicit LadderCase(const Workload& w) : ours(assemble(w, pictures(w))) {
    Optimizer optimizer(ours.run.optimizer, ours.model.named_parameters());
    for (int64_t step = 0; step < training_steps; ++step) {
      const Rng rng = Rng(1).fork("step", static_cast<uint64_t>(step));
      const int64_t at = step * w.batch % (w.images - w.batch);
      train_step(ours.run, ours.model, *ours.source, optimizer, arange(w.batch, ours.source->like()).to(at::kLong) + at,
                 rng, 0);
    }
    settings.ladder.without = {Rung::encoder};
    const EvidenceResult r = evidence(ours.model, *ours.source, images, settings, Rng(1), [](double) {});
    for (const Evidence& e : r.each) {
      passes += e.passes / images;
      not_trusted += static_cast<double>(e.rung == Rung::none) / images;
    }
    certificate_passes = r.certificate.passes;
    settings.mode_trials = settings.simulated = settings.annealed = 0;
  }

  void climb() {
    evidence(ours.model, *ours.source, images, settings, Rng(1), [](double) {});
  }
  void weigh() {
    const at::NoGradGuard no_gradients;
    ours.model.set_training(false);
    importance_weighted(ours.model, *ours.source, images, compared_samples, images, Rng(1), [](double) {});
  }
};

/// The decoder's products of one chunk of draws; how many chunks there are need not be whole.
struct EvaluationCase {
  Workload workload;
  Assembled ours;
  int64_t rows;
  ProductsAlone products;
  LadderCase ladder;

  explicit EvaluationCase(const Workload& w)
      : workload(w),
        ours(assemble(w)),
        rows(std::min(samples, samples_at_once(ours.model, *ours.source, images)) * images),
        products(decoding(w, rows)),
        ladder(w) {}

  void evaluate() {
    importance_weighted(ours.model, *ours.source, images, samples, images, Rng(1), [](double) {});
  }
  double chunks() const { return static_cast<double>(samples * images) / static_cast<double>(rows); }
};

const std::vector<Shown> evaluation_columns = {{"case", "model", "", 0},
                                               {"images_per_second", "images", "1/s", 1},
                                               {"hours", "10 000 images", "h", 3},
                                               {"share_of_products", "products / all", "share", 2},
                                               {"rows", "draws at once", "number", 0},
                                               {"peak_mb", "memory", "MB", 1},
                                               {"ladder_passes", "ladder: passes", "1/image", 0},
                                               {"ladder_ratio", "ladder / IW 1000", "share", 2},
                                               {"certified_ratio", "of 1000 images, with certificate", "share", 2},
                                               {"not_trusted", "not trusted", "share", 2}};

Json evaluation_row(EvaluationCase& c, const std::map<std::string, Timing>& times) {
  const double seconds = times.at(c.workload.name).median,
               products = times.at(c.workload.name + " products").median * c.chunks(),
               ratio = times.at(c.workload.name + " ladder").median / times.at(c.workload.name + " weights").median;
  const LadderCase& ladder = c.ladder;
  return {{"case", c.workload.name},
          {"images_per_second", images / seconds},
          {"hours", seconds / images * 10000 / 3600},
          {"share_of_products", products / seconds},
          {"rows", c.rows},
          {"peak_mb", static_cast<double>(memory_of([&] { c.evaluate(); }).peak) / 1e6},
          {"ladder_passes", ladder.passes},
          {"ladder_ratio", ratio},
          {"certified_ratio", ratio * (1 + ladder.certificate_passes / certified_images / ladder.passes)},
          {"not_trusted", ladder.not_trusted}};
}

/// One of each decoder, and the likelihoods of the quickstart.
std::vector<Workload> evaluated_workloads() {
  std::vector<Workload> all = workloads();
  std::erase_if(all, [](const Workload& w) {
    return w.black == 0 || !w.channels.empty() || w.precision != "float32" || (w.bound == "elbo" && w.batch != 100);
  });
  for (Workload& w : workloads_of_likelihoods())
    if (w.observe == "levels" && w.parameters <= 2) all.push_back(std::move(w));
  return all;
}

}  // namespace

void evaluation(const Request& request) {
  std::vector<std::unique_ptr<EvaluationCase>> cases;
  std::string names;
  for (const Workload& w : evaluated_workloads()) {
    names += (names.empty() ? "" : ", ") + w.name;
    if (w.name.find(request.filter) != std::string::npos) cases.push_back(std::make_unique<EvaluationCase>(w));
  }
  if (cases.empty())
    throw UserError("elbo bench evaluation: no model has '" + request.filter + "' in its name; there are: " + names);
  Measurements measurements;
  for (const auto& c : cases) {
    measurements.add(c->workload.name, [&c] { c->evaluate(); });
    measurements.add(c->workload.name + " products", [&c] { c->products.run(); });
    measurements.add(c->workload.name + " ladder", [&c] { c->ladder.climb(); });
    measurements.add(c->workload.name + " weights", [&c] { c->ladder.weigh(); });
  }
  const auto times = measurements.run(request.settings);
  Json rows = Json::array();
  for (const auto& c : cases) rows.push_back(evaluation_row(*c, times));
  write(request.format, {{"benchmark", "evaluation"}}, conditions(request.unset), rows, evaluation_columns);
}

}  // namespace elbo::host::bench
