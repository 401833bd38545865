// elbo bench evaluation: importance-weighted log p(x) with 5000 samples against its matrix products alone.
#include <algorithm>
#include <memory>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/memory.hpp"
#include "benchmarks/workload.hpp"
#include "evaluate/evaluate.hpp"
#include "model/batch_loop.hpp"

namespace elbo::bench {
namespace {

constexpr int64_t samples = 5000, images = 20;

/// The decoder's products of one chunk of draws; how many chunks there are need not be whole.
struct EvaluationCase {
  Workload workload;
  Assembled ours;
  int64_t rows;
  ProductsAlone products;

  explicit EvaluationCase(const Workload& w)
      : workload(w),
        ours(assemble(w)),
        rows(std::min(samples, samples_at_once(ours.model, *ours.source, images)) * images),
        products(decoding(w, rows)) {}

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
                                               {"peak_mb", "memory", "MB", 1}};

Json evaluation_row(EvaluationCase& c, const std::map<std::string, Timing>& times) {
  const double seconds = times.at(c.workload.name).median,
               products = times.at(c.workload.name + " products").median * c.chunks();
  return {{"case", c.workload.name},
          {"images_per_second", images / seconds},
          {"hours", seconds / images * 10000 / 3600},
          {"share_of_products", products / seconds},
          {"rows", c.rows},
          {"peak_mb", static_cast<double>(memory_of([&] { c.evaluate(); }).peak) / 1e6}};
}

}  // namespace

void evaluation(const Request& request) {
  std::vector<std::unique_ptr<EvaluationCase>> cases;
  std::string names;
  for (const Workload& w : workloads()) {
    if (w.black == 0 || !w.channels.empty() || w.precision != "float32" || (w.bound == "elbo" && w.batch != 100))
      continue;
    names += (names.empty() ? "" : ", ") + w.name;
    if (w.name.find(request.filter) != std::string::npos) cases.push_back(std::make_unique<EvaluationCase>(w));
  }
  if (cases.empty())
    throw UserError("elbo bench evaluation: no model has '" + request.filter + "' in its name; there are: " + names);
  Measurements measurements;
  for (const auto& c : cases) {
    measurements.add(c->workload.name, [&c] { c->evaluate(); });
    measurements.add(c->workload.name + " products", [&c] { c->products.run(); });
  }
  const auto times = measurements.run(request.settings);
  Json rows = Json::array();
  for (const auto& c : cases) rows.push_back(evaluation_row(*c, times));
  write(request.format, {{"benchmark", "evaluation"}}, conditions(request.unset), rows, evaluation_columns);
}

}  // namespace elbo::bench
